"""A whole Page as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bmeconf.model import Place
from bmeconf.render import safe
from bmeconf.render.lines import Line, wrapped
from bmeconf.render.model import DONE, InText, Page, PageItem, Section
from bmeconf.render.text import blocks
from bmeconf.render.text.plots import plot
from bmeconf.render.text.tables import table

Block = Sequence[Line]
"""The lines of one item, task, table or plot."""


def render(page: Page) -> list[Line]:
    """The whole page; its verdict stands at the end, where a terminal shows it."""
    account, fingerprint = ("", "") if page.continues else (page.account, page.fingerprint)
    lines = [Line(safe.line(f"Account: {account}")), Line()] if account else []
    for section in page.sections:
        lines += _section(section)
    lines += [*wrapped(page.verdict, style=page.mood), *wrapped(page.price)]
    lines += [Line(safe.line(f"Fingerprint: {fingerprint}"))] if fingerprint else []
    for number, command in enumerate(page.next_commands):
        lines.append(Line(safe.line(f"{'      ' if number else 'Next: '}{command}")))
    return lines


def figures(section: Section) -> list[Line]:
    """What a section has beside its items and tasks."""
    text = [wrapped(section.text)] if section.text else []
    return _spaced([*text, *map(table, section.tables), *map(plot, section.series)])


def place_line(item: PageItem) -> Line:
    """An item as `file:line:column: message`."""
    level = "" if item.level == "error" else f"{item.level}: "
    address = f"{item.address}: " if item.address else ""
    style = blocks.LEVELS.get(item.level, "")
    return Line(safe.line(f"{item.place}: {level}{address}{item.head}"), style)


def _section(section: Section) -> list[Line]:
    """The lines of a section and a blank one after them."""
    if section.in_text is InText.NOTHING:
        return []
    if section.in_text is InText.PLACES:
        placed = [(item.place or Place(""), item) for item in section.items]
        placed.sort(key=lambda pair: (pair[0].file, pair[0].line, pair[0].column))
        return [place_line(item) for _, item in placed]
    brief = section.in_text is not InText.WHOLE
    head = [] if brief else wrapped(section.title)
    head += wrapped(section.text, *(() if brief else ("  ", "  ")))
    body = _spaced([*_blocks(section, brief)])
    apart = [Line()] if section.text and body else []
    lines = [*head, *apart, *body]
    return [*lines, Line()] if lines else []


def _blocks(section: Section, brief: bool) -> Iterator[Block]:
    above = "" if brief else section.title
    for item in section.items:
        heads = section.in_text is InText.HEADS
        yield blocks.item(replace(item, fields=(), notes=()) if heads else item, above)
    if brief:
        yield from (blocks.brief_task(task) for task in section.tasks if task.state != DONE)
        return
    yield from map(blocks.task, section.tasks)
    yield from map(table, section.tables)
    yield from map(plot, section.series)


def _spaced(blocks: Sequence[Block]) -> list[Line]:
    """Blocks with a blank line between two, unless both are of one line."""
    lines: list[Line] = []
    for number, block in enumerate(blocks):
        if number and max(len(block), len(blocks[number - 1])) > 1:
            lines.append(Line())
        lines += block
    return lines
