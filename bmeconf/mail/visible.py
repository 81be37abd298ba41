"""The words that a reader sees of an HTML body, and which of them came or went. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from html.parser import HTMLParser

from bmeconf.mail import parse as tokens

SAME, GONE, NEW = "same", "gone", "new"
AROUND = 1
"""Lines that stay, shown before and after one that does not."""
MOST_WORDS, MOST_LINES = 1_000, 1_500
"""Above these, what changed is told in bigger pieces: comparing takes time with their square."""
WORDS = re.compile(r"\S+\s*|\s+")
ALIKE = 0.4
"""How much two lines have in common that are compared word by word."""


@dataclass(frozen=True)
class Part:
    """Words of a line: `kind` is `same`, `gone` or `new`."""

    kind: str
    text: str


@dataclass(frozen=True)
class Row:
    """One line of a comparison; `left_out` counts the lines that stay and are not shown."""

    parts: tuple[Part, ...] = ()
    left_out: int = 0


def lines(markup: str) -> list[str]:
    """What a reader of this HTML sees, a line for each block; pictures by what they stand for.

    Of what is no HTML that can be read it is the text itself.
    """
    reader = _Reader()
    try:
        reader.feed(markup)
        reader.close()
    except (AssertionError, ValueError):
        return markup.splitlines()
    return reader.told()


def compared(before: Sequence[str], after: Sequence[str]) -> list[Row]:
    """Both sides as one text with what came and went, and a little around it."""
    if max(len(before), len(after)) > MOST_LINES:
        return [Row((Part(GONE, line),)) for line in before] + [
            Row((Part(NEW, line),)) for line in after
        ]
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    rows: list[Row] = []
    codes = matcher.get_opcodes()
    for n, (what, a, b, c, d) in enumerate(codes):
        if what == "equal":
            rows += _around(before[a:b], n > 0, n < len(codes) - 1)
        else:
            rows += _changed(before[a:b], after[c:d])
    return rows


def _around(same: Sequence[str], below: bool, above: bool) -> Iterator[Row]:
    """Lines that stay: those next to a change, and how many others."""
    first, last = (AROUND if below else 0), (AROUND if above else 0)
    if len(same) <= first + last + 1:
        yield from (Row((Part(SAME, line),)) for line in same)
        return
    yield from (Row((Part(SAME, line),)) for line in same[:first])
    yield Row(left_out=len(same) - first - last)
    yield from (Row((Part(SAME, line),)) for line in same[len(same) - last :])


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[Row]:
    both = min(len(before), len(after))
    for old, new in zip(before[:both], after[:both], strict=True):
        yield Row(tuple(_words(old, new)))
    yield from (Row((Part(GONE, line),)) for line in before[both:])
    yield from (Row((Part(NEW, line),)) for line in after[both:])


def _words(old: str, new: str) -> Iterator[Part]:
    ours, theirs = WORDS.findall(old), WORDS.findall(new)
    one, other = ([word.strip() for word in words] for words in (ours, theirs))
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if max(len(ours), len(theirs)) > MOST_WORDS or matcher.ratio() < ALIKE:
        yield from (Part(GONE, old), Part(SAME, " "), Part(NEW, new))
        return
    for what, a, b, c, d in matcher.get_opcodes():
        if what == "equal":
            # At the end of a line a word has no blank behind it.
            yield Part(SAME, max("".join(ours[a:b]), "".join(theirs[c:d]), key=len))
            continue
        yield from [Part(GONE, "".join(ours[a:b]))] if b > a else []
        yield from [Part(NEW, "".join(theirs[c:d]))] if d > c else []


class _Reader(HTMLParser):
    """Gathers text, one line per block."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[list[str]] = [[]]
        self._unseen: list[str] = []

    def told(self) -> list[str]:
        """The lines that are not empty, blanks as a browser shows them."""
        joined = (" ".join("".join(pieces).split()) for pieces in self._lines)
        return [line for line in joined if line]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in tokens.UNSEEN:
            self._unseen.append(tag)
        if tag in tokens.BLOCKS:
            self._lines.append([])
        if tag == "img":
            told = (dict(attrs).get("alt") or "").strip()
            self._lines[-1].append(f" [picture: {told}] " if told else "")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._unseen:
            self._unseen.remove(tag)
        if tag in tokens.BLOCKS:
            self._lines.append([])

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._lines[-1].append(data)
