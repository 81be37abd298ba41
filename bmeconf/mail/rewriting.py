"""The service's own rewriting of a body, told apart from any other change. Pure.

The service strips active elements and `on*` attributes, appends a compliance footer and rewrites
links for tracking (API contract 4.4). Everything else is a change, and so is whatever is in doubt:
a body that is wrongly taken for in sync could be mailed (design 7.4).
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import dropwhile
from urllib.parse import unquote

from bmeconf.mail import parse, visible
from bmeconf.mail.parse import VOID, Markup, Token

STRIPPED = ("script", "iframe", "embed", "object")
"""Elements that are stripped with their content; of a form only the tags are, its text stays."""
HANDLER = re.compile("on.*", re.DOTALL)
BODY_END = re.compile(r"</body\s*>", re.I)
WRAPPER: Mapping[str, frozenset[str]] = {
    "html": frozenset({"lang", "xmlns"}),
    "head": frozenset(),
    "body": frozenset(),
}
"""Elements around a fragment, beside a doctype, with the attributes that change nothing."""
METAS = ("", "viewport", "content-type", "x-ua-compatible")
FOOTERS = ("table", "div", "p", "center", "footer")
NO_FOOTER = (*STRIPPED, "style", "link", "meta", "base", "form", "input", "button")
LONGEST_FOOTER = 2000
UNSUBSCRIBE = "unsubscribe"
LARGEST = 4_000_000
URL = re.compile(r"https?://([a-z0-9.-]+)(?::\d+)?((?:[/?#][^\s\\]*)?)", re.I)
VENDOR = re.compile(r"(?:.*\.)?benchmarkemail\.(?:io|com)")
"""The vendor's domains (API contract 1)."""


def is_rewriting(declared: str, live: str) -> bool:
    """True if `live` is what the service is known to make of `declared` (API contract 4.4)."""
    if max(len(declared), len(live)) > LARGEST:
        return False
    if _is_appended(declared, live):
        return True
    ours, theirs = parse.read(declared), parse.read(live)
    if ours.doubtful or theirs.doubtful:
        return False
    sides: list[Sequence[Token]] = [_body_last(ours), _body_last(theirs)]
    if not all(any(t.kind == "comment" for t in side) for side in sides):
        sides = [_without_comments(side) for side in sides]
    kept = _stripped(*sides)
    if kept is None:
        return False
    spaced = any(parse.SPACED.search(text) for text in (declared, live))
    wanted = parse.laid(kept, spaced)
    unwrapped = _unwrapped(sides[1], kept)
    return any(_agree(wanted, parse.laid(end, spaced)) for end in _endings(unwrapped))


def is_footed(declared: str, live: str) -> bool:
    """True if `live` is the plain text `declared` and one paragraph to unsubscribe after it."""
    footer = live.removeprefix(declared)
    blank, *paragraphs = re.split(r"\n[ \t]*\n\s*", footer)
    alone = live.startswith(declared) and not blank.strip() and len(paragraphs) == 1
    return alone and UNSUBSCRIBE in footer.lower() and len(footer) <= LONGEST_FOOTER


def keeps_words(declared: str, live: str) -> bool:
    """True if all words of the text `declared` are in `live`, in their order."""
    ours, theirs = (visible.WORD.findall(text.casefold()) for text in (declared, live))
    return _in_order(ours, theirs)


def keeps_page_words(declared: str, live: str) -> bool:
    """True if all words that the HTML `declared` shows are shown by `live`, in their order."""
    return _in_order(visible.visible_words(declared), visible.visible_words(live))


def _in_order(ours: Sequence[str], theirs: Sequence[str]) -> bool:
    rest = iter(theirs)
    return all(word in rest for word in ours)


# --- what the service takes away and adds


def _stripped(ours: Sequence[Token], theirs: Sequence[Token]) -> list[Token] | None:
    """`ours` without the active elements and attributes that `theirs` has nowhere.

    None where such an element has no end, so that nobody knows where the service ends it.
    """
    there = {token.name for token in theirs if token.kind in ("open", "empty")}
    kept, open_ones = parse.without(ours, [name for name in STRIPPED if name not in there])
    # All that follows the start of a script is script, and shown nowhere.
    if not parse.TEXT_ONLY.issuperset(open_ones):
        return None
    if "form" not in there:
        kept = [t for t in kept if t.name != "form" or t.kind not in ("open", "close")]
    names = {name for token in theirs for name in token.attributes}
    return [_passive(token, names) for token in kept]


def _is_appended(declared: str, live: str) -> bool:
    """True if `live` is `declared` and a footer, at the end of the body or of the text.

    This needs no reading of `declared`, which may leave a tag or a comment open.
    """
    ends = [match.start() for match in BODY_END.finditer(declared)]
    for at in (*ends[-1:], len(declared)):
        footer = live[at : len(live) - len(declared) + at]
        if live == declared[:at] + footer + declared[at:]:
            added = parse.read(footer)
            return not added.doubtful and _footer(parse.laid(added.tokens, False))
    return False


