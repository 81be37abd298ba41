"""The order of steps, derived from references alone (design 7.11). Pure.

In: differences. Out: those that can be done, each with those that it waits for. Structure, lists,
contacts and campaigns come in this order; a name is freed before it is taken; deletes come last,
in reverse.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from bmeconf.kinds import KINDS, IdMap, Singleton, UsesLabels, only
from bmeconf.live import Reading
from bmeconf.model import (
    CREATE,
    DELETE,
    Address,
    Difference,
    Finding,
    nested,
    references,
)

MEND_THAT = "do what the finding on that resource says, then plan again"
PLAN_THAT = "plan that one too: --target leaves it out"
RANK = {name: rank for rank, name in enumerate(KINDS)}
THE_STRUCTURE = only(Singleton).address
Identity = tuple[str, str]
"""A kind, and a name in it."""
Waiting = tuple[Difference, frozenset[Address]]
"""A difference, and the addresses of the differences it waits for."""


def reachable(
    differences: Sequence[Difference], reading: Reading
) -> tuple[list[Difference], list[Finding]]:
    """The differences that can be done, and a finding for each of the others.

    A difference cannot be done where it refers to an object that neither exists nor will, or that
    keeps another name than is declared, takes a name that another declared resource keeps or takes
    too, or deletes an object that is still needed; nor where names only change places, since none
    of them is free first.
    """
    kept = list(differences)
    findings: list[Finding] = []
    held = _held(reading) if differences else {}
    outside = {*reading.out_of_scope.values()}
    otherwise = {a: name for (_, name), each in held.items() for a in each if a.name != name}
    id_map = reading.account.id_map
    while True:
        created = {d.address for d in kept}
        freed, taken = _identities(kept, "before"), _identities(kept, "after")
        renamed = set().union(*taken.values())
        lost = _in_rings(kept, freed)
        for difference in kept:
            address, remedy = difference.address, MEND_THAT
            name = _identity(difference, "after") or ("", "")
            holders = sorted(held.get(name, set()) - freed.get(name, set()) - {address})
            rivals = sorted(taken.get(name, set()) - {address})
            gaps = [
                needed
                for needed in sorted(_needs(difference, id_map))
                # The structure exists; it is needed for the labels that a step will add to it.
                if needed not in created and (needed == THE_STRUCTURE or not id_map.id(needed))
            ]
            if users := _harmed(difference, kept, reading):
                reason = f"is not deleted: {', '.join(map(str, users))} still uses it,"
                reason += " and this plan leaves that as it is"
                remedy = "take it off there first, or wait until that campaign is sent"
            elif gaps:
                reason = f"refers to {', '.join(map(str, gaps))}, which this plan leaves alone"
            elif kept_names := [*_called_otherwise(difference, otherwise.keys() - renamed)]:
                names = (f"{a}, which the account has as {otherwise[a]!r}" for a in kept_names)
                reason = f"refers to {' and '.join(names)}, and this plan leaves that name"
                remedy = "plan the rename of that one too, or declare it by the name it has"
            elif holders:
                reason = f"its name is still that of the live object declared as {holders[0]},"
                reason += " which this plan does not rename first"
                remedy = PLAN_THAT if holders[0] in outside else MEND_THAT
            elif rivals:
                reason = f"would take the name that {rivals[0]} is to have too"
                remedy = "give one of them another name"
            else:
                continue
            lost[address] = Finding("warning", "blocked", address, reason, remedy)
        if not lost:
            return kept, findings
        kept = [d for d in kept if d.address not in lost]
        findings += lost.values()


def _held(reading: Reading) -> Mapping[Identity, set[Address]]:
    """The declared resources that have each name in the account."""
    held: dict[Identity, set[Address]] = defaultdict(set)
    for key, address in reading.out_of_scope.items():
        held[key].add(address)
    for resource in reading.account.resources:
        kind = KINDS[resource.address.kind]
        held[kind.name, kind.key(resource.raw)].add(resource.address)
    return held


def _called_otherwise(difference: Difference, otherwise: Collection[Address]) -> list[Address]:
    """What a difference mentions and the account has under a name that is not declared.

    An apply takes a name in a plan for the object that bears it: a forged plan may show another.
    """
    if not otherwise:
        return []
    sides = [side for change in difference.changes for side in (change.before, change.after)]
    mentioned = {address for side in sides for address in references(side)}
    if difference.action == CREATE:
        mentioned.update(difference.desired.intent.origins)
    return sorted(mentioned.intersection(otherwise))


def _in_rings(
    kept: Sequence[Difference], freed: Mapping[Identity, Collection[Address]]
) -> dict[Address, Finding]:
    """An error for each resource whose name is free only once it has another name itself."""
    waits = {d.address: {*freed.get(_identity(d, "after") or ("", ""), ())} for d in kept}
    before = {d.address: (_identity(d, "before") or ("", ""))[1] for d in kept}
    found: dict[Address, Finding] = {}
    while ring := _cycle(waits):
        way = " -> ".join(f'"{before[address]}"' for address in [*ring, ring[0]])
        for address in ring:
            message = f"takes part in names that change places, none of which is free first: {way}"
            remedy = "give one of them a name that nothing has and apply that, then plan this again"
            found[address] = Finding("error", "name_ring", address, message, remedy)
            del waits[address]
    return found


def _cycle(waits: Mapping[Address, Collection[Address]]) -> list[Address]:
    """Resources each of which waits for the next, and the last for the first; empty if none do."""
    try:
        TopologicalSorter(waits).prepare()
    except CycleError as error:
        ring: list[Address] = error.args[1][:0:-1]
        first = ring.index(min(ring))
        return ring[first:] + ring[:first]
    return []


def _harmed(difference: Difference, kept: Sequence[Difference], reading: Reading) -> list[Address]:
    """The resources that still need an object to be deleted, as no step lets go of it first."""
    if difference.action != DELETE:
        return []
    gone = difference.address
    let_go = {
        d.address
        for d in kept
        if d.action == DELETE or any(gone in references(c.before) for c in d.changes)
    }
    harmed = {
        user.address
        for user in (*reading.account.resources, *reading.account.dependents)
        if gone in references(user.fields)
        and user.address not in let_go
        and KINDS[user.address.kind].breaks_without(user)
    }
    steps = {d.address: d for d in kept}
    return sorted(
        harmed | {a for a, d in steps.items() if gone in _brought_along(d, steps, reading)}
    )


def _brought_along(
    difference: Difference, steps: Mapping[Address, Difference], reading: Reading
) -> set[Address]:
    """References that a copy takes over from its source, as no manifest declares others."""
    desired = difference.desired
    origin = reading.account.sources.get(desired.intent.copy_of or desired.address)
    if difference.action != CREATE or origin is None:
        return set()
    changed = steps.get(origin.address)
    fields = {**origin.fields, **(nested(changed.changes) if changed else {})}
    return {*references({k: value for k, value in fields.items() if k not in desired.fields})}


def ordered(differences: Sequence[Difference], id_map: IdMap) -> list[Waiting]:
    """Differences by kind and name, each after those that it waits for; deletes at the end."""
    writes = {d.address: d for d in differences if d.action != DELETE}
    freed = _identities(writes.values(), "before")
    waits = {address: _waits_for(d, writes, freed, id_map) for address, d in writes.items()}
    deletes = [d for d in differences if d.action == DELETE]
    deletes.sort(key=lambda d: (-RANK[d.address.kind], d.address))
    # A delete waits for the steps that let go of its object.
    users: dict[Address, set[Address]] = defaultdict(set)
    for difference in differences:
        lets_go = {a for change in difference.changes for a in references(change.before)}
        if difference.action == DELETE and difference.live:
            lets_go.update(references(difference.live.fields))
        for address in lets_go:
            users[address].add(difference.address)
    return [
        *((writes[address], needed) for address, needed in _sorted(waits)),
        *((d, frozenset(users[d.address])) for d in deletes),
    ]


def _sorted(waits: Mapping[Address, set[Address]]) -> list[tuple[Address, frozenset[Address]]]:
    """Each address with those it waits for, by kind and name as far as the waiting allows."""
    sorter = TopologicalSorter(waits)
    sorter.prepare()
    ready: list[tuple[int, Address]] = []
    result: list[tuple[Address, frozenset[Address]]] = []
    done: set[Address] = set()
    while sorter.is_active():
        for address in sorter.get_ready():
            heapq.heappush(ready, _rank(address))
        _, address = heapq.heappop(ready)
        result.append((address, frozenset(waits[address] & done)))
        done.add(address)
        sorter.done(address)
    return result


def _rank(address: Address) -> tuple[int, Address]:
    return RANK[address.kind], address


def _needs(difference: Difference, id_map: IdMap) -> set[Address]:
    """The addresses that must exist before this difference can be written."""
    # What a contact is to leave may itself be made first: see `details.members_ahead`.
    sides = [side for change in difference.changes for side in (change.before, change.after)]
    needs = {address for side in sides for address in references(side)}
    if difference.action == CREATE:
        needs.update(difference.desired.intent.origins)
    if isinstance(KINDS[difference.address.kind], UsesLabels):
        after = nested(difference.changes)
        labels, tags = set(after.get("fields") or ()), set(after.get("tags") or ())
        if not (labels <= id_map.fields.keys() and tags <= id_map.tags.keys()):
            needs.add(THE_STRUCTURE)
    return needs


def _waits_for(
    difference: Difference,
    writes: Mapping[Address, Difference],
    freed: Mapping[Identity, Collection[Address]],
    id_map: IdMap,
) -> set[Address]:
    needs = {address for address in _needs(difference, id_map) if address in writes}
    # What is there already, and under its name, need not be waited for.
    waits = {
        a
        for a in needs
        if a == THE_STRUCTURE or writes[a].action == CREATE or _identity(writes[a], "before")
    }
    # A copy is of what its source is to be.
    waits |= needs.intersection(difference.desired.intent.origins)
    waits.update(freed.get(_identity(difference, "after") or ("", ""), ()))
    return waits - {difference.address}


def _identities(differences: Iterable[Difference], side: str) -> Mapping[Identity, set[Address]]:
    """The resources that take (`after`) or give up (`before`) a name, by kind and name."""
    found: dict[Identity, set[Address]] = defaultdict(set)
    for difference in differences:
        if key := _identity(difference, side):
            found[key].add(difference.address)
    return found


def _identity(difference: Difference, side: str) -> Identity | None:
    """The kind and name that a difference takes (`after`) or gives up (`before`), if any."""
    kind = KINDS[difference.address.kind]
    for change in difference.changes:
        if change.path == (kind.identity,) and getattr(change, side):
            return kind.name, kind.canonical(str(getattr(change, side)))
    return None
