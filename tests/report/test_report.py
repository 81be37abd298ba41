"""`bmeconf report`: what the service says of campaigns that were sent, and what was expected."""

from __future__ import annotations

import html
import json
import re
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from bmeconf import report as delivery
from bmeconf.baseline import Lock, Section
from bmeconf.baseline import lock as lock_file
from bmeconf.model import CAMPAIGNS, Address, Intent, Resource
from bmeconf.project import load_schema
from bmeconf.render import documents
from bmeconf.render import text as texts
from bmeconf.render.documents import report as report_document
from bmeconf.render.page import report as pages
from bmeconf.report import Dashboard, DeliveryState, Engagement, Results
from bmeconf.report.delivery import METRICS, holds, judge
from bmeconf.report.results import moment, rate
from tests.support.driver import LOCK, Account, Project, Ran
from tests.support.fake_server import Cut, Rule, edited, instead, refusal, reply

Data = dict[str, Any]

SENT = "2026-10 Newsletter"
DECLARED = f"version: 1\ncampaigns: [{{name: {SENT}}}]\n"
BOTH = f"campaigns: [{{name: {SENT}}}, {{name: Welcome}}]"
LISTING, DASHBOARD = "GET /api/email/campaign", "GET /api/reports/dashboard"
ONE = r"GET /api/reports/email/[0-9a-f]{24}"
OVER_TIME = ONE + "/engagement"

# No two alike, so that each can be looked for.
NUMBERS: Data = {
    "sent": 1697,
    "delivered": 1655,
    "opens": {"unique": 210, "rate": 32.06, "last": "2026-10-09T17:33:45.464Z"},
    "clicks": {"unique": 169, "rate": 25.8, "last": "2026-10-10T18:28:40.575Z"},
    "hardBounces": {"count": 25, "rate": 3.81},
    "softBounces": {"count": 17, "rate": 2.59},
    "totalBounces": {"count": 42, "rate": 6.87},
    "complaints": 3,
    "unsubscribes": 11,
}
LINKS = [
    {"id": "a", "path": "https://acme.example/one", "clicks": {"total": 77, "unique": 66}},
    {"id": "b", "path": "https://acme.example/two", "clicks": {"total": 99, "unique": 88}},
]
REPORT: Data = {"stats": NUMBERS, "linkActivity": LINKS}


def expecting(**expectations: str) -> str:
    """A manifest that declares the campaign that was sent with these expectations."""
    told = ", ".join(f'{metric}: "{text}"' for metric, text in expectations.items())
    return f"version: 1\ncampaigns: [{{name: {SENT}, expect: {{{told}}}}}]\n"


def only(ran: Ran) -> Any:
    """The one campaign of a report."""
    (campaign,) = ran.json["campaigns"]
    return campaign


def reported(project: Project, *arguments: str) -> Ran:
    return project.run("report", "--format", "json", *arguments)


def ends(project: Project, *arguments: str) -> dict[str, str]:
    """How each expectation of the one campaign ended."""
    campaign = only(reported(project, *arguments))
    return {each["metric"]: each["state"] for each in campaign["expectations"]}


def with_campaigns(account: Account, *campaigns: Data) -> None:
    """The account has these campaigns too."""
    state = account.state()
    account.set({**state, "campaigns": [*state["campaigns"], *campaigns]})


def answering(cut: Cut, stats: Any, links: Any = ()) -> None:
    """From here on the report of every campaign has these numbers and links."""
    cut(Rule(ONE, instead(reply({"stats": stats, "linkActivity": [*links]}))))


@pytest.fixture
def project(project: Project) -> Project:
    """A project that declares the campaign that was sent."""
    project.write("m.yaml", DECLARED)
    return project


# --- what is shown


def test_every_number_of_the_seeded_campaign(project: Project) -> None:
    campaign = only(reported(project).ok())
    assert campaign["state"] == campaign["status"] == "sent"
    assert campaign["subject"] == "October at Acme"
    assert campaign["sent_at"] == "2026-10-06T08:00:00Z"
    assert campaign["results"] == {
        "sent": {"count": 8},
        "delivered": {"count": 7},
        "opens": {"count": 5, "rate": 71.43, "last": "2026-10-08T17:12:00Z"},
        "clicks": {"count": 2, "rate": 28.57, "last": "2026-10-07T06:40:00Z"},
        "hard_bounces": {"count": 1, "rate": 12.5},
        "soft_bounces": {"count": 0, "rate": 0.0},
        "bounces": {"count": 1, "rate": 12.5},
        "complaints": {"count": 1},
        "unsubscribes": {"count": 1},
    }
    assert campaign["links"][0]["path"] == "https://acme.example/stories"
    moments = campaign["engagement"]["histogram"]
    assert len(moments) == 24
    assert sum(moment["opens"] for moment in moments) == 5
    assert sum(moment["clicks"] for moment in moments) == 2
    assert campaign["engagement"]["peak"]["total"] == 4


def test_the_rates_of_the_service_are_shown_as_they_are(project: Project, cut: Cut) -> None:
    # They fit no single denominator, and nothing here may correct them (API contract 4.7).
    answering(cut, NUMBERS, LINKS)
    results = only(reported(project).ok())["results"]
    for ours, theirs in (("hard_bounces", "hardBounces"), ("bounces", "totalBounces")):
        assert results[ours] == NUMBERS[theirs]
    shown = project.run("report").ok().out
    counts = ("1,697", "1,655", "210", "169", "25", "17", "42", "3", "11")
    rates = ("32.1 %", "25.8 %", "3.8 %", "2.6 %", "6.9 %")
    links = ("https://acme.example/one", "77", "66", "https://acme.example/two", "99", "88")
    for told in (*counts, *rates, *links, "2026-10-09 17:33 UTC", "2026-10-10 18:28 UTC"):
        assert re.search(rf"(?<![\d.,]){re.escape(told)}(?![\d.,])", shown), told
    assert shown.index("/two") < shown.index("/one")


