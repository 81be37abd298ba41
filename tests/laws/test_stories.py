"""Whoever does whatever in between: nothing but what is declared, and nothing of anybody's.

Each story is one number: generated manifests over a generated account, then applies (killed,
resumed, saved, two at once, with faults), a person at the web app, an author of manifests and a
forger of the program's own files, in any order. 3 stories in an ordinary run, the same ones each
time; 1,000 others every night (BMECONF_STORIES). In every second one a person may act while a
command runs: what is written or told is wrong then if it is wrong before that act and after it. A
story that fails says its number:

BMECONF_SEED=137 BMECONF_STORIES=1 pytest --timeout=0 tests/laws/test_stories.py
"""

from __future__ import annotations

import json
import os
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.forks import Forks
from tests.support.laboratory import Laboratory
from tests.support.oracle import IDENTITY, WITHHELD, Oracle, address, key_of, meant
from tests.support.stories import Deed, Moment, Story
from tests.support.strategies import FROZEN_CONTACTS, STRUCTURE

pytestmark = pytest.mark.long

STORIES, PARTS = int(os.environ.get("BMECONF_STORIES", "3")), 3
FIRST = int(os.environ.get("BMECONF_SEED", "0")) * (STORIES if STORIES > 1 else 1)
UNWRITTEN, KILLED = {3, 4, 5, 6, 7}, -9
INTERRUPTED = 130
CODES = {0, 1, 8, *UNWRITTEN}


def ends_as_promised(deed: Deed) -> None:
    """One of the exit codes, the one that the log proves, and no traceback."""
    landed = any(entry["done"] for entry in deed.log)
    for ran in deed.runs:
        if ran.code == KILLED:
            continue
        codes = CODES | ({2, 9} if deed.looks else set())
        assert ran.code in codes or (ran.code == INTERRUPTED and "SIGINT" in deed.said), ran.err
        assert "Traceback" not in ran.err, ran.err
        assert ran.json["exit_code"] == ran.code
        if len(deed.runs) == 1 and ran.code in UNWRITTEN and "--resume" not in deed.said:
            assert not landed, ran.out
    if deed.said.startswith("plan") or deed.looks:
        assert deed.log == []


def writes_no_more_than_drafts(deed: Deed) -> None:
    """No request is so much as sent to change what is no draft, or has bounced."""
    closed = _closed(deed.before)
    if deed.moment:
        # Somebody may have opened it again meanwhile.
        closed &= _closed(deed.moment.after)
    assert not closed & {entry["path"].split("/")[-1] for entry in deed.log}


def _closed(state: Any) -> set[str]:
    """The ids of what may not be written to."""
    sent = {c["_id"] for c in state["campaigns"] if c["status"] != "draft"}
    dead = (c for c in state["contacts"] if c["status"].get("secondary") in FROZEN_CONTACTS)
    return sent | {contact["_id"] for contact in dead}


def changes_only_what_is_declared(deed: Deed) -> None:
    """Nothing else moves: not what a person made, renamed or changed since the plan."""
    written = frozenset(e["path"].split("/")[-1] for e in deed.log)
    oracle = Oracle(deed.world, deed.before, deed.after, frozenset(), written)
    strays = {
        one["_id"]
        for kind in IDENTITY
        for one in deed.before[kind]
        if one["_id"] in deed.unfinished and "Copy of" in str(one.get("name"))
    }
    found = [each for each in oracle.undeclared() if not any(id in each for id in strays)]
    if deed.moment:
        since = replace(oracle, before=deed.moment.after).undeclared()
        wrong = [each.split(": ")[:2] for each in since]
        found = [each for each in found if each.split(": ")[:2] in wrong]
    assert found == []
    if not deed.direct:
        moved = {o["_id"] for k in IDENTITY for o in deed.before[k]} & deed.touched
        assert not moved & written


def makes_nothing_twice(deed: Deed) -> None:
    """One object for a name, and none of a name that nobody declares but a copy cut off."""
    moment = deed.moment or Moment(deed.before, deed.before)
    for kind, (ours, _) in IDENTITY.items():
        sides = (deed.before, moment.before, moment.after, deed.after)
        was, then, since, now = (_names(kind, side) for side in sides)
        declared = {key_of(kind, e[ours]) for e in deed.world.manifest[kind] if "state" not in e}
        for name, count in now.items():
            # What the person made or took away is no deed of the run, and what that made before
            # is there already after theirs.
            theirs, made = since[name] - then[name], max(then[name] - was[name], 0)
            if count - theirs > was[name] and count > since[name] - made:
                assert min(count, count - theirs) == 1, (kind, name)
                cut_off = name.startswith("Copy of") and any(ran.code for ran in deed.runs)
                assert name in declared or cut_off, (kind, name)


def _names(kind: str, side: Any) -> Counter[str]:
    return Counter(
        key_of(kind, o[IDENTITY[kind][1]])
        for o in side[kind]
        if kind == "campaigns" or o["contactStructureId"] == STRUCTURE
    )


def deletes_with_leave_alone(deed: Deed) -> None:
    """What is deleted was declared absent, and somebody said so on the command line."""
    gone = {e["path"].split("/")[-1] for e in deed.log if e["method"] == "DELETE"}
    leave = {
        found["_id"]
        for kind in IDENTITY
        for entry in deed.world.manifest[kind]
        if "state" in entry and address(kind, entry) in deed.leave
        for side in (deed.before, deed.moment.after if deed.moment else deed.before)
        if (found := meant(deed.world, side, kind, entry))
    }
    if "--resume" not in deed.said:
        assert gone <= leave


