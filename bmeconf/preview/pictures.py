"""Pictures of a mail that nothing has to be asked for: grey boxes, or files of the project. Pure.

As in `mail/inert`, nothing here tells tags from other text: wherever a picture could begin, it
gets another source. So what is put in has no quotes. Of an attribute that is there twice, the
first counts.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable, Iterator
from html import escape, unescape

IMAGE = re.compile(
    r"<img(?=[\s/>])(?P<rest>(?:\"[^\"]*\"|'[^']*'|[^'\"<>])*+)", re.ASCII | re.IGNORECASE
)
SOURCE = re.compile(r"(</?)source(?=[\s/>])", re.ASCII | re.IGNORECASE)
"""Other sources of the same picture, which would count more than its own."""
ATTRIBUTE = re.compile(
    r"[\s\"'/](?P<name>src|alt|width|height)\s*=\s*(?:\"(?P<a>[^\"]*)\"|'(?P<b>[^']*)'|(?P<c>[^\s\"'>]+))",
    re.ASCII | re.IGNORECASE,
)
SMALL = re.compile(r"[0-9](?:px)?")
"""What is no wider than this is no picture, but a pixel or a rule."""
BOX = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="100%" height="100%">'
    '<rect width="100%" height="100%" fill="#d5d9e2"/><foreignObject width="100%" height="100%">'
    '<div xmlns="http://www.w3.org/1999/xhtml" style="box-sizing:border-box;height:100%;display:'
    "flex;align-items:center;justify-content:center;text-align:center;padding:4px 8px;overflow:"
    'hidden;font:14px/1.35 Arial,Helvetica,sans-serif;color:#3f4655">{text}</div></foreignObject>'
    "</svg>"
)
NO_TEXT = "picture without a text"
UNFIT = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
"""What no XML may have."""
Embedded = Callable[[str], str]
"""The `data:` URL of a picture that is a file of the project; empty for any other address."""


def without_requests(html: str, embedded: Embedded) -> str:
    """`html` with pictures that are there, whatever their addresses lead to."""

    def shown(image: re.Match[str]) -> str:
        given = dict(_attributes(image["rest"]))
        source = given.get("src", "")
        if not source.lower().startswith("data:"):
            source = embedded(source) or _box(given)
        # Without a candidate of its own, a `srcset` is none.
        return f"<img src={_bare(source)} srcset {image['rest']}"

    return IMAGE.sub(shown, SOURCE.sub(r"\1x-source", html))


def data_url(type: str, content: bytes) -> str:
    """Content as an address that no browser has to ask for."""
    return f"data:{type};base64,{b64encode(content).decode()}"


def _attributes(text: str) -> Iterator[tuple[str, str]]:
    names: set[str] = set()
    for found in ATTRIBUTE.finditer(f" {text}"):
        name = found["name"].lower()
        if name not in names:
            names.add(name)
            yield name, unescape(found["a"] or found["b"] or found["c"] or "").strip()


def _box(given: dict[str, str]) -> str:
    """A grey box with the alternative text in it; nothing at all for a pixel that counts opens."""
    small = any(SMALL.fullmatch(given.get(side, "")) for side in ("width", "height"))
    text = escape(UNFIT.sub("", given.get("alt", ""))) or ("" if "alt" in given else NO_TEXT)
    svg = '<svg xmlns="http://www.w3.org/2000/svg"/>' if small else BOX.format(text=text)
    return data_url("image/svg+xml", svg.encode())


def _bare(url: str) -> str:
    """A URL as an attribute's value without quotes."""
    return re.sub(r"[\s\"'<>`=&]", lambda sign: f"%{ord(sign[0]):02X}", url)
