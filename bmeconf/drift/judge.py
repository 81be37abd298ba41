"""Both sides, the plan of the moment, policy -> Drift. Pure.

Every field that is not as declared becomes an item that says who moved, as far as a baseline tells
(design 7.17), and whether somebody answers for it until a day (design 2). Where neither does,
every difference counts as drift. What cannot be compared, or has namesakes that nothing tells
apart, is a finding, as in a plan; what cannot be applied is one, and has its items all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date

from bmeconf.desired import matches, scope
from bmeconf.drift.model import ABSENT, KNOWN, PRESENT, Drift, DriftItem
from bmeconf.kinds import KINDS
from bmeconf.live import Reading, Status
from bmeconf.model import (
    IDENTITY,
    PRESENCE,
    Address,
    Cause,
    Change,
    Difference,
    Finding,
    Path,
    Resource,
    Value,
    lookup,
    references,
)
from bmeconf.plan import Plan, build, unexpected
from bmeconf.project import KnownDrift, Policy

STATUS: Path = ("status",)
CONTRADICTORY = (Status.CLAIMED_TWICE, Status.ID_NAMES_ANOTHER)
"""Entries of which nothing can be said, not even that they differ."""


def find_drift(
    reading: Reading,
    plan: Plan,
    policy: Policy,
    new_names: Mapping[Address, str],
) -> Drift:
    """Everything in `reading` that is not as declared, and who moved; `plan` was made of it.

    Namesakes in `reading` are resolved already. `new_names` are the names under which lost
    resources were found by their ids. An entry of the policy that covers nothing is a finding,
    unless it may cover what was not compared whole.
    """
    items: list[DriftItem] = []
    in_sync = 0
    for planned in plan.differences:
        difference = planned.now or planned
        own = _items(difference, reading, new_names)
        blocked = _is_refused(difference) or _is_blocked(reading, difference.address)
        items += own
        in_sync += not (own or blocked or difference.unreadable)
    findings = [f for f in plan.findings if not (f.is_about_steps or f.is_frozen)]
    unread = {f.address for f in findings if f.is_unproven or f.is_left_alone}
    blocked_ones = {r.address for r in reading.desired if _is_blocked(reading, r.address)}
    unsure = {*plan.left_out, *blocked_ones, *(unread - reading.comparable)}
    findings += (
        _unused(entry)
        for entry in policy.known_drift
        if not any(unexpected.covers(entry, item.address, item.path) for item in items)
        and not any(matches(entry.address, address) for address in unsure)
    )
    today = plan.created_at.astimezone(UTC).date()
    return Drift(
        plan,
        tuple(_with_cause(_with_entry(i, policy.known_drift, today), reading) for i in items),
        build.by_severity(findings),
        in_sync,
        bool(reading.section.entries),
    )


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


# --- one comparison -> items


def _items(
    difference: Difference, reading: Reading, new_names: Mapping[Address, str]
) -> list[DriftItem]:
    """The fields of one resource that are not as declared, whether an apply can change them or not.

    A status that must not be set has no item where nothing else differs and nothing is
    remembered: that a person opted out is no news.
    """
    items = [*_differing(difference, reading, new_names)]
    news = any(item.cause or item.path != STATUS for item in items)
    return items if news or not _is_refused(difference) else []


def _is_refused(difference: Difference) -> bool:
    """True where the kind refuses the change, for another reason than a frozen campaign."""
    refusal = build.refusal(difference)
    return refusal is not None and not refusal.is_frozen


def _is_blocked(reading: Reading, address: Address) -> bool:
    return reading.matches.blocked(address) and address not in reading.comparable


def _differing(
    difference: Difference, reading: Reading, new_names: Mapping[Address, str]
) -> Iterator[DriftItem]:
    desired, live, address = difference.desired, difference.live, difference.address
    entry, match = reading.section.at(address), reading.matches[address]
    unclear = match.ambiguous or match.status in CONTRADICTORY
    if unclear and address not in reading.comparable:
        if entry and match.status is Status.AMBIGUOUS:
            # The object that the lock file knows is none of the namesakes.
            ids = ", ".join(sorted(match.candidates))
            yield _item(desired, IDENTITY, (entry.id, ids), Cause.DRIFT)
    elif live is None and not desired.intent.absent:
        renamed = match.status is Status.RENAMED_IN_ACCOUNT
        name = match.names[0] if renamed else new_names.get(address, "")
        if entry and name:
            sides = (address.name, name)
            identity = (KINDS[address.kind].identity,)
            yield _item(desired, identity, sides, Cause.DRIFT, id=entry.id)
        else:
            yield _item(desired, PRESENCE, (PRESENT, ABSENT), difference.causes[PRESENCE])
    elif live is not None and desired.intent.absent:
        cause, frozen = difference.causes[PRESENCE], _frozen(difference)
        yield _item(desired, PRESENCE, (ABSENT, PRESENT), cause, id=live.id, frozen=frozen)
    elif live is not None:
        unknown = Cause.UNKNOWN
        if IDENTITY in difference.causes and entry:
            unknown = difference.causes[IDENTITY]
            yield _item(desired, IDENTITY, (entry.id, live.id), unknown, id=live.id)
        for change in difference.changes:
            if not _same_by_id(change, live, reading):
                cause, sides = change.cause or unknown, (change.after, change.before)
                item = _item(desired, change.path, sides, cause, live.id, _frozen(difference))
                yield replace(item, remembered=bool(cause))


def _item(
    desired: Resource,
    path: Path,
    sides: tuple[Value, Value],
    cause: Cause,
    id: str = "",
    frozen: str = "",
) -> DriftItem:
    intent = desired.intent
    place = intent.written(path) or intent.written(path[:1]) or intent.place
    return DriftItem(desired.address, path, *sides, cause, frozen, id=id, place=place)


def _frozen(difference: Difference) -> str:
    """The status of a campaign that differs and is no draft any more, else empty."""
    refusal = build.refusal(difference)
    if refusal is None or not refusal.is_frozen or difference.live is None:
        return ""
    return str(difference.live.facts.get("status") or "of no known status")


def _same_by_id(change: Change, live: Resource, reading: Reading) -> bool:
    """True where a set refers to the very objects that are meant, one of them renamed by hand.

    The rename is told once, with the resource that was renamed.
    """

    def id_meant(address: Address) -> str | None:
        match = reading.matches.get(address)
        if match is not None and match.status is Status.RENAMED_IN_ACCOUNT:
            return match.known_id
        return reading.account.id_map.id(address)

    meant = set(map(id_meant, references(change.after)))
    there = set(map(id_meant, references(lookup(live.fields, change.path))))
    shown = set(map(id_meant, references(change.before)))
    is_set = bool(meant) and isinstance(change.after, tuple)
    return is_set and None not in meant and meant <= there and shown <= meant


# --- who moved, and who answers for it


def _with_cause(item: DriftItem, reading: Reading) -> DriftItem:
    """`item`; where no baseline tells its cause, as drift, since nothing is remembered of it.

    A resource that neither side has known yet is still to be created: pending.
    """
    if item.cause:
        return item
    pending = not item.id and bool(reading.section.entries)
    return replace(item, cause=Cause.PENDING if pending else Cause.DRIFT, untold=not pending)


def _with_entry(item: DriftItem, entries: Sequence[KnownDrift], today: date) -> DriftItem:
    """`item` with the entry that answers for it, the one that holds longest: through its day, UTC.

    An entry says that the account differs on purpose. So it never covers what is not applied yet,
    nor what moved on both sides; where no baseline tells who moved, the entry does.
    """
    mine = [entry for entry in entries if unexpected.covers(entry, item.address, item.path)]
    if not mine or item.cause in (Cause.PENDING, Cause.CONFLICT):
        return item
    entry = max(mine, key=lambda one: one.expires)
    cause = item.cause or Cause.DRIFT
    return replace(item, known=entry, expired=entry.expires < today, cause=cause)


def _unused(entry: KnownDrift) -> Finding:
    kind, _, name = entry.address.partition("/")
    return Finding(
        "note",
        "known_drift_unused",
        Address(kind, name),
        f"policy.known_drift has an entry for {entry.field} ({entry.reason}), and nothing differs"
        " there any more",
        "it can be removed from bmeconf.yaml",
    )
