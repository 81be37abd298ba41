"""The entries of one account in the lock file: an entry per resource. Pure.

The file holds ids, versions and digests, no values, since it is made to be committed. Contacts are
people: their keys are digests, and digests of their values are too short to confirm a guess
(design 7.17).
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, NamedTuple

from bmeconf.kinds import KINDS, Kind, Personal, replies
from bmeconf.model import NOTHING, Address, Resource

Digest = str | tuple[str, ...]
"""16 hexadecimal digits for a value, 3 for a contact's; for a set, those of its members, sorted."""


class LockEntry(NamedTuple):
    """One live object as it was last applied or recorded.

    `sent` are the declared values that were written or found, `seen` those that were read back,
    both as digests by dotted path; the two differ where the service rewrote something.
    `unproven` are declared fields that the API does not show and that no apply has sent, and fields
    of which a plan that was made elsewhere did not tell whether they were declared.
    `version` and `updated_at` are those of that reading, `listed` a digest of its row in the
    listing. `scheduled` is the instant that the account once showed it as scheduled for.
    """

    id: str
    sent: Mapping[str, Digest] = NOTHING
    seen: Mapping[str, Digest] = NOTHING
    unproven: tuple[str, ...] = ()
    version: int | None = None
    updated_at: str = ""
    listed: str = ""
    protect: bool = False
    scheduled: str = ""

    @property
    def bare(self) -> bool:
        """True where the entry tells of protection or a schedule alone, and of no field."""
        return self == LockEntry(self.id, protect=self.protect, scheduled=self.scheduled)


class RememberedIds(NamedTuple):
    """The live ids that are remembered of one kind, by desired address.

    `orphans` are those of resources that no manifest declares any more.
    """

    by_address: Mapping[Address, str] = NOTHING
    orphans: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Section:
    """The entries of one account; `account` is its fingerprint, and the salt of all digests."""

    account: str = ""
    base_url: str = ""
    entries: Mapping[str, LockEntry] = field(default_factory=dict)
    merged: tuple[str, ...] = ()
    """The parts of a contact to which its API only adds."""
    _known: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    """The digests of names, each made once; sections that follow from this one share them."""

    def key(self, address: Address) -> str:
        """The key of a resource's entry; that of a contact is a digest.

        It is the same for every way of writing an address, but for the keys of older files.
        """
        kind = KINDS[address.kind]
        if not isinstance(kind, Personal):
            return str(address)
        key = self._personal(kind, replace(address, name=kind.canonical(address.name)))
        if key in self.entries:
            return key
        written = self._personal(kind, address)
        return written if written in self.entries else key

    def _personal(self, kind: Kind, address: Address) -> str:
        name = str(address)
        if name not in self._known:
            self._known[name] = f"{kind.name}/{self.digest(name.partition('/')[2])}"
        return self._known[name]

    def at(self, address: Address) -> LockEntry | None:
        """The entry under an address, whatever object lives there now."""
        return self.entries.get(self.key(address)) if self.entries else None

    def of(self, address: Address, id: str) -> LockEntry | None:
        """The entry of the live object `id`, whatever its address was then."""
        key = self.key_of(address, id)
        return self.entries[key] if key else None

    def key_of(self, address: Address, id: str) -> str | None:
        """The key of the live object `id`, that of `address` first."""
        if not self.entries:
            return None
        key = self.key(address)
        mine = key in self.entries and self.entries[key].id == id
        return key if mine else next(iter(self._keys.get((address.kind, id), ())), None)

    def remembered(self, kind: str, desired: Iterable[Resource]) -> RememberedIds:
        """The ids of one kind, of which all of `desired` is declared."""
        if not self.entries:
            return RememberedIds()
        keys = {resource.address: self.key(resource.address) for resource in desired}
        entries, declared = self.entries, {*keys.values()}
        known = {address: entries[key].id for address, key in keys.items() if key in entries}
        orphans = (e.id for k, e in entries.items() if kind_of(k) == kind and k not in declared)
        return RememberedIds(known, frozenset(orphans))

    @property
    def by_object(self) -> Mapping[tuple[str, str], LockEntry]:
        """The entries by the kind and id of their objects."""
        return {object: self.entries[keys[0]] for object, keys in self._keys.items() if keys}

    @cached_property
    def _keys(self) -> dict[tuple[str, str], list[str]]:
        """The keys of each object, in their order, by its kind and id."""
        keys: dict[tuple[str, str], list[str]] = {}
        for key in sorted(self.entries):
            keys.setdefault((kind_of(key), self.entries[key].id), []).append(key)
        return keys

    def digest(self, *parts: Any) -> str:
        """16 digits that are the same for the same `parts`, as JSON, and tell nothing else."""
        return replies.digest([self.account, *parts]).partition(":")[2][:16]

    def dropping(self, keys: Iterable[str]) -> Section:
        """This section without the entries under `keys`."""
        gone = set(keys)
        return replace(self, entries={k: e for k, e in self.entries.items() if k not in gone})

    def draft(self) -> Draft:
        """A copy of this section for many changes."""
        return Draft(self.account, self.base_url, {**self.entries}, self.merged, self._known)


@dataclass(frozen=True)
class Draft(Section):
    """A section that changes in place, so that no change costs a copy of all entries."""

    entries: dict[str, LockEntry] = field(default_factory=dict)

    def forget(self, kind: str, id: str) -> None:
        """Drop the entries of one object."""
        for key in self._keys.pop((kind, id), ()):
            del self.entries[key]

    def hold(self, key: str, entry: LockEntry) -> None:
        """Put `entry` under `key`."""
        if key in self.entries:
            self._keys[kind_of(key), self.entries[key].id].remove(key)
        insort(self._keys.setdefault((kind_of(key), entry.id), []), key)
        self.entries[key] = entry

    def keep(self, address: Address, entry: LockEntry) -> None:
        """Make `entry` the only one of its object, unless it tells no more than is remembered."""
        old = self.at(address)
        if old is not None and old.id == entry.id:
            # Not every way of reading shows a version, which alone is no change to commit.
            version = old.version if None in (entry.version, old.version) else entry.version
            if entry._replace(version=version) == old:
                return
        self.forget(address.kind, entry.id)
        self.hold(self.key(address), entry)

    def done(self) -> Section:
        """The section as it is by now."""
        return Section(self.account, self.base_url, {**self.entries}, self.merged, self._known)


def kind_of(key: str) -> str:
    """The kind of the resource that is remembered under `key`."""
    return key.partition("/")[0]
