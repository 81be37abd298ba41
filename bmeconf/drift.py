"""What moved: desired, live, lock, policy -> Drift. Pure.

Every field that is not as declared becomes an Item that says who moved, as far as the lock file
tells (design 7.17), and whether somebody answers for it until a day (design 2). Without a lock
file every difference counts as drift. What cannot be compared is a finding, as in a plan.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from bmeconf import diff, known_drift
from bmeconf.diff import Difference
from bmeconf.kinds import KINDS, campaigns
from bmeconf.kinds.events import Touch
from bmeconf.live import Live
from bmeconf.model import Address, Finding, Manual, Place, Resource, Value, dotted
from bmeconf.plan import Plan, by_severity
from bmeconf.settings import KnownDrift, Policy
from bmeconf.truth import CONFLICT, DRIFT, PENDING, Known

KNOWN, FROZEN, MANUAL = "known", "frozen", "manual"
CLASSES = (DRIFT, CONFLICT, PENDING, KNOWN, FROZEN)
WORDS = (DRIFT, CONFLICT, PENDING, MANUAL, FROZEN)
"""What a run may be told to fail on."""
FAIL_ON = frozenset({DRIFT, CONFLICT, MANUAL})
FAILED = ("overdue", "undone", "wrong")
"""Manual steps that somebody has to look after now; one that is `todo` has its time."""
PRESENCE, PRESENT, ABSENT = ("state",), "present", "absent"
"""The field of an Item that is about a whole resource, in the words of manifests."""
IDENTITY = ("id",)
"""The field of an Item that is about which live object has the name."""
OF_APPLY = frozenset({"protected", "too_many_deletes", "in_use", "frozen", "blocked"})
"""Findings of a plan on what an apply would do, or that are told here in another way."""
NOT_COMPARED = frozenset({"ambiguous", "claimed_twice", "id_names_another"})
"""Why a resource is withheld of which nothing can be said, not even that it differs."""
NOWHERE: Mapping[Address, str] = MappingProxyType({})


@dataclass(frozen=True)
class Item:
    """One field that is not as declared.

    `truth` is who moved: `drift`, `pending` or `conflict`, empty until that is judged. `frozen`
    is the status of a campaign that is no draft any more. `known` is the policy's entry for it,
    `expired` says that its day is over. `id` is the live object's, empty where there is none.
    """

    address: Address
    path: tuple[str, ...]
    desired: Value
    live: Value
    truth: str
    frozen: str = ""
    known: KnownDrift | None = None
    expired: bool = False
    id: str = ""
    place: Place | None = None

    @property
    def field(self) -> str:
        """The field's name as plans write it."""
        return dotted(self.path)

    @property
    def sort(self) -> str:
        """Its class in documents."""
        if self.known and not self.expired:
            return KNOWN
        return FROZEN if self.frozen else self.truth

    @property
    def counts_as(self) -> str:
        """The word of --fail-on that makes it fail; empty where nothing does.

        A campaign that still is to reach somebody and was changed by hand is what nobody
        reviewed: that nothing can be written to it any more makes it no less urgent. Of one that
        has ended the manifest can only be brought in line, and nothing is lost by waiting.
        """
        if self.sort == FROZEN:
            return FROZEN if self.frozen in campaigns.FINISHED else self.truth
        return "" if self.sort == KNOWN else self.sort

    @property
    def missing(self) -> tuple[Value, ...]:
        """Of a set the members that are declared and not live."""
        return self._beyond(self.desired, self.live)

    @property
    def unexpected(self) -> tuple[Value, ...]:
        """Of a set the members that are live and not declared."""
        return self._beyond(self.live, self.desired)

    def _beyond(self, one: Value, other: Value) -> tuple[Value, ...]:
        theirs = other if isinstance(other, tuple) else ()
        return tuple(m for m in one if m not in theirs) if isinstance(one, tuple) else ()


@dataclass(frozen=True)
class Drift:
    """What a look at the account found, as data.

    `made` is the plan of the same moment; `locked` says whether anything is remembered of this
    account. `touches` are the last changes of what was changed by hand, where the API tells.
    """

    made: Plan
    items: tuple[Item, ...]
    findings: tuple[Finding, ...]
    in_sync: int
    locked: bool
    touches: Mapping[Address, Touch] = field(default_factory=dict)
    requests: int = 0

    @property
    def manual(self) -> tuple[Manual, ...]:
        """What people have to do, in every state."""
        return self.made.manual

    def counts(self) -> Mapping[str, int]:
        """How many items there are of each class."""
        found = Counter(item.sort for item in self.items)
        return {sort: found[sort] for sort in CLASSES}

    def failing(self, fail_on: Collection[str]) -> tuple[Item, ...]:
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
    def clean(self) -> bool:
        """Whether everything in scope was compared, and is as declared."""
        grave = any(finding.level != "note" for finding in self.findings)
        return not (self.items or grave)


