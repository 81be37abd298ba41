"""The laws of the core, tried on generated accounts and manifests: the real command line against
the real simulator. Each law is one test; all of them together hold in every dialect of the API.

BMECONF_EXAMPLES=50 pytest --timeout=0 tests/laws/test_laws.py tries fifty times as many examples,
new ones in every run, and shrinks what breaks a law.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import Any
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.sandbox.switches import Switches
from tests.support.driver import writes
from tests.support.laboratory import Laboratory, Lived
from tests.support.oracle import IDENTITY, WITHHELD, meant
from tests.support.strategies import (
    FROZEN_CONTACTS,
    MANY,
    SENT,
    STRUCTURE,
    Data,
    World,
    examples,
    ident,
    split,
    worlds,
)

pytestmark = pytest.mark.long

STATES = ("applied", "failed", "unknown", "blocked", "stale", "not attempted")
WRITTEN = ("contacts", "campaigns")


# --- the laws, as checks of what was lived


def left_open(lived: Lived) -> set[str]:
    """What an apply could not make as declared, or could not prove."""
    return {f["code"] for f in lived.result["findings"]} & {*WITHHELD, "unreadable"}


def converges(lived: Lived) -> None:
    """Apply, then plan, is empty; and the account then is as declared."""
    assert lived.applied.code == 0, (lived.applied.out, lived.applied.err)
    assert lived.result["converged"] == (not left_open(lived))
    assert lived.again["steps"] == []
    assert [*lived.oracle.unmet()] == []


def plans_without_writing(lived: Lived) -> None:
    """A plan is GETs and searches, and the account is the same after it."""
    assert writes(lived.plan_log) == []
    assert lived.planned == lived.before


def changes_only_what_is_declared(lived: Lived) -> None:
    """Every object and value that no manifest declares is what it was."""
    assert [*lived.oracle.undeclared()] == []


def leaves_the_frozen_alone(lived: Lived) -> None:
    """Nothing is written to what is frozen or blocked, whatever the manifests say."""
    frozen = {c["_id"] for c in lived.before["campaigns"] if c["status"] != "draft"}
    for contact in lived.before["contacts"]:
        if contact["status"].get("secondary") in FROZEN_CONTACTS:
            frozen.add(contact["_id"])
    for entry in lived.world.manifest["contacts"]:
        found = meant(lived.world, lived.before, "contacts", entry)
        if found and entry.get("status") == "Active" and found["status"]["primary"] == "Inactive":
            frozen.add(found["_id"])
    assert not frozen & {entry["path"].rpartition("/")[2] for entry in writes(lived.log)}


def deletes_only_what_is_absent(lived: Lived) -> None:
    """Every DELETE is of an object that an entry declares absent, and comes after all else."""
    absent = {
        found["_id"]
        for kind in IDENTITY
        for entry in lived.world.manifest[kind]
        if "state" in entry and (found := meant(lived.world, lived.before, kind, entry))
    }
    written = [(e["method"], e["path"].rpartition("/")[2]) for e in writes(lived.log)]
    deleted = [id for method, id in written if method == "DELETE"]
    assert set(deleted) <= absent
    assert written[len(written) - len(deleted) :] == [("DELETE", id) for id in deleted]


def reports_what_it_did(lived: Lived) -> None:
    """Each step ends once, in one state, and the log agrees."""
    steps, outcomes = lived.plan["steps"], lived.result["steps"]
    named = [{key: step[key] for key in ("id", "address", "action")} for step in steps]
    assert [{key: o[key] for key in ("id", "address", "action")} for o in outcomes] == named
    assert lived.result["requests"] == len(lived.log)
    done = all(outcome["state"] == "applied" for outcome in outcomes)
    complete = done and "not_converged" not in {f["code"] for f in lived.result["findings"]}
    assert lived.result["converged"] == (complete and not left_open(lived))
    assert (lived.applied.code == 0) == complete
    if not complete:
        landed = any(entry["status"] < 300 for entry in writes(lived.log))
        assert (lived.applied.code == 8) == landed
    for step, outcome in zip(steps, outcomes, strict=True):
        _agrees(step, outcome["state"], lived)


def _agrees(step: Data, state: str, lived: Lived) -> None:
    assert state in STATES
    calls = {(c["method"], c["path"]) for c in step["calls"] if c["method"] != "GET"}
    if step["pin"]:
        mine = [e for e in writes(lived.log) if (e["method"], e["path"]) in calls]
        if state == "applied":
            assert any(entry["status"] < 300 for entry in mine)
        elif state != "unknown" and state != "failed":
            assert not any(entry["status"] < 300 for entry in mine)
        return
    # Names of what is created are free before, so one more object is one success.
    kind = step["address"].partition("/")[0]
    made = {o["_id"] for o in lived.after[kind]} - {o["_id"] for o in lived.before[kind]}
    created = [s for s in lived.plan["steps"] if not s["pin"] and s["address"].startswith(kind)]
    states = [o["state"] for o in lived.result["steps"] if o["id"] in {s["id"] for s in created}]
    assert states.count("applied") <= len(made) <= len(states) - states.count("blocked")


def costs_what_was_said(lived: Lived) -> None:
    """An apply takes the requests that its plan counts, each write among them."""
    price = lived.plan["requests"]
    assert len(lived.log) == price["read"] + price["write"] + price["verify"]
    calls = [call["method"] for step in lived.plan["steps"] for call in step["calls"]]
    written = [entry["method"] for entry in writes(lived.log)]
    assert sorted(method for method in calls if method != "GET") == sorted(written)


def reaches_no_more_than_was_said(lived: Lived) -> None:
    """No draft goes to more people than the plan says, or to other lists where it says nothing.

    Whoever could not be taken off its lists stays on them, a draft that could not be changed keeps
    its own, and a copy that could not be renamed goes where its source goes.
    """
    said = {each["address"]: each["after"] for each in lived.plan["audience"]}
    failed = {step["id"] for step in lived.result["steps"] if step["state"] != "applied"}
    kept = {step["address"] for step in lived.plan["steps"] if step["id"] in failed}
    changes = chain(*(step["changes"] for step in lived.plan["steps"] if step["id"] in failed))
    stay = [*chain(*(c["before"] or () for c in changes if c["path"] == "lists"))]
    before = {campaign["_id"]: {*campaign["lists"]} for campaign in lived.before["campaigns"]}
    goes = {campaign["name"]: {*campaign["lists"]} for campaign in lived.after["campaigns"]}
    joined = Counter(id for contact in lived.after["contacts"] for id in contact["lists"])
    for campaign in lived.after["campaigns"]:
        address = f"campaigns/{normalize('NFC', campaign['name']).strip()}"
        if address not in said:
            source = campaign["name"].removeprefix("Copy of ")
            copied = goes.get(source, set()) if failed and source != campaign["name"] else set()
            assert {*campaign["lists"]} <= before.get(campaign["_id"], copied)
        elif said[address]["people"] is not None and address not in kept:
            most = said[address]["people"] + sum(map(stay.count, said[address]["recipients"]))
            assert sum(joined[id] for id in campaign["lists"]) <= most


Check = Callable[[Lived], None]
CHECKS: tuple[Check, ...] = (
    converges,
    plans_without_writing,
    changes_only_what_is_declared,
    leaves_the_frozen_alone,
    deletes_only_what_is_absent,
    reports_what_it_did,
    reaches_no_more_than_was_said,
)


def honest(lived: Lived) -> None:
    """Where the API will not have it, the run says so; what it calls done stays done."""
    if lived.applied.code:
        assert lived.applied.code in (1, 8), (lived.applied.out, lived.applied.err)
        assert not lived.result["converged"]
        assert lived.result["findings"] or any(
            outcome["state"] != "applied" for outcome in lived.result["steps"]
        )
    else:
        assert lived.again["steps"] == []


HONEST = (honest, *CHECKS[1:])


def judge(lived: Lived, checks: tuple[Check, ...] = CHECKS) -> None:
    """Check these laws."""
    for check in checks:
        check(lived)


# --- the dialects of the API: each reading of each ambiguity, alone

NUMBERS: tuple[dict[str, Any], ...] = (
    {"search_max_size": 1},
    {"search_max_size": 2, "search_max_size_mode": "error"},
    {"search_max_groups": 1},
    {"page_max_size": 1},
    {"page_max_size": 10, "page_max_size_mode": "error"},
    {"lists_page": "array", "page_max_size": 2},
    {"campaign_body": "minimal", "campaign_patch_version": "optional"},
)
STUBBORN: tuple[dict[str, Any], ...] = (
    {"contact_put": "merge"},
    {"put_inactive": "refuse"},
    {"campaign_body": "minimal"},
)
"""Readings under which some of what is declared cannot be had at all."""


def dialects() -> Iterator[dict[str, Any]]:
    """Every switch that is a choice, in every other value than its first; and some numbers."""
    for switch in dataclasses.fields(Switches):
        others = switch.metadata.get("choices", (switch.default,))[1:]
        if isinstance(switch.default, bool):
            others = (not switch.default,)
        for value in others:
            if {switch.name: value} not in STUBBORN:
                yield {switch.name: value}
    yield from NUMBERS


def tried() -> Sequence[dict[str, Any]]:
    """Every night each dialect alone; in an ordinary run three at once, which then must agree."""
    alone = [*dialects()]
    third = -(-len(alone) // 3) if MANY == 1 else len(alone)
    return [dict(item for each in alone[n::third] for item in each.items()) for n in range(third)]


def named(switches: dict[str, Any]) -> str:
    """The name of a dialect's test."""
    return ",".join(f"{name}={value}" for name, value in switches.items())


