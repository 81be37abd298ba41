"""Addresses that are stored with capitals, however the service searches (contract 6, 18)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.driver import LOCK, Account, Project
from tests.support.strategies import STRUCTURE, ident

STORED, OTHER = "Ann.Smith@Acme.example", "Bob@Acme.example"
CASES = ("lower", "kept", "blind")


@pytest.fixture(params=CASES)
def ann(account: Account, request: pytest.FixtureRequest) -> Account:
    """An account with one contact."""
    account.switch(contact_key_case=request.param)
    tags = [{"_id": ident(5, 1), "label": "seed"}]
    contact = {"_id": ident(2, 1), "key": STORED}
    account.set({"structures": [{"_id": STRUCTURE, "tags": tags}], "contacts": [contact]})
    return account


DECLARED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "as it is": ({"email": STORED}, []),
    "with blanks": ({"email": f" {STORED} "}, []),
    "changed": ({"email": STORED, "tags": ["seed"]}, ["update"]),
    "renamed": ({"email": OTHER, "renamed_from": [STORED]}, ["update"]),
    "deleted": ({"email": STORED, "state": "absent"}, ["delete"]),
    "pinned": ({"email": STORED, "id": ident(2, 1), "tags": ["seed"]}, ["update"]),
}


@pytest.mark.parametrize("name", DECLARED)
@pytest.mark.parametrize("saved", [False, True])
def test_a_contact_is_found_as_it_is_written(
    ann: Account, project: Project, name: str, saved: bool
) -> None:
    contact, actions = DECLARED[name]
    project.declare(contacts=[contact])
    plan = project.plan("--out", "p.json")
    assert [step["action"] for step in plan["steps"]] == actions
    allowed = [f"--allow-delete={s['address']}" for s in plan["steps"] if s["action"] == "delete"]
    project.apply(*(["p.json"] if saved and actions else []), *allowed)
    assert [one["_id"] for one in ann.state()["contacts"]] == [ident(2, 1)] * (name != "deleted")
    assert project.plan()["steps"] == []
    (project.folder / LOCK).unlink(missing_ok=True)
    assert project.plan()["steps"] == []
    project.drift()


def test_rows_of_a_table_are_found_as_they_are_written(ann: Account, project: Project) -> None:
    project.write("seeds.csv", f"Email\n{STORED}\n")
    project.declare(contact_files=[{"csv": "seeds.csv", "email": "Email"}])
    assert project.plan()["steps"] == []


@pytest.mark.parametrize("asked", [STORED, STORED.lower()])
def test_what_is_pulled_is_found_again(ann: Account, project: Project, asked: str) -> None:
    kept = next(one["key"] for one in ann.state()["contacts"])
    ran = project.run("pull", "--contacts", asked, "--out", "pulled")
    if asked != kept and ann.switches()["contact_key_case"] == "kept":
        assert (ran.code, "has no ann.smith" in ran.err) == (3, True)
        return
    ran.ok()
    assert kept in "".join(map(bytes.decode, project.files().values()))
    assert project.plan("pulled")["steps"] == []


def test_an_address_that_no_search_finds_says_how_to_write_it(
    account: Account, project: Project
) -> None:
    account.switch(contact_key_case="kept")
    account.set({"structures": [{"_id": STRUCTURE}], "contacts": [{"key": STORED}]})
    project.declare(contacts=[{"email": STORED.lower()}])
    ran = project.run("apply", "--auto-approve")
    assert ran.code == 6
    assert "exactly as the web app shows it, capitals included" in ran.err
