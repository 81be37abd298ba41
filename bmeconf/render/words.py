"""What every format says of a plan in the same words: heads, notes, sums, prices. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from bmeconf.baseline.classify import CONFLICT, DRIFT
from bmeconf.kinds import KINDS
from bmeconf.model import Address, Change
from bmeconf.plan.diff import CREATE, DELETE, UPDATE
from bmeconf.plan.model import Plan, Since, Step
from bmeconf.render import documents as document

MOVED = {DRIFT: "changed by hand in the account", CONFLICT: "changed here and in the account"}
SIGNS = {CREATE: "+", UPDATE: "~", DELETE: "-"}
HEADS = {"create": "will be created", "update": "will be updated", "delete": "will be deleted"}
RESTS = ("in_sync", "manual", "frozen", "blocked", "unmanaged")


def head(step: Step) -> str:
    """What becomes of the resource, from what it is made, and how the write is guarded."""
    said = HEADS[step.action]
    if any(change.before and change.path == _identity(step) for change in step.changes):
        said = "will be renamed" + (" and updated" if len(step.changes) > 1 else "")
    origin = step.intent.origins
    if origin:
        said += f" from {_names(origin)}"
    # Of what is new there is no version yet that anybody could check.
    return f"{said} [{step.check}]" if step.pin else said


def notes(step: Step) -> Iterator[str]:
    """What to know of a step beside its fields."""
    if step.action == CREATE and any(change.cause in MOVED for change in step.changes):
        yield "it was there when it was last applied, and is gone from the account"
    if step.usage:
        yield step.usage


def told_changes(step: Step) -> list[Change]:
    """The changes that the address does not tell already."""
    return [c for c in step.changes if step.action != CREATE or c.path != _identity(step)]


def moved(step: Step, change: Change) -> str:
    """Whose edit an update is about to undo, empty where that is nobody's."""
    return "" if step.action == CREATE else MOVED.get(change.cause, "")


def summary(plan: Plan) -> str:
    """What a plan comes to, as one sentence."""
    counts = document.summary(plan)
    steps = [f"{counts[action]} to {action}" for action in SIGNS if counts[action]]
    rest = [f"{counts[key]} {key.replace('_', ' ')}" for key in RESTS if counts[key]]
    return _sentence(f"Plan: {', '.join(steps)}" if plan.steps else "Nothing to do", rest)


def price(plan: Plan) -> str:
    """What a plan costs in requests, as one sentence."""
    price = plan.price
    left = [
        f"{remaining} left this {period}"
        for period, remaining in (("hour", price.hour_remaining), ("month", price.month_remaining))
        if remaining is not None
    ]
    told = f"Requests: {price.read} read, {price.write} to write, {price.verify} to verify"
    return _sentence(told, left)


def since(since: Since) -> str:
    """The commit that something was held against."""
    whole = "" if since.complete else "; not all of it could be read"
    return f"Since: {since.revision} ({since.commit[:12]}{whole})"


def tally(addresses: Sequence[Address]) -> str:
    """How many of each kind: `the structure, 2 lists`."""
    kinds = Counter(address.kind for address in addresses)
    return ", ".join(KINDS[kind].counted(number) for kind, number in kinds.items())


def _identity(step: Step) -> tuple[str, ...]:
    return (KINDS[step.address.kind].identity,)


def _sentence(start: str, rest: Sequence[str]) -> str:
    return f"{start}; {', '.join(rest)}." if rest else f"{start}."


def _names(addresses: Iterable[object]) -> str:
    return ", ".join(str(address) for address in addresses)
