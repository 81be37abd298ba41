"""Results, problems and failures as JSON documents (design 3); `plan.encode` has plans. Pure.

Exact values, ASCII-escaped by the writer; every document carries `format` and `exit_code`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from bmeconf.apply.result import Outcome, Result
from bmeconf.model import PROBLEMS_FORMAT, PULL_FORMAT, RESULT_FORMAT, Problem
from bmeconf.model.errors import BmeconfError, masked
from bmeconf.plan import encode
from bmeconf.pull.pulled import Pulled


def text(document: Mapping[str, Any]) -> str:
    """A document as it is printed: indented JSON, ASCII only, one line end."""
    return masked(json.dumps(document, indent=2, ensure_ascii=True)) + "\n"


def result(result: Result, exit_code: int, error: BmeconfError | None) -> dict[str, Any]:
    """The result document of an apply; `error` is why its exit code is not 0."""
    return {
        "format": RESULT_FORMAT,
        "exit_code": exit_code,
        "fingerprint": result.plan.fingerprint,
        "steps": [_outcome(outcome) for outcome in result.outcomes],
        "converged": result.converged,
        "requests": result.requests,
        "findings": encode.findings(result.findings),
        "manual": encode.manual(result.manual),
        "journal": result.journal or None,
        **(encode.failure(error) if error else {}),
    }


def problems(found: Sequence[Problem], exit_code: int) -> dict[str, Any]:
    """The document of `validate`."""
    return {
        "format": PROBLEMS_FORMAT,
        "exit_code": exit_code,
        "problems": [_problem(problem) for problem in found],
    }


def pulled(pulled: Pulled, folder: str) -> dict[str, Any]:
    """The document of `pull`; `folder` is where its files stand."""
    return {
        "format": PULL_FORMAT,
        "exit_code": 0,
        "folder": folder,
        "files": [{"path": path, "state": file_state(path, pulled)} for path in pulled.files],
        "counts": dict(pulled.counts),
        "left_out": {**pulled.missing, "fields": pulled.fields},
        "findings": encode.findings(
            (*(each.finding for each in pulled.left_out), *pulled.other_findings)
        ),
        "requests": pulled.requests,
    }


def file_state(path: str, pulled: Pulled) -> str:
    """How a pulled file came to be there: `written`, `overwritten` or `unchanged`."""
    if path in pulled.unchanged:
        return "unchanged"
    return "overwritten" if path in pulled.overwritten else "written"


def failure(format: str, error: BmeconfError, found: Sequence[Problem] = ()) -> dict[str, Any]:
    """What a command prints as JSON when it could not do its work."""
    told = {"format": format, "exit_code": error.exit_code, **encode.failure(error)}
    return {**told, "problems": [_problem(problem) for problem in found]} if found else told


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


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.step.id,
        "address": str(outcome.step.address),
        "action": outcome.step.action,
        "state": outcome.state,
        "message": outcome.message,
    }
