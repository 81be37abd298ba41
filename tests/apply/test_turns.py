"""One writing run a project at a time: real processes, beside each other in one folder."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Iterator

import pytest

from bmeconf.baseline import LockEntry, Section
from bmeconf.baseline.lock_store import merged
from tests.support.driver import LOCK, Account, Project, ended
from tests.support.fake_server import Action, Cut, FakeServer, Forward, Rule, Seen

APPLY = ("apply", "--auto-approve", "--format", "json")
WRITE = "(POST|PUT|PATCH|DELETE) (?!/api/contact/search).*"


class Gate:
    """Holds the first write of a project's account until `let` is called."""

    def __init__(self, cut: Cut) -> None:
        self.reached, self.opened = threading.Event(), threading.Event()
        self.server: FakeServer = cut(Rule(WRITE, self._hold, times=1))

    def _hold(self, seen: Seen, forward: Forward) -> Action:
        self.reached.set()
        assert self.opened.wait(60)
        return forward()

    def let(self) -> None:
        self.opened.set()


@pytest.fixture
def gate(cut: Cut) -> Iterator[Gate]:
    gate = Gate(cut)
    yield gate
    gate.let()


@pytest.fixture
def first(project: Project, gate: Gate) -> Iterator[subprocess.Popen[bytes]]:
    """An apply in a process of its own, which is in the middle of its first write."""
    project.declare(lists=[{"name": "Autumn", "protect": True}, {"name": "Winter"}])
    with project.start(*APPLY) as process:
        assert gate.reached.wait(60)
        yield process
        gate.let()


def line_of(process: subprocess.Popen[bytes]) -> str:
    assert process.stderr
    return process.stderr.readline().decode()


def test_a_second_apply_waits_and_finds_nothing_left_to_do(
    project: Project, account: Account, gate: Gate, first: subprocess.Popen[bytes]
) -> None:
    before = len(gate.server.seen)
    with project.start(*APPLY) as second:
        said = line_of(second)
        assert f"Waiting for bmeconf apply (process {first.pid}, since " in said
        assert said.endswith(" to end, 10m at most.\n")
        assert len(gate.server.seen) == before
        gate.let()
        one, two = ended(first).ok(), ended(second).ok()
    assert (len(one.json["steps"]), two.json["steps"]) == (2, [])
    assert account.names().count("Autumn") == account.names().count("Winter") == 1
    assert {*project.remembered()} == {"lists/Autumn", "lists/Winter"}


def test_the_plan_of_a_run_that_waited_is_checked_as_ever(
    project: Project, gate: Gate, first: subprocess.Popen[bytes]
) -> None:
    project.run("plan", "--out", "p.json").ok()
    with project.start("apply", "p.json") as second:
        assert "Waiting for" in line_of(second)
        gate.let()
        ended(first).ok()
        assert ended(second).code == 6


WRITING = (
    "apply --auto-approve",
    "apply p.json",
    "apply --resume JOURNAL",
    "apply --resume latest.jsonl",
    "drift --record",
    "pull --force",
)


def test_what_writes_is_refused_before_its_first_request(
    project: Project, gate: Gate, first: subprocess.Popen[bytes]
) -> None:
    project.run("plan", "--out", "p.json").ok()
    journal = project.journal()
    (project.folder / "latest.jsonl").symlink_to(journal)
    files, before = project.files(), len(gate.server.seen)
    for command in WRITING:
        words = [str(journal) if word == "JOURNAL" else word for word in command.split()]
        ran = project.run(*words, "--lock-timeout", "0s")
        assert (ran.code, len(gate.server.seen), project.files()) == (1, before, files), command
        assert f"(process {first.pid}, since " in ran.err
        assert "still writing to this project; nothing was sent" in ran.err
        assert "--lock-timeout" in ran.err
    # Patience has an end, too.
    assert project.run("apply", "--auto-approve", "--lock-timeout", "1s").code == 1


def test_what_only_reads_does_not_wait(project: Project, first: subprocess.Popen[bytes]) -> None:
    for command in ("plan", "drift", "validate"):
        assert "Waiting" not in project.run(command).err
    assert first.poll() is None


def test_a_checkout_of_its_own_is_a_project_of_its_own(
    project: Project, tmp_path_factory: pytest.TempPathFactory, first: subprocess.Popen[bytes]
) -> None:
    other = Project(tmp_path_factory.mktemp("other"), project.env)
    other.declare(lists=[{"name": "Spring"}])
    other.apply("--lock-timeout", "0s")


