"""The manifests of an earlier commit as a baseline: who moved, told by values. Pure.

What was declared at a commit stands in for what was sent last, and so for what was read back. It
is only asked where the lock file does not know, and never tells what has to be written: a plan has
the same steps with it and without.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from bmeconf.baseline.classify import Baseline, SideStatus, leaves
from bmeconf.baseline.commit import CommitManifests
from bmeconf.desired import scope
from bmeconf.kinds import KINDS, IdMap, Managed, PartialSets, identity
from bmeconf.model import Address, Path, Resource, Snapshot, Template, Value, lookup


class CommitMemory(NamedTuple):
    """One resource as the commit declares it, as a `Memory`; `id` is that of its object now.

    `sent` are the declared values by path, `shown` those that the account must have shown then.
    """

    id_map: IdMap
    id: str
    sent: Mapping[Path, Value]
    shown: Mapping[Path, Value]
    flawed: frozenset[str]

    def knows(self, path: Path) -> bool:
        return path in self.sent

    def in_doubt(self, path: Path) -> bool:
        return path[0] in self.flawed and not self.knows(path)

    def declared(self, path: Path, value: Value) -> bool | None:
        return _same(self.sent[path], value) if path in self.sent else None

    def had(self, path: Path, member: Value) -> bool:
        sent = self.sent.get(path)
        return isinstance(sent, tuple) and member in sent

    def sides(
        self, path: Path, declared: Value, live: Value, over: Collection[Value] | None
    ) -> SideStatus:
        if isinstance(live, tuple):
            # Members that this run only foresees are not there yet.
            live = tuple(m for m in live if not isinstance(m, Address) or self.id_map.id(m))
        return SideStatus(
            _same(self.sent[path], declared, over) if path in self.sent else None,
            _same(self.shown[path], live, over) if path in self.shown else None,
        )


@dataclass(frozen=True)
class CommitBaseline(Baseline):
    """The resources that a commit declares, under the addresses of now."""

    memories: Mapping[Address, CommitMemory] = field(default_factory=dict)

    def at(self, address: Address) -> CommitMemory | None:
        return self.memories.get(address)

    def of(self, live: Resource) -> CommitMemory | None:
        memory = self.memories.get(live.address)
        told = memory and memory.id == live.id and (memory.sent or memory.flawed)
        return memory if told else None

    def was_there(self, address: Address) -> bool:
        memory = self.memories.get(address)
        return memory is not None and bool(memory.id)


def of_commit(
    then: CommitManifests,
    id_map: IdMap,
    managed: Managed,
    whole: Snapshot,
    desired: Snapshot,
    live: Snapshot,
) -> CommitBaseline:
    """The baseline that the manifests of `then` are.

    `whole` is everything that is declared now, `desired` the part in scope in the account's own
    words, `live` the account under its addresses.
    """
    addresses = same_now(then.sound, whole)
    # The manifests before and after their templates were read.
    contents = {
        was.fields["body"]: here.fields.get("body")
        for was in whole
        if isinstance(was.fields.get("body"), Template) and (here := desired.get(was.address))
    }
    managed_then = scope.managed(then.sound)
    covered = {addresses.get(a, a) for a in managed_then.lists} | managed_then.tags
    memories = {}
    for was in then.sound:
        address = addresses.get(was.address)
        if address is None or was.intent.absent:
            continue
        flawed = then.flawed.get(was.address, frozenset())
        fields = {
            key: _of_now(contents.get(value, value) if key == "body" else value, addresses)
            for key, value in id_map.relabelled(was).fields.items()
            if key not in flawed
        }
        there, sent = live.get(address), dict(leaves(fields))
        shown = {
            path: value if there is None else _read_back(path, value, there, covered)
            for path, value in sent.items()
            if not isinstance(value, Template)
        }
        id = there.id if there else ""
        memories[address] = CommitMemory(id_map, id, sent, shown, flawed)
    return CommitBaseline(id_map, managed, None, then.complete, memories)


def same_now(then: Snapshot, now: Snapshot) -> Mapping[Address, Address]:
    """The address of now for each resource of `then` that is still declared.

    By id, else by name, else by `renamed_from`.
    """
    by_id = {(r.address.kind, r.id): r for r in now if r.id}
    by_name: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    names = [(r.address, r) for r in now]
    names += [(replace(r.address, name=n), r) for r in now for n in r.intent.renamed_from]
    for name, resource in names:
        by_name[identity(name)].append(resource)
    addresses = {}
    for was in then:
        pinned = by_id.get((was.address.kind, was.id)) if was.id else None
        named = by_name[identity(was.address)]
        same = [r for r in named if not (r.id and was.id and r.id != was.id)]
        if pinned or same:
            addresses[was.address] = (pinned or same[0]).address
    return addresses


def _of_now(value: Value, addresses: Mapping[Address, Address]) -> Value:
    """A value of then, its references under the addresses of now."""
    if isinstance(value, Address):
        return addresses.get(value, value)
    if isinstance(value, tuple):
        return tuple(sorted({_of_now(member, addresses) for member in value}))
    return value


def _read_back(path: Path, value: Value, live: Resource, covered: Collection[Value]) -> Value:
    """How the account showed `value`, as far as what it shows now can tell.

    A text may be in the service's own words, and members that nobody managed then may have been
    there all along.
    """
    kind = KINDS[live.address.kind]
    if path[0] not in live.fields:
        return value
    current = lookup(live.fields, path)
    if kind.rewrote(path[0], value, current):
        return current
    if isinstance(kind, PartialSets) and path[0] in kind.sets:
        return (*value, *(member for member in current or () if member not in covered))
    return value


def _same(was: Value, now: Value, over: Collection[Value] | None = None) -> bool:
    """True where two values are the same; of sets only the members `over`, if given."""
    if isinstance(was, tuple) and isinstance(now, tuple):
        sides = ({*side} if over is None else {*side} & {*over} for side in (was, now))
        return next(sides) == next(sides)
    return bool(was == now)
