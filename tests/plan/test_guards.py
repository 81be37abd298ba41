"""Guards: limits of the policy on every way to a write, and what lets a plan through them."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.driver import Account, Project, Ran
from tests.support.fake_server import Cut, Rule, edited

COUNTS = (1, 9, 10, 11)
WAYS = ("apply", "saved", "expect", "resume")
"""The ways to a write, each begun while the guards still let the change through."""


def policy(project: Project, **limits: object) -> None:
    project.write("bmeconf.yaml", json.dumps({"version": 1, "policy": limits}))


def on_list(account: Account, name: str, people: int) -> None:
    """Make a list, and as many contacts on it."""
    state = account.state()
    list_id = f"{len(state['lists']):024x}"
    state["lists"].append({"_id": list_id, "name": name})
    state["contacts"] += [
        {"key": f"{name}{n}@acme.example".lower(), "lists": [list_id]} for n in range(people)
    ]
    account.set(state)


def joins(account: Account, name: str) -> None:
    """One more contact on a list, by hand."""
    account.add("contacts", key="late@acme.example", lists=account.list_ids(name))


def begun(way: str, project: Project, account: Account) -> Sequence[str]:
    """The command that goes on with the project's change, after its review or its first part."""
    if way == "saved":
        project.run("plan", "--out", "plan.json").ok()
        return ["plan.json"]
    if way == "expect":
        return ["--auto-approve", "--expect", project.plan()["fingerprint"]]
    if way == "resume":
        account.faults({"kind": "error-500", "method": "POST", "path": "/api/email/campaign"})
        account.faults({"kind": "error-500", "method": "PATCH", "path": "/api/email/campaign/*"})
        assert project.run("apply", "--auto-approve").code == 8
        account.faults()
        return ["--resume", str(project.journal())]
    return ["--auto-approve"]


@dataclass(frozen=True)
class Guard:
    """A guard over `n` objects: its limits, and what happens until it refuses."""

    limits: Callable[[int], dict[str, object]]
    code: str
    allow: tuple[str, str]
    trip: Callable[[Account], None]


GUARDS = {
    "audience": Guard(
        lambda n: {"max_audience": n},
        "audience",
        ("--allow-audience", "campaigns/Offer"),
        lambda account: joins(account, "Big"),
    ),
    "growth": Guard(
        lambda n: {"audience_growth": "0%"},
        "audience_growth",
        ("--allow-audience", "campaigns/Offer"),
        lambda account: joins(account, "Big"),
    ),
}


def prepared(guard: Guard, n: int, project: Project, account: Account) -> None:
    """A draft that is to go from one list to another one of as many contacts."""
    on_list(account, "Small", n)
    on_list(account, "Big", n)
    account.add("campaigns", name="Offer", status="draft", lists=account.list_ids("Small"))
    policy(project, **guard.limits(n))
    project.declare(lists=[{"name": "Autumn"}], campaigns=[{"name": "Offer", "lists": ["Big"]}])


def refused(ran: Ran, guard: Guard, account: Account) -> None:
    """`ran` was refused before its first write, and says what would let it through."""
    assert ran.code == 7, (ran.out, ran.err)
    assert " ".join(guard.allow) in ran.err
    assert account.writes() == []


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_holds_at_the_moment_of_each_apply(
    name: str, way: str, n: int, project: Project, account: Account
) -> None:
    guard = GUARDS[name]
    prepared(guard, n, project, account)
    command = begun(way, project, account)
    guard.trip(account)
    account.clear_log()
    refused(project.run("apply", *command), guard, account)
    allowed = project.run("apply", *command, *guard.allow, "--format", "json").ok().json
    assert allowed["acknowledged"] == [{"option": guard.allow[0], "value": guard.allow[1]}]
    assert project.plan()["steps"] == []


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("name", GUARDS)
def test_a_plan_that_a_guard_refuses_is_shown_whole(
    name: str, n: int, project: Project, account: Account
) -> None:
    guard = GUARDS[name]
    prepared(guard, n, project, account)
    assert project.plan()["findings"] == []
    guard.trip(account)
    account.clear_log()
    ran = project.run("plan", "--format", "json")
    refused(ran, guard, account)
    (finding,) = ran.json["findings"]
    assert (finding["code"], tuple(finding["allow"])) == (guard.code, guard.allow)
    assert len(ran.json["steps"]) == 2
    assert ran.json["audience"][0]["after"] == {"recipients": ["lists/Big"], "people": n + 1}
    assert ran.json["audience"][0]["before"] == {"recipients": ["lists/Small"], "people": n}


@pytest.mark.parametrize("way", WAYS)
def test_what_is_let_through_needlessly_is_an_error(
    way: str, project: Project, account: Account
) -> None:
    guard = GUARDS["audience"]
    prepared(guard, 9, project, account)
    command = begun(way, project, account)
    account.clear_log()
    ran = project.run("apply", *command, *guard.allow)
    assert ran.code == 3
    assert "matches no draft" in ran.err
    assert account.writes() == []


