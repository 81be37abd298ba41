"""Tables, plots and the diffs of bodies, drawn in characters for text and Markdown. Pure.

Of what they are drawn with `safe.plain_ascii` knows an ASCII form.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise, takewhile, zip_longest

from bmeconf.model import Value, counted
from bmeconf.render import safe
from bmeconf.render.model import Field, Series, Table
from bmeconf.render.safe import WIDTH, Line

GAP, NARROWEST = 2, 8
"""Columns between two columns, and how far one is narrowed before the page is left."""
MOST_BARS, LONGEST_LABEL = 12, 28
APART = {"-": "<", "+": ">"}
"""The signs of a diff whose sides stand apart."""
LEVELS = "▁▂▃▄▅▆▇█"
LEAD = 24
"""How much of the line of a body to show before where it differs."""
MOST_LINES = 40


# --- tables


def table(table: Table, width: int = WIDTH) -> list[Line]:
    """Heads, a rule and the rows; a text too long for its column goes on below.

    A table of one column is a list: its head would only repeat the title above.
    """
    if len(table.heads) == 1:
        return [Line(safe.line(f"  {cell}")) for (cell,) in table.rows]
    rows = [[safe.line(cell) for cell in row] for row in (table.heads, *table.rows)]
    widths = _widths(rows, table.numbers, width)
    first, *rest = (_row(row, widths, table.numbers) for row in rows)
    rule = Line("  ".join("-" * width for width in widths))
    return [*first, rule, *(line for row in rest for line in row)]


def columns(text: str) -> int:
    """How many columns a terminal takes for `text`."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _widths(rows: Sequence[Sequence[str]], numbers: Sequence[int], room: int) -> list[int]:
    """The width of each column: the widest are narrowed alike until all fit into `room`."""
    widths = [min(room, max(1, *map(columns, column))) for column in zip(*rows, strict=True)]
    while (over := sum(widths) + GAP * (len(widths) - 1) - room) > 0:
        widest = max(
            range(len(widths)), key=lambda n: (widths[n] > NARROWEST, n not in numbers, widths[n])
        )
        if widths[widest] <= NARROWEST:
            break
        widths[widest] = max(NARROWEST, widths[widest] - max(1, over // (2 * len(widths))))
    return widths


def _row(texts: Sequence[str], widths: Sequence[int], numbers: Sequence[int]) -> Iterator[Line]:
    """One row, as many lines as its longest cell takes."""
    cells = [textwrap.wrap(text, wide) or [""] for text, wide in zip(texts, widths, strict=True)]
    for parts in zip_longest(*cells, fillvalue=""):
        laid = [
            _padded(part, wide, right=n in numbers)
            for n, (part, wide) in enumerate(zip(parts, widths, strict=True))
        ]
        yield Line(safe.line((" " * GAP).join(laid).rstrip()))


def _padded(text: str, wide: int, right: bool = False) -> str:
    blanks = " " * (wide - columns(text))
    return blanks + text if right else text + blanks


# --- plots


def plot(series: Series, width: int = WIDTH) -> list[Line]:
    """A bar for each value; more than `MOST_BARS` become one line, the highest of each stretch."""
    title = Line(safe.line(series.title))
    if not series.values:
        return [title, Line("  no values")]
    top = max(*series.values, 0.0)
    drawn = (_bars if len(series.values) <= MOST_BARS else _sparks)(series, top, width)
    return [title, *(Line(safe.line(line)) for line in drawn)]


def number(value: float, unit: str) -> str:
    """A value with its unit, whole where it is."""
    digits = f"{value:,.0f}" if value == int(value) else f"{value:,.2f}".rstrip("0").rstrip(".")
    return safe.line(f"{digits}{unit}")


def _bars(series: Series, top: float, width: int) -> Iterator[str]:
    labels = [
        label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
        for label in map(safe.line, series.labels)
    ]
    numbers = [number(value, series.unit) for value in series.values]
    wide, right = max(map(columns, labels)), max(map(columns, numbers))
    room = width - wide - right - 6
    for label, text, value in zip(labels, numbers, series.values, strict=True):
        halves = round(2 * room * max(value, 0.0) / top) if top else 0
        # A value above zero is never invisible.
        halves = max(halves, 1) if value > 0 else halves
        bar = "█" * (halves // 2) + "▌" * (halves % 2)
        yield f"  {_padded(label, wide)}  {text:>{right}}  {bar}".rstrip()


def _sparks(series: Series, top: float, width: int) -> Iterator[str]:
    count = len(series.values)
    steps = min(count, width - 2)
    edges = [count * n // steps for n in range(steps + 1)]
    highest = [max(series.values[start:end]) for start, end in pairwise(edges)]
    levels = (int(max(value, 0.0) / top * len(LEVELS)) if top else 0 for value in highest)
    yield "  " + "".join(LEVELS[min(len(LEVELS) - 1, level)] for level in levels)
    first, last = safe.line(series.labels[0]), safe.line(series.labels[-1])
    most, latest = (number(value, series.unit) for value in (top, series.values[-1]))
    yield f"  {first} to {last}: highest {most}, last {latest}"


# --- diffs


def length(body: Value) -> str:
    """How long a body is, in words."""
    return counted(len(str(body or "").splitlines()), "line")


def legend(field: Field) -> list[str]:
    """What the signs of a body's diff mean where they are not those of a change."""
    one, other = field.sides
    return [f"< {one}, > {other}"] if field.apart else []


def diff(field: Field) -> list[str]:
    """A body's whole diff, with two lines around each change; all lines of a new body."""
    return [_signed(line, field) for line in _diff(field)]


def _signed(line: str, field: Field) -> str:
    """A line of a diff, with signs that say neither old nor new where the sides stand apart."""
    sign = APART.get(line[:1]) if field.apart else None
    return f"{sign} {line[1:]}" if sign else line


def _diff(field: Field) -> list[str]:
    old, new = str(field.before or "").splitlines(), str(field.after or "").splitlines()
    if not old and not field.apart:
        return [f"+{line}" for line in new]
    from difflib import unified_diff

    return list(unified_diff(old, new, n=2, lineterm=""))[2:]


def excerpt(field: Field, room: int = WIDTH - 6) -> Iterator[str]:
    """The first lines of a body's diff, harmless, each cut so that its difference can be seen."""
    lines = _focused(_diff(field), room)
    for line in lines[:MOST_LINES]:
        text = safe.line(_signed(line, field))
        yield text if len(text) <= room else text[: room - 1] + "…"
    if len(lines) > MOST_LINES:
        yield f"… {len(lines) - MOST_LINES} more lines; --format json has them all"


def _focused(diff: list[str], room: int) -> list[str]:
    """The lines of a diff, those too long to show begun shortly before where they differ."""
    shown, start = list(diff), 0
    while start < len(diff):
        removed = _leading(line[:1] == "-" for line in diff[start:])
        added = _leading(line[:1] == "+" for line in diff[start + removed :])
        for old in range(start, start + min(removed, added)):
            new = old + removed
            pairs = zip(diff[old][1:], diff[new][1:], strict=False)
            same = _leading(one == other for one, other in pairs)
            if max(len(diff[old]), len(diff[new])) > room and same > LEAD:
                for n in (old, new):
                    shown[n] = f"{diff[n][0]}…{diff[n][1 + same - LEAD :]}"
        start += max(removed + added, 1)
    return shown


def _leading(truths: Iterable[bool]) -> int:
    """How many are true before the first that is not."""
    return sum(1 for _ in takewhile(bool, truths))
