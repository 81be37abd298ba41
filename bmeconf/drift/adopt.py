"""Drift -> new texts of the manifests that declare what was changed by hand. Pure.

Each field that drifted becomes a proposal (`proposals`). All of them together are proven before
they are given out (`proof`); what the proof objects to is left, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bmeconf.desired.editing import Edit, Unedited, edited
from bmeconf.desired.manifest import Sources
from bmeconf.desired.validate import Desired
from bmeconf.drift.model import Drift, DriftItem
from bmeconf.drift.proof import Proof
from bmeconf.drift.proposals import Author, Proposal
from bmeconf.live import Reading
from bmeconf.model import Cause, Place

Objection = tuple[DriftItem, str]
"""What is not adopted, and why."""
Texts = Mapping[str, str]
"""The texts of files by their names, as places have them."""
SHARED = "other fields are written with it, and the account has other values there: write it apart"


@dataclass(frozen=True)
class Adoption:
    """What manifests can take over: the new text of each file, and the items that need no more.

    `left` are the other items that were changed by hand, with the reason.
    """

    texts: Texts
    adopted: tuple[DriftItem, ...]
    left: tuple[Objection, ...]


def adopt(
    drift: Drift,
    reading: Reading,
    sources: Sources,
    texts: Texts,
    reread: Callable[[Texts], Desired],
) -> Adoption:
    """The texts that declare what the account shows, for all that was changed there alone.

    `reading` is what `drift` was found in, `sources` and `texts` are the files of that moment;
    `reread` reads the manifests with other texts in some files.
    """
    items = [i for i in drift.items if i.cause == Cause.DRIFT and not (i.known and not i.expired)]
    author = Author(drift, reading, sources, texts)
    proposals, left = author.proposals(items)
    proof = Proof(drift, reading, author, items)
    while True:
        changed, objections = _combined(proposals, texts)
        if proposals and not objections:
            objections = proof.objections(proposals, reread(changed))
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
