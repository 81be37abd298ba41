"""The document of a failure, and of the problems of manifests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bmeconf.model import PROBLEMS_FORMAT, Problem
from bmeconf.model.errors import BmeconfError, masked
from bmeconf.plan import encode
from bmeconf.render.documents.values import members


def text(document: Mapping[str, Any]) -> str:
    """Indented JSON, ASCII only, with one line end and no API key."""
    return masked(json.dumps(document, indent=2, ensure_ascii=True)) + "\n"


def failure(format: str, error: BmeconfError, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """The document of a command that could not do its work; `format` is what it would have been."""
    body = {"format": format, "exit_code": error.exit_code, **encode.failure(error)}
    return {**body, "problems": [*map(problem, problems)]} if problems else body


def problems(
    problems: Sequence[Problem], exit_code: int, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The document of `validate`; `error` is why it could not be given out as it is."""
    if error:
        return failure(PROBLEMS_FORMAT, error)
    found = [*map(problem, problems)]
    return {"format": PROBLEMS_FORMAT, "exit_code": exit_code, "problems": found}


def problem(problem: Problem) -> dict[str, Any]:
    """A problem of a file as JSON."""
    return problem.place._asdict() | members(problem, "address", "level", "code", "message")
