"""The words that a reader of each format finds."""

from __future__ import annotations

import html as entities
import re
from html.parser import HTMLParser
from xml.etree import ElementTree

from bmeconf.render import markdown_parts as marked

FORMATS = ("text", "json", "markdown", "html", "junit", "github")


VOID = ("meta", "img", "br", "hr", "input", "link")


class Seen(HTMLParser):
    """What a browser would make of a page: its elements, and the words to read."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words: list[str] = []
        self.frames: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.rawdata == ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = sorted(name for name, _ in attrs)
        self.tags.append(f"{tag} {' '.join(names)}")
        self.frames += [value or "" for name, value in attrs if name == "srcdoc"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.words.append(data)


def squeezed(text: str) -> str:
    """Without what formats lay out or escape in their own way."""
    for one, other in (("\\x3a", ":"), ("\ufffe", "ufffe"), ("\uffff", "uffff")):
        text = text.replace(one, other)
    # What is escaped once in one place is twice in another.
    return re.sub(r"[\\\s]", "", entities.unescape(entities.unescape(text)))


def told(format: str, text: str) -> str:
    """The words that a reader of this format finds."""
    if format == "html":
        text = "".join(Seen(text).words)
    if format == "junit":
        root = ElementTree.fromstring(text)
        names = [value for element in root.iter() for value in element.attrib.values()]
        text = " ".join([*names, *root.itertext()])
    if format == "markdown":
        text = entities.unescape(text.replace(marked.APART, ""))
    return squeezed(text)
