"""Problems of manifests, and why a command failed, as JSON documents (design 3). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bmeconf.model import PROBLEMS_FORMAT, Problem
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode


def problems(
    problems: Sequence[Problem], exit_code: int, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The document of `validate`; `error` is why it could not be given out as it is."""
    if error:
        return failure(PROBLEMS_FORMAT, error)
    return {
        "format": PROBLEMS_FORMAT,
        "exit_code": exit_code,
        "problems": [_problem(problem) for problem in problems],
    }


def failure(format: str, error: BmeconfError, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """The document of a command that could not do its work; `format` is what it would have been."""
    body = {"format": format, "exit_code": error.exit_code, **encode.failure(error)}
    return {**body, "problems": [_problem(problem) for problem in problems]} if problems else body


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "address": problem.address,
        "level": problem.level,
        "code": problem.code,
        "message": problem.message,
    }
