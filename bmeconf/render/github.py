"""Problems, findings and tasks as annotations that a GitHub runner shows at the line. Pure.

A message is data: what could end it early or start another command is escaped the way the
runner unescapes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bmeconf.model import Place, Problem
from bmeconf.model.errors import BmeconfError
from bmeconf.render import page_text, safe
from bmeconf.render.lines import Line
from bmeconf.render.page.model import Page

COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}
SHOWN = 10
"""So many annotations of one level does GitHub show of one step."""


def problems(found: Sequence[Problem]) -> list[Line]:
    """One workflow command per problem."""
    return [Line(_annotation(problem)) for problem in found]


def failure(error: BmeconfError, found: Sequence[Problem] = ()) -> list[Line]:
    """The problems of a run that failed, else the failure itself, at no particular line."""
    return problems(found) or [Line(f"::error::{_message(safe.line(error.message))}")]


def page(page: Page) -> list[Line]:
    """What of a page a person has to look at, as many of each level as GitHub shows; then what
    the page comes to.
    """
    found = list(_found(page))
    by_level = {level: [text for named, text in found if named == level] for level in COMMANDS}
    lines = [line for level, told in by_level.items() for line in _most(level, told)]
    verdict = page.verdict + (f" Fingerprint: {page.fingerprint}" if page.fingerprint else "")
    title = f"{page.title}: {page.account}" if page.account else page.title
    return [*lines, Line(_command("note", None, title, verdict))]


def _most(level: str, told: Sequence[str]) -> list[Line]:
    # One notice is kept for what the page comes to.
    room = SHOWN - 1 if level == "note" else SHOWN
    if len(told) <= room:
        return [Line(text) for text in told]
    more = f"{len(told) - room + 1:,} more like these are told in the whole report"
    return [*(Line(text) for text in told[: room - 1]), Line(_command(level, None, "more", more))]


def _found(page: Page) -> Iterator[tuple[str, str]]:
    for section in page.sections:
        for item in section.items:
            level = "error" if item.fails else item.level
            if level:
                told = page_text.head(item) + (f"; {item.remedy}" if item.remedy else "")
                yield level, _command(level, item.place, item.address or page.title, told)
        for task in section.tasks:
            if task.state != page_text.DONE:
                level = "error" if task.fails else "note"
                who = f", by {task.owner}" if task.owner else ""
                told = f"{task.address} ({task.state}): {task.what}{who}"
                yield level, _command(level, None, task.address, told)


def _command(level: str, place: Place | None, title: str, message: str) -> str:
    where = f"file={_property(place.file)},line={place.line},col={place.column}," if place else ""
    told = _message(safe.line(message))
    return f"::{COMMANDS[level]} {where}title={_property(title)}::{told}"


def _annotation(problem: Problem) -> str:
    address = f"{problem.address}: " if problem.address else ""
    title = problem.address or "manifest"
    return _command(problem.level, problem.place, title, f"{address}{problem.message}")


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(safe.line(text)).replace(":", "%3A").replace(",", "%2C")
