"""What moved: desired, live, lock, policy -> Drift. Pure.

Every field that is not as declared becomes an Item that says who moved, as far as the lock file or
the manifests of an earlier commit tell (design 7.17), and whether somebody answers for it until a
day (design 2). Where neither does, every difference counts as drift. What cannot be compared is a
finding, as in a plan; what cannot be applied is one, and has its items all the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from bmeconf.baseline import recall
from bmeconf.baseline.classify import CONFLICT, DRIFT, PENDING
from bmeconf.drift import items as drift_items
from bmeconf.drift import known as known_drift
from bmeconf.drift.items import FROZEN, KNOWN, DriftItem
from bmeconf.kinds import KINDS
from bmeconf.kinds.contacts.events import Touch
from bmeconf.live.read import Live
from bmeconf.model import Address, Finding, Manual
from bmeconf.plan import diff
from bmeconf.plan.diff import Difference
from bmeconf.plan.model import Plan, by_severity
from bmeconf.project import Policy

MANUAL = "manual"
CLASSES = (DRIFT, CONFLICT, PENDING, KNOWN, FROZEN)
WORDS = (DRIFT, CONFLICT, PENDING, MANUAL, FROZEN)
"""What a run may be told to fail on."""
FAILED = ("overdue", "undone", "wrong")
"""Manual steps that somebody has to look after now; one that is `todo` has its time."""
OF_APPLY = frozenset({"protected", "too_many_deletes", "in_use", "frozen"})
"""Findings of a plan on what an apply would do, or that are told here in another way."""
NOWHERE: Mapping[Address, str] = MappingProxyType({})


@dataclass(frozen=True)
class Drift:
    """What a look at the account found, as data.

    `made` is the plan of the same moment; `locked` says whether anything is remembered of this
    account. `touches` are the last changes of what was changed by hand, where the API tells.
    """

    made: Plan
    items: tuple[DriftItem, ...]
    findings: tuple[Finding, ...]
    in_sync: int
    locked: bool
    touches: Mapping[Address, Touch] = field(default_factory=dict)
    requests: int = 0

    @property
    def remembers(self) -> bool:
        """Whether there is anything by which to tell who moved."""
        return self.locked or self.made.source.since is not None

    @property
    def manual(self) -> tuple[Manual, ...]:
        """What people have to do, in every state."""
        return self.made.manual

    def counts(self) -> Mapping[str, int]:
        """How many items there are of each class."""
        found = Counter(item.sort for item in self.items)
        return {sort: found[sort] for sort in CLASSES}

    def failing(self, fail_on: Collection[str]) -> tuple[DriftItem, ...]:
        """The items that make a run fail that fails on these words."""
        return tuple(item for item in self.items if item.counts_as in fail_on)

    def neglected(self, fail_on: Collection[str]) -> tuple[Manual, ...]:
        """The manual steps that do."""
        failed = (manual for manual in self.manual if manual.state in FAILED)
        return tuple(failed) if MANUAL in fail_on else ()

    def exit_code(self, fail_on: Collection[str]) -> int:
        """The frozen exit code (design 4): 9 before 2."""
        if self.neglected(fail_on):
            return 9
        return 2 if self.failing(fail_on) else 0

    @property
    def uncompared(self) -> bool:
        """Whether there is more to know than what differs: what is unreadable or blocked."""
        return any(finding.level != "note" for finding in self.findings)

    @property
    def clean(self) -> bool:
        """Whether everything in scope was compared, and is as declared."""
        return not (self.items or self.uncompared)


def judge(
    seen: Live, made: Plan, policy: Policy, elsewhere: Mapping[Address, str] = NOWHERE
) -> Drift:
    """What of `seen` is not as declared, and who moved; `made` is the plan of that moment.

    Namesakes in `seen` are told apart already. `elsewhere` are the names under which what is
    `lost` was found by its id.
    """
    differences = compared(seen, made)
    locked = bool(seen.section.entries)
    items: list[DriftItem] = []
    findings = [f for f in made.findings if f.code not in OF_APPLY]
    in_sync = 0
    for difference in differences:
        found = [*drift_items.items(difference, seen, elsewhere)]
        blocked = drift_items.blocked(difference)
        items += found
        in_sync += not (found or blocked or _uncompared(difference, seen))
    covered, notes = known_drift.judged(items, policy.known_drift, made, _unsure(findings, seen))
    judged = (item if item.cause else _untold(item, seen) for item in covered)
    return Drift(made, tuple(judged), by_severity((*findings, *notes)), in_sync, locked)


def _untold(item: DriftItem, seen: Live) -> DriftItem:
    """`item`, of which no memory tells who moved: without one of the resource it counts as drift.

    What neither side has known yet is still to be made.
    """
    entry = seen.section.of(item.address, item.id) if item.id else None
    known = not entry.bare if entry else not item.id
    pending = known and bool(seen.section.entries)
    return replace(item, cause=PENDING if pending else DRIFT, untold=not pending)


def compared(seen: Live, made: Plan) -> Sequence[Difference]:
    """Every desired resource beside its live one as it is, and not as a plan foresees it."""
    known = recall.memory(seen, made.grounds.managed)
    return diff.compare(seen.desired, seen.snapshot, known)


def lost(seen: Live) -> dict[Address, str]:
    """The ids of what is not found by its name, was once, and may be there under another.

    Only of kinds that are searched by name: a listing shows the others.
    """
    return {
        resource.address: entry.id
        for resource in seen.desired
        if KINDS[resource.address.kind].lags
        and not (resource.intent.absent or resource.address in seen.withheld)
        and seen.snapshot.get(resource.address) is None
        and (entry := seen.section.at(resource.address))
    }


def moved_by_hand(drift: Drift) -> dict[Address, str]:
    """The ids of what somebody changed in the account, by address, in order."""
    return {i.address: i.id for i in drift.items if i.id and i.cause in (DRIFT, CONFLICT)}


def _uncompared(difference: Difference, seen: Live) -> bool:
    return bool(difference.unreadable) or difference.address in seen.withheld


def _unsure(findings: Iterable[Finding], seen: Live) -> set[Address]:
    """What could not be compared whole, so that a difference in it may be there unseen."""
    unread = {f.address for f in findings if f.code in ("unreadable", "blocked")}
    return {*unread, *seen.withheld}
