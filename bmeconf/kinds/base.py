"""Kind: the questions that every stage may ask of every resource kind, with the ordinary answers.

A kind is stateless. Its pure half brings manifests and replies to canonical fields and judges
changes; its other half makes the API calls, through a `ReadApi` or `WriteApi` it is handed.
Questions that make sense for some kinds only are capabilities: see `capabilities`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, ClassVar, NamedTuple

from bmeconf.kinds import replies
from bmeconf.kinds.api import Dialect, Raw, ReadApi, WriteApi, Written
from bmeconf.kinds.id_map import IdMap
from bmeconf.model import (
    NOTHING,
    Address,
    Call,
    Change,
    Fields,
    Finding,
    Intent,
    Resource,
    Value,
    canonical_name,
    counted,
    lookup,
    respelled,
)
from bmeconf.model.errors import NotFound


class Managed(NamedTuple):
    """The lists and tags that the manifests name anywhere: contacts are exact over these."""

    lists: frozenset[Address] = frozenset()
    tags: frozenset[str] = frozenset()


class Kind(ABC):
    """One resource kind.

    `name` is its key in manifests and the first part of its addresses, `noun` the word for one
    resource of it. `identity` is the manifest field that identifies a resource, `root` the path
    under which the API has it.
    """

    name: ClassVar[str]
    noun: ClassVar[str]
    identity: ClassVar[str]
    root: ClassVar[str]
    sets: ClassVar[frozenset[str]] = frozenset()
    """Fields whose value is a sorted tuple; a missing set is the empty tuple."""
    shapes: ClassVar[Mapping[str, Callable[[Any], Value]]]
    """Manifest key -> what makes its value canonical."""
    refers: ClassVar[Mapping[str, str]] = MappingProxyType({})
    """Manifest key -> the kind whose resources it names."""
    emails: ClassVar[tuple[str, ...]] = ()
    """Manifest keys whose texts are email addresses."""
    shown_as: ClassVar[str] = "name"
    """The key under which replies show the identity."""
    rewritable: ClassVar[frozenset[str]] = frozenset()
    """Fields that the service may reword (design 7.4)."""
    finishes: ClassVar[frozenset[str]] = frozenset()
    """Fields that a create may write in a request of their own, after the first."""

    def counted(self, number: int) -> str:
        """So many resources, in words: `1 list`, `2 lists`."""
        return counted(number, self.noun)

    # --- shaping, pure

    def declared(self, spec: Mapping[str, Any]) -> Fields:
        """The canonical fields of a valid manifest entry, only those that it declares."""
        return {key: shape(spec[key]) for key, shape in self.shapes.items() if key in spec}

    def written(self, text: str) -> str:
        """`text`, an identity of this kind, as people are shown it."""
        return canonical_name(text)

    def spellings(self, text: str) -> tuple[str, ...]:
        """The ways of writing `text`, an identity: first the form in which two of them compare."""
        return (self.written(text),)

    def canonical(self, text: str) -> str:
        """`text`, an identity of this kind, in the form in which two identities compare."""
        return self.spellings(text)[0]

    def called(self, raw: Raw) -> str:
        """The identity of a live object, as people are shown it.

        Raises:
            ReplyUnreadable: where the reply does not show it.
        """
        return self.written(replies.key_of(raw, self.shown_as, f"the {self.noun}"))

    def key(self, raw: Raw) -> str:
        """The canonical identity of a live object; raises as `called` does."""
        return self.canonical(self.called(raw))

    def live_fields(self, raw: Raw, id_map: IdMap) -> Fields:
        """The canonical fields of a reply, only those that it shows."""
        return {self.identity: self.called(raw)}

    def live(self, raw: Raw, address: Address, id_map: IdMap) -> Resource:
        """A reply as the Resource at `address`."""
        return Resource(
            address,
            self.live_fields(raw, id_map),
            id=replies.id_of(raw, address),
            facts=self.facts(raw, id_map),
            raw=raw,
        )

    def facts(self, raw: Raw, id_map: IdMap) -> Mapping[str, Any]:
        """Read-only values of a live object that plans and reports show."""
        return NOTHING

    @abstractmethod
    def pin_content(self, raw: Raw) -> Any:
        """The JSON content of a reply, with ids for references, of which a pin is the digest."""

    def match_keys(self, desired: Resource) -> tuple[str, ...]:
        """The identities under which `desired` may be found, its own first."""
        own = desired.fields.get(self.identity)
        names = (*([str(own)] if own else []), *desired.intent.renamed_from)
        return tuple(map(self.canonical, names))

    def observed(self, desired: Resource, live: Resource, managed: Managed) -> Fields:
        """The live values of the fields that `desired` declares, as far as the reply shows them."""
        if desired.fields.items() <= live.fields.items():
            return desired.fields
        pairs = [(k, v, live.fields[k]) for k, v in desired.fields.items() if k in live.fields]
        return {k: v if v == now else self.part(k, v, now, managed) for k, v, now in pairs}

    def part(self, field: str, declared: Value, live: Value, managed: Managed) -> Value:
        """The part of a live value that is compared with a declared one, which differs from it."""
        return self.respelled(field, declared, live)

    # --- judging, pure

    def respelled(self, field: str, declared: Value, live: Value) -> Value:
        """`live`, its addresses written as in `declared` where they are the same addresses."""
        return respelled(declared, live) if field in self.emails else live

    def holds(self, change: Change, value: Value, live: Resource, managed: Managed) -> bool:
        """True if the field of `change` has `value` now, or if the reply does not show it."""
        if change.path[0] not in live.fields:
            return True
        current = self.respelled(change.path[0], value, lookup(live.fields, change.path))
        if self.rewrote(change.path[0], value, current):
            return True
        if isinstance(value, Mapping):
            return isinstance(current, Mapping) and value.items() <= current.items()
        if change.path[0] in self.sets:
            members, exact = set(current or ()), self.exact_over(change, managed)
            return members.intersection(members if exact is None else exact) == set(value or ())
        return bool(current == value)

    def rewrote(self, field: str, declared: Value, live: Value) -> bool:
        """True if `live` is `declared` as the service is known to rewrite it: in sync."""
        return False

    def reworded(self, field: str, declared: Value, live: Value) -> bool:
        """True if `live` has all the words of `declared`, whatever was done to them."""
        return False

    def exact_over(self, change: Change, managed: Managed) -> Collection[Value] | None:
        """The members over which the set of `change` is compared; None where all count."""
        return None

    def refusal(
        self, desired: Resource, live: Resource, changes: Sequence[Change]
    ) -> Finding | None:
        """Why `changes` must not be written, or None. `changes` is empty for a delete."""
        return None

    def enforces(self, changes: Sequence[Change]) -> bool:
        """True if the server would reject `changes` that carry a stale `__v`."""
        return True

    def breaks_without(self, live: Resource) -> bool:
        """True if deleting what the object refers to would break it."""
        return False

    def usage(self, live: Resource) -> str:
        """What depends on a live object, in words for the reader of its delete step."""
        return ""

    # --- reading

    def folder(self, id_map: IdMap) -> str:
        """The path under which the objects of this kind are listed."""
        return self.root

    def path(self, id_map: IdMap, id: str) -> str:
        """The path of one object."""
        return f"{self.folder(id_map)}/{id}"

    def rows(self, api: ReadApi, id_map: IdMap, wanted: Sequence[Resource]) -> Sequence[Raw]:
        """The live objects among which `wanted` are to be found, as far as these need be shown."""
        return self.all_rows(api, id_map)

    def all_rows(self, api: ReadApi, id_map: IdMap) -> Sequence[Raw]:
        """Every live object, with all that a listing shows."""
        return api.pages(self.folder(id_map))

    def fetch(self, api: ReadApi, id_map: IdMap, id: str) -> Raw:
        """One object, by id.

        Raises:
            NotFound: where it is gone.
        """
        path = self.path(id_map, id)
        return replies.object_of(api.get(path), path)

    def detail(self, api: ReadApi, id_map: IdMap, row: Raw) -> Raw:
        """Everything that the API shows of a listed object."""
        return row

    def taken(self, api: ReadApi, id_map: IdMap, key: str) -> tuple[str, ...]:
        """The ids of the live objects that have the identity `key` now, however new they are."""
        rows, wanted = self.reread(api, id_map, (key,)), self.canonical(key)
        return tuple(id for id, row in rows.items() if self.key(row) == wanted)

    def reread(self, api: ReadApi, id_map: IdMap, keys: Sequence[str]) -> Mapping[str, Raw]:
        """The live objects with these identities, by id, as one listing shows them.

        There may be others among them, where the listing cannot be narrowed.
        """
        return {replies.id_of(row): row for row in self.all_rows(api, id_map)}

    def look(
        self, api: ReadApi, id_map: IdMap, ids: Sequence[str], keys: Sequence[str]
    ) -> Mapping[str, Raw]:
        """The live objects with these ids, and those with these identities, by id.

        Each shows enough to be compared with a pin (design 7.14).
        """
        named = partial(self.reread, api, id_map, keys) if keys else dict
        calls: list[Callable[[], Any]] = [named]
        calls += [partial(self._fetched, api, id_map, id) for id in ids]
        found, *fetched = api.together(calls)
        found = {**found, **dict(zip(ids, fetched, strict=True))}
        return {id: raw for id, raw in found.items() if raw is not None}

    def _fetched(self, api: ReadApi, id_map: IdMap, id: str) -> Raw | None:
        try:
            return self.fetch(api, id_map, id)
        except NotFound:
            return None

    def look_price(self, ids: int, keys: int, live: int, dialect: Dialect) -> int:
        """How many requests `look` takes for so many ids and identities.

        `live` is how many objects there are; the sizes are those of `dialect`.
        """
        return ids + (replies.page_price(live, dialect.page_size) if keys else 0)

    # --- writing

    @abstractmethod
    def create_calls(self, id_map: IdMap, fields: Fields, intent: Intent) -> Sequence[Call]:
        """The requests that `create` will make."""

    @abstractmethod
    def create(self, api: WriteApi, id_map: IdMap, fields: Fields, intent: Intent) -> Written:
        """Create an object with `fields` and the origin in `intent`.

        Raises:
            DuplicateName: where the identity is taken.
            OutcomeUnknown: where no answer came back.
        """

    @abstractmethod
    def update_calls(self, id_map: IdMap, id: str, changes: Sequence[Change]) -> Sequence[Call]:
        """The requests that `update` will make, the read before it included."""

    @abstractmethod
    def update(self, api: WriteApi, id_map: IdMap, raw: Raw, changes: Sequence[Change]) -> Written:
        """Make `changes` to the object just read as `raw`, carrying its version.

        Raises:
            VersionConflict: where it moved since.
            LossyWrite: where a replacement did not keep what was sent back with it.
            OutcomeUnknown: where no answer came back.
        """

    def delete_calls(self, id_map: IdMap, id: str) -> Sequence[Call]:
        """The requests of a delete: a last read, then the deletion."""
        path = self.path(id_map, id)
        return (Call("GET", path), Call("DELETE", path))

    def delete(self, api: WriteApi, id_map: IdMap, id: str) -> None:
        """Delete one object."""
        api.send("DELETE", self.path(id_map, id))


def blocked(resource: Resource, message: str, remedy: str) -> Finding:
    """The finding on a resource that must be left as it is."""
    return Finding("warning", "blocked", resource.address, message, remedy)
