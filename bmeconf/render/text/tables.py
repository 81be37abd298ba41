"""Tables as text: columns as wide as they need, within the width of a page. Pure."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Sequence
from itertools import zip_longest

from bmeconf.render import safe
from bmeconf.render.lines import WIDTH, Line
from bmeconf.render.model import Table

GAP, NARROWEST = 2, 8
"""Columns between two columns, and how far one is narrowed before the page is left."""


def table(table: Table) -> list[Line]:
    """Heads, a rule and the rows; a text too long for its column goes on below.

    A table of one column is a list: its head would only repeat the title above.
    """
    if len(table.heads) == 1:
        return [Line(safe.line(f"  {cell}")) for (cell,) in table.rows]
    rows = [[safe.line(cell) for cell in row] for row in (table.heads, *table.rows)]
    widths = _widths(rows, table.numbers)
    first, *rest = (_row(row, widths, table.numbers) for row in rows)
    rule = Line("  ".join("-" * width for width in widths))
    return [*first, rule, *(line for row in rest for line in row)]


def width(text: str) -> int:
    """How many columns a terminal takes for `text`."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _widths(rows: Sequence[Sequence[str]], numbers: Sequence[int]) -> list[int]:
    widths = [max(1, *(width(cell) for cell in column)) for column in zip(*rows, strict=True)]
    room = WIDTH - GAP * (len(widths) - 1)
    while sum(widths) > room:
        widest = max(
            range(len(widths)), key=lambda n: (widths[n] > NARROWEST, n not in numbers, widths[n])
        )
        if widths[widest] <= NARROWEST:
            break
        widths[widest] = max(NARROWEST, widths[widest] - (sum(widths) - room))
    return widths


def _row(texts: Sequence[str], widths: Sequence[int], numbers: Sequence[int]) -> list[Line]:
    """One row, as many lines as its longest cell takes."""
    cells = [textwrap.wrap(text, wide) or [""] for text, wide in zip(texts, widths, strict=True)]
    lines = []
    for parts in zip_longest(*cells, fillvalue=""):
        blanks = [" " * max(0, wide - width(p)) for p, wide in zip(parts, widths, strict=True)]
        laid = [
            blank + part if n in numbers else part + blank
            for n, (part, blank) in enumerate(zip(parts, blanks, strict=True))
        ]
        lines.append(Line(safe.line((" " * GAP).join(laid).rstrip())))
    return lines