def judge(
    seen: Live, made: Plan, policy: Policy, elsewhere: Mapping[Address, str] = NOWHERE
) -> Drift:
    """What of `seen` is not as declared, and who moved; `made` is the plan of that moment.

    `elsewhere` are the names under which what is `lost` was found by its id.
    """
    differences = compared(seen, made)
    locked = bool(seen.section.entries)
    items: list[Item] = []
    findings = [f for f in made.findings if f.code not in OF_APPLY]
    in_sync = 0
    for difference in differences:
        blocked = _blocked(difference)
        found = [] if blocked else [*_items(difference, seen, elsewhere)]
        findings += [blocked] if blocked else []
        items += found
        in_sync += not (found or blocked or _uncompared(difference, seen))
    covered, notes = known_drift.judged(items, policy.known_drift, made, _unsure(findings, seen))
    judged = (i if i.truth else replace(i, truth=PENDING if locked else DRIFT) for i in covered)
    return Drift(made, tuple(judged), by_severity((*findings, *notes)), in_sync, locked)


def compared(seen: Live, made: Plan) -> Sequence[Difference]:
    """Every desired resource beside its live one as it is, and not as a plan foresees it."""
    known = Known(seen.section, seen.names, made.grounds.managed)
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
    return {i.address: i.id for i in drift.items if i.id and i.truth in (DRIFT, CONFLICT)}


# --- items


def _items(difference: Difference, seen: Live, elsewhere: Mapping[Address, str]) -> Iterator[Item]:
    """What is not as declared of one resource."""
    desired, live, address = difference.desired, difference.live, difference.address
    withheld = seen.withheld.get(address)
    if withheld and withheld.code in NOT_COMPARED:
        return
    frozen = _frozen(difference)
    if desired.intent.absent:
        if live:
            yield replace(_whole(desired, live, _truth_of_presence(seen, address)), frozen=frozen)
        return
    if live is None:
        renamed = _renamed(desired, seen, elsewhere)
        yield renamed or _whole(desired, None, _truth_of_absence(difference, seen))
        return
    entry, unknown = seen.section.at(address), ""
    if entry and entry.id != live.id and _is_replaced(seen, address):
        unknown = DRIFT
        yield _item(desired, live, IDENTITY, (entry.id, live.id), DRIFT)
    for change in difference.changes:
        sides = (change.after, change.before)
        item = _item(desired, live, change.path, sides, change.truth or unknown)
        yield replace(item, frozen=frozen)


def _whole(desired: Resource, live: Resource | None, truth: str) -> Item:
    sides = (ABSENT, PRESENT) if live else (PRESENT, ABSENT)
    return _item(desired, live, PRESENCE, sides, truth)


def _item(
    desired: Resource,
    live: Resource | None,
    path: tuple[str, ...],
    sides: tuple[Value, Value],
    truth: str,
) -> Item:
    intent = desired.intent
    place = intent.places.get(dotted(path)) or intent.places.get(path[0]) or intent.place
    id = live.id if live else ""
    return Item(desired.address, path, *sides, truth, id=id, place=place)


def _truth_of_presence(seen: Live, address: Address) -> str:
    """Who moved, where something is there that is declared as absent.

    What the lock file still knows was there when it was last applied, so that the manifest moved.
    What it does not know may have come back, and is better looked at once too often.
    """
    return PENDING if Known(seen.section, seen.names).named(address) else DRIFT


def _truth_of_absence(difference: Difference, seen: Live) -> str:
    """Who moved, where something declared is not there."""
    withheld = seen.withheld.get(difference.address)
    if withheld and withheld.code == "id_not_found":
        return DRIFT
    entry = seen.section.at(difference.address)
    if entry is None:
        return ""
    if seen.names.knows(difference.address.kind, entry.id):
        return PENDING
    return DRIFT if {c.truth for c in difference.changes} <= {DRIFT} else CONFLICT


def _renamed(desired: Resource, seen: Live, elsewhere: Mapping[Address, str]) -> Item | None:
    """A rename by hand, which the id in the lock file tells."""
    address, entry = desired.address, seen.section.at(desired.address)
    withheld = seen.withheld.get(address)
    if entry is None:
        return None
    now = elsewhere.get(address, "")
    if withheld and withheld.code == "looks_renamed":
        now = seen.names.address(address.kind, entry.id).name
    item = _item(desired, None, (KINDS[address.kind].identity,), (address.name, now), DRIFT)
    return replace(item, id=entry.id) if now else None


def _is_replaced(seen: Live, address: Address) -> bool:
    found = (*seen.findings, *seen.withheld.values())
    return any(f.code == "replaced" and f.address == address for f in found)


# --- what is told in other ways


def _restraint(difference: Difference) -> Finding | None:
    if difference.action is None or difference.live is None:
        return None
    kind = KINDS[difference.address.kind]
    return kind.restraint(difference.desired, difference.live, difference.changes)


def _frozen(difference: Difference) -> str:
    """The status of a campaign that is no draft any more, where it differs."""
    found = _restraint(difference)
    if found is None or found.code != FROZEN or difference.live is None:
        return ""
    return str(difference.live.facts.get("status") or "of no known status")


def _blocked(difference: Difference) -> Finding | None:
    """Why what differs is left alone, but for what is frozen."""
    found = _restraint(difference)
    return found if found and found.code != FROZEN else None


def _uncompared(difference: Difference, seen: Live) -> bool:
    return bool(difference.unreadable) or difference.address in seen.withheld


def _unsure(findings: Iterable[Finding], seen: Live) -> set[Address]:
    """What could not be compared whole, so that a difference in it may be there unseen."""
    unread = {f.address for f in findings if f.code in ("unreadable", "blocked")}
    return {*unread, *seen.withheld}
