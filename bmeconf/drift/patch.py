"""Two texts of a file -> a patch as `git diff` writes it. Pure.

Lines that are there once in both texts, and in the same order, hold the others together. So a file
of thousands of lines that are alike takes no longer than any other.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

AROUND = 3
"""Lines that are shown before and behind those that differ."""
LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
QUOTED = re.compile(r'[^ !#-\[\]-~]|["\\]')


class _Stretch(NamedTuple):
    """Lines that differ: of the old text from `start` to `end`, of the new one likewise."""

    start: int
    end: int
    new_start: int
    new_end: int


def patch(name: str, before: str, after: str) -> str:
    """The difference of one file, empty where there is none; `name` is its path from the top."""
    old, new = LINE.findall(before), LINE.findall(after)
    hunks = "".join(line for hunk in _hunks(_differing(old, new)) for line in _hunk(hunk, old, new))
    one, other = (_quoted(f"{side}/{name}") for side in "ab")
    tab = "\t" if " " in name else ""
    head = f"diff --git {one} {other}\n--- {one}{tab}\n+++ {other}{tab}\n"
    return head + hunks if hunks else ""


def _differing(old: Sequence[str], new: Sequence[str]) -> Iterator[_Stretch]:
    """The stretches that differ, in order."""
    ends = [(-1, -1), *_held(old, new), (len(old), len(new))]
    for (start, new_start), (end, new_end) in pairwise(ends):
        first, last = start + 1, new_start + 1
        while first < end and last < new_end and old[first] == new[last]:
            first, last = first + 1, last + 1
        while first < end and last < new_end and old[end - 1] == new[new_end - 1]:
            end, new_end = end - 1, new_end - 1
        if first < end or last < new_end:
            yield _Stretch(first, end, last, new_end)


def _held(old: Sequence[str], new: Sequence[str]) -> list[tuple[int, int]]:
    """The numbers of lines that both have once: as many as are in the same order."""
    counts = Counter(old), Counter(new)
    there = {
        line: number for number, line in enumerate(new) if counts[0][line] == counts[1][line] == 1
    }
    pairs = [(number, there[line]) for number, line in enumerate(old) if line in there]
    # Patience sorting: the last of each pile, and what lies on top of the pile before it.
    tops: list[int] = []
    piles: list[int] = []
    below: list[int] = []
    for index, (_, number) in enumerate(pairs):
        pile = bisect_left(tops, number)
        below.append(piles[pile - 1] if pile else -1)
        tops[pile : pile + 1], piles[pile : pile + 1] = [number], [index]
    held = []
    index = piles[-1] if piles else -1
    while index >= 0:
        held.append(pairs[index])
        index = below[index]
    return held[::-1]


def _hunks(stretches: Iterator[_Stretch]) -> Iterator[list[_Stretch]]:
    """The stretches that are so near that what is around them meets."""
    near: list[_Stretch] = []
    for stretch in stretches:
        if near and stretch.start - near[-1].end > 2 * AROUND:
            yield near
            near = []
        near.append(stretch)
    if near:
        yield near


def _hunk(stretches: Sequence[_Stretch], old: Sequence[str], new: Sequence[str]) -> Iterator[str]:
    first, last = stretches[0], stretches[-1]
    before = min(AROUND, first.start)
    end = min(last.end + AROUND, len(old))
    lines = first.start - before, end
    new_lines = first.new_start - before, end + last.new_end - last.end
    yield f"@@ -{_range(*lines)} +{_range(*new_lines)} @@\n"
    at = lines[0]
    for stretch in stretches:
        yield from _marked(" ", old[at : stretch.start])
        yield from _marked("-", old[stretch.start : stretch.end])
        yield from _marked("+", new[stretch.new_start : stretch.new_end])
        at = stretch.end
    yield from _marked(" ", old[at:end])


def _range(start: int, end: int) -> str:
    """Lines as a hunk names them: the first one, or the one before where there are none."""
    count = end - start
    first = start + 1 if count else start
    return f"{first}" if count == 1 else f"{first},{count}"


def _marked(sign: str, lines: Sequence[str]) -> Iterator[str]:
    for line in lines:
        yield f"{sign}{line}"
        if not line.endswith("\n"):
            yield "\n\\ No newline at end of file\n"


def _quoted(name: str) -> str:
    """A path as Git writes it: in quotes where it has more than plain characters."""
    if not QUOTED.search(name):
        return name
    data = name.encode("utf-8", "surrogateescape")
    plain = (chr(b) if 32 <= b < 127 and b not in b'"\\' else f"\\{b:03o}" for b in data)
    return f'"{"".join(plain)}"'
