"""Reports, read only: dashboard, overall, per campaign, histograms (API contract 4.7).

In: calls, and the `report` counts stored with sent campaigns. Out: figures derived from them:
opens and clicks in percent of delivered, bounces in percent of sent. The results of a campaign
count on its scheduled day.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from datetime import datetime, timedelta, tzinfo
from typing import Any

from bmeconf.sandbox import clock, queries, records
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.store import Doc

COUNTS = (
    "sent",
    "delivered",
    "uniqueOpens",
    "uniqueClicks",
    "hardBounces",
    "softBounces",
    "complaints",
    "unsubscribes",
)

# Event type of a histogram -> the counts that it adds up; its detail separates bounces.
_EVENT_COUNTS = {
    "email-sent": ("sent",),
    "email-delivered": ("delivered",),
    "email-bounced": ("hardBounces", "softBounces"),
    "first-contact-unsubscribed": ("unsubscribes",),
    "first-email-complaint": ("complaints",),
    "first-email-opened": ("uniqueOpens",),
    "first-email-clicked": ("uniqueClicks",),
}
# Rate -> the count that it is a percentage of.
_RATES = {
    "uniqueOpens": "delivered",
    "uniqueClicks": "delivered",
    "hardBounces": "sent",
    "softBounces": "sent",
    "totalBounces": "sent",
}
_PERIODS = {"24hours": (24, 1), "week": (7, 24), "month": (30, 24)}
_DAYTIMES = {"night": range(6), "morning": range(6, 12), "afternoon": range(12, 18)}


def blank() -> Doc:
    """The report of a campaign that nobody has opened yet."""
    return {**dict.fromkeys(COUNTS, 0), "lastOpenAt": None, "lastClickAt": None, "links": []}


def brief(report: Doc) -> Doc:
    """The `stats` of a campaign in a page of campaigns."""
    return {
        "sent": report["sent"],
        "delivered": report["delivered"],
        "opens": _reactions(report, "uniqueOpens"),
        "clicks": _reactions(report, "uniqueClicks"),
    }


def _reactions(report: Doc, name: str, last: str | None = None) -> Doc:
    stats = {"unique": report[name], "rate": _percent(report[name], report["delivered"])}
    return stats | ({"last": last} if last else {})


def dashboard(call: Call) -> Doc:
    """GET /api/reports/dashboard: campaign totals and the growth in contacts."""
    days, tz = _period(call)
    now, before = _two_periods(call, days)
    totals: Doc = {
        name: {"count": now[name], "diff": _growth(now[name], before[name])}
        for name in ("sent", "delivered")
    }
    for name in ("uniqueOpens", "uniqueClicks"):
        parts = _stat(name, now, before)
        totals[name] = {
            part: {"value": trend["value"], "diff": trend["diff"]} for part, trend in parts.items()
        }
    return {"campaign": totals, "contact": _contacts(call, days, tz)}


def _contacts(call: Call, days: int, tz: tzinfo) -> Doc:
    created = [clock.seconds(contact["createdAt"]) for contact in call.store.all("contact")]
    starts = _days(call.now, days, tz)
    rows = _daily(starts, [(moment, 1) for moment in created])
    created_before = sum(moment < starts[0] for moment in created)
    top = max(rows, key=lambda row: row["total"])
    return {
        "count": {"value": len(created), "diff": _growth(len(created), created_before)},
        "histogram": _span(call, starts) | {"histogram": rows, "peak": top},
    }


def overall(call: Call) -> Doc:
    """GET /api/reports/email/overall: each figure with its value in the preceding period."""
    days, tz = _period(call)
    now, before = _two_periods(call, days)
    stats = {name: _stat(name, now, before) for name in (*COUNTS, "totalBounces")}
    sent = _sent(call, call.now - days * clock.DAY, call.now)
    return {
        "stats": stats,
        "deliveryTimeStats": _daytimes(sent, tz),
        "campaignComparison": [_comparison(campaign) for campaign in sent],
    }


def _stat(name: str, now: Doc, before: Doc) -> Doc:
    trends = {"count": _trend(now[name], before[name])}
    if name in _RATES:
        rates = [_percent(period[name], period[_RATES[name]]) for period in (now, before)]
        trends["rate"] = _trend(*rates)
    return trends


def _daytimes(sent: list[Doc], tz: tzinfo) -> Doc:
    """Percent of the period's deliveries by time of day."""
    counts: Counter[str] = Counter()
    for campaign in sent:
        hour = datetime.fromtimestamp(clock.seconds(campaign["scheduledAt"]), tz).hour
        part = next((name for name, hours in _DAYTIMES.items() if hour in hours), "evening")
        counts[part] += campaign["report"]["delivered"]
    return {part: _percent(counts[part], counts.total()) for part in (*_DAYTIMES, "evening")}


