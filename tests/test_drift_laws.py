"""The laws of drift, tried on generated accounts and manifests: the real command line against the
real simulator.

After an apply nothing drifted; what a person changes by hand is named, field by field, and nothing
else; once it is changed back nothing drifted again. Looking changes nothing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.driver import Account
from tests.strategies import Data, World, examples, worlds
from tests.test_laws import Laboratory
from tests.test_lock_laws import Field, Kept, fields, kept, moved

NEGLECTED = ("overdue", "undone", "wrong")


@pytest.fixture
def laboratory(account: Account, tmp_path: Path) -> Laboratory:
    return Laboratory(account, tmp_path)


def looked(laboratory: Laboratory, lived: Kept, *options: str) -> Data:
    """The drift document; whatever it tells, the account is what it was and nothing was written."""
    before = laboratory.account.state()
    laboratory.account.clear_log()
    ran = lived.project.run("drift", "--format", "json", *options)
    assert ran.code in (0, 2, 9), ran.err
    document: Data = ran.json
    assert laboratory.account.state() == before
    sent = {(e["method"], e["path"]) for e in laboratory.account.log() if e["method"] != "GET"}
    assert sent <= {("POST", "/api/contact/search")}
    assert ran.code == expected_code(document)
    return document


def expected_code(document: Data) -> int:
    """What design 4 says of what a report tells."""
    if any(manual["state"] in NEGLECTED for manual in document["manual"]):
        return 9
    return 2 if any(item["fails"] for item in document["items"]) else 0


def frozen(document: Data) -> list[Data]:
    return [item for item in document["items"] if item["class"] == "frozen"]


def drifted(document: Data) -> dict[tuple[str, str], str]:
    return {
        (item["address"], item["field"]): item["class"]
        for item in document["items"]
        if item["class"] != "frozen"
    }


def told_by_plan(lived: Kept) -> Any:
    plan = lived.project.plan()
    codes = {"unreadable", "rewritten", "blocked", "ambiguous"}
    return [f for f in plan["findings"] if f["code"] in codes], plan["manual"]


@examples(25)
@given(worlds())
def test_after_an_apply_nothing_drifted(laboratory: Laboratory, world: World) -> None:
    lived = kept(laboratory, world)
    document = looked(laboratory, lived)
    assert drifted(document) == {}
    findings, manual = told_by_plan(lived)
    told = [f for f in document["findings"] if f["code"] not in ("sender_unchecked",)]
    assert [f for f in findings if f not in told] == []
    assert document["manual"] == manual
    assert document["clean"] == (not document["items"] and not any_grave(document))
    lock = lived.lock
    assert drifted(looked(laboratory, lived, "--record")) == {}
    assert not lock or lived.lock == lock


def any_grave(document: Data) -> bool:
    return any(finding["level"] != "note" for finding in document["findings"])


@examples(30)
@given(st.data())
def test_every_edit_by_hand_is_named_and_no_other(
    laboratory: Laboratory, data: st.DataObject
) -> None:
    lived = kept(laboratory, data.draw(worlds()))
    candidates: dict[str, Field] = {}
    for field in data.draw(st.permutations([*fields(lived)])):
        candidates.setdefault(field.live["_id"], field)
    if not candidates:
        return
    edits = data.draw(st.lists(st.sampled_from([*candidates]), min_size=1, max_size=4, unique=True))
    clean = looked(laboratory, lived)
    state = laboratory.account.state()
    for id in edits:
        moved(laboratory, candidates[id])
    document = looked(laboratory, lived, *data.draw(st.sampled_from([(), ("--record",)])))
    assert drifted(document) == {candidates[id].where: "drift" for id in edits}
    assert frozen(document) == frozen(clean)
    laboratory.account.set(state)
    again = looked(laboratory, lived)
    for each in (clean, again):
        each.pop("created_at")
    assert {**again, "requests": 0} == {**clean, "requests": 0}
