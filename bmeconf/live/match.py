"""Identity: which live object each desired resource is (design 7.3). Pure.

In: the desired resources of one kind, the live rows among which to look. Out: for each the row
it is bound to, or why it must be left alone, and the rows that nothing declares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bmeconf.baseline.lock import Section
from bmeconf.kinds import replies
from bmeconf.kinds.base import Kind
from bmeconf.kinds.replies import Raw
from bmeconf.model import Address, Finding, Resource, Snapshot


@dataclass
class Binding:
    """Rows by desired address; `withheld` resources are not planned, for the reason given.

    `twins` are the rows of those that are ambiguous, where their id is remembered.
    """

    rows: dict[Address, Raw] = field(default_factory=dict)
    withheld: dict[Address, Finding] = field(default_factory=dict)
    notes: list[Finding] = field(default_factory=list)
    unmanaged: list[Raw] = field(default_factory=list)
    twins: dict[Address, Raw] = field(default_factory=dict)

    def within(self, desired: Snapshot) -> Binding:
        """What concerns `desired` of it."""
        return Binding(
            {a: row for a, row in self.rows.items() if desired.get(a)},
            {a: finding for a, finding in self.withheld.items() if desired.get(a)},
            [note for note in self.notes if desired.get(note.address)],
            self.unmanaged,
            {a: row for a, row in self.twins.items() if desired.get(a)},
        )

    @property
    def told(self) -> Binding:
        """This binding with the twins in their places: for a look, nothing may be written by it."""
        return replace(self, rows={**self.rows, **self.twins})


def bind(kind: Kind, wanted: Sequence[Resource], rows: Sequence[Raw]) -> Binding:
    """Match by id, then by own name, then by `renamed_from`; no row serves two resources."""
    binding = Binding()
    by_id = {replies.id_of(row): row for row in rows}
    for resource in wanted:
        if resource.id in by_id:
            binding.rows[resource.address] = by_id[resource.id]
        elif resource.id and not resource.intent.absent:
            binding.withheld[resource.address] = _lost(resource)
    _refuse_second_claims(binding, kind, wanted)
    free = _by_key(kind, rows, binding)
    unpinned = [resource for resource in wanted if not resource.id]
    for resource in unpinned:
        _take(binding, resource, kind.match_keys(resource)[0], free)
    for resource in unpinned:
        if resource.address not in binding.withheld:
            _follow_rename(binding, kind, resource, free)
    _refuse_taken_names(binding, kind, wanted, free)
    binding.unmanaged = [row for group in free.values() for row in group]
    return binding


def find_twins(binding: Binding, kind: Kind, wanted: Sequence[Resource], section: Section) -> None:
    """Add to `binding` those of several namesakes that `section` knows by their ids."""
    rows = {replies.id_of(row): row for row in binding.unmanaged}
    for resource in wanted:
        withheld, entry = binding.withheld.get(resource.address), section.at(resource.address)
        row = rows.get(entry.id) if entry else None
        if row is None or withheld is None or withheld.code != "ambiguous":
            continue
        if kind.key(row) in kind.match_keys(resource):
            binding.twins[resource.address] = row


def _refuse_second_claims(binding: Binding, kind: Kind, wanted: Sequence[Resource]) -> None:
    """An object to be deleted by its id may not be the one that another entry means by name."""
    by_name = {key: r.address for r in wanted if not r.id for key in kind.match_keys(r)}
    for resource in wanted:
        row = binding.rows.get(resource.address)
        if row is None or not resource.intent.absent:
            continue
        address, name = resource.address, kind.key(row)
        if name in by_name:
            told = f"is called {name!r} and would be deleted, while {by_name[name]} is to exist"
            binding.withheld[address] = _doubtful(resource, "claimed_twice", told)
        elif name != kind.match_keys(resource)[0]:
            told = f"is called {name!r}, and not what would be deleted by this entry"
            binding.withheld[address] = _doubtful(resource, "id_names_another", told)


def _doubtful(resource: Resource, code: str, told: str) -> Finding:
    remedy = "correct the id or the name, so that the entry says what it deletes"
    message = f"the object with the id {resource.id} {told}"
    return Finding("error", code, resource.address, message, remedy)


def _refuse_taken_names(
    binding: Binding, kind: Kind, wanted: Sequence[Resource], free: dict[str, list[Raw]]
) -> None:
    """A rename may not make two of one name: no later run could tell them apart by it."""
    for resource in wanted:
        row = binding.rows.get(resource.address)
        if row is None or resource.intent.absent or not kind.match_keys(resource):
            continue
        name = kind.match_keys(resource)[0]
        if kind.key(row) != name and free.get(name):
            binding.withheld[resource.address] = Finding(
                "error",
                "name_taken",
                resource.address,
                f"would be renamed from {kind.key(row)!r}, and another live object has its new name"
                f" already: {', '.join(replies.id_of(other) for other in free[name])}",
                "rename or delete the other one first, or choose another name",
            )


def _by_key(kind: Kind, rows: Sequence[Raw], binding: Binding) -> dict[str, list[Raw]]:
    pinned = {replies.id_of(row) for row in binding.rows.values()}
    groups: dict[str, list[Raw]] = {}
    for row in rows:
        if replies.id_of(row) not in pinned:
            groups.setdefault(kind.key(row), []).append(row)
    return groups


def _take(binding: Binding, resource: Resource, key: str, free: dict[str, list[Raw]]) -> None:
    found = free.get(key, [])
    if len(found) > 1:
        binding.withheld[resource.address] = ambiguous(resource.address, key, found)
    elif found:
        binding.rows[resource.address] = free.pop(key)[0]


def _follow_rename(
    binding: Binding, kind: Kind, resource: Resource, free: dict[str, list[Raw]]
) -> None:
    for old in kind.match_keys(resource)[1:]:
        if resource.address in binding.rows or resource.address in binding.withheld:
            if free.get(old):
                binding.notes.append(_leftover(resource, old))
            return
        _take(binding, resource, old, free)


def ambiguous(address: Address, key: str, rows: Sequence[Raw]) -> Finding:
    """Several live objects answer to one name: only an id can tell them apart."""
    ids = ", ".join(replies.id_of(row) for row in rows)
    return Finding(
        "warning",
        "ambiguous",
        address,
        f"{len(rows)} live objects are called {key!r}: {ids}; neither is touched",
        "pin the one that is meant with id: <its id>",
    )


def _lost(resource: Resource) -> Finding:
    return Finding(
        "error",
        "id_not_found",
        resource.address,
        f"the account has no object with the id {resource.id}",
        "correct the id, or leave it out to find or create the object by its name",
    )


def _leftover(resource: Resource, old: str) -> Finding:
    return Finding(
        "warning",
        "rename_leftover",
        resource.address,
        f"{old!r} exists beside it, so nothing is renamed; {old!r} is not managed",
        "remove renamed_from, or delete the one that is not wanted",
    )
