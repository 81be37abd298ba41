"""Any Page as annotations that a GitHub runner shows at the line of the manifest. Pure.

A message is data: whatever could end it early or start another command is escaped the way the
runner unescapes it.
"""

from __future__ import annotations

from bmeconf.model import Place
from bmeconf.render import safe
from bmeconf.render.model import Page
from bmeconf.render.statements import statements

COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
SHOWN = 10
"""So many annotations of one level does GitHub show of one step."""


def render(page: Page) -> str:
    """The errors of a page, as many warnings and notes as GitHub shows of each, its verdict."""
    annotations = [
        (each.level, annotation(each.level, each.place, each.title, each.message))
        for each in statements(page)
    ]
    lines: list[str] = []
    for level in COMMANDS:
        own = [command for named, command in annotations if named == level]
        # One notice is kept for the verdict. An error is a line of the log, shown or not.
        room = SHOWN - 1 if level == "note" else SHOWN
        if level != "error" and len(own) > room:
            more = f"{len(own) - room + 1:,} more like these are in the whole report"
            own[room - 1 :] = [annotation(level, None, "more", more)]
        lines += own
    verdict = page.verdict + (f" Fingerprint: {page.fingerprint}" if page.fingerprint else "")
    return "".join(f"{line}\n" for line in (*lines, annotation("note", None, page.name, verdict)))


def annotation(level: str, place: Place | None, title: str, message: str) -> str:
    """One line of the log, which the runner shows at its place."""
    where = f"file={_property(place.file)},line={place.line},col={place.column}," if place else ""
    return f"::{COMMANDS[level]} {where}title={_property(title)}::{_message(message)}"


def _message(text: str) -> str:
    return safe.line(text).replace("%", "%25")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
