"""What the service reports on the declared campaigns: API -> Report.

One listing tells which of them were sent; each of those takes two requests more, and the
dashboard one (API contract 4.7). Where the lock file knows a campaign by another id than that of
its name, one more tells whether that is about this account. A campaign without a report is said,
and keeps no other from being told.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from bmeconf import report as delivery
from bmeconf.baseline.lock import RememberedIds, Section
from bmeconf.kinds import IdMap, Kind, Raw, ReadApi, Reported, Singleton, only, replies
from bmeconf.live import doubts
from bmeconf.live.match import Matches, Status, match
from bmeconf.model import Finding, Resource, Snapshot
from bmeconf.model.errors import NotFound, Refused, ScopeMissing
from bmeconf.report import Dashboard, Delivery, DeliveryQuery, Report, remembered
from bmeconf.report import replies as delivery_replies
from bmeconf.report.remembered import Memory, other_ids

DASHBOARD, OF_CAMPAIGN = "/api/reports/dashboard", "/api/reports/email"
PER_CAMPAIGN = 2
"""Requests for each campaign that was sent."""


def read(
    api: ReadApi,
    whole: Snapshot,
    chosen: Snapshot,
    asked: DeliveryQuery,
    now: datetime,
    memory: Memory,
    announce: Callable[[int], None],
    progress: Callable[[str], None] = lambda told: None,
) -> Report:
    """The report on the campaigns in `chosen`; `whole` is everything declared.

    All that is declared has a say in which live campaign is whose, and `memory` has one in which
    of them an apply has met. `announce` is told, after
    the listing, how many requests are still to come, and `progress` of each campaign that was
    sent, before its report is read.

    Raises:
        Refused: where the key may not read reports, and nothing could be told without them, or
            may not read what says which part of `memory` is about this account.
        ApiError, LimitReached: a read that is not complete is an error.
    """
    found = _listed(api, whole, chosen, memory) if len(chosen) else ()
    sent = sum(one.state == delivery.SENT for one in found)
    announce(sent * PER_CAMPAIGN + (asked.past_days is not None))
    deliveries = []
    for number, one in enumerate(found, 1):
        if one.state == delivery.SENT:
            progress(f"[{number}/{sent}] {one.address}")
        deliveries.append(_reported(api, one, chosen, asked))
    dashboard, unread = _dashboard(api, asked, alone=not deliveries)
    return Report(now, asked, tuple(deliveries), dashboard, unread)


def _listed(api: ReadApi, whole: Snapshot, chosen: Snapshot, memory: Memory) -> Sequence[Delivery]:
    """What the listing tells of each chosen campaign."""
    kind = only(Reported)
    declared = whole.of_kind(kind.name)
    rows = kind.rows(api, IdMap(), declared)
    matches, known = match(kind, declared, rows), RememberedIds()
    others = [s for s in memory.sections if other_ids(kind, chosen, matches, s).by_address]
    section = _section(api, whole, memory) if others else None
    if section:
        known = other_ids(kind, chosen, matches, section)
        matches = match(kind, declared, rows, known)
    return delivery.newest_first([_placed(kind, resource, matches, known) for resource in chosen])


def _section(api: ReadApi, whole: Snapshot, memory: Memory) -> Section | None:
    """What is remembered of this account, which its structure tells; None where nothing is.

    A key for reports alone may not read the structure: then the only section is the one.
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


def _placed(kind: Kind, resource: Resource, matches: Matches, known: RememberedIds) -> Delivery:
    address, place, match = resource.address, resource.intent.place, matches[resource.address]
    doubt = remembered.finding(kind, resource, matches, known.by_address)
    renamed = match.status is Status.RENAMED_IN_ACCOUNT
    row = match.remembered if renamed else None if match.replaced else match.row
    if row is not None:
        found = _of_row(resource, row)
        notes = (doubt,) if doubt else ()
        return replace(found, findings=(*notes, *found.findings), place=place)
    doubt = doubt or doubts.of(resource, match)
    if doubt is None:
        return Delivery(address, delivery.MISSING, findings=(_missing(resource),), place=place)
    lost = match.status in (Status.ID_NOT_FOUND, Status.MISSING)
    state = delivery.GONE if lost else delivery.AMBIGUOUS
    return Delivery(address, state, findings=(doubt,), place=place)


