"""A declared seed that gets no mail any more is told, even where nothing else changes."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driver import Account, Project

ANN = "ann@example.com"
STATUSES = ["Unsubscribe", "Bounce", "Complaint-FBL", "SomethingNew"]


def ended(account: Account, secondary: str) -> None:
    account.edit("contacts", ANN, status={"primary": "Inactive", "secondary": secondary})


def dead(document: Any) -> list[tuple[str, str]]:
    return [(f["address"], f["level"]) for f in document["findings"] if f["code"] == "dead_seed"]


@pytest.mark.parametrize("secondary", STATUSES)
@pytest.mark.parametrize("object_status", [False, True])
def test_a_dead_seed_is_told(
    secondary: str, object_status: bool, project: Project, account: Account
) -> None:
    account.switch(search_status="object" if object_status else "strings")
    project.deploy(contacts=[{"email": ANN}])
    assert dead(project.plan()) == []
    ended(account, secondary)
    plan = project.plan()
    assert (plan["steps"], dead(plan)) == ([], [(f"contacts/{ANN}", "warning")])
    assert dead(project.drift()) == [(f"contacts/{ANN}", "warning")]
    assert dead(project.apply()) == [(f"contacts/{ANN}", "warning")]
    for command in ("plan", "drift"):
        assert secondary in project.run(command).ok().out


@pytest.mark.parametrize("secondary", STATUSES)
def test_what_is_declared_or_is_to_go_is_no_surprise(
    secondary: str, project: Project, account: Account
) -> None:
    ended(account, secondary)
    for entry in ({"status": "Inactive"}, {"state": "absent"}):
        assert dead(project.planned(contacts=[{"email": ANN, **entry}])) == []


def test_it_is_told_beside_a_change_and_once_where_it_is_in_the_way(
    project: Project, account: Account
) -> None:
    ended(account, "Unsubscribe")
    change: dict[str, Any] = {"email": ANN, "fields": {"First Name": "Anna"}}
    plan = project.planned(contacts=[change])
    assert (len(plan["steps"]), len(dead(plan))) == (1, 1)
    (finding,) = project.planned(contacts=[{**change, "status": "Active"}])["findings"]
    assert (finding["code"], "Unsubscribe" in finding["message"]) == ("blocked", True)


def test_an_active_contact_with_a_second_word_is_alive(project: Project, account: Account) -> None:
    account.switch(active_secondary=True)
    assert dead(project.planned(contacts=[{"email": ANN}])) == []
