"""Any Page as JUnit XML: a test case per item and per task. Pure.

What fails fails; a task that waits for a person is skipped; any other item passes, with its text
as output.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bmeconf.model import stamp
from bmeconf.render import safe, text
from bmeconf.render.lines import Line
from bmeconf.render.model import DONE, Page, PageItem, Task

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, even as a reference."""


def render(page: Page) -> str:
    """The page as one XML document; a suite per section, and one for the verdict."""
    root = Element("testsuites", name=_text(f"bmeconf: {page.title}"))
    _verdict(_suite(root, page, page.title), page)
    for section in page.sections:
        suite = _suite(root, page, section.title)
        for item in section.items:
            _item(suite, page, item)
        for task in section.tasks:
            _task(suite, page, task)
        if rest := text.figures(section):
            _add(suite, "system-out", rest)
    for suite in (*root, root):
        suite.set("tests", str(len([*suite.iter("testcase")])))
        suite.set("failures", str(len([*suite.iter("failure")])))
        suite.set("errors", "0")
        suite.set("skipped", str(len([*suite.iter("skipped")])))
    indent(root)
    declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return declaration + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, page: Page, title: str) -> Element:
    suite = SubElement(root, "testsuite", name=_text(title))
    if page.made_at:
        suite.set("timestamp", stamp(page.made_at).removesuffix("Z"))
    return suite


def _verdict(suite: Element, page: Page) -> None:
    case = _case(suite, page, f"account {page.account}" if page.account else page.title)
    lines = (
        page.verdict,
        page.price,
        f"Fingerprint: {page.fingerprint}" if page.fingerprint else "",
        *(f"Next: {command}" for command in page.next_commands),
    )
    _add(case, "system-out", [Line(line) for line in lines if line])


def _item(suite: Element, page: Page, item: PageItem) -> None:
    case = _case(suite, page, f"{item.address} {item.state}".lstrip())
    if item.place:
        case.set("file", _text(item.place.file))
        case.set("line", str(item.place.line))
    lines = text.item(item)
    if item.fails:
        _add(case, "failure", lines, message=_text(item.gist), type=_text(item.state))
    else:
        _add(case, "system-out", lines)


def _task(suite: Element, page: Page, task: Task) -> None:
    case = _case(suite, page, f"{task.address} by hand: {task.state}")
    lines, message = text.task(task), _text(task.gist)
    if task.fails:
        _add(case, "failure", lines, message=message, type=_text(task.state))
        return
    if task.state != DONE:
        SubElement(case, "skipped", message=message)
    _add(case, "system-out", lines)


def _case(suite: Element, page: Page, name: str) -> Element:
    kind = page.document.partition("/")[0]
    return SubElement(suite, "testcase", classname=_text(kind), name=_text(name))


def _add(element: Element, tag: str, lines: Iterable[Line], **attributes: str) -> None:
    SubElement(element, tag, attributes).text = "\n".join(_text(line.text) for line in lines)


def _text(text: str) -> str:
    return NO_XML.sub(lambda c: f"\\u{ord(c[0]):04x}", safe.line(text))
