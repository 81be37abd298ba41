"""What a probe found out is kept: later runs ask less, and a simulator behaves as the account."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.driver import SEARCH, Account, Project, served, writes
from tests.support.strategies import STRUCTURE, Data, ident

EMAILS = [f"c{n:04}@acme.example" for n in range(1000)]
WRITE = ("probe", "--write", "--contact", "me@probe.example", "--auto-approve")
POLICY = 'version: 1\npolicy: {seeds: ["*@acme.example"]}\n'
LISTS = [{"_id": ident(1, n), "name": f"List {n:03}"} for n in range(250)]
ACCOUNT: Data = {
    "structures": [{"_id": STRUCTURE, "tags": [{"_id": ident(9, 1), "label": "seed"}]}],
    "lists": LISTS,
    "contacts": [
        {"_id": ident(2, n), "key": email, "lists": [ident(1, 1)]} for n, email in enumerate(EMAILS)
    ],
}


def asked(account: Account, project: Project) -> tuple[int, Any]:
    """How many requests a plan sends, and the plan's meaning."""
    account.clear_log()
    plan = project.plan()
    return len(account.log()), (plan["fingerprint"], plan["steps"])


MANIFEST: Data = {"lists": [{"name": "New"}], "contacts": [{"email": each} for each in EMAILS]}


@pytest.mark.parametrize(
    ("switches", "before", "after"),
    [
        ({}, 16, 15),
        ({"search_max_groups": 500, "search_max_size": 500}, 10, 7),
        ({"search_max_groups": 0, "search_max_size": 0, "page_max_size": 0}, 10, 4),
    ],
    ids=["as it is", "larger searches", "without limits"],
)
def test_after_a_probe_a_plan_of_a_thousand_contacts_asks_less(
    account: Account, project: Project, switches: Data, before: int, after: int
) -> None:
    account.set(ACCOUNT)
    account.switch(**switches)
    project.declare(**MANIFEST)
    # Nothing marks the folder as a project's, so that the first plan leaves nothing behind.
    first, plan = asked(account, project)
    project.write("bmeconf.yaml", POLICY)
    assert "Kept for 90 days" in project.run("probe").ok().err
    then, again = asked(account, project)
    assert (first, then, again) == (before, after, plan)


def test_prices_and_pulls_know_it_and_doctor_tells_it(account: Account, project: Project) -> None:
    account.set(ACCOUNT)
    account.switch(search_max_groups=0, search_max_size=0, page_max_size=0)
    project.declare(**MANIFEST)
    project.write("bmeconf.yaml", POLICY)
    project.run("probe").ok()
    assert "learned of this account: search_batch 800" in project.run("doctor").ok().out
    price = project.plan("--save-plan", "p.json")["requests"]
    account.clear_log()
    project.apply("p.json")
    assert len(account.log()) == price["check"] + price["write"] + price["verify"]
    account.clear_log()
    # It asks whether so many are meant, once all of them were read.
    assert project.run("pull", "--out", "adopted", "--contacts-list", "List 001").code == 3
    assert [entry["path"] for entry in account.log()].count(SEARCH) == 3


def test_nothing_is_kept_where_nothing_marks_a_project(account: Account, project: Project) -> None:
    assert "Kept" not in project.run("probe").ok().err
    assert [*project.folder.iterdir()] == []


@pytest.mark.parametrize("was_probed", [True, False])
def test_a_write_needs_no_first_try(account: Account, project: Project, was_probed: bool) -> None:
    """Without a probe a run finds it out once, and the next run knows it."""
    account.set(ACCOUNT)
    account.switch(contact_lists_write="actions", create_tags="error")
    project.write("bmeconf.yaml", POLICY)
    if was_probed:
        assert "contact_lists actions, create_tags False" in project.run(*WRITE).ok().err
    refused = []
    for run in range(2):
        new = [{"email": f"n{n}@acme.example", "lists": ["List 001"]} for n in range(2 * run + 2)]
        tagged = [{**each, "email": f"t{each['email']}", "tags": ["seed"]} for each in new]
        member = {"email": EMAILS[0], "lists": [f"List 00{run}"]}
        account.clear_log()
        assert project.deploy(contacts=[member, *new, *tagged])["converged"]
        refused.append(sum(entry["status"] == 400 for entry in writes(account.log())))
    assert refused == ([0, 0] if was_probed else [2, 0])


def answers_of(report: Any) -> Any:
    """What a probe found out, without its evidence: that tells how long a search took."""
    answers = [{**each, "evidence": ""} for each in report["answers"]]
    return answers, report["switches"], report["at_least"]


@pytest.mark.usefixtures("forked")
def test_a_simulator_like_an_account_answers_a_probe_as_it_does(
    account: Account, project: Project
) -> None:
    state = account.set(ACCOUNT)
    chosen = {"lists_page": "array", "search_status": "object", "contact_lists_read": "ids"}
    chosen |= {"contact_lists_write": "both", "create_tags": "ignore", "body_rewriting": "all"}
    account.switch(**chosen, search_max_groups=50, page_max_size=0, error_limit_headers=True)
    first = project.run(*WRITE, "--format", "json").ok()
    project.write("probe.json", first.out)
    with served(project, "--like", "probe.json") as like:
        like.set(state)
        project.env = like.env
        again = project.run(*WRITE, "--format", "json").ok()
    one, other = (answers_of(ran.json) for ran in (first, again))
    assert one == other
    assert json.loads(first.out)["switches"].items() >= chosen.items()
