"""The document of a delivery report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bmeconf.model import REPORT_FORMAT, stamp
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode
from bmeconf.render.documents.failure import failure
from bmeconf.render.documents.values import json_value, members
from bmeconf.report import Delivery, Moment, Report, Verdict

MEASURES = {
    ("sent", "delivered", "complaints", "unsubscribes"): ("count",),
    ("hard_bounces", "soft_bounces", "bounces"): ("count", "rate"),
    ("opens", "clicks"): ("count", "rate", "last"),
}
"""What is known of each measure of a campaign."""
TRENDS = ("sent", "delivered", "opens", "open_rate", "clicks", "click_rate", "contacts")
PEAK = ("start", "end", "total")


def of_report(
    report: Report, base_url: str, exit_code: int = 0, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The document of `report`; `base_url` is the account's, or says that it is simulated.

    `error` is why it could not be given out as it is.
    """
    if error:
        return failure(REPORT_FORMAT, error)
    dashboard = report.dashboard
    return {
        "format": REPORT_FORMAT,
        "exit_code": exit_code,
        "created_at": stamp(report.made_at),
        "account": {"base_url": base_url},
        "asked": members(report.query, "past_days", "period", "timezone"),
        "summary": {
            "campaigns": dict(sorted(report.states.items())),
            "expectations": {end: report.verdicts[end] for end in Verdict},
        },
        "campaigns": [_delivery(delivery) for delivery in report.deliveries],
        "dashboard": dashboard
        and {
            **{name: members(getattr(dashboard, name), "value", "diff") for name in TRENDS},
            "new_contacts": _moments(dashboard.days, "total"),
            "peak": members(dashboard.peak, *PEAK),
        },
        "dashboard_unread": report.unread or None,
        "requests": report.requests,
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    results, engagement = delivery.results, delivery.engagement
    return {
        **members(delivery, "address", "state"),
        **{name: getattr(delivery, name) or None for name in ("status", "id", "name", "subject")},
        **members(delivery, "scheduled_at", "sent_at"),
        "results": results
        and {
            name: members(getattr(results, name), *known)
            for names, known in MEASURES.items()
            for name in names
        },
        "links": None
        if results is None or results.links is None
        else [members(link, "id", "path", "total", "unique") for link in results.links],
        "engagement": engagement
        and {
            **members(engagement, "start", "end"),
            "peak": members(engagement.peak, *PEAK),
            "histogram": _moments(engagement.moments, "opens", "clicks", "total"),
        },
        "expectations": [
            {
                "metric": expected.metric,
                "expected": expected.threshold,
                "state": expected.verdict,
                "live": json_value(expected.live),
                "why": expected.why or None,
            }
            for expected in delivery.expectations
        ],
        "findings": encode.findings(delivery.findings),
    }


def _moments(moments: Sequence[Moment] | None, *names: str) -> list[dict[str, Any]] | None:
    if moments is None:
        return None
    return [{"date": json_value(each.at), **members(each, *names)} for each in moments]
