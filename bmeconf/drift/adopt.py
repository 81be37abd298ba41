"""Drift -> new texts of the manifests that declare what was changed by hand. Pure.

First come the names that were changed by hand (`renames`): by the manifests with the new names,
another look at the account tells which object is whose, and what differs then. Each field that
drifted becomes a proposal (`proposals`). All of them together are proven before they are given out
(`proof`); what the proof objects to is left, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bmeconf.desired import Scope
from bmeconf.desired.editing import Edit, Unedited, edited
from bmeconf.desired.manifest import Sources
from bmeconf.desired.validate import Desired
from bmeconf.drift.model import Drift, DriftItem, Objection, Texts
from bmeconf.drift.proof import Proof
from bmeconf.drift.proposals import Author, Proposal
from bmeconf.drift.renames import Names, Renames, Reread
from bmeconf.kinds import replies
from bmeconf.live import Reading
from bmeconf.model import Address, Cause, Place

UNSEEN = "the account could not be read beside its new name: edit it by hand"
SHARED = "other fields are written with it, and the account has other values there: write it apart"


@dataclass(frozen=True)
class Adoption:
    """What manifests can take over: the new text of each file, and the items that need no more.

    `left` are the other items that were changed by hand, with the reason.
    """

    texts: Texts
    adopted: tuple[DriftItem, ...]
    left: tuple[Objection, ...]


Look = Callable[[Scope], tuple[Reading, Drift] | None]


def adopt(
    drift: Drift, reading: Reading, sources: Sources, texts: Texts, reread: Reread, look: Look
) -> tuple[Adoption, Drift]:
    """The texts that declare what the account shows, for all that was changed there alone.

    `reading` is what `drift` was found in, `sources` and `texts` are the files of that moment;
    `reread` reads the manifests with other texts in some files, and `look` reads the account beside
    other manifests, None where that cannot be. Also `drift` with all that it has to tell of what
    was renamed, of which nothing but the name was read.
    """
    named = [item for item in _items(drift) if item.is_rename]
    author = Author(drift, reading, sources, texts)
    names, renamed, read, left = Renames(reading, author, texts, reread).adopted(named)
    looked = look(_scope(reading, names, read.desired)) if read else None
    reason: Mapping[Address, str] = dict.fromkeys(names, UNSEEN)
    if read and looked and not (reason := _moved(names, drift, *looked, named)):
        now, found = looked
        adoption = _fields(
            found,
            now,
            read.sources,
            {**texts, **renamed},
            lambda changed: reread({**renamed, **changed}),
        )
        return _together(drift, adoption, names, renamed, left)
    adoption = _fields(drift, reading, sources, texts, reread)
    left = [*left, *((item, reason[item.address]) for item in named if item.address in reason)]
    return replace(adoption, left=(*_reasoned(adoption.left, left),)), drift


def _items(drift: Drift) -> list[DriftItem]:
    return [i for i in drift.items if i.cause == Cause.DRIFT and not (i.known and not i.expired)]


def _scope(reading: Reading, names: Names, desired: Desired) -> Scope:
    """The scope of a run beside manifests with other names."""
    here = {names.get(address, address) for address in reading.scope.desired.resources}
    return reading.scope.redeclared(desired.snapshot, here)


def _moved(
    names: Names, drift: Drift, now: Reading, found: Drift, named: Sequence[DriftItem]
) -> Mapping[Address, str]:
    """Why these names cannot be adopted, by what the account shows beside them; empty if they can.

    Of what was not renamed nothing may differ that did not before.
    """
    ids = {names[item.address]: item.id for item in named if item.address in names}
    for address, id in ids.items():
        row = now.matches[address].row
        if row is None or now.matches.blocked(address) or replies.id_of(row) != id:
            return dict.fromkeys(names, f"it is not clear then which object {address} is")
    before = {(names.get(i.address, i.address), i.path) for i in drift.items}
    for item in found.items:
        if item.address not in ids and (item.address, item.path) not in before:
            return dict.fromkeys(names, f"a plan would change {item.address} then: edit both")
    return {}


def _together(
    drift: Drift,
    adoption: Adoption,
    names: Names,
    renamed: Texts,
    left: Sequence[Objection],
) -> tuple[Adoption, Drift]:
    """What was adopted with new names, told by the names that were declared before."""
    old = {new: address for address, new in names.items()}
    told = {(item.address, item.path): item for item in drift.items}

    def as_told(item: DriftItem) -> DriftItem:
        address = old.get(item.address, item.address)
        return told.get((address, item.path)) or replace(item, address=address)

    adopted = [item for item in drift.items if item.is_rename and item.address in names]
    adopted += map(as_told, adoption.adopted)
    others = [(as_told(item), why) for item, why in _reasoned(adoption.left, left)]
    every = {**told, **{(i.address, i.path): i for i in (*adopted, *(i for i, _ in others))}}
    items = tuple(every[key] for key in sorted(every))
    texts = {**renamed, **adoption.texts}
    return Adoption(texts, (*adopted,), (*others,)), replace(drift, items=items)


def _reasoned(left: Sequence[Objection], names: Sequence[Objection]) -> Iterator[Objection]:
    """What is left, of which a name has the reason that it has among the `names`."""
    whys = {item.address: why for item, why in names}
    for item, why in left:
        yield item, whys.get(item.address, why) if item.is_rename else why


def _fields(
    drift: Drift,
    reading: Reading,
    sources: Sources,
    texts: Texts,
    reread: Reread,
) -> Adoption:
    """The texts that declare the fields of what still has its name."""
    items = _items(drift)
    author = Author(drift, reading, sources, texts)
    proposals, left = author.proposals(items)
    proof = Proof(drift, reading, author, items)
    while True:
        changed, objections = _combined(proposals, texts)
        if proposals and not objections:
            objections = proof.objections(proposals, reread(changed).desired)
        if not objections:
            break
        left |= objections
        proposals = {n: each for n, each in proposals.items() if n not in left}
    # What was left may come along: a text that is made of a body that is adopted.
    needless = {n for n in left if proposals and proof.settled(items[n])}
    adopted = (item for n, item in enumerate(items) if n in proposals or n in needless)
    others = sorted(left.keys() - needless)
    return Adoption(changed, tuple(adopted), tuple((items[n], left[n]) for n in others))


def _combined(proposals: Mapping[int, Proposal], texts: Texts) -> tuple[Texts, Mapping[int, str]]:
    """The texts of the files that change, and by their numbers the items that do not fit."""
    spots: dict[tuple[str, Place | None], set[tuple[Edit, ...]]] = defaultdict(set)
    by_file: dict[str, list[int]] = defaultdict(list)
    for number, each in proposals.items():
        spots[each.file, each.place].add(each.edits)
        by_file[each.file].append(number)
    shared = {n: SHARED for n, p in proposals.items() if len(spots[p.file, p.place]) > 1}
    if shared:
        return {}, shared
    changed, failed = dict[str, str](), dict[int, str]()
    for file, numbers in by_file.items():
        try:
            edits = (edit for number in numbers for edit in proposals[number].edits)
            changed[file] = edited(texts[file], edits)
        except Unedited as error:
            failed |= dict.fromkeys(numbers, str(error))
    return changed, failed
