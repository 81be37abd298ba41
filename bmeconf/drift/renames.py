"""Names that were changed by hand -> new texts of the manifests, in which all that refers to them
follows. Pure.

The new texts say the same as the old ones, but for these names. What the account makes of them
only another look at it can tell, as to which object is whose.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from bmeconf.desired.editing import NO_VALUE, Edit, Unedited, edited
from bmeconf.desired.manifest import Sources, literal
from bmeconf.desired.validate import Desired
from bmeconf.drift.model import DriftItem, Objection, Texts
from bmeconf.drift.proposals import Author
from bmeconf.kinds import KINDS, Searched
from bmeconf.live import Reading
from bmeconf.model import (
    Address,
    Fields,
    Place,
    Resource,
    Value,
    references,
)

SHARED = "another entry has the same name: edit it by hand"
WRITTEN = "{} would not follow: edit both by hand"


class Read(NamedTuple):
    """Manifests as they were read, and what they declare."""

    sources: Sources
    desired: Desired


Reread = Callable[[Texts], Read]
Names = Mapping[Address, Address]
"""The addresses of what was renamed, and those that it has now."""


class Renames:
    """Names in the texts of files, which become those that the account has."""

    def __init__(self, reading: Reading, author: Author, texts: Texts, reread: Reread) -> None:
        self._whole, self._unmanaged = reading.scope.whole, reading.account.unmanaged
        self._author, self._texts, self._reread = author, texts, reread

    def adopted(
        self, items: Sequence[DriftItem]
    ) -> tuple[Names, Texts, Read | None, Sequence[Objection]]:
        """What the manifests can take over, their new texts, and what is read of these.

        Also the items of which they cannot take over the name, with the reason.
        """
        left: list[Objection] = []
        new = {i.address: replace(i.address, name=str(i.live)) for i in items}
        for item in items:
            if reason := self._refusal(item, new):
                left.append((item, reason))
        refused = {item.address for item, _ in left}
        good = [item for item in items if item.address not in refused]
        found = self._tried({i.address: new[i.address] for i in good})
        if not isinstance(found, str):
            return *found, left
        # One that does not fit keeps no other from being adopted.
        names: Names = {}
        texts: Texts = {}
        read: Read | None = None
        for item in good:
            more = {**names, item.address: new[item.address]}
            found = self._tried(more)
            if isinstance(found, str):
                left.append((item, found))
            else:
                names, texts, read = found
        return names, texts, read, left

    def _refusal(self, item: DriftItem, new: Names) -> str:
        """Why a name cannot be declared, whatever its manifest looks like."""
        address, kind = new[item.address], KINDS[item.address.kind]
        resource = self._whole.resources[item.address]
        if isinstance(kind, Searched):
            return "its address was changed by hand: write the new one in its entry"
        if item.address.id:
            return SHARED
        if address in self._whole.resources and address not in new:
            return f"{address} is declared too: give one of the two another name"
        others = Counter(self._unmanaged.get(kind.name, ()))[address.name] - (not resource.id)
        if others > 0 or Counter(new.values())[address] > 1:
            return f'several {kind.name} are called "{address.name}": rename one of them'
        return ""

    def _tried(self, names: Names) -> tuple[Names, Texts, Read | None] | str:
        """`names` with what adopts them, or why they cannot be."""
        if not names:
            return {}, {}, None
        spots: dict[str, set[Edit]] = defaultdict(set)
        try:
            for place, edits in self._edits(names):
                spots[place.file].update(edits)
            texts = {file: edited(self._texts[file], edits) for file, edits in spots.items()}
        except Unedited as error:
            return str(error)
        read = self._reread(texts)
        desired = read.desired
        if desired.errors:
            return f"the manifest would not be valid: {desired.errors[0].message}"
        for resource in self._whole:
            wanted = _following(resource, names)
            if _meaning(desired.snapshot.get(wanted.address)) != _meaning(wanted):
                return WRITTEN.format(resource.address)
        if len(desired.snapshot) != len(self._whole):
            return WRITTEN.format("what it declares")
        return names, texts, read

    def _edits(self, names: Names) -> Iterator[tuple[Place, Sequence[Edit]]]:
        """The edits of all names, where they are declared and where they are referred to."""
        for resource in self._whole:
            kind, written = KINDS[resource.address.kind], resource.intent.written
            if now := names.get(resource.address):
                yield self._edit(written((kind.identity,)), now.name)
            for key in kind.refers:
                meant = _referred(resource, key)
                renamed = {old.name: names[old].name for old in meant if old in names}
                place = written((key,))
                try:
                    if renamed and place and (table := self._author.table(place)):
                        cell = {literal(old): literal(new) for old, new in renamed.items()}
                        yield place, [*table.renamed(place, cell)]
                        continue
                    for old, name in renamed.items():
                        yield self._edit(written((key, old)) or place, name)
                except Unedited as error:
                    about = f"{resource.address} refers to it in {key}"
                    raise Unedited(f"{about}, and there {error}") from error

    def _edit(self, place: Place | None, name: str) -> tuple[Place, Sequence[Edit]]:
        if place is None:
            raise Unedited(NO_VALUE)
        return place, [*self._author.editor(place.file).value(place, literal(name))]


def _referred(resource: Resource, key: str) -> Sequence[Address]:
    """What a resource refers to under a key of its entry."""
    intent = resource.intent
    origins = {"copy_of": (intent.copy_of,) if intent.copy_of else (), "merge_of": intent.merge_of}
    return origins[key] if key in origins else references(resource.fields.get(key))


def _following(resource: Resource, names: Names) -> Resource:
    """A resource as it is to be declared."""
    address, intent = names.get(resource.address, resource.address), resource.intent
    fields = {key: _follow(value, names) for key, value in resource.fields.items()}
    if address != resource.address:
        fields[KINDS[address.kind].identity] = address.name
    copied = names.get(intent.copy_of, intent.copy_of) if intent.copy_of else None
    merged = tuple(names.get(each, each) for each in intent.merge_of)
    followed = intent._replace(copy_of=copied, merge_of=merged)
    return replace(resource, address=address, fields=fields, intent=followed)


def _follow(value: Value, names: Names) -> Value:
    if isinstance(value, tuple) and any(isinstance(member, Address) for member in value):
        return tuple(names.get(m, m) if isinstance(m, Address) else m for m in value)
    return value


def _meaning(resource: Resource | None) -> object:
    """What a resource says, wherever it is written and in whatever order."""
    if resource is None:
        return None
    intent: Fields = resource.intent._replace(place=None, places={}, spelled=())._asdict()
    fields = {
        key: frozenset(value) if isinstance(value, tuple) else value
        for key, value in resource.fields.items()
    }
    return resource.address, resource.id, fields, intent
