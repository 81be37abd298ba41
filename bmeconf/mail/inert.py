"""The body of a mail as a report may show it: a picture of itself. Pure.

The policy of a frame keeps a browser from loading anything, but not from connecting: to the host
of a `preconnect`, of a frame that it then refuses to load, of a link that is about to be clicked.
A connection alone tells the host that somebody reads the report.

Nothing here tells tags from other text. A hostile body is made to be read in two ways, and the
browser of a report need not read it as `parse` does. So wherever one of these names could begin a
tag or an attribute, it becomes another name that means nothing. A text that only speaks of such
names shows that, and no harm is done.
"""

from __future__ import annotations

import re

EMPTY, RAW, OTHER = "basefont", "noframes", "x"
"""The names put instead: an element without content, allowed in a head; an element that hides its
content; the start of a name that no browser knows."""
INSTEAD = {
    **dict.fromkeys(("link", "meta", "base", "embed", "frame"), EMPTY),
    "iframe": RAW,
    **{name: f"{OTHER}-{name}" for name in ("applet", "fencedframe", "form", "frameset")},
    **{name: f"{OTHER}-{name}" for name in ("object", "portal", "webview")},
}
TAG = re.compile(rf"(</?)({'|'.join(INSTEAD)})(?=[\s/>])", re.ASCII | re.IGNORECASE)
"""A name of more letters is another's; a browser, too, knows a tag by these four signs only."""
ADDRESS = re.compile(
    r"(?<=[\s\"'/])(?=(?:xlink:)?href\s*=(?![ \t\n]*[\"']?#)|(?:ping|attributionsrc)\s*=)",
    re.ASCII | re.IGNORECASE,
)
"""The place before an attribute that leads out of the body."""
TARGET = re.compile(r"(?<=[\s\"'/])(?=attributename\s*=)", re.ASCII | re.IGNORECASE)
"""The place before an attribute by which an animation gives a link its address after all."""


def make_inert(text: str) -> str:
    """The HTML `text` without anything that connects to a host, whatever a reader does with it."""
    # A browser drops no CR, but what comes after this may.
    lines = text.replace("\r\n", "\n").replace("\r", "\n")
    renamed = TAG.sub(lambda tag: tag[1] + INSTEAD[tag[2].lower()], lines)
    # Of an attribute that is there twice the first counts. No quotes: this may be inside some.
    return TARGET.sub("data-", ADDRESS.sub("href=# data-", renamed))
