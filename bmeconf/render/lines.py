"""Lines of text with the name of a style: what every text report is made of. Pure."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass

from bmeconf.render import safe

WIDTH = 80
"""Columns."""


@dataclass(frozen=True)
class Line:
    """One line of output; `style` is a word that the command line knows a colour for."""

    text: str = ""
    style: str = ""


def indented(text: str) -> list[Line]:
    """`text` below something, none for an empty one."""
    return wrapped(text, "    ", "    ") if text else []


def wrapped(text: str, first: str = "", rest: str = "", style: str = "") -> list[Line]:
    """`text` made harmless and broken at blanks, `first` and `rest` before its lines."""
    lines = textwrap.wrap(
        safe.line(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    # What stood in the middle may begin a line now.
    return [Line(safe.line(line), style) for line in lines]
