"""Contacts of a service that adds to what a contact has, in each shape that it may take."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driver import Account, Project
from tests.support.strategies import STRUCTURE, Data, ident

EMAIL = "ann@acme.example"
LISTS = {"A": ident(1, 1), "B": ident(1, 2)}
CITY, TAG = ident(5, 1), ident(5, 2)


@pytest.fixture
def ann(account: Account) -> Account:
    """An account with one contact, which has some of everything."""
    structure = {
        "_id": STRUCTURE,
        "fields": [{"_id": CITY, "label": "City"}],
        "tags": [{"_id": TAG, "label": "seed"}],
    }
    lists = [{"_id": id, "name": name} for name, id in LISTS.items()]
    contact = {"_id": ident(2, 1), "key": EMAIL, "fields": {CITY: "Oslo"}, "tags": [TAG]}
    account.set({"structures": [structure], "lists": lists, "contacts": [contact]})
    return account


def declare(project: Project, *contacts: Data) -> None:
    project.declare(
        structure={"tags": ["seed"]},
        lists=[{"name": name} for name in LISTS],
        contacts=[{"email": EMAIL, **contact} for contact in contacts],
    )


def kept(project: Project) -> list[str]:
    """What the findings of a plan without steps say that contacts cannot lose."""
    plan = project.plan()
    assert (plan["steps"], {f["code"] for f in plan["findings"]} - {"blocked"}) == ([], set())
    return [f["message"].partition(":")[0] for f in plan["findings"]]


@pytest.mark.parametrize("put", ["replace", "merge"])
@pytest.mark.parametrize("write", ["ids", "actions", "both"])
@pytest.mark.parametrize(("was", "then"), [("A", ""), ("A", "B"), ("AB", "A"), ("AB", "")])
def test_a_contact_leaves_lists_or_a_plan_says_that_it_cannot(
    ann: Account, project: Project, put: str, write: str, was: str, then: str
) -> None:
    ann.edit("contacts", EMAIL, lists=[LISTS[name] for name in was])
    ann.switch(contact_put=put, contact_lists_write=write)
    declare(project, {"lists": [*then]})
    if (put, write) == ("merge", "ids"):
        ran = project.run("apply", "--auto-approve", "--format", "json")
        assert (ran.code, ran.json["error"]["code"]) == (8, "not_removed")
        stay = ", ".join(f"lists/{name}" for name in sorted({*was} - {*then}))
        assert kept(project) == [f"cannot lose {stay}"]
        ann.edit("contacts", EMAIL, lists=[LISTS[name] for name in then])
    else:
        assert project.apply()["converged"]
    assert ann.named("contacts", EMAIL)["lists"] == [LISTS[name] for name in then]
    assert kept(project) == []


@pytest.mark.parametrize(
    ("declared", "stay"),
    [
        ({"fields": {"City": None}}, []),
        ({"fields": None}, []),
        ({"tags": []}, ["cannot lose seed"]),
        ({"fields": {"City": None}, "tags": []}, ["cannot lose seed"]),
    ],
    ids=str,
)
def test_values_are_emptied_where_they_stay_and_tags_cannot_be(
    ann: Account, project: Project, declared: Data, stay: list[str]
) -> None:
    ann.switch(contact_put="merge")
    declare(project, declared)
    assert project.run("apply", "--auto-approve").code == (8 if stay else 0)
    assert kept(project) == stay
    assert ("fields" in declared) != bool(ann.named("contacts", EMAIL)["fields"].get(CITY))


def test_one_contact_finds_out_for_all(ann: Account, project: Project) -> None:
    emails = [f"c{n}@acme.example" for n in range(3)]
    ann.set(ann.state() | {"contacts": [{"key": e, "lists": [LISTS["A"]]} for e in emails]})
    ann.switch(contact_put="merge")
    leaving: list[Any] = [{"email": email, "lists": []} for email in emails]
    declare(project, leaving[0])
    assert project.run("apply", "--auto-approve").code == 8
    declare(project, *leaving)
    assert kept(project) == ["cannot lose lists/A"] * 3
