"""HTML as tokens in which two documents compare: what means nothing in HTML is not in them. Pure.

Text -> tokens, or None where a browser may read the text in another way than this reader does.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

VOID = frozenset(
    (
        *("area", "base", "br", "col", "embed", "hr", "img"),
        *("input", "link", "meta", "param", "source", "track", "wbr"),
    )
)
BLOCKS = frozenset(
    (
        *("!doctype", "html", "head", "body", "title", "meta", "link", "style"),
        *("hr", "br", "pre", "table", "caption", "colgroup", "col", "thead"),
        *("tbody", "tfoot", "tr", "td", "th", "div", "p", "center"),
        *("blockquote", "h1", "h2", "h3", "h4", "h5", "h6", "ul"),
        *("ol", "li", "dl", "dt", "dd", "address", "article", "section"),
        *("header", "footer", "main", "nav", "aside", "figure", "figcaption", "form", "fieldset"),
    )
)
"""White space beside these is not seen."""
VERBATIM = ("pre", "script")
DOUBTFUL = (
    *("textarea", "xmp", "plaintext", "noembed", "noframes"),
    *("listing", "svg", "math", "template"),
)
"""Elements whose content a browser reads by rules of its own."""
UNCLOSED = ("script", "style", "iframe", "object", "form")
"""`<script/>` is no empty element, though this reader would take it for one."""
SPACED = re.compile(r"white-space(?!\s*:\s*(?:normal|nowrap)\b)", re.I)
UNSEEN = ("script", "style", "title", "template")
WORD = re.compile(r"\w+")
BLANKS = re.compile(r"[ \t\n\r\f]+")


@dataclass(frozen=True)
class Token:
    """One piece of a document: `open`, `close`, `empty` (`<v:fill/>`), `text`, `comment`, `note`.

    A `note` is a comment that some mail program reads. `name` is the element, or the text itself.
    """

    kind: str
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    def opens(self, names: Collection[str]) -> bool:
        """Whether this is the start of one of these elements."""
        return self.kind == "open" and self.name in names

    @property
    def block(self) -> bool:
        """Whether white space beside it is not seen."""
        return self.kind in ("open", "close") and self.name in BLOCKS


def read(text: str) -> list[Token] | None:
    """The tokens of `text`, or None where it is in doubt how a browser reads it."""
    reader = _parsed(text)
    return None if reader is None or reader.doubt or reader.rawdata else reader.tokens


def without(tokens: Sequence[Token], names: Collection[str]) -> list[Token] | None:
    """`tokens` without these elements and their content; None where one of them has no end."""
    kept: list[Token] = []
    inside: list[str] = []
    for token in tokens:
        if token.opens(names):
            inside += [] if token.name in VOID else [token.name]
        elif inside and token.kind == "close" and token.name == inside[-1]:
            inside.pop()
        elif not inside:
            kept.append(token)
    return None if inside else kept


def laid(tokens: Sequence[Token], spaced: bool) -> list[Token]:
    """`tokens` with only the white space that a reader sees; with all of it where `spaced`."""
    joined = _joined(tokens)
    kept: list[Token] = []
    verbatim = 0
    for before, token, after in zip([None, *joined], joined, [*joined[1:], None], strict=False):
        if token.name in VERBATIM and token.kind != "text":
            verbatim = max(0, verbatim + (1 if token.kind == "open" else -1))
        if token.kind == "text" and not (spaced or verbatim):
            text = BLANKS.sub(" ", token.name)
            text = text.lstrip(" ") if before is None or before.block else text
            text = text.rstrip(" ") if after is None or after.block else text
            token = replace(token, name=text)
        if token.kind != "text" or token.name:
            kept.append(token)
    return kept


def _joined(tokens: Sequence[Token]) -> list[Token]:
    """One text in place of neighbours, between which something was taken out."""
    joined: list[Token] = []
    texts: list[str] = []
    for token in (*tokens, None):
        if token is not None and token.kind == "text":
            texts.append(token.name)
            continue
        if texts:
            joined.append(Token("text", "".join(texts)))
            texts = []
        if token is not None:
            joined.append(token)
    return joined


def texts(tokens: Sequence[Token]) -> Iterator[str]:
    """What `tokens` have to read."""
    return (token.name for token in tokens if token.kind == "text")


def words(text: str) -> list[str] | None:
    """The words that a browser shows of `text`, in lower case; None where that cannot be told."""
    reader = _parsed(text)
    shown = without(reader.tokens, UNSEEN) if reader else None
    if shown is None:
        return None
    pieces = (t.name if t.kind == "text" else " " if t.block else "" for t in shown)
    return WORD.findall("".join(pieces).casefold())


def _parsed(text: str) -> _Reader | None:
    """A reader that has read all of `text`, None where it could not."""
    reader = _Reader()
    try:
        reader.feed(text)
        reader.close()
    except (AssertionError, ValueError):
        return None
    return reader


class _Reader(HTMLParser):
    """Collects tokens; `doubt` is set where a browser may read the text in another way."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tokens: list[Token] = []
        self.doubt = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.doubt |= len(attributes) < len(attrs) or tag in DOUBTFUL
        self.tokens.append(Token("open", tag, attributes))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.doubt |= tag in UNCLOSED
            self.tokens[-1] = replace(self.tokens[-1], kind="empty")

    def handle_endtag(self, tag: str) -> None:
        # The first close themselves, and what comes after them is still part of the body.
        if tag not in ("html", "head", "body") and (tag not in VOID or tag == "br"):
            self.tokens.append(Token("close", tag))

    def handle_data(self, data: str) -> None:
        self.tokens.append(Token("text", data))

    def handle_comment(self, data: str) -> None:
        # A browser ends these comments earlier than this reader may.
        self.doubt |= data.startswith((">", "->")) or "--!>" in data
        # Outlook shows what is in a conditional comment; any other is for nobody.
        shown = "[if" in data.lower() or "[endif" in data.lower()
        self.tokens.append(Token("note" if shown else "comment", BLANKS.sub(" ", data)))

    def handle_decl(self, decl: str) -> None:
        self.tokens.append(Token("open", "!doctype", {" ".join(decl.lower().split()): ""}))

    def handle_pi(self, data: str) -> None:
        self.tokens.append(Token("note", f"?{data}"))

    def unknown_decl(self, data: str) -> None:
        self.tokens.append(Token("note", f"!{data}"))
