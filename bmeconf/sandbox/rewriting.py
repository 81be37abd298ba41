"""What the vendor's editor does to the content of a campaign (API contract 4.4, HTML handling).

In: the values of a written campaign and a mode. Out: the values as they are stored. Pure.
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

# Comments come first in both, because what stands in them is no markup. What has no end goes on
# to the end of all, for a script and an iframe as for a comment: their content is no markup either.
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
    """The values with what was written of `body` and `plainTextBody` rewritten.

    Empty content stays empty, and a footer or a link of the vendor's own as it is.
    """
    after = dict(values)
    if values.get("body"):
        after["body"] = _body(values["body"], mode)
    if values.get("plainTextBody") and mode in ("footer", "all"):
        text = values["plainTextBody"]
        after["plainTextBody"] = text if UNSUBSCRIBE in text else text + _PLAIN_FOOTER
    return after


def targets(text: str) -> list[str]:
    """Where the links of a body lead on the web, in their order."""
    tags = (tag for tag in _TAG.finditer(text) if (tag["name"] or "").lower() in ("a", "area"))
    attributes = (one for tag in tags for one in _ATTRIBUTE.finditer(tag["rest"]))
    found = (_target(one) for one in attributes if one["name"].lower() == "href")
    return [target for target in found if _ON_THE_WEB.match(target)]


def _body(text: str, mode: str) -> str:
    if mode in ("sanitise", "all"):
        text = _sanitised(text)
    if mode in ("tracking", "all"):
        text = _TAG.sub(_tracked, text)
    if mode in ("footer", "all"):
        text = _footed(text)
    return text


def _sanitised(text: str) -> str:
    text = _RAW.sub(lambda found: "" if found[1] else found[0], text)
    kept, at, objects = [], 0, 0
    for tag in _TAG.finditer(text):
        kept.append("" if objects else text[at : tag.start()])
        at = tag.end()
        if (tag["name"] or "").lower() == "object":
            objects = max(0, objects - 1) if tag["end"] else objects + 1
        elif not objects:
            kept.append(_harmless(tag))
    return "".join(kept) + ("" if objects else text[at:])


def _harmless(tag: re.Match[str]) -> str:
    if tag["name"] is None:
        return tag[0]
    if tag["name"].lower() in _STRIPPED:
        return ""
    rest = _ATTRIBUTE.sub(
        lambda one: "" if one["name"].lower().startswith("on") else one[0], tag["rest"]
    )
    return f"<{tag['end']}{tag['name']}{rest}>"


def _tracked(tag: re.Match[str]) -> str:
    if tag["name"] is None or tag["name"].lower() not in ("a", "area"):
        return tag[0]
    return f"<{tag['end']}{tag['name']}{_ATTRIBUTE.sub(_tracked_link, tag['rest'])}>"


def _tracked_link(attribute: re.Match[str]) -> str:
    target = _target(attribute)
    ours = target.startswith((CLICKS, UNSUBSCRIBE))
    if ours or attribute["name"].lower() != "href" or not _ON_THE_WEB.match(target):
        return attribute[0]
    return f' href="{CLICKS}{quote(target, safe="")}"'


def _target(attribute: re.Match[str]) -> str:
    return html.unescape((attribute["value"] or "").strip("\"'")).strip()


def _footed(text: str) -> str:
    if UNSUBSCRIBE in text:
        return text
    ends = [*_END.finditer(text)]
    at = ends[-1].start() if ends else len(text)
    return f"{text[:at]}{_FOOTER}{text[at:]}"
