"""Whatever breaks in the middle: nothing is doubled, nothing is lost, and the report is true.

Generated accounts, manifests and fault schedules are driven through `apply`, again and again
until it succeeds, against the real simulator; now and then a run is a process that is killed.
8 schedules in an ordinary run, the same ones each time; 2,000 others every night;
BMECONF_SCHEDULES=5000 pytest --timeout=0 tests/laws/test_faults.py tries that many.
BMECONF_SEED=1 tries others.
"""

from __future__ import annotations

import itertools
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

import pytest
from hypothesis import given, seed, settings
from hypothesis import strategies as st

from bmeconf.sandbox.switches import Switches
from tests.support.driver import HASTE, Account, Project, Ran, writes
from tests.support.forks import Forks
from tests.support.laboratory import Laboratory
from tests.support.oracle import IDENTITY, WITHHELD, Oracle, key_of
from tests.support.strategies import (
    DIALECTS,
    STRUCTURE,
    Data,
    World,
    examples,
    faults,
    worlds,
)

pytestmark = pytest.mark.long

SCHEDULES, PARTS, HANDFUL = int(os.environ.get("BMECONF_SCHEDULES", "8")), 2, 10
SEED = int(os.environ.get("BMECONF_SEED", "0"))
FROZEN_CODES = {0, 1, 4, 5, 6, 7, 8, 130}
IN_OTHER_WORDS = ("unreadable", "rewritten")


@dataclass(frozen=True)
class Schedule:
    """What will go wrong: faults of the service, and lines at which a run is killed.

    `ways` are the commands by which it is tried, one after the other. With one read at a time it
    hits the same requests each time; with more, chance has a say.
    """

    faults: list[Data]
    kills: list[tuple[int, str]]
    ways: list[str]
    dialect: Data
    parallel: int

    @property
    def lag(self) -> float:
        """Seconds after which a search shows everything."""
        slow = any(fault["kind"] == "slow-index" for fault in self.faults)
        return 0.25 if slow or "search_lag_ms" in self.dialect else 0.0


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    """A schedule that is over at some time."""
    kill = st.tuples(st.integers(1, 30), st.sampled_from(("before", "after")))
    way = st.sampled_from(("apply", "resume", "saved"))
    return Schedule(
        draw(st.lists(faults(), min_size=1, max_size=6)),
        draw(st.lists(kill, max_size=1)),
        ["apply", *draw(st.lists(way, min_size=1, max_size=3))],
        draw(st.sampled_from(DIALECTS)),
        draw(st.sampled_from((1, 4))),
    )


class Noted(NamedTuple):
    """A write in the journal, and what the answer said; None where there is no such line."""

    line: Data
    fate: str | None


def noted(told: list[Data]) -> Iterator[Noted]:
    """The writes of some journal lines, in order."""
    for line, after in itertools.zip_longest(told, told[1:], fillvalue={"event": "end"}):
        if line["event"] == "write":
            yield Noted(line, after["fate"] if after["event"] == "answer" else None)


@dataclass(frozen=True)
class Attempt:
    """What one command did: its exit code, the writes that arrived, the lines it journalled."""

    code: int
    log: list[Data]
    told: list[Data]

    @property
    def killed(self) -> bool:
        return self.code == -signal.SIGKILL

    @property
    def arrived(self) -> list[Noted]:
        """The journalled writes that the server must have seen."""
        sent = [each for each in noted(self.told) if each.fate != "not sent"]
        if self.killed and len(sent) == len(self.log) + 1 and sent[-1].fate is None:
            # It was put down, and the process died before it was sent.
            sent.pop()
        return sent


def journal_agrees(attempt: Attempt) -> None:
    """The journal knows of every write that arrived, in order, and what came of it."""
    written = [(each.line["method"], each.line["path"]) for each in attempt.arrived]
    assert written == [(entry["method"], entry["path"]) for entry in attempt.log]
    for each, entry in zip(attempt.arrived, attempt.log, strict=True):
        assert not (each.fate == "taken" and not entry["done"]), (each, entry)
        assert not (each.fate == "refused" and entry["done"]), (each, entry)


def report_is_true(attempt: Attempt, result: Data, resumed: bool) -> None:
    """The report is complete, each step in one state, and true by the server's own log."""
    assert result["exit_code"] == attempt.code
    assert ("error" in result) == (attempt.code != 0)
    done = any(entry["done"] for entry in attempt.log)
    if not result.get("steps"):
        assert attempt.log == []
        return
    states = Counter(step["state"] for step in result["steps"])
    amiss = any(finding["code"] == "not_converged" for finding in result["findings"])
    whole = states["applied"] == len(result["steps"]) and not amiss
    assert whole or attempt.code, result
    if attempt.code == 8:
        # `applied` without a write of its own: the answer was lost, and what an earlier run had
        # made came to light.
        assert done or resumed or states["unknown"] or states["applied"], result
    elif attempt.code:
        assert not done, (result, attempt.log)
    for step in result["steps"]:
        step_is_true(attempt, step)


