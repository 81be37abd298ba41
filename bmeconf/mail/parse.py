"""HTML -> the tokens that a browser reads of it. Pure, in linear time, once for each text.

The tokens are those of the WHATWG tokenizer: two bodies with the same tokens are the same page in
every browser. There is no tree, as a hostile body of 200 KB makes one of 700 MB.
"""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import turbohtml

VOID = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img"),
        *("input", "link", "meta", "param", "source", "track", "wbr"),
    )
)
BLOCKS = frozenset(
    (
        *("!doctype", "html", "head", "body", "title", "meta", "link", "style", "hr", "br", "pre"),
        *("table", "caption", "colgroup", "col", "thead", "tbody", "tfoot", "tr", "td", "th"),
        *("div", "p", "center", "blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li"),
        *("dl", "dt", "dd", "address", "article", "section", "header", "footer", "main", "nav"),
        *("aside", "figure", "figcaption", "form", "fieldset"),
    )
)
"""Elements beside which white space is not shown."""
UNSEEN = frozenset(("script", "style", "title", "template", "iframe", "noembed", "noframes"))
"""Elements whose content is not shown."""
VERBATIM = ("pre", "script", "textarea", "listing", "xmp", "plaintext")
"""Elements in which all white space counts."""
TEXT_ONLY = frozenset((*UNSEEN, "textarea", "xmp", "plaintext", "noscript")) - {"template"}
"""Elements in which tags are text."""
ESCAPABLE = ("title", "textarea")
"""Those of them in which `&amp;` stands for a sign, as in any other text."""
FOREIGN = ("svg", "math")
ISLANDS = (*FOREIGN, "select")
"""Elements in which browsers read the former as ordinary elements, or did so until lately."""
BLANKS = re.compile(r"[ \t\n\r\f]+")
SPACED = re.compile(r"white-space(?!\s*:\s*(?:normal|nowrap)\b)", re.I)
"""A style that shows white space."""
LINE_END = re.compile("\n")
NOT_SEEN = re.compile(r"(?:^|;)(?:display:none|visibility:hidden)(?:!important)?(?:;|$)")
END = "\ufdd0"
"""Put behind a text: it is read as text only where no tag and no comment was left open."""
KEPT = 4
"""Texts whose tokens are remembered: both sides of a body are needed several times."""
NO_ATTRIBUTES: Mapping[str, str] = MappingProxyType({})


class Token(NamedTuple):
    """One piece of a document: `open`, `close`, `empty` (`<v:fill/>`), `text`, `comment`, `note`.

    A `note` is a comment that some mail program reads. `name` is the element, or the text itself.
    """

    kind: str
    name: str
    attributes: Mapping[str, str] = NO_ATTRIBUTES

    def opens(self, names: Collection[str]) -> bool:
        """True if the token is the start of one of these elements."""
        return self.kind == "open" and self.name in names

    @property
    def block(self) -> bool:
        """True if white space beside the token is not shown."""
        return self.kind in ("open", "close") and self.name in BLOCKS


@dataclass(frozen=True)
class Markup:
    """The tokens of a text; `doubtful` where not every browser reads it like this.

    `body_end` is how many of them stand before the last `</body>`, all where there is none.
    `starts` is at which character of the `plain_lines` each token begins.
    """

    tokens: tuple[Token, ...]
    doubtful: bool
    body_end: int
    starts: tuple[int, ...]


