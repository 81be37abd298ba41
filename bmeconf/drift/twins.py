"""Live objects of one name, told apart by what the lock file knows. Pure.

A plan touches neither of them, nor what names them. A look at what moved must not end there: one
object made by hand, of the same name, would hide whatever else was done to the one that is meant.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

from bmeconf.baseline.classify import Baseline
from bmeconf.baseline.lock import Digest
from bmeconf.kinds import KINDS
from bmeconf.kinds.base import Kind
from bmeconf.kinds.id_map import IdMap
from bmeconf.live import references as dangling
from bmeconf.live.read import Live
from bmeconf.model import Address, Finding, Resource, Snapshot

AMBIGUOUS = "ambiguous"
Ids = tuple[str, ...]


def told_apart(seen: Live) -> Live:
    """`seen` with those of several namesakes that the lock file knows under their addresses.

    What names them is seen anew by that. Withheld stays only what nothing can be said of: the
    namesakes none of which is remembered, and what names such and is not remembered itself.
    """
    if not any(finding.code == AMBIGUOUS for finding in seen.withheld.values()):
        return seen
    known = {address: twin.id for address, twin in seen.twins.items()}
    names = seen.id_map.with_ids({**_referred_to(seen), **known})
    found = {
        a: r if a in seen.settled else KINDS[a.kind].live(r.raw, a, names)
        for a, r in {**seen.snapshot.resources, **seen.twins}.items()
    }
    told = replace(seen, id_map=names, snapshot=Snapshot(found))
    return replace(told, withheld=_still_withheld(told))


def candidates(resource: Resource, seen: Live) -> Ids:
    """The ids of the live objects among which nothing tells the one that `resource` means."""
    if resource.id or resource.address in seen.id_map.ids:
        return ()
    alike, keys = _namesakes(seen), KINDS[resource.address.kind].match_keys(resource)
    found = (alike.get(Address(resource.address.kind, key), ()) for key in keys)
    return next((ids for ids in found if len(ids) > 1), ())


def _still_withheld(seen: Live) -> Mapping[Address, Finding]:
    alike, withheld = _namesakes(seen), dict(seen.withheld)
    for resource in seen.desired:
        found = withheld.get(resource.address)
        if found and found.code == AMBIGUOUS and not _unclear(resource, seen, alike):
            del withheld[resource.address]
    return withheld


def _unclear(resource: Resource, seen: Live, alike: Mapping[Address, Ids]) -> bool:
    """Whether nothing can be said of `resource`; of a reference its own memory tells enough."""
    if candidates(resource, seen):
        return True
    mentioned = (a for a in dangling.mentions(resource, seen.id_map) if a not in seen.id_map.ids)
    return seen.section.at(resource.address) is None and any(alike.get(a) for a in mentioned)


def _namesakes(seen: Live) -> Mapping[Address, Ids]:
    """The ids of live objects that no name tells apart, by the address that all of them have."""
    found: dict[Address, list[str]] = defaultdict(list)
    for address, id in seen.id_map.ids.items():
        if address.id and address.name:
            found[replace(address, id="")].append(id)
    return {address: tuple(sorted(ids)) for address, ids in found.items()}


def _referred_to(seen: Live) -> Mapping[Address, str]:
    """Of namesakes that only are referred to, those that something was last applied with."""
    alike, meant = _namesakes(seen), dict[Address, str]()
    for resource in seen.desired:
        entry, kind = seen.section.at(resource.address), KINDS[resource.address.kind]
        if entry is None:
            continue
        for field in kind.refers:
            sent = {*entry.sent.get(field, ())}
            for address in resource.fields.get(field) or ():
                if address in meant or address in seen.id_map.ids:
                    continue
                fit = [
                    id
                    for id in alike.get(address, ())
                    if sent.issuperset(_digests(seen, kind, field, address, id))
                ]
                if len(fit) == 1:
                    meant[address] = fit[0]
    return meant


def _digests(seen: Live, kind: Kind, field: str, address: Address, id: str) -> Digest:
    """What would be remembered of a reference to `address`, were it the object `id`."""
    return Baseline(seen.section, IdMap(ids={address: id})).sent(kind, (field,), (address,))
