"""Guards: limits of the policy on every way to a write, and what lets a plan through them."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from bmeconf.model import shell_line
from tests.support.driver import Account, Project, Ran, from_now
from tests.support.fake_server import Cut, Rule, edited
from tests.support.forgeries import edit_plan

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
        broken = {"kind": "error-500", "times": 0}
        account.faults(
            {**broken, "method": "PATCH", "path": "/api/email/campaign/*"},
            {**broken, "method": "PUT", "path": "/api/contact/*"},
        )
        assert project.run("apply", "--auto-approve").code == 8
        account.faults()
        return ["--resume", str(project.journal())]
    return ["--auto-approve"]


def to_another_list(n: int, project: Project, account: Account) -> None:
    """A draft that is to go from one list to another one of as many contacts."""
    on_list(account, "Small", n)
    on_list(account, "Big", n)
    account.add("campaigns", name="Offer", status="draft", lists=account.list_ids("Small"))
    project.declare(lists=[{"name": "Autumn"}], campaigns=[{"name": "Offer", "lists": ["Big"]}])


def changing(n: int, project: Project, account: Account) -> None:
    """A list of which contacts are to change, and which another campaign goes to in three hours."""
    on_list(account, "Big", n)
    account.add("campaigns", name="Sent", status="draft", lists=account.list_ids("Big"))
    account.schedule(from_now(0, 180), campaign="Sent")
    people = [f"big{number}@acme.example" for number in range(n)]
    project.declare(
        lists=[{"name": "Autumn"}],
        contacts=[{"email": email, "fields": {"First Name": "Ann"}} for email in people],
    )


def in_days(days: int) -> str:
    return from_now(days).partition("T")[0]


def one_joins(project: Project, account: Account) -> None:
    joins(account, "Big")


def later(hours: float) -> Callable[[Project, Account], None]:
    def trip(project: Project, account: Account) -> None:
        project.ahead = hours * 3600

    return trip


@dataclass(frozen=True)
class Guard:
    """A guard over `n` objects: its limits, and what happens until it refuses."""

    limits: Callable[[int], dict[str, object]]
    ready: Callable[[int, Project, Account], None]
    trip: Callable[[Project, Account], None]
    allow: tuple[str, str]


OFFER = ("--allow-audience", "campaigns/Offer")
GUARDS = {
    "audience": Guard(lambda n: {"max_audience": n}, to_another_list, one_joins, OFFER),
    "audience_growth": Guard(
        lambda n: {"audience_growth": "0%"}, to_another_list, one_joins, OFFER
    ),
    "freeze_window": Guard(
        lambda n: {"freeze": [{"from": in_days(3), "to": in_days(5), "reason": "year end"}]},
        changing,
        later(4 * 24),
        ("--allow-freeze", "year end"),
    ),
    "quiet_time": Guard(
        lambda n: {"quiet_before_send": "2h"},
        changing,
        later(1.5),
        ("--allow-freeze", "campaigns/Sent"),
    ),
}


def prepared(guard: Guard, n: int, project: Project, account: Account) -> None:
    guard.ready(n, project, account)
    policy(project, **guard.limits(n))


def refused(ran: Ran, guard: Guard, account: Account) -> None:
    """`ran` was refused before its first write, and says what would let it through."""
    assert ran.code == 7, (ran.out, ran.err)
    assert shell_line(guard.allow) in ran.err
    assert account.writes() == []


@pytest.mark.parametrize(("way", "n"), [*zip(WAYS, COUNTS, strict=True)])
@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_holds_at_the_moment_of_each_apply(
    name: str, way: str, n: int, project: Project, account: Account
) -> None:
    guard = GUARDS[name]
    prepared(guard, n, project, account)
    command = begun(way, project, account)
    guard.trip(project, account)
    if way == "saved":
        command = [*command, "--max-plan-age", "7d"]
    account.clear_log()
    refused(project.run("apply", *command), guard, account)
    allowed = project.run("apply", *command, *guard.allow, "--format", "json").ok().json
    assert allowed["acknowledged"] == [{"option": guard.allow[0], "value": guard.allow[1]}]
    assert project.plan()["steps"] == []


def without_guards(plan: Any) -> None:
    plan.update(findings=[], audience=[])


def with_more_people(plan: Any) -> None:
    plan["findings"] = []
    for draft in plan["audience"]:
        for side in filter(None, (draft["before"], draft["after"])):
            side["people"] = 10**6


def as_if_let_through(plan: Any) -> None:
    for finding in plan["findings"]:
        finding["level"] = "note"


@pytest.mark.parametrize("forge", [without_guards, with_more_people, as_if_let_through])
@pytest.mark.parametrize("name", GUARDS)
def test_no_plan_file_talks_a_guard_out_of_it(
    name: str, forge: Callable[[Any], None], project: Project, account: Account
) -> None:
    guard = GUARDS[name]
    prepared(guard, 9, project, account)
    guard.trip(project, account)
    assert project.run("plan", "--out", "plan.json").code == 7
    edit_plan(project, forge)
    account.clear_log()
    refused(project.run("apply", "plan.json"), guard, account)


@pytest.mark.parametrize("name", GUARDS)
def test_a_saved_plan_is_judged_by_the_policy_of_now(
    name: str, project: Project, account: Account
) -> None:
    guard = GUARDS[name]
    guard.ready(9, project, account)
    project.run("plan", "--out", "plan.json").ok()
    policy(project, **guard.limits(9))
    guard.trip(project, account)
    account.clear_log()
    refused(project.run("apply", "plan.json", "--max-plan-age", "7d"), guard, account)


class Slow(io.StringIO):
    """A terminal at which somebody says yes, once more has happened."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def isatty(self) -> bool:
        return True

    def readline(self, size: int | None = -1, /) -> str:
        self.meanwhile()
        return "yes\n"


