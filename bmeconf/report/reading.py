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
from functools import partial
from typing import Any

from bmeconf.kinds import ReadApi
from bmeconf.model import Code, Finding, Snapshot
from bmeconf.model.errors import NotFound, Refused
from bmeconf.report.delivery import Delivery, DeliveryQuery, DeliveryState, Report, judge
from bmeconf.report.listing import Memory, listed
from bmeconf.report.results import Dashboard, Engagement, Results

DASHBOARD, OF_CAMPAIGN = "/api/reports/dashboard", "/api/reports/email"
PER_CAMPAIGN = 2
"""Requests for each campaign that was sent."""


def read_report(
    api: ReadApi,
    whole: Snapshot,
    chosen: Snapshot,
    query: DeliveryQuery,
    now: datetime,
    memory: Memory,
    announce: Callable[[int], None],
) -> Report:
    """The report on the campaigns in `chosen`; `whole` is everything declared.

    Everything that is declared, and `memory`, decide which live campaign is which. `announce` is
    called after the listing with the number of requests to come.

    Raises:
        Refused: where the key may not read reports, and nothing else can be shown; or may not
            read which part of `memory` is about this account.
        ApiError, LimitReached: a read that is not complete is an error.
    """
    campaigns = listed(api, whole, chosen, memory) if len(chosen) else []
    sent = [delivery for delivery in campaigns if delivery.state == DeliveryState.SENT]
    announce(len(sent) * PER_CAMPAIGN + (query.past_days is not None))
    wave: list[Callable[[], Any]] = [partial(_with_results, api, each, query) for each in sent]
    wave.append(partial(_dashboard, api, query, alone=not campaigns))
    *results, (dashboard, unread) = api.together(wave)
    read = {delivery.address: delivery for delivery in results}
    deliveries = []
    for delivery in (read.get(each.address, each) for each in campaigns):
        desired = chosen.resources[delivery.address]
        expectations = judge(desired, delivery.results, delivery.state)
        deliveries.append(replace(delivery, expectations=expectations))
    return Report(now, query, tuple(deliveries), dashboard, unread)


def _with_results(api: ReadApi, delivery: Delivery, query: DeliveryQuery) -> Delivery:
    path = f"{OF_CAMPAIGN}/{delivery.id}"
    code: Code
    try:
        code, reason = "no_report", "was sent, and the account has no report of it"
        delivery = replace(delivery, results=Results.of(api.get(path)))
        code, reason = "no_engagement", "has a report, and none of its opens and clicks over time"
        over_time = {"period": query.period, "timezone": query.timezone}
        reply = api.get(f"{path}/engagement", over_time)
    except NotFound as error:
        message, remedy = f"{reason}: {error.message}", "run again later, or look in the web app"
        finding = Finding("warning", code, delivery.address, message, remedy)
        return replace(delivery, findings=(*delivery.findings, finding))
    return replace(delivery, engagement=Engagement.of(reply))


def _dashboard(api: ReadApi, query: DeliveryQuery, *, alone: bool) -> tuple[Dashboard | None, str]:
    """The dashboard, or why there is none; `alone` where the report has nothing else."""
    if query.past_days is None:
        return None, ""
    params: dict[str, Any] = {"pastDays": query.past_days, "timezone": query.timezone}
    try:
        return Dashboard.of(api.get(DASHBOARD, params)), ""
    except (Refused, NotFound) as error:
        if alone:
            raise
        return None, f"{error.message}; {error.remedy}" if error.remedy else error.message
