"""Any Page as one HTML file that a marketer can read: no script, nothing remote. Pure.

Every text goes through `safe.line` and the template engine's escaping on its way out (`finalize`),
so that no place of a template can forget it. The bodies of mails are shown in frames that may
run, load, send and open nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2 import Template as Template
from markupsafe import Markup, escape

from bmeconf import __version__
from bmeconf.kinds import KINDS, Mailing, Member, only
from bmeconf.mail import (
    SAME,
    Row,
    compare_lines,
    visible_lines,
)
from bmeconf.model import Address, Value, seen
from bmeconf.render import figures, safe, values
from bmeconf.render.fold import folded
from bmeconf.render.frames import POLICY, View, frame, frames
from bmeconf.render.model import DONE, Field, Page, PageItem, Series, Task

MOST_OPEN, MOST_LOOKS = 40, 8
"""Items that are no contacts, and mails as they look, that are unfolded from the start."""
MOST_DIFF = 400
"""Lines of the markup of a body."""
INBOX = ("from_name", "subject", "preview_text")
DATE = re.compile(r"\b\d{4}-\d\d-\d\d\b")


def render(page: Page) -> str:
    """The page as one self-contained HTML document."""
    pages = (page, *page.parts)
    sections = [section for each in pages for section in each.sections]
    items = [item for section in sections for item in for_readers(section.items)]
    html = TEMPLATES.get_template("page.html").render(
        page=page,
        policy=POLICY,
        version=__version__,
        unfolded=sum(not crowd(item) for item in items) <= MOST_OPEN,
        looks=sum(field.markup for item in items for field in item.fields) <= MOST_LOOKS,
    )
    return html + "\n"


# --- filters of the templates


def open_tasks(page: Page) -> list[Task]:
    """The manual steps that are not done."""
    return [task for section in page.sections for task in section.tasks if task.state != DONE]


def for_readers(items: Sequence[PageItem]) -> list[PageItem]:
    """Equal items once; of changes first what is lost or failed, last contacts: they are many."""
    return sorted(folded(items), key=_distance)


def _distance(item: PageItem) -> int:
    """How far from a reader's interest an item is: campaigns are nearer than other changes."""
    near = {only(Mailing).noun: 1, only(Member).noun: 3}
    return 0 if _is_urgent(item) else near.get(_kind(item), 2)


def _is_urgent(item: PageItem) -> bool:
    return item.is_loss or item.level == "error" or not item.is_change


def crowd(item: PageItem) -> bool:
    """Whether a change is that of one contact: there are many of them, so that they stay closed."""
    single = not (item.members or _is_urgent(item))
    return single and _kind(item) == only(Member).noun


def _kind(item: PageItem) -> str:
    return kind(item.members[0] if item.members else item.address)


def kind(address: str) -> str:
    """The kind that an address begins with, empty if it is no resource's."""
    prefix, slash, _ = address.partition("/")
    return KINDS[prefix].noun if slash and prefix in KINDS else ""


def name(address: str) -> str:
    """An address without its kind."""
    return address.partition("/")[2] if kind(address) else address


def value(value: Value) -> str:
    """A value as people write it: a text without quotes, a list by its name."""
    if isinstance(value, Address) and value.name:
        return value.name + (f" #{value.id}" if value.id else "")
    return value if isinstance(value, str) and value.strip() else values.text(value)


def each(side: Value) -> list[str]:
    """The members of a set as people write them, or the one value."""
    members = side if isinstance(side, tuple) else (side,)
    return [*map(value, members)] or [value(None)]


def inbox(item: PageItem) -> Iterator[tuple[str, Mapping[str, str]]]:
    """A campaign in an inbox, as on both sides, if anything changes that an inbox shows."""
    fields = [field for field in item.fields if field.name in INBOX]
    if fields and kind(item.address) == only(Mailing).noun:
        before, after = fields[0].sides
        if not all(field.new for field in fields):
            yield before, {field.name: str(field.before or "") for field in fields}
        yield after, {field.name: str(field.after or "") for field in fields}


def members(field: Field) -> Iterator[tuple[str, str]]:
    """The members of a set that changes, each after `same`, `new` or `gone`; these at the end."""
    before = field.before if isinstance(field.before, tuple) else ()
    after = field.after if isinstance(field.after, tuple) else ()
    yield from (("same" if member in before else "new", value(member)) for member in after)
    yield from (("gone", value(member)) for member in before if member not in after)


def body_words(field: Field) -> list[Row]:
    """The words that a reader sees of a body, with those that came and went; empty without any."""
    lines = visible_lines if field.markup else str.splitlines
    sides = (map(seen, lines(str(side or ""))) for side in (field.before, field.after))
    rows = compare_lines(*map(list, sides))
    return rows if any(part.kind != SAME for row in rows for part in row.parts) else []


def diff(field: Field) -> Iterator[tuple[str, str]]:
    """The lines of a body's diff, each after a word for its sort."""
    lines = figures.diff(field)
    sorts = {"+": "new", ">": "new", "-": "gone", "<": "gone", "@": "hunk"}
    for line in lines[:MOST_DIFF]:
        yield sorts.get(line[:1], "same"), line
    if len(lines) > MOST_DIFF:
        yield "hunk", f"… {len(lines) - MOST_DIFF:,} more lines; --format json has them all"


class Bar(NamedTuple):
    """One value of a plot; `share` is its part of the highest, in percent."""

    label: str
    text: str
    share: float


def unbroken(text: str) -> Markup:
    """A sentence whose dates no line breaks: a hyphen is where a browser would."""
    shown = str(escape(safe.line(text)))
    return Markup(DATE.sub(r'<span class="date">\g<0></span>', shown))


def bars(series: Series) -> list[Bar]:
    """The values of a plot as bars."""
    top = max((*series.values, 0.0)) or 1.0
    return [
        Bar(label, figures.number(value, series.unit), round(100 * max(value, 0.0) / top, 2))
        for label, value in zip(series.labels, series.values, strict=True)
    ]


TEMPLATES = Environment(
    loader=PackageLoader("bmeconf.render"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=lambda text: text if isinstance(text, Markup) else safe.line(str(text)),
    trim_blocks=True,
    lstrip_blocks=True,
)
FILTERS = (
    bars,
    body_words,
    crowd,
    diff,
    each,
    for_readers,
    frame,
    frames,
    inbox,
    kind,
    members,
    name,
    unbroken,
    figures.legend,
    values.sides,
)
TEMPLATES.globals["as_it_is"] = (View(),)
TEMPLATES.filters |= {filter.__name__: filter for filter in FILTERS}
TEMPLATES.filters |= {
    "number": "{:,}".format,
    "utc": values.utc,
    "value": value,
    "open_tasks": open_tasks,
}