def _comparison(campaign: Doc) -> Doc:
    stats = brief(campaign["report"])
    rates = {part: stats[part]["rate"] for part in ("opens", "clicks")}
    return {name: campaign[name] for name in ("_id", "name", "scheduledAt")} | {"rates": rates}


def histogram(call: Call) -> Doc:
    """GET /api/reports/email/overall/histogram: one event type by day."""
    days, tz = _period(call)
    queries.needed(call, "eventType")
    kind = queries.one_of(call, "eventType", list(_EVENT_COUNTS)) or ""
    starts = _days(call.now, days, tz)
    sent = _sent(call, starts[0], call.now)
    rows = _counted(starts, sent, *_EVENT_COUNTS[kind])
    if kind == "email-bounced":
        hard, soft = (_counted(starts, sent, name) for name in _EVENT_COUNTS[kind])
        for row, hard_row, soft_row in zip(rows, hard, soft, strict=True):
            row["detail"] = {"hard": hard_row["total"], "soft": soft_row["total"]}
    ends = [*(row["date"] for row in rows[1:]), clock.iso(call.now)]
    return _span(call, starts) | {"histogram": rows, "peak": _peak(rows, ends)}


def campaign_report(call: Call) -> Doc:
    """GET /api/reports/email/{id}: zeros for a campaign that is not sent yet."""
    report = records.addressed(call, "campaign")["report"] or blank()
    bounces = report | {"totalBounces": report["hardBounces"] + report["softBounces"]}
    stats = {name: report[name] for name in ("sent", "delivered", "complaints", "unsubscribes")}
    stats["opens"] = _reactions(report, "uniqueOpens", report["lastOpenAt"])
    stats["clicks"] = _reactions(report, "uniqueClicks", report["lastClickAt"])
    for name in ("hardBounces", "softBounces", "totalBounces"):
        rate = _percent(bounces[name], report["sent"])
        stats[name] = {"count": bounces[name], "rate": rate}
    return {"stats": stats, "linkActivity": report["links"]}


