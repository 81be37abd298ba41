"""Whoever does whatever in between: nothing but what is declared, and nothing of anybody's.

Each story is one number: generated manifests over a generated account, then applies (killed,
resumed, saved, two at once, with faults), a person at the web app, an author of manifests and a
forger of the program's own files, in any order. 12 stories in an ordinary run, the same ones each
time; 1,000 others every night (BMECONF_STORIES). A story that fails says its number:

BMECONF_SEED=137 BMECONF_STORIES=1 pytest --timeout=0 tests/laws/test_stories.py
"""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from tests.support.forks import Forks
from tests.support.laboratory import Laboratory
from tests.support.oracle import IDENTITY, WITHHELD, Oracle, address, key_of, meant
from tests.support.stories import Deed, Story
from tests.support.strategies import FROZEN_CONTACTS, STRUCTURE

pytestmark = pytest.mark.long

STORIES, PARTS = int(os.environ.get("BMECONF_STORIES", "12")), 3
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
        assert ran.code in CODES or (ran.code == INTERRUPTED and "SIGINT" in deed.said), ran.err
        assert "Traceback" not in ran.err, ran.err
        assert ran.json["exit_code"] == ran.code
        if len(deed.runs) == 1 and ran.code in UNWRITTEN and "--resume" not in deed.said:
            assert not landed, ran.out
    if deed.said.startswith("plan"):
        assert deed.log == []


def writes_no_more_than_drafts(deed: Deed) -> None:
    """No request is so much as sent to change what is no draft, or has bounced."""
    closed = {c["_id"] for c in deed.before["campaigns"] if c["status"] != "draft"}
    for contact in deed.before["contacts"]:
        if contact["status"].get("secondary") in FROZEN_CONTACTS:
            closed.add(contact["_id"])
    written = {e["path"].split("/")[-1]: e for e in deed.log}
    assert not closed & written.keys()


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
    assert found == []
    if not deed.direct:
        moved = {o["_id"] for k in IDENTITY for o in deed.before[k]} & deed.touched
        assert not moved & written


def makes_nothing_twice(deed: Deed) -> None:
    """One object for a name, and none of a name that nobody declares but a copy cut off."""
    for kind, (ours, theirs) in IDENTITY.items():
        was, now = (
            Counter(
                key_of(kind, o[theirs])
                for o in side[kind]
                if kind == "campaigns" or o["contactStructureId"] == STRUCTURE
            )
            for side in (deed.before, deed.after)
        )
        declared = {key_of(kind, e[ours]) for e in deed.world.manifest[kind] if "state" not in e}
        for name, count in now.items():
            if count > was[name]:
                assert count == 1, (kind, name)
                cut_off = name.startswith("Copy of") and any(ran.code for ran in deed.runs)
                assert name in declared or cut_off, (kind, name)


def deletes_with_leave_alone(deed: Deed) -> None:
    """What is deleted was declared absent, and somebody said so on the command line."""
    gone = {e["path"].split("/")[-1] for e in deed.log if e["method"] == "DELETE"}
    leave = {
        found["_id"]
        for kind in IDENTITY
        for entry in deed.world.manifest[kind]
        if "state" in entry and address(kind, entry) in deed.leave
        if (found := meant(deed.world, deed.before, kind, entry))
    }
    if "--resume" not in deed.said:
        assert gone <= leave


def leaves_nothing_where_all_is_well(deed: Deed) -> None:
    """After an exit code 0 there is nothing to do, and the account is as declared."""
    if deed.again is None:
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


LAWS = (
    ends_as_promised,
    writes_no_more_than_drafts,
    changes_only_what_is_declared,
    makes_nothing_twice,
    deletes_with_leave_alone,
    leaves_nothing_where_all_is_well,
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