def test_rates_that_contradict_the_counts_stay(project: Project, cut: Cut) -> None:
    project.write("m.yaml", expecting(open_rate="> 99"))
    odd = {**NUMBERS, "delivered": 100, "opens": {"unique": 1, "rate": 99.99}}
    answering(cut, odd)
    campaign = only(reported(project, "--check").ok())
    assert campaign["results"]["opens"] == {"count": 1, "rate": 99.99, "last": None}
    assert campaign["links"] == []


def test_the_dashboard(project: Project, cut: Cut) -> None:
    told = {
        "campaign": {
            "sent": {"count": 2379, "diff": 0.76},
            "delivered": {"count": 2203, "diff": 11.3},
            "uniqueOpens": {
                "count": {"value": 733, "diff": -23.41},
                "rate": {"value": 33.27, "diff": -22.41},
            },
            "uniqueClicks": {
                "count": {"value": 569, "diff": -21.52},
                "rate": {"value": 25.83, "diff": 20.47},
            },
        },
        "contact": {
            "count": {"value": 5900, "diff": 29.55},
            "histogram": {
                "histogram": [{"date": "2026-11-20T00:00:00.000Z", "total": 4}],
                "peak": {"date": "2026-11-20T00:00:00.000Z", "total": 4},
            },
        },
    }
    cut(Rule(DASHBOARD, instead(reply(told))))
    dashboard = reported(project).ok().json["dashboard"]
    assert dashboard["sent"] == {"value": 2379, "diff": 0.76}
    assert dashboard["delivered"] == {"value": 2203, "diff": 11.3}
    assert dashboard["opens"] == {"value": 733, "diff": -23.41}
    assert dashboard["open_rate"] == {"value": 33.27, "diff": -22.41}
    assert dashboard["clicks"] == {"value": 569, "diff": -21.52}
    assert dashboard["click_rate"] == {"value": 25.83, "diff": 20.47}
    assert dashboard["contacts"] == {"value": 5900, "diff": 29.55}
    assert dashboard["new_contacts"] == [{"date": "2026-11-20T00:00:00Z", "total": 4}]
    shown = project.run("report").ok().out
    for part in ("2,379", "0.8 % more", "733", "23.4 % less", "33.3 %", "29.6 % more"):
        assert part in shown


def declared_for(project: Project, at: str) -> str:
    """The report on the campaign that was sent, at 2026-10-06 08:00 UTC, with this schedule."""
    schedule = f"schedule: {{at: {at}}}, lists: [Newsletter, Customers]"
    lists = "lists: [{name: Newsletter}, {name: Customers}]"
    expect = 'expect: {open_rate: ">= 0"}'
    manifest = f"version: 1\n{lists}\ncampaigns: [{{name: {SENT}, {schedule}, {expect}}}]\n"
    project.write("m.yaml", manifest)
    return " ".join(project.run("report", "--output", "html=r.html").ok().out.split())


def test_another_time_than_the_declared_one_is_told(project: Project) -> None:
    told = declared_for(project, '"2026-10-05T08:00:00Z"')
    assert "was sent, scheduled for 2026-10-06 08:00 UTC instead of 2026-10-05 08:00 UTC" in told
    page = (project.folder / "r.html").read_text("utf-8")
    assert '<p class="verdict warn">' in page
    assert "instead of" not in declared_for(project, '"2026-10-06T08:00:00Z"')
    page = (project.folder / "r.html").read_text("utf-8")
    assert '<p class="verdict good">' in page


MISSED = [
    # the status and the time in the account, the declared time, what is said
    ("sent", "2026-10-06T08:00:00Z", "2026-10-06T08:04:00Z", ""),
    ("sent", "2026-10-06T08:00:00Z", "2026-10-06T08:06:00Z", "was sent, scheduled for"),
    ("sent", "2999-01-01T08:00:00Z", "2999-01-01T08:00:00Z", "was sent before its time, 2999-01-"),
    ("sending", "2999-01-01T08:00:00Z", "2999-01-01T08:00:00Z", "is being sent before its time, 2"),
    ("sending", "2999-01-01T08:00:00Z", "2998-01-01T08:00:00Z", "is being sent, scheduled for"),
    ("scheduled", "2999-01-01T08:00:00Z", "2999-01-01T08:00:00Z", ""),
]


@pytest.mark.parametrize(("status", "at", "due", "said"), MISSED)
def test_a_report_and_drift_agree_on_who_missed_the_declared_time(
    project: Project, account: Account, status: str, at: str, due: str, said: str
) -> None:
    account.schedule(at=at, status=status, campaign=SENT)
    told = declared_for(project, f'"{due}"')
    drift = project.drift_text("--fail-on", "manual", code=9 if said else 0)
    for text in (told, " ".join(drift.split())):
        assert said in text
        assert bool(re.search("before its time|instead of", text)) == bool(said), text
    assert ("Sent before 2999-01-01 08:00 UTC," in told) == (status == "sent" and at > "2999")


def test_a_report_names_the_lists_that_are_declared(project: Project) -> None:
    assert "Declared lists: Customers, Newsletter." in declared_for(project, '"2026-10-06T08:00Z"')


def test_times_are_told_in_the_zone_that_was_asked_for(project: Project) -> None:
    shown = project.run("report", "--timezone", "Asia/Tokyo").ok().out
    assert "Sent 2026-10-06 17:00 Asia/Tokyo." in shown
    campaign = only(reported(project, "--timezone", "Asia/Tokyo").ok())
    assert campaign["sent_at"] == "2026-10-06T08:00:00Z"


def test_the_period_is_the_one_that_was_asked_for(project: Project, account: Account) -> None:
    for period, parts in (("24hours", 24), ("week", 7), ("month", 30)):
        account.clear_log()
        campaign = only(reported(project, "--period", period, "--timezone", "Europe/Oslo").ok())
        assert len(campaign["engagement"]["histogram"]) == parts


