"""A lock file under review: whatever ids it holds, no object is taken for another one."""

from __future__ import annotations

import itertools
import json
from dataclasses import replace
from typing import Any

import pytest

from bmeconf.baseline import Section, kind_of
from bmeconf.baseline.lock import parse
from tests.support.driver import IDENTITY, LOCK, Account, Project

BEFORE = {
    "lists": [{"name": "Newsletter"}, {"name": "Customers", "protect": True}, {"name": "Old list"}],
    "contacts": [{"email": "ann@example.com"}, {"email": "bob@example.com"}],
    "campaigns": [{"name": "Welcome"}, {"name": "Offer"}],
}
AFTER: dict[str, dict[str, Any]] = {
    "nothing": BEFORE,
    "a name that is new": {**BEFORE, "lists": [*BEFORE["lists"], {"name": "Autumn"}]},
    "a name that is gone": {"lists": BEFORE["lists"][:1], "campaigns": BEFORE["campaigns"][:1]},
    "another name": {
        "lists": [{"name": "News", "renamed_from": ["Newsletter"]}, *BEFORE["lists"][1:]],
        "campaigns": [{"name": "Offers"}, {"name": "Welcome"}],
        "contacts": [{"email": "rob@example.com", "renamed_from": ["bob@example.com"]}],
    },
    "deletes": {
        "lists": [{"name": "Old list", "state": "absent"}],
        "contacts": [{"email": "bob@example.com", "state": "absent"}],
        "campaigns": [{"name": "Offer", "state": "absent"}],
    },
    "a copy": {**BEFORE, "lists": [*BEFORE["lists"], {"name": "Twin", "copy_of": "Newsletter"}]},
}


def forged(text: str, shift: int, ids: dict[str, list[str]]) -> str:
    """The lock file with another id in each entry, of an object of the same kind."""
    lock = parse(text, LOCK)
    ((account, section),) = lock.accounts.items()
    read: Section = lock.section(account, section["base_url"])
    entries = {}
    for key, entry in read.entries.items():
        others = ids[kind_of(key)]
        other = others[(others.index(entry.id) + shift) % len(others)]
        entries[key] = entry._replace(id=other, protect=False)
    return lock.having(replace(read, entries=entries)).text


@pytest.mark.parametrize("after", AFTER)
@pytest.mark.parametrize("shift", [1, 2, 3])
def test_ids_of_other_objects_lead_no_step_to_them(
    project: Project, account: Account, after: str, shift: int
) -> None:
    project.deploy(**BEFORE)
    state = account.state()
    ids = {kind: [row["_id"] for row in state[kind]] for kind in IDENTITY}
    names = {row["_id"]: row[IDENTITY[kind]] for kind in IDENTITY for row in state[kind]}
    honest = {step["address"]: step for step in project.planned(**AFTER[after])["steps"]}
    project.write(LOCK, forged(project.lock_text(), shift, ids))
    ran = project.run("plan", "--out", "plan.json", "--format", "json")
    plan = ran.json
    told = {finding["address"] for finding in plan["findings"]}
    for step in plan["steps"]:
        if step["pin"]:
            # What is written to is what the step names, or names as its former name.
            before = [c["before"] for c in step["changes"] if c["path"] in ("name", "email")]
            assert names[step["pin"]["id"]] in [step["address"].partition("/")[2], *before]
            assert step["pin"]["id"] == honest[step["address"]]["pin"]["id"]
    # A step more, a step less, another step: nothing of that goes without a word.
    forged_steps = {step["address"]: step for step in plan["steps"]}
    for address in honest.keys() | forged_steps.keys():
        same = _meaning(honest.get(address)) == _meaning(forged_steps.get(address))
        assert same or address in told, address
    deletes = [f"--allow-delete={s['address']}" for s in plan["steps"] if s["action"] == "delete"]
    project.run("apply", "plan.json", "--format", "json", *deletes)
    there = {row["_id"] for kind in IDENTITY for row in account.state()[kind]}
    meant = {step["pin"]["id"] for step in plan["steps"] if step["action"] == "delete"}
    assert names.keys() - there <= meant


def _meaning(step: Any) -> str:
    if step is None:
        return ""
    changes = [(c["path"], c["before"], c["after"]) for c in step["changes"]]
    return json.dumps([step["action"], changes])


def test_a_lock_file_in_which_everything_is_the_same_object_blocks_and_says_so(
    project: Project, account: Account
) -> None:
    project.deploy(**BEFORE)
    id = account.id_of("lists", "Customers")
    text = project.lock_text()
    for own in itertools.chain.from_iterable(
        [row["_id"] for row in account.state()[kind]] for kind in IDENTITY
    ):
        text = text.replace(own, id)
    project.write(LOCK, text)
    # Edited by hand, no entry counts any more.
    assert project.planned(**BEFORE)["steps"] == []


def test_a_forged_merged_blocks_and_says_how_to_go_on(project: Project, account: Account) -> None:
    bob = {"email": "bob@example.com", "lists": ["Newsletter", "Old list"], "tags": ["seed"]}
    project.deploy(structure={"tags": ["seed"]}, contacts=[bob])
    honest = project.lock_text()
    lock = json.loads(honest)
    for section in lock["accounts"].values():
        section["merged"] = ["email", "fields", "lists", "status", "tags", "unheard of"]
    project.write(LOCK, json.dumps(lock))
    before = account.state()
    left = {**bob, "lists": ["Newsletter"], "tags": []}
    lists = [{"name": "Newsletter"}, {"name": "Old list"}]
    plan = project.planned(lists=lists, contacts=[left])
    (finding,) = [f for f in plan["findings"] if f["code"] == "blocked"]
    assert 'remove "merged" from bmeconf.lock.json' in finding["remedy"]
    assert not any(step["address"].startswith("contacts/") for step in plan["steps"])
    result = project.apply()
    assert (result["converged"], account.state()["contacts"]) == (False, before["contacts"])
    project.write(LOCK, honest)
    assert project.apply()["converged"]
    stays = account.named("contacts", bob["email"])["lists"]
    assert account.id_of("lists", "Old list") not in stays
