"""The reports of the declared campaigns: API -> Report.

One listing tells which of them were sent. Each of those takes two requests more, and the
dashboard one (API contract 4.7). Where the lock file knows a campaign by another id than that of
its name, one more tells whether that is about this account. A campaign without a report gets a
finding, and does not stop the others.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from bmeconf.kinds import ReadApi
from bmeconf.model import Finding, Resource, Snapshot
from bmeconf.model.errors import NotFound, Refused
from bmeconf.report import replies
from bmeconf.report.delivery import Delivery, DeliveryQuery, DeliveryState, Report
from bmeconf.report.expectations import Verdict, judge
from bmeconf.report.listing import listed
from bmeconf.report.remembered import Memory
from bmeconf.report.results import Dashboard

DASHBOARD, OF_CAMPAIGN = "/api/reports/dashboard", "/api/reports/email"
PER_CAMPAIGN = 2
"""Requests for each campaign that was sent."""
UNDECIDED = {
    DeliveryState.SENT: (Verdict.UNKNOWN, "the account shows no report of it"),
    DeliveryState.NOT_SENT: (Verdict.OPEN, "it is not sent yet"),
    DeliveryState.NEVER_SENT: (Verdict.UNKNOWN, "it will not be sent any more"),
    DeliveryState.UNCLEAR: (Verdict.UNKNOWN, "whether it was sent cannot be told"),
    DeliveryState.MISSING: (Verdict.OPEN, "it is not in the account"),
    DeliveryState.GONE: (Verdict.UNKNOWN, "the campaign with its id is not in the account"),
    DeliveryState.AMBIGUOUS: (Verdict.UNKNOWN, "which live campaign is meant cannot be told"),
}
"""The verdict on expectations that no results decide, and the reason."""


def read_report(
    api: ReadApi,
    whole: Snapshot,
    chosen: Snapshot,
    query: DeliveryQuery,
    now: datetime,
    memory: Memory,
    announce: Callable[[int], None],
    progress: Callable[[str], None],
) -> Report:
    """The report on the campaigns in `chosen`; `whole` is everything declared.

    Everything that is declared, and `memory`, decide which live campaign is which. `announce` is
    called after the listing with the number of requests to come, `progress` before each report.

    Raises:
        Refused: where the key may not read reports, and nothing else can be shown; or may not
            read which part of `memory` is about this account.
        ApiError, LimitReached: a read that is not complete is an error.
    """
    campaigns = listed(api, whole, chosen, memory) if len(chosen) else []
    sent = sum(delivery.state == DeliveryState.SENT for delivery in campaigns)
    announce(sent * PER_CAMPAIGN + (query.past_days is not None))
    deliveries = []
    for number, delivery in enumerate(campaigns, 1):
        if delivery.state == DeliveryState.SENT:
            progress(f"[{number}/{sent}] {delivery.address}")
            delivery = _with_results(api, delivery, query)
        deliveries.append(_judged(delivery, chosen.resources[delivery.address]))
    dashboard, unread = _dashboard(api, query, alone=not deliveries)
    return Report(now, query, tuple(deliveries), dashboard, unread)


def _judged(delivery: Delivery, desired: Resource) -> Delivery:
    expectations = judge(desired, delivery.results, UNDECIDED[delivery.state])
    return replace(delivery, expectations=expectations)


def _with_results(api: ReadApi, delivery: Delivery, query: DeliveryQuery) -> Delivery:
    path = f"{OF_CAMPAIGN}/{delivery.id}"
    try:
        delivery = replace(delivery, results=replies.results(api.get(path)))
    except NotFound as error:
        reason = "was sent, and the account has no report of it"
        return _without(delivery, "no_report", reason, error)
    over_time = {"period": query.period, "timezone": query.timezone}
    try:
        reply = api.get(f"{path}/engagement", over_time)
    except NotFound as error:
        reason = "has a report, and none of its opens and clicks over time"
        return _without(delivery, "no_engagement", reason, error)
    return replace(delivery, engagement=replies.engagement(reply))


def _without(delivery: Delivery, code: str, reason: str, error: NotFound) -> Delivery:
    message, remedy = f"{reason}: {error.message}", "run again later, or look in the web app"
    finding = Finding("warning", code, delivery.address, message, remedy)
    return replace(delivery, findings=(*delivery.findings, finding))


def _dashboard(api: ReadApi, query: DeliveryQuery, *, alone: bool) -> tuple[Dashboard | None, str]:
    """The dashboard, or why there is none; `alone` where the report has nothing else."""
    if query.past_days is None:
        return None, ""
    params: dict[str, Any] = {"pastDays": query.past_days, "timezone": query.timezone}
    try:
        return replies.dashboard(api.get(DASHBOARD, params)), ""
    except (Refused, NotFound) as error:
        if alone:
            raise
        return None, f"{error.message}; {error.remedy}" if error.remedy else error.message