def engagement(call: Call) -> Doc:
    """GET /api/reports/email/{id}/engagement: first opens and clicks after the sending.

    All counts lie in the parts of the period that have begun by now.
    """
    campaign = records.addressed(call, "campaign")
    queries.zone(call)
    period = queries.one_of(call, "period", list(_PERIODS)) or "24hours"
    count, hours = _PERIODS[period]
    report = campaign["report"] or blank()
    start = clock.seconds(campaign["scheduledAt"] or campaign["createdAt"])
    dates = [clock.iso(start + n * hours * 3600) for n in range(count + 1)]
    begun = min(count, 1 + max(0, int((call.now - start) // (hours * 3600))))
    opens, clicks = (
        [*_spread(report[name], begun), *[0] * (count - begun)]
        for name in ("uniqueOpens", "uniqueClicks")
    )
    rows = [
        {"date": date, "total": a + b, "detail": {"uniqueOpens": a, "uniqueClicks": b}}
        for date, a, b in zip(dates[:-1], opens, clicks, strict=True)
    ]
    peak = _peak(rows, dates[1:])
    return {"start": dates[0], "end": dates[-1], "histogram": rows, "peak": peak}


def _period(call: Call) -> tuple[int, tzinfo]:
    return queries.whole(call, "pastDays", None, most=90), queries.zone(call)


def _two_periods(call: Call, days: int) -> tuple[Doc, Doc]:
    length = days * clock.DAY
    return (
        _totals(_sent(call, call.now - length, call.now)),
        _totals(_sent(call, call.now - 2 * length, call.now - length)),
    )


def _sent(call: Call, since: float, until: float) -> list[Doc]:
    return [
        campaign
        for campaign in call.store.all("campaign")
        if campaign["report"] and since < clock.seconds(campaign["scheduledAt"]) <= until
    ]


def _totals(sent: list[Doc]) -> Doc:
    sums = {name: sum(campaign["report"][name] for campaign in sent) for name in COUNTS}
    return sums | {"totalBounces": sums["hardBounces"] + sums["softBounces"]}


def _days(now: float, days: int, tz: tzinfo) -> list[float]:
    """The midnights at which the last `days` days began in zone `tz`, in Unix seconds."""
    today = datetime.fromtimestamp(now, tz).replace(hour=0, minute=0, second=0, microsecond=0)
    return [(today - timedelta(days=back)).timestamp() for back in reversed(range(days))]


def _counted(starts: list[float], sent: list[Doc], *names: str) -> list[dict[str, Any]]:
    moments = [
        (clock.seconds(campaign["scheduledAt"]), sum(campaign["report"][name] for name in names))
        for campaign in sent
    ]
    return _daily(starts, moments)


def _daily(starts: list[float], moments: list[tuple[float, int]]) -> list[dict[str, Any]]:
    totals = [0] * len(starts)
    for moment, count in moments:
        day = bisect_right(starts, moment) - 1
        if day >= 0:
            totals[day] += count
    pairs = zip(starts, totals, strict=True)
    return [{"date": clock.iso(start), "total": total} for start, total in pairs]


def _span(call: Call, starts: list[float]) -> Doc:
    return {"start": clock.iso(starts[0]), "end": clock.iso(call.now)}


# --- arithmetic: percentages have two decimals, and a division by zero gives 0


def _percent(part: float, whole: float) -> float:
    """`part` in percent of `whole`."""
    return round(100 * part / whole, 2) if whole else 0.0


def _growth(value: float, before: float) -> float:
    """Percent change against the preceding period."""
    return _percent(value - before, before)


def _trend(value: float, before: float) -> dict[str, Any]:
    """`{"value", "prev", "diff"}`."""
    return {"value": value, "prev": before, "diff": _growth(value, before)}


def _spread(total: int, buckets: int) -> list[int]:
    """`total` over buckets, most of it early, as opens come in; the sum is exact."""
    parts = []
    for _ in range(buckets - 1):
        parts.append((total + 1) // 2)
        total -= parts[-1]
    return [*parts, total]


def _peak(rows: list[dict[str, Any]], ends: list[str]) -> dict[str, Any]:
    """The first largest row as `{"startDate", "endDate", "total"}`; `ends` closes each row."""
    n = max(range(len(rows)), key=lambda at: rows[at]["total"])
    return {"startDate": rows[n]["date"], "endDate": ends[n], "total": rows[n]["total"]}


_EMAIL = "/api/reports/email"

ROUTES = (
    Route("GET", "/api/reports/dashboard", "reports:read", dashboard),
    Route("GET", f"{_EMAIL}/overall", "reports:read", overall),
    Route("GET", f"{_EMAIL}/overall/histogram", "reports:read", histogram),
    Route("GET", f"{_EMAIL}/<campaign_id>", "reports:read", campaign_report),
    Route("GET", f"{_EMAIL}/<campaign_id>/engagement", "reports:read", engagement),
)
