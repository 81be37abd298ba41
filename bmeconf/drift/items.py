"""One resource beside its live one -> the fields that are not as declared. Pure.

Each says who moved, as far as the lock file tells (design 7.17). What cannot be compared, or can
be told apart by nothing, has no items: it is a finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bmeconf.baseline import recall
from bmeconf.baseline.classify import CONFLICT, DRIFT, PENDING
from bmeconf.drift import twins
from bmeconf.kinds import KINDS
from bmeconf.kinds.base import Managed
from bmeconf.live.read import Live
from bmeconf.model import (
    FINISHED,
    Address,
    Change,
    Finding,
    Place,
    Resource,
    Value,
    dotted,
    lookup,
    references,
)
from bmeconf.plan.diff import Difference
from bmeconf.project import KnownDrift

KNOWN, FROZEN = "known", "frozen"
PRESENCE, PRESENT, ABSENT = ("state",), "present", "absent"
"""The field of an Item that is about a whole resource, in the words of manifests."""
STATUS = ("status",)
IDENTITY = ("id",)
"""The field of an Item that is about which live object has the name."""
NOT_COMPARED = frozenset({"ambiguous", "claimed_twice", "id_names_another"})
"""Why a resource is withheld of which nothing can be said, not even that it differs."""


@dataclass(frozen=True)
class DriftItem:
    """One field that is not as declared.

    `truth` is who moved: `drift`, `pending` or `conflict`, empty until that is judged;
    `remembered` says that a memory told it, `untold` that it is `drift` only since nothing is
    remembered of the resource. `frozen` is the status of a campaign that is no draft any more.
    `known` is the policy's entry for it, `expired` says that its day is over. `id` is the live
    object's, empty where there is none.
    """

    address: Address
    path: tuple[str, ...]
    desired: Value
    live: Value
    cause: str
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
    def sort(self) -> str:
        """Its class in documents."""
        if self.known and not self.expired:
            return KNOWN
        return FROZEN if self.frozen else self.cause

    @property
    def counts_as(self) -> str:
        """The word of --fail-on that makes it fail; empty where nothing does.

        A campaign that was changed by hand is what nobody reviewed: that nothing can be written
        to it any more makes it no less urgent while it is to reach somebody, and somebody has to
        know once it has. Where nothing is remembered, or only the manifest moved, one that has
        ended is `frozen`: it can only be declared as it is, and nothing is lost by waiting.
        """
        if self.sort == FROZEN:
            by_hand = self.remembered and self.cause in (DRIFT, CONFLICT)
            return self.cause if by_hand or self.frozen not in FINISHED else FROZEN
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


def items(
    difference: Difference, seen: Live, elsewhere: Mapping[Address, str]
) -> Iterator[DriftItem]:
    """What is not as declared of one resource, whether it can be applied or not.

    Of several namesakes that even the lock file cannot tell apart any more, the one it knows is
    lost: that is an item as well. A status that must not be set, and is all that differs of what
    nothing is remembered of, has none: that the person opted out is no news.
    """
    found = [*_differing(difference, seen, elsewhere)]
    unknown = not any(item.cause for item in found)
    if unknown and blocked(difference) and {item.path for item in found} == {STATUS}:
        return
    yield from found


def _differing(
    difference: Difference, seen: Live, elsewhere: Mapping[Address, str]
) -> Iterator[DriftItem]:
    desired, live, address = difference.desired, difference.live, difference.address
    withheld = seen.withheld.get(address)
    if withheld and withheld.code in NOT_COMPARED:
        yield from _lost_among(desired, seen)
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
        if _same_by_id(change, live, seen):
            continue
        sides = (change.after, change.before)
        item = _item(desired, live, change.path, sides, change.cause or unknown)
        yield replace(item, frozen=frozen, remembered=bool(item.cause))


def _lost_among(desired: Resource, seen: Live) -> Iterator[DriftItem]:
    """What the lock file knows and is none of those that have its name by now."""
    entry = seen.section.at(desired.address)
    ids = twins.candidates(desired, seen) if entry else ()
    if entry and ids:
        yield _item(desired, None, IDENTITY, (entry.id, ", ".join(ids)), DRIFT)


def _whole(desired: Resource, live: Resource | None, cause: str) -> DriftItem:
    sides = (ABSENT, PRESENT) if live else (PRESENT, ABSENT)
    return _item(desired, live, PRESENCE, sides, cause)


def _item(
    desired: Resource,
    live: Resource | None,
    path: tuple[str, ...],
    sides: tuple[Value, Value],
    cause: str,
) -> DriftItem:
    intent = desired.intent
    place = intent.places.get(dotted(path)) or intent.places.get(path[0]) or intent.place
    id = live.id if live else ""
    return DriftItem(desired.address, path, *sides, cause, id=id, place=place)


def _truth_of_presence(seen: Live, address: Address) -> str:
    """Who moved, where something is there that is declared as absent.

    What the lock file still knows was there when it was last applied, so that the manifest moved.
    What it does not know may have come back, and is better looked at once too often.
    """
    known = recall.memory(seen, Managed())
    memories = (known, known.behind) if known.behind else (known,)
    return PENDING if any(memory.named(address) for memory in memories) else DRIFT


def _truth_of_absence(difference: Difference, seen: Live) -> str:
    """Who moved, where something declared is not there."""
    withheld = seen.withheld.get(difference.address)
    if withheld and withheld.code == "id_not_found":
        return DRIFT
    entry = seen.section.at(difference.address)
    causes = {c.cause for c in difference.changes}
    if entry is None:
        return causes.pop() if len(causes) == 1 else CONFLICT
    if seen.id_map.knows(difference.address.kind, entry.id):
        return PENDING
    return DRIFT if causes <= {DRIFT} else CONFLICT


def _renamed(desired: Resource, seen: Live, elsewhere: Mapping[Address, str]) -> DriftItem | None:
    """A rename by hand, which the id in the lock file tells."""
    address, entry = desired.address, seen.section.at(desired.address)
    withheld = seen.withheld.get(address)
    if entry is None:
        return None
    now = elsewhere.get(address, "")
    if withheld and withheld.code == "looks_renamed":
        now = seen.id_map.address(address.kind, entry.id).name
    item = _item(desired, None, (KINDS[address.kind].identity,), (address.name, now), DRIFT)
    return replace(item, id=entry.id) if now else None


def _same_by_id(change: Change, live: Resource, seen: Live) -> bool:
    """Whether a set refers to the very objects that are meant, one of them renamed by hand.

    The rename is told of once, with what was renamed.
    """
    wanted = [*references(change.after)]
    found = [*references(lookup(live.fields, change.path))]
    if not wanted or not isinstance(change.after, tuple):
        return False
    meant, there = ({_id_meant(address, seen) for address in side} for side in (wanted, found))
    seen_there = {_id_meant(address, seen) for address in references(change.before)}
    return None not in meant and meant <= there and seen_there <= meant


def _id_meant(address: Address, seen: Live) -> str | None:
    withheld, entry = seen.withheld.get(address), seen.section.at(address)
    renamed = entry and withheld and withheld.code == "looks_renamed"
    return entry.id if renamed and entry else seen.id_map.id(address)


def _is_replaced(seen: Live, address: Address) -> bool:
    found = (*seen.findings, *seen.withheld.values())
    return any(f.code == "replaced" and f.address == address for f in found)


def _refusal(difference: Difference) -> Finding | None:
    if difference.action is None or difference.live is None:
        return None
    kind = KINDS[difference.address.kind]
    return kind.refusal(difference.desired, difference.live, difference.changes)


def _frozen(difference: Difference) -> str:
    """The status of a campaign that is no draft any more, where it differs."""
    found = _refusal(difference)
    if found is None or found.code != FROZEN or difference.live is None:
        return ""
    return str(difference.live.facts.get("status") or "of no known status")


def blocked(difference: Difference) -> Finding | None:
    """Why what differs is left alone, but for what is frozen."""
    found = _refusal(difference)
    return found if found and found.code != FROZEN else None
