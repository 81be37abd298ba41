"""Templates, sending domains, reports, and what simulated recipients do (API contract 4.5-4.7)."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.api import CAMPAIGNS, TEMPLATES, Api

DOMAINS = "/api/email/domain"
REPORTS = "/api/reports"
OVERALL = f"{REPORTS}/email/overall"
BODY = (
    '<p><a href="https://acme.example/a?x=1&amp;y=2">A</a> <A HREF=https://acme.example/b>B</A>'
    ' <a href="https://acme.example/a?x=1&amp;y=2">again</a> <a href="mailto:x@acme.example">M</a>'
    " <!-- <a href='https://acme.example/no'>no</a> --> <![odd[ <a name=x>no link</a></p>"
)
LINKS = ["https://acme.example/a?x=1&y=2", "https://acme.example/b"]


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
    ]
    api.put_state(
        campaigns=[*({**campaign, "status": "sent"} for campaign in campaigns), {"name": "D"}],
        contacts=[
            {"key": "old@example.com", "createdAt": days_ago(100)},
            {"key": "new@example.com", "createdAt": days_ago(3)},
        ],
    )
    return api


# --- templates and domains


def test_templates_of_a_language(api: Api) -> None:
    page = api.get(TEMPLATES, lang="en")
    assert page["total"] == len(page["records"]) == 3
    assert not {"html", "design", "_id", "internal"} & set(page["records"][0])
    assert api.get(TEMPLATES, lang="ja") == {"records": [], "total": 0}


def test_template_filters(api: Api) -> None:
    assert api.names(TEMPLATES, lang="en", searchTerm="LAUNCH") == ["Product launch"]
    assert api.names(TEMPLATES, lang="en", internal="true") == []
    (news,) = [
        attribute["id"]
        for category in api.get(f"{TEMPLATES}/categories", lang="en")["records"]
        for attribute in category["attributes"]
        if attribute["value"] == "News"
    ]
    assert api.names(TEMPLATES, lang="en", attributeIds=news) == ["Monthly news"]


def test_a_template_has_html_and_design(api: Api) -> None:
    row = api.get(TEMPLATES, lang="en")["records"][0]
    path = f"{TEMPLATES}/{row['id']}"
    whole = api.get(path, lang="en")
    assert row.items() <= whole.items()
    assert "<html" in whole["html"]
    assert isinstance(json.loads(whole["design"]), dict)
    api.error("RecordNotFound", "GET", path, lang="ja")


def test_domains(api: Api) -> None:
    ready, pending = api.get(DOMAINS)
    verified = {"domain": "acme.example", "status": "verified", "isReadyForSending": True}
    assert verified.items() <= ready.items()
    assert (pending["status"], pending["isReadyForSending"]) == ("verifying", False)
    assert api.get(f"{DOMAINS}/{ready['_id']}") == ready


def test_grey_label(api: Api) -> None:
    api.error("RecordNotFound", "GET", f"{DOMAINS}/grey-label")
    grey = {"domain": "grey.example", "type": "grey-label", "validationResults": []}
    api.put_state(domains=[grey])
    shown = api.get(f"{DOMAINS}/grey-label")
    assert shown["domain"] == "grey.example"
    assert "validationResults" not in shown


# --- reports


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
    over_time = report["contact"]["histogram"]
    assert len(over_time["histogram"]) == 7
    assert sum(row["total"] for row in over_time["histogram"]) == over_time["peak"]["total"] == 1


def test_histogram(history: Api) -> None:
    report = history.get(f"{OVERALL}/histogram", pastDays=7, eventType="email-bounced")
    assert len(report["histogram"]) == 7
    (day,) = [row for row in report["histogram"] if row["total"]]
    assert (day["total"], day["detail"]) == (40, {"hard": 30, "soft": 10})
    assert (report["peak"]["total"], report["peak"]["startDate"]) == (40, day["date"])
    report = history.get(f"{OVERALL}/histogram", pastDays=30, eventType="email-sent")
    assert sum(row["total"] for row in report["histogram"]) == 300
    assert "detail" not in report["histogram"][0]


def test_histogram_days_follow_the_time_zone(history: Api) -> None:
    query = {"pastDays": "7", "eventType": "email-sent", "timezone": "Asia/Tokyo"}
    report = history.get(f"{OVERALL}/histogram", **query)
    assert all(row["date"].endswith("T15:00:00.000Z") for row in report["histogram"])


@pytest.fixture
def seeded(api: Api) -> tuple[Any, str]:
    """The sent campaign of the seeded account, and the path of its report."""
    sent = api.named("campaigns", "2026-10 Newsletter")
    return sent, f"{REPORTS}/email/{sent['_id']}"


def test_the_report_of_one_campaign(api: Api, seeded: tuple[Any, str]) -> None:
    report = api.get(seeded[1])
    stats = report["stats"]
    assert (stats["sent"], stats["delivered"]) == (8, 7)
    assert stats["opens"] == {"unique": 5, "rate": 71.43, "last": "2026-10-08T17:12:00.000Z"}
    assert stats["hardBounces"] == stats["totalBounces"] == {"count": 1, "rate": 12.5}
    assert (stats["complaints"], stats["unsubscribes"]) == (1, 1)
    assert report["linkActivity"][0]["clicks"] == {"total": 3, "unique": 2}


def test_the_report_of_a_draft_is_all_zeros(api: Api) -> None:
    stats = api.get(f"{REPORTS}/email/{api.id_of('campaigns', 'Welcome')}")["stats"]
    assert (stats["opens"], stats["sent"]) == ({"unique": 0, "rate": 0.0}, 0)


@pytest.mark.parametrize(
    ("query", "rows"),
    [({}, 24), ({"period": "24hours"}, 24), ({"period": "week"}, 7), ({"period": "month"}, 30)],
)
def test_engagement(api: Api, seeded: tuple[Any, str], query: dict[str, str], rows: int) -> None:
    sent, path = seeded
    report = api.get(f"{path}/engagement", **query)
    assert report["start"] == report["peak"]["startDate"] == sent["scheduledAt"]
    assert len(report["histogram"]) == rows
    assert sum(row["detail"]["uniqueOpens"] for row in report["histogram"]) == 5
    assert sum(row["total"] for row in report["histogram"]) == 7


def test_periods_of_engagement_are_checked(api: Api, seeded: tuple[Any, str]) -> None:
    api.invalid("period", "GET", f"{seeded[1]}/engagement", period="year")


# --- what recipients do with a campaign that a person sent through the side door


def sent(api: Api, body: str, contacts: int = 100, **status: Any) -> tuple[Any, Any]:
    """The report and the engagement of a campaign that was sent to so many."""
    news, campaign = "1" * 24, "2" * 24
    content = {"_id": campaign, "name": "N", "subject": "S", "body": body, "lists": [news]}
    keys = [{"key": f"c{n}@example.com", "lists": [news]} for n in range(contacts)]
    api.put_state(lists=[{"_id": news, "name": "L"}], contacts=keys, campaigns=[content])
    api.campaign_status(campaign, status="sent", **status)
    path = f"{REPORTS}/email/{campaign}"
    return api.get(path), api.get(f"{path}/engagement")


def test_people_open_and_click(api: Api) -> None:
    report, _ = sent(api, BODY)
    stats = report["stats"]
    assert stats["sent"] == stats["delivered"] == 100
    assert 0 < stats["clicks"]["unique"] < stats["opens"]["unique"] < 100
    assert stats["opens"]["rate"] == stats["opens"]["unique"]
    assert stats["totalBounces"]["count"] == stats["complaints"] == stats["unsubscribes"] == 0
    assert [link["path"] for link in report["linkActivity"]] == LINKS
    clicks = [link["clicks"] for link in report["linkActivity"]]
    assert clicks[0]["unique"] == stats["clicks"]["unique"]
    assert all(0 < each["unique"] <= each["total"] for each in clicks)


def test_the_same_each_time(api: Api) -> None:
    def numbers(body: str) -> Any:
        report, _ = sent(api, body)
        stats = report["stats"]
        return stats["opens"]["unique"], stats["clicks"]["unique"], report["linkActivity"]

    assert numbers(BODY) == numbers(BODY) != numbers(BODY + "<p>More</p>")


def test_what_was_sent_just_now_was_opened_just_now(api: Api) -> None:
    report, over_time = sent(api, BODY)
    first, *rest = over_time["histogram"]
    assert first["detail"]["uniqueOpens"] == report["stats"]["opens"]["unique"]
    assert first["detail"]["uniqueClicks"] == report["stats"]["clicks"]["unique"]
    assert not any(row["total"] for row in rest)
    assert over_time["peak"]["total"] == first["total"]


def test_what_was_sent_long_ago_was_opened_over_time(api: Api) -> None:
    report, over_time = sent(api, BODY, scheduledAt="2026-01-01T08:00:00.000Z")
    opens = [row["detail"]["uniqueOpens"] for row in over_time["histogram"]]
    assert sum(opens) == report["stats"]["opens"]["unique"]
    assert opens == sorted(opens, reverse=True)
    assert opens[1] > 0


def test_nobody_clicks_without_a_link_or_opens_what_reached_nobody(api: Api) -> None:
    report, _ = sent(api, "<p>Nothing to click</p>")
    assert report["stats"]["clicks"] == {"unique": 0, "rate": 0.0}
    assert report["linkActivity"] == []
    report, over_time = sent(api, BODY, contacts=0)
    assert report["stats"]["opens"] == {"unique": 0, "rate": 0.0}
    assert over_time["peak"]["total"] == 0


def test_links_that_the_service_tracks_are_told_by_where_they_lead(api: Api) -> None:
    api.switch(body_rewriting="all")
    news = "1" * 24
    api.put_state(lists=[{"_id": news, "name": "L"}])
    made = api.ok("POST", CAMPAIGNS, {"name": "N", "body": BODY, "lists": [news]})
    assert "click.benchmarkemail.example" in made["body"]
    api.campaign_status(made["_id"], status="sent")
    report = api.get(f"{REPORTS}/email/{made['_id']}")
    assert [link["path"] for link in report["linkActivity"]] == LINKS
