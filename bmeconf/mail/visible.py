"""The text that a reader sees of an HTML body, and the words of it that came or went. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from bmeconf.mail import parse

SAME, GONE, NEW = "same", "gone", "new"
AROUND = 1
"""Lines that stay, shown before and after one that does not."""
MOST_WORDS, MOST_LINES = 1_000, 1_500
"""Above these, changes are shown in bigger pieces, as comparing takes time with their square."""
WORD = re.compile(r"\w+")
PIECES = re.compile(r"\S+\s*|\s+")
"""Words with the blanks behind them."""
ALIKE = 0.4
"""Lines that have at least so much in common are compared word by word."""


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


def visible_lines(markup: str) -> list[str]:
    """The text that a reader of this HTML sees, a line for each block.

    A picture is shown by its alternative text.
    """
    joined = (" ".join(line.split()) for line in _shown(markup, pictures=True).split("\n\n"))
    return [line for line in joined if line]


def visible_words(markup: str) -> list[str]:
    """The words that a reader of this HTML sees, in lower case."""
    return WORD.findall(_shown(markup, pictures=False).casefold())


def _shown(markup: str, pictures: bool) -> str:
    """The text that a browser shows, with a blank line between blocks."""
    tokens, _ = parse.without(parse.read(markup).tokens, parse.UNSEEN)
    pieces = []
    for token in tokens:
        if token.kind == "text":
            pieces.append(parse.BLANKS.sub(" ", token.name))
        elif token.block:
            pieces.append("\n\n")
        elif pictures and token.opens(["img"]) and token.attributes.get("alt", "").strip():
            pieces.append(f" [picture: {token.attributes['alt'].strip()}] ")
    return "".join(pieces)


def compare_lines(before: Sequence[str], after: Sequence[str]) -> list[Row]:
    """Both sides as one text: the words that came and went, and a few lines around them."""
    if max(len(before), len(after)) > MOST_LINES:
        return [*_changed(before, ()), *_changed((), after)]
    rows: list[Row] = []
    codes = SequenceMatcher(None, before, after, autojunk=False).get_opcodes()
    for n, (what, a, b, c, d) in enumerate(codes):
        if what == "equal":
            rows += _around(before[a:b], n > 0, n < len(codes) - 1)
        else:
            rows += _changed(before[a:b], after[c:d])
    return rows


def _around(same: Sequence[str], below: bool, above: bool) -> Iterator[Row]:
    """The lines that stay next to a change, and how many others stay."""
    first, last = (AROUND if below else 0), (AROUND if above else 0)
    if len(same) <= first + last + 1:
        first = len(same) - last
    yield from (Row((Part(SAME, line),)) for line in same[:first])
    if left_out := len(same) - first - last:
        yield Row(left_out=left_out)
    yield from (Row((Part(SAME, line),)) for line in same[len(same) - last :])


def _changed(before: Sequence[str], after: Sequence[str]) -> Iterator[Row]:
    both = min(len(before), len(after))
    yield from (Row(tuple(_words(*pair))) for pair in zip(before, after, strict=False))
    yield from (Row((Part(GONE, line),)) for line in before[both:])
    yield from (Row((Part(NEW, line),)) for line in after[both:])


def _words(old: str, new: str) -> Iterator[Part]:
    ours, theirs = PIECES.findall(old), PIECES.findall(new)
    one, other = ([word.strip() for word in words] for words in (ours, theirs))
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    if max(len(ours), len(theirs)) > MOST_WORDS or matcher.ratio() < ALIKE:
        yield from (Part(GONE, old), Part(SAME, " "), Part(NEW, new))
        return
    for what, a, b, c, d in matcher.get_opcodes():
        gone, came = "".join(ours[a:b]), "".join(theirs[c:d])
        if what == "equal":
            # At the end of a line a word has no blank behind it.
            yield Part(SAME, max(gone, came, key=len))
        else:
            yield from (Part(kind, text) for kind, text in ((GONE, gone), (NEW, came)) if text)