def _of_row(resource: Resource, row: Raw) -> Delivery:
    status = replies.text_of(row.get("status")) or ""
    state = delivery.state_of(status)
    return Delivery(
        address=resource.address,
        state=state,
        status=status,
        id=replies.id_of(row),
        name=replies.text_of(row.get("name")) or "",
        subject=replies.text_of(row.get("subject")) or "",
        scheduled_at=delivery_replies.moment(row.get("scheduledAt")),
        findings=tuple(_remarks(resource, state, status, row)),
    )


def _remarks(resource: Resource, state: str, status: str, row: Raw) -> Sequence[Finding]:
    """What a person should know of a campaign that has a status of which no report comes."""
    address = resource.address
    if state == delivery.NEVER_SENT:
        message = f"is {status}: it will not be sent any more{_gone_out(row)}"
        remedy = "declare a campaign of another name, or take this one out of the manifests"
        return [Finding("warning", delivery.NEVER_SENT, address, message, remedy)]
    if state == delivery.UNCLEAR:
        told = f"has the status {status!r}" if status else "is shown without a status"
        message = f"{told}, which does not say whether it was sent{_gone_out(row)}"
        return [Finding("warning", delivery.UNCLEAR, address, message, "look in the web app")]
    return []


def _gone_out(row: Raw) -> str:
    sent, everyone = (
        delivery_replies.count(row.get(key)) for key in ("sentCount", "totalRecipients")
    )
    if sent is None:
        return ""
    return f"; {sent:,}" + (f" of {everyone:,}" if everyone is not None else "") + " went out"


def _missing(resource: Resource) -> Finding:
    message = "is declared, and the account has no campaign of that name"
    remedy = "apply, or correct the name"
    return Finding("warning", delivery.MISSING, resource.address, message, remedy)


def _reported(api: ReadApi, found: Delivery, chosen: Snapshot, asked: DeliveryQuery) -> Delivery:
    """`found` with its results, where it was sent, and its expectations judged by them."""
    resource = chosen.resources[found.address]
    if found.state == delivery.SENT:
        found = _with_results(api, found, asked)
    return replace(found, judged=delivery.judge(resource, found.state, found.results))


def _with_results(api: ReadApi, found: Delivery, asked: DeliveryQuery) -> Delivery:
    path = f"{OF_CAMPAIGN}/{found.id}"
    try:
        results = delivery_replies.results(api.get(path))
    except NotFound as error:
        return _without(found, "no_report", "was sent, and the account has no report of it", error)
    found = replace(found, results=results)
    over_time = {"period": asked.period, "timezone": asked.timezone}
    try:
        reply = api.get(f"{path}/engagement", over_time)
    except NotFound as error:
        told = "has a report, and none of its opens and clicks over time"
        return _without(found, "no_engagement", told, error)
    return replace(found, engagement=delivery_replies.engagement(reply))


def _without(found: Delivery, code: str, told: str, error: NotFound) -> Delivery:
    finding = Finding(
        "warning",
        code,
        found.address,
        f"{told}: {error.message}",
        "run again later, or look in the web app",
    )
    return replace(found, findings=(*found.findings, finding))


def _dashboard(api: ReadApi, asked: DeliveryQuery, *, alone: bool) -> tuple[Dashboard | None, str]:
    """The dashboard, or why there is none; `alone` where there is nothing else to be told."""
    if asked.past_days is None:
        return None, ""
    params: dict[str, Any] = {"pastDays": asked.past_days, "timezone": asked.timezone}
    try:
        return delivery_replies.dashboard(api.get(DASHBOARD, params)), ""
    except (Refused, NotFound) as error:
        if alone:
            raise
        return None, f"{error.message}; {error.remedy}" if error.remedy else error.message
