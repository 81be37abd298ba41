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

from bmeconf import bind
from bmeconf.bind import Binding
from bmeconf.errors import counted
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.base import Kind
from bmeconf.kinds.names import Names
from bmeconf.kinds.replies import Raw
from bmeconf.lock import Section
from bmeconf.model import STRUCTURE, Address, Finding, Resource, Snapshot, references
from bmeconf.scope import matches

CODE = "no_longer_managed"
MOST_SEARCHED = 250
"""So many contacts are looked for at most, in a few searches; of the rest is only told."""
UNPRINTED = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs")


@dataclass(frozen=True)
class Undeclared:
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
) -> Undeclared:
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
    return Undeclared(kept, len(unsearched))


def apart(
    kind: Kind, wanted: Sequence[Resource], rows: Sequence[Raw]
) -> tuple[Sequence[Raw], Sequence[Raw]]:
    """Of what was looked for together: the rows that `wanted` may mean, and the others.

    What was declared once may not change what this run finds.
    """
    if not kind.lags:
        return rows, ()
    keys = {key for resource in wanted for key in kind.wanted_keys(resource)}
    ids = {resource.id for resource in wanted if resource.id}
    mine = [row for row in rows if kind.key(row) in keys or replies.id_of(row) in ids]
    held = set(map(replies.id_of, mine))
    return mine, [row for row in rows if replies.id_of(row) not in held]


def left(kind: Kind, gone: Undeclared, rows: Sequence[Raw]) -> Binding:
    """What is still live, among the `rows` that nothing declares, of what is declared no more."""
    return bind.bind(kind, gone.of_kind(kind), rows)


def findings(
    gone: Undeclared,
    bindings: Mapping[str, Binding],
    now: Snapshot,
    names: Names,
    section: Section,
    commit: str,
) -> Iterator[Finding]:
    """A note on everything that is left, with the block that would delete it."""
    users = _users(now)
    declared = {(r.address.kind, r.address.name) for r in now}
    for name, binding in bindings.items():
        kind = KINDS[name]
        for address, row in binding.rows.items():
            was = gone.declared.resources[address]
            live = kind.live(row, Address(name, kind.key(row)), names)
            yield _note(kind, was, live, users, section, commit, declared)
        for address, doubt in binding.withheld.items():
            if doubt.code == "ambiguous":
                yield _told(address, commit, doubt.message, doubt.remedy)
    if gone.unsearched:
        last = max(r.address for r in gone.declared if KINDS[r.address.kind].lags)
        rest = counted(gone.unsearched, "more contact")
        yield _told(last, commit, f"{rest} like it were not looked for", "")


def structure(then: Snapshot, now: Snapshot, names: Names, commit: str) -> Iterator[Finding]:
    """A note on fields and tags that are declared no more and still there."""
    told = []
    for key, live in (("fields", names.fields), ("tags", names.tags)):
        was, used = (_labels(side, key, names) for side in (then.of_kind(STRUCTURE), now))
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


def _labels(side: Iterable[Resource], key: str, names: Names) -> set[str]:
    """The labels that a side uses anywhere, in the account's own words."""
    found = {label for r in side for label in r.fields.get(key) or ()}
    return {names.label(label) or label for label in found} if key == "fields" else found


def block(kind: str, identity: str, name: str, id: str = "") -> str:
    """A manifest of one line that deletes one object: a file of its own, or one after `---`.

    It means the same when a report breaks it at blanks.
    """
    pin = f", id: {id}" if id else ""
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


def _users(now: Snapshot) -> Mapping[Address, Address]:
    """For what is referred to, one declared resource that refers to it."""
    found: dict[Address, Address] = {}
    for resource in now:
        if not resource.intent.absent:
            for address in (*references(resource.fields), *resource.intent.origins):
                found.setdefault(address, resource.address)
    return found


def _note(
    kind: Kind,
    was: Resource,
    live: Resource,
    users: Mapping[Address, Address],
    section: Section,
    commit: str,
    declared: Collection[tuple[str, str]],
) -> Finding:
    address = live.address
    entry = section.of(address, live.id)
    restraint = kind.restraint(was, live, ())
    if address in users:
        told = f"{users[address]} still refers to it by name"
        return _told(address, commit, told, "declare it again, or leave it: that is enough")
    if restraint:
        return _told(address, commit, restraint.message, "")
    if (address.kind, address.name) in declared:
        told = f"its id is {live.id}, and another one of its name is declared"
        return _told(address, commit, told, "pin the declared one with id: before this one goes")
    held = kind.hanging(live)
    remedy = f"if it is to go, add this manifest: {_block(kind, was, live)}"
    if was.intent.protect or (entry and entry.protect):
        held = f"{held}; it is protected" if held else "it is protected"
        remedy = (
            "declare it without protect: true and apply that first; then "
            f"{remedy.removeprefix('if it is to go, ')}"
        )
    return _told(address, commit, held or "it stays as it is", remedy)


def _block(kind: Kind, was: Resource, live: Resource) -> str:
    return block(kind.name, kind.identity, live.address.name, was.id)


def _told(address: Address, commit: str, more: str, remedy: str) -> Finding:
    message = f"was declared at {commit[:12]}, is still live, and no manifest declares it any more"
    return Finding("note", CODE, address, f"{message}; {more}", remedy)


def elsewhere(now: Snapshot, more: Iterable[Resource]) -> Snapshot:
    """`now`, and what other manifests of the project declare: that is not gone either."""
    known = now.resources
    return Snapshot({**{r.address: r for r in more if r.address not in known}, **known})