def leaves_nothing_where_all_is_well(deed: Deed) -> None:
    """After an exit code 0 there is nothing to do, and the account is as declared."""
    if deed.again is None:
        leaves_nothing_that_nobody_touched(deed)
        return
    assert deed.again["steps"] == []
    results = [ran.json for ran in deed.runs if ran.code != KILLED]
    told = [f for document in (deed.again, *results) for f in document.get("findings", ())]
    unread = {f["address"] for f in told if f["code"] in ("unreadable", "rewritten")}
    oracle = Oracle(
        *(deed.world, deed.before, deed.after),
        withheld=frozenset(f["address"] for f in deed.again["findings"] if f["code"] in WITHHELD),
        written=frozenset(),
        unread=deed.unread | unread,
    )
    assert [*oracle.unmet()] == []


def leaves_nothing_that_nobody_touched(deed: Deed) -> None:
    """What a person did meanwhile is left to the next run; all else is as declared."""
    moment, ran = deed.moment, deed.runs[0]
    if moment is None or not deed.direct or ran.code:
        return
    theirs = {
        address(kind, {ours: one[theirs]})
        for kind, (ours, theirs) in IDENTITY.items()
        for side in (deed.before, moment.before, moment.after, deed.after)
        for one in side[kind]
        if one["_id"] in moment.touched
    }
    if any(each.startswith("lists/") for each in theirs):
        # What refers to a list is theirs as well.
        return
    found = ran.json["findings"]
    unread = {f["address"] for f in found if f["code"] in ("unreadable", "rewritten")}
    left = frozenset(f["address"] for f in found if f["code"] in WITHHELD) | theirs
    oracle = Oracle(deed.world, deed.before, deed.after, left, frozenset(), deed.unread | unread)
    assert [*oracle.unmet()] == []


def writes_over_nothing_that_it_could_see(deed: Deed) -> None:
    """What somebody changed stands where the run looked at the object again before its write."""
    moment = deed.moment or Moment(deed.before, deed.before)
    wrote = any(entry in moment.earlier for entry in deed.log)
    told = [(entry["method"], entry["path"].split("/")[-1]) for entry in moment.since]
    for kind in IDENTITY:
        sides = (moment.before, moment.after, deed.after)
        was, then, now = ({one["_id"]: one for one in side[kind]} for side in sides)
        for id in moment.touched & was.keys() & then.keys() & now.keys():
            later = told[told.index(("GET", id)) :] if ("GET", id) in told else []
            read = any(entry["path"].endswith(id) for entry in moment.earlier)
            if deed.direct and not (wrote or read):
                # It may have been planned after the change.
                continue
            if any(method != "GET" and each == id for method, each in later):
                changed = {key for key in then[id] if then[id][key] != was[id].get(key)}
                for key in changed - {"__v", "updatedAt"}:
                    assert now[id][key] == then[id][key], (kind, id, key)
                assert kind != "campaigns" or then[id]["status"] == "draft", id


def tells_of_a_state_that_was(deed: Deed) -> None:
    """What is told of a resource is so before somebody acted, or after it, if not an error."""
    if not deed.looks or any(ran.code not in (0, 2, 7, 9) for ran in (*deed.runs, *deed.looks)):
        return
    (ran,) = deed.runs
    first, last = (_told(look.json) for look in deed.looks)
    now = _told(ran.json)
    for each in first.keys() | last.keys() | now.keys():
        assert now.get(each, []) in (first.get(each, []), last.get(each, [])), each


def _told(document: Any) -> dict[str, list[str]]:
    """What the steps of a plan change, or what items a drift has, by address."""
    told: dict[str, list[str]] = {}
    for step in document.get("steps", ()):
        changes = [[c["path"], c["before"], c["after"]] for c in step["changes"]]
        told.setdefault(step["address"], []).append(json.dumps([step["action"], changes]))
    for item in document.get("items", ()):
        told.setdefault(item["address"], []).append(json.dumps([item["field"], item["class"]]))
    return told


LAWS = (
    ends_as_promised,
    writes_no_more_than_drafts,
    changes_only_what_is_declared,
    makes_nothing_twice,
    deletes_with_leave_alone,
    leaves_nothing_where_all_is_well,
    writes_over_nothing_that_it_could_see,
    tells_of_a_state_that_was,
)


def holds_no_key(folder: Path, key: str) -> None:
    for path in folder.rglob("*"):
        assert not (path.is_file() and key.encode() in path.read_bytes()), path


def ends_well(deed: Deed) -> None:
    """In the end all is as declared, or the run says what a person has to settle first."""
    (ran,) = deed.runs
    if ran.code:
        steps = [step["state"] for step in ran.json.get("steps", ())]
        assert ran.json.get("findings") or {"unknown", "failed"} & {*steps}, ran.out


@pytest.mark.parametrize("part", range(PARTS))
def test_no_story_breaks_a_law(laboratory: Laboratory, forks: Forks, part: int) -> None:
    for number in range(FIRST + part, FIRST + STORIES, PARTS):
        story = Story(laboratory, forks, number)
        try:
            for deed in story.tell():
                for law in LAWS:
                    law(deed)
            ends_well(deed)
            holds_no_key(story.project.folder, story.key)
        except Exception as error:
            again = f"BMECONF_SEED={number} BMECONF_STORIES=1 pytest --timeout=0 {__file__}"
            told = "\n".join(story.log)
            raise AssertionError(f"story {number}: {again}\n{told}") from error
