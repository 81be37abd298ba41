"""Live data is data: nothing in it reaches a terminal, a log or a runner as a command. Pure.

Control characters and what reorders or hides text are shown as escapes; the two ways in which
a CI log line can be taken for a workflow command are broken up visibly.
"""

from __future__ import annotations

import textwrap
from typing import NamedTuple

from bmeconf.model import visible
from bmeconf.model.errors import masked

WIDTH = 80
"""Columns of what no terminal shows."""

BLOCKS = dict(zip("▁▂▃▄▅▆▇█▌", "_.:-=+*#|", strict=True))
"""What plots are drawn with, and what stands for it."""
PAIRS = str.maketrans(
    {"→": "->", "»": ">>", "…": "...", "·": "-", "–": "-", "✓": "v", "✗": "x", **BLOCKS}
)


class Line(NamedTuple):
    """One line of output; `style` is a word that the command line knows a colour for."""

    text: str = ""
    style: str = ""


def line(text: str) -> str:
    """`text` as one harmless line."""
    shown = visible(masked(text))
    # `##[` is a runner command anywhere in a line, `::` at its start (after blanks).
    shown = shown.replace("##[", "#\\x23[")
    bare = shown.lstrip()
    if bare.startswith("::"):
        return shown[: len(shown) - len(bare)] + "\\x3a" + bare[1:]
    return shown


def wrapped(
    text: str, first: str = "", rest: str = "", style: str = "", width: int = WIDTH
) -> list[Line]:
    """`text` made harmless and broken at blanks, `first` and `rest` before its lines."""
    lines = textwrap.wrap(
        line(text),
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    # What stood in the middle may begin a line now.
    return [Line(line(each), style) for each in lines]


def plain_ascii(text: str) -> str:
    """`text` for a terminal without UTF-8: signs as ASCII pairs, the rest as escapes."""
    return text.translate(PAIRS).encode("ascii", "backslashreplace").decode("ascii")
