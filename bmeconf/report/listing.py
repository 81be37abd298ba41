"""The declared campaigns in the account's listing: whether they were sent, before any report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from bmeconf.baseline import RememberedIds, Section
from bmeconf.kinds import IdMap, Kind, Mailing, Raw, ReadApi, Singleton, only, replies
from bmeconf.live import Matches, Status, doubts, match
from bmeconf.model import Finding, Resource, Snapshot
from bmeconf.model.errors import ScopeMissing
from bmeconf.report import remembered
from bmeconf.report.delivery import Delivery, DeliveryState
from bmeconf.report.remembered import Memory, other_ids
from bmeconf.report.replies import count, moment


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
    others = [s for s in memory.sections if other_ids(kind, chosen, matches, s).by_address]
    section = _section(api, whole, memory) if others else None
    if section:
        known = other_ids(kind, chosen, matches, section)
        matches = match(kind, declared, rows, known)
    return sorted((_delivery(kind, each, matches, known) for each in chosen), key=_order)


def _order(delivery: Delivery) -> tuple[bool, float, object]:
    at = delivery.sent_at.timestamp() if delivery.sent_at else 0.0
    return (delivery.state != DeliveryState.SENT, -at, delivery.address)


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
    account = IdMap(structure).account(memory.base_url)
    return next((section for section in sections if section.account == account), None)


def _delivery(kind: Kind, resource: Resource, matches: Matches, known: RememberedIds) -> Delivery:
    address, place, match = resource.address, resource.intent.place, matches[resource.address]
    doubt = remembered.finding(kind, resource, matches, known.by_address)
    renamed = match.status is Status.RENAMED_IN_ACCOUNT
    row = match.remembered if renamed else None if match.replaced else match.row
    if row is not None:
        delivery = _of_row(resource, row)
        return replace(delivery, findings=(*filter(None, [doubt]), *delivery.findings), place=place)
    doubt = doubt or doubts.of(resource, match)
    if doubt is None:
        return Delivery(address, DeliveryState.MISSING, findings=(_missing(resource),), place=place)
    lost = match.status in (Status.ID_NOT_FOUND, Status.MISSING)
    state = DeliveryState.GONE if lost else DeliveryState.AMBIGUOUS
    return Delivery(address, state, findings=(doubt,), place=place)


def _of_row(resource: Resource, row: Raw) -> Delivery:
    status = replies.text_of(row.get("status")) or ""
    state = DeliveryState.of(status)
    return Delivery(
        address=resource.address,
        state=state,
        status=status,
        id=replies.id_of(row),
        name=replies.text_of(row.get("name")) or "",
        subject=replies.text_of(row.get("subject")) or "",
        scheduled_at=moment(row.get("scheduledAt")),
        findings=tuple(_findings(resource, state, status, row)),
    )


def _findings(resource: Resource, state: DeliveryState, status: str, row: Raw) -> Iterator[Finding]:
    """What to know of a campaign whose status leads to no report."""
    message = remedy = ""
    if state == DeliveryState.NEVER_SENT:
        message = f"is {status}: it will not be sent any more"
        remedy = "declare a campaign of another name, or take this one out of the manifests"
    elif state == DeliveryState.UNCLEAR:
        message = f"has the status {status!r}" if status else "is shown without a status"
        message += ", which does not say whether it was sent"
        remedy = "look in the web app"
    if message:
        message += _sent_to(row)
        yield Finding("warning", str(state), resource.address, message, remedy)


def _sent_to(row: Raw) -> str:
    sent, everyone = (count(row.get(key)) for key in ("sentCount", "totalRecipients"))
    if sent is None:
        return ""
    return f"; {sent:,}" + (f" of {everyone:,}" if everyone is not None else "") + " went out"


def _missing(resource: Resource) -> Finding:
    message = "is declared, and the account has no campaign of that name"
    remedy = "apply, or correct the name"
    return Finding("warning", str(DeliveryState.MISSING), resource.address, message, remedy)
