"""`drift --record`, and looks at a part of a project: what is remembered, and what is not blessed.

Design 7.17: what nothing is remembered of counts as drift.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.documents import codes, found
from tests.support.driver import LOCK, Account, Project
from tests.support.edits import WELCOME
from tests.support.git import commit

BODY = '<p>Hi <a href="https://acme.example/a">buy</a></p>'
FOOTER = '<div>90% off! <a href="https://evil.example">unsubscribe</a></div>'
BEE = "lists: [{name: Bee}]\n"
DIFFERENT = "campaigns: [{name: Welcome, subject: S}]\n"


def two(project: Project, other: str, first: str = "lists: [{name: Customers}]\n") -> None:
    """A project of two files, a.yaml and b.yaml."""
    project.write("a.yaml", f"version: 1\n{first}")
    project.write("b.yaml", f"version: 1\n{other}")


# --- a part of the project


@pytest.mark.parametrize("how", ["drift --record", "apply", "folder"])
def test_a_look_at_a_part_forgets_nothing_of_the_rest(
    how: str, project: Project, account: Account
) -> None:
    two(project, BEE)
    project.apply()
    account.remove("lists", "Bee")
    assert found(project.drift(code=2)) == {"lists/Bee state": "drift"}
    before = project.lock_text()
    if how == "apply":
        project.apply("a.yaml")
    elif how == "folder":
        project.write("bmeconf.yaml", "version: 1\n")
        project.write("sub/c.yaml", "version: 1\nlists: [{name: Newsletter}]\n")
        assert project.drift("sub", "--record")["recorded"]
        assert "lists/Newsletter" in project.remembered()
        before = ""
    else:
        project.drift("a.yaml", "--record")
    assert before in ("", project.lock_text())
    assert "lists/Bee" in project.remembered()
    assert found(project.drift(code=2)) == {"lists/Bee state": "drift"}


@pytest.mark.parametrize("paths", [[], ["a.yaml"], ["b.yaml"], ["a.yaml", "b.yaml"]])
def test_what_no_file_declares_any_more_is_still_forgotten(
    paths: list[str], project: Project, account: Account
) -> None:
    two(project, BEE, "lists: [{name: Customers}, {name: Mine}]\n")
    project.apply()
    account.remove("lists", "Mine")
    two(project, BEE)
    project.drift(*paths, "--record")
    assert sorted(project.remembered()) == ["lists/Bee", "lists/Customers"]


def test_where_the_rest_cannot_be_read_nothing_is_forgotten(
    project: Project, account: Account
) -> None:
    two(project, BEE)
    project.apply()
    account.remove("lists", "Bee")
    for broken in ("{", "lists: [{nam: Bee}]\n", "lists: [{name: Customers}]\n"):
        project.write("b.yaml", f"version: 1\n{broken}")
        assert "b.yaml:" in project.refused("drift", "a.yaml", "--record")


def test_a_first_look_at_a_path_is_not_remembered(project: Project) -> None:
    two(project, DIFFERENT)
    ran = project.run("drift", "--format", "json", "a.yaml", "--record")
    assert (ran.code, ran.json["recorded"], project.lock_text()) == (0, False, "")
    assert "without --target and PATH" in ran.err
    assert found(project.drift(code=2)) == {f"{WELCOME} subject": "drift"}
    two(project, "campaigns: [{name: Welcome}]\n")
    assert project.drift("a.yaml", "b.yaml", "--record")["recorded"]


def test_a_look_at_a_part_says_so(project: Project) -> None:
    two(project, BEE)
    project.apply()
    document = project.drift("a.yaml")
    assert document["left_out"] == ["lists/Bee"]
    told = project.drift_text("a.yaml")
    assert "What was looked at is as declared." in told
    assert "Left out: 1 list." in told
    for paths in ([], ["a.yaml", "b.yaml"]):
        assert project.drift(*paths)["left_out"] == []
        assert "The account is as declared." in project.drift_text(*paths)


def test_known_drift_elsewhere_is_no_leftover(project: Project, account: Account) -> None:
    project.known_drift(address=WELCOME, field="subject")
    two(project, DIFFERENT)
    project.apply()
    account.edit("campaigns", "Welcome", subject="LEGAL")
    assert found(project.drift()) == {f"{WELCOME} subject": "known"}
    assert codes(project.drift("a.yaml")) == []
    account.edit("campaigns", "Welcome", subject="S")
    assert codes(project.drift()) == ["known_drift_unused"]


def test_what_is_declared_elsewhere_is_no_rename(project: Project) -> None:
    two(project, BEE)
    project.apply()
    two(project, BEE, "lists: [{name: Customers}, {name: New}]\n")
    assert codes(project.plan("a.yaml")) == []


# --- what a first look could not remember


@pytest.mark.parametrize("more", [{}, {"protect": True}], ids=str)
def test_what_was_known_at_the_first_look_is_drift_later(
    more: dict[str, Any], project: Project, account: Account
) -> None:
    project.known_drift(address=WELCOME, field="subject")
    project.declare(
        campaigns=[{"name": "Welcome", "subject": "A", "from_name": "Acme", **more}],
        lists=[{"name": "Customers"}],
    )
    assert project.drift("--record")["recorded"]
    account.edit("campaigns", "Welcome", fromName="HAND")
    project.write("bmeconf.yaml", "version: 1\n")
    expected = {f"{WELCOME} subject": "drift", f"{WELCOME} from_name": "drift"}
    assert found(project.drift(code=2)) == expected


def test_what_was_pending_at_the_first_look_is_drift_without_git(
    project: Project, account: Account
) -> None:
    subject = account.named("campaigns", "Welcome")["subject"]
    customers = {"name": "Customers"}
    project.declare(campaigns=[{"name": "Welcome", "subject": subject}], lists=[customers])
    commit(project.folder)
    project.declare(campaigns=[{"name": "Welcome", "subject": "New"}], lists=[customers])
    document = project.drift("--since", "HEAD", "--record")
    assert (found(document), document["recorded"]) == ({f"{WELCOME} subject": "pending"}, True)
    account.edit("campaigns", "Welcome", subject="HAND")
    assert found(project.drift(code=2)) == {f"{WELCOME} subject": "drift"}


# --- what a look must not bless


@pytest.mark.parametrize("memory", ["none", "of another field"])
def test_an_added_footer_is_not_blessed(memory: str, project: Project, account: Account) -> None:
    body = {"body": {"html": BODY}}
    project.deploy(campaigns=[{"name": "Welcome", **body}], lists=[{"name": "Customers"}])
    project.unlock()
    account.edit("campaigns", "Welcome", body=BODY + FOOTER)
    if memory != "none":
        subject = account.named("campaigns", "Welcome")["subject"]
        entry = {"name": "Welcome", "subject": subject}
        project.declare(campaigns=[entry], lists=[{"name": "Customers"}])
        project.drift("--record")
        project.declare(campaigns=[{**entry, **body}], lists=[{"name": "Customers"}])
    for _ in range(2):
        document = project.drift("--record")
        assert (document["recorded"], codes(document)) == (True, ["rewritten"])
    assert "body" not in project.remembered().get(WELCOME, {}).get("sent", {})
    assert "lists/Customers" in project.remembered()
    project.apply()
    assert codes(project.drift()) == ["believed"]


def test_a_footer_that_an_apply_knows_stays_known(project: Project, account: Account) -> None:
    account.switch(body_rewriting="footer")
    project.deploy(campaigns=[{"name": "Mine", "body": {"html": BODY}}])
    before = project.lock_text()
    assert project.drift("--record")["clean"]
    assert project.lock_text() == before


# --- protection


@pytest.mark.parametrize("differs", [False, True])
def test_a_first_look_remembers_protection(
    differs: bool, project: Project, account: Account
) -> None:
    project.known_drift(address=WELCOME, field="subject")
    subject = "A" if differs else account.named("campaigns", "Welcome")["subject"]
    project.declare(
        campaigns=[{"name": "Welcome", "subject": subject, "protect": True}],
        lists=[{"name": "Customers", "protect": True}],
    )
    assert project.drift("--record")["recorded"]
    assert json.loads(project.lock_text())
    for declared in ({"lists": [{"name": "Customers"}]}, {"campaigns": [{"name": "Welcome"}]}):
        ((kind, (one,)),) = declared.items()
        project.declare(**{kind: [{**one, "state": "absent"}]})
        ran = project.run("plan", "--format", "json")
        assert (ran.code, codes(ran.json)) == (7, ["protected"])


def test_protection_of_another_object_is_not_remembered(project: Project, account: Account) -> None:
    project.deploy(campaigns=[{"name": "Mine"}])
    account.remove("campaigns", "Mine")
    account.add("campaigns", name="Mine")
    project.declare(campaigns=[{"name": "Mine", "protect": True}])
    before = (project.folder / LOCK).read_bytes()
    assert found(project.drift("--record", code=2)) == {"campaigns/Mine id": "drift"}
    assert (project.folder / LOCK).read_bytes() == before


def test_a_record_says_where_it_is_kept(project: Project) -> None:
    two(project, BEE)
    project.apply()
    ran = project.run("drift", "--record").ok()
    assert ran.err == f"What is in sync is recorded in {LOCK}.\n"
    assert project.run("drift", "--record", "--quiet").ok().err == ""