def test_every_campaign_is_told_of_the_newest_first(project: Project, account: Account) -> None:
    twin = {"report": {"sent": 3}, "status": "sent", "scheduledAt": "2026-11-01T08:00:00.000Z"}
    with_campaigns(
        account,
        {"name": "Scheduled", "status": "scheduled", "scheduledAt": "2027-01-01T08:00:00.000Z"},
        {"name": "Failed", "status": "failed", "sentCount": 40, "totalRecipients": 1000},
        {"name": "Twin"},
        {"name": "Twin", **twin},
        {"name": "November", **twin},
    )
    names = ("Welcome", "Scheduled", "Failed", "Twin", "November", "Nonesuch", SENT)
    declared = ", ".join(f"{{name: {name}}}" for name in names)
    project.write("m.yaml", f"version: 1\ncampaigns: [{declared}]\n")
    told = reported(project).ok().json
    states = {c["address"].partition("/")[2]: c["state"] for c in told["campaigns"]}
    assert states == {
        "November": "sent",
        SENT: "sent",
        "Failed": "never_sent",
        "Nonesuch": "missing",
        "Scheduled": "not_sent",
        "Twin": "ambiguous",
        "Welcome": "not_sent",
    }
    assert list(states)[:2] == ["November", SENT]
    assert told["summary"]["campaigns"]["not_sent"] == 2
    for campaign in told["campaigns"][2:]:
        assert campaign["results"] is campaign["links"] is campaign["engagement"] is None
    ran = project.run("report").ok()
    shown = " ".join(ran.out.split())
    assert "campaigns/Welcome (draft): not sent yet" in shown
    assert "(scheduled): not sent yet, scheduled for 2027-01-01 08:00 UTC" in shown
    assert "is failed: it will not be sent any more; 40 of 1,000 went out" in shown
    assert "2 live objects are called 'Twin'" in shown
    assert "the account has no campaign of that name" in shown
    assert "2 of 7 declared campaigns sent; nothing is expected of them." in shown


def test_an_id_is_found_under_whatever_name(project: Project, account: Account) -> None:
    id = account.id_of("campaigns", SENT)
    project.write("m.yaml", f"version: 1\ncampaigns: [{{name: October, id: {id}}}]\n")
    campaign = only(reported(project).ok())
    assert (campaign["state"], campaign["name"]) == ("sent", SENT)
    shown = " ".join(project.run("report").ok().out.split())
    assert f'In the account it is called "{SENT}".' in shown
    lost = f"{{name: October, id: {'0' * 24}, expect: {{sent: '> 0'}}}}"
    project.write("m.yaml", f"version: 1\ncampaigns: [{lost}]\n")
    campaign = only(reported(project).ok())
    assert (campaign["state"], campaign["findings"][0]["code"]) == ("gone", "id_not_found")
    assert ends(project, "--check") == {"sent": "unknown"}


def test_a_status_nobody_knows(project: Project, cut: Cut) -> None:
    project.write("m.yaml", expecting(sent="> 0"))

    def edit(page: Data) -> None:
        for row in page["records"]:
            row["status"] = "archived"

    cut(Rule(LISTING, edited(edit)))
    campaign = only(reported(project).ok())
    assert campaign["state"] == "unclear"
    assert "'archived'" in campaign["findings"][0]["message"]
    assert reported(project, "--check").code == 2


# --- which campaigns


def test_addresses_choose(project: Project) -> None:
    project.write("m.yaml", f"version: 1\n{BOTH}\n")
    assert only(reported(project, "campaigns/2026-1*").ok())["address"] == f"campaigns/{SENT}"
    assert only(reported(project, "--target", "campaigns/W*").ok())["status"] == "draft"
    both = reported(project, "campaigns/Welcome", "campaigns/2*").ok()
    assert len(both.json["campaigns"]) == 2


def test_what_is_to_be_deleted_is_not_told_of(project: Project) -> None:
    project.write("m.yaml", f"version: 1\ncampaigns: [{{name: {SENT}, state: absent}}]\n")
    ran = reported(project).ok()
    assert ran.json["campaigns"] == []
    assert ran.json["dashboard"]["contacts"]["value"] == 14
    assert "No campaign is declared." in project.run("report").ok().out


# --- requests


def test_few_requests(project: Project, account: Account, cut: Cut) -> None:
    project.write("m.yaml", f"version: 1\n{BOTH}\n")
    server = cut()
    asked = ("--period", "week", "--past-days", "90", "--timezone", "Asia/Tokyo")
    ran = reported(project, *asked, "--parallel", "1")
    assert ran.ok().json["requests"] == 4
    report = server.seen[1].path
    assert server.lines() == [LISTING, f"GET {report}", f"GET {report}/engagement", DASHBOARD]
    assert server.seen[2].query == "period=week&timezone=Asia%2FTokyo"
    assert server.seen[3].query == "pastDays=90&timezone=Asia%2FTokyo"
    assert "Read with 4 requests." in project.run("report").ok().out


@pytest.mark.parametrize(
    ("manifest", "arguments", "code", "lines"),
    [
        (BOTH, ("campaigns/Welcome", "--no-dashboard"), 0, [LISTING]),
        ("lists: [{name: Newsletter}]", (), 0, [DASHBOARD]),
        (f"campaigns: [{{name: {SENT}}}]", ("--max-requests", "3"), 5, [LISTING]),
    ],
    ids=["no report of a draft", "no listing for nothing", "nothing that leads past a limit"],
)
def test_no_request_is_made_in_vain(
    project: Project,
    cut: Cut,
    manifest: str,
    arguments: tuple[str, ...],
    code: int,
    lines: list[str],
) -> None:
    project.write("m.yaml", f"version: 1\n{manifest}\n")
    server = cut()
    ran = reported(project, *arguments)
    assert ran.code == code
    assert ran.json.get("error", {}).get("code") == ("limit_reached" if code else None)
    assert server.lines() == lines


# --- what the service leaves out


def test_missing_numbers_are_never_zero(project: Project, cut: Cut) -> None:
    project.write("m.yaml", expecting(bounce_rate="< 2", complaints="== 0"))
    lean = {"stats": {"sent": "1697", "opens": {"unique": "210", "rate": "32.060"}, "clicks": None}}
    cut(Rule(ONE, instead(reply(lean))), Rule(OVER_TIME, instead(reply({"histogram": None}))))
    campaign = only(reported(project).ok())
    assert campaign["results"]["sent"] == {"count": 1697}
    assert campaign["results"]["opens"] == {"count": 210, "rate": 32.06, "last": None}
    assert campaign["results"]["clicks"] == {"count": None, "rate": None, "last": None}
    assert campaign["links"] is None
    assert campaign["engagement"]["histogram"] is None
    assert [each["state"] for each in campaign["expectations"]] == ["unknown", "unknown"]
    shown = project.run("report", "--no-dashboard").ok().out
    assert re.search(r"Opened +210 +32\.1 %", shown)
    assert re.search(r"Clicked +– +–", shown)
    assert re.search(r"Complaints +–", shown)
    assert not re.search(r"\b0\b", re.sub("== 0|127.0.0.1", "", shown))


