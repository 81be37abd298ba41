"""The links of a mail: their texts, where they lead, and what is odd about that. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlsplit

from bmeconf.mail import lint, parse
from bmeconf.model import OFF, LintPolicy
from bmeconf.preview.model import Link

LINKS = ("a", "area")
STATISTICS = re.compile(r"utm_\w+|mc_[ce]id|gclid|fbclid|mkt_tok|_hs\w+", re.IGNORECASE)


def links(html: str, policy: LintPolicy) -> Iterator[Link]:
    """The links of a body in their order; a picture counts as its alternative text."""
    target: str | None = None
    words: list[str] = []
    for token in parse.read(html).tokens:
        if token.opens(LINKS) or (token.kind == "close" and token.name == "a"):
            if target is not None:
                yield _link(words, target, policy)
            target, words = token.attributes.get("href") if token.kind == "open" else None, []
            if token.name == "area" and target is not None:
                yield _link([token.attributes.get("alt", "")], target, policy)
                target = None
        elif token.kind == "text":
            words.append(token.name)
        elif token.opens(("img",)):
            words.append(f" [picture: {token.attributes.get('alt', '').strip() or 'no text'}] ")
        elif token.block:
            words.append(" ")
    if target is not None:
        yield _link(words, target, policy)


def _link(words: list[str], target: str, policy: LintPolicy) -> Link:
    text = " ".join("".join(words).split())
    address = target.strip()
    try:
        query = parse_qsl(urlsplit(address).query, keep_blank_values=True)
    except ValueError:
        query = []
    tracked = ", ".join(f"{key}={value}" for key, value in query if STATISTICS.fullmatch(key))
    codes = (fault.code for fault in lint.faults(address, policy))
    wrong = next((code for code in codes if lint.level(code, policy) != OFF), "")
    return Link(text, address, tracked, wrong.replace("_", " ") or ("" if text else "no text"))
