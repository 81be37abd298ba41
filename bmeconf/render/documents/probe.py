"""The document of a probe: it holds no name, address, id, key or host.

What ended a probe may name what the account holds: of that it has the code alone.
"""

from __future__ import annotations

from typing import Any

from bmeconf.model import PROBE_FORMAT
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode
from bmeconf.probe import Answer, Probed

ENDED, REMEDY = "the probe ended early, or left something", "standard error says what to do"


def of_probed(
    probed: Probed, exit_code: int = 0, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The document of `probe`; `error` is what ended it early, or kept it from going out."""
    return {
        "format": PROBE_FORMAT,
        "exit_code": exit_code,
        "answers": [*map(_answer, probed.answers.values())],
        "switches": dict(probed.switches),
        "at_least": [*probed.at_least],
        "wrote": probed.wrote,
        "left": [each.noun for each in probed.left],
        "requests": probed.requests,
        **_failure(probed, error),
    }


def _failure(probed: Probed, error: BmeconfError | None) -> dict[str, Any]:
    if error is None:
        return {}
    if error.code in [each.code for each in probed.errors]:
        return {"error": {"code": error.code, "message": ENDED, "remedy": REMEDY}}
    return encode.failure(error)


def _answer(answer: Answer) -> dict[str, Any]:
    question = answer.question
    return {
        "code": question.code,
        "question": question.words,
        "contract": question.contract,
        "told": answer.value is not None,
        "value": answer.value,
        "at_least": answer.at_least,
        "evidence": answer.evidence,
    }
