"""What nobody expects is told: what stays though it was taken out, and what an apply would undo."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.driver import Account, Project
from tests.support.git import commit

AT = "2030-12-01T08:00:00Z"
SEED = "seed@acme.example"
ENTRY = {"name": "Welcome", "lists": ["Newsletter"]}
DECLARED = {**ENTRY, "schedule": {"at": AT}}
TAKEN_OUT: dict[str, dict[str, Any]] = {
    "the schedule": {"campaigns": [ENTRY]},
    "the block": {"campaigns": [{"name": "Another"}]},
    "all campaigns": {"lists": [{"name": "Newsletter"}]},
}


def about(document: Any, code: str) -> list[tuple[str, str]]:
    return [(f["address"], f["level"]) for f in document["findings"] if f["code"] == code]


@pytest.mark.parametrize("what", TAKEN_OUT)
def test_a_mail_whose_schedule_is_taken_out_still_goes_out(
    what: str, project: Project, account: Account
) -> None:
    project.deploy(campaigns=[DECLARED])
    id = account.schedule(AT)
    assert about(project.apply(), "undeclared_schedule") == []
    wanted = [("campaigns/Welcome", "warning")]
    plan = project.planned(**TAKEN_OUT[what])
    assert about(plan, "undeclared_schedule") == wanted
    # Nothing that is remembered since makes it go away.
    for _ in range(2):
        assert about(project.apply(), "undeclared_schedule") == wanted
        assert about(project.drift(), "undeclared_schedule") == wanted
    for command in ("plan", "drift"):
        assert AT in project.run(command).ok().out
    account.campaign_status(id, status="draft")
    assert about(project.plan(), "undeclared_schedule") == []


@pytest.mark.parametrize("status", ["draft", "scheduled", "sending", "sent", "cancelled", "paused"])
@pytest.mark.parametrize("locked", [True, False])
def test_what_somebody_scheduled_by_hand_is_told(
    status: str, locked: bool, project: Project, account: Account
) -> None:
    project.deploy(campaigns=[ENTRY])
    account.schedule(AT, status)
    if not locked:
        project.unlock()
    wanted = [("campaigns/Welcome", "warning")] if status == "scheduled" else []
    assert about(project.plan(), "undeclared_schedule") == wanted
    assert about(project.drift(), "undeclared_schedule") == wanted


def test_a_schedule_whose_time_is_not_shown_is_told_without_one(
    project: Project, account: Account
) -> None:
    project.deploy(campaigns=[ENTRY])
    account.edit("campaigns", "Welcome", status="scheduled", scheduledAt=None)
    (finding,) = [f for f in project.plan()["findings"] if f["code"] == "undeclared_schedule"]
    assert finding["message"].startswith("is scheduled, and goes out, though")
    assert finding["remedy"].endswith("declare its schedule:")


def test_what_was_never_declared_and_what_is_left_out_is_no_matter(
    project: Project, account: Account
) -> None:
    account.schedule(AT)
    lists = {"lists": [{"name": "Newsletter"}]}
    assert project.planned(**lists, campaigns=[{"name": "New"}])["findings"] == []
    project.deploy(**lists, campaigns=[DECLARED])
    project.declare(**lists, campaigns=[{"name": "New"}])
    assert about(project.plan(), "undeclared_schedule")
    assert project.plan("--target", "lists/*")["findings"] == []


def test_who_declares_no_schedules_can_say_so(project: Project, account: Account) -> None:
    project.declare(campaigns=[ENTRY])
    account.schedule(AT)
    policy = {"lint": {"undeclared_schedule": "off"}}
    project.write("bmeconf.yaml", json.dumps({"version": 1, "policy": policy}))
    assert project.plan()["findings"] == []


SETS = {
    "one of two": (["Newsletter", "Customers"], ["Newsletter"], "Customers"),
    "all": (["Customers"], [], "Customers"),
    "another": (["Customers"], ["Newsletter"], "Customers"),
}


@pytest.mark.parametrize("since", [False, True])
@pytest.mark.parametrize("kind", ["lists", "tags"])
@pytest.mark.parametrize("what", SETS)
def test_a_contact_that_stays_on_a_list_that_nothing_names_any_more_is_told(
    what: str, kind: str, since: bool, project: Project, account: Account
) -> None:
    before, after, kept = SETS[what]
    tags = [{"label": name} for name in ("Newsletter", "Customers")]
    state = account.state()
    state["structures"][0]["tags"] += [{"_id": f"{n:024x}", **tag} for n, tag in enumerate(tags, 1)]
    account.set(state)
    project.deploy(contacts=[{"email": SEED, kind: before}])
    if since:
        commit(project.folder)
        project.unlock()
    project.declare(contacts=[{"email": SEED, kind: after}])
    more = ("--since", "HEAD") if since else ()
    plan = project.plan(*more)
    assert about(plan, "still_member") == [(f"contacts/{SEED}", "warning")]
    assert f'keeps "{kept}", declared' in str(plan["findings"])
    assert about(project.drift(*more), "still_member")
    project.apply()
    assert about(project.plan(), "still_member") == []


@pytest.mark.parametrize("locked", [True, False])
@pytest.mark.parametrize(
    ("entry", "declared", "wanted"),
    [
        ({}, "A", True),
        ({"address": "campaigns/*"}, "A", True),
        ({"expires": "2020-01-01"}, "A", False),
        ({"field": "body"}, "A", False),
        ({"address": "campaigns/Other"}, "A", False),
        ({}, "C", True),
        ({}, "By legal", False),
    ],
)
def test_a_plan_that_undoes_an_accepted_edit_says_so(
    entry: Any, declared: str, wanted: bool, locked: bool, project: Project, account: Account
) -> None:
    project.deploy(campaigns=[{"name": "Welcome", "subject": "A"}])
    account.edit("campaigns", "Welcome", subject="By legal")
    if not locked:
        project.unlock()
    project.known_drift(**{"address": "campaigns/Welcome", "field": "subject", **entry})
    plan = project.planned(campaigns=[{"name": "Welcome", "subject": declared}])
    found = about(plan, "undoes_known_drift")
    assert found == ([("campaigns/Welcome", "warning")] if wanted else [])
    ran = project.run("drift", "--format", "json")
    assert about(ran.json, "undoes_known_drift") == []


def test_a_contact_that_leaves_or_was_never_declared_on_a_list_is_not(
    project: Project, account: Account
) -> None:
    named = {"lists": [{"name": "Newsletter"}, {"name": "Customers"}]}
    project.deploy(contacts=[{"email": SEED, "lists": ["Newsletter", "Customers"]}], **named)
    plan = project.planned(contacts=[{"email": SEED, "lists": ["Newsletter"]}], **named)
    assert (len(plan["steps"]), about(plan, "still_member")) == (1, [])
    project.apply()
    account.edit("contacts", SEED, lists=account.list_ids("Newsletter", "Old list"))
    plan = project.planned(contacts=[{"email": SEED, "lists": []}], **named)
    assert (len(plan["steps"]), about(plan, "still_member")) == (1, [])
