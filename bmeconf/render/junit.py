"""Any Page as JUnit XML: a test case per item and per task. Pure.

What fails fails; a task that waits for a person is skipped; a change that is pending passes and
tells of itself as output.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from bmeconf.model import stamp
from bmeconf.render import page_text, safe
from bmeconf.render.lines import Line
from bmeconf.render.page.model import Page, PageItem, Section, Task

NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, even as a reference."""


def page(page: Page) -> str:
    """The page as one XML document; a suite per section, and one for what the page comes to."""
    root = Element("testsuites", name=_text(f"bmeconf: {page.title}"))
    _verdict(_suite(root, page, page.title), page)
    for section in page.sections:
        _section(_suite(root, page, section.title), page, section)
    for suite in (*root, root):
        _count(suite)
    indent(root)
    declared = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return declared + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, page: Page, title: str) -> Element:
    suite = SubElement(root, "testsuite", name=_text(title))
    if page.made_at:
        suite.set("timestamp", stamp(page.made_at).removesuffix("Z"))
    return suite


def _verdict(suite: Element, page: Page) -> None:
    told = (
        page.verdict,
        page.price,
        f"Fingerprint: {page.fingerprint}" if page.fingerprint else "",
        f"Next: {page.next_command}" if page.next_command else "",
    )
    case = _case(suite, page, f"account {page.account}" if page.account else page.title)
    _out(case, [Line(safe.line(text)) for text in told if text])


def _section(suite: Element, page: Page, section: Section) -> None:
    for item in section.items:
        _item(suite, page, item)
    for task in section.tasks:
        _task(suite, page, task)
    rest = page_text.rest(section)
    if rest:
        _out(suite, rest)


def _item(suite: Element, page: Page, item: PageItem) -> None:
    case = _case(suite, page, f"{item.address} {item.state}".lstrip())
    if item.place:
        case.set("file", _text(item.place.file))
        case.set("line", str(item.place.line))
    told = page_text.item(item)
    if item.fails:
        message = _text(page_text.head(item))
        failure = SubElement(case, "failure", message=message, type=_text(item.state))
        failure.text = _lines(told)
    else:
        _out(case, told)


def _task(suite: Element, page: Page, task: Task) -> None:
    case = _case(suite, page, f"{task.address} by hand: {task.state}")
    told = page_text.task(task)
    message = _text(f"{task.address}: {task.what}")
    if task.fails:
        SubElement(case, "failure", message=message, type=_text(task.state)).text = _lines(told)
    elif task.state != page_text.DONE:
        SubElement(case, "skipped", message=message)
    if not task.fails:
        _out(case, told)


def _case(suite: Element, page: Page, name: str) -> Element:
    kind = page.document.partition("/")[0]
    return SubElement(suite, "testcase", classname=_text(kind), name=_text(name))


def _out(element: Element, told: Sequence[Line]) -> None:
    SubElement(element, "system-out").text = _lines(told)


def _count(element: Element) -> None:
    element.set("tests", str(len(list(element.iter("testcase")))))
    element.set("failures", str(len(list(element.iter("failure")))))
    element.set("errors", "0")
    element.set("skipped", str(len(list(element.iter("skipped")))))


def _lines(told: Iterable[Line]) -> str:
    return "\n".join(_text(line.text) for line in told)


def _text(text: str) -> str:
    return NO_XML.sub(lambda c: f"\\u{ord(c[0]):04x}", safe.line(text))
