"""Result of an apply -> its JSON document, `bmeconf.result/1` (design 3). Pure."""

from __future__ import annotations

from typing import Any

from bmeconf.apply import Result
from bmeconf.model import RESULT_FORMAT
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode


def result(result: Result, exit_code: int, error: BmeconfError | None) -> dict[str, Any]:
    """The result document; `error` is why its exit code is not 0."""
    return {
        "format": RESULT_FORMAT,
        "exit_code": exit_code,
        "fingerprint": result.plan.fingerprint,
        "steps": [
            {
                "id": outcome.step.id,
                "address": str(outcome.step.address),
                "action": outcome.step.action,
                "state": outcome.state,
                "message": outcome.message,
            }
            for outcome in result.outcomes
        ],
        "converged": result.converged,
        "requests": result.requests,
        "findings": encode.findings(result.findings),
        "manual": encode.manual(result.manual),
        "journal": result.journal or None,
        **(encode.failure(error) if error else {}),
    }
