"""Who moved: a difference seen beside what is remembered of both sides. Pure.

The lock file remembers what was sent and read back; where it does not know, the manifests of an
earlier commit can stand in for it (see `recall`), in the same shape.

Four things compare, all as digests: the declared value now and as it was sent, the live value
now and as it was read back. Where only the first pair differs the manifest moved (`pending`),
where only the second does the account did (`drift`), else both (`conflict`); where neither does
the service keeps in its own words what it was given, or a name leads elsewhere (design 7.17).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from typing import Any

from bmeconf.baseline.lock import Digest, LockEntry, Section
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.base import Kind, Managed
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.model import (
    CONTACTS,
    Address,
    Change,
    Fields,
    Resource,
    Template,
    Value,
    dotted,
    lookup,
)

PENDING, DRIFT, CONFLICT = "pending", "drift", "conflict"
Path = tuple[str, ...]
Ids = Callable[[Address], str | None]
SHORT = 3
"""So much of a digest is kept of what a contact is: it tells a difference, and confirms no guess,
as one in four thousand fits.
"""


@dataclass(frozen=True)
class SideStatus:
    """Whether each side still is what the lock remembers; None where it remembers nothing."""

    manifest: bool | None
    account: bool | None

    @property
    def still(self) -> bool:
        """Whether nothing moved."""
        return bool(self.manifest and self.account)

    @property
    def cause(self) -> str:
        """Who moved, given that the two sides differ from one another."""
        if self.manifest is None or self.account or (self.account is None and not self.manifest):
            return PENDING
        return DRIFT if self.manifest else CONFLICT


@dataclass(frozen=True)
class Baseline:
    """What one memory knows, in the words of this run: the lock file's, or one like it.

    References are digested by ids, so that a rename moves nothing. `behind` is asked who moved
    where this one does not know. One that is kept in no file is `exact`, and `complete` where
    what it does not know was not declared.
    """

    section: Section = field(default_factory=Section)
    id_map: IdMap = field(default_factory=IdMap)
    managed: Managed = field(default_factory=Managed)
    behind: Baseline | None = None
    exact: bool = False
    complete: bool = False

    def entry(self, live: Resource) -> LockEntry | None:
        """What is remembered of a live object."""
        return self.section.of(live.address, live.id)

    def fields(self, live: Resource) -> LockEntry | None:
        """What is remembered of the fields of a live object, None where nothing is."""
        entry = self.entry(live)
        return None if entry and entry.bare else entry

    def named(self, address: Address) -> LockEntry | None:
        """What is remembered of the object that this run knows by `address`."""
        id = self.id_map.id(address)
        return self.section.of(address, id) if id else None

    def sent(self, kind: Kind, path: Path, value: Value) -> Digest:
        """The digest of a declared value, by the ids that it would be sent with now."""
        return self._digests(kind, path, value, self.id_map.id)

    def declared(self, kind: Kind, path: Path, value: Value) -> Digest:
        """The digest of a value as a manifest declares it.

        An address is what it was when it was last applied: that another object has its name by
        now is nothing that the manifest did.
        """
        return self._digests(kind, path, value, self._was)

    def live(self, kind: Kind, path: Path, value: Value) -> Digest:
        """The digest of a live value; of a set without what this run only foresees."""
        if isinstance(value, tuple):
            value = tuple(m for m in value if not isinstance(m, Address) or self.id_map.id(m))
        return self.sent(kind, path, value)

    def _was(self, address: Address) -> str | None:
        entry = self.section.at(address)
        return entry.id if entry else self.id_map.id(address)

    def _digests(self, kind: Kind, path: Path, value: Value, ids: Ids) -> Digest:
        if isinstance(value, tuple):
            return tuple(sorted({self._digest(kind, path, member, ids) for member in value}))
        return self._digest(kind, path, value, ids)

    def _digest(self, kind: Kind, path: Path, value: Value, ids: Ids) -> str:
        whole = self.section.digest(dotted(path), _plain(value, ids))
        return whole[:SHORT] if kind.name == CONTACTS and not self.exact else whole

    # --- judging

    def judged(self, changes: Sequence[Change], desired: Resource, live: Resource) -> list[Change]:
        """`changes`, each with who moved, as far as it is known."""
        return [replace(c, cause=self._cause(c, desired, live)) for c in changes]

    def again(self, changes: Sequence[Change], desired: Resource) -> list[Change]:
        """The changes of a create, as drift where the account lost what it had."""
        return [replace(change, cause=self._lost(change, desired)) for change in changes]

    def _lost(self, change: Change, desired: Resource) -> str:
        entry = self.section.at(desired.address)
        if entry is not None and self.id_map.knows(desired.address.kind, entry.id):
            return change.cause
        kind = KINDS[desired.address.kind]
        same = self._same(kind, change.path, change.after, entry) if entry else None
        if same is None and self.behind:
            return self.behind._lost(change, desired)
        if entry is None:
            return PENDING if self.complete else change.cause
        return change.cause if _in_doubt(change.path, entry) else SideStatus(same, False).cause

    def _same(self, kind: Kind, path: Path, value: Value, entry: LockEntry) -> bool | None:
        """Whether the manifest declares what it did."""
        sent = entry.sent.get(dotted(path))
        return None if sent is None else sent == self.declared(kind, path, value)

    def _sends(self, kind: Kind, path: Path, value: Value, entry: LockEntry) -> bool:
        """Whether what is declared would be sent as it was."""
        return entry.sent.get(dotted(path)) == self.sent(kind, path, value)

    def _cause(self, change: Change, desired: Resource, live: Resource) -> str:
        kind = KINDS[desired.address.kind]
        sides = list(self._all_sides(change, desired, live))
        if not sides:
            return change.cause
        if all(s.still for s in sides) and self._elsewhere(kind, change, desired):
            return DRIFT
        causes = {s.cause for s in sides}
        return causes.pop() if len(causes) == 1 else CONFLICT

    def _all_sides(self, change: Change, desired: Resource, live: Resource) -> Iterator[SideStatus]:
        """Both sides of every part of `change` that is remembered apart; none where nothing is."""
        entry = self.fields(live)
        if entry is None:
            if self.behind:
                yield from self.behind._all_sides(change, desired, live)
            elif self.complete:
                yield SideStatus(None, None)
            return
        for unit in _units(change, entry):
            if _in_doubt(unit, entry):
                continue
            sides = self._sides(unit, change, desired, live, entry)
            if sides.manifest is None and self.behind:
                before, after = lookup(live.fields, unit), lookup(desired.fields, unit)
                part = change if unit == change.path else Change(unit, before, after)
                yield from list(self.behind._all_sides(part, desired, live)) or [sides]
            else:
                yield sides

    def _elsewhere(self, kind: Kind, change: Change, desired: Resource) -> bool:
        """Whether it is the account where what the two sides say came to differ, though both say
        what they did: a name leads to another object. Over which members a set is compared
        depends on the manifests.
        """
        if not (kind.partial and change.path[0] in kind.sets):
            return True
        value = lookup(desired.fields, change.path)
        return self.sent(kind, change.path, value) != self.declared(kind, change.path, value)

    def _sides(
        self, path: Path, change: Change, desired: Resource, live: Resource, entry: LockEntry
    ) -> SideStatus:
        kind, key = KINDS[desired.address.kind], dotted(path)
        pairs: list[tuple[Digest | None, Digest | None]] = [
            (entry.sent.get(key), self.declared(kind, path, lookup(desired.fields, path))),
            (entry.seen.get(key), self.live(kind, path, lookup(live.fields, path))),
        ]
        if kind.partial and path[0] in kind.sets:
            members = tuple(kind.exact_over(change, self.managed))
            over = {*self.declared(kind, path, members), *self.sent(kind, path, members)}
            pairs = [(_within(was, over), _within(now, over)) for was, now in pairs]
        return SideStatus(*(None if was is None else was == now for was, now in pairs))

    def rewriting(self, field: str, desired: Resource, live: Resource) -> SideStatus:
        """Both sides of a field that a service may rewrite."""
        entry = self.entry(live)
        if entry is None or field not in KINDS[desired.address.kind].rewritable:
            return SideStatus(None, None)
        return self._sides((field,), Change((field,), None, None), desired, live, entry)

    # --- what the API does not show

    def unseen(
        self, hidden: Sequence[str], desired: Resource, live: Resource
    ) -> tuple[list[Change], tuple[str, ...]]:
        """Of declared fields that are not shown: those to write, and those that nothing proves."""
        entry = self.fields(live)
        kind = KINDS[desired.address.kind]
        if entry is None or not kind.patchable:
            return [], tuple(hidden)
        changes, unproven = [], []
        for name in hidden:
            value = desired.fields[name]
            if not self._sends(kind, (name,), value, entry):
                changes.append(Change((name,), None, value, PENDING))
            elif name in entry.unproven or not unmoved(entry, live.raw):
                unproven.append(name)
        return changes, tuple(unproven)

    # --- what need not be read

    def settled(self, desired: Resource, row: Raw) -> bool:
        """Whether a listing's row and the lock tell that nothing moved on either side."""
        kind = KINDS[desired.address.kind]
        entry = self.section.of(desired.address, replies.id_of(row))
        if entry is None or entry.unproven or desired.intent.absent:
            return False
        if not (entry.listed and entry.updated_at):
            return False
        if desired.intent.schedule and not _tells_when(kind.facts(row)):
            return False
        same_row = (entry.listed, entry.updated_at) == (
            listed(kind, self.section, row),
            kind.touched(row),
        )
        return same_row and all(
            self._sends(kind, path, value, entry) and _kept(kind, path, entry)
            for path, value in leaves(desired.fields)
        )


