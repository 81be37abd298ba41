"""Texts in which something was replaced, and where each character of them was written. Pure."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from bmeconf.desired.manifest import Text
from bmeconf.model import Place


@dataclass(frozen=True)
class Edited:
    """A text that was made of a file's, by replacing some of it.

    `pieces` are the replacements: where each begins and ends in `text`, and in the file's. A file's
    line ends are LF.
    """

    source: Text
    text: str
    pieces: tuple[tuple[int, int, int, int], ...] = ()

    @classmethod
    def of(cls, source: Text) -> Edited:
        """The text of a file as it is, but for the ends of its lines."""
        text = source.text.replace("\r\n", "\n")
        return cls(source._replace(text=text), text)

    def change(self, changes: Iterable[tuple[int, int, str]]) -> Edited:
        """The text with other words in place of these stretches, which are in order."""
        parts: list[str] = []
        pieces = []
        end = length = 0
        for start, stop, words in changes:
            parts += [self.text[end:start], words]
            length += start - end
            pieces.append((length, length + len(words), start, stop))
            length, end = length + len(words), stop
        parts.append(self.text[end:])
        return Edited(self.source, "".join(parts), (*pieces,))

    def index(self, at: int) -> int:
        """The character of the text before the last replacements that the one `at` was made of."""
        before = bisect_right(self.pieces, at, key=lambda piece: piece[0])
        if not before:
            return at
        _, end, start, stop = self.pieces[before - 1]
        return start if at < end else stop + at - end

    def find(self, words: str, before: int) -> Place | None:
        """Where words of the text are written that are there so often before, or fewer times."""
        at = self.text.find(words)
        for _ in range(before):
            later = self.text.find(words, at + 1)
            at = max(at, later)
        return None if at < 0 else self.place(at)

    def place(self, at: int) -> Place:
        """Where the character `at` is written in the file."""
        index = self.index(at)
        line = bisect_right(self._lines, index)
        return Place(self.source.file, line, index - self._lines[line - 1] + 1)

    @cached_property
    def _lines(self) -> Sequence[int]:
        """Where each line of the file begins."""
        return [0, *(match.end() for match in re.finditer("[\r\n]", self.source.text))]
