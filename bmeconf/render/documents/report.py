"""The delivery report as a JSON document, `bmeconf.report/1` (design 3). Pure.

Names, subjects and links are exact; a number that the service does not show is null.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from bmeconf.model import REPORT_FORMAT, stamp
from bmeconf.plan import encode
from bmeconf.report import (
    FAILED,
    MET,
    OPEN,
    UNKNOWN,
    Dashboard,
    Delivery,
    DeliveryQuery,
    Engagement,
    Judged,
    Measure,
    Peak,
    Report,
    Results,
    Trend,
)

COUNTED = ("sent", "delivered", "complaints", "unsubscribes")
RATED = ("hard_bounces", "soft_bounces", "bounces")
LAST = ("opens", "clicks")


def report(report: Report, base_url: str, exit_code: int = 0) -> dict[str, Any]:
    """The whole report; `base_url` is the account's, or says that it is simulated."""
    return {
        "format": REPORT_FORMAT,
        "exit_code": exit_code,
        "created_at": stamp(report.made_at),
        "account": {"base_url": base_url},
        "asked": _asked(report.asked),
        "summary": {
            "campaigns": dict(sorted(report.states.items())),
            "expectations": {end: report.verdicts[end] for end in (MET, FAILED, UNKNOWN, OPEN)},
        },
        "campaigns": [_delivery(delivery) for delivery in report.deliveries],
        "dashboard": _dashboard(report.dashboard) if report.dashboard else None,
        "dashboard_unread": report.unread or None,
        "requests": report.requests,
    }


def _asked(asked: DeliveryQuery) -> dict[str, Any]:
    return {"past_days": asked.past_days, "period": asked.period, "timezone": asked.timezone}


def _delivery(delivery: Delivery) -> dict[str, Any]:
    return {
        "address": str(delivery.address),
        "state": delivery.state,
        "status": delivery.status or None,
        "id": delivery.id or None,
        "name": delivery.name or None,
        "subject": delivery.subject or None,
        "scheduled_at": _instant(delivery.scheduled_at),
        "sent_at": _instant(delivery.sent_at),
        "results": _results(delivery.results) if delivery.results else None,
        "links": _links(delivery.results),
        "engagement": _engagement(delivery.engagement) if delivery.engagement else None,
        "expectations": [_judged(judged) for judged in delivery.judged],
        "findings": encode.findings(delivery.findings),
    }


def _results(results: Results) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in (*COUNTED, *RATED, *LAST):
        measure: Measure = getattr(results, name)
        told[name] = {"count": measure.count}
        if name not in COUNTED:
            told[name]["rate"] = number(measure.rate)
        if name in LAST:
            told[name]["last"] = _instant(measure.last)
    return told


def _links(results: Results | None) -> list[dict[str, Any]] | None:
    if results is None or results.links is None:
        return None
    return [
        {"id": link.id, "path": link.path, "total": link.total, "unique": link.unique}
        for link in results.links
    ]


def _engagement(engagement: Engagement) -> dict[str, Any]:
    moments = engagement.moments
    return {
        "start": _instant(engagement.start),
        "end": _instant(engagement.end),
        "peak": _peak(engagement.peak),
        "histogram": None
        if moments is None
        else [
            {"date": _instant(m.at), "opens": m.opens, "clicks": m.clicks, "total": m.total}
            for m in moments
        ],
    }


def _judged(judged: Judged) -> dict[str, Any]:
    return {
        "metric": judged.metric,
        "expected": judged.threshold,
        "state": judged.state,
        "live": number(judged.live),
        "why": judged.why or None,
    }


def _dashboard(dashboard: Dashboard) -> dict[str, Any]:
    days = dashboard.days
    return {
        "sent": _trend(dashboard.sent),
        "delivered": _trend(dashboard.delivered),
        "opens": _trend(dashboard.opens),
        "open_rate": _trend(dashboard.open_rate),
        "clicks": _trend(dashboard.clicks),
        "click_rate": _trend(dashboard.click_rate),
        "contacts": _trend(dashboard.contacts),
        "new_contacts": None
        if days is None
        else [{"date": _instant(day.at), "total": day.total} for day in days],
        "peak": _peak(dashboard.peak),
    }


def _trend(trend: Trend) -> dict[str, Any]:
    return {"value": number(trend.value), "diff": number(trend.diff)}


def _peak(peak: Peak) -> dict[str, Any]:
    return {"start": _instant(peak.start), "end": _instant(peak.end), "total": peak.total}


def number(value: Decimal | None) -> int | float | None:
    """A number as JSON has it: whole ones without a point, where they came so."""
    if value is None:
        return None
    return int(value) if value.as_tuple().exponent == 0 else float(value)


def _instant(at: datetime | None) -> str | None:
    return stamp(at) if at else None
