"""Who moved: a difference seen beside what the lock file remembers of both sides. Pure.

Four things compare, all as digests: the declared value now and as it was sent, the live value
now and as it was read back. Where only the first pair differs the manifest moved (`pending`),
where only the second does the account did (`drift`), else both (`conflict`); where neither does
the service keeps in its own words what it was given (design 7.17).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.base import Kind, Managed
from bmeconf.kinds.names import Names
from bmeconf.kinds.replies import Raw
from bmeconf.lock import Digest, Entry, Section
from bmeconf.model import Address, Change, Fields, Resource, Template, Value, dotted, lookup

PENDING, DRIFT, CONFLICT = "pending", "drift", "conflict"
Path = tuple[str, ...]


@dataclass(frozen=True)
class Sides:
    """Whether each side still is what the lock remembers; None where it remembers nothing."""

    manifest: bool | None
    account: bool | None

    @property
    def still(self) -> bool:
        """Whether nothing moved."""
        return bool(self.manifest and self.account)

    @property
    def truth(self) -> str:
        """Who moved, given that the two sides differ from one another."""
        if self.manifest is None or self.account or (self.account is None and not self.manifest):
            return PENDING
        return DRIFT if self.manifest else CONFLICT


@dataclass(frozen=True)
class Known:
    """What the lock knows, in the words of this run.

    References are digested by the ids that `names` gives them, so that a rename moves nothing.
    """

    section: Section = field(default_factory=Section)
    names: Names = field(default_factory=Names)
    managed: Managed = field(default_factory=Managed)

    def entry(self, live: Resource) -> Entry | None:
        """What is remembered of a live object."""
        return self.section.of(live.address, live.id)

    def named(self, address: Address) -> Entry | None:
        """What is remembered of the object that this run knows by `address`."""
        id = self.names.id(address)
        return self.section.of(address, id) if id else None

    def declared(self, path: Path, value: Value) -> Digest:
        """The digest of a value as a manifest declares it."""
        if isinstance(value, tuple):
            return tuple(sorted({self._digest(path, member) for member in value}))
        return self._digest(path, value)

    def live(self, path: Path, value: Value) -> Digest:
        """The digest of a live value; of a set without what this run only foresees."""
        if isinstance(value, tuple):
            there = (m for m in value if not isinstance(m, Address) or self.names.id(m))
            return self.declared(path, tuple(there))
        return self._digest(path, value)

    def _digest(self, path: Path, value: Value) -> str:
        return self.section.digest(dotted(path), self._plain(value))

    def _plain(self, value: Value) -> Value:
        if isinstance(value, Address):
            return self.names.id(value) or str(value)
        if isinstance(value, Mapping):
            return {key: self._plain(inner) for key, inner in value.items()}
        return [value.name, value.lang] if isinstance(value, Template) else value

    # --- judging

    def judged(self, changes: Sequence[Change], desired: Resource, live: Resource) -> list[Change]:
        """`changes`, each with who moved, as far as it is known."""
        entry = self.entry(live)
        if entry is None:
            return list(changes)
        return [replace(c, truth=self._truth(c, desired, live, entry)) for c in changes]

    def again(self, changes: Sequence[Change], desired: Resource) -> list[Change]:
        """The changes of a create, as drift where the account lost what it had."""
        entry = self.section.at(desired.address)
        if entry is None or self.names.knows(desired.address.kind, entry.id):
            return list(changes)
        return [
            replace(c, truth=Sides(self._manifest(c.path, c.after, entry), False).truth)
            for c in changes
        ]

    def _manifest(self, path: Path, value: Value, entry: Entry) -> bool | None:
        sent = entry.sent.get(dotted(path))
        return None if sent is None else sent == self.declared(path, value)

    def _truth(self, change: Change, desired: Resource, live: Resource, entry: Entry) -> str:
        truths = {
            self._sides(unit, change, desired, live, entry).truth for unit in _units(change, entry)
        }
        return truths.pop() if len(truths) == 1 else CONFLICT

    def _sides(
        self, path: Path, change: Change, desired: Resource, live: Resource, entry: Entry
    ) -> Sides:
        kind, key = KINDS[desired.address.kind], dotted(path)
        pairs: list[tuple[Digest | None, Digest | None]] = [
            (entry.sent.get(key), self.declared(path, lookup(desired.fields, path))),
            (entry.seen.get(key), self.live(path, lookup(live.fields, path))),
        ]
        if kind.partial and path[0] in kind.sets:
            over = self.declared(path, tuple(kind.exact_over(change, self.managed)))
            pairs = [(_within(was, over), _within(now, over)) for was, now in pairs]
        return Sides(*(None if was is None else was == now for was, now in pairs))

    def rewriting(self, field: str, desired: Resource, live: Resource) -> Sides:
        """Both sides of a field that a service may rewrite."""
        entry = self.entry(live)
        if entry is None or field not in KINDS[desired.address.kind].rewritable:
            return Sides(None, None)
        return self._sides((field,), Change((field,), None, None), desired, live, entry)

    # --- what the API does not show

    def unseen(
        self, hidden: Sequence[str], desired: Resource, live: Resource
    ) -> tuple[list[Change], tuple[str, ...]]:
        """Of declared fields that are not shown: those to write, and those that nothing proves."""
        entry = self.entry(live)
        if entry is None or not KINDS[desired.address.kind].blind:
            return [], tuple(hidden)
        changes, unproven = [], []
        for name in hidden:
            value = desired.fields[name]
            if not self._manifest((name,), value, entry):
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
        same_row = (entry.listed, entry.updated_at) == (
            listed(kind, self.section, row),
            kind.touched(row),
        )
        return same_row and all(
            self._manifest(path, value, entry) and _kept(kind, path, entry)
            for path, value in leaves(desired.fields)
        )


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


def unmoved(entry: Entry, raw: Raw) -> bool:
    """Whether what is shown of an object's history proves that nothing moved since the entry."""
    was = {"__v": entry.version, "updatedAt": entry.updated_at or None}
    return replies.same_moment(was, raw)


def _kept(kind: Kind, path: Path, entry: Entry) -> bool:
    key = dotted(path)
    rewritten = path[0] in kind.rewritable and key in entry.seen
    return rewritten or entry.seen.get(key) == entry.sent.get(key)


def _units(change: Change, entry: Entry) -> list[Path]:
    """The paths under which the lock remembers what `change` is about."""
    for length in range(len(change.path), 0, -1):
        if dotted(change.path[:length]) in entry.sent:
            return [change.path[:length]]
    inner = change.after if isinstance(change.after, Mapping) else {}
    return [path for path, _ in leaves(inner, change.path)] or [change.path]


def _within(digest: Digest | None, over: Digest) -> Digest | None:
    """Of a set those members that are compared at all."""
    if isinstance(digest, tuple):
        return tuple(sorted({*digest} & {*over}))
    return digest
