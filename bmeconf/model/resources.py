"""Address, Resource, Snapshot: one type for both sides of a comparison. Frozen data.

Desired (from manifests) and live (from the API) are the same type, so that comparing them needs
to know neither YAML nor HTTP. A reference to another resource is that resource's `Address`,
symbolic until `apply` knows its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

STRUCTURE, LISTS, CONTACTS, CAMPAIGNS = "structure", "lists", "contacts", "campaigns"


@dataclass(frozen=True, order=True)
class Address:
    """Names one resource everywhere: `structure`, `lists/Newsletter`, `lists/Newsletter#<id>`.

    `id` is set only where two declared objects share a name, and for live objects that no
    name can tell apart; `str()` gives the form used in plans, reports and `--target`.
    """

    kind: str
    name: str = ""
    id: str = ""

    def __str__(self) -> str:
        if self.kind == STRUCTURE:
            return self.kind
        return f"{self.kind}/{self.name}" + (f"#{self.id}" if self.id else "")


class CampaignStatus(StrEnum):
    """A documented campaign status, each as the word that the API shows (API contract 4.4).

    A live status stays a text, since the API may show one that is not documented.
    """

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    PAUSED = "paused"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINISHED = frozenset({CampaignStatus.SENT, CampaignStatus.FAILED, CampaignStatus.CANCELLED})
"""Statuses of campaigns that reach nobody any more."""
UNFINISHED = frozenset(CampaignStatus) - FINISHED
"""Statuses of campaigns that may still be sent, to all or to the rest of their recipients."""


@dataclass(frozen=True)
class Template:
    """A campaign body that is a vendor template, until `live` has read its HTML."""

    name: str
    lang: str


# None | bool | int | str | Address | Template | tuple of values | mapping of str to value.
# Sets are sorted tuples, so that equality means what a person means by it.
Value = Any
Fields = Mapping[str, Value]
NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, order=True)
class Place:
    """Where in the files something was written: path as the user would type it, 1-based."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True)
class Schedule:
    """When a person is to schedule a campaign for (`at` is aware), who does it, with what note."""

    at: datetime
    owner: str | None = None
    note: str | None = None


@dataclass(frozen=True)
class Intent:
    """What a manifest says about a resource beside its fields; empty on the live side.

    `spelled` are the names that it goes by, or went by, exactly as they are written.
    `places` maps a field's name (or `field.key`) to where it was written.
    """

    absent: bool = False
    protect: bool = False
    renamed_from: tuple[str, ...] = ()
    spelled: tuple[str, ...] = ()
    copy_of: Address | None = None
    merge_of: tuple[Address, ...] = ()
    schedule: Schedule | None = None
    expect: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = None
    places: Mapping[str, Place] = field(default_factory=dict)

    @property
    def origins(self) -> tuple[Address, ...]:
        """The resources that a create starts from."""
        return (*((self.copy_of,) if self.copy_of else ()), *self.merge_of)


@dataclass(frozen=True)
class Resource:
    """One list, contact, campaign or the structure, on either side.

    `fields` holds canonical values under the manifest's names; on the desired side only what
    is declared. `id` is the live `_id` (desired: the pinned one).
    `facts` are live, read-only things (a campaign's status, a list's totals); `raw` is the
    reply they came from, for read-modify-write.
    """

    address: Address
    fields: Fields = field(default_factory=dict)
    id: str = ""
    facts: Mapping[str, Value] = field(default_factory=dict)
    intent: Intent = field(default_factory=Intent)
    raw: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(frozen=True)
class Snapshot:
    """The resources of one side, by address."""

    resources: Mapping[Address, Resource] = field(default_factory=dict)

    @classmethod
    def of(cls, resources: Iterable[Resource]) -> Snapshot:
        """A snapshot of `resources`, which must not share an address."""
        return cls({resource.address: resource for resource in resources})

    def __iter__(self) -> Iterator[Resource]:
        return iter(self.resources.values())

    def __len__(self) -> int:
        return len(self.resources)

    def get(self, address: Address) -> Resource | None:
        """The resource at `address`, or None."""
        return self.resources.get(address)

    def of_kind(self, kind: str) -> tuple[Resource, ...]:
        """The resources of one kind, in the snapshot's order."""
        return tuple(r for r in self if r.address.kind == kind)


def lookup(fields: Fields, path: tuple[str, ...]) -> Value:
    """The value at `path`, None where there is none."""
    value: Value = fields
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def references(value: Value) -> Iterator[Address]:
    """Every address that a field value mentions."""
    if isinstance(value, Address):
        yield value
    elif isinstance(value, Mapping | tuple):
        for inner in value.values() if isinstance(value, Mapping) else value:
            yield from references(inner)
