"""Merge tags: those of this service that nothing declares, and those of other services. Pure.

`{key}` is the address of a contact, `{cf_...}` each other field (API contract 4.4). Any other tag
is printed as it stands, in every mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bmeconf.mail.lint.model import Hit
from bmeconf.mail.parse import Markup, Token
from bmeconf.model import LintPolicy, did_you_mean

KEY = "key"
TAG = re.compile(
    r"(?<![\{$#%\\\w])\{(?P<own>[A-Za-z_][\w.-]*)\}(?!\})"
    r"|(?P<foreign>\{\{\{?[^{}\n]{1,200}\}\}\}?|\{%-?\s*\w[^%{}\n]*%\}"
    r"|\*\|[\w:.\- =!]{1,100}\|\*"
    r"|%%[A-Za-z][\w. ()=-]{0,60}%%"
    r"|(?<![\w%])%(?:[A-Z][A-Z0-9_.-]{2,60}|[A-Za-z]\w{0,40}[._]\w{1,40})%(?![\w%])"
    r"|\[contact_attribute:[^\]\n]{1,60}\]"
    r"|<%=[^%<>\n]{1,100}%>)"
)
ESCAPES = re.compile("%[0-9A-Fa-f]{2}")
"""How an address begins a byte that it escapes."""
LITERAL = frozenset(("style", "script", "template", "code", "pre", "kbd", "samp", "xmp"))
"""Elements whose content is no text of the mail, or shows such signs as they are."""
OURS = "use a tag of this service: {key} for the address, {cf_...} for another field"


def in_text(field: str, text: str, policy: LintPolicy) -> Iterator[Hit]:
    """The wrong merge tags of a short text, or of a plain text."""
    return _hits(field, TAG.finditer(text), policy)


def in_body(text: str, markup: Markup, policy: LintPolicy) -> Iterator[Hit]:
    """The wrong merge tags of a body: in what it shows, and in its attributes.

    `text` has the lines of `markup`.
    """
    found = [*TAG.finditer(text)]
    return _hits("body", _outside(found, markup), policy) if found else iter(())


def _outside(found: Sequence[re.Match[str]], markup: Markup) -> Iterator[re.Match[str]]:
    """The matches that stand in no comment, and in no element whose content is literal."""
    starts, number, inside, depth = markup.starts, -1, "", 0
    token: Token | None = None
    for match in found:
        while number + 1 < len(starts) and starts[number + 1] <= match.start():
            number += 1
            token = markup.tokens[number]
            if not inside and token.opens(LITERAL):
                inside, depth = token.name, 1
            elif inside and token.name == inside and token.kind in ("open", "close"):
                depth += 1 if token.kind == "open" else -1
                inside = inside if depth else ""
        if not inside and (token is None or token.kind != "comment"):
            yield match


def _hits(field: str, found: Iterator[re.Match[str]], policy: LintPolicy) -> Iterator[Hit]:
    for match in found:
        name = match["own"]
        if name is None:
            if not ESCAPES.match(match[0]):
                message = (
                    f"{match[0]} is a merge tag of another service, and is printed as it stands"
                )
                yield Hit("foreign_merge_tag", field, match.start(), message, OURS)
        elif name != KEY and name not in policy.merge_tags:
            hint = did_you_mean(name, (KEY, *policy.merge_tags))
            message = f"{match[0]} is declared nowhere, and printed as it stands where the account"
            message += f" does not know it{hint}"
            remedy = (
                "name it under merge_tags in bmeconf.yaml, as Settings > Contact Fields lists it"
            )
            tag = name if name.startswith("cf_") else ""
            yield Hit("unknown_merge_tag", field, match.start(), message, remedy, tag)