def step_is_true(attempt: Attempt, step: Data) -> None:
    """The state of one step, by what the server did for it."""
    pairs = zip(attempt.arrived, attempt.log, strict=True)
    writes = [entry["done"] for each, entry in pairs if each.line["step"] == step["id"]]
    ended = [x["state"] for x in attempt.told if x["event"] == "step" and x["step"] == step["id"]]
    state = step["state"]
    assert ended in ([], [state])
    if state == "applied":
        assert any(writes) or step["message"], step
    elif state in ("not attempted", "blocked"):
        assert writes == [], step
    elif state == "stale":
        assert not any(writes), step
    elif state == "failed":
        # The first of several writes may have been done, and what comes next was refused.
        assert not any(writes) or "done in part" in step["message"], step


@dataclass
class Life:
    """One world, driven through its schedule; each attempt is judged as it is made."""

    account: Account
    forks: Forks
    world: World
    schedule: Schedule
    project: Project
    before: Any
    deletes: Data
    """Id by address of what is to be deleted."""
    unread: frozenset[str] = frozenset()
    """Addresses of which a run has said that they cannot be compared word for word."""
    hits: int = 0
    kills: int = 0

    def run_its_course(self) -> None:
        """Every way of the schedule, then one more where nothing goes wrong."""
        kills = itertools.chain(self.schedule.kills, itertools.repeat(None))
        for way, kill in zip(self.schedule.ways, kills, strict=False):
            self._try(way, kill)
        self.hits = sum(self.account.fault_hits())
        self.account.faults()
        time.sleep(self.schedule.lag)
        self._settle()

    def _try(self, way: str, kill: tuple[int, str] | None) -> None:
        last = self.project.journals()[-1:]
        if way == "resume" and last and "\n" in last[0].read_text():
            self._attempt(kill, "apply", "--format", "json", "--resume", str(last[0]))
            return
        if way == "saved":
            plan = self.project.folder / "plan.json"
            if self._attempt(None, "plan", "--out", plan.name) == 0:
                plan.with_name("plan.json.applied").unlink(missing_ok=True)
                self._attempt(kill, "apply", plan.name, "--format", "json", *self._allowed())
            return
        self._attempt(kill, "apply", "--auto-approve", "--format", "json", *self._allowed())

    def _attempt(self, kill: tuple[int, str] | None, *arguments: str) -> int:
        """One command; every law that a single run must keep is checked."""
        self.account.clear_log()
        had = {path: path.read_text().count("\n") for path in self.project.journals()}
        ran = self._run(kill, *arguments, f"--parallel={self.schedule.parallel}")
        log = writes(self.account.log())
        told = [
            json.loads(text)
            for path in self.project.journals()
            for text in path.read_text().splitlines(keepends=True)[had.get(path, 0) :]
            if text.endswith("\n")
        ]
        attempt = Attempt(ran.code, log, told)
        journal_agrees(attempt)
        self._no_twins()
        if attempt.killed:
            self.kills += 1
            if "body_rewriting" in self.schedule.dialect:
                # It may have died between the lock file and the report, which is all that tells
                # once that the service has words of its own.
                self.unread |= {step["address"] for step in self._begun()}
            return ran.code
        assert ran.code in FROZEN_CODES, ran.err
        assert "Traceback" not in ran.err, ran.err
        if arguments[0] == "apply":
            report_is_true(attempt, ran.json, "--resume" in arguments)
            self.unread |= _found(ran.json, *IN_OTHER_WORDS)
        else:
            assert log == []
        return ran.code

    def _run(self, kill: tuple[int, str] | None, *arguments: str) -> Ran:
        """One command; only what is to be killed has to be a process of its own."""
        if kill is None:
            return self.project.run(*arguments)
        folder, (line, when) = self.project.folder, kill
        code = self.forks.run(
            *(folder, self.project.env, *arguments), line=line, when=when, haste=HASTE
        )
        return Ran(code, *((folder / f"{name}.txt").read_text() for name in ("out", "err")))

    def _begun(self) -> list[Data]:
        """The steps of every plan that a run has begun."""
        texts = [path.read_text() for path in self.project.journals()]
        heads = [json.loads(text.partition("\n")[0]) for text in texts if "\n" in text]
        return [step for head in heads for step in head["plan"]["steps"]]

    def _allowed(self) -> list[str]:
        """Acknowledgements of what is still to be deleted."""
        state = self.account.state()
        there = {o["_id"] for kind in IDENTITY for o in state[kind]}
        return [f"--allow-delete={address}" for address, id in self.deletes.items() if id in there]

    def _no_twins(self, copies: bool = True) -> None:
        """No object is there twice, and none that nobody declared.

        A copy whose making was cut off may have no name yet: only where `copies` may be.
        """
        state = self.account.state()
        for kind, (ours, theirs) in IDENTITY.items():
            was = Counter(key_of(kind, o[theirs]) for o in _ours(self.before, kind))
            now = Counter(key_of(kind, o[theirs]) for o in _ours(state, kind))
            declared = {key_of(kind, entry[ours]) for entry in self.world.manifest[kind]}
            for name, count in now.items():
                assert count <= max(was[name], 1), (kind, name)
                unnamed = copies and "copy of" in name.lower()
                assert name in was or name in declared or unnamed, (kind, name)

    def _tidied(self, result: Data) -> bool:
        """A person deletes each copy that a report names as touched by somebody; whether any."""
        doubts = [f["message"] for f in result["findings"] if f["code"] == "outcome_unclear"]
        state = self.account.state()
        for kind in IDENTITY:
            state[kind] = [o for o in state[kind] if not any(o["_id"] in each for each in doubts)]
        self.account.set(state)
        return bool(doubts)

    def _settle(self) -> None:
        apply = ("apply", "--auto-approve", "--format", "json")
        ran = self.project.run(*apply, *self._allowed())
        # 8 where another step was done beside the one in doubt.
        if ran.code in (6, 8) and self._tidied(ran.json):
            ran = self.project.run(*apply, *self._allowed())
        assert ran.code == 0, (ran.out, ran.err)
        time.sleep(self.schedule.lag)
        plan = self.project.plan()
        assert plan["steps"] == []
        self._no_twins(copies=False)
        oracle = Oracle(
            self.world,
            self.before,
            self.account.state(),
            withheld=_found(plan, *WITHHELD),
            written=frozenset(step["pin"]["id"] for step in self._begun() if step["pin"]),
            unread=self.unread | _found(ran.json, *IN_OTHER_WORDS),
        )
        assert [*oracle.unmet()] == []
        assert [*oracle.undeclared()] == []


