"""The document of a comparison of two accounts."""

from __future__ import annotations

from typing import Any

from bmeconf.compare import Comparison, ResourceState, Side
from bmeconf.model import COMPARE_FORMAT, Place, dotted, stamp
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode, plain
from bmeconf.render.documents.failure import failure


def of_comparison(
    comparison: Comparison, exit_code: int = 0, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The document of `compare`; `error` is why it could not be given out as it is."""
    if error:
        return failure(COMPARE_FORMAT, error)
    return {
        "format": COMPARE_FORMAT,
        "exit_code": exit_code,
        "equal": comparison.equal,
        "accounts": [
            {
                **_account(side),
                "summary": {str(state): n for state, n in comparison.summary(number).items()},
                "only": {
                    "declared": [str(address) for address in comparison.only(number)],
                    "not_declared": [str(address) for address in comparison.undeclared[number]],
                },
            }
            for number, side in enumerate(comparison.sides)
        ],
        "resources": [
            {
                "place": place._asdict() if isinstance(place, Place) else None,
                "accounts": [
                    {"name": side.name, **_state(state)}
                    for side, state in zip(comparison.sides, row, strict=True)
                ],
            }
            for place, row in comparison.rows.items()
        ],
    }


def _account(side: Side) -> dict[str, Any]:
    plan = side.plan
    return {
        **encode.account(plan.account),
        "created_at": stamp(plan.created_at),
        "requests": plan.price.read,
    }


def _state(state: ResourceState) -> dict[str, Any]:
    return {
        "address": str(state.address) if state.address else None,
        "state": str(state.state),
        "differences": [
            {"field": dotted(c.path), "desired": plain(c.after), "live": plain(c.before)}
            for c in state.changes
        ],
        "why": state.why or None,
    }
