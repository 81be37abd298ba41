"""The document of a checkup."""

from __future__ import annotations

from typing import Any

from bmeconf.doctor import Checkup
from bmeconf.model import DOCTOR_FORMAT
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode
from bmeconf.render.documents.failure import problem
from bmeconf.render.documents.values import members


def of_checkup(
    checkup: Checkup, exit_code: int = 0, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The document of `doctor`; `error` is the gravest failure, or what kept it from going out."""
    return {
        "format": DOCTOR_FORMAT,
        "exit_code": exit_code,
        "checks": [
            {"part": part, **members(check, "name", "state", "message", "remedy")}
            for part, checks in checkup.parts.items()
            for check in checks
        ],
        "problems": [*map(problem, checkup.problems)],
        "requests": checkup.requests,
        **(encode.failure(error) if error else {}),
    }
