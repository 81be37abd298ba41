"""One comparison -> the fields that are not as declared, each with who moved. Pure.

A resource that cannot be compared, or has namesakes that nothing tells apart, has no items but a
finding.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from bmeconf.drift.model import ABSENT, PRESENT, DriftItem
from bmeconf.kinds import KINDS
from bmeconf.live import Reading, Status
from bmeconf.model import (
    IDENTITY,
    PRESENCE,
    Address,
    Cause,
    Change,
    Difference,
    Path,
    Resource,
    Value,
    dotted,
    lookup,
    references,
)
from bmeconf.plan import build

STATUS: Path = ("status",)
CONTRADICTORY = (Status.CLAIMED_TWICE, Status.ID_NAMES_ANOTHER)
"""Entries of which nothing can be said, not even that they differ."""


def items(
    difference: Difference, reading: Reading, new_names: Mapping[Address, str]
) -> list[DriftItem]:
    """The fields of one resource that are not as declared, whether an apply can change them or not.

    `new_names` are the names under which lost resources were found by their ids. Where the object
    that the lock file knows is none of several namesakes, its loss is an item as well. A status
    that must not be set has no item where nothing else differs and nothing is remembered: that a
    person opted out is no news.
    """
    found = [*_differing(difference, reading, new_names)]
    unknown = not any(item.cause for item in found)
    only_status = {item.path for item in found} == {STATUS}
    return [] if unknown and only_status and is_blocked(difference) else found


def is_blocked(difference: Difference) -> bool:
    """True where the kind refuses the change, for another reason than a frozen campaign."""
    refusal = build.refusal(difference)
    return refusal is not None and not refusal.is_frozen


def _differing(
    difference: Difference, reading: Reading, new_names: Mapping[Address, str]
) -> Iterator[DriftItem]:
    desired, live, address = difference.desired, difference.live, difference.address
    entry, match = reading.section.at(address), reading.matches[address]
    unclear = match.ambiguous or match.status in CONTRADICTORY
    if unclear and address not in reading.comparable:
        yield from _lost_among(desired, reading)
    elif live is None and not desired.intent.absent:
        renamed = _renamed(desired, reading, new_names)
        yield renamed or _presence(desired, None, difference.causes[PRESENCE])
    elif live is not None and desired.intent.absent:
        item = _presence(desired, live, difference.causes[PRESENCE])
        yield replace(item, frozen=_frozen(difference))
    elif live is not None:
        unknown = Cause.UNKNOWN
        if IDENTITY in difference.causes and entry:
            unknown = difference.causes[IDENTITY]
            yield _item(desired, live, IDENTITY, (entry.id, live.id), unknown)
        for change in difference.changes:
            if not _same_by_id(change, live, reading):
                sides = (change.after, change.before)
                item = _item(desired, live, change.path, sides, change.cause or unknown)
                frozen = _frozen(difference)
                yield replace(item, frozen=frozen, remembered=bool(item.cause))


def _lost_among(desired: Resource, reading: Reading) -> Iterator[DriftItem]:
    """The item on an object that the lock file knows, and that is none of several namesakes."""
    entry, match = reading.section.at(desired.address), reading.matches[desired.address]
    if entry and match.status is Status.AMBIGUOUS:
        ids = ", ".join(sorted(match.candidates))
        yield _item(desired, None, IDENTITY, (entry.id, ids), Cause.DRIFT)


def _presence(desired: Resource, live: Resource | None, cause: Cause) -> DriftItem:
    sides = (ABSENT, PRESENT) if live else (PRESENT, ABSENT)
    return _item(desired, live, PRESENCE, sides, cause)


def _item(
    desired: Resource,
    live: Resource | None,
    path: Path,
    sides: tuple[Value, Value],
    cause: Cause,
) -> DriftItem:
    intent = desired.intent
    place = intent.places.get(dotted(path)) or intent.places.get(path[0]) or intent.place
    id = live.id if live else ""
    return DriftItem(desired.address, path, *sides, cause, id=id, place=place)


def _renamed(
    desired: Resource, reading: Reading, new_names: Mapping[Address, str]
) -> DriftItem | None:
    """The item on a rename by hand, which the id in the lock file tells."""
    address, entry = desired.address, reading.section.at(desired.address)
    name = new_names.get(address, "")
    if reading.matches[address].status is Status.RENAMED_IN_ACCOUNT:
        name = reading.matches[address].names[0]
    if entry is None or not name:
        return None
    identity = (KINDS[address.kind].identity,)
    item = _item(desired, None, identity, (address.name, name), Cause.DRIFT)
    return replace(item, id=entry.id)


def _same_by_id(change: Change, live: Resource, reading: Reading) -> bool:
    """True where a set refers to the very objects that are meant, one of them renamed by hand.

    The rename is told once, with the resource that was renamed.
    """
    wanted = [*references(change.after)]
    if not wanted or not isinstance(change.after, tuple):
        return False
    meant = {_id_meant(address, reading) for address in wanted}
    there = {_id_meant(a, reading) for a in references(lookup(live.fields, change.path))}
    shown = {_id_meant(address, reading) for address in references(change.before)}
    return None not in meant and meant <= there and shown <= meant


def _id_meant(address: Address, reading: Reading) -> str | None:
    match = reading.matches.get(address)
    renamed = match is not None and match.status is Status.RENAMED_IN_ACCOUNT
    return match.known_id if match and renamed else reading.account.id_map.id(address)


def _frozen(difference: Difference) -> str:
    """The status of a campaign that differs and is no draft any more, else empty."""
    refusal = build.refusal(difference)
    if refusal is None or not refusal.is_frozen or difference.live is None:
        return ""
    return str(difference.live.facts.get("status") or "of no known status")
