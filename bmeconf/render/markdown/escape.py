"""Data in Markdown: no markup, mention, link, HTML or fence of it takes effect. Pure.

Names and values stand in code spans, where nothing is markup and no runner of pull requests
looks for mentions. Sentences, which may mention names, have each sign escaped that means
something; an empty comment splits what would be made a link after rendering.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

from bmeconf.model.errors import masked
from bmeconf.render import safe

APART = "<!-- -->"
SIGNS, TAGS = (
    re.compile(r"[\\`*_\[\]|~$#]"),
    str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"}),
)
LINKS = re.compile(
    r"@(?=\S)|#(?=\d)|:(?=//)|:(?=[\w+-]+:)|\b[wW]{3}(?=\.)|\b(?:mailto|xmpp|GH)(?=[:-])"
)
COMMIT = re.compile(r"(?<![0-9a-zA-Z])[0-9a-f]{7,40}(?![0-9a-zA-Z])")
TICKS, FENCES = re.compile(r"`+"), re.compile(r"`{3,}")


def code(text: str) -> str:
    """`text` as a code span."""
    shown = safe.line(text)
    if not shown.strip():
        return f"<code>{'&nbsp;' * len(shown)}</code>"
    ticks = "`" * (_longest(TICKS, [shown]) + 1 if "`" in shown else 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return f"{ticks}{pad}{shown}{pad}{ticks}"


def prose(text: str) -> str:
    """`text` as the words of a sentence."""
    escaped = raw(SIGNS.sub(lambda sign: f"\\{sign[0]}", safe.line(text)))
    apart = LINKS.sub(lambda start: start[0] + APART, escaped)
    return COMMIT.sub(lambda id: f"{id[0][:6]}{APART}{id[0][6:]}", apart)


def raw(text: str) -> str:
    """`text` inside of HTML, where Markdown means nothing."""
    return safe.line(text).translate(TAGS)


def cell(text: str) -> str:
    """`text` in a table, where a code span cannot hold a bar."""
    return prose(text) if "|" in text else code(text)


def block(lines: Iterable[str], language: str) -> list[str]:
    """Lines as they are, each made harmless, in a fence that none of them can close."""
    shown = [safe.line(line) for line in lines]
    fence = "`" * max(3, _longest(FENCES, shown) + 1)
    return [f"{fence}{language}", *shown, fence]


def marker(document: str, account: str) -> str:
    """A comment by which a report is found again, to be replaced: one per command and account."""
    kind = document.removeprefix("bmeconf.").partition("/")[0]
    return f"<!-- bmeconf:{kind} account={_slug(account)} -->"


def _slug(account: str) -> str:
    name = masked(account).removeprefix("the ").partition(" (")[0]
    name = "sandbox" if name == "sandbox:local" else urlsplit(name).netloc or name
    # Two hyphens could end the comment.
    return quote(name, safe=".:").replace("-", "%2D") if "--" in name else quote(name, safe=".:")


def _longest(pattern: re.Pattern[str], texts: Iterable[str]) -> int:
    return max((len(run) for text in texts for run in pattern.findall(text)), default=0)
