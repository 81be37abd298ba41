"""The filters of the templates: parts of a Page, as the page for people shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from bmeconf.kinds import KINDS, Mailing, only
from bmeconf.mail import Row, compare_lines, visible_lines
from bmeconf.model import Address, Value
from bmeconf.render import text, values
from bmeconf.render.model import Field, PageItem, Series

INBOX = ("from_name", "subject", "preview_text")
MOST_DIFF = 400
"""Lines of the markup of a body."""


class Mail(NamedTuple):
    """A campaign as one row of an inbox; None is a value that is not known."""

    label: str
    sender: str | None
    subject: str | None
    preview: str | None


class Member(NamedTuple):
    """One member of a set: `kind` is `same`, `gone` or `new`."""

    kind: str
    text: str


class Bar(NamedTuple):
    """One value of a plot; `share` is its part of the highest, in percent."""

    label: str
    text: str
    share: float


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


def inbox(item: PageItem) -> list[Mail]:
    """A campaign in an inbox, before and after, if anything changes that an inbox shows."""
    fields = {field.name: field for field in item.fields if field.name in INBOX}
    if not fields or kind(item.address) != only(Mailing).noun:
        return []
    before = {name: str(field.before or "") for name, field in fields.items()}
    after = {name: str(field.after or "") for name, field in fields.items()}
    sides = [("After", after)]
    if not all(field.new for field in fields.values()):
        sides.insert(0, ("Before", before))
    return [Mail(label, *(side.get(name) for name in INBOX)) for label, side in sides]


def members(field: Field) -> list[Member]:
    """The members of a set that changes, those that leave it at the end."""
    before = field.before if isinstance(field.before, tuple) else ()
    after = field.after if isinstance(field.after, tuple) else ()
    kept = [Member("same" if m in before else "new", value(m)) for m in after]
    return [*kept, *(Member("gone", value(m)) for m in before if m not in after)]


def body_words(field: Field) -> list[Row]:
    """The words that a reader sees of a body, with those that came and went."""
    before, after = (str(side or "") for side in (field.before, field.after))
    if field.markup:
        return compare_lines(visible_lines(before), visible_lines(after))
    return compare_lines(before.splitlines(), after.splitlines())


def diff(field: Field) -> Iterator[tuple[str, str]]:
    """The lines of a body's diff, each after a word for its sort."""
    lines = text.diff(field.before, field.after)
    for line in lines[:MOST_DIFF]:
        yield {"+": "new", "-": "gone", "@": "hunk"}.get(line[:1], "same"), line
    if len(lines) > MOST_DIFF:
        yield "hunk", f"… {len(lines) - MOST_DIFF:,} more lines; --format json has them all"


def bars(series: Series) -> list[Bar]:
    """The values of a plot as bars."""
    top = max((*series.values, 0.0)) or 1.0
    return [
        Bar(label, text.number(value, series.unit), round(100 * max(value, 0.0) / top, 2))
        for label, value in zip(series.labels, series.values, strict=True)
    ]
