"""The links of a mail: their texts, where they lead, and what is odd about that. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from bmeconf.mail import parse
from bmeconf.preview.model import Link

LINKS = ("a", "area")
STATISTICS = re.compile(r"utm_\w+|mc_[ce]id|gclid|fbclid|mkt_tok|_hs\w+", re.IGNORECASE)
HARMLESS = ("https", "mailto", "tel", "sms")


def links(html: str) -> Iterator[Link]:
    """The links of a body in their order; a picture counts as its alternative text."""
    target: str | None = None
    words: list[str] = []
    for token in parse.read(html).tokens:
        if token.opens(LINKS) or (token.kind == "close" and token.name == "a"):
            if target is not None:
                yield _link(words, target)
            target, words = token.attributes.get("href") if token.kind == "open" else None, []
            if token.name == "area" and target is not None:
                yield _link([token.attributes.get("alt", "")], target)
                target = None
        elif token.kind == "text":
            words.append(token.name)
        elif token.opens(("img",)):
            words.append(f" [picture: {token.attributes.get('alt', '').strip() or 'no text'}] ")
        elif token.block:
            words.append(" ")
    if target is not None:
        yield _link(words, target)


def _link(words: list[str], target: str) -> Link:
    text = " ".join("".join(words).split())
    address = target.strip()
    try:
        parts = urlsplit(address)
        query = parse_qsl(parts.query, keep_blank_values=True)
    except ValueError:
        return Link(text, address, odd="cannot be read")
    tracked = ", ".join(f"{key}={value}" for key, value in query if STATISTICS.fullmatch(key))
    return Link(text, address, tracked, _odd(text, address, parts.scheme, parts.netloc))


def _odd(text: str, address: str, scheme: str, host: str) -> str:
    """What is worth a look about a link, in a few words."""
    if address in ("", "#"):
        return "leads nowhere"
    if address.startswith("#"):
        return "a place in the mail"
    if address.startswith("{"):
        return ""
    if scheme == "http":
        return "not encrypted"
    if not scheme:
        return "not a whole address"
    if scheme not in HARMLESS:
        return f"{scheme}: is no web address"
    if scheme == "https" and "." not in host:
        return "no host that readers reach"
    return "" if text else "no text"
