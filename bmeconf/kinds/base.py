"""Kind: what the pipeline asks of a resource kind, with the ordinary answers.

A kind is stateless. Its pure half brings manifests and replies to canonical fields and judges
changes; its other half makes the API calls, through a `ReadApi` or `WriteApi` it is handed.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import Any, ClassVar

from bmeconf.kinds import replies
from bmeconf.kinds.api import ReadApi, WriteApi
from bmeconf.kinds.campaigns.schedules import ScheduleEvidence
from bmeconf.kinds.id_map import IdMap
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
from bmeconf.model.errors import NotFound


@dataclass(frozen=True)
class Managed:
    """What the manifests name anywhere: the lists and tags over which contacts are exact."""

    lists: frozenset[Address] = frozenset()
    tags: frozenset[str] = frozenset()


COPY_NAMES = (r"(?i:copy of)\s+{}", r"{}\s*(?: -)? \(?(?i:copy)\)?", r"{}")
NUMBERED = r"(?:\s+\(?\d+\)?)?"
"""What services call a copy; this one's own way is not documented (API contract 4.3, 4.4)."""


def names_copy(name: str, source: str) -> bool:
    """Whether `name` is one that a service may give to a copy of `source`, itself included."""
    # A source may end in digits of its own, so that a name alone does not tell what was copied.
    called = (form.format(re.escape(source)) + NUMBERED for form in COPY_NAMES)
    return any(re.fullmatch(pattern, name, re.DOTALL) for pattern in called)


