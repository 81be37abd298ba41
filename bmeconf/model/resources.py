"""Address, Resource, Snapshot: one type for both sides of a comparison. Frozen data.

Desired (from manifests) and live (from the API) are the same type, so that comparing them needs
to know neither YAML nor HTTP. A reference to another resource is that resource's `Address`,
symbolic until `apply` knows its id.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from types import MappingProxyType
from typing import Any, NamedTuple

STRUCTURE, LISTS, CONTACTS, CAMPAIGNS = "structure", "lists", "contacts", "campaigns"


@dataclass(frozen=True, order=True, slots=True)
class Address:
    """Names one resource everywhere: `structure`, `lists/Newsletter`, `lists/Newsletter#<id>`.

    `id` is set only where two declared objects share a name, and for live objects that no
    name can tell apart; `str()` gives the form used in plans, reports and `--target`.
    """

    kind: str
    name: str = ""
    id: str = ""

    def __hash__(self) -> int:
        # A text knows its hash: a tuple of all would be hashed at each of many look-ups.
        return hash(self.id or self.name)

    @property
    def parts(self) -> tuple[str, str, str]:
        """What addresses sort by, and compare as; many of them sort faster so."""
        return self.kind, self.name, self.id

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


@dataclass(frozen=True, slots=True)
class Template:
    """A campaign body that is a vendor template, until `live` has read its HTML."""

    name: str
    lang: str


# None | bool | int | str | Address | Template | tuple of values | mapping of str to value.
# Sets are sorted tuples, so that equality means what a person means by it.
Value = Any
Fields = Mapping[str, Value]
NOTHING: Mapping[Any, Any] = MappingProxyType({})


def nothing() -> Mapping[Any, Any]:
    """`NOTHING`, the one empty mapping that all share."""
    return NOTHING


class Place(NamedTuple):
    """Where in the files something was written: path as the user would type it, 1-based."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


class Written(NamedTuple):
    """The commit that a line of the files is from, its author, and when it was written."""

    commit: str
    author: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a person is to schedule a campaign for (`at` is aware), who does it, with what note."""

    at: datetime
    owner: str | None = None
    note: str | None = None


class Intent(NamedTuple):
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
    expect: Mapping[str, str] = NOTHING
    place: Place | None = None
    places: Mapping[str, Place] = NOTHING

    @property
    def origins(self) -> tuple[Address, ...]:
        """The resources that a create starts from."""
        return (self.copy_of, *self.merge_of) if self.copy_of else self.merge_of

    def written(self, path: tuple[str, ...]) -> Place | None:
        """Where the value at a path into the fields is written, None where it is not."""
        return self.places.get(".".join(path))


NO_INTENT = Intent()
"""That of everything on the live side."""


@dataclass(frozen=True, slots=True)
class Resource:
    """One list, contact, campaign or the structure, on either side.

    `fields` holds canonical values under the manifest's names; on the desired side only what
    is declared. `id` is the live `_id` (desired: the pinned one).
    `facts` are live, read-only things (a campaign's status, a list's totals); `raw` is the
    reply they came from, for read-modify-write.
    """

    address: Address
    fields: Fields = field(default_factory=nothing)
    id: str = ""
    facts: Mapping[str, Value] = field(default_factory=nothing)
    intent: Intent = NO_INTENT
    raw: Mapping[str, Any] = field(default_factory=nothing, repr=False, compare=False)

    def mentioned(self) -> Sequence[Address]:
        """Every other resource that this one names: in its fields, and as what it starts from."""
        return [*references(self.fields), *self.intent.origins]


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
        return self._by_kind.get(kind, ())

    @cached_property
    def _by_kind(self) -> Mapping[str, tuple[Resource, ...]]:
        kinds: dict[str, list[Resource]] = {}
        for resource in self:
            kinds.setdefault(resource.address.kind, []).append(resource)
        return {kind: tuple(resources) for kind, resources in kinds.items()}

    @cached_property
    def in_order(self) -> tuple[Resource, ...]:
        """The resources by address."""
        return tuple(sorted(self, key=lambda resource: resource.address.parts))


def lookup(fields: Fields, path: tuple[str, ...]) -> Value:
    """The value at `path`, None where there is none."""
    value: Value = fields
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def references(value: Value) -> Sequence[Address]:
    """Every address that a field value mentions."""
    if isinstance(value, Address):
        return (value,)
    # Every resource is asked: what most of them hold comes first.
    if isinstance(value, tuple):
        inside: Iterable[Value] = value
    elif type(value) is dict or isinstance(value, Mapping):
        inside = value.values()
    else:
        return ()
    found: list[Address] = []
    for inner in inside:
        if type(inner) is Address:
            found.append(inner)
        elif type(inner) is not str:
            found += references(inner)
    return found
