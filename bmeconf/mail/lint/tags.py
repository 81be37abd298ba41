"""Merge tags: those of this service that nothing declares, and those of other services. Pure.

`{key}` is the address of a contact, `{cf_...}` each other field (API contract 4.4). Any other tag
is printed as it stands, in every mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from bmeconf.mail.lint.model import Fault, Hits
from bmeconf.mail.parse import Markup, Token
from bmeconf.model import Guesses, LintPolicy

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
LITERAL = frozenset(("style", "script", "template", "code", "pre", "kbd", "samp", "xmp"))
"""Elements whose content is no text of the mail, or shows such signs as they are."""
DECLARE = "name it under merge_tags in bmeconf.yaml, if Settings > Contact Fields lists it"
OURS = "use a tag of this service: {key} for the address, {cf_...} for another field"


def in_text(text: str, policy: LintPolicy, hits: Hits) -> None:
    """Add the wrong merge tags of a short text, or of a plain text."""
    _judge(TAG.finditer(text), policy, hits)


def in_body(text: str, markup: Markup, policy: LintPolicy, hits: Hits) -> None:
    """Add the wrong merge tags of a body: in what it shows, and in its attributes.

    `text` has the lines of `markup`.
    """
    if found := [*TAG.finditer(text)]:
        _judge(_outside(found, markup), policy, hits)


def _outside(found: Sequence[re.Match[str]], markup: Markup) -> Iterator[re.Match[str]]:
    """The matches that stand in no comment, and in no element whose content is literal."""
    starts, number, inside, depth = markup.starts, -1, "", 0
    token = Token("text", "")
    for match in found:
        while number + 1 < len(starts) and starts[number + 1] <= match.start():
            number += 1
            token = markup.tokens[number]
            if not inside and token.opens(LITERAL):
                inside, depth = token.name, 1
            elif token.name == inside and token.kind in ("open", "close"):
                depth += 1 if token.kind == "open" else -1
                inside = inside if depth else ""
        if not inside and token.kind != "comment":
            yield match


def _judge(found: Iterable[re.Match[str]], policy: LintPolicy, hits: Hits) -> None:
    guesses = Guesses((KEY, *policy.merge_tags))
    for match in found:
        name, message = match["own"], match[0]
        if name is None:
            message += " is a merge tag of another service, and is printed as it stands"
            hits.add(match.start(), Fault("foreign_merge_tag", message, OURS))
        elif name != KEY and name not in policy.merge_tags:
            message += " is declared nowhere, and is printed as it stands where the account does"
            message += f" not know it{guesses.near(name)}"
            tag = name if name.startswith("cf_") else ""
            hits.add(match.start(), Fault("unknown_merge_tag", message, DECLARE), tag)
