"""What all entries together may not say: duplicates, renames, references, cycles. Pure.

References find their target by canonical name (design 7.3). A target that no manifest declares
is looked up in the account later, so here it is at most a note.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from bmeconf.desired.validate.entries import ManifestEntry
from bmeconf.desired.validate.places import Fields, Places
from bmeconf.kinds import KINDS, SharedNames, UsesLabels
from bmeconf.model import (
    MOST_GUESSES,
    Address,
    Code,
    Guesses,
    Place,
    Problem,
    canonical_name,
    did_you_mean,
    look,
)

ByName = Mapping[Address, Sequence[ManifestEntry]]

PREDEFINED_FIELDS = ("Email", "First Name", "Last Name")
ORIGINS = ("copy_of", "merge_of")

UNDECLARED: Mapping[str, Code] = {
    "list": "undeclared_list",
    "contact": "undeclared_contact",
    "campaign": "undeclared_campaign",
    "field": "undeclared_field",
    "tag": "undeclared_tag",
}
"""The code of the note that the account must have something, by what it is."""


@dataclass(frozen=True)
class Reference:
    """A name under `key` of an entry, at `index`, which means another resource, the target."""

    entry: ManifestEntry
    key: str
    target: Address
    index: int

    @property
    def place(self) -> Place:
        return self.entry.place(self.key, self.index)

    def problem(self, message: str, code: Code, level: str = "error") -> Problem:
        message = f"{self.key}: {message}"
        return Problem(self.place, self.entry.shown, message, code, level, self.key)


def by_name(entries: Sequence[ManifestEntry]) -> ByName:
    """The entries of each identity, in their order."""
    found: dict[Address, list[ManifestEntry]] = defaultdict(list)
    for entry in entries:
        if entry.name or entry.is_block:
            found[entry.identity].append(entry)
    return found


def address(entry: ManifestEntry, declared: ByName) -> Address:
    """The entry's address: with its id only where others share the name (design 1)."""
    shared = len(declared[entry.identity]) > 1 and entry.id
    return Address(entry.kind, entry.name, entry.id) if shared else entry.address


def check(entries: Sequence[ManifestEntry], declared: ByName) -> Iterator[Problem]:
    """Errors and warnings among entries sorted by place, at the later or the referring one."""
    references = [reference for entry in entries for reference in _references(entry)]
    yield from _duplicates(declared)
    yield from _look_alikes(declared)
    yield from _shared_ids(entries)
    yield from _renames(entries, declared)
    former = _former(entries)
    for reference in references:
        yield from _target(reference, declared, former)
    yield from _cycles(references)


def notes(entries: Sequence[ManifestEntry], declared: ByName) -> Iterator[Problem]:
    """Notes on what must exist in the account, one for each name, where it is first mentioned."""
    former = _former(entries)
    undeclared: dict[Address, list[Reference]] = defaultdict(list)
    for entry in entries:
        for reference in _references(entry) if not entry.absent else ():
            if reference.target not in declared and reference.target not in former:
                undeclared[reference.target].append(reference)
    for number, (target, references) in enumerate(undeclared.items()):
        first = min(references, key=lambda r: r.place)
        others = (a for a in declared if a.kind == target.kind and a != first.entry.address)
        hint = did_you_mean(target.name, (a.name for a in others)) if number < MOST_GUESSES else ""
        noun = KINDS[target.kind].noun
        message = f'no manifest declares the {noun} "{target.name}", so the account must have it'
        yield first.problem(message + hint, UNDECLARED[noun], "note")
    yield from _unlisted(entries)


def _duplicates(declared: ByName) -> Iterator[Problem]:
    for same in declared.values():
        if len({entry.id for entry in same if entry.id}) == len(same):
            continue
        for entry in same[1:]:
            key = KINDS[entry.kind].identity
            remedy = "remove one, or give each the `id` of another live object"
            if entry.is_row or same[0].is_row:
                remedy = f"remove one{' row' if entry.is_row and same[0].is_row else ''}"
            other = "" if entry.name == same[0].name else f' as "{same[0].name}"'
            message = f"declared twice; first{other} at {same[0].place(key)}: {remedy}"
            if entry.is_block:
                message = f"a second `structure:`; the first is at {same[0].node.place}, merge them"
            yield entry.problem(() if entry.is_block else (key,), message, "duplicate")


def _look_alikes(declared: ByName) -> Iterator[Problem]:
    """Warnings on names of lists that look the same to a hasty reader."""
    first: dict[str, ManifestEntry] = {}
    for address, same in declared.items():
        if not isinstance(KINDS[address.kind], SharedNames) or any(entry.absent for entry in same):
            continue
        other = first.setdefault(look(address.name), same[0])
        if other is not same[0]:
            message = (
                "name: only letter case, blanks or what nobody can see tell it from "
                f'"{other.name}", at {other.place("name")}; '
                "keep or rename one"
            )
            yield same[0].problem(("name",), message, "look_alike", "warning")


def _shared_ids(entries: Sequence[ManifestEntry]) -> Iterator[Problem]:
    first: dict[tuple[str, str], ManifestEntry] = {}
    for entry in (entry for entry in entries if entry.id):
        other = first.setdefault((entry.kind, entry.id), entry)
        if other.address != entry.address:
            message = f"id: {other.shown} has the same id, at {other.place('id')}; remove one"
            yield entry.problem(("id",), message, "duplicate_id")


