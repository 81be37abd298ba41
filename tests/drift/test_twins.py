"""Two live objects of one name: what drift tells, where the lock file knows which one is meant.

Design 7.3 and 7.17.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.documents import codes, found, only
from tests.support.driver import Account, Project
from tests.support.edits import ANN, WELCOME

NEWS, PERSON = "lists/Newsletter", f"contacts/{ANN}"
TWIN = "7" * 24


def replaced(account: Account, name: str) -> str:
    """Delete a list, and make two others of its name; the id that is gone."""
    state, gone = account.state(), account.id_of("lists", name)
    state["lists"] = [row for row in state["lists"] if row["_id"] != gone]
    for row in (*state["contacts"], *state["campaigns"]):
        row["lists"] = [id for id in row.get("lists", []) if id != gone]
    account.set(state)
    account.add("lists", name=name)
    account.add("lists", name=name)
    return gone


def applied(project: Project, **campaign: Any) -> None:
    contact = {"email": ANN, "lists": ["Newsletter"], "fields": {"First Name": "Anna"}}
    draft = {"name": "Welcome", "subject": "A", "lists": ["Newsletter"], **campaign}
    project.deploy(lists=[{"name": "Newsletter"}], campaigns=[draft], contacts=[contact])


def edited_by_hand(account: Account) -> None:
    customers = account.id_of("lists", "Customers")
    account.edit("campaigns", "Welcome", subject="B", lists=[customers])
    account.edit("contacts", ANN, fields={account.field_id("First Name"): "Nan"}, lists=[])


EDITED = {
    f"{WELCOME} subject": "drift",
    f"{WELCOME} lists": "drift",
    f"{PERSON} fields.First Name": "drift",
    f"{PERSON} lists": "drift",
}


def applied_then_twin(project: Project, account: Account) -> dict[str, Any]:
    """A campaign whose list, which is only referred to, got a twin after it was applied."""
    campaign = {"name": "Welcome", "subject": "A", "lists": ["Newsletter"]}
    project.deploy(campaigns=[campaign])
    account.add("lists", name="Newsletter", _id=TWIN)
    return campaign


def test_a_twin_of_a_list_does_not_hide_that_a_campaign_was_replaced(
    project: Project, account: Account
) -> None:
    applied_then_twin(project, account)
    account.edit("campaigns", "Welcome", _id="8" * 24)
    document = project.drift(code=2)
    assert found(document) == {f"{WELCOME} id": "drift"}
    assert {"ambiguous", "replaced"} <= set(codes(document))
    assert {"ambiguous", "replaced"} <= set(codes(project.run("plan", "--format", "json").json))


def test_a_twin_of_a_list_does_not_hide_a_protection_from_the_record(
    project: Project, account: Account
) -> None:
    campaign = applied_then_twin(project, account)
    project.declare(campaigns=[{**campaign, "protect": True}])
    project.drift("--record")
    project.declare(campaigns=[{"name": "Welcome", "state": "absent"}])
    ran = project.run("apply", "--auto-approve", "--allow-delete", WELCOME)
    assert ran.code == 7
    assert account.id_of("campaigns", "Welcome")


@pytest.mark.parametrize("id", [TWIN, "0" * 23 + "1"])
def test_a_twin_of_a_list_hides_nothing_of_what_names_it(
    id: str, project: Project, account: Account
) -> None:
    applied(project)
    edited_by_hand(account)
    assert found(project.drift(code=2)) == EDITED
    account.add("lists", name="Newsletter", _id=id)
    document = project.drift(code=2)
    assert found(document) == EDITED
    assert {*codes(document)} == {"ambiguous"}
    assert not document["clean"]


def test_to_be_sent_to_the_twin_of_a_list_is_drift(project: Project, account: Account) -> None:
    applied(project)
    account.add("lists", name="Newsletter", _id=TWIN)
    account.edit("campaigns", "Welcome", lists=[TWIN])
    item = only(project.drift(code=2))
    assert (item["address"], item["field"], item["class"]) == (WELCOME, "lists", "drift")
    assert (item["missing"], item["unexpected"]) == ([NEWS], [f"{NEWS}#{TWIN}"])


def test_a_twin_of_a_campaign_hides_nothing_of_it(project: Project, account: Account) -> None:
    applied(project)
    edited_by_hand(account)
    account.schedule()
    account.add("campaigns", name="Welcome", subject="A")
    document = project.drift(code=2)
    items = {i["field"]: i for i in document["items"] if i["address"] == WELCOME}
    assert {*items} == {"subject", "lists"}
    assert (items["subject"]["live"], items["subject"]["status"]) == ("B", "scheduled")


def test_twins_of_what_is_gone_are_drift_themselves(project: Project, account: Account) -> None:
    applied(project)
    known = replaced(account, "Newsletter")
    document = project.drift(code=2)
    (item,) = (item for item in document["items"] if item["address"] == NEWS)
    there = sorted(row["_id"] for row in account.state()["lists"] if row["name"] == "Newsletter")
    assert (item["field"], item["class"], item["fails"]) == ("id", "drift", True)
    assert (item["desired"], item["live"]) == (known, ", ".join(there))
    assert f"~ {NEWS} (drift): id of the live object" in project.run("drift").out


def test_twins_that_nothing_is_known_of_hide_nothing_else(
    project: Project, account: Account
) -> None:
    project.deploy(campaigns=[{"name": "Welcome", "subject": "A", "lists": ["Newsletter"]}])
    replaced(account, "Newsletter")
    account.edit("campaigns", "Welcome", subject="B", lists=[])
    told = found(project.drift(code=2))
    assert told == {f"{WELCOME} subject": "drift", f"{WELCOME} lists": "conflict"}


def test_a_plan_leaves_twins_and_what_names_them_alone(project: Project, account: Account) -> None:
    applied(project)
    edited_by_hand(account)
    account.add("lists", name="Newsletter")
    plan = project.plan()
    assert plan["steps"] == []
    assert {f["address"] for f in plan["findings"] if f["code"] == "ambiguous"} == {
        NEWS,
        WELCOME,
        PERSON,
    }
    before = account.state()
    project.run("apply", "--auto-approve")
    assert account.state() == before
    assert "Next:" not in project.run("drift").out
