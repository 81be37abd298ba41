"""Mail bodies made inert for a preview. Pure.

In: stored HTML, hostile or not. Out: the same HTML without the elements that fetch something, and
with links that lead nowhere.

The guard is the Content-Security-Policy of the preview: under it nothing runs and nothing is
fetched. But a browser may connect to the host of a frame or link before it refuses to load it.
The connection then reveals that somebody looked. Markup that a browser reads in another way than
this module can achieve only that.
"""

from __future__ import annotations

import re

_FETCHING = ("applet", "base", "embed", "frame", "frameset", "iframe", "link", "meta", "object")

# A quoted value may hold any character; outside quotes, no other tag may begin.
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
    if name in _FETCHING:
        return ""
    return _LINK.sub(_link, match[0]) if name else match[0]


def _link(match: re.Match[str]) -> str:
    is_anchor = (match["a"] or match["b"] or "").startswith("#")
    return match[0] if is_anchor else "href=#"
