"""The laws of drift, tried on generated accounts and manifests: the real command line against the
real simulator.

After an apply nothing drifted; what a person changes by hand is named, field by field, and nothing
else; once it is changed back nothing drifted again. Looking changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bmeconf.kinds import TOLERANCE
from tests.support.laboratory import Field, Kept, Laboratory, fields, kept, moved
from tests.support.strategies import (
    SENT,
    STATUSES,
    STRUCTURE,
    Data,
    World,
    dumped,
    examples,
    ident,
    worlds,
)

NEGLECTED = ("overdue", "undone", "wrong")


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


@examples(4)
@given(worlds())
def test_after_an_apply_nothing_drifted(laboratory: Laboratory, world: World) -> None:
    lived = kept(laboratory, world)
    document = looked(laboratory, lived)
    plan = lived.project.plan()
    codes = {"unreadable", "rewritten", "blocked", "ambiguous"}
    findings = [f for f in plan["findings"] if f["code"] in codes]
    assert [f for f in findings if f not in document["findings"]] == []
    blocked = {f["address"] for f in findings if f["code"] == "blocked"}
    assert {address for address, _ in drifted(document)} <= blocked
    assert document["manual"] == plan["manual"]
    grave = any(finding["level"] != "note" for finding in document["findings"])
    assert document["clean"] == (not document["items"] and not grave)
    lock = lived.lock
    assert drifted(looked(laboratory, lived, "--record")) == drifted(document)
    assert lived.lock == lock or not lock


@examples(4)
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
    named = {candidates[id].where: "drift" for id in edits}
    assert drifted(document) == drifted(clean) | named
    assert frozen(document) == frozen(clean)
    laboratory.account.set(state)
    again = looked(laboratory, lived)
    for each in (clean, again):
        each.pop("created_at")
    assert {**again, "requests": 0} == {**clean, "requests": 0}


# --- manual steps, as a machine of states

DUES = (
    datetime(2030, 12, 1, 8, 0, tzinfo=UTC),
    datetime(2030, 12, 2, 8, 0, tzinfo=UTC),
    datetime(2025, 12, 1, 8, 0, tzinfo=UTC),
)
SHOWN = ("scheduled", "sending", "sent")
OFFS = (timedelta(0), TOLERANCE, -TOLERANCE, TOLERANCE + timedelta(minutes=1), timedelta(days=-1))
STEPS = st.one_of(
    st.tuples(st.just("account"), st.sampled_from(("draft", *STATUSES)), st.sampled_from(OFFS)),
    st.tuples(st.just("manifest"), st.sampled_from(DUES), st.none()),
    st.tuples(st.just("look"), st.booleans(), st.none()),
)


@dataclass
class Machine:
    """What people and jobs did, and what is to be told of it."""

    due: datetime = DUES[0]
    status: str = "draft"
    at: datetime | None = None
    remembered: datetime | None = None

    @property
    def state(self) -> str:
        over = self.due < datetime.now(UTC)
        if self.status == "draft":
            open_ = "undone" if self.remembered == self.due else "todo"
            return "overdue" if over else open_
        on_time = self.at is not None and abs(self.at - self.due) <= TOLERANCE
        if self.status not in SHOWN or not on_time:
            return "wrong"
        if self.status == "scheduled":
            return "overdue" if over else "done"
        return "done" if over else "wrong"

    def record(self) -> None:
        if self.state == "done":
            self.remembered = self.due
        elif self.remembered != self.due:
            self.remembered = None


@examples(4)
@given(st.lists(STEPS, min_size=4, max_size=12))
def test_a_manual_step_is_what_became_of_it(laboratory: Laboratory, steps: list[Any]) -> None:
    machine, id = Machine(), ident(3, 1)
    news = {"_id": ident(1, 1), "name": "News"}
    draft = {**SENT, "_id": id, "name": "Draft", "status": "draft", "lists": [news["_id"]]}
    laboratory.account.set(
        {
            "structures": [{"_id": STRUCTURE}],
            "lists": [news],
            "campaigns": [{key: value for key, value in draft.items() if key != "scheduledAt"}],
            "domains": [{"domain": "acme.example"}],
        }
    )
    project = laboratory.project([{}])
    for what, value, off in [("manifest", machine.due, None), *steps, ("look", False, None)]:
        if what == "account":
            machine.status, machine.at = value, machine.due + off if off is not None else None
            at = None if value == "draft" else machine.at.isoformat()
            laboratory.account.campaign_status(id, status=value, scheduledAt=at)
        elif what == "manifest":
            machine.due = value
            entry = {"name": "Draft", "schedule": {"at": value.isoformat()}}
            for name, text in dumped([{"campaigns": [entry]}]).items():
                project.write(name, text)
        else:
            record = ["--record"] if value else []
            ran = project.run("drift", "--format", "json", *record)
            (manual,) = ran.json["manual"]
            assert manual["state"] == machine.state
            assert ran.code == (9 if machine.state in NEGLECTED else 0)
            if value:
                machine.record()
