"""Content that copies bring along: members of lists made of other lists, campaigns' fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bmeconf.kinds import KINDS, Audience, Copyable, IdMap, Member, ReadApi, only
from bmeconf.live.match import Matches
from bmeconf.model import Address, Resource, Snapshot


def members_ahead(
    desired: Snapshot, live: Snapshot, matches: Matches
) -> Mapping[Address, Resource]:
    """The live contacts that the plan's new lists change, each as its own step will find it.

    A list made of others has their members (API contract 4.3): without this a contact would end
    on a list that it does not declare.
    """
    lists = {
        resource.address: resource.intent.origins
        for resource in desired.of_kind(only(Audience).name)
        if resource.intent.origins and _is_created(resource, matches)
    }
    ahead = {}
    kind = only(Member)
    for contact in live.of_kind(kind.name) if lists else ():
        before = contact.fields.get(kind.membership, ())
        held = set(before)
        while joined := {new for new, origins in lists.items() if held & set(origins)} - held:
            held |= joined
        if len(held) > len(before):
            fields = {**contact.fields, kind.membership: tuple(sorted(held))}
            ahead[contact.address] = replace(contact, fields=fields)
    return ahead


def sources(
    api: ReadApi, id_map: IdMap, desired: Snapshot, matches: Matches
) -> Mapping[Address, Resource]:
    """The live objects that a plan would copy: their copies bring along undeclared content."""
    copied = {
        resource.intent.copy_of
        for resource in desired
        if isinstance(kind := KINDS[resource.address.kind], Copyable)
        and kind.pins_source
        and resource.intent.copy_of
        and _is_created(resource, matches)
    }
    return {
        address: kind.live(kind.fetch(api, id_map, id), address, id_map)
        for address in sorted(copied)
        if (id := id_map.id(address)) and (kind := KINDS[address.kind])
    }


def _is_created(resource: Resource, matches: Matches) -> bool:
    match = matches[resource.address]
    return match.row is None and not (match.blocked or resource.intent.absent)
