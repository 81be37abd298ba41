"""Kind: what the pipeline asks of a resource kind, with the ordinary answers.

A kind is stateless. Its pure half brings manifests and replies to canonical fields and judges
changes; its other half makes the API calls, through a `ReadApi` or `WriteApi` it is handed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, Protocol

from bmeconf.errors import Stale
from bmeconf.kinds import replies
from bmeconf.kinds.replies import Raw
from bmeconf.model import (
    NOTHING,
    Address,
    Call,
    Change,
    Fields,
    Finding,
    Intent,
    Manual,
    Resource,
    Value,
    canonical_name,
    lookup,
)


@dataclass
class Dialect:
    """What a run has learned about the API where the documents leave it open.

    `contact_lists` is the shape in which contact writes take lists: `ids` or `actions`
    (API contract 6, question 1).
    """

    contact_lists: str = "ids"
    contact_lists_known: bool = False


class ReadApi(Protocol):
    """The reading half of the client."""

    dialect: Dialect

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """One GET; the decoded reply."""

    def listing(self, path: str, params: Mapping[str, Any] | None = None) -> Sequence[Raw]:
        """Every row of a listing that comes whole, in one reply."""

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Sequence[Raw]:
        """Every row of a paged listing, to the last page, totals checked."""

    def search(self, body: Mapping[str, Any], size: int) -> Sequence[Raw]:
        """Every hit of a contact search, all pages, totals checked."""

    def pause(self, seconds: float) -> None:
        """Wait, for the search index to catch up."""


class WriteApi(ReadApi, Protocol):
    """The client once it was opened for apply."""

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One write, never repeated; the decoded reply, None where it is empty."""


@dataclass(frozen=True)
class Names:
    """The ids behind names, as far as a run knows them.

    `structure` is the raw contact structure in use; `ids` the live id of each bound or
    referred-to resource.
    """

    structure: Raw = field(default_factory=dict)
    ids: Mapping[Address, str] = field(default_factory=dict)

    @property
    def structure_id(self) -> str:
        """The id of the structure in use."""
        return replies.id_of(self.structure, "the contact structure")

    @cached_property
    def _addresses(self) -> Mapping[tuple[str, str], Address]:
        return {(address.kind, id): address for address, id in self.ids.items()}

    def address(self, kind: str, id: str) -> Address:
        """The address of a live object; one without a name where the run knows none."""
        return self._addresses.get((kind, id)) or Address(kind, id=id)

    def id(self, address: Address) -> str | None:
        """The live id behind `address`, None while it does not exist."""
        return self.ids.get(address) or (address.id if not address.name else None)

    def require(self, address: Address) -> str:
        """The live id behind `address`.

        Raises:
            Stale: where there is none: writing without it would say less than the plan did.
        """
        id = self.id(address)
        if id is None:
            raise Stale(f"{address} is not in the account", "plan again")
        return id

    def with_ids(self, ids: Mapping[Address, str]) -> Names:
        """These names and more."""
        return replace(self, ids={**self.ids, **ids})

    @cached_property
    def fields(self) -> Mapping[str, Raw]:
        """The structure's fields by canonical label."""
        return {_label(f): f for f in self.structure.get("fields") or ()}

    @cached_property
    def tags(self) -> Mapping[str, str]:
        """The structure's tags: id by canonical label."""
        tags = self.structure.get("tags") or ()
        return {_label(tag): replies.id_of(tag, "a tag") for tag in tags}

    def label(self, wanted: str) -> str | None:
        """The live label of a field: by predefined name first, then by label (contract 4.1)."""
        words = wanted.split()
        camel = "".join([words[0].lower(), *(w.capitalize() for w in words[1:])]) if words else ""
        for label, live in self.fields.items():
            if live.get("predefinedField") == camel:
                return label
        return wanted if wanted in self.fields else None


def _label(raw: Raw) -> str:
    return canonical_name(replies.text_of(raw.get("label")) or "")


@dataclass(frozen=True)
class Managed:
    """What the manifests name anywhere: the lists and tags over which contacts are exact."""

    lists: frozenset[Address] = frozenset()
    tags: frozenset[str] = frozenset()


