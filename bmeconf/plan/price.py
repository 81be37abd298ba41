"""Requests that a plan costs: to write, to read back, to see that nothing moved. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bmeconf.kinds import KINDS, Audience, Batched, Kind
from bmeconf.plan.model import Price, Step


def of(steps: Sequence[Step], spent: Price) -> Price:
    """The whole price; `spent` has the requests that reading took, and those that are left."""
    return Price(
        spent.read,
        sum(len(step.calls) for step in steps),
        _verify(steps),
        _check(steps),
        spent.hour_remaining,
        spent.month_remaining,
    )


def _verify(steps: Sequence[Step]) -> int:
    """Requests that reading everything back takes, where all reads back as written."""
    price = 0
    for kind in KINDS.values():
        count = sum(step.address.kind == kind.name for step in steps)
        batch = kind.batch_price(count) if isinstance(kind, Batched) else count
        price += min(count, batch) if count else 0
    listed = any(isinstance(KINDS[step.address.kind], Audience) for step in steps)
    return price + (not listed and any(step.recipients() for step in steps))


def _check(steps: Sequence[Step]) -> int:
    """Requests that the first look of a saved plan takes, in listings of one page."""
    looks = ((kind, *looked_at(kind, steps)) for kind in KINDS.values())
    return 1 + sum(kind.look_price(len(ids), len(keys)) for kind, ids, keys in looks)


def looked_at(kind: Kind, steps: Sequence[Step]) -> tuple[list[str], list[str]]:
    """The pinned ids of one kind, and the identities that the steps take or mention."""
    mine = [step for step in steps if step.address.kind == kind.name]
    keys = {str(c.after) for step in mine for c in step.changes if c.path == (kind.identity,)}
    keys |= {a.name for step in steps for a in step.mentioned() if a.kind == kind.name}
    pins = [pin for step in mine for pin in (step.pin, step.source) if pin]
    return sorted({pin.id for pin in pins}), sorted(keys)
