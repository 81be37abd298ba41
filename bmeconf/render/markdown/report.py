"""A Page as Markdown, whole or with its long parts cut. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bmeconf.model import counted
from bmeconf.render import safe, text, values
from bmeconf.render.markdown import parts, short
from bmeconf.render.markdown.escape import block, cell, code, prose, raw
from bmeconf.render.model import Field, Page, PageItem, Section, Series, Table

COMMENT_ROOM = 65_536
"""Bytes that GitHub takes as a comment: so many characters, and ours can be of four bytes."""
LONGEST_VALUE, MOST_ROWS = 120, 20
"""Characters of a value, and rows of a table, that are kept where the whole does not fit."""
CUT = (
    "long bodies, values and tables are cut. The whole report is in the other formats of this run:"
    " html, json, text."
)


def render(page: Page, room: int = COMMENT_ROOM) -> str:
    """The page in at most `room` bytes of UTF-8, as much of it as goes in.

    Raises:
        InvalidInput: if the items that must be kept do not go in.
    """
    for cut in (False, True):
        markdown = _within(_page(page, cut), room)
        if markdown is not None:
            return markdown
    return short.render(page, room)


def _within(lines: Iterable[str], room: int) -> str | None:
    """The lines as one text, None as soon as they are too many bytes."""
    kept, size = [], 0
    for line in lines:
        size += parts.size(line)
        if size > room:
            return None
        kept.append(f"{line}\n")
    return "".join(kept)


def _page(page: Page, cut: bool) -> Iterator[str]:
    yield from parts.start(page)
    for section in page.sections:
        yield from (*parts.title(section), *_section(section, cut))
    yield from parts.fitting(CUT) if cut else ()
    yield from parts.end(page)


def _section(section: Section, cut: bool) -> Iterator[str]:
    if section.text:
        yield from (prose(section.text), "")
    for item in section.items:
        yield from _item(item, cut)
    for task in section.tasks:
        yield from parts.task(task)
    yield from [""] if section.tasks else []
    for table in section.tables:
        yield from _table(table, MOST_ROWS if cut else len(table.rows))
    for series in section.series:
        yield from _series(series)


def _item(item: PageItem, cut: bool) -> Iterator[str]:
    yield from (parts.head(item), "")
    more = [f"- {prose(note)}" for note in item.notes]
    more += [f"- **→ {prose(item.remedy)}**"] if item.remedy else []
    more += [_field(field, cut) for field in item.fields if not field.body]
    yield from (*more, "") if more else ()
    for field in item.fields:
        yield from _body(field, cut) if field.body else ()


def _field(field: Field, cut: bool) -> str:
    note = f" *({prose(field.note)})*" if field.note else ""
    before, after = (_value(values.text(value), cut) for value in (field.before, field.after))
    return f"- {code(field.name)}: {after if field.new else f'{before} → {after}'}{note}"


def _value(value: str, cut: bool) -> str:
    if not cut or len(value) <= LONGEST_VALUE:
        return code(value)
    return f"{code(value[:LONGEST_VALUE])}… ({len(value):,} characters)"


def _body(field: Field, cut: bool) -> Iterator[str]:
    diff = (text.excerpt if cut else text.diff)(field.before, field.after)
    note = f" ({raw(field.note)})" if field.note else ""
    length = text.length(field.after)
    yield f"<details><summary><code>{raw(field.name)}</code>: {length}{note}</summary>"
    yield from ("", *block(diff, "diff"), "", "</details>", "")


def _table(table: Table, most_rows: int) -> Iterator[str]:
    columns = range(len(table.heads))
    rows = table.rows[:most_rows]
    yield _row(map(prose, table.heads))
    yield "|" + "".join(" --: |" if n in table.numbers else " --- |" for n in columns)
    for row in rows:
        yield _row((prose if n in table.numbers else cell)(row[n]) for n in columns)
    yield ""
    if len(rows) < len(table.rows):
        yield from (f"{counted(len(table.rows) - len(rows), 'row')} not shown here.", "")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _series(series: Series) -> Iterator[str]:
    title, *drawn = (safe.line(line.text) for line in text.plot(series))
    yield from (f"**{prose(title)}**", "", *block(drawn, "text"), "")
