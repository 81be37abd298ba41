"""An MJML text and all that it includes -> HTML, or what is wrong with them. Pure.

What is included is put in its place here: the compiler takes no includes in what is included, and
would go on with a text that includes itself, or many others, until the process ends.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from bmeconf import mail
from bmeconf.desired.manifest import MAX_BYTES, Text
from bmeconf.desired.validate.edited import Edited
from bmeconf.desired.validate.entries import Texts, text_of
from bmeconf.model import Place, Problem

DEEPEST = 20
"""Texts that include each other."""
MOST_TOLD = 20
WHOLE = re.compile(r"<mjml[\s>]")


@dataclass(frozen=True)
class Part:
    """One text, its variables filled in, and the parts that it includes.

    `size` and `depth` are those of the text with all that it includes.
    """

    filled: Edited
    children: tuple[tuple[mail.Include, Part], ...]
    size: int
    depth: int

    def pieces(self) -> Iterator[tuple[str, Edited, int]]:
        """The whole text: each piece, and the text and the character that it begins with."""
        end = 0
        for include, child in self.children:
            yield self.filled.text[end : include.start], self.filled, end
            before, after = include.wrapping
            yield before, self.filled, include.start
            yield from child.pieces()
            yield after, self.filled, include.start
            end = include.end
        yield self.filled.text[end:], self.filled, end


@dataclass
class Compilation:
    """Makes the HTML of one text; `problems` are those of all texts."""

    texts: Texts
    fill: Callable[[Text], Edited]
    problems: list[Problem] = field(default_factory=list)
    _parts: dict[str, Part] = field(default_factory=dict)

    @property
    def filled(self) -> tuple[Edited, ...]:
        """The texts that were read, each once, the first of them last."""
        return tuple(part.filled for part in self._parts.values())

    def html(self, text: Text) -> str:
        """The HTML of a text, empty where there are problems.

        Raises:
            Missing: without the compiler.
        """
        top = self._part(text, ())
        if top.size > MAX_BYTES or top.depth > mail.DEEPEST:
            fault = f"more than {mail.DEEPEST} elements lie in each other"
            if top.size > MAX_BYTES:
                fault = f"with all that it includes, it has more than {MAX_BYTES // 1_000_000} MB"
            self._add(top.filled.place(0), f"{fault}; take some out")
        if self.problems:
            return ""
        pieces = [*top.pieces()]
        try:
            return mail.from_mjml("".join(words for words, _, _ in pieces))
        except mail.Fault as fault:
            self._add(_place(pieces, fault.at or 0), fault.message)
            return ""

    def _part(self, text: Text, trail: tuple[str, ...]) -> Part:
        """One text, and all that it includes; `trail` are the texts that include it."""
        if text.file in self._parts:
            return self._parts[text.file]
        filled = self.fill(text)
        for at, message in mail.unknown_elements(filled.text):
            self._add(filled.place(at), message)
        children = (*self._children(filled, (*trail, text.file)),)
        size = len(filled.text) + sum(child.size for _, child in children)
        deepest = max((child.depth for _, child in children), default=0)
        part = Part(filled, children, size, mail.depth(filled.text) + deepest)
        self._parts[text.file] = part
        return part

    def _children(
        self, filled: Edited, trail: tuple[str, ...]
    ) -> Iterator[tuple[mail.Include, Part]]:
        """The texts that one includes; a problem for each that cannot be."""
        for include in mail.includes(filled.text):
            child = text_of(self.texts, trail[-1], include.path)
            fault = child.fault
            if fault:
                pass
            elif child.file in trail:
                fault = f"{child.file} includes itself"
            elif len(trail) == DEEPEST:
                fault = f"{child.file} is included by way of {DEEPEST} others; include it sooner"
            elif WHOLE.search(child.text):
                fault = f"{child.file} has <mjml>; let it have what stands in its place alone"
            if fault:
                self._add(filled.place(include.start), f"mj-include: {fault}")
            else:
                yield include, self._part(child, trail)

    def _add(self, place: Place, message: str) -> None:
        if len(self.problems) < MOST_TOLD:
            self.problems.append(Problem(place, "", message, "mjml"))


def _place(pieces: list[tuple[str, Edited, int]], at: int) -> Place:
    """Where the character `at` of all pieces is written."""
    starts = [0]
    for words, _, _ in pieces:
        starts.append(starts[-1] + len(words))
    number = min(bisect_right(starts, at), len(pieces)) - 1
    words, filled, start = pieces[number]
    is_wrapping = not filled.text.startswith(words, start)
    return filled.place(start if is_wrapping else start + at - starts[number])
