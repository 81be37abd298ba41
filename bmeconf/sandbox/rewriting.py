"""Rewriting of a campaign's content by the vendor's editor (API contract 4.4, HTML handling).

In: the values of a written campaign, and a mode. Out: the values to store. Pure.
"""

from __future__ import annotations

import html
import re
from urllib.parse import quote

from bmeconf.sandbox.store import Doc

_SENDER = "Sandbox Inc., 1 Example Street, Springfield 12345"
UNSUBSCRIBE = "https://unsubscribe.benchmarkemail.example/u/000000"
CLICKS = "https://click.benchmarkemail.example/l?to="

_FOOTER = (
    '<div class="compliance-footer" style="font-size:11px;text-align:center">'
    f'<p>{_SENDER}</p><p><a href="{UNSUBSCRIBE}">Unsubscribe</a></p></div>'
)
_PLAIN_FOOTER = f"\n\n--\n{_SENDER}\nUnsubscribe: {UNSUBSCRIBE}"

_STRIPPED = ("script", "iframe", "embed", "form")

# Comments come first in both, because their content is no markup. A comment, script or iframe
# without an end goes on to the end of the text: its content is no markup either.
_RAW = re.compile(
    r"<!--.*?(?:-->|\Z)|<(script|iframe)(?=[\s/>]).*?(?:</\1\s*>|\Z)", re.DOTALL | re.IGNORECASE
)
_TAG = re.compile(
    r"""<!--.*?(?:-->|\Z)|"""
    r"""<(?P<end>/?)(?P<name>[a-z][^\s/<>]*)(?P<rest>(?:"[^"]*"|'[^']*'|[^'"<>])*)>""",
    re.DOTALL | re.IGNORECASE,
)
_ATTRIBUTE = re.compile(
    r"""\s*(?P<name>[^\s=>"'/]+)(?:\s*=\s*(?P<value>"[^"]*"|'[^']*'|[^\s"'>]+))?"""
)
_ON_THE_WEB = re.compile("https?://", re.IGNORECASE)
_END = re.compile(r"</body\s*>", re.IGNORECASE)


def rewritten(values: Doc, mode: str) -> Doc:
    """The values with `body` and `plainTextBody` rewritten, if they are among them.

    Empty content stays empty. A footer or link of the vendor stays as it is.
    """
    after = dict(values)
    if values.get("body"):
        after["body"] = _body(values["body"], mode)
    if values.get("plainTextBody") and mode in ("footer", "all"):
        text = values["plainTextBody"]
        after["plainTextBody"] = text if UNSUBSCRIBE in text else text + _PLAIN_FOOTER
    return after


def targets(text: str) -> list[str]:
    """The web targets of the links in a body, in order."""
    tags = (tag for tag in _TAG.finditer(text) if (tag["name"] or "").lower() in ("a", "area"))
    attributes = (attribute for tag in tags for attribute in _ATTRIBUTE.finditer(tag["rest"]))
    urls = (_target(attribute) for attribute in attributes if attribute["name"].lower() == "href")
    return [target for target in urls if _ON_THE_WEB.match(target)]


def _body(text: str, mode: str) -> str:
    if mode in ("sanitise", "all"):
        text = _sanitised(text)
    if mode in ("tracking", "all"):
        text = _TAG.sub(_tracked, text)
    if mode in ("footer", "all"):
        text = _footed(text)
    return text


def _sanitised(text: str) -> str:
    text = _RAW.sub(lambda match: "" if match[1] else match[0], text)
    parts, position, open_objects = [], 0, 0
    for tag in _TAG.finditer(text):
        parts.append("" if open_objects else text[position : tag.start()])
        position = tag.end()
        if (tag["name"] or "").lower() == "object":
            open_objects = max(0, open_objects - 1) if tag["end"] else open_objects + 1
        elif not open_objects:
            parts.append(_harmless(tag))
    return "".join(parts) + ("" if open_objects else text[position:])


def _harmless(tag: re.Match[str]) -> str:
    if tag["name"] is None:
        return tag[0]
    if tag["name"].lower() in _STRIPPED:
        return ""
    rest = _ATTRIBUTE.sub(
        lambda attribute: "" if attribute["name"].lower().startswith("on") else attribute[0],
        tag["rest"],
    )
    return f"<{tag['end']}{tag['name']}{rest}>"


def _tracked(tag: re.Match[str]) -> str:
    if tag["name"] is None or tag["name"].lower() not in ("a", "area"):
        return tag[0]
    return f"<{tag['end']}{tag['name']}{_ATTRIBUTE.sub(_tracked_link, tag['rest'])}>"


def _tracked_link(attribute: re.Match[str]) -> str:
    target = _target(attribute)
    is_vendor_link = target.startswith((CLICKS, UNSUBSCRIBE))
    if is_vendor_link or attribute["name"].lower() != "href" or not _ON_THE_WEB.match(target):
        return attribute[0]
    return f' href="{CLICKS}{quote(target, safe="")}"'


def _target(attribute: re.Match[str]) -> str:
    return html.unescape((attribute["value"] or "").strip("\"'")).strip()


def _footed(text: str) -> str:
    if UNSUBSCRIBE in text:
        return text
    end_tags = [*_END.finditer(text)]
    at = end_tags[-1].start() if end_tags else len(text)
    return f"{text[:at]}{_FOOTER}{text[at:]}"