@examples(10)
@given(worlds())
def test_every_run(laboratory: Laboratory, world: World) -> None:
    lived = laboratory.live(world)
    judge(lived)
    costs_what_was_said(lived)


@pytest.mark.parametrize(
    ("switches", "number", "checks"),
    [
        *(pytest.param(each, 2, CHECKS, id=named(each)) for each in tried()),
        *(pytest.param(each, 4, HONEST, id=f"{named(each)}: said") for each in STUBBORN),
    ],
)
def test_every_run_in_every_dialect(
    switches: dict[str, Any], number: int, checks: tuple[Check, ...], laboratory: Laboratory
) -> None:
    laboratory.account.switch(**switches)

    # The first world is the simplest: nothing in it is read in one way or another.
    turn = itertools.count()

    @examples(number)
    @given(worlds())
    def law(world: World) -> None:
        if next(turn) == 0:
            return
        lived = laboratory.live(world)
        judge(lived, checks)
        assert "body_rewriting" in switches or not lived.oracle.rewritten

    law()


@examples(3)
@given(worlds(), st.sampled_from((("contacts",), ("campaigns",), ("contacts", "campaigns"))))
def test_a_key_that_may_not_write_stops_only_what_it_may_not(
    laboratory: Laboratory, world: World, closed: tuple[str, ...]
) -> None:
    scopes = [f"{what}:{'read' if what in closed else 'write'}" for what in WRITTEN]
    key = {"key": laboratory.account.sandbox.key, "scopes": [*scopes, "domains:read"]}
    world = World({**world.account, "keys": [key]}, world.manifest)
    lived = laboratory.live(world)
    judge(lived, CHECKS[1:])
    kinds = {"contacts": ("structure", "lists", "contacts"), "campaigns": ("campaigns",)}
    shut = {kind for what in closed for kind in kinds[what]}
    for outcome in lived.result["steps"]:
        if outcome["address"].partition("/")[0] in shut:
            assert outcome["state"] in ("failed", "blocked")