def _body_last(markup: Markup) -> Sequence[Token]:
    """The tokens of a text, first those after its body: the service adds to the end of that."""
    body, rest = markup.tokens[: markup.body_end], markup.tokens[markup.body_end :]
    blank = all(token.kind == "text" and not token.name.strip() for token in rest)
    return markup.tokens if blank else (*rest, *body)


def _without_comments(side: Sequence[Token]) -> list[Token]:
    return [token for token in side if token.kind != "comment"]


def _passive(token: Token, there: Collection[str]) -> Token:
    """`token` without handlers that are nowhere `there`."""
    given = token.attributes.items()
    passive = {k: v for k, v in given if k in there or not HANDLER.fullmatch(k)}
    return token._replace(attributes=passive) if len(passive) < len(token.attributes) else token


def _unwrapped(theirs: Sequence[Token], ours: Sequence[Token]) -> list[Token]:
    """`theirs` without the parts of a document that `ours` has not."""
    here = {token.name for token in ours if token.kind == "open"}
    plain, open_ones = parse.without(theirs, () if "title" in here else ["title"])
    return [t for t in (theirs if open_ones else plain) if t.name in here or not _wraps(t)]


def _wraps(token: Token) -> bool:
    if token.opens(["!doctype"]):
        return True
    if token.opens(["meta"]):
        return all(token.attributes.get(k, "").lower() in METAS for k in ("name", "http-equiv"))
    return token.opens(WRAPPER) and token.attributes.keys() <= WRAPPER[token.name]


def _endings(theirs: Sequence[Token]) -> Iterator[Sequence[Token]]:
    """`theirs`, and `theirs` without a tracking pixel at its very end."""
    yield theirs
    end = len(theirs)
    while end and theirs[end - 1].kind == "text" and not theirs[end - 1].name.strip():
        end -= 1
    if end and _pixel(theirs[end - 1]):
        yield theirs[: end - 1]


def _pixel(token: Token) -> bool:
    given = token.attributes
    if not token.opens(["img"]) or not URL.fullmatch(given.get("src", "")):
        return False
    return parse.shows_nothing(given)


def _footer(extra: Sequence[Token]) -> bool:
    """True if `extra` is one element that tells how to unsubscribe, with only lines before it."""
    extra = list(dropwhile(lambda token: token.opens(["br", "hr"]), _without_comments(extra)))
    if not extra or not extra[0].opens(FOOTERS) or not _one_element(extra):
        return False
    read = " ".join(token.name for token in extra if token.kind == "text")
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
    """True if both are the same except for links, and for a footer at the end."""
    if len(theirs) < len(ours):
        return False
    links: list[tuple[str, str]] = []
    for our, their in zip(ours, theirs, strict=False):
        if our.opens(["a", "area"]) and "href" in our.attributes and "href" in their.attributes:
            # Blanks around an address are no part of it.
            links.append((our.attributes["href"].strip(), their.attributes["href"].strip()))
            same = {**their.attributes, "href": our.attributes["href"]}
            their = their._replace(attributes=same)
        if our != their:
            return False
    extra = theirs[len(ours) :]
    return (not extra or _footer(extra)) and are_tracked(links)


def are_tracked(links: Sequence[tuple[str, str]]) -> bool:
    """True if all links are as declared, or all lead through one tracker that is not declared.

    `links` are pairs of the declared and the live address of one link. A tracker's link holds the
    declared one; or it is on the vendor's own domain, and nobody can know where it leads.
    """
    if all(our == their for our, their in links):
        return True
    web = [pair for pair in links if _on_the_web(pair[0])]
    if any(our != their for our, their in links if not _on_the_web(our)):
        return False
    matches = [URL.fullmatch(their) for _, their in web]
    hosts = {match[1].lower() if match else "" for match in matches}
    declared = {match[1].lower() for our, _ in web if (match := URL.match(our))}
    leads_to = {their: our for our, their in web}
    if len(hosts) != 1 or hosts & {"", *declared} or len(leads_to) != len(set(web)):
        return False
    return VENDOR.fullmatch(hosts.pop()) is not None or all(
        match is not None and _carries(match[2], our)
        for (our, _), match in zip(web, matches, strict=True)
    )


def _on_the_web(url: str) -> bool:
    return url.lower().startswith(("http:", "https:"))


def _carries(rest: str, url: str) -> bool:
    """True if `rest`, what follows the host of a link, holds `url` whole, plain or encoded."""
    if rest.endswith((f"/{url}", f"={url}")):
        return True
    path, _, query = rest.partition("?")
    pieces = [*path.split("/"), *(part.partition("=")[2] for part in re.split("[&;#]", query))]
    return any(url in (unquote(p), unquote(unquote(p)), _decoded(unquote(p))) for p in pieces if p)


def _decoded(piece: str) -> str:
    plain = piece.rstrip("=").replace("+", "-").replace("/", "_")
    try:
        return base64.urlsafe_b64decode(plain + "=" * (-len(plain) % 4)).decode()
    except (binascii.Error, ValueError):
        return ""
