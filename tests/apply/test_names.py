"""Names that move from one object to another: in an order that can be applied, or refused."""

from __future__ import annotations

import signal
from itertools import permutations
from typing import Any

import pytest

from tests.support.driver import IDENTITY, Account, Project
from tests.support.forks import Forks

NAMES = ("a@x.example", "b@x.example", "c@x.example", "d@x.example")
"""Fit for lists, campaigns and contacts alike."""
IDS = [f"{number:024x}" for number in (1, 2, 3)]
A, B, C, D = NAMES
SOME = [(B, A, C), (B, C, A), (B, C, D), (B, A, D), (D, A, B), (C, B, A)]


def made(account: Account, kind: str) -> Any:
    """The account with three objects of a kind, by the first three names; its state."""
    state = account.state()
    more = {"contacts": {"status": {"primary": "Active"}}, "campaigns": {"status": "draft"}}
    rows = zip(IDS, NAMES[:3], strict=True)
    state["contacts"], state["campaigns"] = [], []
    state[kind] = [{"_id": i, IDENTITY[kind]: name, **more.get(kind, {})} for i, name in rows]
    account.set(state)
    return account.state()


def declare(project: Project, kind: str, names: Any) -> None:
    key = "email" if kind == "contacts" else "name"
    entries = zip(IDS, names, strict=False)
    project.declare(**{kind: [{"id": id, key: name} for id, name in entries]})


def in_rings(names: Any) -> set[str]:
    """The new names of the objects whose name can be free only after their own step."""
    now = dict(zip(NAMES, names, strict=False))
    found = set()
    for name in now:
        way = [name]
        while (after := now.get(way[-1])) and after not in way:
            way.append(after)
        if after == name and len(way) > 1:
            found.add(now[name])
    return found


@pytest.mark.parametrize(
    ("kind", "unique", "ways"),
    [
        ("lists", False, [*permutations(NAMES, 3)]),
        *((kind, True, SOME) for kind in ("lists", "contacts", "campaigns")),
    ],
)
def test_names_move_in_order_or_the_ring_is_named(
    kind: str, unique: bool, ways: Any, project: Project, account: Account
) -> None:
    account.switch(unique_list_names=unique)
    state = made(account, kind)
    for names in ways:
        account.set(state)
        declare(project, kind, names)
        rings = {f"{kind}/{name}" for name in in_rings(names)}
        planned = project.run("plan", "--format", "json")
        assert planned.code == (7 if rings else 0), (names, planned.err)
        findings = planned.json["findings"]
        assert {f["address"] for f in findings if f["code"] == "name_ring"} == rings
        ran = project.run("apply", "--auto-approve", "--format", "json")
        if rings:
            assert ran.code == 7
            assert account.state() == state
            # What moved is told all the same, and is no reason to end otherwise than by drift.
            assert project.run("drift").code == 2
            continue
        assert ran.code == 0, (names, ran.err)
        ids = {one[IDENTITY[kind]]: one["_id"] for one in account.state()[kind]}
        assert ids == dict(zip(names, IDS, strict=True))
        assert project.plan()["steps"] == []
        project.unlock()


def test_a_ring_is_told_by_its_names(project: Project, account: Account) -> None:
    made(account, "lists")
    declare(project, "lists", (B, C, A))
    way = " -> ".join(f'"{name}"' for name in (C, A, B, C))
    assert way in project.refused("plan", code=7)


def test_one_name_for_two_objects_is_not_planned(project: Project, account: Account) -> None:
    made(account, "lists")
    declare(project, "lists", (D, D))
    plan = project.plan()
    assert plan["steps"] == []
    assert [finding["code"] for finding in plan["findings"]] == ["blocked", "blocked"]


@pytest.mark.parametrize("kept", [0, 1])
def test_a_name_that_two_objects_have_is_free_once_both_gave_it_up(
    kept: int, project: Project, account: Account
) -> None:
    state = made(account, "lists")
    state["lists"][1]["name"] = A
    account.set(state)
    declare(project, "lists", (B, A if kept else D, A))
    plan = project.plan()
    if kept:
        assert [finding["code"] for finding in plan["findings"]] == ["blocked"]
    assert len(plan["steps"]) == (1 if kept else 3)
    project.apply()
    if not kept:
        assert project.plan()["steps"] == []


