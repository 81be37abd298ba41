"""What is wrong in the markup of a body, in one walk over its tokens. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bmeconf.mail import parse
from bmeconf.mail.lint import footer, links
from bmeconf.mail.lint.model import Fault, Hits
from bmeconf.mail.parse import Markup
from bmeconf.mail.rewriting import VENDOR
from bmeconf.model import LintCode, LintPolicy

STRIPPED = frozenset(
    (
        *("script", "iframe", "embed", "object", "form"),
        *("input", "select", "textarea", "button", "video"),
    )
)
HANDLER = re.compile(r"on[a-z]{3,}")
HANDLERS = re.compile(r"[\s\"'/]on[a-z]{3,}", re.IGNORECASE)
"""How a text with such an attribute looks in some place: few have any."""
APART = parse.BLOCKS - {"br"}
"""Elements beside which another sentence begins."""
IN_NOTE = re.compile(r"\s(href|src)\s*=\s*(?:\"([^\"]*)\"|'([^']*)')", re.IGNORECASE)
"""An address in a comment that some mail program reads."""
DECORATIVE = ("presentation", "none")
NEARBY = 100
"""So many characters before a link are read with it."""


def check(text: str, markup: Markup, policy: LintPolicy, hits: Hits) -> None:
    """Add everything that is wrong in the markup of a body; `text` has the lines of `markup`."""
    walk = _Walk(text, policy, hits)
    starts = markup.starts
    for token, at, end in zip(markup.tokens, starts, (*starts[1:], len(text)), strict=False):
        kind, name, attributes = token
        if kind == "text":
            walk.text(name)
        elif kind == "open":
            walk.open(name, attributes, at)
        elif kind == "close":
            walk.close(name)
        elif kind == "note":
            walk.note(at, end)
    walk.end()


@dataclass
class _Walk:
    """What was found so far, and what a later token may still decide."""

    whole: str
    policy: LintPolicy
    hits: Hits
    _page: int | None = None
    """Where the page begins, as long as nothing names its language."""
    _named: bool = False
    _link: tuple[str, int] | None = None
    """The address and the place of the link that is open."""
    _shown: list[str] = field(default_factory=list)
    """The pieces of text in the open link."""
    _before: str = ""
    _unseen: str = ""

    def __post_init__(self) -> None:
        self._has_handlers = HANDLERS.search(self.whole) is not None

    def end(self) -> None:
        """Decide what was still open."""
        self._end_link()
        if self._page is not None and not self._named:
            message = "the page does not name its language, so that screen readers guess it"
            self._add("no_lang", self._page, message, 'write <html lang="en">, or what it is in')

    def _add(self, code: LintCode, at: int, message: str, remedy: str) -> None:
        self.hits.add(at, Fault(code, message, remedy))

    def text(self, text: str) -> None:
        if self._unseen:
            return
        if self._link:
            self._shown.append(text)
        else:
            self._before = (self._before + text)[-NEARBY:]

    def close(self, name: str) -> None:
        if name == self._unseen:
            self._unseen = ""
        if name == "a":
            self._end_link()
        elif name in APART:
            self._before = ""

    def open(self, name: str, given: Mapping[str, str], at: int) -> None:
        if name in APART:
            self._before = ""
        if name in parse.UNSEEN:
            self._unseen = name
        if name in STRIPPED:
            self._add("stripped", at, f"the service strips <{name}>", "send a body without it")
        if self._has_handlers:
            for key in filter(HANDLER.fullmatch, given):
                message = f"the service strips {key}="
                self._add("stripped", at, message, "send a body without it")
        if judge := JUDGES.get(name):
            judge(self, given, at)

    def _html(self, given: Mapping[str, str], at: int) -> None:
        self._page = at if self._page is None else self._page
        self._language(given, at)

    def _language(self, given: Mapping[str, str], at: int) -> None:
        self._named |= bool((given.get("lang") or given.get("xml:lang") or "").strip())

    def _role(self, given: Mapping[str, str], at: int) -> None:
        if given.get("role") == "article":
            self._language(given, at)

    def _image(self, given: Mapping[str, str], at: int) -> None:
        if self._link:
            self._shown.append(given.get("alt", ""))
        hidden = given.get("aria-hidden") == "true" or given.get("role") in DECORATIVE
        if "alt" not in given and not hidden and not parse.shows_nothing(given):
            message = "an image has no alt text, and so says nothing where it is not shown"
            self._add("image_without_alt", at, message, 'write alt="..."; alt="" for decoration')
        if "src" in given:
            self._address(given["src"], at, is_link=False)

    def _anchor(self, given: Mapping[str, str], at: int) -> None:
        self._end_link()
        if "href" in given:
            self._address(given["href"], at)
            self._link = (given["href"], at)

    def _area(self, given: Mapping[str, str], at: int) -> None:
        if "href" in given:
            self._address(given["href"], at)

    def _address(self, address: str, at: int, *, is_link: bool = True) -> None:
        for fault in links.faults(address, self.policy, is_link=is_link):
            self.hits.add(at, fault)

    def _end_link(self) -> None:
        if self._link is None:
            return
        (address, at), self._link = self._link, None
        shown, self._shown = "".join(self._shown), []
        host = links.WEB.fullmatch(address.strip())
        of_vendor = host is not None and VENDOR.fullmatch(host["host"]) is not None
        if not of_vendor and footer.unsubscribes(address, shown, self._before):
            message = "a link to unsubscribe: the service appends a footer with one to every mail"
            self._add("own_footer", at, message, "take your own footer out")
        self._before = (self._before + shown)[-NEARBY:]

    def note(self, at: int, end: int) -> None:
        for match in IN_NOTE.finditer(self.whole, at, end):
            address = match[2] if match[3] is None else match[3]
            is_link = match[1].lower() == "href"
            self._address(html.unescape(address), match.start(1), is_link=is_link)


JUDGES: Mapping[str, Callable[[_Walk, Mapping[str, str], int], None]] = {
    "html": _Walk._html,
    "body": _Walk._language,
    "div": _Walk._role,
    "center": _Walk._role,
    "table": _Walk._role,
    "img": _Walk._image,
    "a": _Walk._anchor,
    "area": _Walk._area,
}
"""What is done with the attributes of some elements."""
