"""Drift -> new texts of the manifests that declare what was changed by hand. Pure.

Every proposal is proven before it is given out: manifests with the new texts are read again and
compared with the same account. What would still differ then, or would change anything else, is
left, with the reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bmeconf.desired import scope
from bmeconf.desired.manifest import Edit, Editor, Sources, Unedited, edited
from bmeconf.desired.validate import INLINE, Desired
from bmeconf.drift.model import Drift, DriftItem
from bmeconf.kinds import KINDS
from bmeconf.live import Reading
from bmeconf.model import (
    IDENTITY,
    PRESENCE,
    Address,
    Cause,
    Difference,
    Path,
    Resource,
    Snapshot,
    Template,
    Value,
    dotted,
)
from bmeconf.plan import diff

Objection = tuple[DriftItem, str]
"""What is not adopted, and why."""
Texts = Mapping[str, str]
"""The texts of files by their names, as places have them."""
STILL = "a plan would still change it"
BY_HAND = "it was renamed, made or deleted by hand: change its entry, and what refers to it"


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
    wanted = [i for i in drift.items if i.cause == Cause.DRIFT and not (i.known and not i.expired)]
    left: list[Objection] = []
    while True:
        changed, objections = _edited(wanted, reading, sources, texts)
        if wanted and not objections:
            objections = _objections(wanted, drift, reading, reread(changed))
        if not objections:
            return Adoption(changed, tuple(wanted), tuple(left))
        left += objections
        gone = {id(item) for item, _ in objections}
        wanted = [item for item in wanted if id(item) not in gone]


# --- the new texts


def _edited(
    items: Sequence[DriftItem], reading: Reading, sources: Sources, texts: Texts
) -> tuple[Texts, Sequence[Objection]]:
    """The texts of the files that change, and the items that cannot be edited, with the reason."""
    editors: dict[str, Editor] = {}
    edits: dict[str, list[Edit]] = defaultdict(list)
    whole: dict[str, str] = {}
    failed: list[Objection] = []
    for item in items:
        try:
            resource = reading.scope.desired.resources[item.address]
            file = resource.intent.place.file if resource.intent.place else ""
            if file not in texts or file not in sources.files:
                raise Unedited("a table declares it: change the cell")
            editor = editors.setdefault(file, Editor(texts[file]))
            if (named := _named(item, resource, editor, sources, file)) and named in texts:
                new = str(item.live)
                # How a file ends means nothing to a mail, and a lot to Git.
                new += "\n" if texts[named].endswith("\n") and not new.endswith("\n") else ""
                if whole.setdefault(named, new) != new:
                    raise Unedited(f"{named} is the file of another campaign too")
            else:
                edits[file] += _edits(item, resource, editor)
        except Unedited as error:
            failed.append((item, str(error)))
    try:
        changed = {file: edited(texts[file], own) for file, own in edits.items()}
    except Unedited as error:
        return {}, _all(items, str(error))
    return {**changed, **whole}, failed


def _edits(item: DriftItem, resource: Resource, editor: Editor) -> Iterator[Edit]:
    places, path = resource.intent.places, item.path
    if path in (IDENTITY, PRESENCE) or path == (KINDS[item.address.kind].identity,):
        raise Unedited(BY_HAND)
    if path[0] in INLINE:
        path = (path[0], INLINE[path[0]])
    if (place := places.get(dotted(path))) is None:
        raise Unedited("its manifest does not write it as a value of its own")
    yield from editor.value(place, _written(item.live))


def _named(item: DriftItem, resource: Resource, editor: Editor, sources: Sources, file: str) -> str:
    """The file that holds the value of an item, empty where the manifest itself does."""
    place = resource.intent.places.get(f"{item.path[0]}.file")
    if item.path[0] not in INLINE or place is None:
        return ""
    if not isinstance(item.live, str) or not item.live:
        raise Unedited("it is empty in the account")
    text = sources.texts.get((file, editor.written(place)))
    if text is None or text.fault:
        raise Unedited("a variable names its file")
    return text.file


def _written(value: Value) -> object:
    """A live value as a manifest has it; raises Unedited for one that none can have."""
    if isinstance(value, tuple):
        return [_written(member) for member in value]
    if isinstance(value, Address):
        if value.id or not value.name:
            raise Unedited("a list in it has no name of its own")
        return _written(value.name)
    if isinstance(value, str):
        return value.replace("${", "$${")
    if value is None or isinstance(value, bool | int):
        return value
    raise Unedited("a manifest does not write it as one value")


# --- the proof


def _objections(
    items: Sequence[DriftItem], drift: Drift, reading: Reading, desired: Desired
) -> Sequence[Objection]:
    """Why items cannot be adopted, after manifests that do so; empty where all can."""
    if desired.errors:
        error = desired.errors[0]
        about = [item for item in items if str(item.address) == error.address]
        about = about or [i for i in items if i.place and i.place.file == error.place.file]
        return _all(about or items, f"the manifest would not be valid: {error.message}")
    limited = scope.limit(desired.snapshot, reading.scope.targets, desired.covers)
    if limited.desired.resources.keys() != reading.scope.desired.resources.keys():
        return _all(items, "it would change what is declared")
    read = Snapshot.of(_as_read(resource, reading) for resource in limited.desired)
    after = _changed(diff.compare(reading._replace(scope=limited, desired=read)))
    before = _changed(each.now or each for each in drift.plan.differences)
    own = {(item.address, item.path): item for item in items}
    if still := [item for key, item in own.items() if key in after]:
        return _all(still, STILL)
    if others := sorted(after - before):
        address = others[0][0]
        about = [item for item in items if item.address == address] or [*items]
        # A file of two campaigns, or a text made from a body, is the likely reason.
        about = [item for item in about if item.path[0] in INLINE] or about
        return _all(about, f"a plan would change {address} then")
    return ()


def _all(items: Sequence[DriftItem], reason: str) -> Sequence[Objection]:
    return [(item, reason) for item in items]


def _changed(differences: Iterator[Difference] | Sequence[Difference]) -> set[tuple[Address, Path]]:
    return {(d.address, change.path) for d in differences for change in (d.now or d).changes}


def _as_read(resource: Resource, reading: Reading) -> Resource:
    """A declared resource in the account's own words; a template stays the HTML that was read."""
    known = reading.desired.get(resource.address)
    fields = {
        key: known.fields.get(key, value) if known and isinstance(value, Template) else value
        for key, value in resource.fields.items()
    }
    return reading.account.id_map.relabelled(replace(resource, fields=fields))