def test_names_that_move_on_after_a_killed_run(
    project: Project, account: Account, forks: Forks
) -> None:
    state = made(account, "lists")
    for line in range(1, 40):
        account.set(state)
        for path in project.journals():
            path.unlink()
        declare(project, "lists", NAMES[1:])
        code = forks.run(project.folder, project.env, "apply", "--auto-approve", line=line)
        if code == 0:
            break
        assert code == -signal.SIGKILL
        project.apply()
        assert [one["name"] for one in account.state()["lists"]] == [*NAMES[1:]]
        project.unlock()
    assert line > 3


@pytest.mark.parametrize("status", ["draft", "scheduled", "sending", "sent", "failed", "cancelled"])
@pytest.mark.parametrize("chain", [1, 2])
def test_what_keeps_another_name_is_not_copied(
    project: Project, account: Account, status: str, chain: int
) -> None:
    """A campaign that is no draft is not renamed, so that nothing bears the name to copy."""
    made(account, "campaigns")
    account.edit("campaigns", A, status=status)
    copies = [
        {"name": f"Copy {n}", "copy_of": f"Copy {n - 1}" if n else "New"} for n in range(chain)
    ]
    project.declare(campaigns=[{"id": IDS[0], "name": "New"}, *copies])
    plan = project.plan()
    assert len(plan["steps"]) == (1 + chain if status == "draft" else 0)
    blocked = [f["message"] for f in plan["findings"] if f["code"] == "blocked"]
    assert len(blocked) == (0 if status == "draft" else chain)
    assert all(repr(A) in message or "leaves alone" in message for message in blocked)
    assert project.apply()["converged"] == (status == "draft")
    assert project.plan()["steps"] == []


HOLDERS = {
    "swap": {"a": B, "b": A},
    "chain": {"a": B, "b": D},
    "rename": {"a": D},
    "kept": {"a": A, "b": B},
}
"""By story, what the lists of these letters are declared to be called."""


@pytest.mark.parametrize("saved", [False, True])
@pytest.mark.parametrize("user", ["draft", "contact", "copy", "merge"])
@pytest.mark.parametrize("leaves", [False, True])
@pytest.mark.parametrize("story", HOLDERS)
def test_what_a_targeted_plan_shows_can_be_applied(
    story: str, leaves: bool, user: str, saved: bool, project: Project, account: Account
) -> None:
    """A step names another object by the name that it has, or that the same plan gives it."""
    made(account, "lists")
    names = HOLDERS[story]
    ids = dict(zip("ab", IDS, strict=False))
    before, after = ([IDS[0]], [C]) if leaves else ([IDS[2]], [names["a"]])
    account.add("campaigns", name="Draft", status="draft", lists=before)
    account.add("contacts", key="ann@x.example", lists=before, status={"primary": "Active"})
    own = {
        "draft": {"campaigns": [{"name": "Draft", "lists": after}]},
        "contact": {"contacts": [{"email": "ann@x.example", "lists": after}]},
        "copy": {"lists": [{"name": "New", "copy_of": after[0]}]},
        "merge": {"lists": [{"name": "New", "merge_of": [names["a"], C]}]},
    }[user]
    lists = [{"id": ids[key], "name": name} for key, name in names.items()]
    project.declare(**{**own, "lists": [*lists, {"name": C}, *own.get("lists", ())]})
    target = {"draft": "campaigns/*", "contact": "contacts/*"}.get(user, "lists/New")
    plan = project.plan("--target", target, "--save-plan", "plan.json")
    shown = {step["address"] for step in plan["steps"]}
    how = ("plan.json",) if saved else ("--auto-approve", "--target", target)
    assert project.run("apply", "--format", "json", *how).ok().json["converged"] == bool(shown)
    assert project.plan("--target", target)["steps"] == []
    if story == "kept":
        assert shown
