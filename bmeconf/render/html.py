"""Any Page as one HTML file that a marketer can read: no script, nothing remote. Pure.

Every text of a page goes through `safe.line` and the template engine's escaping on its way out
(`finalize`), so that no place of a template can forget it. The bodies of mails are shown in
frames of their own that may run, load, send and open nothing.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from bmeconf import __version__
from bmeconf.kinds import KINDS
from bmeconf.mail import inert as quiet
from bmeconf.mail import visible
from bmeconf.model import Address, Value
from bmeconf.model.errors import masked
from bmeconf.plan.diff import DELETE
from bmeconf.render import bodies, plots, safe, values
from bmeconf.render.page.model import Field, Page, PageItem, Series

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
FRAME = (
    f'<!doctype html><meta http-equiv="Content-Security-Policy" content="{POLICY}">'
    '<meta http-equiv="x-dns-prefetch-control" content="off"><meta charset="utf-8">'
    "<style>body{margin:16px;font:15px/1.5 Arial,sans-serif;background:#fff;color:#111}</style>"
)
INBOX = ("from_name", "subject", "preview_text")
ESCAPED = "&<>\"'#"
ODD = re.compile(r"[^ !$%(-;=?-~]")
MOST_OPEN, MOST_LOOKS, MOST_DIFF = 40, 3, 400
"""Items, and mails as they look, that are unfolded from the start; lines of markup of a body."""


@dataclass(frozen=True)
class Mail:
    """A campaign as one row of an inbox; None is what is not known of it."""

    label: str
    sender: str | None
    subject: str | None
    preview: str | None


@dataclass(frozen=True)
class Member:
    """One member of a set: `kind` is `same`, `gone` or `new`."""

    kind: str
    text: str


@dataclass(frozen=True)
class Bar:
    """One value of a plot; `share` is its part of the highest, in percent."""

    label: str
    text: str
    share: float


def page(page: Page) -> str:
    """The page as one self-contained HTML document."""
    items = [item for section in page.sections for item in section.items]
    told = (
        _templates()
        .get_template("page.html")
        .render(
            page=page,
            policy=POLICY,
            version=__version__,
            deletes=[item for item in items if item.state == DELETE],
            open_tasks=[t for s in page.sections for t in s.tasks if t.state != "done"],
            unfolded=len(items) <= MOST_OPEN,
            looks=sum(field.markup for item in items for field in item.fields) <= MOST_LOOKS,
        )
    )
    return told + "\n"


@functools.cache
def _templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("bmeconf.render"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_harmless,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "body_words": _words,
        "diff": _diff,
        "frame": _frame,
        "inbox": _inbox,
        "kind": _kind,
        "name": _name,
        "members": _members,
        "number": "{:,}".format,
        "bars": _bars,
        "utc": values.utc,
        "value": _value,
        "zoned": values.zoned,
    }
    return environment


def _harmless(value: object) -> object:
    return value if isinstance(value, Markup) else safe.line(str(value))


def _kind(address: str) -> str:
    kind = address.partition("/")[0]
    return KINDS[kind].noun if kind in KINDS else kind


def _name(address: str) -> str:
    return address.partition("/")[2] or address


def _inbox(item: PageItem) -> list[Mail]:
    """Before and after of what an inbox shows, where any of it changes."""
    fields = {field.name: field for field in item.fields if field.name in INBOX}
    if not fields:
        return []
    after = {name: str(field.after or "") for name, field in fields.items()}
    before = {name: str(field.before or "") for name, field in fields.items()}
    told = [_mail("Before", before), _mail("After", after)]
    return told[1:] if all(field.new for field in fields.values()) else told


def _mail(label: str, told: dict[str, str]) -> Mail:
    return Mail(label, *(told.get(name) for name in INBOX))


def _members(field: Field) -> list[Member]:
    """The members of a set that changes, those that leave at the end."""
    before = field.before if isinstance(field.before, tuple) else ()
    after = field.after if isinstance(field.after, tuple) else ()
    kept = [Member("same" if m in before else "new", _value(m)) for m in after]
    return [*kept, *(Member("gone", _value(m)) for m in before if m not in after)]


def _value(value: Value) -> str:
    """A value as people write it: a text without quotes, a list by its name."""
    if isinstance(value, Address) and value.name:
        return value.name + (f" #{value.id}" if value.id else "")
    return value if isinstance(value, str) and value.strip() else values.text(value)


def _words(field: Field) -> list[visible.Row]:
    """What a reader sees of a body, with what came and went."""
    before, after = (str(side or "") for side in (field.before, field.after))
    if field.markup:
        return visible.compared(visible.lines(before), visible.lines(after))
    return visible.compared(before.splitlines(), after.splitlines())


def _diff(field: Field) -> Iterator[tuple[str, str]]:
    """The lines of a body's diff, each with a word for what it is."""
    lines = bodies.diff(field.before, field.after)
    for line in lines[:MOST_DIFF]:
        yield {"+": "new", "-": "gone", "@": "hunk"}.get(line[:1], "same"), line
    if len(lines) > MOST_DIFF:
        yield "hunk", f"… {len(lines) - MOST_DIFF:,} more lines; --format json has them all"


def _frame(body: object) -> Markup:
    """The document of a frame, as an attribute: nothing of it is a line of its own."""
    return Markup(ODD.sub(_inert, FRAME + quiet.body(masked(str(body or "")))))


def _inert(found: re.Match[str]) -> str:
    character = found[0]
    category = unicodedata.category(character)
    if category in ("Cc", "Cs") and character not in "\n\t":
        return "" if character == "\r" else "\ufffd"
    plain = character not in ESCAPED and category not in safe.HIDDEN
    return character if plain else f"&#{ord(character)};"


def _bars(series: Series) -> list[Bar]:
    top = max((*series.values, 0.0)) or 1.0
    return [
        Bar(label, plots.number(value, series.unit), round(100 * max(value, 0.0) / top, 2))
        for label, value in zip(series.labels, series.values, strict=True)
    ]