@pytest.mark.parametrize("n", COUNTS)
def test_each_draft_is_let_through_by_its_own_address(
    n: int, project: Project, account: Account
) -> None:
    policy(project, max_audience=3)
    names = [f"Draft {number}" for number in range(n)]
    project.declare(campaigns=[{"name": name, "lists": ["Newsletter"]} for name in names])
    allowed = [word for name in names for word in ("--allow-audience", f"campaigns/{name}")]
    account.clear_log()
    ran = project.run("apply", "--auto-approve", *allowed[:-2])
    assert ran.code == 7
    assert f"add: --allow-audience '{allowed[-1]}'" in ran.err
    assert account.writes() == []
    project.run("apply", "--auto-approve", *allowed).ok()


@pytest.mark.parametrize(
    ("manifest", "people"),
    [
        ({"campaigns": [{"name": "Offer", "lists": ["Newsletter", "Customers"]}]}, (None, 14)),
        ({"campaigns": [{"name": "Offer", "copy_of": "Welcome"}]}, (None, None)),
        ({"campaigns": [{"name": "Offer"}]}, None),
        ({"campaigns": [{"name": "Welcome", "lists": []}]}, (8, 0)),
        ({"campaigns": [{"name": "Welcome", "subject": "Other"}]}, None),
        (
            {
                "lists": [{"name": "Twin", "copy_of": "Newsletter"}],
                "campaigns": [{"name": "Welcome", "lists": ["Twin"]}],
            },
            (8, 8),
        ),
        (
            {
                "lists": [{"name": "All", "merge_of": ["Newsletter", "Customers"]}],
                "campaigns": [{"name": "Welcome", "lists": ["All"]}],
            },
            (8, 14),
        ),
        (
            {
                "lists": [{"name": "News", "renamed_from": ["Newsletter"]}],
                "contacts": [{"email": f"s{n}@acme.example", "lists": ["News"]} for n in range(3)],
                "campaigns": [{"name": "Welcome", "lists": ["News"]}],
            },
            (8, 11),
        ),
        (
            {
                "lists": [{"name": "Autumn"}],
                "contacts": [{"email": "s@acme.example", "lists": ["Autumn"]}],
                "campaigns": [{"name": "Welcome", "lists": ["Autumn"]}],
            },
            (8, 1),
        ),
    ],
)
def test_a_plan_tells_how_many_people_a_draft_reaches(
    manifest: dict[str, object], people: tuple[int | None, int | None] | None, project: Project
) -> None:
    drafts = project.planned(**manifest)["audience"]
    numbers = [(d["before"] and d["before"]["people"], d["after"]["people"]) for d in drafts]
    assert numbers == ([people] if people else [])


@pytest.mark.parametrize("format", ["text", "markdown", "html", "junit", "github"])
@pytest.mark.parametrize("own_step", [True, False])
def test_the_number_stands_in_every_format(
    format: str, own_step: bool, project: Project, account: Account
) -> None:
    if own_step:
        project.declare(campaigns=[{"name": "Offer", "lists": ["Newsletter", "Customers"]}])
        told = "reaches 14 contacts at most"
    else:
        project.declare(
            contacts=[{"email": "s@acme.example", "lists": ["Newsletter"]}],
            campaigns=[{"name": "Welcome", "lists": ["Newsletter"]}],
        )
        told = "reaches 9 contacts at most, 8 now"
    ran = project.run("plan", "--format", format).ok()
    assert told in " ".join(ran.out.split())


def test_a_list_whose_size_is_not_shown_is_no_small_one(
    project: Project, account: Account, cut: Cut
) -> None:
    def hide(body: Any) -> Any:
        rows = [{k: v for k, v in r.items() if k != "totalContacts"} for r in body["records"]]
        return {**body, "records": rows}

    cut(Rule("GET /api/contact-structure/.*/lists", edited(hide)))
    project.declare(campaigns=[{"name": "Offer", "lists": ["Newsletter"]}])
    assert project.plan()["audience"][0]["after"]["people"] is None
    policy(project, max_audience=5000)
    ran = project.run("plan", "--format", "json")
    assert [finding["code"] for finding in ran.json["findings"]] == ["audience_unknown"]
    assert ran.code == 7


def test_a_copy_goes_where_its_source_goes(project: Project) -> None:
    policy(project, max_audience=7)
    project.declare(campaigns=[{"name": "Offer", "copy_of": "Welcome"}])
    ran = project.run("plan", "--format", "json")
    assert [finding["code"] for finding in ran.json["findings"]] == ["audience"]


def test_a_limit_reads_the_size_of_a_list_that_is_on_no_first_page(
    project: Project, account: Account
) -> None:
    state = account.state()
    state["lists"] += [{"_id": f"{n:024x}", "name": f"List {n}"} for n in range(1, 151)]
    account.set(state)
    on_list(account, "Last", 11)
    project.declare(campaigns=[{"name": "Offer", "lists": ["Last"]}])
    policy(project, max_audience=10)
    ran = project.run("plan", "--format", "json")
    assert [finding["code"] for finding in ran.json["findings"]] == ["audience"]
