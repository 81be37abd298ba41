"""`drift --record`, and looks at a part of a project: what is remembered, and what is not blessed.

Design 7.17: what nothing is remembered of counts as drift.
"""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.baseline.test_lock import ANN, by_hand, declare, first_name, remembered, without
from tests.baseline.test_since import commit
from tests.drift.test_drift import (
    LOCK,
    WELCOME,
    codes,
    drift,
    found,
    lock_text,
    policy,
    text,
    unlock,
)
from tests.support.driver import Account, Project

BODY = '<p>Hi <a href="https://acme.example/a">buy</a></p>'
FOOTER = '<div>90% off! <a href="https://evil.example">unsubscribe</a></div>'
BEE = "lists: [{name: Bee}]\n"
DIFFERENT = "campaigns: [{name: Welcome, subject: S}]\n"


def two(project: Project, other: str, first: str = "lists: [{name: Customers}]\n") -> None:
    """A project of two files, a.yaml and b.yaml."""
    project.write("a.yaml", f"version: 1\n{first}")
    project.write("b.yaml", f"version: 1\n{other}")


def twin(account: Account, **values: Any) -> None:
    """A second campaign of the name Welcome."""
    state = account.state()
    state["campaigns"].append({"name": "Welcome", **values})
    account.set(state)


def untwinned(account: Account) -> None:
    state = account.state()
    last = max(n for n, one in enumerate(state["campaigns"]) if one["name"] == "Welcome")
    del state["campaigns"][last]
    account.set(state)


# --- a part of the project


@pytest.mark.parametrize("how", ["drift --record", "apply", "folder"])
def test_a_look_at_a_part_forgets_nothing_of_the_rest(
    how: str, project: Project, account: Account
) -> None:
    two(project, BEE)
    project.apply()
    without(account, "lists", "Bee")
    assert found(drift(project, code=2)) == {"lists/Bee state": "drift"}
    before = lock_text(project)
    if how == "apply":
        project.apply("a.yaml")
    elif how == "folder":
        project.write("bmeconf.yaml", "version: 1\n")
        project.write("sub/c.yaml", "version: 1\nlists: [{name: Newsletter}]\n")
        assert drift(project, "sub", "--record")["recorded"]
        assert "lists/Newsletter" in remembered(project)
        before = ""
    else:
        drift(project, "a.yaml", "--record")
    assert before in ("", lock_text(project))
    assert "lists/Bee" in remembered(project)
    assert found(drift(project, code=2)) == {"lists/Bee state": "drift"}


@pytest.mark.parametrize("paths", [[], ["a.yaml"], ["b.yaml"], ["a.yaml", "b.yaml"]])
def test_what_no_file_declares_any_more_is_still_forgotten(
    paths: list[str], project: Project, account: Account
) -> None:
    two(project, BEE, "lists: [{name: Customers}, {name: Mine}]\n")
    project.apply()
    without(account, "lists", "Mine")
    two(project, BEE)
    drift(project, *paths, "--record")
    assert sorted(remembered(project)) == ["lists/Bee", "lists/Customers"]


def test_where_the_rest_cannot_be_read_nothing_is_forgotten(
    project: Project, account: Account
) -> None:
    two(project, BEE)
    policy(project, address="lists/*", field="state")
    project.apply()
    without(account, "lists", "Bee")
    for broken in ("{", "lists: [{nam: Bee}]\n", "lists: [{name: Customers}]\n"):
        project.write("b.yaml", f"version: 1\n{broken}")
        document = drift(project, "a.yaml", "--record")
        assert (document["recorded"], codes(document)) == (True, ["elsewhere_unread"])
        assert "What was looked at is as declared" in text(project, "a.yaml")
        assert sorted(remembered(project)) == ["lists/Bee", "lists/Customers"]
    unlock(project)
    ran = project.run("drift", "--format", "json", "a.yaml", "--record")
    assert (ran.code, ran.json["recorded"], lock_text(project)) == (0, False, "")