def _ours(state: Any, kind: str) -> list[Data]:
    """The objects of the contact structure that is in use."""
    return [o for o in state[kind] if kind == "campaigns" or o["contactStructureId"] == STRUCTURE]


def _found(document: Data, *codes: str) -> frozenset[str]:
    return frozenset(f["address"] for f in document.get("findings", ()) if f["code"] in codes)


def begun(laboratory: Laboratory, forks: Forks, world: World, schedule: Schedule) -> Life:
    """`world`, about to be driven through `schedule`."""
    account = laboratory.account
    account.faults()
    limits = {"hour_limit": 10**9, "month_quota": 10**9}
    account.switch(**{**Switches().as_dict(), **limits, **schedule.dialect})
    before = account.set(world.account)
    project = laboratory.project([world.manifest])
    steps = project.plan()["steps"]
    deletes = {s["address"]: s["pin"]["id"] for s in steps if s["action"] == "delete"}
    account.faults(*schedule.faults)
    return Life(account, forks, world, schedule, project, before, deletes)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_schedule_of_faults_breaks_a_law(
    laboratory: Laboratory, forks: Forks, part: int
) -> None:
    seen: Counter[str] = Counter()

    @settings(examples(1), max_examples=SCHEDULES // PARTS)
    @seed(SEED * PARTS + part)
    @given(worlds(), schedules())
    def law(world: World, schedule: Schedule) -> None:
        life = begun(laboratory, forks, world, schedule)
        life.run_its_course()
        seen.update(schedules=1, faults=life.hits, kills=life.kills)

    law()
    # Schedules that hit nothing prove nothing. A handful may be unlucky.
    assert seen["faults"] > seen["schedules"] or seen["schedules"] < HANDFUL


@pytest.mark.parametrize("fault", ["twice", "twice-drop"])
@pytest.mark.parametrize(
    ("kind", "entry", "path"),
    [
        ("lists", {"name": "Autumn"}, "/api/contact-structure/*/lists"),
        (
            "lists",
            {"name": "Autumn", "copy_of": "Newsletter"},
            "/api/contact-structure/*/duplicate",
        ),
        ("contacts", {"email": "a@acme.example"}, "/api/contact"),
        ("campaigns", {"name": "Autumn"}, "/api/email/campaign"),
    ],
)
def test_what_a_gateway_does_twice_is_told(
    project: Project, account: Account, kind: str, entry: Data, path: str, fault: str
) -> None:
    project.declare(**{kind: [entry]})
    account.faults({"kind": fault, "method": "POST", "path": path})
    ran = project.run("apply", "--auto-approve", "--format", "json")
    assert account.fault_hits() == [1]
    if kind != "lists":
        # There the service refuses the second.
        assert ran.code == 0, ran.out
        return
    made = [row for row in account.state()["lists"] if row["name"] == "Autumn"]
    assert len(made) == 2
    assert ran.code == 8
    assert ran.json["converged"] is False
    (finding,) = [f for f in ran.json["findings"] if f["code"] == "landed_twice"]
    assert all(row["_id"] in finding["message"] for row in made)
