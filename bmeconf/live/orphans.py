"""Orphans: resources that an earlier revision declared, that no manifest declares now, and that
still exist. Pure.

Nothing is deleted by leaving it out (design 1), so whoever takes a block out of the manifests
leaves the object behind. A plan that knows the manifests of an earlier commit says so, with the
block that would delete the object.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from bmeconf.baseline import CommitManifests, Section, commit_baseline
from bmeconf.desired.scope import Scope, matches
from bmeconf.kinds import KINDS, IdMap, Kind, NaturalKey, Raw, Searched, Singleton, only, replies
from bmeconf.live import doubts
from bmeconf.live.account import Reading
from bmeconf.live.match import Matches, Status
from bmeconf.model import Address, Finding, Resource, Snapshot, counted, references

CODE = "no_longer_managed"
MOST_SEARCHED = 250
"""So many contacts are looked for at most, in a few searches; of the rest is only told."""
MOST_ASKED = 3
"""So many of what is to be created are named as what it may be by now."""
UNPRINTED = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")


@dataclass(frozen=True)
class Removed:
    """Resources that are declared no more, as they were; `unsearched` more are not looked for."""

    declared: Snapshot = field(default_factory=Snapshot)
    unsearched: int = 0

    def of_kind(self, kind: Kind) -> tuple[Resource, ...]:
        """The resources of one kind, as they are looked for: by name alone where a search is."""
        removed = self.declared.of_kind(kind.name)
        return tuple(replace(r, id="") for r in removed) if isinstance(kind, Searched) else removed

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that have to be read to find the orphans."""
        return frozenset(r.address.kind for r in self.declared)


def removed(commit: CommitManifests, scope: Scope) -> Removed:
    """The resources that `commit` declares and no manifest of the project does now.

    Only those that the targets of the run name, if there are any.
    """
    same = commit_baseline.same_now(commit.declared, scope.project)
    gone = [
        r
        for r in commit.declared
        if r.address not in same
        and not isinstance(KINDS[r.address.kind], Singleton)
        and not r.intent.absent
        and (not scope.targets or any(matches(target, r.address) for target in scope.targets))
    ]
    searched = [r.address for r in gone if isinstance(KINDS[r.address.kind], Searched)]
    unsearched = set(searched[MOST_SEARCHED:])
    kept = Snapshot.of(r for r in gone if r.address not in unsearched)
    return Removed(kept, len(unsearched))


@dataclass(frozen=True)
class _Present:
    """The resources that are declared now, and what is known of the account."""

    now: Snapshot
    id_map: IdMap
    section: Section
    commit: str

    @cached_property
    def users(self) -> Mapping[Address, Address]:
        """For what is referred to, one declared resource that refers to it."""
        found: dict[Address, Address] = {}
        for resource in self.now:
            if not resource.intent.absent:
                for address in (*references(resource.fields), *resource.intent.origins):
                    found.setdefault(address, resource.address)
        return found

    @cached_property
    def declared(self) -> Collection[tuple[str, str]]:
        return {(r.address.kind, r.address.name) for r in self.now}

    def created(self, kind: Kind) -> Sequence[Address]:
        """The resources of a kind that are to be created, and may be an orphan renamed."""
        if isinstance(kind, NaturalKey):
            return ()
        there = {(address.kind, address.name) for address in self.id_map.ids}
        return sorted(
            r.address
            for r in self.now.of_kind(kind.name)
            if not (r.intent.absent or r.id or r.intent.origins)
            and (kind.name, r.address.name) not in there
            and not self._renamed(r.address)
        )

    def _renamed(self, address: Address) -> bool:
        """True where it lives on under another name, so that nothing is created beside it."""
        entry = self.section.at(address)
        return entry is not None and self.id_map.knows(address.kind, entry.id)


def findings(removed: Removed, commit: CommitManifests, reading: Reading) -> Iterator[Finding]:
    """A note on every orphan of `commit`, with the block that would delete it."""
    now, id_map = reading.scope.whole, reading.account.id_map
    present = _Present(now, id_map, reading.section, commit.commit)
    for was in removed.declared:
        yield from _notes(KINDS[was.address.kind], was, reading.orphans, present)
    if removed.unsearched:
        kind = only(Searched)
        last = max(r.address for r in removed.declared.of_kind(kind.name))
        rest = counted(removed.unsearched, f"more {kind.noun}")
        yield _note(last, commit.commit, f"{rest} like it were not looked for", "")
    if not reading.scope.targets:
        yield from _structure(commit, now, id_map)


def _structure(commit: CommitManifests, now: Snapshot, id_map: IdMap) -> Iterator[Finding]:
    """A note on fields and tags that are declared no more and still there."""
    parts = []
    for key, live in (("fields", id_map.fields), ("tags", id_map.tags)):
        sides = (commit.declared.of_kind(only(Singleton).name), now)
        was, used = (_labels(side, key, id_map) for side in sides)
        left = sorted(label for label in was - used if label in live)
        if left:
            parts.append(f"{counted(len(left), key[:-1])} ({', '.join(map(repr, left))})")
    if parts:
        yield Finding(
            "note",
            CODE,
            only(Singleton).address,
            f"{' and '.join(parts)} declared at {commit.commit[:12]} and by no manifest any more:"
            " bmeconf never removes them",
            "remove them in the web app, once nobody uses them",
        )