def test_a_first_look_at_a_path_is_not_remembered(project: Project, account: Account) -> None:
    two(project, DIFFERENT)
    ran = project.run("drift", "--format", "json", "a.yaml", "--record")
    assert (ran.code, ran.json["recorded"], lock_text(project)) == (0, False, "")
    assert "without --target and PATH" in ran.err
    assert found(drift(project, code=2)) == {f"{WELCOME} subject": "drift"}
    two(project, "campaigns: [{name: Welcome}]\n")
    assert drift(project, "a.yaml", "b.yaml", "--record")["recorded"]


def test_a_look_at_a_part_says_so(project: Project, account: Account) -> None:
    two(project, BEE)
    project.apply()
    document = drift(project, "a.yaml")
    assert document["left_out"] == ["lists/Bee"]
    told = text(project, "a.yaml")
    assert "What was looked at is as declared." in told
    assert "Left out: 1 list." in told
    for paths in ([], ["a.yaml", "b.yaml"]):
        assert drift(project, *paths)["left_out"] == []
        assert "The account is as declared." in text(project, *paths)


def test_known_drift_elsewhere_is_no_leftover(project: Project, account: Account) -> None:
    policy(project, address=WELCOME, field="subject")
    two(project, DIFFERENT)
    project.apply()
    by_hand(account, "campaigns", "Welcome", subject="LEGAL")
    assert found(drift(project)) == {f"{WELCOME} subject": "known"}
    assert codes(drift(project, "a.yaml")) == []
    by_hand(account, "campaigns", "Welcome", subject="S")
    assert codes(drift(project)) == ["known_drift_unused"]


def test_what_is_declared_elsewhere_is_no_rename(project: Project, account: Account) -> None:
    two(project, BEE)
    project.apply()
    two(project, BEE, "lists: [{name: Customers}, {name: New}]\n")
    assert codes(project.plan("a.yaml")) == []


# --- what a first look could not remember


def test_what_was_ambiguous_at_the_first_look_is_drift_later(
    project: Project, account: Account
) -> None:
    declare(project, lists=[{"name": "Customers"}], campaigns=[{"name": "Welcome", "subject": "A"}])
    by_hand(account, "campaigns", "Welcome", subject="A")
    twin(account, subject="A")
    assert drift(project, "--record")["recorded"]
    untwinned(account)
    by_hand(account, "campaigns", "Welcome", subject="HAND")
    assert found(drift(project, code=2)) == {f"{WELCOME} subject": "drift"}


def test_what_was_blocked_at_the_first_look_is_drift_later(
    project: Project, account: Account
) -> None:
    gone = {"primary": "Inactive", "secondary": "Unsubscribe"}
    by_hand(account, "contacts", ANN, status=gone, fields={first_name(account): "Nan"})
    contact = {"email": ANN, "status": "Active", "fields": {"First Name": "Anna"}}
    declare(project, contacts=[contact], lists=[{"name": "Customers"}])
    document = drift(project, "--record", code=2)
    assert (document["recorded"], codes(document)) == (False, ["blocked"])
    by_hand(account, "contacts", ANN, status={"primary": "Active"})
    assert found(drift(project, code=2)) == {f"contacts/{ANN} fields.First Name": "drift"}


@pytest.mark.parametrize("more", [{}, {"protect": True}], ids=str)
def test_what_was_known_at_the_first_look_is_drift_later(
    more: dict[str, Any], project: Project, account: Account
) -> None:
    policy(project, address=WELCOME, field="subject")
    declare(
        project,
        campaigns=[{"name": "Welcome", "subject": "A", "from_name": "Acme", **more}],
        lists=[{"name": "Customers"}],
    )
    assert drift(project, "--record")["recorded"]
    by_hand(account, "campaigns", "Welcome", fromName="HAND")
    project.write("bmeconf.yaml", "version: 1\n")
    expected = {f"{WELCOME} subject": "drift", f"{WELCOME} from_name": "drift"}
    assert found(drift(project, code=2)) == expected


