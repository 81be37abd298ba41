"""The delivery report as a JSON document, `bmeconf.report/1` (design 3). Pure.

Names, subjects and links are exact; a number that the service does not show is null.
"""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from bmeconf.model import REPORT_FORMAT, stamp
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode
from bmeconf.render.documents.problems import failure
from bmeconf.report import Dashboard, Delivery, Report, Results, Verdict

MEASURES = {
    ("sent", "delivered", "complaints", "unsubscribes"): ("count",),
    ("hard_bounces", "soft_bounces", "bounces"): ("count", "rate"),
    ("opens", "clicks"): ("count", "rate", "last"),
}
"""What is known of each measure of a campaign."""
TRENDS = ("sent", "delivered", "opens", "open_rate", "clicks", "click_rate", "contacts")
PEAK = ("start", "end", "total")


def report(
    report: Report, base_url: str, exit_code: int = 0, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The whole report; `base_url` is the account's, or says that it is simulated.

    `error` is why it could not be given out as it is.
    """
    if error:
        return failure(REPORT_FORMAT, error)
    return {
        "format": REPORT_FORMAT,
        "exit_code": exit_code,
        "created_at": stamp(report.made_at),
        "account": {"base_url": base_url},
        "asked": _members(report.query, "past_days", "period", "timezone"),
        "summary": {
            "campaigns": dict(sorted(report.states.items())),
            "expectations": {end: report.verdicts[end] for end in Verdict},
        },
        "campaigns": [_delivery(delivery) for delivery in report.deliveries],
        "dashboard": _dashboard(report.dashboard) if report.dashboard else None,
        "dashboard_unread": report.unread or None,
        "requests": report.requests,
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    results, engagement = delivery.results, delivery.engagement
    links = results.links if results else None
    moments = engagement.moments if engagement else None
    return {
        "address": str(delivery.address),
        "state": delivery.state,
        "status": delivery.status or None,
        "id": delivery.id or None,
        "name": delivery.name or None,
        "subject": delivery.subject or None,
        **_members(delivery, "scheduled_at"),
        "sent_at": _json(delivery.sent_at),
        "results": _results(results) if results else None,
        "links": None
        if links is None
        else [_members(link, "id", "path", "total", "unique") for link in links],
        "engagement": engagement
        and {
            **_members(engagement, "start", "end"),
            "peak": _members(engagement.peak, *PEAK),
            "histogram": None
            if moments is None
            else [
                {"date": _json(moment.at), **_members(moment, "opens", "clicks", "total")}
                for moment in moments
            ],
        },
        "expectations": [
            {
                "metric": expected.metric,
                "expected": expected.threshold,
                "state": expected.verdict,
                "live": _json(expected.live),
                "why": expected.why or None,
            }
            for expected in delivery.expectations
        ],
        "findings": encode.findings(delivery.findings),
    }


def _results(results: Results) -> dict[str, Any]:
    return {
        name: _members(getattr(results, name), *known)
        for names, known in MEASURES.items()
        for name in names
    }


def _dashboard(dashboard: Dashboard) -> dict[str, Any]:
    days = dashboard.days
    return {
        **{name: _members(getattr(dashboard, name), "value", "diff") for name in TRENDS},
        "new_contacts": None
        if days is None
        else [{"date": _json(day.at), "total": day.total} for day in days],
        "peak": _members(dashboard.peak, *PEAK),
    }


def _members(source: object, *names: str) -> dict[str, Any]:
    """Members of a dataclass by their own names."""
    return {name: _json(getattr(source, name)) for name in names}


def _json(value: object) -> object:
    """An instant stamped; a number without a point if it came without one."""
    if isinstance(value, datetime):
        return stamp(value)
    if isinstance(value, Decimal):
        return int(value) if value.as_tuple().exponent == 0 else float(value)
    return value
