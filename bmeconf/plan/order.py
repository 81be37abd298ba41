"""The order of steps, derived from references alone (design 7.11). Pure.

In: differences. Out: those that can be done, each with those that it waits for. Structure, lists,
contacts and campaigns come in this order; a name is freed before it is taken; deletes come last,
in reverse.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Mapping, Sequence
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

MEND_THAT = "mend what the finding on that resource says, then plan again"
RANK = {name: rank for rank, name in enumerate(KINDS)}
THE_STRUCTURE = only(Singleton).address
Waiting = tuple[Difference, frozenset[Address]]
"""A difference, and the addresses of the differences it waits for."""


def reachable(
    differences: Sequence[Difference], reading: Reading
) -> tuple[list[Difference], list[Finding]]:
    """The differences that can be done, and a finding for each of the others.

    A difference cannot be done where it refers to an object that neither exists nor will, takes a
    name that another declared resource keeps, or deletes an object that is still needed.
    """
    kept = list(differences)
    findings: list[Finding] = []
    live = {
        (kind.name, str(resource.fields.get(kind.identity))): resource.address
        for resource in reading.account.resources
        if (kind := KINDS[resource.address.kind])
    }
    held, id_map = {**reading.out_of_scope, **live}, reading.account.id_map
    while True:
        created = {d.address for d in kept}
        given_up = {_identity(d, "before") for d in kept}
        kept_names = {key: address for key, address in held.items() if key not in given_up}
        lost = {}
        for difference in kept:
            address, remedy = difference.address, MEND_THAT
            holder = kept_names.get(_identity(difference, "after") or ("", ""))
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
            elif holder and holder != address:
                reason = f"its name is still that of the live object declared as {holder},"
                reason += " which this plan does not rename first"
            else:
                continue
            lost[address] = Finding("warning", "blocked", address, reason, remedy)
        if not lost:
            return kept, findings
        kept = [d for d in kept if d.address not in lost]
        findings += lost.values()


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
    freed = {key: d.address for d in writes.values() if (key := _identity(d, "before"))}
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
    sorter = _sorter({address: set(needed) for address, needed in waits.items()})
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


def _sorter(waits: dict[Address, set[Address]]) -> TopologicalSorter[Address]:
    """Resources that wait for each other's name: the first one goes, and the server will judge."""
    while True:
        sorter = TopologicalSorter(waits)
        try:
            sorter.prepare()
            return sorter
        except CycleError as error:
            ring: list[Address] = error.args[1]
            waits[min(ring, key=_rank)] -= {*ring}


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
    freed: Mapping[tuple[str, str], Address],
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
    taken = _identity(difference, "after")
    if taken and taken in freed:
        waits.add(freed[taken])
    return waits - {difference.address}


def _identity(difference: Difference, side: str) -> tuple[str, str] | None:
    """The kind and name that a difference takes (`after`) or gives up (`before`), if any."""
    kind = KINDS[difference.address.kind]
    for change in difference.changes:
        if change.path == (kind.identity,) and getattr(change, side):
            return kind.name, getattr(change, side)
    return None
