"""Small plots of block characters, which `safe.plain_ascii` knows an ASCII form of. Pure."""

from __future__ import annotations

from itertools import pairwise

from bmeconf.render import safe
from bmeconf.render.lines import WIDTH, Line
from bmeconf.render.model import Series
from bmeconf.render.text.tables import width

MOST_BARS, LONGEST_LABEL = 12, 28
LEVELS = "▁▂▃▄▅▆▇█"


def plot(series: Series) -> list[Line]:
    """A bar for each value; more than `MOST_BARS` become one line, the highest of each stretch."""
    title = Line(safe.line(series.title))
    if not series.values:
        return [title, Line("  no values")]
    top = max(*series.values, 0.0)
    drawn = _bars(series, top) if len(series.values) <= MOST_BARS else _sparks(series, top)
    return [title, *drawn]


def number(value: float, unit: str) -> str:
    """A value with its unit, whole where it is."""
    digits = f"{value:,.0f}" if value == int(value) else f"{value:,.2f}".rstrip("0").rstrip(".")
    return safe.line(f"{digits}{unit}")


def _bars(series: Series, top: float) -> list[Line]:
    labels = [safe.line(label) for label in series.labels]
    labels = [
        label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1]}…"
        for label in labels
    ]
    numbers = [number(value, series.unit) for value in series.values]
    wide, right = max(map(width, labels)), max(map(width, numbers))
    room = WIDTH - wide - right - 6
    return [
        Line(
            safe.line(
                f"  {label}{' ' * (wide - width(label))}  {text:>{right}}  "
                f"{_bar(value, top, room)}".rstrip()
            )
        )
        for label, text, value in zip(labels, numbers, series.values, strict=True)
    ]


def _bar(value: float, top: float, room: int) -> str:
    halves = round(2 * room * max(value, 0.0) / top) if top else 0
    # A value above zero is never invisible.
    halves = max(halves, 1) if value > 0 else halves
    return "█" * (halves // 2) + "▌" * (halves % 2)


def _sparks(series: Series, top: float) -> list[Line]:
    count, room = len(series.values), WIDTH - 2
    columns = min(count, room)
    edges = [count * n // columns for n in range(columns + 1)]
    highest = [max(series.values[start:end]) for start, end in pairwise(edges)]
    levels = (int(max(value, 0.0) / top * len(LEVELS)) if top else 0 for value in highest)
    drawn = "".join(LEVELS[min(len(LEVELS) - 1, level)] for level in levels)
    first, last = safe.line(series.labels[0]), safe.line(series.labels[-1])
    highest_and_last = (
        f"highest {number(top, series.unit)}, last {number(series.values[-1], series.unit)}"
    )
    return [Line(f"  {drawn}"), Line(safe.line(f"  {first} to {last}: {highest_and_last}"))]