class Kind(ABC):
    """One resource kind. `name` is its key in manifests and the first part of its addresses."""

    name: ClassVar[str]
    identity: ClassVar[str]
    sets: ClassVar[frozenset[str]] = frozenset()
    """Fields whose value is a sorted tuple; a missing one is the empty tuple."""
    references: ClassVar[frozenset[str]] = frozenset()
    """Of those, the fields that hold addresses of lists."""
    partial: ClassVar[bool] = False
    """Whether those sets are declared in part: members that no manifest names stay."""
    looks_first: ClassVar[bool] = False
    """Whether a create must look for the name itself, since the server may allow it twice."""
    enforced: ClassVar[bool] = True
    """Whether the server itself rejects an update with a stale `__v`."""

    # --- shaping, pure

    @abstractmethod
    def declared(self, spec: Mapping[str, Any]) -> Fields:
        """The canonical fields of a valid manifest entry, only those that it declares."""

    @abstractmethod
    def key(self, raw: Raw) -> str:
        """A live object's identity: canonical name or email."""

    @abstractmethod
    def live_fields(self, raw: Raw, names: Names) -> Fields:
        """The canonical fields of a reply, only those that it shows."""

    def live(self, raw: Raw, address: Address, names: Names) -> Resource:
        """A reply as a Resource."""
        return Resource(
            address,
            self.live_fields(raw, names),
            id=replies.id_of(raw, str(address)),
            version=replies.version_of(raw),
            facts=self.facts(raw),
            raw=raw,
        )

    def facts(self, raw: Raw) -> Mapping[str, Any]:
        """Read-only things worth telling about a live object."""
        return NOTHING

    @abstractmethod
    def essence(self, raw: Raw) -> Any:
        """The JSON content of a reply, by ids, that no one else may change unnoticed."""

    def wanted_keys(self, desired: Resource) -> tuple[str, ...]:
        """The identities under which `desired` may be found, its own first."""
        return (str(desired.fields[self.identity]), *desired.intent.renamed_from)

    def resolved(self, desired: Resource, names: Names) -> Resource:
        """`desired` in the live account's own words."""
        return desired

    def observed(self, desired: Resource, live: Resource, managed: Managed) -> Fields:
        """The live values of what `desired` declares; what the reply hides is left out."""
        return {key: live.fields[key] for key in desired.fields if key in live.fields}

    # --- judging, pure

    def holds(self, change: Change, value: Value, live: Resource) -> bool:
        """Whether the field of `change` is `value` now; one that is not shown is not denied."""
        if change.path[0] not in live.fields:
            return True
        current = lookup(live.fields, change.path)
        if isinstance(value, Mapping):
            return isinstance(current, Mapping) and value.items() <= current.items()
        if change.path[0] in self.sets:
            named = {*(change.before or ()), *(change.after or ())}
            members = set(current or ())
            return (members & named if self.partial else members) == set(value or ())
        return bool(current == value)

    def restraint(
        self, desired: Resource, live: Resource, changes: Sequence[Change]
    ) -> Finding | None:
        """Why this change must not be made, or None. `changes` is empty for a delete."""
        return None

    def manual(self, desired: Resource, live: Resource | None, now: datetime) -> Iterable[Manual]:
        """What a person has to do for this resource."""
        return ()

    def hanging(self, live: Resource) -> str:
        """What hangs on a live object, for the reader of its delete step."""
        return ""

    # --- reading

    @abstractmethod
    def rows(self, api: ReadApi, names: Names, wanted: Sequence[Resource]) -> Sequence[Raw]:
        """The live objects among which `wanted` are to be found."""

    @abstractmethod
    def path(self, names: Names, id: str) -> str:
        """The path of one object."""

    def fetch(self, api: ReadApi, names: Names, id: str) -> Raw:
        """One object, by id.

        Raises:
            NotFound: where it is gone.
        """
        return replies.object_of(api.get(self.path(names, id)), f"{self.name}/#{id}")

    def detail(self, api: ReadApi, names: Names, row: Raw) -> Raw:
        """All that can be read of a listed object; the row itself where it shows everything."""
        return row

    def taken(self, api: ReadApi, names: Names, key: str) -> tuple[str, ...]:
        """The ids of the live objects that have this identity now, however fresh they are."""
        return ()

    # --- writing

    @abstractmethod
    def create_calls(self, names: Names, fields: Fields, intent: Intent) -> Sequence[Call]:
        """The requests that `create` will make."""

    @abstractmethod
    def create(self, api: WriteApi, names: Names, fields: Fields, intent: Intent) -> str:
        """Create with `fields` and the origin in `intent`; the new id.

        Raises:
            DuplicateName: where the identity is taken.
            OutcomeUnknown: where no answer came back.
        """

    @abstractmethod
    def update_calls(self, names: Names, id: str, changes: Sequence[Change]) -> Sequence[Call]:
        """The requests that `update` will make."""

    @abstractmethod
    def update(self, api: WriteApi, names: Names, seen: Raw, changes: Sequence[Change]) -> None:
        """Make `changes` to the object just read as `seen`, carrying its version.

        Raises:
            VersionConflict: where it moved since.
            OutcomeUnknown: where no answer came back.
        """

    def delete(self, api: WriteApi, names: Names, id: str) -> None:
        """Delete one object."""
        api.send("DELETE", self.path(names, id))


def versioned(body: Mapping[str, Any], seen: Raw) -> dict[str, Any]:
    """`body` with the version that was seen, where one was (API contract 6, question 11)."""
    version = replies.version_of(seen)
    return dict(body) if version is None else {**body, "__v": version}
