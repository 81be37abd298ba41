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
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

from bmeconf.baseline import CommitManifests, commit_baseline
from bmeconf.desired import Scope, matches
from bmeconf.desired.manifest import literal
from bmeconf.kinds import KINDS, Kind, NaturalKey, Raw, Searched, Singleton, identity, only, replies
from bmeconf.live import doubts
from bmeconf.live.account import Reading
from bmeconf.live.match import Status
from bmeconf.model import Address, Finding, Resource, Snapshot, counted, shows_nothing

CODE: Final = "no_longer_managed"
MOST_SEARCHED = 250
"""So many contacts are looked for at most, in a few searches; of the rest is only told."""
MOST_ASKED = 3
"""So many of what is to be created are named as what it may be by now."""


class Removed(NamedTuple):
    """Resources that are declared no more, as they were; `unsearched` more are not looked for."""

    declared: Snapshot = Snapshot()
    unsearched: int = 0

    def of_kind(self, kind: Kind) -> tuple[Resource, ...]:
        """The resources of one kind, as they are looked for: by name alone where a search is."""
        removed = self.declared.of_kind(kind.name)
        return tuple(replace(r, id="") for r in removed) if isinstance(kind, Searched) else removed


def removed(commit: CommitManifests, scope: Scope) -> Removed:
    """The resources that `commit` declares and no manifest of the project does now.

    Only those that the targets of the run name, if there are any.
    """
    same = commit_baseline.same_now(commit.declared, scope.whole)
    gone = [
        r
        for r in commit.declared
        if r.address not in same
        and r.address in commit.given
        and not isinstance(KINDS[r.address.kind], Singleton)
        and not r.intent.absent
        and (not scope.targets or any(matches(target, r.address) for target in scope.targets))
    ]
    searched = [r.address for r in gone if isinstance(KINDS[r.address.kind], Searched)]
    unsearched = set(searched[MOST_SEARCHED:])
    kept = Snapshot.of(r for r in gone if r.address not in unsearched)
    return Removed(kept, len(unsearched))


def findings(removed: Removed, commit: CommitManifests, reading: Reading) -> Iterator[Finding]:
    """A note on every orphan of `commit`, with the block that would delete it."""
    notes = _Notes(commit.commit[:12], reading)
    for was in removed.declared:
        yield from notes.on(KINDS[was.address.kind], was)
    if removed.unsearched:
        kind = only(Searched)
        last = max(r.address for r in removed.declared.of_kind(kind.name))
        rest = counted(removed.unsearched, f"more {kind.noun}")
        yield notes.note(last, f"{rest} like it were not looked for", "")
    if not reading.scope.targets:
        yield from notes.on_structure(commit.declared)


