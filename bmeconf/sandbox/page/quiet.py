"""The body of a mail as a preview may show it: a picture of itself. Pure.

In: HTML as it is stored, hostile or not. Out: the same HTML without the elements that call for
something from elsewhere, and with links that lead nowhere.

Not the guard, which is the policy that goes with the preview: under it nothing runs and nothing
is fetched. But a browser may still open a connection, without a word, to the host of a frame or of
a link that it then refuses to load, and so tell that somebody looked. Markup that a browser reads
otherwise than this module gains no more than that.
"""

from __future__ import annotations

import re

_CALLING = ("applet", "base", "embed", "frame", "frameset", "iframe", "link", "meta", "object")

# What is quoted may hold anything; what is not, no other tag.
_TAG = re.compile(
    r"""<!--.*?(?:-->|\Z)|<(?P<name>[a-z][^\s/>]*)(?:"[^"]*"|'[^']*'|[^'"<>])*+>""",
    re.DOTALL | re.IGNORECASE,
)
_LINK = re.compile(
    r"""(?<=[\s"'/])(?:xlink:)?(?:href|ping)\s*=\s*(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)'|[^\s"'>]+)""",
    re.IGNORECASE,
)


def body(text: str) -> str:
    """The body for the preview."""
    return _TAG.sub(_tag, text)


def _tag(match: re.Match[str]) -> str:
    name = (match["name"] or "").lower()
    if name in _CALLING:
        return ""
    return _LINK.sub(_link, match[0]) if name else match[0]


def _link(match: re.Match[str]) -> str:
    inside = (match["a"] or match["b"] or "").startswith("#")
    return match[0] if inside else "href=#"
