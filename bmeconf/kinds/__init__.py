"""The table of resource kinds, in the order in which references allow them to be written."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from bmeconf.kinds.base import Kind
from bmeconf.kinds.campaigns.kind import Campaigns
from bmeconf.kinds.contacts.kind import Contacts
from bmeconf.kinds.lists import Lists
from bmeconf.kinds.structure import Structure

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.name: kind for kind in (Structure(), Lists(), Contacts(), Campaigns())}
)
