"""Content that copies bring along: members of lists made of other lists, campaigns' fields."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bmeconf.kinds import KINDS, Audience, Copyable, IdMap, Member, ReadApi, only
from bmeconf.live.match import Matches
from bmeconf.model import Address, Resource, Snapshot

Origins = Mapping[Address, tuple[Address, ...]]


def lists_to_make(desired: Snapshot, matches: Matches) -> Origins:
    """The lists that a plan would make of others, each with those others."""
    return {
        resource.address: resource.intent.origins
        for resource in desired.of_kind(only(Audience).name)
        if resource.intent.origins and _is_created(resource, matches)
    }


def with_new_lists(contact: Resource, lists: Origins) -> Resource:
    """A live contact as its step will find it, once `lists` are made.

    A list made of others has their members (API contract 4.3): without this a contact would end
    on a list that it does not declare. A resource that is no contact comes back as it is.
    """
    kind = KINDS[contact.address.kind]
    if not (lists and isinstance(kind, Member) and kind.membership in contact.fields):
        return contact
    held = set(contact.fields[kind.membership])
    while joined := {new for new, origins in lists.items() if held & set(origins)} - held:
        held |= joined
    if len(held) == len(contact.fields[kind.membership]):
        return contact
    return replace(contact, fields={**contact.fields, kind.membership: tuple(sorted(held))})


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
