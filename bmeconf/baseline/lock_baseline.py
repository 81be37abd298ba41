"""The lock file as a baseline: who moved, told by digests. Pure.

References are digested by the ids of what they lead to, so that a rename moves nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from bmeconf.baseline.classify import Baseline, SideStatus, leaves
from bmeconf.baseline.section import Digest, LockEntry, Section
from bmeconf.kinds import (
    KINDS,
    Detailed,
    Kind,
    Patchable,
    Personal,
    Raw,
    Scheduled,
    replies,
)
from bmeconf.model import (
    Address,
    Cause,
    Change,
    Path,
    Resource,
    Template,
    Value,
    canonical_email,
    dotted,
)

SHORT = 3
"""Digits kept of a contact's value: they tell a difference, and confirm no guess, as one value in
four thousand fits.
"""


@dataclass(frozen=True)
class LockBaseline(Baseline):
    """The lock file's entries of one account."""

    section: Section = field(default_factory=Section)

    def at(self, address: Address) -> LockMemory | None:
        entry = self.section.at(address)
        return LockMemory(self, KINDS[address.kind], entry) if entry else None

    def of(self, live: Resource) -> LockMemory | None:
        entry = self.entry(live)
        if entry is None or entry.bare:
            return None
        return LockMemory(self, KINDS[live.address.kind], entry)

    def was_there(self, address: Address) -> bool:
        return self.named(address) is not None

    def means_another(self, kind: Kind, path: Path, value: Value) -> bool:
        return self.sent(kind, path, value) != self.declared(kind, path, value)

    def entry(self, live: Resource) -> LockEntry | None:
        """The entry of a live object."""
        return self.section.of(live.address, live.id)

    def named(self, address: Address) -> LockEntry | None:
        """The entry of the object that this run knows by `address`."""
        id = self.id_map.id(address)
        return self.section.of(address, id) if id else None

    # --- digests

    def sent(self, kind: Kind, path: Path, value: Value) -> Digest:
        """The digest of a declared value, by the ids that it would be sent with now."""
        return self._digest(kind, path, value, self.id_map.id)

    def declared(self, kind: Kind, path: Path, value: Value) -> Digest:
        """The digest of a value as a manifest declares it.

        An address is what it was at the last apply: that another object has its name by now is
        nothing that the manifest did.
        """
        return self._digest(kind, path, value, self._former_id)

    def live(self, kind: Kind, path: Path, value: Value) -> Digest:
        """The digest of a live value; of a set without members that this run only foresees."""
        if isinstance(value, tuple):
            value = tuple(m for m in value if not isinstance(m, Address) or self.id_map.id(m))
        return self.sent(kind, path, value)

    def _former_id(self, address: Address) -> str | None:
        entry = self.section.at(address)
        return entry.id if entry else self.id_map.id(address)

    def _digest(
        self, kind: Kind, path: Path, value: Value, ids: Callable[[Address], str | None]
    ) -> Digest:
        if isinstance(value, tuple):
            members = {str(self._digest(kind, path, member, ids)) for member in value}
            return tuple(sorted(members))
        if path[0] in kind.emails and isinstance(value, str):
            value = canonical_email(value)
        digest = self.section.digest(dotted(path), _by_id(value, ids))
        return digest[:SHORT] if isinstance(kind, Personal) else digest

    # --- what the API does not show, and what need not be read

    def unseen(
        self, hidden: Collection[str], desired: Resource, live: Resource
    ) -> tuple[list[Change], tuple[str, ...]]:
        """Of declared fields that are not shown: those to write, and those that nothing proves."""
        entry, kind = self.entry(live), KINDS[desired.address.kind]
        if entry is None or entry.bare or not isinstance(kind, Patchable):
            return [], tuple(hidden)
        changes, unproven = [], []
        for name in hidden:
            value = desired.fields[name]
            if entry.sent.get(name) != self.sent(kind, (name,), value):
                changes.append(Change((name,), None, value, Cause.PENDING))
            elif name in entry.unproven or not unmoved(entry, live.raw):
                unproven.append(name)
        return changes, tuple(unproven)

    def settled(self, desired: Resource, row: Raw) -> bool:
        """True where a listing's row and the entry tell that nothing moved on either side."""
        kind = KINDS[desired.address.kind]
        entry = self.section.of(desired.address, replies.id_of(row))
        if entry is None or entry.unproven or desired.intent.absent:
            return False
        state = row_state(kind, self.section, row)
        if not all(state) or (entry.listed, entry.updated_at) != state:
            return False
        if isinstance(kind, Scheduled) and desired.intent.schedule and not kind.tells_when(row):
            return False
        for path, value in leaves(desired.fields):
            sent, seen = entry.sent.get(dotted(path)), entry.seen.get(dotted(path))
            # What was read back is as it was sent, or in the service's own words.
            kept = seen is not None if path[0] in kind.rewritable else seen == sent
            if sent != self.sent(kind, path, value) or not kept:
                return False
        return True


class LockMemory(NamedTuple):
    """One entry of the lock file, as a `Memory`."""

    baseline: LockBaseline
    kind: Kind
    entry: LockEntry

    @property
    def id(self) -> str:
        return self.entry.id

    def knows(self, path: Path) -> bool:
        return dotted(path) in self.entry.sent

    def in_doubt(self, path: Path) -> bool:
        return path[0] in self.entry.unproven and not self.knows(path)

    def declared(self, path: Path, value: Value) -> bool | None:
        sent = self.entry.sent.get(dotted(path))
        return None if sent is None else sent == self.baseline.declared(self.kind, path, value)

    def had(self, path: Path, member: Value) -> bool:
        sent = self.entry.sent.get(dotted(path))
        return isinstance(sent, tuple) and self.baseline.sent(self.kind, path, member) in sent

    def sides(
        self, path: Path, declared: Value, live: Value, over: Collection[Value] | None
    ) -> SideStatus:
        key, kind, baseline = dotted(path), self.kind, self.baseline
        members = tuple(over or ())
        compared = {*baseline.declared(kind, path, members), *baseline.sent(kind, path, members)}

        def same(was: Digest | None, now: Digest) -> bool | None:
            if over is not None and isinstance(was, tuple) and isinstance(now, tuple):
                return {*was} & compared == {*now} & compared
            return None if was is None else was == now

        return SideStatus(
            same(self.entry.sent.get(key), baseline.declared(kind, path, declared)),
            same(self.entry.seen.get(key), baseline.live(kind, path, live)),
        )


def row_state(kind: Kind, section: Section, raw: Raw) -> tuple[str, str]:
    """A digest of what a row shows of its object, and the time of its last change.

    Both are empty where rows show everything.
    """
    if not isinstance(kind, Detailed):
        return "", ""
    return section.digest(kind.listed(raw)), kind.touched(raw)


def unmoved(entry: LockEntry, raw: Raw) -> bool:
    """True where an object's version or time proves that nothing moved since the entry."""
    was = {"__v": entry.version, "updatedAt": entry.updated_at or None}
    return replies.same_moment(was, raw)


def _by_id(value: Value, ids: Callable[[Address], str | None]) -> Value:
    """A value as JSON, each address as the id of the object that it leads to."""
    if isinstance(value, Address):
        return ids(value) or str(value)
    if isinstance(value, Mapping):
        return {key: _by_id(inner, ids) for key, inner in value.items()}
    return [value.name, value.lang] if isinstance(value, Template) else value