@pytest.mark.parametrize("odd", [[], "busy", 7, {}, {"stats": [1], "linkActivity": {"a": 1}}])
def test_a_reply_of_another_shape_shows_nothing(project: Project, cut: Cut, odd: Any) -> None:
    project.write("m.yaml", expecting(sent="> 0"))
    everywhere = f"{ONE}|{OVER_TIME}|{DASHBOARD}"
    cut(Rule(everywhere, instead(reply(odd))))
    ran = reported(project).ok()
    assert only(ran)["results"]["sent"] == {"count": None}
    assert ran.json["dashboard"]["sent"] == {"value": None, "diff": None}
    assert reported(project, "--check").code == 2
    project.run("report").ok()


def test_values_of_another_kind_are_unknown(project: Project, cut: Cut) -> None:
    odd: Data = {
        "sent": {"count": {"value": 9, "prev": 1}},
        "delivered": -1,
        "opens": {"unique": True, "rate": -5},
        "clicks": {"unique": 2.5, "rate": "many", "last": "yesterday"},
        "hardBounces": {"count": 3.0, "rate": "1.50%"},
        "softBounces": [4],
        "totalBounces": 7,
        "complaints": "",
        "unsubscribes": 1e300,
        "somethingNew": {"x": 1},
    }
    links = [None, "x", {"path": 7, "clicks": {"total": "5"}}, {"path": None, "clicks": [1]}]
    answering(cut, odd, links)
    campaign = only(reported(project).ok())
    results = campaign["results"]
    assert results["sent"] == {"count": 9}
    assert results["hard_bounces"] == {"count": 3, "rate": 1.5}
    assert results["bounces"] == {"count": 7, "rate": None}
    for name in ("delivered", "opens", "clicks", "soft_bounces", "complaints", "unsubscribes"):
        assert set(results[name].values()) == {None}, name
    assert [link["path"] for link in campaign["links"]] == [None, None, "7", None]
    assert [link["total"] for link in campaign["links"]] == [None, None, 5, None]


def test_a_gap_in_a_plot_is_said(project: Project, cut: Cut) -> None:

    def edit(told: Data) -> None:
        told["histogram"][3]["detail"] = None
        told["histogram"][4]["date"] = "whenever"

    cut(Rule(OVER_TIME, edited(edit)))
    assert "First opens over 24 hours (2 of 24 not shown)" in project.run("report").ok().out
    assert only(reported(project).ok())["engagement"]["histogram"][3]["opens"] is None


def test_a_campaign_without_a_report_keeps_no_other_from_being_told(
    project: Project, account: Account, cut: Cut
) -> None:
    account.schedule("2026-11-02T08:00:00.000Z", "sent")
    expect = '{sent: "> 0"}'
    both = f"{{name: {SENT}}}, {{name: Welcome, expect: {expect}}}"
    project.write("m.yaml", f"version: 1\ncampaigns: [{both}]\n")
    gone = instead(refusal(404, "RecordNotFound", "Report not found"))
    server = cut(Rule(ONE, gone, times=1))
    newest, other = reported(project, "--parallel", "1").ok().json["campaigns"]
    assert (newest["state"], newest["results"]) == ("sent", None)
    assert newest["findings"][0]["code"] == "no_report"
    assert "Report not found" in newest["findings"][0]["message"]
    assert newest["expectations"][0]["state"] == "unknown"
    assert other["results"]["sent"] == {"count": 8}
    assert len(server.seen) == 5
    cut(Rule(OVER_TIME, gone))
    newest, _ = reported(project).ok().json["campaigns"]
    assert newest["findings"][0]["code"] == "no_engagement"
    assert newest["results"]["sent"]["count"] > 0


def test_a_read_that_fails_is_no_report(project: Project, cut: Cut) -> None:
    cut(Rule(ONE, instead(refusal(400, "ValidationError", "no"))))
    ran = reported(project)
    assert (ran.code, "campaigns" in ran.json) == (1, False)


# --- scopes


def test_the_scope_that_is_missing_is_named(project: Project, account: Account) -> None:
    account.limit(["campaigns:read"])
    ran = project.run("report")
    assert (ran.code, ran.out) == (4, "")
    assert "reports:read" in ran.err
    assert reported(project).json["error"]["code"] == "scope_missing"
    account.limit(["reports:read"])
    ran = project.run("report")
    assert (ran.code, "campaigns:read" in ran.err) == (4, True)


def test_what_can_be_told_without_the_scope_is_told(project: Project, account: Account) -> None:
    project.write("m.yaml", "version: 1\ncampaigns: [{name: Welcome}]\n")
    account.limit(["campaigns:read"])
    ran = reported(project).ok()
    assert only(ran)["status"] == "draft"
    assert ran.json["dashboard"] is None
    assert "reports:read" in ran.json["dashboard_unread"]
    shown = " ".join(project.run("report").ok().out.split())
    assert "The dashboard could not be read" in shown
    assert "reports:read" in shown
    project.write("m.yaml", "version: 1\nlists: [{name: Newsletter}]\n")
    assert project.run("report").code == 4


# --- expectations


