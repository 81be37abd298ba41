"""Which drift an apply can undo. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bmeconf.desired import scope
from bmeconf.drift.model import KNOWN, Drift
from bmeconf.live import Reading
from bmeconf.model import Address, Cause


def undoable(reading: Reading, drift: Drift) -> Sequence[Address]:
    """The resources that drifted and that an apply can bring back without touching known drift."""
    steps = [step.address for step in drift.plan.steps]
    moved = {item.address for item in drift.items if item.sort in (Cause.DRIFT, Cause.CONFLICT)}
    known = {item.address for item in drift.items if item.sort == KNOWN}.intersection(steps)

    def reaches_known(address: Address) -> bool:
        # A target brings along what it depends on.
        reached = scope.limit(reading.scope.whole, [str(address)]).desired
        return any(reached.get(other) for other in known)

    return [a for a in sorted(moved.intersection(steps)) if not (known and reaches_known(a))]
