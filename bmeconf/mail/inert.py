"""The body of a mail as a report may show it: a picture of itself. Pure.

The policy of a frame keeps a browser from loading anything, but not from connecting: to the host
of a `preconnect`, of a frame that it then refuses to load, of a link that is about to be clicked.
That alone tells the host that somebody reads the report.

Nothing here tells tags from other text, for what is a tag is up to the browser, and a hostile body
is made to be read in two ways. Wherever one of these names could begin a tag or an attribute it
becomes another that means nothing; in a text that only speaks of them that is to be seen, and
does no harm.
"""

from __future__ import annotations

import re

EMPTY, RAW, OTHER = "basefont", "noframes", "x"
"""What is put instead: an element without content, allowed in a head; one that hides what is in
it; the start of a name that no browser knows."""
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
"""Before an attribute that leads elsewhere; within the body itself a link may lead."""
TARGET = re.compile(r"(?<=[\s\"'/])(?=attributename\s*=)", re.ASCII | re.IGNORECASE)
"""By which an animation would give a link its address after all."""


def body(text: str) -> str:
    """HTML, hostile or not, as one that calls for no other host, whatever is done with it."""
    # A browser drops none of them, but what comes after this may.
    one = text.replace("\r\n", "\n").replace("\r", "\n")
    renamed = TAG.sub(lambda tag: tag[1] + INSTEAD[tag[2].lower()], one)
    # Of an attribute that is there twice the first holds. No quotes: this may be inside some.
    return TARGET.sub("data-", ADDRESS.sub("href=# data-", renamed))