class _Notes:
    """The notes on what `commit` declares, beside what is declared now and the account."""

    def __init__(self, commit: str, reading: Reading) -> None:
        self._commit, self._now, self._orphans = commit, reading.scope.whole, reading.orphans
        self._id_map, self._section = reading.account.id_map, reading.section
        self._declared = {identity(r.address) for r in self._now}
        self._users: dict[Address, Address] = {}
        for resource in self._now:
            if not resource.intent.absent:
                for address in resource.mentioned():
                    self._users.setdefault(address, resource.address)

    def on(self, kind: Kind, was: Resource) -> Iterator[Finding]:
        """The notes on one removed resource.

        A name alone may lead to an object that came later: where the lock file remembers the id,
        the note is about that one. A contact is its email address, and a pin says which one it is.
        """
        match = self._orphans[was.address]
        if match.status is Status.AMBIGUOUS and (doubt := doubts.of(was, match)):
            yield self.note(was.address, doubt.message, doubt.remedy)
        entry = None if isinstance(kind, NaturalKey) or was.id else self._section.at(was.address)
        if match.blocked:
            return
        if match.row is not None and (not entry or replies.id_of(match.row) == entry.id):
            yield self._orphan(kind, was, match.row)
        elif entry:
            yield from self._moved(kind, was, match.row, entry.id)

    def _moved(self, kind: Kind, was: Resource, other: Raw | None, id: str) -> Iterator[Finding]:
        """The note where the name does not lead to the object `id` that was declared by it."""
        free = {replies.id_of(row): row for row in self._orphans.unmanaged[kind.name]}
        if other is None:
            if id in free:
                yield self._orphan(kind, was, free[id])
            return
        rows = {replies.id_of(row): row for row in self._orphans.rows(kind.name).values()} | free
        name = was.address.name
        another = f"the name {name!r} is now that of another object, {replies.id_of(other)}"
        if id in rows:
            now = Address(kind.name, kind.called(rows[id]))
            remedy = "look which of them is to go, if any, and pin that one with id: <its id>"
            yield self.note(now, f"its id is {id}; {another}", remedy, name)
        elif not self._id_map.knows(kind.name, id):
            message = f"was declared at {self._commit}, and is gone: its id was {id}; {another}"
            remedy = "nothing is left to delete; leave the other one, or declare it"
            yield Finding("note", CODE, was.address, message, remedy)

    def _orphan(self, kind: Kind, was: Resource, row: Raw) -> Finding:
        live = kind.live(row, Address(kind.name, kind.called(row)), self._id_map)
        address = live.address
        called = was.address.name if was.address.name != address.name else ""
        if address in self._users:
            user = f"{self._users[address]} still refers to it by name"
            return self.note(address, user, "declare it again, or leave it: that is enough", called)
        if refusal := kind.refusal(was, live, ()):
            return self.note(address, refusal.message, "", called)
        if identity(address) in self._declared:
            twin = f"its id is {live.id}, and another one of its name is declared"
            remedy = "pin the declared one with id: before this one goes"
            return self.note(address, twin, remedy, called)
        usage, first = kind.usage(live), "if it is to go, "
        going = f"add this manifest: {block(kind.name, kind.identity, address.name, live.id)}"
        entry = self._section.of(address, live.id)
        if was.intent.protect or (entry and entry.protect):
            usage = f"{usage}; it is protected" if usage else "it is protected"
            first, going = (
                "",
                f"declare it without protect: true and apply that first; then {going}",
            )
        if new := self._created(kind):
            first = f"{_rename(address, new)}; if it is to go, "
        return self.note(address, usage or "it stays as it is", f"{first}{going}", called)

    def _created(self, kind: Kind) -> Sequence[Address]:
        """The resources of a kind that are to be created, and may be an orphan renamed."""
        there = {(address.kind, address.name) for address in self._id_map.ids}
        return sorted(
            r.address
            for r in self._now.of_kind(kind.name)
            if not (isinstance(kind, NaturalKey) or r.intent.absent or r.id or r.intent.origins)
            and (kind.name, r.address.name) not in there
            # One that lives on under another name is not created beside that.
            and not ((e := self._section.at(r.address)) and self._id_map.knows(kind.name, e.id))
        )

    def on_structure(self, then: Snapshot) -> Iterator[Finding]:
        """A note on fields and tags that are declared no more and still there."""
        parts = []
        for key, live in (("fields", self._id_map.fields), ("tags", self._id_map.tags)):
            was = self._labels(then.of_kind(only(Singleton).name), key)
            left = sorted((was - self._labels(self._now, key)).intersection(live))
            if left:
                parts.append(f"{counted(len(left), key[:-1])} ({', '.join(map(repr, left))})")
        if parts:
            message = (
                f"{' and '.join(parts)} declared at {self._commit} and by no manifest any more:"
                " bmeconf never removes them"
            )
            remedy = "remove them in the web app, once nobody uses them"
            yield Finding("note", CODE, only(Singleton).address, message, remedy)

    def _labels(self, side: Iterable[Resource], key: str) -> set[str]:
        """The labels that a side uses anywhere, in the account's own words."""
        labels = {label for r in side for label in r.fields.get(key) or ()}
        return {self._id_map.label(each) or each for each in labels} if key == "fields" else labels

    def note(self, address: Address, more: str, remedy: str, called: str = "") -> Finding:
        """A note; `called` is the name that the object was declared by, if another one."""
        by = f" as {called!r}" if called else ""
        message = (
            f"was declared at {self._commit}{by}, is still live, and no manifest declares it any"
            f" more; {more}"
        )
        return Finding("note", CODE, address, message, remedy)


def block(kind: str, identity: str, name: str, id: str = "") -> str:
    """A manifest of one line that deletes one object: a file of its own, or one after `---`.

    It means the same when a report breaks it at blanks.
    """
    # Digits alone would be read as a number.
    pin = f", id: {_quoted(id)}" if id else ""
    return f"{{version: 1, {kind}: [{{{identity}: {_quoted(name)}{pin}, state: absent}}]}}"


def _quoted(text: str) -> str:
    """`text` as a double-quoted YAML scalar in which only single blanks stand as themselves."""
    plain = json.dumps(literal(text), ensure_ascii=False)[1:-1]
    # A report may break a line at any blank, and breaks up what a CI runner takes for a command.
    plain = re.sub(r"^ +| +$| {2,}", lambda blanks: "\\x20" * len(blanks[0]), plain)
    plain = plain.replace("##[", "#\\x23[").replace("::", ":\\x3a")
    return '"' + "".join(map(_escaped, plain)) + '"'


def _escaped(character: str) -> str:
    if not shows_nothing(character) and unicodedata.category(character) != "Cn":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _rename(address: Address, new: Sequence[Address]) -> str:
    """The question to ask before a delete: what is to be created would be empty beside it."""
    names = [str(each) for each in new[:MOST_ASKED]]
    names += ["another new one"] if len(new) > MOST_ASKED else []
    choice = " or ".join(names)
    return f"if it is the same as {choice}, add renamed_from: [{_quoted(address.name)}] there"
