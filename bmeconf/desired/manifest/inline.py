"""The characters of a text in YAML, found again where a manifest has them. Pure.

YAML writes one text in many ways: as a block, folded, in quotes with escapes. A few characters
without blanks, quotes and escapes are the same in all of them, and the n-th of the text is the
n-th in the manifest.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from bmeconf.desired.manifest.nodes import Node, place_in, walk
from bmeconf.model import Place

SIGN = re.compile(r"<[A-Za-z0-9:/!-]{1,12}|[^\s\"'\\]{1,12}")


class Inline:
    """The text of a manifest, and where each value of its documents begins."""

    def __init__(self, text: str, documents: Sequence[Node]) -> None:
        self._text = text.replace("\r\n", "\n").replace("\r", "\n")
        self._lines = [0, *accumulate(len(line) + 1 for line in self._text.split("\n"))]
        nodes = (node for document in documents for _, node in walk(document))
        self._starts = sorted({self._index(node.place) for node in nodes})

    def place(self, start: Place, value: str, at: int) -> Place:
        """The place of the character `at` of the value at `start`, or of the nearest before it."""
        sign = SIGN.match(value, at)
        begin = found = self._index(start)
        if sign is None:
            return start
        next_one = bisect_right(self._starts, begin)
        end = self._starts[next_one] if next_one < len(self._starts) else len(self._text)
        for _ in range(value.count(sign[0], 0, at) + 1):
            # A variable may have brought along some that are not written here.
            found = max(found, self._text.find(sign[0], begin, end))
            begin = found + len(sign[0])
        return place_in(self._text, start.file, found)

    def _index(self, place: Place) -> int:
        return self._lines[place.line - 1] + place.column - 1
