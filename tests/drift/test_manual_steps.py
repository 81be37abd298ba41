"""Which live campaign a schedule is held against, and when it was kept; nobody is mailed twice.

Design 7.3 and 7.9, through the command line against the simulated account.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.documents import state_of
from tests.support.driver import Account, Project, from_now
from tests.support.fake_server import Cut, Rule, edited

FAR, PAST = "2030-12-01T08:00:00Z", "2025-12-01T08:00:00Z"
DO_IT = ("schedule it", "Choose Schedule", "Enter the date")


def declared(project: Project, at: str) -> None:
    entry = {"name": "Mine", "lists": ["Newsletter"], "schedule": {"at": at, "owner": "mia"}}
    project.deploy(campaigns=[entry])


def told(project: Project, code: int) -> str:
    """What drift tells as text, on one line."""
    return " ".join(project.drift_text(code=code).split())


# --- the campaign that was meant is judged, whatever has its name


def test_it_takes_no_request_to_tell(project: Project, account: Account) -> None:
    declared(project, FAR)
    account.schedule(FAR, "scheduled", "Mine")
    assert state_of(project.drift("--record")) == "done"
    before = project.drift()["requests"]
    account.add("campaigns", name="Mine")
    assert project.drift()["requests"] <= before


def test_a_draft_beside_a_namesake_is_looked_for_by_its_id(
    project: Project, account: Account
) -> None:
    declared(project, FAR)
    id = account.id_of("campaigns", "Mine")
    account.add("campaigns", name="Mine", status="sent", scheduledAt=FAR)
    assert state_of(project.drift()) == "todo"
    said = told(project, 0)
    assert f'Open the campaign "Mine" with the id {id}.' in said
    assert "see that no other campaign was scheduled or sent in its place" in said


@pytest.mark.parametrize("at", [FAR, PAST])
def test_without_a_memory_nothing_tells_which_one_is_meant(
    at: str, project: Project, account: Account
) -> None:
    declared(project, at)
    project.unlock()
    account.add("campaigns", name="Mine")
    (step,) = project.drift(code=9)["manual"]
    assert (step["state"], step["observed"]) == ("wrong", {"doubt": "ambiguous"})
    said = told(project, 9)
    assert "is unclear which live campaign is meant" in said
    assert "is not in the account" not in said
    assert not any(told_so in said for told_so in DO_IT)
    plan = " ".join(project.run("plan").ok().out.split())
    assert "campaigns/Mine (wrong): it is unclear which live campaign is meant" in plan


# --- when it was sent


@pytest.mark.parametrize(
    ("status", "minutes", "state"),
    [
        ("sent", 3, "done"),
        ("sent", 7, "wrong"),
        ("scheduled", -55, "done"),
        ("scheduled", -65, "overdue"),
    ],
)
def test_it_goes_out_at_its_time_but_for_a_few_minutes(
    status: str, minutes: int, state: str, project: Project, account: Account
) -> None:
    at = from_now(0, minutes)
    declared(project, at)
    account.schedule(at, status, "Mine")
    code = 0 if state == "done" else 9
    assert state_of(project.drift(code=code)) == state
    late = "but the account still shows it as scheduled"
    assert (late in told(project, code)) is (state == "overdue")


# --- what is no status


@pytest.mark.parametrize("status", [None, "", ["sent"], 5, "Sent", "simmering"])
@pytest.mark.parametrize("at", [FAR, PAST])
def test_an_unknown_status_is_no_draft(
    status: Any, at: str, project: Project, account: Account, cut: Cut
) -> None:
    project.declare(campaigns=[{"name": "Welcome", "schedule": {"at": at}}])
    account.schedule(at, "sent")

    def odd(reply: Any) -> None:
        for row in reply.get("records") or [reply]:
            if row.get("name") == "Welcome":
                row["status"] = status

    cut(Rule("GET /api/email/campaign.*", edited(odd)))
    assert state_of(project.drift(code=9)) == "wrong"
    said = told(project, 9)
    assert "which proves nothing" in said
    assert "is not in the account" not in said
    assert not any(told_so in said for told_so in DO_IT)


# --- times that no clock can show


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00"])
def test_a_time_without_an_instant_in_utc_is_refused(at: str, project: Project) -> None:
    project.declare(campaigns=[{"name": "Welcome", "schedule": {"at": at}}])
    for command in ("validate", "drift", "plan"):
        ran = project.run(command)
        assert (ran.code, "Traceback" in ran.err) == (3, False)
        said = " ".join((ran.out + ran.err).split())
        assert f'schedule.at: "{at}" is before the year 1 or after the year 9999 in UTC' in said


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z"])
@pytest.mark.parametrize("status", ["draft", "scheduled", "sent"])
def test_the_first_and_the_last_instant_there_are(
    at: str, status: str, project: Project, account: Account
) -> None:
    project.declare(campaigns=[{"name": "Welcome", "schedule": {"at": at}}])
    account.schedule(at, status)
    for format in ("json", "text", "html", "markdown", "github", "junit"):
        ran = project.run("drift", "--format", format)
        assert "Traceback" not in ran.err
        assert ran.code in (0, 9)


@pytest.mark.parametrize(
    ("at", "told"),
    [
        ("2019-12-01T09:00:00Z", "schedule.at is 2019-12-01, "),
        ("2196-12-01T09:00:00Z", "schedule.at is 2196-12-01, "),
        (FAR, ""),
    ],
)
@pytest.mark.parametrize("command", ["plan", "drift"])
def test_a_year_that_nobody_means_is_told(
    command: str, at: str, told: str, project: Project, account: Account
) -> None:
    project.declare(campaigns=[{"name": "Welcome", "schedule": {"at": at}}])
    ran = project.run(command)
    assert ("schedule.at is" in ran.out) == bool(told)
    assert told in ran.out
    # What was sent then is no mistake.
    account.schedule(at, "sent" if at < FAR else "scheduled")
    assert "schedule.at is" not in project.run(command).out


@pytest.mark.parametrize(
    ("at", "shown"),
    [
        ("2030-07-01 09:00 Europe/Oslo", "2030-07-01 09:00 Europe/Oslo (07:00 UTC)"),
        ("2030-01-01T00:30:00 Europe/Oslo", "2030-01-01 00:30 Europe/Oslo (2029-12-31 23:30 UTC)"),
        ("2030-07-01 09:00 UTC", "2030-07-01 09:00 (UTC)"),
    ],
)
def test_a_time_in_a_zone_by_name_is_shown_there_and_in_utc(
    at: str, shown: str, project: Project, account: Account
) -> None:
    declared(project, at)
    saved = project.run("plan", "--save-plan", "plan.json").ok().out
    assert f"schedule it for {shown}" in " ".join(saved.split())
    assert shown in " ".join(project.run("show", "plan.json").ok().out.split())
    assert shown in told(project, 0)
    (manual,) = project.drift()["manual"]
    zone = at.split()[-1]
    assert manual.get("zone", "UTC") == zone
    account.schedule("2030-07-02T09:00:00Z", "scheduled", "Mine")
    assert f"which is not {shown}" in told(project, 9)
    account.schedule(manual["due"], "scheduled", "Mine")
    assert state_of(project.drift()) == "done"


def test_pages_say_who_gets_it_and_whether_it_is_there(project: Project, account: Account) -> None:
    project.declare(
        lists=[{"name": "Newsletter"}],
        campaigns=[{"name": "News", "lists": ["Newsletter"], "schedule": {"at": from_now(9)}}],
    )
    wait = "Wait until the plan is applied"
    assert wait in project.run("plan", "--format", "html").ok().out
    result = project.run("apply", "--auto-approve", "--format", "html").ok().out
    assert (wait in result, "The account shows: a draft" in result) == (False, True)
    drift = " ".join(project.drift_text().split())
    assert "recipients: Newsletter" in drift
    account.schedule(from_now(8), campaign="News")
    wrong = " ".join(project.drift_text(code=9).split())
    assert "the account shows: scheduled for" in wrong
    assert ".000Z" not in wrong
