"""Problems and findings as annotations that a GitHub runner shows at the line. Pure.

A message is data: what could end it early or start another command is escaped the way the
runner unescapes it.
"""

from __future__ import annotations

from collections.abc import Sequence

from bmeconf.errors import BmeconfError
from bmeconf.model import Problem
from bmeconf.report import safe
from bmeconf.report.lines import Line

COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def problems(found: Sequence[Problem]) -> list[Line]:
    """One workflow command per problem."""
    return [Line(_annotation(problem)) for problem in found]


def failure(error: BmeconfError, found: Sequence[Problem] = ()) -> list[Line]:
    """The problems of a run that failed, else the failure itself, at no particular line."""
    return problems(found) or [Line(f"::error::{_message(safe.line(error.message))}")]


def _annotation(problem: Problem) -> str:
    place = problem.place
    where = f"file={_property(place.file)},line={place.line},col={place.column}"
    title = _property(problem.address or "manifest")
    address = f"{problem.address}: " if problem.address else ""
    message = _message(safe.line(f"{address}{problem.message}"))
    return f"::{COMMANDS[problem.level]} {where},title={title}::{message}"


def _message(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(safe.line(text)).replace(":", "%3A").replace(",", "%2C")
