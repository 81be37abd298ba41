"""What a run says of its progress and its waits: a live line on a terminal, lines in a log."""

from __future__ import annotations

import io
import os
import re
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.cli.console import Console
from bmeconf.cli.main import cli
from bmeconf.cli.progress import Clock, Progress
from bmeconf.cli.session import alone
from bmeconf.cli.timings import Timings
from bmeconf.client import Budget, Exchange
from bmeconf.model.errors import Busy, Interrupted
from bmeconf.project import exclusive
from tests.support.clocks import FakeClock
from tests.support.driver import Project
from tests.support.strategies import examples
from tests.support.terminal import typed

WHY = "the API takes 60 requests a minute"
READ = Exchange("GET", "/api/email/campaign", 200, 0.25, 1000)


class Terminal(io.StringIO):
    """A terminal of so many columns, with all that was ever printed on it."""

    def __init__(self, columns: int = 80) -> None:
        super().__init__()
        self.columns, self.frames = columns, list[str]()

    def isatty(self) -> bool:
        return True

    def fileno(self) -> int:
        return -1

    def write(self, text: str) -> int:
        self.frames.append(text.strip("\r\n "))
        return super().write(text)

    @property
    def screen(self) -> list[str]:
        """The lines as a person sees them in the end."""
        rows = [""]
        for character in self.getvalue():
            if character == "\n":
                rows.append("")
                at = 0
            elif character == "\r":
                at = 0
            else:
                at = len(rows[-1]) if not rows[-1] else at
                rows[-1] = rows[-1][:at] + character + rows[-1][at + 1 :]
                at += 1
            assert len(rows[-1]) <= self.columns, "a line that is to be erased must not wrap"
        return [row.rstrip() for row in rows]


@contextmanager
def on_terminal(columns: int = 80, kind: str = "xterm") -> Iterator[Terminal]:
    """What a person watches while the block runs."""
    with pytest.MonkeyPatch.context() as patch:
        terminal = Terminal(columns)
        patch.setattr(sys, "stderr", terminal)
        patch.setattr(os, "get_terminal_size", lambda _: os.terminal_size((columns, 24)))
        patch.setenv("TERM", kind)
        yield terminal


def a_run(clock: FakeClock | None = None, stop: bool = False, **given: bool) -> Progress:
    """A run that has used 57 requests of 3,600; the time passes by its waits alone."""
    clock = clock or FakeClock()
    stopped = threading.Event()
    if stop:
        stopped.set()

    def pause(event: threading.Event, seconds: float) -> bool:
        clock.sleep(seconds)
        return event.is_set()

    progress = Progress(Console(**given), Clock(clock.time, pause), stopped)
    progress.budget = Budget(clock.time, progress.wait, used=57)
    progress.budget.learn({"X-RateLimit-Remaining": "3543"})
    return progress


def console_of(progress: Progress) -> Console:
    return progress._console


# --- in a log


@pytest.mark.parametrize(
    ("waits", "left"),
    [
        ([70], [70, 40, 10]),
        ([6], [6]),
        ([5], []),
        ([4] * 8, [4]),
        ([70, 4], [70, 40, 10]),
    ],
)
def test_a_log_says_a_wait_when_it_begins_and_then_every_30_seconds(
    waits: list[int], left: list[int], capsys: pytest.CaptureFixture[str]
) -> None:
    run = a_run()
    for seconds in waits:
        run.wait(seconds, WHY)
    state = "(Reading, 57 requests, 3,543 left in this hour)"
    assert capsys.readouterr().err.splitlines() == [
        f"Waiting {seconds} s: {WHY} {state}." for seconds in left
    ]


def test_a_quiet_run_waits_without_a_word(capsys: pytest.CaptureFixture[str]) -> None:
    a_run(quiet=True).wait(300, WHY)
    assert capsys.readouterr().err == ""


def test_a_wait_is_cut_short_but_not_within_a_step() -> None:
    clock = FakeClock()
    run = a_run(clock, stop=True)
    with pytest.raises(Interrupted):
        run.wait(70, WHY)
    assert sum(clock.waits) == 30
    run.budget.patient = True
    run.wait(70, WHY)
    assert sum(clock.waits) == 100


