"""Marks in two bodies at the texts, links and pictures that only one of them shows. Pure.

A mark is one more attribute of an element that is there: it needs no place of its own in a page,
and taken out again it leaves the body as it was. Where not every browser reads a body alike, or
it holds such a mark already, nothing is marked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher

from bmeconf.mail import parse
from bmeconf.mail.parse import BLOCKS, UNSEEN, VOID, Markup, Token
from bmeconf.mail.rewriting import are_tracked
from bmeconf.mail.visible import MOST_LINES

MARK = "data-bmeconf-"
GONE_MARK, NEW_MARK = f"{MARK}gone", f"{MARK}new"
LINK, PICTURE, TEXT = "link", "picture", "text"
HOLDERS = (BLOCKS | {"a", "button"}) - VOID - UNSEEN - {"!doctype", "html", "head"}
"""Elements that are marked where the text changes that lies in them and in none of these inside."""


@dataclass
class _Piece:
    """An element that shows something; a mark goes into the text `at` this character."""

    at: int
    token: Token
    words: list[str] = field(default_factory=list)

    @property
    def kind(self) -> str:
        """Whether it is a picture, a link or any other text."""
        if self.token.name == "a" and "href" in self.token.attributes:
            return LINK
        return PICTURE if self.token.name == "img" else TEXT

    @property
    def is_seen(self) -> bool:
        """True if a reader sees anything of it."""
        if self.kind == PICTURE:
            return not parse.shows_nothing(self.token.attributes)
        return self.kind == LINK or any(self.shown[1:])

    @property
    def shown(self) -> tuple[str, ...]:
        """All that a reader sees of it, whatever it looks like."""
        names = ("alt", "src", "srcset") if self.kind == PICTURE else ("background",)
        words = " ".join("".join(self.words).split())
        return self.kind, words, *(self.token.attributes.get(name, "") for name in names)

    @property
    def target(self) -> str:
        """Where a link leads to."""
        # Blanks around an address are no part of it.
        return self.token.attributes.get("href", "").strip()


def mark_changes(before: str, after: str) -> tuple[str, str]:
    """Both bodies with LF line ends, and with marks at what is gone and what is new."""
    sides = parse.plain_lines(before), parse.plain_lines(after)
    markups = parse.read(before), parse.read(after)
    if any(markup.doubtful for markup in markups) or any(MARK in text.lower() for text in sides):
        return sides
    ours, theirs = (list(_pieces(*pair)) for pair in zip(sides, markups, strict=True))
    gone, new = _changed(ours, theirs)
    return _marked(sides[0], gone, GONE_MARK), _marked(sides[1], new, NEW_MARK)


def _marked(text: str, places: Sequence[int], mark: str) -> str:
    ends = [*sorted(places), len(text)]
    begins = [0, *ends]
    return f" {mark}".join(text[a:b] for a, b in zip(begins, ends, strict=False))


def _pieces(text: str, markup: Markup) -> Iterator[_Piece]:
    """What a body shows, in the order of its start tags."""
    pieces: list[_Piece] = []
    inside: list[_Piece] = []
    open_ones: Counter[str] = Counter()
    starts = zip(markup.tokens, markup.starts, strict=True)
    for token in parse.without(markup.tokens, UNSEEN)[0]:
        start = next(start for each, start in starts if each is token)
        if inside and (token.kind == "text" or token.block or token.name == "a"):
            inside[-1].words.append(token.name if token.kind == "text" else " ")
        if token.opens(HOLDERS) or token.opens(["img"]):
            piece = _Piece(start + 1 + len(token.name), token)
            # A mark goes behind the name of a tag, or nowhere.
            if text[start : piece.at].lower() == f"<{token.name}":
                pieces.append(piece)
            if piece.kind != PICTURE:
                inside.append(piece)
                open_ones[token.name] += 1
        elif token.kind == "close" and open_ones[token.name]:
            closed = ""
            while closed != token.name:
                closed = inside.pop().token.name
                open_ones[closed] -= 1
    return (piece for piece in pieces if piece.is_seen)


def _changed(ours: Sequence[_Piece], theirs: Sequence[_Piece]) -> tuple[list[int], list[int]]:
    """The places of what only the one side has, and only the other; none where there is too much.

    Links are brought together by their words: the service may have sent all through a tracker.
    """
    gone: list[int] = []
    new: list[int] = []
    if max(len(ours), len(theirs)) > MOST_LINES:
        return gone, new
    links: list[tuple[_Piece, _Piece]] = []
    one, other = ([piece.shown for piece in side] for side in (ours, theirs))
    for what, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if what == "equal":
            links += (
                pair for pair in zip(ours[a:b], theirs[c:d], strict=True) if pair[0].kind == LINK
            )
        else:
            gone += (piece.at for piece in ours[a:b])
            new += (piece.at for piece in theirs[c:d])
    targets = [(our.target, their.target) for our, their in links]
    if not are_tracked(targets) and not are_tracked([(their, our) for our, their in targets]):
        moved = [pair for pair in links if pair[0].target != pair[1].target]
        gone += (our.at for our, _ in moved)
        new += (their.at for _, their in moved)
    return gone, new