class Kind(ABC):
    """One resource kind. `name` is its key in manifests and the first part of its addresses."""

    name: ClassVar[str]
    identity: ClassVar[str]
    sets: ClassVar[frozenset[str]] = frozenset()
    """Fields whose value is a sorted tuple; a missing one is the empty tuple."""
    refers: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Manifest key -> the kind that it names resources of."""
    partial: ClassVar[bool] = False
    """Whether those sets are declared in part: members that no manifest names stay."""
    looks_first: ClassVar[bool] = False
    """Whether a create must look for the name itself, since the server may allow it twice."""
    lags: ClassVar[bool] = False
    """Whether `taken` may overlook what is there, for a while (API contract 6, question 9)."""
    finishes: ClassVar[frozenset[str]] = frozenset()
    """Fields that a create may write in a request of their own, after the first."""
    pins_source: ClassVar[bool] = False
    """Whether a copy brings along content that its source's pin can vouch for."""
    enforced: ClassVar[bool] = True
    """Whether the server itself rejects an update with a stale `__v`."""
    rewritable: ClassVar[frozenset[str]] = frozenset()
    """Fields that a service may change into words of its own."""
    patchable: ClassVar[bool] = False
    """Whether a field can be written without having been read: an update is partial."""

    # --- shaping, pure

    @abstractmethod
    def declared(self, spec: Mapping[str, Any]) -> Fields:
        """The canonical fields of a valid manifest entry, only those that it declares."""

    def canonical(self, text: str) -> str:
        """An identity of this kind, brought to the form in which two of them compare."""
        return canonical_name(text)

    @abstractmethod
    def key(self, raw: Raw) -> str:
        """A live object's identity: canonical name or email."""

    @abstractmethod
    def live_fields(self, raw: Raw, id_map: IdMap) -> Fields:
        """The canonical fields of a reply, only those that it shows."""

    def live(self, raw: Raw, address: Address, id_map: IdMap) -> Resource:
        """A reply as a Resource."""
        return Resource(
            address,
            self.live_fields(raw, id_map),
            id=replies.id_of(raw, str(address)),
            version=replies.version_of(raw),
            facts=self.facts(raw),
            raw=raw,
        )

    def facts(self, raw: Raw) -> Mapping[str, Any]:
        """Read-only things worth telling about a live object."""
        return NOTHING

    @abstractmethod
    def pin_content(self, raw: Raw) -> Any:
        """The JSON content of a reply, by ids, that no one else may change unnoticed."""

    def match_keys(self, desired: Resource) -> tuple[str, ...]:
        """The identities under which `desired` may be found, its own first."""
        return (str(desired.fields[self.identity]), *desired.intent.renamed_from)

    def resolved(self, desired: Resource, id_map: IdMap) -> Resource:
        """`desired` in the live account's own words."""
        return desired

    def observed(self, desired: Resource, live: Resource, managed: Managed) -> Fields:
        """The live values of what `desired` declares; what the reply hides is left out."""
        return {key: live.fields[key] for key in desired.fields if key in live.fields}

    # --- judging, pure

    def holds(self, change: Change, value: Value, live: Resource, managed: Managed) -> bool:
        """Whether the field of `change` is `value` now; one that is not shown is not denied."""
        if change.path[0] not in live.fields:
            return True
        current = lookup(live.fields, change.path)
        if isinstance(value, Mapping):
            return isinstance(current, Mapping) and value.items() <= current.items()
        if change.path[0] in self.sets:
            members = set(current or ())
            if self.partial:
                members &= self.exact_over(change, managed)
            return members == set(value or ())
        return bool(current == value) or self.rewrote(change.path[0], value, current)

    def rewrote(self, field: str, declared: Value, live: Value) -> bool:
        """Whether `live` is what the service made of `declared`, and so in sync (design 7.4)."""
        return False

    def reworded(self, field: str, declared: Value, live: Value) -> bool:
        """Whether `live` may be `declared` in words that nothing explains: nothing is lost."""
        return False

    def exact_over(self, change: Change, managed: Managed) -> set[Value]:
        """The members over which a partly declared set is exact."""
        return {*(change.before or ()), *(change.after or ())}

    def refusal(
        self, desired: Resource, live: Resource, changes: Sequence[Change]
    ) -> Finding | None:
        """Why this change must not be made, or None. `changes` is empty for a delete."""
        return None

    def marks(self, raw: Raw) -> Raw:
        """What a copy of a listed object is known by, as far as it is listed."""
        return {"name": raw.get("name")} if raw else {}

    def copied(self, marks: Raw, raw: Raw, at: str) -> bool:
        """Whether a listed object is a copy, made at `at`, of one with these marks.

        It has a name of the service's own making, was made then, and nobody has touched it since:
        anything else may be somebody's own, and is not to be written to.
        """
        fresh = replies.made_at(raw, at) and raw.get("updatedAt") == raw.get("createdAt")
        return fresh and names_copy(self.key(raw), self.key(marks))

    def manual(self, desired: Resource, sight: ScheduleEvidence, now: datetime) -> Iterable[Manual]:
        """What a person has to do for this resource, by what is known of the live one."""
        return ()

    def breaks_without(self, live: Resource) -> bool:
        """Whether a live object would be harmed by the loss of what it refers to."""
        return False

    def usage(self, live: Resource) -> str:
        """What hangs on a live object, for the reader of its delete step."""
        return ""

    # --- reading

    @abstractmethod
    def rows(self, api: ReadApi, id_map: IdMap, wanted: Sequence[Resource]) -> Sequence[Raw]:
        """The live objects among which `wanted` are to be found."""

    @abstractmethod
    def path(self, id_map: IdMap, id: str) -> str:
        """The path of one object."""

    def fetch(self, api: ReadApi, id_map: IdMap, id: str) -> Raw:
        """One object, by id.

        Raises:
            NotFound: where it is gone.
        """
        path = self.path(id_map, id)
        return replies.object_of(api.get(path), path)

    def detail(self, api: ReadApi, id_map: IdMap, row: Raw) -> Raw:
        """All that can be read of a listed object; the row itself where it shows everything."""
        return row

    def listed(self, raw: Raw) -> Any:
        """Of a listed or a fetched object what both show, as JSON; None where rows show all."""
        return None

    def touched(self, raw: Raw) -> str:
        """When an object was last changed, where its replies show that."""
        return ""

    def filled(self, raw: Raw, shown: Collection[str]) -> Raw:
        """`raw` with a null for what replies leave out where it is empty.

        `shown` are the keys that replies of this kind are known to have in this account.
        """
        return raw

    def complete_row(self, rows: Sequence[Raw]) -> Raw | None:
        """The row whose details are sure to show every key that the API shows at all."""
        return None

    def taken(self, api: ReadApi, id_map: IdMap, key: str) -> tuple[str, ...]:
        """The ids of the live objects that have this identity now, however fresh they are."""
        return ()

    def reread(self, api: ReadApi, id_map: IdMap, keys: Sequence[str]) -> Mapping[str, Raw]:
        """The live objects with these identities, by id, as one listing shows them.

        There may be others among them, where the listing cannot be narrowed.
        """
        raise AssertionError(f"{self.name} are read one by one: batch_price() says so")

    def batch_price(self, count: int) -> int:
        """How many requests `reread` takes for so many; as many as alone where it is no use."""
        return count

    def look(
        self, api: ReadApi, id_map: IdMap, ids: Sequence[str], keys: Sequence[str]
    ) -> Mapping[str, Raw]:
        """The live objects with these ids, and those with these identities, as they are now.

        By id; whole enough to be held against a pin (design 7.14).
        """
        found = dict(self.reread(api, id_map, keys)) if keys else {}
        for id in ids:
            try:
                found[id] = self.fetch(api, id_map, id)
            except NotFound:
                found.pop(id, None)
        return found

    def look_price(self, ids: int, keys: int) -> int:
        """How many requests `look` takes for so many."""
        return ids + min(keys, 1)

    # --- writing

    @abstractmethod
    def create_calls(self, id_map: IdMap, fields: Fields, intent: Intent) -> Sequence[Call]:
        """The requests that `create` will make."""

    @abstractmethod
    def create(self, api: WriteApi, id_map: IdMap, fields: Fields, intent: Intent) -> str:
        """Create with `fields` and the origin in `intent`; the new id.

        Raises:
            DuplicateName: where the identity is taken.
            OutcomeUnknown: where no answer came back.
        """

    @abstractmethod
    def update_calls(self, id_map: IdMap, id: str, changes: Sequence[Change]) -> Sequence[Call]:
        """The requests that `update` will make."""

    @abstractmethod
    def update(
        self, api: WriteApi, id_map: IdMap, seen: Raw, changes: Sequence[Change]
    ) -> Raw | None:
        """Make `changes` to the object just read as `seen`, carrying its version.

        Returns the object as it was read afterwards, where the kind has to read it anyway.

        Raises:
            VersionConflict: where it moved since.
            LossyWrite: where a replacement did not keep what was sent back with it.
            OutcomeUnknown: where no answer came back.
        """

    def delete_calls(self, id_map: IdMap, id: str) -> Sequence[Call]:
        """The requests of a delete: a last look, then the deletion."""
        path = self.path(id_map, id)
        return (Call("GET", path), Call("DELETE", path))

    def delete(self, api: WriteApi, id_map: IdMap, id: str) -> None:
        """Delete one object."""
        api.send("DELETE", self.path(id_map, id))


def versioned(body: Mapping[str, Any], seen: Raw) -> dict[str, Any]:
    """`body` with the version that was seen, where one was (API contract 6, question 11)."""
    version = replies.version_of(seen)
    return dict(body) if version is None else {**body, "__v": version}
