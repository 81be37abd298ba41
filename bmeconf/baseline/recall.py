"""The manifests of an earlier commit as a memory: declared then -> Known. Pure.

What was declared at a commit stands in for what was sent last, and so for what was read back.
It tells who moved in the same way as the lock file does, and is only asked where that does not
know. It never tells what has to be written: a plan has the same steps with it and without.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from bmeconf.baseline.classify import Baseline, leaves
from bmeconf.baseline.commit import CommitManifests
from bmeconf.baseline.lock import Digest, LockEntry, Section
from bmeconf.desired import scope
from bmeconf.kinds import KINDS
from bmeconf.kinds.base import Kind, Managed
from bmeconf.live import orphans as former
from bmeconf.live.read import Live
from bmeconf.model import Address, Fields, Resource, Template, Value, dotted, lookup


def memory(seen: Live, managed: Managed) -> Baseline:
    """All that is remembered in a run: the lock file's memory, and the past's behind it."""
    known = Baseline(seen.section, seen.id_map, managed)
    return replace(known, behind=_behind(seen.past, seen, managed)) if seen.past else known


def _behind(past: CommitManifests, seen: Live, managed: Managed) -> Baseline:
    """A memory of the `past`, under the addresses of now; `managed` is that of now."""
    then = past.sound
    bare = Baseline(Section(seen.section.account), seen.id_map, managed, None, True, past.complete)
    called = former.matched(then, seen.whole)
    # The manifests before and after their templates were read.
    contents = {
        was.fields["body"]: here.fields.get("body")
        for was in seen.whole
        if isinstance(was.fields.get("body"), Template) and (here := seen.desired.get(was.address))
    }
    over = scope.managed(then)
    covered = {called.get(address, address) for address in over.lists} | over.tags
    entries = {}
    for was in then:
        address = called.get(was.address)
        if address is None or was.intent.absent:
            continue
        kind = KINDS[address.kind]
        flawed = past.flawed.get(was.address, frozenset())
        fields = {
            key: _of_now(contents.get(value, value) if key == "body" else value, called)
            for key, value in kind.resolved(was, seen.id_map).fields.items()
            if key not in flawed
        }
        live = seen.snapshot.get(address)
        entry = _entry(bare, kind, fields, live, covered)
        entries[bare.section.key(address)] = replace(entry, unproven=tuple(sorted(flawed)))
    return replace(bare, section=replace(bare.section, entries=entries))


def _of_now(value: Value, called: Mapping[Address, Address]) -> Value:
    """A value of then, what it refers to under the addresses of now."""
    if isinstance(value, Address):
        return called.get(value, value)
    if isinstance(value, tuple):
        return tuple(sorted({_of_now(member, called) for member in value}))
    return value


def _entry(
    bare: Baseline, kind: Kind, fields: Fields, live: Resource | None, covered: Collection[Value]
) -> LockEntry:
    sent: dict[str, Digest] = {}
    seen: dict[str, Digest] = {}
    for path, value in leaves(fields):
        sent[dotted(path)] = bare.sent(kind, path, value)
        if not isinstance(value, Template):
            shown = value if live is None else _read_back(kind, path, value, live, covered)
            seen[dotted(path)] = bare.sent(kind, path, shown)
    return LockEntry(live.id if live else "", sent, seen)


def _read_back(
    kind: Kind, path: tuple[str, ...], value: Value, live: Resource, covered: Collection[Value]
) -> Value:
    """How the account showed `value`, as far as what it shows now can tell.

    A text may be in the service's own words, and members that nobody managed then may have been
    there all along.
    """
    if path[0] not in live.fields:
        return value
    current = lookup(live.fields, path)
    if path[0] in kind.rewritable and kind.rewrote(path[0], value, current):
        return current
    if kind.partial and path[0] in kind.sets:
        return (*value, *(member for member in current or () if member not in covered))
    return value