def plain_lines(text: str) -> str:
    """`text` with LF line ends, as every reader of HTML sees it."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


@functools.lru_cache(KEPT)
def read(text: str) -> Markup:
    """The tokens of `text`, whatever it holds."""
    reader = _Reader()
    reader.read(plain_lines(text))
    tokens = tuple(reader.tokens)
    end = reader.body_end
    end = len(tokens) if end is None else end
    return Markup(tokens, reader.doubtful, end, tuple(reader.starts))


@dataclass
class _Reader:
    """Gathers tokens, and finds out whether they are in doubt."""

    tokens: list[Token] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    doubtful: bool = False
    body_end: int | None = None
    _islands: int = 0
    _text_only: str = ""
    _in_noscript: bool = False

    def read(self, text: str, start: int = 0) -> None:
        """Take all tokens of a text that begins at the character `start` of the whole one."""
        # Takes 40 ms to load, and few runs compare a body.
        import turbohtml

        lines = [start, *(start + end.end() for end in LINE_END.finditer(text))]
        last, tokens, starts = "", self.tokens, self.starts
        opens, closes = turbohtml.TokenType.START_TAG, turbohtml.TokenType.END_TAG
        for piece in turbohtml.tokenize(text + END, capture_source=True):
            at, kind, last = lines[piece.line - 1] + piece.col, piece.type, ""
            if kind is opens:
                self._open(piece)
            elif kind is closes:
                self._close(piece.tag or "")
            else:
                last = self._other(piece, at)
                self._text_only = ""
            if len(starts) < len(tokens):
                starts.append(at)
        self.doubtful |= not last.endswith(END) or "\0" in text

    def _other(self, piece: turbohtml.Token, at: int) -> str:
        """Take what is no tag; returns it if it is a text, else nothing."""
        source, data = piece.source or "", piece.data or ""
        if not source:
            self._text(data.removesuffix(END), at)
            return data
        if piece.name is not None:
            self.tokens.append(Token("open", "!doctype", {" ".join(source.lower().split()): ""}))
        else:
            self._comment(data.removesuffix(END), source.removesuffix(END))
        return ""

    def _open(self, piece: turbohtml.Token) -> None:
        tag = piece.tag or ""
        closed = piece.self_closing and (":" in tag or self._islands > 0 or tag in FOREIGN)
        attributes = dict(piece.attrs) if piece.attrs else NO_ATTRIBUTES
        self.tokens.append(Token("empty" if closed else "open", tag, attributes))
        self._text_only = tag if tag in TEXT_ONLY else ""
        self.doubtful |= closed and tag in TEXT_ONLY
        self._islands += tag in ISLANDS and not closed

    def _close(self, tag: str) -> None:
        if tag == "body":
            self.body_end = len(self.tokens)
        # Browsers close the first three at the end, and void elements at once.
        if tag not in ("html", "head", "body") and (tag not in VOID or tag == "br"):
            self.tokens.append(Token("close", tag))
        self._islands = max(0, self._islands - (tag in ISLANDS))
        self._text_only = ""

    def _text(self, text: str, at: int) -> None:
        meant = "<" if self._text_only in ESCAPABLE else "[<&]"
        self.doubtful |= bool(self._text_only and self._islands and re.search(meant, text))
        if self._text_only == "noscript" and not self._in_noscript:
            # Mail programs run no scripts, and so read the tags in there.
            self._text_only, self._in_noscript = "", True
            before = len(self.tokens)
            self.read(text, at)
            self.doubtful |= bool(without(self.tokens[before:], TEXT_ONLY)[1])
            self._in_noscript = False
        elif text:
            self.tokens.append(Token("text", text))

    def _comment(self, text: str, source: str) -> None:
        self.doubtful |= self._islands > 0 and text.startswith("[CDATA[")
        # Outlook shows what is in a conditional comment; any other comment is for nobody.
        if source.startswith("<!--") and not re.search(r"\[(?:if|endif)", text, re.I):
            self.tokens.append(Token("comment", BLANKS.sub(" ", text)))
        else:
            self.tokens.append(Token("note", BLANKS.sub(" ", source)))


def shows_nothing(given: Mapping[str, str]) -> bool:
    """True for the attributes of an image that is hidden, or one pixel in size at most."""
    style = re.sub(r"\s", "", given.get("style", "").lower())
    sizes = [
        re.fullmatch(r"[01](?:px)?", given.get(side, ""))
        or re.search(rf"(?:^|;){side}:[01](?:px)?(?:;|$)", style)
        for side in ("width", "height")
    ]
    return all(sizes) or NOT_SEEN.search(style) is not None


def without(tokens: Iterable[Token], names: Collection[str]) -> tuple[list[Token], list[str]]:
    """`tokens` without these elements and their content, and those of these without an end."""
    kept: list[Token] = []
    inside: list[str] = []
    for token in tokens:
        if token.opens(names):
            inside += [] if token.name in VOID else [token.name]
        elif inside and token.kind == "close" and token.name == inside[-1]:
            inside.pop()
        elif not inside:
            kept.append(token)
    return kept, inside


def laid(tokens: Iterable[Token], spaced: bool) -> list[Token]:
    """`tokens` with only the white space that a reader sees; with all of it where `spaced`."""
    # One text in place of neighbours, between which something was taken out.
    joined = [
        token
        for are_texts, group in itertools.groupby(tokens, lambda token: token.kind == "text")
        for token in ([Token("text", "".join(t.name for t in group))] if are_texts else group)
    ]
    kept: list[Token] = []
    verbatim = 0
    for before, token, after in zip([None, *joined], joined, [*joined[1:], None], strict=False):
        if token.name in VERBATIM and token.kind != "text":
            verbatim = max(0, verbatim + (1 if token.kind == "open" else -1))
        if token.kind == "text" and not (spaced or verbatim):
            text = BLANKS.sub(" ", token.name)
            text = text.lstrip(" ") if before is None or before.block else text
            text = text.rstrip(" ") if after is None or after.block else text
            token = token._replace(name=text)
        if token.kind != "text" or token.name:
            kept.append(token)
    return kept
