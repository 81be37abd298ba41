"""The declared campaigns in the account's listing: whether they were sent, before any report.

A name alone may lead to another campaign, or to none, once somebody renamed, deleted or made one
in the web app: the numbers of another one would be judged in its place, and a deleted campaign
would look as if it were still to be made. So the ids in the lock file count too (design 7.17).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import cast

from bmeconf.baseline import Lock, RememberedIds, Section
from bmeconf.kinds import IdMap, Kind, Mailing, Raw, ReadApi, Singleton, only, replies
from bmeconf.live import Matches, Status, doubts, match
from bmeconf.model import Address, Code, Finding, Resource, Snapshot, canonical_server
from bmeconf.model.errors import ScopeMissing
from bmeconf.report.delivery import Delivery, DeliveryState
from bmeconf.report.results import count, moment


@dataclass(frozen=True)
class Memory:
    """The lock file, and the address of the account whose section of it is meant."""

    lock: Lock = field(default_factory=Lock)
    base_url: str = ""

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections that may be meant: accounts share an address.

        Raises:
            InvalidInput: where one is not what an apply writes.
        """
        return tuple(
            self.lock.section(account, raw["base_url"])
            for account, raw in self.lock.accounts.items()
            if canonical_server(raw["base_url"]) == self.base_url
        )


def listed(api: ReadApi, whole: Snapshot, chosen: Snapshot, memory: Memory) -> list[Delivery]:
    """Each chosen campaign without its report: the sent ones first, the last sending at the top.

    Raises:
        Refused: where the key may not read which part of `memory` is about this account.
        ApiError, LimitReached: a read that is not complete is an error.
    """
    kind = only(Mailing)
    declared = whole.of_kind(kind.name)
    rows = kind.rows(api, IdMap(), declared)
    matches, known = match(kind, declared, rows), RememberedIds()
    others = [s for s in memory.sections if _other_ids(kind, chosen, matches, s).by_address]
    section = _section(api, whole, memory) if others else None
    if section:
        known = _other_ids(kind, chosen, matches, section)
        matches = match(kind, declared, rows, known)

    def order(delivery: Delivery) -> tuple[bool, float, Address]:
        at = delivery.sent_at.timestamp() if delivery.sent_at else 0.0
        return (delivery.state != DeliveryState.SENT, -at, delivery.address)

    return sorted((_delivery(kind, each, matches, known) for each in chosen), key=order)


def _section(api: ReadApi, whole: Snapshot, memory: Memory) -> Section | None:
    """The section of the lock file for this account, which the structure tells; None for none.

    A key for reports alone may not read the structure: then the only section is the right one.
    """
    kind, sections = only(Singleton), memory.sections
    meant = whole.of_kind(kind.name)
    try:
        structure = kind.pick(kind.rows(api, IdMap(), meant), meant)
    except ScopeMissing:
        if len(sections) > 1:
            raise
        return sections[0]
    section = memory.lock.section_of(IdMap(structure).account, memory.base_url)
    return section if section.entries else None


def _other_ids(
    kind: Kind, chosen: Iterable[Resource], matches: Matches, section: Section
) -> RememberedIds:
    """The remembered ids of what was found by another id, or not at all."""
    ids: dict[Address, str] = {}
    for resource in chosen:
        match = matches[resource.address]
        if resource.id or match.blocked:
            continue
        keys = kind.match_keys(resource)
        if match.row is not None and kind.key(match.row) == keys[0]:
            # An object that has its name already is not what it was called before.
            keys = keys[:1]
        known = (section.at(replace(resource.address, name=key)) for key in keys)
        entry = next((entry for entry in known if entry), None)
        if entry and (match.row is None or replies.id_of(match.row) != entry.id):
            ids[resource.address] = entry.id
    return RememberedIds(ids)


def _delivery(kind: Kind, resource: Resource, matches: Matches, known: RememberedIds) -> Delivery:
    match = matches[resource.address]
    doubt = _doubt(kind, resource, matches, known)
    renamed = match.status is Status.RENAMED_IN_ACCOUNT
    row = match.remembered if renamed else None if match.replaced else match.row
    if row is not None:
        return _of_row(resource, row, doubt)
    doubt, state = doubt or doubts.of(resource, match), DeliveryState.AMBIGUOUS
    if doubt is None:
        message = "is declared, and the account has no campaign of that name"
        state, remedy = DeliveryState.MISSING, "apply, or correct the name"
        doubt = Finding("warning", cast(Code, str(state)), resource.address, message, remedy)
    elif match.status in (Status.ID_NOT_FOUND, Status.MISSING):
        state = DeliveryState.GONE
    return Delivery(resource.address, state, findings=(doubt,), place=resource.intent.place)


def _doubt(
    kind: Kind, resource: Resource, matches: Matches, known: RememberedIds
) -> Finding | None:
    """What to know of a campaign that is not, or not by its name, the remembered one."""
    code: Code
    match, id = matches[resource.address], known.by_address.get(resource.address, "")
    rows = (other.row for other in matches.by_address.values() if other.row is not None)
    if match.status is Status.RENAMED_IN_ACCOUNT:
        code, remedy = "looks_renamed", "declare the new name, or pin it with id: <its id>"
        message = (
            f"was renamed in the account: by its id, {id}, it is now called {match.names[0]!r}"
        )
    elif match.replaced and match.row is not None:
        code, remedy = "replaced", "pin the one that is meant with id: <its id>"
        old = match.remembered
        then = "which is gone" if old is None else f"which is now called {kind.key(old)!r}"
        message = (
            f"its name is that of another campaign than before: {replies.id_of(match.row)} in place"
            f" of {id}, {then}; the numbers of neither are taken for its own"
        )
    elif id and match.status is Status.MISSING and id not in map(replies.id_of, rows):
        # Else the remembered object is another declared campaign by now.
        code, remedy = "gone", "take it out of the manifests, or apply to make it anew"
        message = (
            f"is gone: an apply knew it by the id {id}, and the account has no campaign with that"
            " id or of that name"
        )
    else:
        return None
    return Finding("warning", code, resource.address, message, remedy)


def _of_row(resource: Resource, row: Raw, doubt: Finding | None) -> Delivery:
    """A campaign by its row, with what to know of it, also where its status leads to no report."""
    status = replies.text_of(row.get("status")) or ""
    state = DeliveryState.of(status)
    findings, message = [doubt] if doubt else [], ""
    if state == DeliveryState.NEVER_SENT:
        message = f"is {status}: it will not be sent any more"
        remedy = "declare a campaign of another name, or take this one out of the manifests"
    elif state == DeliveryState.UNCLEAR:
        message = f"has the status {status!r}" if status else "is shown without a status"
        message += ", which does not say whether it was sent"
        remedy = "look in the web app"
    if message:
        sent, everyone = (count(row.get(key)) for key in ("sentCount", "totalRecipients"))
        of = "" if everyone is None else f" of {everyone:,}"
        message += "" if sent is None else f"; {sent:,}{of} went out"
        findings.append(
            Finding("warning", cast(Code, str(state)), resource.address, message, remedy)
        )
    return Delivery(
        address=resource.address,
        state=state,
        status=status,
        id=replies.id_of(row),
        name=replies.text_of(row.get("name")) or "",
        subject=replies.text_of(row.get("subject")) or "",
        scheduled_at=moment(row.get("scheduledAt")),
        findings=tuple(findings),
        place=resource.intent.place,
        declared=resource,
    )
