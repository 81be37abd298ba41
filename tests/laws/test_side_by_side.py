"""Reads side by side: nobody can tell how many are under way, but by the time that they take.

Generated accounts, manifests, dialects and faults; the replies come in any order.
"""

from __future__ import annotations

import random
import re
import signal
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.sandbox.switches import Switches
from tests.support.driver import Account, Project, Ran, ended, writes
from tests.support.fake_server import RESET, Action, Forward, Reply, Seen, in_front_of, refusal
from tests.support.laboratory import Laboratory, allowed
from tests.support.strategies import (
    DIALECTS,
    SENT,
    STRUCTURE,
    Data,
    World,
    cells,
    examples,
    ident,
    worlds,
)

pytestmark = pytest.mark.long

PARALLEL = (1, 2, 4, 16)
COMMANDS = (("plan",), ("drift",), ("pull", "--out", "pulled"), ("report",))
ANSWERS: Mapping[str, Action] = {
    "no scope": refusal(403, "ForbiddenError", "Missing required scope: x:read"),
    "gone": refusal(404, "RecordNotFound", "not found"),
    "wrong": refusal(400, "ValidationError", "wrong"),
    "busy": refusal(429, "TooManyRequestsError", "too many", Retry_After="1"),
    "broken": refusal(503, "Unavailable", "broken"),
    "no JSON": Reply(200, b"<html>"),
    "reset": RESET,
}


class Fault(NamedTuple):
    """An answer that one of `part` requests gets, always the same ones; each draw has others."""

    what: str
    part: int
    draw: int

    def hits(self, seen: Seen) -> bool:
        key = f"{self.draw} {seen.line} {seen.query} {seen.body.decode()}"
        return crc32(key.encode()) % self.part == 0


FAULTS = st.builds(
    Fault, st.sampled_from([*ANSWERS]), st.sampled_from((2, 5, 10)), st.integers(0, 999)
)


def seen_of(ran: Ran) -> Any:
    """All that a run showed, but for what the next one has otherwise: times, what is left."""
    own = r'"(created_at|made_at|at|digest)": "[^"]*"|"(hour|month)_remaining": [0-9]+'
    out = re.sub(own, "", ran.out)
    lines = [re.sub(r"\b[0-9.]+ m?s\b|^[0-9:.]+ ", "", line) for line in ran.err.splitlines()]
    return ran.code, out, [line for line in lines if not line.startswith("Waiting ")]


def test_as_many_at_once_as_they_like_show_the_same(account: Account, tmp_path: Path) -> None:
    laboratory, ends = Laboratory(account, tmp_path), set[int]()

    @examples(8)
    @given(
        worlds(),
        st.sampled_from(DIALECTS),
        st.lists(FAULTS, max_size=1),
        st.sampled_from(COMMANDS),
    )
    def law(world: World, dialect: Data, faults: list[Fault], command: tuple[str, ...]) -> None:
        account.switch(**vars(Switches()) | {"hour_limit": 10**9, "month_quota": 10**9} | dialect)
        account.set(world.account)
        project = laboratory.project([world.manifest])

        def answer(seen: Seen, forward: Forward) -> Action:
            time.sleep(random.random() * 0.004)
            fault = next((fault for fault in faults if fault.hits(seen)), None)
            return ANSWERS[fault.what] if fault else forward()

        with in_front_of(account.sandbox.url, answer) as server:
            project.env = {**account.env, "BMECONF_BASE_URL": server.url}
            shown = []
            for number in PARALLEL:
                options = ("--format", "json", "--verbose", "--parallel", str(number))
                shown.append(seen_of(project.run(*command, *options)))
                forget_pulled(project)
            assert server.writes() == []
        for each in shown[1:]:
            assert each == shown[0]
        ends.add(shown[0][0])

    law()
    assert len(ends) > 1, ends


