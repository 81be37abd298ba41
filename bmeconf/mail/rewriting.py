"""What the service is known to make of a body, told apart from other content. Pure.

API contract 4.4: it strips active elements and `on*` attributes, appends a compliance footer and
rewrites links for tracking. Everything else is a difference, and so is whatever is in doubt: a
body wrongly taken for in sync could be mailed (design 7.4).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import dropwhile

from bmeconf.mail import parse as tokens
from bmeconf.mail import tracking
from bmeconf.mail.parse import VOID, Token

STRIPPED = ("script", "iframe", "embed", "object")
"""Stripped with what is in them; of a form only the tags, as its text is there to be read."""
WRAPPER: Mapping[str, frozenset[str]] = {
    "html": frozenset({"lang", "xmlns"}),
    "head": frozenset(),
    "body": frozenset(),
}
"""What a fragment is wrapped in, beside a doctype, with the attributes that change nothing."""
METAS = ("", "viewport", "content-type", "x-ua-compatible")
FOOTERS = ("table", "div", "p", "center", "footer")
NO_FOOTER = (*STRIPPED, "style", "link", "meta", "base", "form", "input", "button")
LONGEST_FOOTER = 2000
UNSUBSCRIBE = "unsubscribe"
NOT_SEEN = re.compile(r"(?:^|;)(?:display:none|visibility:hidden)(?:!important)?(?:;|$)")
LARGEST = 4_000_000


def rewritten(declared: str, live: str) -> bool:
    """Whether `live` is what the service is known to make of `declared` (API contract 4.4)."""
    if max(len(declared), len(live)) > LARGEST:
        return False
    ours, theirs = tokens.read(declared), tokens.read(live)
    if ours is None or theirs is None:
        return False
    if not all(any(t.kind == "comment" for t in side) for side in (ours, theirs)):
        ours, theirs = _silent(ours), _silent(theirs)
    kept = _stripped(ours, theirs)
    if kept is None:
        return False
    spaced = any(tokens.SPACED.search(text) for text in (declared, live))
    wanted = tokens.laid(kept, spaced)
    return any(
        _agree(wanted, tokens.laid(seen, spaced)) for seen in _endings(_unwrapped(theirs, kept))
    )


def footed(declared: str, live: str) -> bool:
    """Whether `live` is the plain text `declared` and one paragraph to unsubscribe after it."""
    footer = live.removeprefix(declared)
    if not live.startswith(declared):
        return False
    blank, *paragraphs = re.split(r"\n[ \t]*\n\s*", footer)
    alone = not blank.strip() and len(paragraphs) == 1
    return alone and UNSUBSCRIBE in footer.lower() and len(footer) <= LONGEST_FOOTER


def whole(declared: str, live: str) -> bool:
    """Whether all words of the text `declared` are still there in `live`, in their order."""
    return _in_order(tokens.WORD.findall(declared.casefold()), tokens.WORD.findall(live.casefold()))


def whole_page(declared: str, live: str) -> bool:
    """Whether all words to be read of the HTML `declared` are there in `live`, in their order."""
    ours, theirs = tokens.words(declared), tokens.words(live)
    return ours is not None and theirs is not None and _in_order(ours, theirs)


def _in_order(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    rest = iter(theirs)
    return all(word in rest for word in ours)


# --- what the service takes away and adds


def _stripped(ours: Sequence[Token], theirs: Sequence[Token]) -> list[Token] | None:
    """`ours` without the kinds of element and attribute of which `theirs` has none at all."""
    there = {token.name for token in theirs if token.kind in ("open", "empty")}
    kept = tokens.without(ours, [name for name in STRIPPED if name not in there])
    if kept is None:
        return None
    if "form" not in there:
        kept = [t for t in kept if t.name != "form" or t.kind not in ("open", "close")]
    if not any(map(_active, theirs)):
        kept = [replace(t, attributes=_passive(t)) if _active(t) else t for t in kept]
    return kept


def _silent(side: Sequence[Token]) -> list[Token]:
    return [token for token in side if token.kind != "comment"]


def _active(token: Token) -> bool:
    return len(_passive(token)) < len(token.attributes)


def _passive(token: Token) -> Mapping[str, str]:
    return {k: v for k, v in token.attributes.items() if not re.fullmatch("on[a-z]+", k)}


def _unwrapped(theirs: Sequence[Token], ours: Sequence[Token]) -> list[Token]:
    """`theirs` without the parts of a document of which `ours` has none."""
    here = {token.name for token in ours if token.kind == "open"}
    plain = None if "title" in here else tokens.without(theirs, ["title"])
    return [t for t in plain or theirs if t.name in here or not _wraps(t)]


def _wraps(token: Token) -> bool:
    if token.opens(["!doctype"]):
        return True
    if token.opens(["meta"]):
        return all(token.attributes.get(k, "").lower() in METAS for k in ("name", "http-equiv"))
    return token.opens(WRAPPER) and token.attributes.keys() <= WRAPPER[token.name]


def _endings(theirs: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """The whole, and the whole without a tracking pixel at its very end."""
    yield theirs
    end = len(theirs)
    while end and theirs[end - 1].kind == "text" and not theirs[end - 1].name.strip():
        end -= 1
    if end and _pixel(theirs[end - 1]):
        yield theirs[: end - 1]


def _pixel(token: Token) -> bool:
    given = token.attributes
    if not token.opens(["img"]) or not tracking.URL.fullmatch(given.get("src", "")):
        return False
    style = re.sub(r"\s", "", given.get("style", "").lower())
    sizes = [
        re.fullmatch(r"[01](?:px)?", given.get(side, ""))
        or re.search(rf"(?:^|;){side}:[01](?:px)?(?:;|$)", style)
        for side in ("width", "height")
    ]
    return all(sizes) or NOT_SEEN.search(style) is not None


def _footer(extra: Sequence[Token]) -> bool:
    """Whether this is one element, after lines at most, that tells how to unsubscribe."""
    extra = list(dropwhile(lambda token: token.opens(["br", "hr"]), _silent(extra)))
    if not extra or not extra[0].opens(FOOTERS) or not _one_element(extra):
        return False
    read = " ".join(tokens.texts(extra))
    links = any(t.opens(["a"]) and t.attributes.get("href") for t in extra)
    known = not any(t.kind == "note" or t.name in NO_FOOTER for t in extra if t.kind != "text")
    return known and links and UNSUBSCRIBE in read.lower() and len(read) <= LONGEST_FOOTER


def _one_element(extra: Sequence[Token]) -> bool:
    inside: list[str] = []
    for n, token in enumerate(extra):
        if token.kind == "open" and token.name not in VOID:
            inside.append(token.name)
        elif token.kind == "close" and (not inside or inside.pop() != token.name):
            return False
        if not inside:
            return n == len(extra) - 1
    return False


# --- what stays


def _agree(ours: Sequence[Token], theirs: Sequence[Token]) -> bool:
    """Whether both are the same but for links, and for a footer at the end."""
    links: list[tuple[str, str]] = []
    for our, their in zip(ours, theirs, strict=False):
        if our.opens(["a", "area"]) and "href" in our.attributes and "href" in their.attributes:
            # Blanks around an address are no part of it.
            links.append((our.attributes["href"].strip(), their.attributes["href"].strip()))
            their = replace(their, attributes={**their.attributes, "href": our.attributes["href"]})
        if our != their:
            return False
    extra = theirs[len(ours) :]
    ended = not extra or _footer(extra)
    return len(theirs) >= len(ours) and ended and tracking.known(links)