def test_what_was_pending_at_the_first_look_is_drift_without_git(
    project: Project, account: Account
) -> None:
    subject = account.named("campaigns", "Welcome")["subject"]
    customers = {"name": "Customers"}
    declare(project, campaigns=[{"name": "Welcome", "subject": subject}], lists=[customers])
    commit(project.folder)
    declare(project, campaigns=[{"name": "Welcome", "subject": "New"}], lists=[customers])
    document = drift(project, "--since", "HEAD", "--record")
    assert (found(document), document["recorded"]) == ({f"{WELCOME} subject": "pending"}, True)
    by_hand(account, "campaigns", "Welcome", subject="HAND")
    assert found(drift(project, code=2)) == {f"{WELCOME} subject": "drift"}


def test_a_new_field_of_what_is_remembered_is_pending(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Welcome", "subject": "A"}], lists=[{"name": "Customers"}])
    project.apply()
    declare(project, campaigns=[{"name": "Welcome", "subject": "A", "preview_text": "P"}])
    assert found(drift(project)) == {f"{WELCOME} preview_text": "pending"}


def test_it_is_said_that_nothing_is_remembered_of_it(project: Project, account: Account) -> None:
    declare(project, lists=[{"name": "Customers"}])
    project.apply()
    declare(project, lists=[{"name": "Customers"}], campaigns=[{"name": "Welcome", "subject": "A"}])
    told = text(project, code=2)
    assert f"~ {WELCOME} (drift): subject not as declared" in told
    assert "remembers nothing of a resource" in told
    assert "by hand in the account" not in told


# --- what a look must not bless


@pytest.mark.parametrize("memory", ["none", "of another field"])
def test_an_added_footer_is_not_blessed(memory: str, project: Project, account: Account) -> None:
    body = {"body": {"html": BODY}}
    declare(project, campaigns=[{"name": "Welcome", **body}], lists=[{"name": "Customers"}])
    project.apply()
    unlock(project)
    by_hand(account, "campaigns", "Welcome", body=BODY + FOOTER)
    if memory != "none":
        subject = account.named("campaigns", "Welcome")["subject"]
        entry = {"name": "Welcome", "subject": subject}
        declare(project, campaigns=[entry], lists=[{"name": "Customers"}])
        drift(project, "--record")
        declare(project, campaigns=[{**entry, **body}], lists=[{"name": "Customers"}])
    for _ in range(2):
        document = drift(project, "--record")
        assert (document["recorded"], codes(document)) == (True, ["rewritten"])
    assert "body" not in remembered(project).get(WELCOME, {}).get("sent", {})
    assert "lists/Customers" in remembered(project)
    project.apply()
    assert codes(drift(project)) == []


def test_a_footer_that_an_apply_knows_stays_known(project: Project, account: Account) -> None:
    account.switch(body_rewriting="footer")
    declare(project, campaigns=[{"name": "Mine", "body": {"html": BODY}}])
    project.apply()
    before = lock_text(project)
    assert drift(project, "--record")["clean"]
    assert lock_text(project) == before


# --- protection


@pytest.mark.parametrize("differs", [False, True])
def test_a_first_look_remembers_protection(
    differs: bool, project: Project, account: Account
) -> None:
    policy(project, address=WELCOME, field="subject")
    subject = "A" if differs else account.named("campaigns", "Welcome")["subject"]
    declare(
        project,
        campaigns=[{"name": "Welcome", "subject": subject, "protect": True}],
        lists=[{"name": "Customers", "protect": True}],
    )
    assert drift(project, "--record")["recorded"]
    assert json.loads(lock_text(project))
    for declared in ({"lists": [{"name": "Customers"}]}, {"campaigns": [{"name": "Welcome"}]}):
        ((kind, (one,)),) = declared.items()
        declare(project, **{kind: [{**one, "state": "absent"}]})
        ran = project.run("plan", "--format", "json")
        assert (ran.code, codes(ran.json)) == (7, ["protected"])


def test_protection_of_another_object_is_not_remembered(project: Project, account: Account) -> None:
    declare(project, campaigns=[{"name": "Mine"}])
    project.apply()
    without(account, "campaigns", "Mine")
    state = account.state()
    state["campaigns"].append({"name": "Mine"})
    account.set(state)
    declare(project, campaigns=[{"name": "Mine", "protect": True}])
    before = (project.folder / LOCK).read_bytes()
    assert found(drift(project, "--record", code=2)) == {"campaigns/Mine id": "drift"}
    assert (project.folder / LOCK).read_bytes() == before
