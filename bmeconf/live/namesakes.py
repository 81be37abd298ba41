"""Live objects of one name, told apart by what the lock file knows. Pure.

A plan touches neither of them, nor resources that refer to them. A drift report must not end
there: one object of the same name, made by hand, would hide any change to the other one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from bmeconf.baseline import Digest, LockBaseline
from bmeconf.kinds import KINDS, IdMap, Kind
from bmeconf.live import references
from bmeconf.live.account import Reading
from bmeconf.live.match import Status
from bmeconf.model import Address, Resource, Snapshot

Ids = tuple[str, ...]


def resolve_namesakes(reading: Reading) -> Reading:
    """`reading` with those of several namesakes that the lock file knows, under their addresses.

    References to them then lead to the remembered objects. `comparable` are all resources but
    namesakes none of which is remembered, and unremembered resources that refer to such. This
    reading is for a look alone: no apply may follow from it.
    """
    ambiguous = [r for r in reading.desired if reading.matches[r.address].ambiguous]
    if not ambiguous:
        return reading
    account = reading.account
    namesakes = {r.address: known for r in ambiguous if (known := _remembered(r, reading))}
    ids = {address: known.id for address, known in namesakes.items()}
    id_map = account.id_map.with_ids({**_referred_to(reading), **ids})
    resources = {
        a: r if a in account.unread else KINDS[a.kind].live(r.raw, a, id_map)
        for a, r in {**account.resources.resources, **namesakes}.items()
    }
    resolved = replace(account, id_map=id_map, resources=Snapshot(resources))
    comparable = {r.address for r in ambiguous if not _unclear(r, reading, id_map)}
    return replace(reading, account=resolved, comparable=frozenset(comparable))


def _remembered(resource: Resource, reading: Reading) -> Resource | None:
    """The object that the lock file knows of those that have the name of a resource."""
    known = reading.account.remembered.get(resource.address)
    kind = KINDS[resource.address.kind]
    return known if known and kind.key(known.raw) in kind.match_keys(resource) else None


def _unclear(resource: Resource, reading: Reading, id_map: IdMap) -> bool:
    """True where `resource` cannot be compared; for a reference its own entry tells enough."""
    if reading.matches[resource.address].status is Status.AMBIGUOUS:
        return resource.address not in id_map.ids
    alike = _namesakes(id_map)
    open_ = (a for a in references.mentions(resource, id_map) if a not in id_map.ids)
    return reading.section.at(resource.address) is None and any(alike.get(a) for a in open_)


def _namesakes(id_map: IdMap) -> Mapping[Address, Ids]:
    """The ids of live objects that no name tells apart, by the address that all of them have."""
    ids: dict[Address, list[str]] = defaultdict(list)
    for address, id in id_map.ids.items():
        if address.id and address.name:
            ids[replace(address, id="")].append(id)
    return {address: tuple(sorted(of_name)) for address, of_name in ids.items()}


def _referred_to(reading: Reading) -> Mapping[Address, str]:
    """Namesakes that are only referred to, as a resource that refers to them was applied last."""
    id_map, alike = reading.account.id_map, _namesakes(reading.account.id_map)
    meant: dict[Address, str] = {}
    for resource in reading.desired:
        entry, kind = reading.section.at(resource.address), KINDS[resource.address.kind]
        if entry is None:
            continue
        for field in kind.refers:
            sent = {*entry.sent.get(field, ())}
            for address in resource.fields.get(field) or ():
                if address in meant or address in id_map.ids:
                    continue
                fit = [
                    id
                    for id in alike.get(address, ())
                    if sent.issuperset(_digests(reading, kind, field, address, id))
                ]
                if len(fit) == 1:
                    meant[address] = fit[0]
    return meant


def _digests(reading: Reading, kind: Kind, field: str, address: Address, id: str) -> Digest:
    """The digests of a reference to `address`, if that were the object `id`."""
    baseline = LockBaseline(IdMap(ids={address: id}), section=reading.section)
    return baseline.sent(kind, (field,), (address,))
