"""What a person has to know of a name, or to decide about it: findings and problems. Pure.

A plan file shows the findings, and their codes are stable. No decision is made by them: the status
of the match decides. Problems are references that neither the manifests nor the account can meet.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import cast

from bmeconf.kinds import KINDS, IdMap, Kind, Member, Searched, Singleton, UsesLabels, only, replies
from bmeconf.live.match import Match, Namesakes, Status
from bmeconf.model import (
    Address,
    Code,
    Finding,
    Guesses,
    Place,
    Problem,
    Resource,
    Snapshot,
    references,
)

CODES: Mapping[Status, Code] = {
    Status.RENAMED_IN_ACCOUNT: "looks_renamed",
    Status.RENAMED_IN_MANIFESTS: "looks_renamed",
    Status.REPLACED_UNSEEN: "replaced",
}
SAY_WHICH = "correct the id or the name, so that the entry says what it deletes"
ERRORS = {
    Status.ID_NOT_FOUND: (
        "the account has no object with the id {id}",
        "correct the id, or leave it out to find or create the object by its name",
    ),
    Status.CLAIMED_TWICE: (
        "the object with the id {id} is called {name!r} and would be deleted, while {rival} is to"
        " exist",
        SAY_WHICH,
    ),
    Status.ID_NAMES_ANOTHER: (
        "the object with the id {id} is called {name!r}, which is not the name in the entry that"
        " deletes it",
        SAY_WHICH,
    ),
    Status.NAME_TAKEN: (
        "would be renamed from {name!r}, and another live object has its new name already: {ids}",
        "rename or delete the other one first, or choose another name",
    ),
    Status.RENAMED_IN_ACCOUNT: (
        "was probably renamed in the account: it is now called {name!r}, and no second one is"
        " created",
        "to keep the new name, declare it, also in what refers to it, as `bmeconf drift --adopt`"
        " does; to rename it back, add renamed_from: {names}",
    ),
}
"""By status, the message and the remedy of what an apply refuses."""


UNKNOWN: Mapping[str, Code] = {"fields": "unknown_field", "tags": "unknown_tag"}
"""The code of labels that the account does not have, by where they are used."""


def code(status: Status) -> Code:
    """The stable code of the findings on a status."""
    return CODES.get(status) or cast(Code, status.value)


def every(resource: Resource, match: Match) -> Iterator[Finding]:
    """The findings on one match: on the object it is, and on those that it refers to."""
    if old := match.leftover:
        message = f"{old!r} exists beside it, so nothing is renamed; {old!r} is not managed"
        remedy = "remove renamed_from, or delete the one that is not wanted"
        yield Finding("warning", "rename_leftover", resource.address, message, remedy)
    if finding := of(resource, match):
        yield finding
    if match.referred_to:
        yield _ambiguous(resource.address, match.referred_to)


def of(resource: Resource, match: Match) -> Finding | None:
    """The finding on which object a resource is, None where there is nothing to tell."""
    address, status, names = resource.address, match.status, match.names
    if status in (Status.FOUND, Status.MISSING):
        return None
    if status is Status.AMBIGUOUS:
        return _ambiguous(address, Namesakes(names[0], match.candidates))
    if status is Status.RENAMED_IN_MANIFESTS:
        orphans = " or ".join(map(repr, names))
        choice = " or ".join(f"renamed_from: {flow([name])}" for name in names)
        message = f"was probably renamed in the manifests: {orphans} was declared before"
        message += " and is still live"
        remedy = f"if it is the same one, add {choice}"
        return Finding("warning", code(status), address, message, remedy)
    if status is Status.RENAMED_NOT_DELETED:
        message = f"is declared absent, and lives on in the account: it is now called {names[0]!r}"
        remedy = f"if it is to go, declare {names[0]!r} absent; else take this entry out"
        return Finding("warning", code(status), address, message, remedy)
    if status not in ERRORS:
        return _replaced(resource, match)
    values = {
        "id": resource.id,
        "name": names[0] if names else "",
        "names": flow(names),
        "rival": match.rival,
        "ids": ", ".join(match.candidates),
    }
    message, remedy = (text.format_map(values) for text in ERRORS[status])
    return Finding("error", code(status), address, message, remedy)


def flow(names: Sequence[str]) -> str:
    """Names as a list that a manifest takes: `["One", "Two"]`."""
    return json.dumps(names, ensure_ascii=False)


def _ambiguous(address: Address, namesakes: Namesakes) -> Finding:
    ids = ", ".join(namesakes.ids)
    message = f"{len(namesakes.ids)} live objects are called {namesakes.name!r}: {ids}"
    remedy = "pin the one that is meant with id: <its id>"
    return Finding("warning", "ambiguous", address, f"{message}; neither is touched", remedy)


def _replaced(resource: Resource, match: Match) -> Finding:
    assert match.row is not None
    kind, id = KINDS[resource.address.kind], replies.id_of(match.row)
    before = "not to be seen any more" if isinstance(kind, Searched) else "gone"
    if match.remembered is not None:
        before = f"now called {kind.key(match.remembered)!r}"
    pin = "id: <its id>" if match.identified else f"id: {id}"
    deleted = resource.intent.absent and not match.identified
    how = "if this one is to go, pin it with" if deleted else "pin the one that is meant with"
    message = f"is another object than before: {id} in place of {match.known_id}, which is {before}"
    remedy = f"look whether that was meant; {how} {pin}"
    level = "warning" if match.identified else "error"
    return Finding(level, code(match.status), resource.address, message, remedy)


# --- references that lead nowhere


def mentions(resource: Resource, id_map: IdMap) -> Sequence[Address]:
    """The addresses that a resource refers to; its origins only until it exists."""
    exists = resource.address in id_map.ids
    return references(resource.fields) if exists else resource.mentioned()


def problem(resource: Resource, code: Code, message: str, *paths: str) -> Problem:
    """A problem at the place of the first of `paths` that was written, else of the resource."""
    places = resource.intent.places
    written = next((places[path] for path in paths if path in places), resource.intent.place)
    return Problem(written or Place("the manifests"), str(resource.address), message, code)


def problems(desired: Snapshot, id_map: IdMap, unclear: Collection[Address]) -> Iterator[Problem]:
    """Unknown lists, campaigns, fields and tags.

    A reference of an `unclear` resource has several meanings, which is a finding of its own.
    """
    names = Guesses(address.name for address in (*id_map.ids, *desired.resources))
    for resource in desired:
        if resource.address in unclear or resource.intent.absent:
            continue
        for address in mentions(resource, id_map):
            if address not in id_map.ids and desired.get(address) is None:
                kind, name = address.kind, address.name
                message = f"refers to {address}, which neither the manifests nor the account have"
                message += names.near(name)
                yield problem(resource, "unknown_reference", message, f"{kind}.{name}", kind)
    labels, tags = set(id_map.fields), set(id_map.tags)
    for structure in desired.of_kind(only(Singleton).name):
        labels.update(structure.fields.get("fields") or ())
        tags.update(structure.fields.get("tags") or ())
    guesses = Guesses(labels), Guesses(tags)
    sound = set()
    for contact in desired.of_kind(only(UsesLabels).name):
        used, named = ((*(contact.fields.get(key) or ()),) for key in ("fields", "tags"))
        if (used, named) in sound:
            # Most use the labels of another one.
            continue
        live = [id_map.label(label) for label in used]
        unknown = [
            label
            for label, there in zip(used, live, strict=True)
            if there is None and label not in labels
        ]
        if unknown:
            yield from _unknown_labels(contact, "fields", unknown, guesses[0])
        if len({*live}) < len(live):
            yield from _same_field(contact, used, id_map)
        missing = [tag for tag in named if tag not in tags]
        yield from _unknown_labels(contact, "tags", missing, guesses[1])
        if not unknown and not missing and len({*live}) == len(live):
            sound.add((used, named))


def unlisted(resources: Snapshot, id_map: IdMap, listed: Collection[str]) -> Iterator[Finding]:
    """Findings on live objects that refer to what the listing of a kind in `listed` has not.

    What was sent may well have gone to a list that is no more.
    """
    for live in resources:
        kind = KINDS[live.address.kind]
        for field, referred in kind.refers.items():
            named = live.fields.get(field) or () if referred in listed else ()
            unknown = [str(a) for a in named if a not in id_map.ids]
            if unknown and not live.facts.get("foreign") and _matters(kind, live):
                message = (
                    f"in the account it refers to {', '.join(unknown)}, which no listing shows:"
                    " made just now, or deleted"
                )
                remedy = "plan again; if it stays, save it in the web app with what exists"
                yield Finding("warning", "unlisted", live.address, message, remedy)


def _matters(kind: Kind, live: Resource) -> bool:
    return isinstance(kind, Member) or kind.breaks_without(live)


def _unknown_labels(
    contact: Resource, key: str, unknown: Iterable[str], known: Guesses
) -> Iterator[Problem]:
    for label in unknown:
        message = (
            f"{key}: the account has no {key[:-1]} {label!r}{known.near(label)};"
            f" declare it under structure: {key}, or correct the name"
        )
        paths = (f"key:{key}.{label}", f"{key}.{label}", key)
        yield problem(contact, UNKNOWN[key], message, *paths)


def _same_field(contact: Resource, used: Iterable[str], id_map: IdMap) -> Iterator[Problem]:
    """Problems where two labels are one field: a predefined one, renamed by its owner."""
    labels: dict[str, str] = {}
    for label in used:
        first = labels.setdefault(id_map.label(label) or label, label)
        if first != label:
            both = f"fields: {label!r} and {first!r} are one field of the account; remove one"
            yield problem(contact, "same_field", both, f"fields.{label}", "fields")