@pytest.mark.parametrize(
    ("metric", "text", "end"),
    [
        ("sent", ">= 1697", "met"),
        ("delivered", "=1655", "met"),
        ("open_rate", ">= 32.06", "met"),
        ("open_rate", ">= 32.060000000000001", "failed"),
        ("open_rate", "<= 32.06 %", "met"),
        ("click_rate", ">=25.8%", "met"),
        ("hard_bounce_rate", "< 3.81", "failed"),
        ("soft_bounce_rate", "< 2.6", "met"),
        ("bounce_rate", "< 6.87", "failed"),
        ("complaints", "== 0", "failed"),
        ("unsubscribes", "< 12", "met"),
    ],
)
def test_expectations(project: Project, cut: Cut, metric: str, text: str, end: str) -> None:
    project.write("m.yaml", expecting(**{metric: text}))
    answering(cut, NUMBERS, LINKS)
    assert ends(project) == {metric: end}
    ran = project.run("report", "--check")
    assert ran.code == (0 if end == "met" else 2)
    assert project.run("report").code == 0
    mark = "✓" if end == "met" else "✗"
    assert re.search(rf"{metric} {end}: {mark} [\d.,]+( %)?, expected ", ran.out)
    assert ("Check failed: 1 failed, 0 unknown." in ran.err) == (end == "failed")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (">= 20", "32.1 %, expected >= 20 %"),
        ("< 32", "32.1 %, expected < 32 %"),
        # One decimal would tell the other verdict.
        ("<= 32.06", "32.06 %, expected <= 32.06 %"),
        (">= 32.1", "32.06 %, expected >= 32.1 %"),
    ],
)
def test_a_rate_has_one_decimal_unless_that_hides_why(
    project: Project, cut: Cut, text: str, told: str
) -> None:
    project.write("m.yaml", expecting(open_rate=text))
    answering(cut, NUMBERS, LINKS)
    assert told in project.run("report").ok().out


def test_a_number_that_is_not_shown_passes_no_check(project: Project, cut: Cut) -> None:
    project.write("m.yaml", expecting(open_rate=">= 0", sent="> 0"))
    cut(Rule(ONE, instead(reply({"stats": {"sent": 5}}))))
    assert ends(project) == {"open_rate": "unknown", "sent": "met"}
    ran = project.run("report", "--check")
    assert ran.code == 2
    assert "Check failed: 0 failed, 1 unknown." in ran.err
    told = " ".join(ran.out.split())
    assert "open_rate unknown: ? expected >= 0 %, and the account does not show this" in told
    document = reported(project, "--check").json
    assert document["exit_code"] == 2
    assert document["summary"]["expectations"] == {"met": 1, "failed": 0, "unknown": 1, "open": 0}


@pytest.mark.parametrize(
    ("status", "end"),
    [
        *((status, "open") for status in ("draft", "scheduled", "sending", "paused")),
        *((status, "unknown") for status in ("failed", "cancelled")),
        ("of none", "open"),
        ("of two", "unknown"),
    ],
)
def test_what_is_not_sent_is_open_until_it_never_will_be_or_nobody_can_tell(
    project: Project, account: Account, status: str, end: str
) -> None:
    twins = [{"name": "Winter", "status": "draft"}, {"name": "Winter", "status": "sent"}]
    one = [{"name": "Winter", "status": status}]
    with_campaigns(account, *{"of none": [], "of two": twins}.get(status, one))
    project.write("m.yaml", 'version: 1\ncampaigns: [{name: Winter, expect: {sent: "> 9999"}}]\n')
    assert ends(project, "--check") == {"sent": end}
    ran = project.run("report", "--check")
    assert ran.code == (2 if end == "unknown" else 0)
    assert ("Nothing was checked" in ran.err) == (end == "open")
    assert f"1 {end}" in ran.out


def test_a_check_of_nothing_says_so(project: Project) -> None:
    assert "Nothing was checked" in project.run("report", "--check").ok().err
    assert project.run("report").ok().err == ""


def test_the_metrics_are_those_of_the_manifest_schema() -> None:
    known = load_schema("manifest")["$defs"]["expect"]["properties"]
    assert set(METRICS) == set(known)


decimals = st.decimals(min_value=0, max_value=10**9, places=4, allow_nan=False)


@given(decimals, decimals, st.sampled_from(["<", "<=", ">", ">=", "=="]))
def test_a_comparison_is_exact(live: Decimal, wanted: Decimal, sign: str) -> None:
    one, other = int(live * 10**4), int(wanted * 10**4)
    cause = {
        "<": one < other,
        "<=": one <= other,
        ">": one > other,
        ">=": one >= other,
        "==": one == other,
    }[sign]
    assert holds(f"{sign} {wanted:f}", live) == cause


@given(st.decimals(min_value=0, max_value=10**6, places=2, allow_nan=False))
def test_a_number_is_what_the_service_wrote(written: Decimal) -> None:
    assert rate(json.loads(f"{written:f}")) == written
    assert rate(f"{written:f}") == written
    assert rate(f" {written:f} % ") == written


@pytest.mark.parametrize(
    ("given", "instant"),
    [
        ("2026-10-06T08:00:00.500Z", datetime(2026, 10, 6, 8, 0, 0, 500000, UTC)),
        ("2026-10-06T10:00:00+02:00", datetime(2026, 10, 6, 8, tzinfo=UTC)),
        ("2026-10-06T08:00:00", datetime(2026, 10, 6, 8, tzinfo=UTC)),
        ("2026-10-06", datetime(2026, 10, 6, tzinfo=UTC)),
        # In other zones there are no such days.
        ("0001-01-01T00:00:00Z", None),
        ("9999-12-31T23:59:59Z", None),
        ("9999-12-31T23:59:59-23:59", None),
        ("2026-13-01", None),
        ("yesterday", None),
        ("", None),
        (1790000000, None),
        ({"date": "2026-10-06"}, None),
    ],
)
def test_instants(given: Any, instant: datetime | None) -> None:
    assert moment(given) == instant


# --- junk

SCHEMA = Draft202012Validator(load_schema("report"))

JUNK = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.text(max_size=12),
        st.sampled_from(["0001-01-01", "9999-12-31T23:59:59-23:59", "1e5", "١٢", "-0", "5%"]),
    ),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                ["count", "value", "rate", "unique", "last", "total", "date", "detail", "diff"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)


def filled(shape: Any) -> st.SearchStrategy[Any]:
    """A reply of the documented shape, with junk in any of its places."""
    if isinstance(shape, dict):
        whole = st.fixed_dictionaries({}, optional={k: filled(v) for k, v in shape.items()})
    elif isinstance(shape, list):
        whole = st.lists(filled(shape[0]), max_size=4)
    else:
        whole = st.just(shape)
    return whole | JUNK


