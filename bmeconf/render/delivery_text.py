"""The page of a delivery report as text: a compact block for each campaign. Pure.

The same page as in every other format, with what belongs together not set apart by blank
lines, and plots on one line: a report has many.
"""

from __future__ import annotations

from collections.abc import Iterator

from bmeconf.render import page_text, plots, safe, tables
from bmeconf.render.lines import Line, indented, wrapped
from bmeconf.render.page.model import Page, PageItem, Section


def page(page: Page) -> list[Line]:
    """The whole report; what it comes to stands at its end, where a terminal shows it."""
    lines = [Line(safe.line(f"Account: {page.account}")), Line()]
    for section in page.sections:
        lines += [*_section(section), Line()]
    lines += wrapped(page.verdict, style=page.mood)
    return lines + wrapped(page.price)


def _section(section: Section) -> Iterator[Line]:
    yield from wrapped(section.title)
    yield from wrapped(section.text, "  ", "  ")
    for item in section.items:
        yield from _item(section, item)
    for table in section.tables:
        yield Line()
        yield from tables.lines(table)
    for series in section.series:
        yield Line()
        yield from plots.lines(series, most_bars=0)


def _item(section: Section, item: PageItem) -> Iterator[Line]:
    """One thing to know; under the title of its own campaign without repeating the address."""
    own = item.address == section.title
    text = f"{item.state}: {item.head}" if own else page_text.head(item)
    style = page_text.LEVELS.get(item.level, "")
    yield from wrapped(text, f"{item.sign} ", "  ", style)
    yield from indented(f"→ {item.remedy}" if item.remedy else "")
