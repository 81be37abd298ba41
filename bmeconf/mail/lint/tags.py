"""Merge tags: those of this service that nothing declares, and those of other services. Pure.

`{key}` is the address of a contact, `{cf_...}` each other field (API contract 4.4). Any other tag
is printed as it stands, in every mail.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence

from bmeconf.mail.lint.model import Fault, Hits
from bmeconf.mail.parse import Markup
from bmeconf.model import Guesses, LintPolicy

KEY = "key"
# Every alternative begins with the sign itself, so that a long text is searched fast.
TAG = re.compile(
    r"\{(?<![\{$#%\\\w]\{)(?P<own>[A-Za-z_][\w.-]*)\}(?!\})"
    r"|\{\{\{?[^{}\n]{1,200}\}\}\}?"
    r"|\{%-?\s*\w[^%{}\n]*%\}"
    r"|\*\|[\w:.\- =!]{1,100}\|\*"
    r"|%%[A-Za-z][\w. ()=-]{0,60}%%"
    r"|%(?<![\w%]%)(?:[A-Z][A-Z0-9_.-]{2,60}|[A-Za-z]\w{0,40}[._]\w{1,40})%(?![\w%])"
    r"|\[contact_attribute:[^\]\n]{1,60}\]"
    r"|<%=[^%<>\n]{1,100}%>"
)
LITERAL = frozenset(("style", "script", "template", "code", "pre", "kbd", "samp", "xmp"))
"""Elements whose content is no text of the mail, or shows such signs as they are."""
DECLARE = "name it under merge_tags in bmeconf.yaml, if Settings > Contact Fields lists it"
OURS = "use a tag of this service: {key} for the address, {cf_...} for another field"


def in_text(text: str, policy: LintPolicy, hits: Hits) -> None:
    """Add the wrong merge tags of a short text, or of a plain text."""
    _judge(_unknown(text, policy), policy, hits)


def in_body(text: str, markup: Markup, policy: LintPolicy, hits: Hits) -> None:
    """Add the wrong merge tags of a body: in what it shows, and in its attributes.

    `text` has the lines of `markup`.
    """
    _judge(_outside(_unknown(text, policy), markup), policy, hits)


def _unknown(text: str, policy: LintPolicy) -> Sequence[re.Match[str]]:
    """The merge tags that are not of this account, as far as it is known."""
    known = {KEY, *policy.merge_tags}
    return [match for match in TAG.finditer(text) if match["own"] not in known]


def _outside(found: Sequence[re.Match[str]], markup: Markup) -> Iterator[re.Match[str]]:
    """The matches that stand in no comment, and in no element whose content is literal."""
    literal = [*_literal(markup)] if found else []
    for match in found:
        at = bisect_right(markup.starts, match.start()) - 1
        is_comment = markup.tokens[at].kind == "comment"
        # Of the places where a literal element begins or ends, every second one ends it.
        if not is_comment and bisect_left(literal, at) % 2 == 0:
            yield match


def _literal(markup: Markup) -> Iterator[int]:
    """The numbers of the tokens between which the content is literal: a first, a last, a first."""
    inside, depth = "", 0
    for number, (kind, name, _) in enumerate(markup.tokens):
        if name not in LITERAL or kind not in ("open", "close"):
            continue
        if not inside and kind == "open":
            inside, depth = name, 1
            yield number
        elif name == inside:
            depth += 1 if kind == "open" else -1
            if not depth:
                inside = ""
                yield number


def _judge(found: Iterable[re.Match[str]], policy: LintPolicy, hits: Hits) -> None:
    guesses = Guesses((KEY, *policy.merge_tags))
    for match in found:
        name, message = match["own"], match[0]
        if name is None:
            message += " is a merge tag of another service, and is printed as it stands"
            hits.add(match.start(), Fault("foreign_merge_tag", message, OURS))
        else:
            message += " is declared nowhere, and is printed as it stands where the account does"
            message += f" not know it{guesses.near(name)}"
            tag = name if name.startswith("cf_") else ""
            hits.add(match.start(), Fault("unknown_merge_tag", message, DECLARE), tag)