HISTOGRAM = [{"date": "2026-10-06T08:00:00Z", "total": 3, "detail": {"uniqueOpens": 2}}]
SPAN = {"start": "2026-10-06", "end": None, "peak": {"startDate": "x", "total": 3}}


def every(value: Any) -> list[Any]:
    """Everything in a value made of dataclasses and tuples."""
    if isinstance(value, tuple):
        return [leaf for item in value for leaf in every(item)]
    if hasattr(value, "__dataclass_fields__"):
        return [leaf for name in value.__dataclass_fields__ for leaf in every(getattr(value, name))]
    return [value]


@given(filled(REPORT), filled({**SPAN, "histogram": HISTOGRAM}), st.sampled_from(delivery.PERIODS))
def test_whatever_is_read_can_be_told(report: Any, over_time: Any, period: str) -> None:
    intent = Intent(expect={"open_rate": ">= 20", "sent": "> 0"})
    resource = Resource(Address(CAMPAIGNS, "X"), intent=intent)
    results = Results.of(report)
    numbers = [n for n in every(results) if isinstance(n, int | Decimal)]
    assert all(0 <= number < 10**15 for number in numbers)
    told = delivery.Delivery(
        resource.address,
        DeliveryState.SENT,
        results=results,
        engagement=Engagement.of(over_time),
        expectations=judge(resource, results, DeliveryState.SENT),
    )
    asked = delivery.DeliveryQuery(period=period)
    dashboard = Dashboard.of(report)
    whole = delivery.Report(datetime.now(UTC), asked, (told,), dashboard)
    document = json.loads(documents.text(report_document.of_report(whole, "sandbox:local")))
    assert [error.message for error in SCHEMA.iter_errors(document)] == []
    lines = texts.render(pages.of_report(whole, "somewhere", ZoneInfo("Pacific/Kiritimati")))
    assert not any(unicodedata.category(c) in ("Cc", "Zl") for line in lines for c in line.text)


@given(filled({"campaign": {"sent": NUMBERS["opens"]}, "contact": {"histogram": {**SPAN}}}))
def test_no_junk_breaks_the_reading_of_the_dashboard(told: Any) -> None:
    numbers = [n for n in every(Dashboard.of(told)) if isinstance(n, int | Decimal)]
    assert all(abs(number) < 10**15 for number in numbers)


# --- hostile data

EVIL = "https://x.example/\x1b[2J\r\n::error::\u202e<script>alert(1)</script>|*_[a](b)"


def test_links_and_names_from_the_account_are_data(
    project: Project, account: Account, cut: Cut
) -> None:
    state = account.state()
    for campaign in state["campaigns"]:
        campaign["subject"] = EVIL
        campaign["name"] = EVIL if campaign["name"] == SENT else campaign["name"]
    account.set(state)
    id = account.id_of("campaigns", EVIL)
    project.write("m.yaml", f"version: 1\ncampaigns: [{{name: October, id: {id}}}]\n")
    answering(cut, NUMBERS, [{"id": EVIL, "path": EVIL, "clicks": {"total": 5, "unique": 4}}])
    for format in ("text", "markdown", "html", "junit", "github"):
        shown = project.run("report", "--format", format).ok().out
        assert not set(shown) & {"\x1b", "\r", "\u202e"}
        assert "<script" not in shown or format in ("text", "github")
        commands = [line for line in shown.splitlines() if line.lstrip().startswith("::")]
        assert not commands or format == "github"
        assert not any(line.startswith("::error::") for line in commands)
        assert "x.example" in shown or format == "github"
    ran = reported(project).ok()
    assert ran.out.isascii()
    assert (only(ran)["links"][0]["path"], only(ran)["subject"]) == (EVIL, EVIL)


def test_a_key_in_a_link_is_masked(project: Project, account: Account, cut: Cut) -> None:
    key = account.sandbox.key
    answering(cut, NUMBERS, [{"path": f"https://x.example/?k={key}", "clicks": {"total": 5}}])
    formats = ("json", "markdown", "html", "junit", "github")
    for arguments in ((), ("--verbose",), *(("--format", format) for format in formats)):
        ran = project.run("report", *arguments).ok()
        assert key not in ran.out + ran.err


def test_many_links_are_cut_and_it_is_said(project: Project, cut: Cut) -> None:
    many = [{"path": f"https://x.example/{n}", "clicks": {"total": n}} for n in range(15)]
    answering(cut, NUMBERS, many)
    shown = project.run("report").ok().out
    assert "https://x.example/14" in shown
    assert "https://x.example/4 " not in shown
    assert "5 more; --format json has all" in " ".join(shown.split())
    assert len(only(reported(project).ok())["links"]) == 15


# --- every format


def test_every_format_tells_the_same(project: Project, cut: Cut) -> None:
    project.write(
        "m.yaml", expecting(open_rate=">= 20", bounce_rate="< 2", sent="> 1", complaints="== 0")
    )
    answering(cut, {**NUMBERS, "sent": None}, LINKS)
    formats = ("text", "markdown", "html", "junit", "github", "json")
    asked = [word for name in formats for word in ("--output", f"{name}=report.{name}")]
    ran = project.run("report", "--check", *asked)
    assert ran.code == 2
    written = {n: (project.folder / f"report.{n}").read_text(encoding="utf-8") for n in formats}
    assert ran.out == written["text"]
    for name in ("text", "markdown", "html"):
        told = html.unescape(re.sub(r"<[^>]*>|\\", "", written[name]))
        for number in ("1,655", "32.1 %", "25.8 %", "6.9 %", "2.6 %", "3.8 %", "99", "88", "–"):
            assert number in told, (name, number)
        for verdict in ("1 of 1 declared campaign sent", "1 met, 2 failed, 1 unknown"):
            assert verdict in told, (name, verdict)
    cases = ElementTree.fromstring(written["junit"]).iter("testcase")
    failed = {case.get("name") or "" for case in cases if case.find("failure") is not None}
    assert {name.split(" ", 2)[2] for name in failed} == {
        "bounce_rate failed",
        "complaints failed",
        "sent unknown",
    }
    annotations = written["github"].splitlines()
    errors = [line for line in annotations if line.startswith("::error file=m.yaml,line=2,")]
    assert len(errors) == 3