@pytest.mark.parametrize("name", GUARDS)
def test_a_guard_holds_after_a_long_look_at_the_question(
    name: str, project: Project, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard = GUARDS[name]
    prepared(guard, 9, project, account)

    def happens() -> None:
        project.ahead = 120
        guard.trip(project, account)

    monkeypatch.setattr(sys, "stdin", Slow(happens))
    account.clear_log()
    refused(project.run("apply"), guard, account)
    monkeypatch.setattr(sys, "stdin", Slow(lambda: None))
    project.run("apply", *guard.allow).ok()


def test_what_was_let_through_once_may_be_said_again_on_the_rest(
    project: Project, account: Account
) -> None:
    policy(project, max_audience=3)
    project.declare(
        lists=[{"name": "Old list", "state": "absent"}],
        campaigns=[{"name": "Offer", "lists": ["Newsletter"]}],
    )
    account.faults({"kind": "error-500", "method": "DELETE", "times": 0})
    allowed = ["--allow-audience", "campaigns/Offer"]
    ran = project.run("apply", "--auto-approve", "--allow-delete", "lists/Old list", *allowed)
    assert ran.code == 8
    account.faults()
    assert f".jsonl {shell_line(allowed)}" in ran.out
    project.run("apply", "--resume", str(project.journal()), *allowed).ok()


@pytest.mark.parametrize("n", COUNTS)
@pytest.mark.parametrize("name", GUARDS)
def test_a_plan_that_a_guard_refuses_is_shown_whole(
    name: str, n: int, project: Project, account: Account
) -> None:
    guard = GUARDS[name]
    prepared(guard, n, project, account)
    plan = project.plan()
    assert plan["findings"] == []
    steps = len(plan["steps"])
    guard.trip(project, account)
    account.clear_log()
    ran = project.run("plan", "--format", "json")
    refused(ran, guard, account)
    (finding,) = ran.json["findings"]
    assert (finding["code"], tuple(finding["allow"])) == (name, guard.allow)
    assert len(ran.json["steps"]) == steps


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
    assert "lets nothing through" in ran.err
    assert account.writes() == []


@pytest.mark.parametrize(("way", "n"), [("apply", 9), ("apply", 11), ("saved", 1), ("expect", 10)])
def test_nothing_lets_more_deletes_through(
    way: str, n: int, project: Project, account: Account
) -> None:
    names = [f"Gone {number}" for number in range(n)]
    for name in names:
        on_list(account, name, 0)
    project.declare(lists=[{"name": name, "state": "absent"} for name in names])
    policy(project, max_deletes=n)
    command = [*begun(way, project, account), "--allow-delete", "lists/*"]
    policy(project, max_deletes=n - 1)
    account.clear_log()
    for each in (["plan"], ["apply", *command]):
        ran = project.run(*each)
        assert ran.code == 7
        assert f"more than the policy allows: {n - 1}" in ran.err
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
        told = "would reach 14 contacts at most"
    else:
        project.declare(
            contacts=[{"email": "s@acme.example", "lists": ["Newsletter"]}],
            campaigns=[{"name": "Welcome", "lists": ["Newsletter"]}],
        )
        told = "would reach 9 contacts at most, 8 now"
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


def test_growth_counts_from_what_was_reviewed(project: Project, account: Account) -> None:
    on_list(account, "Big", 10)
    policy(project, audience_growth="20%")
    project.declare(campaigns=[{"name": "Offer", "lists": ["Big"]}])
    project.run("plan", "--out", "plan.json").ok()
    state = account.state()
    state["contacts"] += [
        {"key": f"late{n}@acme.example", "lists": account.list_ids("Big")} for n in range(3)
    ]
    account.set(state)
    account.clear_log()
    assert "13 contacts in place of 10" in project.run("apply", "plan.json").err
    assert account.writes() == []


@pytest.mark.parametrize(
    ("first", "last", "at", "inside"),
    [
        ("2030-12-20", "2030-12-20", "2030-12-19T23:59:59Z", False),
        ("2030-12-20", "2030-12-20", "2030-12-20T00:00:00Z", True),
        ("2030-12-20", "2030-12-20", "2030-12-20T23:59:59Z", True),
        ("2030-12-20", "2030-12-20", "2030-12-21T00:00:00Z", False),
        ("2030-12-20T18:00+01:00", "2031-01-02", "2030-12-20T16:59:59Z", False),
        ("2030-12-20T18:00+01:00", "2031-01-02", "2030-12-20T17:00:00Z", True),
        ("2030-12-20", "2030-12-20T18:00+01:00", "2030-12-20T17:00:00Z", False),
        ("2030-12-20", "9999-12-31", "9999-12-31T23:59:58Z", True),
    ],
)
def test_a_day_is_one_of_utc_and_counts_whole(
    first: str, last: str, at: str, inside: bool, project: Project
) -> None:
    policy(project, freeze=[{"from": first, "to": last, "reason": "year end"}])
    project.declare(lists=[{"name": "Autumn"}])
    project.ahead = datetime.fromisoformat(at).timestamp() - time.time()
    assert project.run("plan").code == (7 if inside else 0)


def test_a_freeze_of_another_reason_is_not_let_through(project: Project, account: Account) -> None:
    windows = [
        {"from": in_days(-2), "to": in_days(2), "reason": reason}
        for reason in ("audit", "year end")
    ]
    policy(project, freeze=windows)
    project.declare(lists=[{"name": "Autumn"}])
    account.clear_log()
    ran = project.run("apply", "--auto-approve", "--allow-freeze", "audit")
    assert ran.code == 7
    assert "add: --allow-freeze 'year end'" in ran.err
    assert account.writes() == []
    allowed = ["--allow-freeze", "audit", "--allow-freeze", "year end"]
    out = project.run("apply", "--auto-approve", *allowed).ok().out
    assert "--allow-freeze audit --allow-freeze 'year end'" in out


def test_a_plan_that_was_made_in_a_freeze_is_applied_after_it(project: Project) -> None:
    policy(project, freeze=[{"from": in_days(-2), "to": in_days(2), "reason": "audit"}])
    project.declare(lists=[{"name": "Autumn"}])
    assert project.run("plan", "--out", "plan.json").code == 7
    project.ahead = 4 * 86400
    out = project.run("apply", "plan.json", "--max-plan-age", "7d").ok().out
    assert "refuses" not in out


def test_no_window_holds_where_nothing_is_written(project: Project) -> None:
    policy(project, freeze=[{"from": in_days(-2), "to": in_days(2), "reason": "audit"}])
    project.declare(lists=[{"name": "Newsletter"}])
    project.run("plan").ok()
    project.run("apply", "--auto-approve").ok()
    assert project.run("apply", "--auto-approve", "--allow-freeze", "audit").code == 3


ANN, BOB = "ann@example.com", "bob@example.com"
TOUCHED = {
    "a contact on a list": {"contacts": [{"email": ANN, "fields": {"First Name": "X"}}]},
    "a contact that joins": {"contacts": [{"email": "s@acme.example", "lists": ["Newsletter"]}]},
    "a contact that leaves": {
        "lists": [{"name": "Newsletter"}, {"name": "Customers"}],
        "contacts": [{"email": ANN, "lists": ["Customers"]}],
    },
    "a contact that unsubscribes": {"contacts": [{"email": ANN, "status": "Inactive"}]},
    "a list": {"lists": [{"name": "News", "renamed_from": ["Newsletter"]}]},
}
APART = {
    "a new list": {"lists": [{"name": "Autumn"}]},
    "a copy of a list": {"lists": [{"name": "Twin", "copy_of": "Newsletter"}]},
    "another list": {"lists": [{"name": "Buyers", "renamed_from": ["Customers"]}]},
    "a contact on another list": {
        "contacts": [{"email": "s@acme.example", "lists": ["Customers"]}]
    },
    "a draft": {"campaigns": [{"name": "Offer", "lists": ["Newsletter"]}]},
    "the structure": {"structure": {"tags": ["seed"]}},
}


@pytest.mark.parametrize("declared", [True, False])
@pytest.mark.parametrize("what", [*TOUCHED, *APART])
def test_what_a_campaign_uses_is_quiet_before_it_is_sent(
    what: str, declared: bool, project: Project, account: Account
) -> None:
    account.schedule(from_now(0, 60))
    policy(project, quiet_before_send="2h")
    manifest: dict[str, list[Any]] = {**(TOUCHED | APART)[what]}
    if declared:
        manifest["campaigns"] = [*manifest.get("campaigns", ()), {"name": "Welcome"}]
    project.declare(**manifest)
    ran = project.run("plan", "--format", "json")
    codes = [f["code"] for f in ran.json["findings"] if f["code"] != "undeclared_schedule"]
    assert codes == (["quiet_time"] if what in TOUCHED else [])
    assert len(ran.json["steps"]) == 1


@pytest.mark.parametrize(
    ("minutes", "status", "quiet"),
    [
        (119, "scheduled", True),
        (125, "scheduled", False),
        (-30, "scheduled", True),
        (-90, "scheduled", False),
        (60, "cancelled", False),
        (-5, "sent", False),
    ],
)
def test_only_what_is_scheduled_and_soon_is_quiet(
    minutes: float, status: str, quiet: bool, project: Project, account: Account
) -> None:
    account.schedule(from_now(0, minutes), status)
    policy(project, quiet_before_send="2h")
    project.declare(**TOUCHED["a list"])
    assert project.run("plan").code == (7 if quiet else 0)


def test_a_campaign_that_hides_its_lists_uses_all_of_them(
    project: Project, account: Account
) -> None:
    account.switch(campaign_body="minimal")
    account.schedule(from_now(0, 60))
    policy(project, quiet_before_send="2h")
    project.declare(**APART["another list"])
    assert project.run("plan").code == 7


def test_a_campaign_that_is_scheduled_after_the_plan_is_quiet(
    project: Project, account: Account
) -> None:
    policy(project, quiet_before_send="2h")
    project.declare(**TOUCHED["a list"])
    project.run("plan", "--out", "plan.json").ok()
    account.schedule(from_now(0, 60))
    account.clear_log()
    ran = project.run("apply", "plan.json")
    assert ran.code == 7
    assert account.writes() == []
    project.run("apply", "plan.json", "--allow-freeze", "campaigns/Welcome").ok()


@pytest.mark.parametrize(
    "limits",
    [
        {"max_audience": 5000, "audience_growth": "20%"},
        {"freeze": [{"from": "2000-01-01", "to": "2000-01-02", "reason": "audit"}]},
        {"quiet_before_send": "2h"},
    ],
)
def test_a_guard_uses_what_is_read_anyway(
    limits: dict[str, object], project: Project, account: Account
) -> None:
    account.schedule(from_now(0, 60))
    project.declare(
        lists=[{"name": "Autumn"}],
        campaigns=[{"name": "Offer", "lists": ["Customers"]}, {"name": "Welcome"}],
    )
    requests = []
    for told in ({}, limits):
        policy(project, **told)
        account.clear_log()
        project.run("plan").ok()
        requests.append([(entry["method"], entry["path"]) for entry in account.log()])
    assert sorted(requests[0]) == sorted(requests[1])


def test_a_long_chain_of_copies_is_planned(project: Project) -> None:
    copies = [{"name": f"D{n + 1}", "copy_of": f"D{n}"} for n in range(1100)]
    project.declare(lists=[{"name": "L"}], campaigns=[{"name": "D0", "lists": ["L"]}, *copies])
    plan = project.plan()
    assert len(plan["steps"]) == 1102
    assert len(plan["audience"]) == 1101
