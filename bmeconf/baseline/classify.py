"""Who moved: a difference beside what is remembered of both sides (design 7.17). Pure.

Four values compare: the declared value now and as it was sent, the live value now and as it was
read back. Where only the first pair differs the manifest moved (`pending`), where only the second
does the account did (`drift`), else both (`conflict`). Where neither pair does, the service keeps
in its own words what it was given, or a name leads to another object.

A `Baseline` remembers many resources: `LockBaseline` by digests, `CommitBaseline` by values.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from bmeconf.kinds import KINDS, IdMap, Kind, Managed, PartialSets
from bmeconf.model import PRESENCE, Address, Cause, Change, Fields, Path, Resource, Value, lookup


class SideStatus(NamedTuple):
    """Whether each side still is as remembered; None where nothing is remembered of it."""

    manifest: bool | None = None
    account: bool | None = None

    @property
    def still(self) -> bool:
        """True where neither side moved."""
        return bool(self.manifest and self.account)

    @property
    def cause(self) -> Cause:
        """Who moved, given that the two sides differ from one another."""
        if self.manifest is None or self.account or (self.account is None and not self.manifest):
            return Cause.PENDING
        return Cause.DRIFT if self.manifest else Cause.CONFLICT


class Memory(Protocol):
    """One resource as a baseline remembers it."""

    @property
    def id(self) -> str:
        """The id of the live object, empty where there was none."""

    def knows(self, path: Path) -> bool:
        """True where the value at `path` is remembered as one piece."""

    def in_doubt(self, path: Path) -> bool:
        """True where something was declared under `path`, and nobody knows what."""

    def declared(self, path: Path, value: Value) -> bool | None:
        """Whether the manifest declared `value` at `path` then; None where nothing is known."""

    def had(self, path: Path, member: Value) -> bool:
        """True where the set that was declared at `path` had this member."""

    def sides(
        self, path: Path, declared: Value, live: Value, over: Collection[Value] | None
    ) -> SideStatus:
        """Whether both values at `path` are as remembered; of a set only the members `over`."""


@dataclass(frozen=True)
class Baseline(ABC):
    """Resources as they were last applied or declared, in the words of this run.

    `behind` is asked who moved where this one does not know. Where a baseline is `complete`, a
    resource that it does not remember was not declared.
    """

    id_map: IdMap = field(default_factory=IdMap)
    managed: Managed = field(default_factory=Managed)
    behind: Baseline | None = None
    complete: bool = False

    @abstractmethod
    def at(self, address: Address) -> Memory | None:
        """The memory under an address, whatever object lives there now."""

    @abstractmethod
    def of(self, live: Resource) -> Memory | None:
        """The memory of a live object's fields, None where nothing is remembered of them."""

    @abstractmethod
    def was_there(self, address: Address) -> bool:
        """True where the object that has this address now is remembered."""

    def means_another(self, kind: Kind, path: Path, value: Value) -> bool:
        """True where a name in `value` is known to lead to another object than it did."""
        return False

    def classify(
        self, desired: Resource, live: Resource | None, changes: Sequence[Change]
    ) -> Mapping[Path, Cause]:
        """Who moved, for the path of each change, and for the presence of the resource.

        The presence is only told where one of the sides has no resource.
        """
        if desired.intent.absent:
            if live is None:
                return {}
            # An object that is remembered was there at the last apply, so that the manifest moved.
            # Any other may have come back, and is better looked at once too often.
            behind = self.behind is not None and self.behind.was_there(desired.address)
            known = behind or self.was_there(desired.address)
            return {PRESENCE: Cause.PENDING if known else Cause.DRIFT}
        if live is None:
            causes = {change.path: self._lost(change, desired) for change in changes}
            return {**causes, PRESENCE: self._gone(desired.address, {*causes.values()})}
        return {change.path: self._moved(change, desired, live) for change in changes}

    def staying(self, desired: Resource, live: Resource) -> Iterator[Value]:
        """Members that were declared, and stay since no manifest names them any more."""
        kind = KINDS[desired.address.kind]
        for name in sorted(kind.sets) if isinstance(kind, PartialSets) else ():
            declared, there = desired.fields.get(name), live.fields.get(name)
            # Every resource is asked, and most are as declared.
            if declared is None or not there or declared == there:
                continue
            left = {*there}.difference(kind.part(name, declared, there, self.managed))
            # A digest of a member tells little alone, but the whole set was another one then.
            memory = self._told((name,), declared, live) if left else None
            if memory and not memory.declared((name,), declared):
                yield from sorted(member for member in left if memory.had((name,), member))

    def _told(self, path: Path, declared: Value, live: Resource) -> Memory | None:
        """The memory that knows what was declared at `path`, None where none does."""
        memory = self.of(live)
        if memory and memory.declared(path, declared) is not None:
            return memory
        return self.behind._told(path, declared, live) if self.behind else None

    def rewriting(self, field: str, desired: Resource, live: Resource) -> SideStatus:
        """Both sides of a field that a service may rewrite."""
        memory, kind = self.of(live), KINDS[desired.address.kind]
        if memory is None or field not in kind.rewritable:
            return SideStatus()
        return memory.sides((field,), desired.fields.get(field), live.fields.get(field), None)

    def _gone(self, address: Address, causes: set[Cause]) -> Cause:
        """Who moved, where a declared resource is not there; `causes` are those of its fields."""
        memory = self.at(address)
        if memory is None:
            return causes.pop() if len(causes) == 1 else Cause.CONFLICT
        if self.id_map.knows(address.kind, memory.id):
            return Cause.PENDING
        return Cause.DRIFT if causes <= {Cause.DRIFT} else Cause.CONFLICT

    def _lost(self, change: Change, desired: Resource) -> Cause:
        """Who moved, for a field of a resource that is not there."""
        memory = self.at(desired.address)
        if memory and memory.id and self.id_map.knows(desired.address.kind, memory.id):
            return Cause.UNKNOWN
        same = memory.declared(change.path, change.after) if memory else None
        if same is None and self.behind:
            return self.behind._lost(change, desired)
        if memory is None:
            return Cause.PENDING if self.complete else Cause.UNKNOWN
        return Cause.UNKNOWN if memory.in_doubt(change.path) else SideStatus(same, False).cause

    def _moved(self, change: Change, desired: Resource, live: Resource) -> Cause:
        """Who moved, for one field of a resource that is on both sides."""
        statuses = list(self._statuses(change, desired, live))
        if not statuses:
            return Cause.UNKNOWN
        if all(status.still for status in statuses):
            # Both sides are as they were, and differ since a name leads elsewhere. Over which
            # members a partly declared set is compared depends on the manifests.
            kind, value = KINDS[desired.address.kind], lookup(desired.fields, change.path)
            whole = kind.exact_over(change, self.managed) is None
            if whole or self.means_another(kind, change.path, value):
                return Cause.DRIFT
        causes = {status.cause for status in statuses}
        return causes.pop() if len(causes) == 1 else Cause.CONFLICT

    def _statuses(self, change: Change, desired: Resource, live: Resource) -> Iterator[SideStatus]:
        """Both sides of every part of `change` that is remembered apart; none where none is."""
        memory = self.of(live)
        if memory is None:
            if self.behind:
                yield from self.behind._statuses(change, desired, live)
            elif self.complete:
                yield SideStatus()
            return
        for path in _parts(change, memory):
            before, after = lookup(live.fields, path), lookup(desired.fields, path)
            members = KINDS[desired.address.kind].exact_over(change, self.managed)
            status = memory.sides(path, after, before, members)
            known = [] if memory.in_doubt(path) else [status]
            if status.manifest is None and self.behind:
                part = change if path == change.path else Change(path, before, after)
                known = list(self.behind._statuses(part, desired, live)) or known
            yield from known


def leaves(fields: Fields, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Every value in `fields` with its path; a set is one value, and so is an empty mapping."""
    for key, value in fields.items():
        if isinstance(value, Mapping) and value:
            yield from leaves(value, (*path, key))
        else:
            yield (*path, key), value


def _parts(change: Change, memory: Memory) -> list[Path]:
    """The paths under which the parts of `change` are remembered."""
    for length in range(len(change.path), 0, -1):
        if memory.knows(change.path[:length]):
            return [change.path[:length]]
    inner = change.after if isinstance(change.after, Mapping) else {}
    return [path for path, _ in leaves(inner, change.path)] or [change.path]
