"""The table of resource kinds, and the kinds that have a capability."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from bmeconf.kinds.base import Kind
from bmeconf.kinds.campaigns import Campaigns
from bmeconf.kinds.contacts import Contacts
from bmeconf.kinds.lists import Lists
from bmeconf.kinds.structure import Structure
from bmeconf.model import Address

Capability = TypeVar("Capability", bound=Kind)

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.name: kind for kind in (Structure(), Lists(), Contacts(), Campaigns())}
)
"""The kinds by name, in the order in which references allow them to be written."""


def identity(address: Address) -> tuple[str, str]:
    """The kind and the canonical name in an address: the same for every way of writing it."""
    return address.kind, KINDS[address.kind].canonical(address.name)


def having(capability: type[Capability]) -> tuple[Capability, ...]:
    """The kinds that have a capability, in the order of the table."""
    return tuple(kind for kind in KINDS.values() if isinstance(kind, capability))


def only(capability: type[Capability]) -> Capability:
    """The one kind that has a capability."""
    (kind,) = having(capability)
    return kind
