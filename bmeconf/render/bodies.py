"""A body that changes, as a short unified diff in which every difference can be seen. Pure."""

from __future__ import annotations

import difflib
import itertools
from collections.abc import Iterator

from bmeconf.model import Value
from bmeconf.model.errors import counted
from bmeconf.plan.diff import CREATE, DELETE
from bmeconf.render import safe
from bmeconf.render.lines import WIDTH, Line

ROOM, LEAD = WIDTH - 6, 24
"""Columns for a line of a body, and how much of it to show before where it differs."""
BODIES = ("body", "plain_text")
MOST_BODY_LINES = 40


def changed(name: str, was: Value, now: Value) -> Iterator[Line]:
    """The lines of a plan for one body: how long it is, and how it differs from the live one."""
    yield Line(f"    {safe.line(name)}: {counted(len(str(now or '').splitlines()), 'line')}")
    if not was:
        return
    lines = _focused(diff(was, now))
    for text in lines[:MOST_BODY_LINES]:
        style = {"+": CREATE, "-": DELETE}.get(text[:1], "")
        yield Line(f"      {_cut(safe.line(text))}", style)
    if len(lines) > MOST_BODY_LINES:
        yield Line(f"      … {len(lines) - MOST_BODY_LINES} more lines; --format json has them all")


def diff(was: Value, now: Value) -> list[str]:
    """A body's whole diff, with two lines around each change; all lines of one that is new."""
    before, after = str(was or "").splitlines(), str(now or "").splitlines()
    if not before:
        return [f"+{line}" for line in after]
    return list(difflib.unified_diff(before, after, n=2, lineterm=""))[2:]


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


def _cut(text: str) -> str:
    return text if len(text) <= ROOM else text[: ROOM - 1] + "…"
