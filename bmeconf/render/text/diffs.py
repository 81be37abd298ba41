"""A body that changes, as a unified diff in which every difference can be seen. Pure."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator

from bmeconf.model import Value, counted
from bmeconf.render import safe
from bmeconf.render.lines import WIDTH

ROOM, LEAD = WIDTH - 6, 24
"""Columns for a line of a body, and how much of it to show before where it differs."""
MOST_LINES = 40


def length(body: Value) -> str:
    """How long a body is, in words."""
    return counted(len(str(body or "").splitlines()), "line")


def diff(before: Value, after: Value) -> list[str]:
    """A body's whole diff, with two lines around each change; all lines of a new body."""
    old, new = str(before or "").splitlines(), str(after or "").splitlines()
    if not old:
        return [f"+{line}" for line in new]
    return list(difflib.unified_diff(old, new, n=2, lineterm=""))[2:]


def excerpt(before: Value, after: Value) -> Iterator[str]:
    """The first lines of a body's diff, harmless, each cut so that its difference can be seen."""
    lines = _focused(diff(before, after))
    for line in lines[:MOST_LINES]:
        text = safe.line(line)
        yield text if len(text) <= ROOM else text[: ROOM - 1] + "…"
    if len(lines) > MOST_LINES:
        yield f"… {len(lines) - MOST_LINES} more lines; --format json has them all"


def _focused(diff: list[str]) -> list[str]:
    """The lines of a diff, those too long to show begun shortly before where they differ."""
    shown, start = list(diff), 0
    while start < len(diff):
        removed = _run(diff, start, "-")
        added = _run(diff, start + removed, "+")
        for old in range(start, start + min(removed, added)):
            new = old + removed
            same = _common(diff[old][1:], diff[new][1:])
            if max(len(diff[old]), len(diff[new])) > ROOM and same > LEAD:
                for n in (old, new):
                    shown[n] = f"{diff[n][0]}…{diff[n][1 + same - LEAD :]}"
        start += max(removed + added, 1)
    return shown


def _common(one: str, other: str) -> int:
    """How many characters two lines have in common at their start."""
    pairs = zip(one, other, strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))


def _run(diff: list[str], start: int, sign: str) -> int:
    """How many lines from `start` on begin with `sign`."""
    return sum(1 for _ in itertools.takewhile(lambda line: line[:1] == sign, diff[start:]))