def _renames(entries: Sequence[ManifestEntry], declared: ByName) -> Iterator[Problem]:
    first: dict[Address, ManifestEntry] = {}
    for entry in entries:
        for index, text in enumerate(entry.texts("renamed_from")):
            former = Address(entry.kind, entry.canonical(text))
            if not former.name or former == entry.identity:
                continue
            path = ("renamed_from", index)
            if former in declared:
                message = (
                    f'renamed_from: "{former.name}" is also declared, at '
                    f"{declared[former][0].node.place}; it cannot be both: remove one"
                )
                yield entry.problem(path, message, "renamed_from")
            other = first.setdefault(former, entry)
            if other is not entry:
                message = (
                    f'renamed_from: {other.shown} was named "{former.name}" too, at '
                    f"{other.place('renamed_from')}; only one of them can have been"
                )
                yield entry.problem(path, message, "renamed_from")


def _references(entry: ManifestEntry) -> Iterator[Reference]:
    for key, kind in KINDS[entry.kind].refers.items():
        for index, text in enumerate(entry.texts(key)):
            if name := canonical_name(text):
                target = Address(kind, name)
                yield Reference(entry, key, target, index)


def _former(entries: Sequence[ManifestEntry]) -> Mapping[Address, ManifestEntry]:
    """The entries by the addresses that they were renamed from."""
    return {
        Address(entry.kind, entry.canonical(text)): entry
        for entry in reversed(entries)
        for text in entry.texts("renamed_from")
    }


def _target(
    reference: Reference, declared: ByName, former: Mapping[Address, ManifestEntry]
) -> Iterator[Problem]:
    entry, name = reference.entry, reference.target.name
    same = declared.get(reference.target, ())
    if entry.absent:
        return
    if reference.key in ORIGINS and reference.target == entry.address:
        yield reference.problem(f'"{name}" is this very entry; name another', "self")
    elif not same and reference.target in former:
        renamed = former[reference.target]
        message = f'"{name}" is renamed to "{renamed.name}", at {renamed.place("renamed_from")}; '
        yield reference.problem(f"{message}update this reference", "renamed_reference")
    elif any(other.absent for other in same):
        message = f'"{name}" is declared with `state: absent`, at {same[0].node.place}; '
        message += "remove the reference, or keep what it refers to"
        yield reference.problem(message, "absent_reference")
    elif len(same) > 1 and all(other.id for other in same):
        places = ", ".join(str(other.node.place) for other in same)
        message = f'several entries are named "{name}" ({places}); rename one'
        yield reference.problem(message, "ambiguous_reference")


def _cycles(references: Sequence[Reference]) -> Iterator[Problem]:
    """One problem for each ring of entries that are to be created from each other."""
    ahead: dict[Address, list[Reference]] = defaultdict(list)
    for reference in references:
        source = reference.entry.address
        if reference.key in ORIGINS and reference.target != source:
            ahead[source].append(reference)
    started: set[Address] = set()
    # Depth first with a stack of its own; a step back onto the trail closes a ring.
    for start in sorted(ahead):
        trail = {start: None} if start not in started else {}
        while trail:
            last = next(reversed(trail))
            started.add(last)
            if not ahead[last]:
                trail.popitem()
                continue
            reference = ahead[last].pop()
            target = reference.target
            if target in trail:
                whole = [*trail]
                ring = [*whole[whole.index(target) :], target]
                way = " -> ".join(f'"{each.name}"' for each in ring)
                yield reference.problem(f"these are to be created from each other: {way}", "cycle")
            elif target in ahead and target not in started:
                trail[target] = None


def _unlisted(entries: Sequence[ManifestEntry]) -> Iterator[Problem]:
    """Notes on tags and field labels of contacts that the declared structure does not list."""
    structure = next((entry for entry in entries if entry.is_block and entry.sound), None)
    spec = structure.spec if structure else {}
    labels = [canonical_name(field["label"]) for field in spec.get("fields", ())]
    tags = [canonical_name(tag) for tag in spec.get("tags", ())]
    known = {"fields": [*labels, *PREDEFINED_FIELDS] if labels else [], "tags": tags}
    for key, noun in (("fields", "field"), ("tags", "tag")):
        first: dict[str, ManifestEntry] = {}
        for entry in entries if known[key] else ():
            if isinstance(KINDS[entry.kind], UsesLabels) and entry.sound:
                for text in entry.spec.get(key) or ():
                    first.setdefault(canonical_name(text), entry)
        guesses, listed = Guesses(known[key]), {*known[key]}
        fields, spots = Fields(), dict[int, Places]()
        for name, entry in first.items():
            if name not in listed:
                hint = guesses.near(name) or "; the account must have it"
                message = f'{key}: `structure:` does not list the {noun} "{name}"{hint}'
                if id(entry) not in spots:
                    spots[id(entry)] = fields.places(entry.node)
                written = (spots[id(entry)].get(f"{start}{key}.{name}") for start in ("key:", ""))
                place = next(filter(None, written), entry.node.place)
                yield Problem(place, entry.shown, message, UNDECLARED[noun], "note")
