"""What a body is made from -> HTML and plain text, by compilers of the extra `bmeconf[mail]`. Pure.

The same text gives the same result in every process. Each compiler is loaded where one is needed.
They walk trees by recursion: what they are given is measured first, and two that would end the
process where a tree is too deep have a stack for any that a measure does not see.
"""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from types import ModuleType
from typing import Any, NamedTuple

from bmeconf.mail.parse import VOID, read
from bmeconf.model import did_you_mean

MJML, CSS, TEXT = "mjml-python", "css-inline", "inscriptis"
MODULES = {MJML: "mjml", CSS: "css_inline", TEXT: "inscriptis"}
"""The packages of the extra, and the modules that they are imported by."""
DEEPEST = 200
"""Elements in each other: libxml2 drops what is deeper than 256."""
STACK = 512 * 2**20
"""Bytes, of which only those are taken that are used: for elements without end in LARGEST."""
LARGEST = 1_000_000
"""Characters of a text that a compiler is given: the service takes half of that."""
ELEMENT = re.compile(r"<(/?)([A-Za-z][\w:-]*)(?:[^<>]*?(/?)>)?")
ENDS = {
    **dict.fromkeys(("p", "li", "option"), ()),
    **dict.fromkeys(("dt", "dd"), ("dt", "dd")),
    **dict.fromkeys(("td", "th"), ("td", "th")),
    "tr": ("td", "th"),
    **dict.fromkeys(("thead", "tbody", "tfoot"), ("td", "th", "tr", "thead", "tbody", "tfoot")),
}
"""Elements whose start is the end of one of the same name, and of these others."""
INCLUDE = re.compile(
    r"<!--(?:.*?-->|.*\Z)|<mj-include\b(?P<attributes>[^<>]*)>(?:\s*</mj-include\s*>)?", re.DOTALL
)
VALUE = re.compile(r"""(?<!\S)([\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
OF_MJML = re.compile(
    r"<!--(?:.*?-->|.*\Z)|<(?P<end>/?)(?P<name>mj-[\w-]*|mjml\w*)(?:[^<>]*?(?P<empty>/?)>)?",
    re.DOTALL,
)
STRAY = re.compile(r"<(?![A-Za-z/!?])")
ELEMENTS = {"mjml"} | frozenset(
    f"mj-{name}"
    for name in (
        *("head", "body", "include", "attributes", "all", "class", "breakpoint", "font", "preview"),
        *("style", "title", "html-attributes", "selector", "html-attribute", "raw", "section"),
        *("accordion", "accordion-element", "accordion-title", "accordion-text", "button", "image"),
        *("carousel", "carousel-image", "column", "divider", "group", "hero", "navbar", "table"),
        *("navbar-link", "social", "social-element", "spacer", "text", "wrapper"),
    )
)
"""What MJML has; the compiler leaves out anything else without a word."""
BREAKS = re.compile(r"(</(?:td|tr|tbody|style|title|head)>|<(?:tr|tbody)>)(?!\n)")
"""Where a line may end in what the compiler makes, since no program shows a blank there."""
FAULT = re.compile(r"(?P<what>.+?) in root template(?: at position (?P<at>\d+):\d+)?")
REVEALED = re.compile(r"<!\[if\b", re.IGNORECASE)
BLANK_LINES = re.compile(r"\n{3,}")
SAID_TWICE = re.compile(r"(?<!\S)(\S+) \(\1\)")
"""A link whose words are its address."""


class Missing(Exception):
    """A compiler is not installed; the message says what to install."""


class Fault(Exception):
    """A text that a compiler does not take; `at` is the character, None where it is not known."""

    def __init__(self, message: str, at: int | None = None) -> None:
        super().__init__(message)
        self.message, self.at = message, at


class Include(NamedTuple):
    """An `mj-include`: the path, what stands around the text in its place, and where it is."""

    path: str
    wrapping: tuple[str, str]
    start: int
    end: int


def version(package: str) -> str:
    """The installed version of a package of the extra; raises Missing where there is none."""
    from importlib import metadata

    _load(package)
    return metadata.version(package)


def _load(package: str) -> ModuleType:
    from importlib import import_module

    try:
        return import_module(MODULES[package])
    except ImportError as error:
        message = f"{package} is not installed; install it with: pip install 'bmeconf[mail]'"
        raise Missing(message) from error


def includes(text: str) -> Iterator[Include]:
    """What an MJML text includes, comments left out, in order."""
    for match in INCLUDE.finditer(text):
        values = {
            name: one or other for name, one, other in VALUE.findall(match["attributes"] or "")
        }
        if "path" in values:
            inline = ' inline="inline"' if values.get("css-inline") == "inline" else ""
            wrappings = {
                "html": ("<mj-raw>", "</mj-raw>"),
                "css": (f"<mj-style{inline}>", "</mj-style>"),
            }
            wrapping = wrappings.get(values.get("type", ""), ("", ""))
            yield Include(html.unescape(values["path"]), wrapping, *match.span())


def depth(text: str) -> int:
    """How many elements of an MJML text lie inside each other at most, as far as its tags tell.

    Where that is too deep, some number that is.
    """
    tags = ELEMENT.findall(text)
    return _depth((name.lower(), bool(slash)) for slash, name, empty in tags if not empty)


def _depth(tags: Iterable[tuple[str, bool]]) -> int:
    """The depth of tags, each a name and whether it is an end; it stops where that is too deep.

    An end within another element, which readers may pass over, ends nothing here.
    """
    stack: list[str] = []
    deepest = 0
    for name, is_end in tags:
        if is_end:
            at = len(stack) - 1
            while at > 0 and stack[at] != name and stack[at] in ENDS:
                at -= 1
            if stack and stack[at] == name:
                del stack[at:]
        elif name not in VOID:
            while stack and name in ENDS and stack[-1] in (name, *ENDS[name]):
                stack.pop()
            stack.append(name)
            deepest = max(deepest, len(stack))
            if deepest > DEEPEST:
                break
    return deepest


def unknown_elements(text: str) -> Iterator[tuple[int, str]]:
    """Elements that MJML does not have: at which character, and words."""
    for match in OF_MJML.finditer(text):
        if match["name"] and not match["end"] and match["name"] not in ELEMENTS:
            hint = did_you_mean(match["name"], ELEMENTS)
            yield match.start(), f"MJML has no element <{match['name']}>{hint}"


def from_mjml(text: str) -> str:
    """The HTML of an MJML text that includes nothing; raises Missing, and Fault."""
    compiler = _load(MJML)
    try:
        made = _with_room(lambda: str(compiler.mjml2html(text)))
    except ValueError as error:
        match = FAULT.fullmatch(str(error))
        if match is None:
            raise Fault(str(error)) from error
        if match["at"] is None:
            raise _likely(text) or Fault(match["what"]) from error
        # The compiler counts bytes.
        before = text.encode()[: int(match["at"])].decode(errors="ignore")
        raise Fault(match["what"], len(before)) from error
    return BREAKS.sub(r"\1\n", made)


def _likely(text: str) -> Fault | None:
    """What is likely to be wrong with a text, where the compiler does not say where it is."""
    if stray := STRAY.search(text):
        return Fault("a stray <; write &lt;", stray.start())
    stack: list[tuple[str, int]] = []
    for match in OF_MJML.finditer(text):
        name = match["name"]
        if name and match["end"] and stack and stack[-1][0] == name:
            stack.pop()
        elif name and match["end"]:
            break
        elif name and not match["empty"]:
            stack.append((name, match.start()))
    return Fault(f"<{stack[-1][0]}> is not closed", stack[-1][1]) if stack else None


def with_inline_css(text: str) -> str:
    """HTML with the rules of its styles in its elements; what fits no element stays a style.

    Nothing is loaded from anywhere. Raises Missing, and Fault.
    """
    compiler = _load(CSS)
    _measured(text)
    if revealed := REVEALED.search(text):
        message = (
            "a comment that the compiler would change; write <!--[if ...]><!--> for <![if ...]>"
        )
        raise Fault(message, revealed.start())
    inliner = compiler.CSSInliner(
        load_remote_stylesheets=False,
        keep_style_tags=True,
        keep_link_tags=True,
        remove_inlined_selectors=True,
    )
    try:
        return _with_room(lambda: str(inliner.inline(text)))
    except compiler.InlineError as error:
        raise Fault(f"the styles cannot be read: {error}") from error


def plain_text(text: str) -> str:
    """The text of an HTML body, with the addresses of its links; raises Missing, and Fault."""
    engine: Any = _load(TEXT)
    _measured(text)
    lines = [line.strip() for line in engine.get_text(text, _layout()).splitlines()]
    return SAID_TWICE.sub(r"\1", BLANK_LINES.sub("\n\n", "\n".join(lines))).strip() + "\n"


def _layout() -> Any:
    """How text is laid out: one cell of a table after the other, links behind their words."""
    from inscriptis.css_profiles import RELAXED_CSS_PROFILE
    from inscriptis.html_properties import Display
    from inscriptis.model.config import ParserConfig
    from inscriptis.model.html_element import HtmlElement
    from inscriptis.model.tag import CustomHtmlTagHandlerMapping

    def flow(state: Any, *attributes: Any) -> None:
        """Lay nothing out in columns."""

    def link(state: Any, attributes: Any) -> None:
        target = attributes.get("href", "").strip()
        state.link_target = "" if target.startswith("#") else target.removeprefix("mailto:")

    def end_of_link(state: Any) -> None:
        if state.link_target:
            state.tags[-1].write(f" ({state.link_target})")

    rows = {"table": 0, "tr": 1, "td": 0, "th": 0}
    flowing = dict.fromkeys(rows, flow)
    blocks = {
        name: HtmlElement(display=Display.block, margin_after=lines) for name, lines in rows.items()
    }
    return ParserConfig(
        css=RELAXED_CSS_PROFILE | blocks,
        display_images=True,
        custom_html_tag_handler_mapping=CustomHtmlTagHandlerMapping(
            start_tag_mapping={**flowing, "a": link},
            end_tag_mapping={**flowing, "a": end_of_link},
        ),
    )


def _measured(text: str) -> None:
    if len(text) > LARGEST:
        raise Fault(f"{len(text):,} characters, and at most {LARGEST:,} are taken; shorten it")
    tokens = (token for token in read(text).tokens if token.kind in ("open", "close"))
    if _depth((token.name, token.kind == "close") for token in tokens) > DEEPEST:
        raise Fault(f"elements lie more than {DEEPEST} deep in each other; take some out")


def _with_room(work: Callable[[], str]) -> str:
    """What `work` makes, in a thread that has room for a deep recursion; raises as it does."""
    made: Future[str] = Future()

    def run() -> None:
        try:
            made.set_result(work())
        except BaseException as error:
            made.set_exception(error)

    usual = threading.stack_size(STACK)
    try:
        thread = threading.Thread(target=run)
        thread.start()
    except RuntimeError:
        # The system has not so much to give: what was measured is no deeper than it takes.
        return work()
    finally:
        threading.stack_size(usual)
    thread.join()
    return made.result()