def test_a_wait_for_another_run_is_said_in_the_same_way(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    time = FakeClock()
    # At each turn the lock is really tried, for a moment: a few turns are enough.
    clock = Clock(time.time, lambda _, seconds: bool(time.sleep(50 * seconds)))
    with (
        exclusive(tmp_path, "bmeconf apply (process 7)", lambda other: None),
        click.Context(cli, obj=clock).scope(),
        pytest.raises(Busy, match="still writing"),
        alone(Console(), "apply", "1m", tmp_path),
    ):
        pass
    said = "Waiting for bmeconf apply (process 7) to end, {} at most."
    assert capsys.readouterr().err.splitlines() == [said.format("1m"), said.format("30 s")]


# --- on a terminal


def test_a_terminal_shows_how_far_a_run_is() -> None:
    clock = FakeClock()
    run = a_run(clock)
    with on_terminal() as terminal:
        ended = run.wave(40)
        for _ in range(10):
            clock.now += 2
            run.sent(READ)
            clock.now += 1
            ended()
        far = "Reading campaigns: 10 of 40; 57 requests; 3,543 left in this hour; 90 s to go"
        assert terminal.screen == [far]
        console_of(run).end_progress()
        run.sent(READ)
        assert terminal.screen == [""]


def test_a_terminal_counts_a_wait_down() -> None:
    with on_terminal() as terminal:
        a_run().wait(45, WHY)
    shown = [frame for frame in terminal.frames if frame]
    assert len(shown) == 45
    assert shown[0] == f"Waiting 45 s: {WHY}; Reading; 57 requests"
    assert shown[-1].startswith("Waiting 1 s: ")


def test_a_short_run_does_not_flicker() -> None:
    run = a_run()
    with on_terminal() as terminal:
        run.sent(READ)
        run.wait(0.2, WHY)
    assert terminal.frames == []


@pytest.mark.parametrize(("kind", "given"), [("dumb", {}), ("xterm", {"quiet": True})])
def test_a_terminal_that_cannot_or_shall_not_has_no_live_line(
    kind: str, given: dict[str, bool]
) -> None:
    run = a_run(**given)
    with on_terminal(kind=kind) as terminal:
        run.wait(10, WHY)
        run.sent(READ)
    assert "\r" not in terminal.getvalue()
    assert (WHY in terminal.getvalue()) is not given.get("quiet", False)


NOTE, SENT, WAVE, WAIT = "note", "sent", "wave", "wait"
EVENTS = st.lists(
    st.tuples(st.just(NOTE), st.text("ab ", min_size=1, max_size=20))
    | st.tuples(st.sampled_from([SENT, WAVE]), st.just(""))
    | st.tuples(st.just(WAIT), st.sampled_from(["0.3", "2", "7"]))
)


@examples(50)
@given(events=EVENTS, columns=st.integers(24, 200))
def test_no_line_is_ever_mixed_with_the_live_line(
    events: Sequence[tuple[str, str]], columns: int
) -> None:
    run, notes = a_run(), [text for name, text in events if name == NOTE]
    act: dict[str, Callable[[str], object]] = {
        NOTE: console_of(run).note,
        SENT: lambda _: run.sent(READ),
        WAVE: lambda _: run.wave(7)(),
        WAIT: lambda seconds: run.wait(float(seconds), WHY),
    }
    with on_terminal(columns) as terminal:
        for name, text in events:
            act[name](text)
        console_of(run).end_progress()
    assert terminal.screen == [*(note.rstrip() for note in notes), ""]


def test_threads_never_mix_their_lines() -> None:
    run = a_run()
    console = Console(verbose=True, live=console_of(run).live)

    def work(number: int) -> None:
        for _ in range(50):
            run.wait(1, WHY)
            console.trace(f"line {number}")

    with on_terminal() as terminal, ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
        console.end_progress()
    assert sorted(terminal.screen) == ["", *(f"line {n}" for n in range(4) for _ in range(50))]


# --- --verbose and --timings


def test_timings_are_a_table_of_requests_waits_and_stages() -> None:
    seconds = iter((0.3, 0.7, 0.7))
    timings = Timings(cpu=lambda: next(seconds))
    timings.stage("manifests")
    for milliseconds in (100, 200, 900):
        path = f"/api/email/campaign/64a1b2c3d4e5f6a7b8c9d0a{milliseconds}"
        timings.sent(Exchange("GET", path, 200, milliseconds / 1000, 2000))
    timings.sent(Exchange("POST", "/api/contact/search", 200, 2.0, 10))
    timings.waited(2.5, WHY)
    timings.waited(60, WHY)
    timings.stage("reading")
    assert timings.lines() == [
        "requests                          count    total s  median ms      bytes",
        "POST /api/contact/search              1       2.00       2000         10",
        "GET /api/email/campaign/{id}          3       1.20        200      6,000",
        f"2 waits, 62.5 s: {WHY}",
        "CPU: start 0.30 s, manifests 0.40 s, reading 0.00 s",
    ]


@pytest.mark.parametrize("command", ["plan", "drift", "pull", "report", "doctor"])
def test_every_command_that_reads_shows_its_requests_and_their_time(
    command: str, project: Project
) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    ran = project.run(command, "--timings", "--verbose", "--quiet")
    lines = ran.err.splitlines()
    head = next(number for number, line in enumerate(lines) if line.startswith("requests "))
    requests = [line for line in lines[:head] if line.startswith(("GET /api/", "POST /api/"))]
    assert requests
    for line in requests:
        assert re.fullmatch(r"(GET|POST) /api/[\w/-]+ \d+ in \d+ ms, [\d,]+ bytes", line), line
    assert sum(int(line.split()[2]) for line in lines[head + 1 : -1]) == len(requests)
    assert lines[-1].startswith("CPU: start ")


def test_a_failed_run_has_its_timings_too(project: Project) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    ran = project.run("plan", "--timings", "--max-requests", "1")
    assert ran.code == 5
    assert ran.err.splitlines()[-1].startswith("CPU: ")


def test_a_run_on_a_terminal_leaves_no_live_line_behind(project: Project) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    shown, code = typed(project, "apply", answer="yes\n", after="Only 'yes' will do")
    assert code == 0
    assert "Applied: 1 of 1" in shown