# --- options


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("campaigns/Welcom",), 'did you mean "campaigns/Welcome"?'),
        (("campaigns/2025*",), "no declared campaign matches"),
        (("Welcome",), "an address is its kind and name"),
        (("lists/Newsletter",), "names no campaign"),
        (("campaigns/Gone",), "declared with `state: absent`"),
        (("--past-days", "0"), "1<=x<=90"),
        (("--past-days", "91"), "1<=x<=90"),
        (("--period", "year"), "24hours"),
        (("--timezone", "Europe/Olso"), 'did you mean "Europe/Oslo"?'),
        (("--timezone", "../../etc/passwd"), "no time zone is called that"),
        (("--timezone", ""), "no time zone is called that"),
    ],
)
def test_what_cannot_be_asked_for_is_refused_before_anything_is_read(
    project: Project, account: Account, arguments: tuple[str, ...], said: str
) -> None:
    declared = "[{name: Welcome}, {name: Gone, state: absent}]"
    project.write("m.yaml", f"version: 1\nlists: [{{name: Newsletter}}]\ncampaigns: {declared}\n")
    account.clear_log()
    ran = project.run("report", *arguments)
    assert (ran.code, ran.out) == (3, "")
    assert said in ran.err
    failed = json.loads(reported(project, *arguments).out)
    assert (failed["format"], failed["exit_code"]) == ("bmeconf.report/1", 3)
    assert failed["error"]["code"] == "invalid_input"
    assert account.log() == []


def test_in_the_sandbox(project: Project) -> None:
    document = project.run("report", "--sandbox", "--format", "json").ok().json
    assert document["account"] == {"base_url": "sandbox:local"}
    assert document["summary"]["campaigns"] == {"sent": 1}
    assert "Account: the sandbox" in project.run("report", "--sandbox").ok().out


def test_bad_manifests_are_told_before_anything_is_read(project: Project, account: Account) -> None:
    project.write("m.yaml", expecting(open_rate="about 20"))
    account.clear_log()
    ran = reported(project)
    assert (ran.code, account.log()) == (3, [])
    assert "expect.open_rate" in ran.json["problems"][0]["message"]


# --- the whole loop


def test_a_campaign_that_was_applied_and_sent(project: Project, account: Account) -> None:
    project.write(
        "m.yaml",
        "version: 1\n"
        "campaigns:\n"
        "  - name: Winter\n"
        "    from: news@acme.example\n"
        "    subject: Snow\n"
        "    body: {html: '<p><a href=\"https://acme.example/snow\">Snow</a></p>'}\n"
        "    lists: [Newsletter]\n"
        '    expect: {open_rate: ">= 20", bounce_rate: "< 2", sent: ">= 5"}\n',
    )
    assert ends(project, "--check") == dict.fromkeys(("open_rate", "bounce_rate", "sent"), "open")
    project.apply()
    assert ends(project, "--check") == dict.fromkeys(("open_rate", "bounce_rate", "sent"), "open")
    account.campaign_status(account.id_of("campaigns", "Winter"), status="sent")
    ran = reported(project, "--check").ok()
    assert ends(project) == dict.fromkeys(("open_rate", "bounce_rate", "sent"), "met")
    campaign = only(ran)
    assert campaign["links"][0]["path"] == "https://acme.example/snow"
    first, *rest = campaign["engagement"]["histogram"]
    assert first["opens"] == campaign["results"]["opens"]["count"] > 0
    assert not any(moment["total"] for moment in rest)


def test_a_long_reading_is_announced(project: Project, account: Account) -> None:
    names = [f"Issue {n}" for n in range(6)]
    issue = {"status": "sent", "report": {"sent": 3}}
    with_campaigns(account, *({"name": name, **issue} for name in names))
    declared = ", ".join(f"{{name: {name}}}" for name in names)
    project.write("m.yaml", f"version: 1\ncampaigns: [{declared}]\n")
    ran = project.run("report").ok()
    assert ran.err == "Reading the reports: 13 requests.\n"
    assert "Read with 14 requests." in ran.out
    assert project.run("report", "--quiet").ok().err == ""
    assert project.run("report", "campaigns/Issue 1").ok().err == ""


# --- what the lock file remembers


def remembered(project: Project) -> tuple[Lock, Section]:
    """The lock file of a project, and its one section."""
    lock = lock_file.parse(project.lock_text(), LOCK)
    ((account, raw),) = lock.accounts.items()
    return lock, lock.section(account, raw["base_url"])


@pytest.fixture
def known(project: Project) -> Project:
    """A project whose apply has met the campaign that was sent, of which nothing is as expected."""
    project.write("m.yaml", expecting(bounce_rate="< 0.1"))
    project.apply()
    assert ends(project) == {"bounce_rate": "failed"}
    return project


def renamed(account: Account, **more: Any) -> None:
    """Somebody calls it Archive, and may make another of its name."""
    account.edit("campaigns", SENT, name="Archive")
    if more:
        with_campaigns(account, {"name": SENT, **more})


@pytest.mark.parametrize(
    ("edit", "name", "state", "code", "end", "said"),
    [
        (renamed, "Archive", "sent", "looks_renamed", "failed", "now called 'Archive'"),
        (
            lambda account: account.remove("campaigns", SENT),
            None,
            "gone",
            "gone",
            "unknown",
            "is gone",
        ),
    ],
    ids=["renamed, and judged all the same", "deleted, and gone"],
)
def test_what_was_changed_by_hand_is(
    known: Project,
    account: Account,
    edit: Any,
    name: str,
    state: str,
    code: str,
    end: str,
    said: str,
) -> None:
    edit(account)
    ran = reported(known, "--check")
    campaign = only(ran)
    assert (ran.code, campaign["state"], campaign["name"]) == (2, state, name)
    assert [finding["code"] for finding in campaign["findings"]] == [code]
    assert [each["state"] for each in campaign["expectations"]] == [end]
    assert said in " ".join(known.run("report").ok().out.split())