def _plain(value: Value, ids: Ids) -> Value:
    if isinstance(value, Address):
        return ids(value) or str(value)
    if isinstance(value, Mapping):
        return {key: _plain(inner, ids) for key, inner in value.items()}
    return [value.name, value.lang] if isinstance(value, Template) else value


def leaves(fields: Fields, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Every value in `fields` with its path; a set is one value, and so is an empty mapping."""
    for key, value in fields.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def listed(kind: Kind, section: Section, raw: Raw) -> str:
    """A digest of what a listing shows of an object, empty where rows show everything."""
    shown = kind.listed(raw)
    return section.digest(shown) if shown is not None else ""


def unmoved(entry: LockEntry, raw: Raw) -> bool:
    """Whether what is shown of an object's history proves that nothing moved since the entry."""
    was = {"__v": entry.version, "updatedAt": entry.updated_at or None}
    return replies.same_moment(was, raw)


def _tells_when(facts: Mapping[str, Any]) -> bool:
    """Whether a row tells for when a campaign is scheduled, where it is."""
    return facts.get("status") == "draft" or "scheduled_at" in facts


def _kept(kind: Kind, path: Path, entry: LockEntry) -> bool:
    key = dotted(path)
    rewritten = path[0] in kind.rewritable and key in entry.seen
    return rewritten or entry.seen.get(key) == entry.sent.get(key)


def _units(change: Change, entry: LockEntry) -> list[Path]:
    """The paths under which the lock remembers what `change` is about."""
    for length in range(len(change.path), 0, -1):
        if dotted(change.path[:length]) in entry.sent:
            return [change.path[:length]]
    inner = change.after if isinstance(change.after, Mapping) else {}
    return [path for path, _ in leaves(inner, change.path)] or [change.path]


def _in_doubt(path: Path, entry: LockEntry) -> bool:
    """Whether something was declared under `path`, and nobody knows what."""
    return path[0] in entry.unproven and dotted(path) not in entry.sent


def _within(digest: Digest | None, over: Set[str]) -> Digest | None:
    """Of a set those members that are compared at all."""
    if isinstance(digest, tuple):
        return tuple(sorted({*digest} & over))
    return digest