def _labels(side: Iterable[Resource], key: str, id_map: IdMap) -> set[str]:
    """The labels that a side uses anywhere, in the account's own words."""
    found = {label for r in side for label in r.fields.get(key) or ()}
    return {id_map.label(label) or label for label in found} if key == "fields" else found


def block(kind: str, identity: str, name: str, id: str = "") -> str:
    """A manifest of one line that deletes one object: a file of its own, or one after `---`.

    It means the same when a report breaks it at blanks.
    """
    # Digits alone would be read as a number.
    pin = f", id: {_quoted(id)}" if id else ""
    return f"{{version: 1, {kind}: [{{{identity}: {_quoted(name)}{pin}, state: absent}}]}}"


def _quoted(text: str) -> str:
    """`text` as a double-quoted YAML scalar in which only single blanks stand as themselves."""
    plain = json.dumps(text.replace("${", "$${"), ensure_ascii=False)[1:-1]
    # A report may break a line at any blank, and breaks up what a CI runner takes for a command.
    plain = re.sub(r"^ +| +$| {2,}", lambda blanks: "\\x20" * len(blanks[0]), plain)
    plain = plain.replace("##[", "#\\x23[").replace("::", ":\\x3a")
    return '"' + "".join(map(_escaped, plain)) + '"'


def _escaped(character: str) -> str:
    if character == " " or unicodedata.category(character) not in UNPRINTED:
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _notes(kind: Kind, was: Resource, orphans: Matches, present: _Present) -> Iterator[Finding]:
    """The notes on one removed resource.

    A name alone may lead to an object that came later: where the lock file remembers the id, the
    note is about that one. A contact is its email address, and a pin says which one it is.
    """
    match = orphans[was.address]
    if match.status is Status.AMBIGUOUS and (doubt := doubts.of(was, match)):
        yield _note(was.address, present.commit, doubt.message, doubt.remedy)
    entry = None if isinstance(kind, NaturalKey) or was.id else present.section.at(was.address)
    if match.blocked or (match.row is None and entry is None):
        return
    if entry and (match.row is None or replies.id_of(match.row) != entry.id):
        yield from _moved(kind, was, orphans, entry.id, present)
    elif match.row is not None:
        yield _of_orphan(kind, was, match.row, present)


def _moved(
    kind: Kind, was: Resource, orphans: Matches, id: str, present: _Present
) -> Iterator[Finding]:
    """The note where the name does not lead to the object `id` that was declared by it."""
    address, other = was.address, orphans[was.address].row
    free = {replies.id_of(row): row for row in orphans.unmanaged[kind.name]}
    if other is None:
        if id in free:
            yield _of_orphan(kind, was, free[id], present)
        return
    rows = {**free, **{replies.id_of(row): row for row in orphans.rows(kind.name).values()}}
    another = f"the name {address.name!r} is now that of another object, {replies.id_of(other)}"
    remedy = "look which of them is to go, if any, and pin that one with id: <its id>"
    if id in rows:
        now = Address(kind.name, kind.key(rows[id]))
        yield _note(now, present.commit, f"its id is {id}; {another}", remedy, address.name)
    elif not present.id_map.knows(kind.name, id):
        message = f"was declared at {present.commit[:12]}, and is gone: its id was {id}; {another}"
        remedy = "nothing is left to delete; leave the other one, or declare it"
        yield Finding("note", CODE, address, message, remedy)


def _of_orphan(kind: Kind, was: Resource, row: Raw, present: _Present) -> Finding:
    live = kind.live(row, Address(kind.name, kind.key(row)), present.id_map)
    address, commit = live.address, present.commit
    called = was.address.name if was.address.name not in (address.name, "") else ""
    entry = present.section.of(address, live.id)
    refusal = kind.refusal(was, live, ())
    if address in present.users:
        user = f"{present.users[address]} still refers to it by name"
        return _note(address, commit, user, "declare it again, or leave it: that is enough", called)
    if refusal:
        return _note(address, commit, refusal.message, "", called)
    if (address.kind, address.name) in present.declared:
        twin = f"its id is {live.id}, and another one of its name is declared"
        remedy = "pin the declared one with id: before this one goes"
        return _note(address, commit, twin, remedy, called)
    usage = kind.usage(live)
    first = "if it is to go, "
    going = f"add this manifest: {block(kind.name, kind.identity, address.name, live.id)}"
    if was.intent.protect or (entry and entry.protect):
        usage = f"{usage}; it is protected" if usage else "it is protected"
        first, going = "", f"declare it without protect: true and apply that first; then {going}"
    new = present.created(kind)
    asked = f"{_rename(address, new)}; if it is to go, " if new else first
    return _note(address, commit, usage or "it stays as it is", f"{asked}{going}", called)


def _rename(address: Address, new: Sequence[Address]) -> str:
    """The question to ask before a delete: what is to be created would be empty beside it."""
    names = [str(each) for each in new[:MOST_ASKED]]
    names += ["another new one"] if len(new) > MOST_ASKED else []
    choice = " or ".join(names)
    return f"if it is the same as {choice}, add renamed_from: [{_quoted(address.name)}] there"


def _note(address: Address, commit: str, more: str, remedy: str, called: str = "") -> Finding:
    """`called` is the name that the object was declared by, where that is another one."""
    by = f" as {called!r}" if called else ""
    message = (
        f"was declared at {commit[:12]}{by}, is still live, and no manifest declares it any more"
    )
    return Finding("note", CODE, address, f"{message}; {more}", remedy)
