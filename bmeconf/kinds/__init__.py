"""Resource kinds: one file or folder each, and the table of them.

`Kind` answers what every stage may ask of every kind. What only some kinds are or can do is a
capability (see `capabilities`): a stage asks for that, and never for the name of a kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

from bmeconf.kinds.base import Kind
from bmeconf.kinds.campaigns.kind import Campaigns
from bmeconf.kinds.contacts.kind import Contacts
from bmeconf.kinds.lists import Lists
from bmeconf.kinds.structure import Structure

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.name: kind for kind in (Structure(), Lists(), Contacts(), Campaigns())}
)
"""The kinds by name, in the order in which references allow them to be written."""
Capability = TypeVar("Capability", bound=Kind)


def having(capability: type[Capability]) -> tuple[Capability, ...]:
    """The kinds that have a capability, in the order of the table."""
    return tuple(kind for kind in KINDS.values() if isinstance(kind, capability))


def only(capability: type[Capability]) -> Capability:
    """The one kind that has a capability."""
    (kind,) = having(capability)
    return kind
