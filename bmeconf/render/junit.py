"""Any Page as JUnit XML: a test case per item and per task. Pure.

What fails fails; a task that waits for a person is skipped; any other item passes, with its text
as output.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bmeconf.model import stamp
from bmeconf.render import safe
from bmeconf.render.model import DONE, Page, PageItem, Task
from bmeconf.render.safe import Line
from bmeconf.render.text import Sheet

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, even as a reference."""


def render(page: Page) -> str:
    """The page as one XML document; a suite per section, and one for the verdict."""
    root = Element("testsuites", name=_text(f"bmeconf: {page.title}"))
    _add_page(root, page)
    for part in page.parts:
        _add_page(root, part, part.account)
    for suite in (*root, root):
        suite.set("tests", str(len([*suite.iter("testcase")])))
        suite.set("failures", str(len([*suite.iter("failure")])))
        suite.set("errors", "0")
        suite.set("skipped", str(len([*suite.iter("skipped")])))
    indent(root)
    declaration = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return declaration + tostring(root, encoding="unicode") + "\n"


def _add_page(root: Element, page: Page, account: str = "") -> None:
    """The suites of one page; of a part of a page, under the name of its `account`."""
    suite = _suite(root, page, page.title, account)
    case = _case(suite, page, account, f"account {page.account}" if page.account else page.title)
    fingerprint = f"Fingerprint: {page.fingerprint}" if page.fingerprint else ""
    commands = (f"Next: {command}" for command in page.next_commands)
    lines = (page.verdict, page.price, fingerprint, *commands)
    _add(case, "system-out", [Line(line) for line in lines if line])
    for section in page.sections:
        suite = _suite(root, page, section.title, account)
        for item in section.items:
            case = _case(suite, page, account, f"{item.address} {item.state}".lstrip())
            _end(case, item, Sheet().item(item))
        for task in section.tasks:
            case = _case(suite, page, account, f"{task.address} by hand: {task.state}")
            if not task.fails and task.state != DONE:
                SubElement(case, "skipped", message=_text(task.gist))
            _end(case, task, Sheet().task(task))
        if rest := Sheet().figures(section):
            _add(suite, "system-out", rest)


def _suite(root: Element, page: Page, title: str, account: str) -> Element:
    suite = SubElement(root, "testsuite", name=_text(f"{account}: {title}" if account else title))
    if page.made_at:
        suite.set("timestamp", stamp(page.made_at).removesuffix("Z"))
    return suite


def _case(suite: Element, page: Page, account: str, name: str) -> Element:
    # The viewers of CI systems take cases of the same class and name for one.
    kind = f"{page.document.partition('/')[0]} {account}".rstrip()
    return SubElement(suite, "testcase", classname=_text(kind), name=_text(name))


def _end(case: Element, of: PageItem | Task, lines: Iterable[Line]) -> None:
    if of.place:
        case.set("file", _text(of.place.file))
        case.set("line", str(of.place.line))
    if of.fails:
        _add(case, "failure", lines, message=_text(of.gist), type=_text(of.state))
    else:
        _add(case, "system-out", lines)


def _add(element: Element, tag: str, lines: Iterable[Line], **attributes: str) -> None:
    SubElement(element, tag, attributes).text = "\n".join(_text(line.text) for line in lines)


def _text(text: str) -> str:
    return NO_XML.sub(lambda c: f"\\u{ord(c[0]):04x}", safe.line(text))
