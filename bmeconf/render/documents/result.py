"""The document of an apply."""

from __future__ import annotations

from typing import Any

from bmeconf.apply import Result
from bmeconf.model import RESULT_FORMAT, stamp
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode
from bmeconf.render.documents.values import members


def of_result(result: Result, exit_code: int, error: BmeconfError | None) -> dict[str, Any]:
    """The document of an apply; `error` is why its exit code is not 0."""
    return {
        "format": RESULT_FORMAT,
        "exit_code": exit_code,
        "created_at": stamp(result.at or result.plan.created_at),
        "account": encode.account(result.plan.account),
        "fingerprint": result.plan.fingerprint,
        "steps": [
            members(outcome.step, "id", "address", "action") | members(outcome, "state", "message")
            for outcome in result.outcomes
        ],
        **members(result, "converged", "requests"),
        "findings": encode.findings(result.findings),
        "manual": encode.manual(result.manual),
        "journal": result.journal or None,
        "acknowledged": [
            {"option": option, "value": value} for option, value in result.allowed.options
        ],
        **(encode.failure(error) if error else {}),
    }
