"""Templates, sending domains, reports (API contract 4.5, 4.6, 4.7)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.api import ABSENT, Api, refused

REPORTS = "/api/reports"
OVERALL = f"{REPORTS}/email/overall"


def days_ago(days: float) -> str:
    return (datetime.now(UTC) - timedelta(days=days)).isoformat(timespec="milliseconds")


@pytest.fixture
def history(api: Api) -> Api:
    """Two campaigns this week, one the week before."""
    now = {"sent": 200, "delivered": 160, "uniqueOpens": 80, "uniqueClicks": 20, "hardBounces": 30}
    campaigns: list[dict[str, Any]] = [
        {"name": "A", "scheduledAt": days_ago(1.5), "report": {**now, "softBounces": 10}},
        {"name": "B", "scheduledAt": days_ago(2.5), "report": {"sent": 0}},
        {"name": "C", "scheduledAt": days_ago(9), "report": {"sent": 100, "delivered": 100}},
        {"name": "D"},
    ]
    for campaign in campaigns[:3]:
        campaign["status"] = "sent"
    api.put_state(
        campaigns=campaigns,
        contacts=[
            {"key": "old@example.com", "createdAt": days_ago(100)},
            {"key": "new@example.com", "createdAt": days_ago(3)},
        ],
    )
    return api


# --- templates


def test_templates_of_a_language(api: Api) -> None:
    page = api.get("/api/email/template", lang="en")
    assert page["total"] == len(page["records"]) == 3
    assert not {"html", "design", "_id", "internal"} & set(page["records"][0])
    assert api.get("/api/email/template", lang="ja") == {"records": [], "total": 0}


def test_template_filters(api: Api) -> None:
    def names(**query: Any) -> list[str]:
        page = api.get("/api/email/template", lang="en", **query)
        return [row["name"] for row in page["records"]]

    assert names(searchTerm="LAUNCH") == ["Product launch"]
    assert names(internal="true") == []
    (news,) = [
        attribute["id"]
        for category in api.get("/api/email/template/categories", lang="en")["records"]
        for attribute in category["attributes"]
        if attribute["value"] == "News"
    ]
    assert names(attributeIds=news) == ["Monthly news"]


def test_a_template_has_html_and_design(api: Api) -> None:
    row = api.get("/api/email/template", lang="en")["records"][0]
    whole = api.get(f"/api/email/template/{row['id']}", lang="en")
    assert row.items() <= whole.items()
    assert "<html>" in whole["html"]
    assert isinstance(json.loads(whole["design"]), dict)
    for query in ({"lang": "ja"}, {"lang": "en"}):
        ident = row["id"] if query["lang"] == "ja" else ABSENT
        response = api.call("GET", f"/api/email/template/{ident}", **query)
        refused(response, 404, "RecordNotFound")


@pytest.mark.parametrize("path", ["", "/categories", f"/{ABSENT}"])
def test_templates_need_a_language(api: Api, path: str) -> None:
    response = api.call("GET", f"/api/email/template{path}")
    refused(response, 400, "ValidationError", "lang")


# --- domains


def test_domains(api: Api) -> None:
    ready, pending = api.get("/api/email/domain")
    assert (ready["domain"], ready["status"], ready["isReadyForSending"]) == (
        "acme.example",
        "verified",
        True,
    )
    assert (pending["status"], pending["isReadyForSending"]) == ("verifying", False)
    assert api.get(f"/api/email/domain/{ready['_id']}") == ready
    refused(api.call("GET", f"/api/email/domain/{ABSENT}"), 404, "RecordNotFound")


def test_grey_label(api: Api) -> None:
    refused(api.call("GET", "/api/email/domain/grey-label"), 404, "RecordNotFound")
    grey = {"domain": "grey.example", "type": "grey-label", "validationResults": []}
    api.put_state(domains=[grey])
    shown = api.get("/api/email/domain/grey-label")
    assert shown["domain"] == "grey.example"
    assert "validationResults" not in shown


# --- reports


@pytest.mark.parametrize("path", [f"{REPORTS}/dashboard", OVERALL, f"{OVERALL}/histogram"])
@pytest.mark.parametrize("days", [None, "0", "91", "x"])
def test_past_days_is_required(api: Api, path: str, days: str | None) -> None:
    query = {"eventType": "email-sent"} | ({} if days is None else {"pastDays": days})
    refused(api.call("GET", path, **query), 400, "ValidationError", "pastDays")


@pytest.mark.parametrize("zone", ["Mars/Base", "../../etc/passwd", ""])
def test_time_zones_are_checked(api: Api, zone: str) -> None:
    response = api.call("GET", OVERALL, pastDays=7, timezone=zone)
    refused(response, 400, "ValidationError", "timezone")


@pytest.mark.parametrize("kind", [None, "opened"])
def test_the_histogram_needs_an_event_type(api: Api, kind: str | None) -> None:
    query: dict[str, Any] = {"pastDays": 7} | ({} if kind is None else {"eventType": kind})
    refused(api.call("GET", f"{OVERALL}/histogram", **query), 400, "ValidationError", "eventType")


def test_overall_rates_and_differences(history: Api) -> None:
    report = history.get(OVERALL, pastDays=7)
    stats = report["stats"]
    assert stats["sent"] == {"count": {"value": 200, "prev": 100, "diff": 100.0}}
    assert stats["uniqueOpens"]["rate"]["value"] == 50.0  # of delivered
    assert stats["uniqueClicks"]["rate"]["value"] == 12.5
    assert stats["hardBounces"]["rate"]["value"] == 15.0  # of sent
    assert stats["totalBounces"]["count"]["value"] == 40
    assert stats["totalBounces"]["rate"] == {"value": 20.0, "prev": 0.0, "diff": 0.0}
    assert set(stats["complaints"]) == set(stats["unsubscribes"]) == {"count"}
    rates = {row["name"]: row["rates"] for row in report["campaignComparison"]}
    assert rates == {"A": {"opens": 50.0, "clicks": 12.5}, "B": {"opens": 0.0, "clicks": 0.0}}
    assert sum(report["deliveryTimeStats"].values()) == 100.0


def test_dashboard(history: Api) -> None:
    report = history.get(f"{REPORTS}/dashboard", pastDays=7, timezone="UTC")
    assert report["campaign"]["sent"] == {"count": 200, "diff": 100.0}
    assert report["campaign"]["uniqueOpens"]["count"] == {"value": 80, "diff": 0.0}
    assert report["contact"]["count"] == {"value": 2, "diff": 100.0}
    rows = report["contact"]["histogram"]["histogram"]
    assert len(rows) == 7
    assert sum(row["total"] for row in rows) == 1
    assert report["contact"]["histogram"]["peak"]["total"] == 1


def test_histogram(history: Api) -> None:
    report = history.get(f"{OVERALL}/histogram", pastDays=7, eventType="email-bounced")
    rows = report["histogram"]
    assert len(rows) == 7
    (day,) = [row for row in rows if row["total"]]
    assert (day["total"], day["detail"]) == (40, {"hard": 30, "soft": 10})
    assert report["peak"]["total"] == 40
    assert report["peak"]["startDate"] == day["date"]
    report = history.get(f"{OVERALL}/histogram", pastDays=30, eventType="email-sent")
    assert sum(row["total"] for row in report["histogram"]) == 300
    assert "detail" not in report["histogram"][0]


def test_histogram_days_follow_the_time_zone(history: Api) -> None:
    query: dict[str, Any] = {
        "pastDays": 7,
        "eventType": "email-sent",
        "timezone": "Asia/Tokyo",
    }
    report = history.get(f"{OVERALL}/histogram", **query)
    assert all(row["date"].endswith("T15:00:00.000Z") for row in report["histogram"])


def test_the_report_of_one_campaign(api: Api) -> None:
    sent = api.find("campaigns", name="2026-10 Newsletter")
    report = api.get(f"{REPORTS}/email/{sent['_id']}")
    stats = report["stats"]
    assert (stats["sent"], stats["delivered"]) == (8, 7)
    assert stats["opens"] == {"unique": 5, "rate": 71.43, "last": "2026-10-08T17:12:00.000Z"}
    assert stats["hardBounces"] == {"count": 1, "rate": 12.5}
    assert stats["totalBounces"] == {"count": 1, "rate": 12.5}
    assert (stats["complaints"], stats["unsubscribes"]) == (1, 1)
    assert report["linkActivity"][0]["clicks"] == {"total": 3, "unique": 2}


def test_the_report_of_a_draft_is_all_zeros(api: Api) -> None:
    draft = api.find("campaigns", name="Welcome")
    stats = api.get(f"{REPORTS}/email/{draft['_id']}")["stats"]
    assert stats["opens"] == {"unique": 0, "rate": 0.0}
    assert stats["sent"] == 0


@pytest.mark.parametrize(
    ("period", "rows"), [(None, 24), ("24hours", 24), ("week", 7), ("month", 30)]
)
def test_engagement(api: Api, period: str | None, rows: int) -> None:
    sent = api.find("campaigns", name="2026-10 Newsletter")
    query = {} if period is None else {"period": period}
    report = api.get(f"{REPORTS}/email/{sent['_id']}/engagement", **query)
    assert report["start"] == sent["scheduledAt"]
    assert len(report["histogram"]) == rows
    assert sum(row["detail"]["uniqueOpens"] for row in report["histogram"]) == 5
    assert sum(row["total"] for row in report["histogram"]) == 7
    assert report["peak"]["startDate"] == report["start"]


def test_unknown_campaigns_and_periods(api: Api) -> None:
    for path in (f"{REPORTS}/email/{ABSENT}", f"{REPORTS}/email/{ABSENT}/engagement"):
        refused(api.call("GET", path), 404, "RecordNotFound")
    sent = api.find("campaigns", name="2026-10 Newsletter")
    response = api.call("GET", f"{REPORTS}/email/{sent['_id']}/engagement", period="year")
    refused(response, 400, "ValidationError", "period")
