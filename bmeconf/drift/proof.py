"""The proof of proposals: manifests with the edits are read again, and compared with the account.

What would still differ then, or would change anything else, is objected to, with the reason. Pure.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress

from bmeconf.desired import scope
from bmeconf.desired.editing import Unedited
from bmeconf.desired.validate import INLINE, Desired
from bmeconf.drift.model import Drift, DriftItem
from bmeconf.drift.proposals import MADE, Author, Proposal
from bmeconf.live import Reading
from bmeconf.model import (
    IDENTITY,
    PRESENCE,
    Address,
    Difference,
    Path,
    Resource,
    Value,
    lookup,
)
from bmeconf.plan import diff

Changes = Mapping[tuple[Address, Path], Value]
"""What a plan would write, by the field."""
STILL = "a plan would still change it: edit it by hand"
DECLARED = "it would change what is declared: edit it by hand"


class Proof:
    """Compares the account with manifests that were edited; numbers are those of `items`."""

    def __init__(
        self, drift: Drift, reading: Reading, author: Author, items: Sequence[DriftItem]
    ) -> None:
        self._reading, self._author, self._items = reading, author, items
        self._before = _changes(each.now or each for each in drift.plan.differences)
        self._moved = {(item.address, item.path) for item in items}
        self._after: Changes = self._before

    def settled(self, item: DriftItem) -> bool:
        """Whether no plan would change a field any more, by the last look."""
        return item.path not in (IDENTITY, PRESENCE) and (
            (item.address, item.path) in self._before
            and (item.address, item.path) not in self._after
        )

    def objections(self, proposals: Mapping[int, Proposal], desired: Desired) -> Mapping[int, str]:
        """Why items cannot be adopted, after manifests that do so; empty where all can."""
        if desired.errors:
            return self._invalid(proposals, desired)
        whole, now = self._reading.scope.whole, self._reading.scope.desired
        if desired.snapshot.resources.keys() != whole.resources.keys():
            return dict.fromkeys(proposals, DECLARED)
        limited = self._reading.scope.redeclared(desired.snapshot, now.resources)
        reading = self._reading.redeclared(limited)
        self._after = _changes(d.now or d for d in diff.compare(reading))
        found: dict[int, str] = {}
        for number in proposals:
            item = self._items[number]
            if not _declares(reading.desired.resources[item.address], item.path):
                found[number] = DECLARED
            elif (item.address, item.path) in self._after:
                written = limited.desired.resources[item.address].intent.written
                made = (why for key, why in MADE.items() if written((item.path[0], key)))
                found[number] = next(made, STILL)
        return found or self._others(proposals, limited)

    def _invalid(self, proposals: Mapping[int, Proposal], desired: Desired) -> Mapping[int, str]:
        found: dict[int, str] = {}
        by_address, by_file = defaultdict[str, list[int]](list), defaultdict[str, list[int]](list)
        for number, each in proposals.items():
            by_address[str(self._items[number].address)].append(number)
            by_file[each.file].append(number)
        elsewhere: dict[str, str] = {}
        for error in desired.errors:
            reason = f"the manifest would not be valid: {error.message}"
            own = by_address.get(error.address)
            if own is None:
                elsewhere.setdefault(error.place.file, reason)
            else:
                about = [n for n in own if error.field == self._items[n].path[0]]
                found |= {n: found.get(n, reason) for n in about or own}
        for file, reason in elsewhere.items():
            found |= {n: found.get(n, reason) for n in by_file.get(file, proposals)}
        return found

    def _others(self, proposals: Mapping[int, Proposal], limited: scope.Scope) -> Mapping[int, str]:
        """What would change beside the items, by the items that are likely to be the reason."""
        own = {(self._items[n].address, self._items[n].path) for n in proposals}
        changed = [
            key
            for key in sorted((self._before.keys() | self._after.keys()) - own)
            if self._before.get(key, diff.MISSING) != self._after.get(key, diff.MISSING)
            and not (key in self._moved and key not in self._after)
        ]
        if not changed:
            return {}
        by_spot = defaultdict[object, list[int]](list)
        contents = defaultdict[Address, list[int]](list)
        for number, each in proposals.items():
            by_spot[each.place or each.file].append(number)
            if self._items[number].path[0] in INLINE:
                contents[self._items[number].address].append(number)
        before = self._reading.scope.managed
        new = {*limited.managed.lists - before.lists, *limited.managed.tags - before.tags}
        naming = [n for n in proposals if new.intersection(_members(self._items[n].live))]
        found: dict[int, str] = {}
        every, blamed = [*proposals], set[int]()
        for address, path in changed:
            shared = [by_spot[s] for s in self._spots(address, path[0]) if s in by_spot]
            # A text that is made of a body, or the first manifest that names a list or tag.
            for numbers in shared or [contents.get(address) or naming or every]:
                # Thousands of rows may share one place.
                if id(numbers) not in blamed:
                    blamed.add(id(numbers))
                    reason = f"a plan would change {address} then: edit both by hand"
                    found |= {n: found.get(n, reason) for n in numbers}
        return found

    def _spots(self, address: Address, field: str) -> Iterator[object]:
        """Where a field is written: places, and the file that has its text."""
        resource = self._reading.scope.desired.resources[address]
        for name, place in resource.intent.places.items():
            if name.partition(".")[0] == field:
                yield place
        with suppress(Unedited):
            yield self._author.named(resource, field)


def _members(value: Value) -> Sequence[Value]:
    return value if isinstance(value, tuple) else ()


def _declares(resource: Resource, path: Path) -> bool:
    """Whether a resource declares anything at a path."""
    *outer, last = path
    above = lookup(resource.fields, (*outer,))
    return isinstance(above, Mapping) and last in above


def _changes(differences: Iterator[Difference]) -> Changes:
    return {(d.address, change.path): change.after for d in differences for change in d.changes}
