"""DriftItem and Drift: what a look at the account found. Frozen data."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bmeconf.kinds import KINDS, Touch
from bmeconf.model import (
    FINISHED,
    Address,
    Cause,
    Finding,
    Path,
    Place,
    Value,
    Written,
    dotted,
    left_alone,
    waiting,
)
from bmeconf.plan import Plan
from bmeconf.project import KnownDrift

MOVED = (Cause.DRIFT.value, Cause.CONFLICT.value, Cause.PENDING.value)
KNOWN, FROZEN, MANUAL = "known", "frozen", "manual"
CLASSES = (*MOVED, KNOWN, FROZEN)
WORDS = (*MOVED, MANUAL, FROZEN)
"""The words that --fail-on takes."""
PRESENT, ABSENT = "present", "absent"
"""The values of an item on the presence of a resource, in the words of manifests."""

Texts = Mapping[str, str]
"""The texts of files by their names, as places have them."""


@dataclass(frozen=True)
class DriftItem:
    """One field that is not as declared.

    `cause` is who moved. `remembered` says that a baseline told it; `untold` that it is `drift`
    only since nothing is remembered of the resource. `frozen` is the status of a campaign that is
    no draft any more. `known` is the policy's entry for the field, `expired` says that its day is
    over. `id` is the live object's, empty where there is none.
    """

    address: Address
    path: Path
    desired: Value
    live: Value
    cause: Cause
    frozen: str = ""
    known: KnownDrift | None = None
    expired: bool = False
    untold: bool = False
    id: str = ""
    place: Place | None = None
    remembered: bool = False

    @property
    def field(self) -> str:
        """The field's name as plans write it."""
        return dotted(self.path)

    @property
    def is_rename(self) -> bool:
        """True where the live object has another name, or address, than is declared."""
        return self.path == (KINDS[self.address.kind].identity,)

    @property
    def sort(self) -> str:
        """The class of the item in documents."""
        if self.known and not self.expired:
            return KNOWN
        return FROZEN if self.frozen else self.cause.value

    @property
    def counts_as(self) -> str:
        """The word of --fail-on that makes it fail; empty where nothing does.

        A campaign that was changed by hand is what nobody reviewed: that nothing can be written
        to it any more makes it no less urgent while it is to reach somebody, and somebody has to
        know once it has. Where nothing is remembered, or only the manifest moved, one that has
        ended is `frozen`: it can only be declared as it is, and nothing is lost by waiting.
        """
        if self.sort == FROZEN:
            by_hand = self.remembered and self.cause in (Cause.DRIFT, Cause.CONFLICT)
            return self.cause.value if by_hand or self.frozen not in FINISHED else FROZEN
        return "" if self.sort == KNOWN else self.sort

    @property
    def missing(self) -> tuple[Value, ...]:
        """The members of a set that are declared and not live."""
        return _beyond(self.desired, self.live)

    @property
    def unexpected(self) -> tuple[Value, ...]:
        """The members of a set that are live and not declared."""
        return _beyond(self.live, self.desired)


Objection = tuple[DriftItem, str]
"""What is not adopted, and why."""


def _beyond(one: Value, other: Value) -> tuple[Value, ...]:
    others = other if isinstance(other, tuple) else ()
    return tuple(m for m in one if m not in others) if isinstance(one, tuple) else ()


@dataclass(frozen=True)
class Drift:
    """The drift of an account: all fields that are not as declared, and the manual steps.

    `plan` is the plan of the same moment. `locked` says whether the lock file remembers anything
    of this account. `touches` are the last changes of what was changed by hand, where the API
    tells; `written` says who wrote what the manifests declare instead, where Git does.
    """

    plan: Plan
    items: tuple[DriftItem, ...]
    findings: tuple[Finding, ...]
    in_sync: int
    locked: bool
    touches: Mapping[Address, Touch] = field(default_factory=dict)
    written: Mapping[Place, Written] = field(default_factory=dict)
    requests: int = 0

    @property
    def by_hand(self) -> tuple[DriftItem, ...]:
        """What was changed by hand, as far as can be told."""
        return tuple(i for i in self.items if i.sort in (Cause.DRIFT, Cause.CONFLICT))

    @property
    def left_out(self) -> tuple[Address, ...]:
        """The resources of the project that were not looked at."""
        return self.plan.left_out

    @property
    def remembers(self) -> bool:
        """True where there is anything by which to tell who moved."""
        return self.locked or self.plan.source.since is not None

    def counts(self) -> Mapping[str, int]:
        """The number of items of each class."""
        return {sort: sum(item.sort == sort for item in self.items) for sort in CLASSES}

    def exit_code(self, fail_on: Collection[str]) -> int:
        """The frozen exit code (design 4): 9 before 2."""
        if MANUAL in fail_on and any(manual.is_broken for manual in self.plan.manual):
            return 9
        return 2 if any(item.counts_as in fail_on for item in self.items) else 0

    @property
    def summary(self) -> Mapping[str, int]:
        """All that a report counts: items by class, resources, and manual steps to be done."""
        _, blocked = left_alone(self.findings)
        manual = waiting(self.plan.manual)
        return {**self.counts(), "in_sync": self.in_sync, "blocked": blocked, MANUAL: manual}

    @property
    def uncompared(self) -> bool:
        """True where there is more to know than what differs: what is unreadable or blocked."""
        return any(f.level != "note" and not f.is_aside for f in self.findings)

    @property
    def clean(self) -> bool:
        """True where everything in scope was compared, is as declared, and needs no warning."""
        return not (self.items or any(finding.level != "note" for finding in self.findings))