@pytest.mark.parametrize("gone", [True, False])
def test_another_one_of_its_name_is_not_judged_in_its_place(
    gone: bool, known: Project, account: Account
) -> None:
    at = "2026-11-01T08:00:00.000Z"
    renamed(account, status="sent", scheduledAt=at, report={"sent": 3})
    old, new = (account.id_of("campaigns", name) for name in ("Archive", SENT))
    if gone:
        account.remove("campaigns", "Archive")
    ran = reported(known, "--check")
    campaign = only(ran)
    assert (ran.code, campaign["state"]) == (2, "ambiguous")
    (finding,) = campaign["findings"]
    assert finding["code"] == "replaced"
    for part in (old, new, "is gone" if gone else "'Archive'"):
        assert part in finding["message"]
    assert [each["state"] for each in campaign["expectations"]] == ["unknown"]
    # A pin says which one is meant.
    declared = f"{{name: {SENT}, id: {new}, expect: {{bounce_rate: '< 100'}}}}"
    known.write("m.yaml", f"version: 1\ncampaigns: [{declared}]\n")
    assert only(reported(known))["id"] == new


def test_a_rename_in_the_manifests_is_followed(known: Project, account: Account) -> None:
    new = f"{{name: October, renamed_from: {SENT}, expect: {{bounce_rate: '< 0.1'}}}}"
    known.write("m.yaml", f"version: 1\ncampaigns: [{new}]\n")
    assert only(reported(known))["findings"] == []
    assert ends(known) == {"bounce_rate": "failed"}
    account.remove("campaigns", SENT)
    assert only(reported(known))["state"] == "gone"


def test_what_another_declared_one_is_by_now_is_not_gone(known: Project, account: Account) -> None:
    id = account.id_of("campaigns", SENT)
    renamed(account)
    known.write(
        "m.yaml", f"version: 1\ncampaigns: [{{name: {SENT}}}, {{name: Archive, id: {id}}}]\n"
    )
    told = {c["address"]: c["state"] for c in reported(known).json["campaigns"]}
    assert told == {f"campaigns/{SENT}": "missing", "campaigns/Archive": "sent"}


def test_the_lock_file_costs_a_request_only_in_doubt(
    project: Project, account: Account, cut: Cut
) -> None:
    server = cut()
    project.apply()
    server.seen.clear()
    reported(project, "--no-dashboard").ok()
    assert len(server.seen) == 3
    renamed(account)
    server.seen.clear()
    reported(project, "--no-dashboard").ok()
    assert server.lines()[:2] == [LISTING, "GET /api/contact-structure"]
    assert len(server.seen) == 4


def test_a_key_for_reports_alone_is_enough(known: Project, account: Account) -> None:
    renamed(account)
    account.limit(["campaigns:read", "reports:read"])
    assert only(reported(known, "--check"))["name"] == "Archive"
    # Whose the ids are can be told only where there is one account to choose from.
    lock, section = remembered(known)
    known.write(LOCK, lock.having(replace(section, account="other")).text)
    ran = reported(known, "--check")
    assert (ran.code, "contacts:read" in ran.err) == (4, True)


@pytest.mark.parametrize("url", ["", "https://elsewhere.example"])
def test_what_another_account_has_is_not_looked_for(
    url: str, known: Project, account: Account
) -> None:
    _, section = remembered(known)
    other = replace(section, account="other", base_url=url or section.base_url)
    known.write(LOCK, Lock().having(other).text)
    account.remove("campaigns", SENT)
    assert only(reported(known))["state"] == "missing"


def test_a_lock_file_that_cannot_be_read_is_told_first(known: Project, account: Account) -> None:
    known.write(LOCK, "<<<<<<< HEAD\n")
    account.clear_log()
    ran = reported(known)
    assert (ran.code, account.log()) == (3, [])


@pytest.mark.parametrize("text", ["12%", "12 %", {"count": "12%"}])
def test_a_percentage_is_no_count(project: Project, cut: Cut, text: Any) -> None:
    project.write("m.yaml", expecting(sent=">= 0", open_rate=">= 0"))
    answering(cut, {**NUMBERS, "sent": text, "opens": {"unique": "7%", "rate": "12 %"}})
    assert ends(project) == {"sent": "unknown", "open_rate": "met"}
    results = only(reported(project))["results"]
    assert (results["sent"]["count"], results["opens"]["count"]) == (None, None)


def test_campaigns_are_compared_with_those_before(project: Project, account: Account) -> None:
    (sent,) = (each for each in account.state()["campaigns"] if each["name"] == SENT)
    earlier = {
        **sent,
        "_id": sent["_id"][:-1] + "0",
        "name": "2026-09 Newsletter",
        "scheduledAt": "2026-09-06T08:00:00.000Z",
        "report": {**sent["report"], "uniqueOpens": 6},
    }
    with_campaigns(account, earlier)
    names = ", ".join(
        f"{{name: {name}, expect: {{open_rate: '>= 80'}}}}" for name in (earlier["name"], SENT)
    )
    project.write("m.yaml", f"version: 1\ncampaigns: [{names}]\n")
    ran = project.run("report", "--output", "html=r.html").ok()
    compared = ran.out[ran.out.index("Campaigns compared") :].split("\n\n")[0]
    assert compared.index("2026-10") < compared.index("2026-09")
    page = (project.folder / "r.html").read_text("utf-8")
    tiles = re.findall(r'<li class="(\w*)"><span>Opened</span><b>([^<]*)</b>(.*?)</li>', page)
    assert [(mood, value) for mood, value, _ in tiles] == [("bad", "71.4 %"), ("good", "85.7 %")]
    assert "1 campaign before: 85.7 %" in tiles[0][2]
    assert "before" not in tiles[1][2]


def test_a_chart_without_a_number_is_left_out(project: Project, cut: Cut) -> None:
    answering(cut, NUMBERS, LINKS)
    assert "First opens" in project.run("report").ok().out
    empty = {"histogram": [{"date": "2026-10-06T08:00:00Z", "detail": {"uniqueOpens": 0}}]}
    cut(Rule(f"{ONE}/engagement", instead(reply(empty))))
    assert "First opens" not in project.run("report").ok().out
