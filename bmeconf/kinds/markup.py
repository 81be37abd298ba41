"""What the service is known to make of a body, told apart from other content. Pure.

API contract 4.4: it strips active elements and `on*` attributes, appends a compliance footer and
rewrites links for tracking. Everything else is a difference, and so is whatever is in doubt: a
body wrongly taken for in sync could be mailed (design 7.4).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser
from itertools import groupby
from urllib.parse import unquote

STRIPPED = ("script", "iframe", "embed", "object")
"""Stripped with what is in them; of a form only the tags, as its text is there to be read."""
WRAPPER = {"!doctype": None, "html": {"lang", "xmlns"}, "head": (), "body": ()}
"""What a fragment is wrapped in, with the attributes that change nothing there."""
HARMLESS_META = ({"charset"}, {"content", "http-equiv"}, {"content", "name"})
VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split(),
)
BLOCKS = frozenset(
    "!doctype html head body title meta link style table caption colgroup col thead tbody tfoot tr"
    " td th div p h1 h2 h3 h4 h5 h6 ul ol li dl dt dd center blockquote address article section"
    " header footer main nav aside figure figcaption hr br pre form fieldset".split()
)
FOOTERS = ("table", "div", "p", "center", "footer")
NO_FOOTER = frozenset("style link meta base form input button iframe embed object script".split())
LONGEST_FOOTER = 2000
UNSUBSCRIBE = "unsubscribe"
VERBATIM = ("pre", "script")
DOUBTFUL = frozenset("textarea xmp plaintext noembed noframes listing svg math template".split())
"""Elements whose content a browser reads by rules of its own."""
SPACED = re.compile(r"white-space(?!\s*:\s*(?:normal|nowrap)\b)", re.I)
URL = re.compile(r"https?://([a-z0-9.-]+)(?::\d+)?(?:/|(?=[?#])|$)([^\s\\]*)", re.I)
VENDOR = re.compile(r"(?:.*\.)?benchmarkemail\.(?:io|com)")
LARGEST = 4_000_000


@dataclass(frozen=True)
class Token:
    """One piece of a document: `open`, `close`, `empty` (`<v:fill/>`), `text` or `note`."""

    kind: str
    name: str
    attributes: Mapping[str, str] = field(default_factory=dict)

    def opens(self, *names: str) -> bool:
        """Whether this is the start of one of these elements."""
        return self.kind == "open" and self.name in names


def rewritten(declared: str, live: str) -> bool:
    """Whether `live` is what the service is known to make of `declared` (API contract 4.4)."""
    if max(len(declared), len(live)) > LARGEST:
        return False
    ours, theirs = _tokens(declared), _tokens(live)
    if ours is None or theirs is None:
        return False
    stripped = _stripped(ours, theirs)
    if stripped is None:
        return False
    theirs = _unwrapped(theirs, stripped)
    spaced = bool(SPACED.search(declared) or SPACED.search(live))
    wanted = _laid(stripped, spaced)
    footed = UNSUBSCRIBE not in declared.lower()
    return any(_agree(wanted, _laid(seen, spaced), footed) for seen in _endings(theirs))


def footed(declared: str, live: str) -> bool:
    """Whether `live` is the plain text `declared` with one paragraph to unsubscribe after it."""
    footer = live.removeprefix(declared)
    return (
        live.startswith(declared)
        and UNSUBSCRIBE not in declared.lower()
        and UNSUBSCRIBE in footer.lower()
        and len(footer) <= LONGEST_FOOTER
        and re.fullmatch(r"[ \t]*\n\s*\n[^\n]+(?:\n(?!\s*\n)[^\n]+)*", footer) is not None
    )


# --- reading


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
            self.doubt |= tag in (*STRIPPED, "style", "form")
            self.tokens[-1] = replace(self.tokens[-1], kind="empty")

    def handle_endtag(self, tag: str) -> None:
        # These three close themselves: what comes after them is still part of the body.
        if tag not in ("html", "head", "body"):
            self.tokens.append(Token("close", tag))

    def handle_data(self, data: str) -> None:
        self.tokens.append(Token("text", data))

    def handle_comment(self, data: str) -> None:
        self.doubt |= data.startswith((">", "->")) or "--!>" in data
        # Outlook shows what is in a conditional comment; any other is for nobody.
        if "[if" in data or "[endif" in data:
            self.tokens.append(Token("note", " ".join(data.split())))

    def handle_decl(self, decl: str) -> None:
        self.tokens.append(Token("open", "!doctype", {" ".join(decl.lower().split()): ""}))

    def handle_pi(self, data: str) -> None:
        self.tokens.append(Token("note", f"?{data}"))

    def unknown_decl(self, data: str) -> None:
        self.tokens.append(Token("note", f"!{data}"))


def _tokens(text: str) -> list[Token] | None:
    reader = _Reader()
    try:
        reader.feed(text)
        reader.close()
    except (AssertionError, ValueError):
        return None
    return None if reader.doubt or reader.rawdata else reader.tokens


# --- what the service takes away and adds


def _stripped(ours: Sequence[Token], theirs: Sequence[Token]) -> list[Token] | None:
    """`ours` without the kinds of element and attribute of which `theirs` has none at all."""
    there = {token.name for token in theirs if token.kind in ("open", "empty")}
    kept = _without(ours, [name for name in STRIPPED if name not in there])
    if kept is None:
        return None
    if "form" not in there:
        kept = [t for t in kept if t.kind not in ("open", "close") or t.name != "form"]
    if not any(map(_active, theirs)):
        kept = [replace(t, attributes=_passive(t)) if _active(t) else t for t in kept]
    return kept


def _active(token: Token) -> bool:
    return len(_passive(token)) < len(token.attributes)


def _passive(token: Token) -> Mapping[str, str]:
    return {k: v for k, v in token.attributes.items() if not re.fullmatch("on[a-z]+", k)}


def _without(tokens: Sequence[Token], names: Collection[str]) -> list[Token] | None:
    """`tokens` without these elements and their content; None where one of them has no end."""
    kept: list[Token] = []
    inside: list[str] = []
    for token in tokens:
        if token.opens(*names) and token.name not in VOID:
            inside.append(token.name)
        elif inside and token.kind == "close" and token.name == inside[-1]:
            inside.pop()
        elif not inside and not token.opens(*names):
            kept.append(token)
    return None if inside else kept


def _unwrapped(theirs: Sequence[Token], ours: Sequence[Token]) -> list[Token]:
    """`theirs` without the parts of a document that `ours` has none of."""
    here = {token.name for token in ours if token.kind == "open"}
    plain = theirs if "title" in here else _without(theirs, ["title"]) or theirs
    return [t for t in plain if t.kind != "open" or t.name in here or not _wraps(t)]


def _wraps(token: Token) -> bool:
    if token.name == "meta":
        known = token.attributes.get("name", token.attributes.get("http-equiv", "")).lower()
        named = known in ("", "viewport", "content-type", "x-ua-compatible")
        return named and set(token.attributes) in HARMLESS_META
    if token.name == "!doctype":
        return True
    return token.name in WRAPPER and token.attributes.keys() <= set(WRAPPER[token.name] or ())


def _endings(tokens: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The whole, and the whole without the tracking pixel at its very end."""
    yield tokens
    end = len(tokens)
    while end and tokens[end - 1].kind == "text" and not tokens[end - 1].name.strip():
        end -= 1
    if end and _pixel(tokens[end - 1]):
        yield tokens[: end - 1]