@examples(4)
@given(st.data())
def test_order_and_split_of_manifests_mean_nothing(
    laboratory: Laboratory, data: st.DataObject
) -> None:
    world = data.draw(worlds())
    laboratory.account.set(world.account)
    plans = []
    for parts in ([world.manifest], data.draw(split(world.manifest))):
        plan = laboratory.project(parts).plan()
        for key in ("created_at", "source", "places", "digest", "requests"):
            del plan[key]
        for finding in plan["findings"]:
            finding.pop("place", None)
        plans.append(plan)
    assert plans[0] == plans[1]


@examples(3)
@given(worlds())
def test_nothing_is_deleted_without_leave(laboratory: Laboratory, world: World) -> None:
    before = laboratory.account.set(world.account)
    project = laboratory.project([world.manifest])
    deletes = project.plan()["summary"]["delete"]
    laboratory.account.clear_log()
    applied = project.run("apply", "--auto-approve", "--format", "json")
    assert applied.code == (7 if deletes else 0), (applied.out, applied.err)
    log = laboratory.account.log()
    assert not any(entry["method"] == "DELETE" for entry in log)
    if deletes:
        assert writes(log) == []
        assert laboratory.account.state() == before


@examples(4)
@given(st.data())
def test_a_target_takes_some_steps_and_changes_none(
    laboratory: Laboratory, data: st.DataObject
) -> None:
    world = data.draw(worlds())
    laboratory.account.set(world.account)
    project = laboratory.project([world.manifest])
    whole = project.plan()
    kind = data.draw(st.sampled_from(["lists", "contacts", "campaigns"]))
    letter = data.draw(st.sampled_from(["*", "*a*", "*e*", "*e", "n*"]))
    ran = project.run("plan", "--format", "json", "--target", f"{kind}/{letter}")
    if ran.code == 3:
        return
    whole_steps = {step["address"]: _meaning(step) for step in whole["steps"]}
    for step in ran.ok().json["steps"]:
        assert _meaning(step) == whole_steps.get(step["address"])


def _meaning(step: Data) -> Any:
    return step["action"], step["pin"], step["changes"], step.get("origin")


# --- what the laws brought to light, each as small as it gets