def forget_pulled(project: Project) -> None:
    """Remove what a pull wrote, so that the next one has the same to write."""
    for path in sorted(project.folder.glob("pulled/**/*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()


# --- how many are under way


class Watch:
    """Counts what is under way at once, and lets requests for drafts wait for `least` of these."""

    def __init__(self, least: int = 1) -> None:
        self.reads = self.writes = self.most_reads = self.most_beside_a_write = 0
        self._lock, self._met = threading.Lock(), threading.Barrier(least)

    def __call__(self, seen: Seen, forward: Forward) -> Action:
        line = {"method": seen.method, "path": seen.path}
        write = bool(writes([line]))
        with self._lock:
            self.reads, self.writes = self.reads + (not write), self.writes + write
            self.most_reads = max(self.most_reads, self.reads)
            if self.writes:
                beside = self.reads + self.writes - 1
                self.most_beside_a_write = max(self.most_beside_a_write, beside)
        if re.fullmatch("GET /api/email/campaign/[0-9a-f]+", seen.line):
            self._met.wait(20)
        reply = forward()
        with self._lock:
            self.reads, self.writes = self.reads - (not write), self.writes - write
        return reply


DRAFTS = [{"_id": ident(3, n), "name": f"Draft {n}"} for n in range(16)]


@pytest.fixture
def drafts(account: Account, project: Project) -> Account:
    """An account with sixteen drafts, all of them declared."""
    account.set({"structures": [{"_id": STRUCTURE}], "campaigns": [*DRAFTS, SENT]})
    project.declare(campaigns=[{"name": draft["name"], "subject": "New"} for draft in DRAFTS])
    return account


@pytest.mark.parametrize(
    ("policy", "options", "number"),
    [
        ("", (), 4),
        ("policy: {parallel: 2}", (), 2),
        ("policy: {parallel: 2}", ("--parallel", "16"), 16),
        ("", ("--parallel", "1"), 1),
    ],
)
def test_so_many_drafts_are_read_at_once(
    drafts: Account, project: Project, policy: str, options: tuple[str, ...], number: int
) -> None:
    if policy:
        project.write("bmeconf.yaml", f"version: 1\n{policy}\n")
    watch = Watch(number)
    with in_front_of(drafts.sandbox.url, watch) as server:
        project.env = {**drafts.env, "BMECONF_BASE_URL": server.url}
        assert len(project.plan(*options)["steps"]) == 16
    assert (watch.most_reads, watch.most_beside_a_write) == (number, 0)


@pytest.mark.parametrize("policy", ["0", "17", "many", "2.5"])
def test_a_number_that_is_none_is_refused(project: Project, policy: str) -> None:
    project.write("bmeconf.yaml", f"version: 1\npolicy: {{parallel: {policy}}}\n")
    project.declare(lists=[{"name": "A"}])
    assert "bmeconf.yaml:2:20: policy.parallel" in project.refused("plan")
    assert "--parallel" in project.refused("plan", "--parallel", policy)


@pytest.mark.parametrize(
    ("command", "sent"), cells(COMMANDS[:3], (signal.SIGINT, signal.SIGTERM)), ids=str
)
def test_an_interrupt_ends_all_reads_at_once(
    drafts: Account, project: Project, command: tuple[str, ...], sent: signal.Signals
) -> None:
    over, under_way = threading.Event(), threading.Semaphore(0)

    def answer(seen: Seen, forward: Forward) -> Action:
        if seen.path.startswith("/api/email/campaign/"):
            under_way.release()
            over.wait(60)
        return forward()

    with in_front_of(drafts.sandbox.url, answer) as server:
        project.env = {**drafts.env, "BMECONF_BASE_URL": server.url}
        with project.start(*command, "--format", "json") as process:
            assert all(under_way.acquire(timeout=30) for _ in range(4))
            began = time.monotonic()
            process.send_signal(sent)
            ran = ended(process)
            assert time.monotonic() - began < 10
        over.set()
    assert (ran.code, ran.json["error"]["code"]) == (130, "interrupted"), ran.err
    assert "Traceback" not in ran.err


def test_what_an_apply_may_delete_does_not_depend_on_it(drafts: Account, project: Project) -> None:
    gone = [{"name": draft["name"], "state": "absent"} for draft in DRAFTS[:4]]
    project.declare(campaigns=gone)
    plan = project.plan()
    assert len(project.apply(*allowed(plan), "--parallel", "16")["steps"]) == 4
    assert len(drafts.state()["campaigns"]) == 13