def test_a_project_is_one_under_each_of_its_names(
    project: Project, tmp_path_factory: pytest.TempPathFactory, first: subprocess.Popen[bytes]
) -> None:
    link = tmp_path_factory.mktemp("links") / "here"
    link.symlink_to(project.folder)
    assert Project(link, project.env).run(*APPLY, "--lock-timeout", "0s").code == 1


def test_a_run_that_was_killed_is_waited_for_by_none(
    project: Project, gate: Gate, first: subprocess.Popen[bytes]
) -> None:
    first.kill()
    first.wait(60)
    gate.let()
    again = project.run(*APPLY, "--lock-timeout", "0s").ok()
    assert "Waiting" not in again.err


def test_a_wait_can_be_interrupted(
    project: Project, gate: Gate, first: subprocess.Popen[bytes]
) -> None:
    with project.start(*APPLY) as second:
        line_of(second)
        second.terminate()
        assert ended(second).code == 130


@pytest.mark.parametrize("age", ["soon", "", "-1s", "1"])
def test_a_bound_is_a_duration(project: Project, account: Account, age: str) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    ran = project.run(*APPLY, "--lock-timeout", age)
    assert (ran.code, account.writes()) == (3, [])
    assert f"--lock-timeout {age}: not a duration" in ran.json["error"]["message"]


def test_a_run_leaves_its_lock_free_and_says_nothing(project: Project) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    assert project.run(*APPLY, "--lock-timeout", "0s").ok().err.count("lock") == 0
    assert not (project.folder / ".bmeconf" / "run.txt").exists()


# --- the lock file is merged by entry


def test_what_came_into_the_lock_file_meanwhile_stays(
    project: Project,
    account: Account,
    tmp_path_factory: pytest.TempPathFactory,
    gate: Gate,
    first: subprocess.Popen[bytes],
) -> None:
    other = Project(tmp_path_factory.mktemp("other"), project.env)
    other.deploy(lists=[{"name": "Customers", "protect": True}])
    project.write(LOCK, other.lock_text())
    gate.let()
    ended(first).ok()
    assert {*project.remembered()} == {"lists/Autumn", "lists/Customers", "lists/Winter"}
    project.declare(lists=[{"name": "Customers", "state": "absent"}])
    assert project.run("plan").code == 7


def entry(id: str, sent: str = "", protect: bool = False) -> LockEntry:
    return LockEntry(id, {"name": sent} if sent else {}, protect=protect)


def section(**entries: LockEntry) -> Section:
    return Section("a", "b", {f"lists/{name}": each for name, each in entries.items()})


MERGED: dict[str, tuple[Section, Section, Section, Section]] = {
    "made by another": (
        *(section(), section(A=entry("1")), section(B=entry("2", protect=True))),
        section(A=entry("1"), B=entry("2", protect=True)),
    ),
    "changed by another": (
        *(section(A=entry("1", "x")), section(A=entry("1", "x"))),
        *(section(A=entry("1", "y", True)), section(A=entry("1", "y", True))),
    ),
    "forgotten by another": (section(A=entry("1")), section(A=entry("1")), section(), section()),
    "protected by another": (
        *(section(A=entry("1", "x")), section(A=entry("1", "y"))),
        *(section(A=entry("1", "x", True)), section(A=entry("1", "y", True))),
    ),
    "protected here": (
        *(section(A=entry("1")), section(A=entry("1", protect=True))),
        *(section(A=entry("1", "y")), section(A=entry("1", protect=True))),
    ),
    "lifted here": (
        *(section(A=entry("1", protect=True)), section(A=entry("1"))),
        *(section(A=entry("1", protect=True)), section(A=entry("1"))),
    ),
    "deleted here": (
        *(section(A=entry("1")), section(), section(A=entry("1", "y"), B=entry("2"))),
        section(B=entry("2")),
    ),
    "deleted here, made anew by another": (
        *(section(A=entry("1")), section(), section(A=entry("3"))),
        section(A=entry("3")),
    ),
    "renamed here, protected by another": (
        *(section(A=entry("1", "x")), section(B=entry("1", "x"))),
        *(section(A=entry("1", "x", True)), section(B=entry("1", "x", True))),
    ),
    "renamed by another": (
        *(section(A=entry("1", "x")), section(A=entry("1", "y"))),
        *(section(B=entry("1", "x")), section(A=entry("1", "y"))),
    ),
}


@pytest.mark.parametrize("case", MERGED)
def test_a_run_changes_its_own_entries_alone(case: str) -> None:
    before, after, now, then = MERGED[case]
    assert merged(before, after, now) == then
