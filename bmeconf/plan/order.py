"""The order of steps, derived from references alone (design 7.11). Pure.

In: differences. Out: those that can be done, each with those that it waits for. Structure, lists,
contacts and campaigns come in this order; a name is freed before it is taken; deletes come last,
in reverse.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from graphlib import CycleError, TopologicalSorter

from bmeconf.kinds import KINDS, Dependent, IdMap, Singleton, UsesLabels, only
from bmeconf.live import Reading
from bmeconf.model import (
    CREATE,
    DELETE,
    Address,
    Difference,
    Finding,
    Resource,
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
    live = {_name(resource): resource.address for resource in reading.account.resources}
    held = {**reading.out_of_scope, **live}
    while True:
        created = {d.address for d in kept}
        given_up = {_identity(d, "before") for d in kept}
        kept_names = {key: address for key, address in held.items() if key not in given_up}
        lost = {}
        for difference in kept:
            holder = kept_names.get(_identity(difference, "after") or ("", ""))
            if users := _harmed(difference, kept, reading):
                lost[difference.address] = _still_used(difference.address, users)
            elif gaps := _gaps(difference, created, reading.account.id_map):
                lost[difference.address] = _left_waiting(difference.address, gaps)
            elif holder and holder != difference.address:
                lost[difference.address] = _name_kept(difference.address, holder)
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
        and isinstance(kind := KINDS[user.address.kind], Dependent)
        and kind.breaks_without(user)
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


def _still_used(address: Address, users: Sequence[Address]) -> Finding:
    reason = f"is not deleted: {_named(users)} still uses it, and this plan leaves that as it is"
    return _blocked(address, reason, "take it off there first, or wait until that campaign is sent")


def ordered(differences: Sequence[Difference], id_map: IdMap) -> list[Waiting]:
    """Differences by kind and name, each after those that it waits for; deletes at the end."""
    writes = {d.address: d for d in differences if d.action != DELETE}
    freed = {key: d.address for d in writes.values() if (key := _identity(d, "before"))}
    waits = {address: _waits_for(d, writes, freed, id_map) for address, d in writes.items()}
    deletes = [d for d in differences if d.action == DELETE]
    deletes.sort(key=lambda d: (-RANK[d.address.kind], d.address))
    users = _users(differences)
    return [
        *((writes[address], needed) for address, needed in _sorted(waits)),
        *((d, frozenset(users.get(d.address, ()))) for d in deletes),
    ]


def _users(differences: Sequence[Difference]) -> Mapping[Address, set[Address]]:
    """By object, the steps that let go of it: its delete waits for them."""
    users: dict[Address, set[Address]] = {}
    for difference in differences:
        lets_go = {a for change in difference.changes for a in references(change.before)}
        if difference.action == DELETE and difference.live:
            lets_go.update(references(difference.live.fields))
        for address in lets_go:
            users.setdefault(address, set()).add(difference.address)
    return users


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
    # What a contact is to leave may itself be made first: see `copies.members_ahead`.
    sides = [side for change in difference.changes for side in (change.before, change.after)]
    needs = {address for side in sides for address in references(side)}
    if difference.action == CREATE:
        needs.update(difference.desired.intent.origins)
    if _uses_new_labels(difference, id_map):
        needs.add(THE_STRUCTURE)
    return needs


def _uses_new_labels(difference: Difference, id_map: IdMap) -> bool:
    if not isinstance(KINDS[difference.address.kind], UsesLabels):
        return False
    after = nested(difference.changes)
    labels, tags = after.get("fields") or {}, after.get("tags") or ()
    return not (set(labels) <= set(id_map.fields) and set(tags) <= set(id_map.tags))


def _gaps(difference: Difference, created: set[Address], id_map: IdMap) -> list[Address]:
    # The structure always exists; it is needed only for the labels that a step will add to it.
    return sorted(
        address
        for address in _needs(difference, id_map)
        if address not in created and (address == THE_STRUCTURE or id_map.id(address) is None)
    )


def _left_waiting(address: Address, gaps: Sequence[Address]) -> Finding:
    return _blocked(address, f"refers to {_named(gaps)}, which this plan leaves alone")


def _name_kept(address: Address, holder: Address) -> Finding:
    reason = f"its name is still that of the live object declared as {holder}"
    return _blocked(address, f"{reason}, which this plan does not rename first")


def _blocked(address: Address, reason: str, remedy: str = MEND_THAT) -> Finding:
    return Finding("warning", "blocked", address, reason, remedy)


def _named(addresses: Sequence[Address]) -> str:
    return ", ".join(str(address) for address in addresses)


def _name(resource: Resource) -> tuple[str, str]:
    kind = KINDS[resource.address.kind]
    return kind.name, str(resource.fields.get(kind.identity))


def _waits_for(
    difference: Difference,
    writes: Mapping[Address, Difference],
    freed: Mapping[tuple[str, str], Address],
    id_map: IdMap,
) -> set[Address]:
    needs = {address for address in _needs(difference, id_map) if address in writes}
    waits = {a for a in needs if a == THE_STRUCTURE or _becomes(writes[a])}
    # A copy is of what its source is to be.
    waits |= needs.intersection(difference.desired.intent.origins)
    taken = _identity(difference, "after")
    if taken and taken in freed:
        waits.add(freed[taken])
    return waits - {difference.address}


def _becomes(difference: Difference) -> bool:
    """Whether there is nothing under this address, or under another name, before this is done."""
    return difference.action == CREATE or _identity(difference, "before") is not None


def _identity(difference: Difference, side: str) -> tuple[str, str] | None:
    """The kind and name that a difference takes (`after`) or gives up (`before`), if any."""
    kind = KINDS[difference.address.kind]
    for change in difference.changes:
        if change.path == (kind.identity,) and getattr(change, side):
            return kind.name, getattr(change, side)
    return None