EMAIL = "ann@acme.example"
NEWS: Data = {"_id": ident(1, 1), "name": "News"}
ANN: Data = {"_id": ident(2, 1), "key": EMAIL, "lists": [NEWS["_id"]]}
BOB: Data = {**ANN, "_id": ident(2, 2), "key": "bob@acme.example"}
BOUNCED: Data = {**ANN, "status": {"primary": "Inactive", "secondary": "Bounce"}}
DRAFT: Data = {"_id": ident(3, 1), "name": "Draft"}
OLD: Data = {"_id": ident(3, 1), "name": "Old", "subject": "Old", "lists": [NEWS["_id"]]}
COPY: Data = {"name": "Copy", "copy_of": "News"}
BROUGHT_TO_LIGHT: dict[str, tuple[Data, Data, Data]] = {
    "a member that a merged list takes along needs no step": (
        {"lists": [NEWS, {"_id": ident(1, 2), "name": "Other"}], "contacts": [ANN]},
        {
            "lists": [{"name": "All", "merge_of": ["News", "Other"]}],
            "contacts": [{"email": EMAIL, "lists": ["News", "All"]}],
        },
        {"steps": {"lists/All": ["name"]}},
    ),
    "a member taken along can still be deleted": (
        {"lists": [NEWS], "contacts": [ANN]},
        {"lists": [COPY], "contacts": [{"email": EMAIL, "state": "absent"}]},
        {},
    ),
    "what a copied campaign brings along is cleared where declared": (
        {"lists": [NEWS], "campaigns": [OLD]},
        {"campaigns": [{"name": "New", "copy_of": "Old", "subject": None, "lists": []}]},
        {},
    ),
    "who leaves a list and its copy leaves each once": (
        {"lists": [NEWS], "contacts": [ANN, BOB]},
        {
            "lists": [COPY],
            "contacts": [{"email": EMAIL, "lists": []}],
            "campaigns": [{"name": "To both", "lists": ["News", "Copy"]}],
        },
        {},
    ),
    "a label that begins with underscores is a label": (
        {"structures": [{"_id": STRUCTURE, "fields": [{"label": "__city"}]}]},
        {"contacts": [{"email": EMAIL, "fields": {"__city": "Oslo"}}]},
        {},
    ),
    "a value that is cleared is no part of a create": (
        {"structures": [{"_id": STRUCTURE, "fields": [{"label": "City"}]}]},
        {"contacts": [{"email": EMAIL, "fields": {"City": None}}]},
        {"steps": {f"contacts/{EMAIL}": ["email"]}},
    ),
    "content that a draft never had is written": (
        {"campaigns": [SENT, DRAFT]},
        {"campaigns": [{"name": "Draft", "from_name": "Acme", "body": {"html": "<p>Hello</p>"}}]},
        {},
    ),
    "content that no campaign shows is unreadable and not a step": (
        {"campaigns": [DRAFT]},
        {"campaigns": [{"name": "Draft", "from_name": "Acme", "subject": "Hello"}]},
        {"steps": {"campaigns/Draft": ["subject"]}, "unreadable": {"campaigns/Draft"}},
    ),
    "a name that a frozen campaign keeps is not taken": (
        {"campaigns": [SENT]},
        {"campaigns": [{"name": "Renamed", "id": SENT["_id"]}, {"name": SENT["name"]}]},
        {"frozen": {"campaigns/Renamed"}, "blocked": {"campaigns/Last month"}},
    ),
    "a contact that bounced is not deleted either": (
        {"lists": [NEWS], "contacts": [BOUNCED]},
        {"contacts": [{"email": EMAIL, "state": "absent"}]},
        {"blocked": {f"contacts/{EMAIL}"}},
    ),
}
"""An account, a manifest, and the fields of each planned step or the addresses of a finding."""


def converged(laboratory: Laboratory, account: Data, manifest: Data) -> Lived:
    """The life of a small world, all laws checked."""
    empty: Data = {"lists": [], "contacts": [], "campaigns": []}
    base = {"structures": [{"_id": STRUCTURE}], "domains": [{"domain": "acme.example"}]}
    lived = laboratory.live(World({**base, **empty, **account}, {**empty, **manifest}))
    judge(lived)
    return lived


@pytest.mark.parametrize("case", BROUGHT_TO_LIGHT)
def test_what_once_broke_a_law_breaks_none(laboratory: Laboratory, case: str) -> None:
    account, manifest, told = BROUGHT_TO_LIGHT[case]
    lived = converged(laboratory, account, manifest)
    changed = {s["address"]: [c["path"] for c in s["changes"]] for s in lived.plan["steps"]}
    assert told == {what: changed if what == "steps" else lived.found(what) for what in told}


def test_a_member_taken_along_by_a_copied_list_is_taken_off_it(laboratory: Laboratory) -> None:
    ann = {"email": EMAIL, "lists": ["News"]}
    account = {"lists": [NEWS], "contacts": [ANN]}
    lived = converged(laboratory, account, {"lists": [COPY], "contacts": [ann]})
    (step,) = (step for step in lived.plan["steps"] if step["action"] == "update")
    assert step["changes"] == [
        {"path": "lists", "before": ["lists/Copy", "lists/News"], "after": ["lists/News"]}
    ]
    assert step["depends_on"] == ["1"]
