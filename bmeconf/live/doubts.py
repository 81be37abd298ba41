"""Findings on identity: what a person has to know of a match, or to decide about it. Pure.

A plan file shows these findings, and the codes are stable. No decision is made by them: the status
of the match decides.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

from bmeconf.kinds import KINDS, Kind, Searched, replies
from bmeconf.live.match import Match, Matches, Namesakes, Status
from bmeconf.model import Address, Finding, Resource, Snapshot

CODES = {
    Status.RENAMED_IN_ACCOUNT: "looks_renamed",
    Status.RENAMED_IN_MANIFESTS: "looks_renamed",
    Status.REPLACED_UNSEEN: "replaced",
}


def code(status: Status) -> str:
    """The stable code of the findings on a status."""
    return CODES.get(status, status.value)


def findings(desired: Snapshot, matches: Matches) -> Iterator[Finding]:
    """The finding on every match that has one, and on every object that a rename left behind."""
    for resource in desired:
        match = matches.get(resource.address)
        if match is None:
            continue
        yield from every(resource, match)


def every(resource: Resource, match: Match) -> Iterator[Finding]:
    """The findings on one match: on the object it is, and on those that it refers to."""
    if match.leftover:
        yield _leftover(resource.address, match.leftover)
    if finding := of(resource, match):
        yield finding
    if match.referred_to:
        yield _ambiguous(resource.address, match.referred_to)


def of(resource: Resource, match: Match) -> Finding | None:
    """The finding on which object a resource is, None where there is nothing to tell."""
    kind, address = KINDS[resource.address.kind], resource.address
    match match.status:
        case Status.FOUND | Status.MISSING:
            return None
        case Status.AMBIGUOUS:
            return _ambiguous(address, Namesakes(match.names[0], match.candidates))
        case Status.ID_NOT_FOUND:
            message = f"the account has no object with the id {resource.id}"
            remedy = "correct the id, or leave it out to find or create the object by its name"
        case Status.CLAIMED_TWICE:
            message = (
                f"the object with the id {resource.id} is called {match.names[0]!r} and would be"
                f" deleted, while {match.rival} is to exist"
            )
            remedy = "correct the id or the name, so that the entry says what it deletes"
        case Status.ID_NAMES_ANOTHER:
            message = (
                f"the object with the id {resource.id} is called {match.names[0]!r}, which is not"
                " the name in the entry that deletes it"
            )
            remedy = "correct the id or the name, so that the entry says what it deletes"
        case Status.NAME_TAKEN:
            message = (
                f"would be renamed from {match.names[0]!r}, and another live object has its new"
                f" name already: {', '.join(match.candidates)}"
            )
            remedy = "rename or delete the other one first, or choose another name"
        case Status.RENAMED_IN_ACCOUNT:
            message = (
                f"looks like a rename in the account: it is now called {match.names[0]!r}, and"
                " nothing is created beside it"
            )
            remedy = (
                f"add renamed_from: {flow(match.names)} to rename it back, or declare the new name"
            )
        case Status.RENAMED_IN_MANIFESTS:
            return _renamed_in_manifests(address, match.names)
        case _:
            return _replaced(kind, resource, match)
    return Finding("error", code(match.status), address, message, remedy)


def flow(names: Sequence[str]) -> str:
    """Names as a list that a manifest takes: `["One", "Two"]`."""
    return json.dumps(names, ensure_ascii=False)


def _ambiguous(address: Address, namesakes: Namesakes) -> Finding:
    ids = ", ".join(namesakes.ids)
    message = f"{len(namesakes.ids)} live objects are called {namesakes.name!r}: {ids}"
    remedy = "pin the one that is meant with id: <its id>"
    return Finding("warning", "ambiguous", address, f"{message}; neither is touched", remedy)


def _leftover(address: Address, old: str) -> Finding:
    return Finding(
        "warning",
        "rename_leftover",
        address,
        f"{old!r} exists beside it, so nothing is renamed; {old!r} is not managed",
        "remove renamed_from, or delete the one that is not wanted",
    )


def _renamed_in_manifests(address: Address, names: Sequence[str]) -> Finding:
    orphans = " or ".join(repr(name) for name in names)
    choice = " or ".join(f"renamed_from: {flow([name])}" for name in names)
    return Finding(
        "warning",
        code(Status.RENAMED_IN_MANIFESTS),
        address,
        f"looks like a rename in the manifests: {orphans} was declared before and is still live",
        f"if it is the same one, add {choice}",
    )


def _replaced(kind: Kind, resource: Resource, match: Match) -> Finding:
    assert match.row is not None
    id = replies.id_of(match.row)
    if match.remembered is not None:
        before = f"which is now called {kind.key(match.remembered)!r}"
    else:
        before = (
            "which is not to be seen any more" if isinstance(kind, Searched) else "which is gone"
        )
    pin = "id: <its id>" if match.identified else f"id: {id}"
    deleted = resource.intent.absent and not match.identified
    how = "if this one is to go, pin it with" if deleted else "pin the one that is meant with"
    return Finding(
        "warning" if match.identified else "error",
        code(match.status),
        resource.address,
        f"is another object than before: {id} in place of {match.known_id}, {before}",
        f"look whether that was meant; {how} {pin}",
    )
