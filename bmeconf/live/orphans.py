"""What was declared once and is no more: two desired sides -> what is no longer managed. Pure.

Nothing is deleted by leaving it out (design 1), so whoever takes a block out of the manifests
leaves the object behind. A plan that knows the manifests of before says so, with the block that
would delete it.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from bmeconf.baseline.lock import Section
from bmeconf.desired.scope import matches
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.base import Kind
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.live import match as bind
from bmeconf.live.match import Binding
from bmeconf.model import STRUCTURE, Address, Finding, Resource, Snapshot, references
from bmeconf.model.errors import counted

CODE = "no_longer_managed"
MOST_SEARCHED = 250
"""So many contacts are looked for at most, in a few searches; of the rest is only told."""
MOST_ASKED = 3
"""So many of what is to be created are named as what it may be by now."""
UNPRINTED = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")


@dataclass(frozen=True)
class Removed:
    """What is declared no more, as it was, and how many more of it are not looked for."""

    declared: Snapshot = field(default_factory=Snapshot)
    unsearched: int = 0

    def of_kind(self, kind: Kind) -> tuple[Resource, ...]:
        """Those of one kind, as they are to be looked for: what lags only by its name."""
        found = self.declared.of_kind(kind.name)
        return tuple(replace(r, id="") for r in found) if kind.lags else found

    @property
    def kinds(self) -> frozenset[str]:
        """The kinds that have to be read to know what is left of them."""
        return frozenset(r.address.kind for r in self.declared)


def matched(then: Snapshot, now: Snapshot) -> Mapping[Address, Address]:
    """What is called how now: by id, else by name, else by `renamed_from`."""
    by_id = {(r.address.kind, r.id): r for r in now if r.id}
    by_name: dict[tuple[str, str], list[Resource]] = defaultdict(list)
    for resource in now:
        by_name[resource.address.kind, resource.address.name].append(resource)
    for resource in now:
        for name in resource.intent.renamed_from:
            by_name[resource.address.kind, name].append(resource)
    found = {}
    for was in then:
        pinned = by_id.get((was.address.kind, was.id)) if was.id else None
        named = by_name[was.address.kind, was.address.name]
        same = [r for r in named if not (r.id and was.id and r.id != was.id)]
        if pinned or same:
            found[was.address] = (pinned or same[0]).address
    return found


def undeclared(
    then: Snapshot, now: Snapshot, targets: Sequence[str], most: int = MOST_SEARCHED
) -> Removed:
    """What `then` declared, `now` does not, and `targets`, where there are any, name."""
    same = matched(then, now)
    gone = [
        r
        for r in then
        if r.address not in same
        and r.address.kind != STRUCTURE
        and not r.intent.absent
        and (not targets or any(matches(target, r.address) for target in targets))
    ]
    searched = [r.address for r in gone if KINDS[r.address.kind].lags]
    unsearched = set(searched[most:])
    kept = Snapshot.of(r for r in gone if r.address not in unsearched)
    return Removed(kept, len(unsearched))


def apart(
    kind: Kind, wanted: Sequence[Resource], rows: Sequence[Raw]
) -> tuple[Sequence[Raw], Sequence[Raw]]:
    """Of what was looked for together: the rows that `wanted` may mean, and the others.

    What was declared once may not change what this run finds.
    """
    if not kind.lags:
        return rows, ()
    keys = {key for resource in wanted for key in kind.match_keys(resource)}
    ids = {resource.id for resource in wanted if resource.id}
    mine = [row for row in rows if kind.key(row) in keys or replies.id_of(row) in ids]
    held = set(map(replies.id_of, mine))
    return mine, [row for row in rows if replies.id_of(row) not in held]


def left(kind: Kind, gone: Removed, rows: Sequence[Raw]) -> Binding:
    """What is still live, among the `rows` that nothing declares, of what is declared no more."""
    return bind.bind(kind, gone.of_kind(kind), rows)


@dataclass(frozen=True)
class _Present:
    """What is declared and known now, by which to judge what was left behind since `commit`."""

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
        """What of a kind is declared, is not there, and might be something else renamed."""
        there = {(address.kind, address.name) for address in self.id_map.ids}
        return sorted(
            r.address
            for r in self.now.of_kind(kind.name)
            if not (kind.lags or r.intent.absent or r.id or r.intent.origins)
            and (kind.name, r.address.name) not in there
            and not self._renamed(r.address)
        )

    def _renamed(self, address: Address) -> bool:
        """Whether it lives on under another name, so that nothing is created beside it."""
        entry = self.section.at(address)
        return entry is not None and self.id_map.knows(address.kind, entry.id)


def findings(
    gone: Removed,
    bindings: Mapping[str, Binding],
    now: Snapshot,
    id_map: IdMap,
    section: Section,
    commit: str,
) -> Iterator[Finding]:
    """A note on everything that is left, with the block that would delete it."""
    present = _Present(now, id_map, section, commit)
    for name, binding in bindings.items():
        for was in gone.declared.of_kind(name):
            yield from _notes(KINDS[name], was, binding, present)
    if gone.unsearched:
        last = max(r.address for r in gone.declared if KINDS[r.address.kind].lags)
        rest = counted(gone.unsearched, "more contact")
        yield _told(last, commit, f"{rest} like it were not looked for", "")


def structure(then: Snapshot, now: Snapshot, id_map: IdMap, commit: str) -> Iterator[Finding]:
    """A note on fields and tags that are declared no more and still there."""
    told = []
    for key, live in (("fields", id_map.fields), ("tags", id_map.tags)):
        was, used = (_labels(side, key, id_map) for side in (then.of_kind(STRUCTURE), now))
        left = sorted(label for label in was - used if label in live)
        if left:
            told.append(f"{counted(len(left), key[:-1])} ({', '.join(map(repr, left))})")
    if told:
        yield Finding(
            "note",
            CODE,
            Address(STRUCTURE),
            f"{' and '.join(told)} declared at {commit[:12]} and by no manifest any more:"
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


def _notes(kind: Kind, was: Resource, binding: Binding, present: _Present) -> Iterator[Finding]:
    """What there is to say of one that is declared no more.

    A name alone may lead to an object that came later: where the lock file remembers the id, the
    note is about that one. A contact is its email address, and a pin says which one it is.
    """
    doubt, row = binding.withheld.get(was.address), binding.rows.get(was.address)
    if doubt and doubt.code == "ambiguous":
        yield _told(was.address, present.commit, doubt.message, doubt.remedy)
    entry = None if kind.lags or was.id else present.section.at(was.address)
    if doubt or (row is None and entry is None):
        return
    if row is None or (entry and replies.id_of(row) != entry.id):
        assert entry is not None
        yield from _moved(kind, was, binding, entry.id, present)
    else:
        yield _note(kind, was, row, present)


def _moved(
    kind: Kind, was: Resource, binding: Binding, id: str, present: _Present
) -> Iterator[Finding]:
    """The note where the name does not lead to the object `id` that was declared by it."""
    address, other = was.address, binding.rows.get(was.address)
    free = {replies.id_of(row): row for row in binding.unmanaged}
    if other is None:
        if id in free:
            yield _note(kind, was, free[id], present)
        return
    rows = {**free, **{replies.id_of(row): row for row in binding.rows.values()}}
    told = f"what is called {address.name!r} now is another object, {replies.id_of(other)}"
    remedy = "look which of them is to go, if any, and pin that one with id: <its id>"
    if id in rows:
        now = Address(kind.name, kind.key(rows[id]))
        yield _told(now, present.commit, f"its id is {id}; {told}", remedy, address.name)
    elif not present.id_map.knows(kind.name, id):
        message = f"was declared at {present.commit[:12]}, and is gone: its id was {id}; {told}"
        remedy = "nothing is left to delete; leave the other one, or declare it"
        yield Finding("note", CODE, address, message, remedy)


def _note(kind: Kind, was: Resource, row: Raw, present: _Present) -> Finding:
    live = kind.live(row, Address(kind.name, kind.key(row)), present.id_map)
    address, commit = live.address, present.commit
    called = was.address.name if was.address.name not in (address.name, "") else ""
    entry = present.section.of(address, live.id)
    refusal = kind.refusal(was, live, ())
    if address in present.users:
        told = f"{present.users[address]} still refers to it by name"
        return _told(address, commit, told, "declare it again, or leave it: that is enough", called)
    if refusal:
        return _told(address, commit, refusal.message, "", called)
    if (address.kind, address.name) in present.declared:
        told = f"its id is {live.id}, and another one of its name is declared"
        remedy = "pin the declared one with id: before this one goes"
        return _told(address, commit, told, remedy, called)
    held = kind.usage(live)
    first, going = "if it is to go, ", f"add this manifest: {_block(kind, live)}"
    if was.intent.protect or (entry and entry.protect):
        held = f"{held}; it is protected" if held else "it is protected"
        first, going = "", f"declare it without protect: true and apply that first; then {going}"
    new = present.created(kind)
    asked = f"{_rename(address, new)}; if it is to go, " if new else first
    return _told(address, commit, held or "it stays as it is", f"{asked}{going}", called)


def _rename(address: Address, new: Sequence[Address]) -> str:
    """The question to ask before a delete: what is to be created would be empty beside it."""
    names = [str(each) for each in new[:MOST_ASKED]]
    names += ["another new one"] if len(new) > MOST_ASKED else []
    told = " or ".join(names)
    return f"if it is the same as {told}, add renamed_from: [{_quoted(address.name)}] there"


def _block(kind: Kind, live: Resource) -> str:
    """With the id, so that a later object of the name is never the one that goes."""
    return block(kind.name, kind.identity, live.address.name, live.id)


def _told(address: Address, commit: str, more: str, remedy: str, called: str = "") -> Finding:
    """`called` is the name that it was declared by, where that is another one."""
    by = f" as {called!r}" if called else ""
    message = (
        f"was declared at {commit[:12]}{by}, is still live, and no manifest declares it any more"
    )
    return Finding("note", CODE, address, f"{message}; {more}", remedy)


def elsewhere(now: Snapshot, more: Iterable[Resource]) -> Snapshot:
    """`now`, and what other manifests of the project declare: that is not gone either."""
    known = now.resources
    return Snapshot({**{r.address: r for r in more if r.address not in known}, **known})
