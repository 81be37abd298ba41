"""Any stream, any terminal: every command and format ends alike, whatever stream it speaks on.

An ordinary run tries a part of the streams with each command and format; BMECONF_STREAMS=1 tries
every one.
"""

from __future__ import annotations

import io
import os
import re
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TextIO

import pytest

from bmeconf.cli.streams import Stream
from bmeconf.render import FORMATS
from tests.support.driver import LOCK, Account, Project
from tests.support.terminal import unread

WHOLE = os.environ.get("BMECONF_STREAMS") == "1"
PART = 16
"""So many streams less are tried with each command and format in an ordinary run."""
NAME = "Žluťoučký “kůň” 🐴"
MANIFEST = f"version: 1\nlists: [{{name: {NAME}, renamed_from: [Newsletter]}}, {{name: é}}]\n"
BAD = f"version: 1\nlists: [{{name: {NAME}, colour: é}}, {{name: Nonesuch, id: x}}]\n"
VARIES = re.compile(r"[0-9a-f]{8,}|\d+(?:\.\d+)?")
"""Digests, ids, times and durations."""

OPEN = Callable[[], TextIO]
ENCODINGS = (
    *("ascii", "ascii:replace", "ascii:ignore", "ascii:surrogateescape"),
    *("cp1252", "cp1252:xmlcharrefreplace", "latin-1", "cp437", "shift_jis", "iso2022_jp"),
    *("utf-8", "utf-8:surrogateescape", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"),
)


class Odd(io.TextIOWrapper):
    """A stream in memory with another encoding, written as PYTHONIOENCODING takes it."""

    def __init__(self, encoding: str) -> None:
        self.bytes = io.BytesIO()
        name, _, errors = encoding.partition(":")
        super().__init__(self.bytes, name, errors or "strict", newline="", write_through=True)

    def text(self) -> str:
        return self.bytes.getvalue().decode(self.encoding)


@dataclass(frozen=True)
class Case:
    """A command that has formats: what it is run on, its exit code, what comes first."""

    arguments: tuple[str, ...]
    code: int = 0
    manifest: str = MANIFEST
    first: tuple[str, ...] = ()


CASES = {
    "validate": Case(("validate",)),
    "problems": Case(("validate",), 3, BAD),
    "plan": Case(("plan",)),
    "changes": Case(("plan", "--detailed-exitcode"), 2),
    "no plan": Case(("plan", "--target", f"lists/{NAME}!"), 3),
    "show": Case(("show", "plan.json"), first=("plan", "--out", "plan.json")),
    "apply": Case(("apply", "--auto-approve")),
    "saved": Case(("apply", "plan.json"), first=("plan", "--out", "plan.json")),
    "not approved": Case(("apply",), 3),
    "drift": Case(("drift",), 2),
    "pull": Case(("pull", "--out", "new", "--target", "lists/*")),
    "report": Case(("report",)),
    "accounts": Case(("accounts",)),
    "doctor": Case(("doctor",)),
    "probe": Case(("probe",)),
    "not compared": Case(("compare", NAME, "é"), 3),
    "no accounts": Case(("plan", "--all-accounts"), 3),
    "no option": Case(("plan", "--nonsense", "é"), 3),
}
PLAIN = {
    "help": (("--help",), 0),
    "help of a command": (("apply", "--help"), 0),
    "version": (("--version",), 0),
    "nothing": ((), 0),
    "init": (("init", "new"), 0),
    "init in the way": (("init", "m.yaml"), 3),
    "schema": (("schema",), 0),
    "no schema": (("schema", NAME), 3),
    "no command": ((NAME,), 3),
    "reset": (("sandbox", "reset"), 0),
}
"""Commands without formats."""


@contextmanager
def full() -> Iterator[TextIO]:
    with io.TextIOWrapper(open("/dev/full", "wb", 0), "utf-8", write_through=True) as stream:
        yield stream


@contextmanager
def gone() -> Iterator[TextIO]:
    with unread() as number, open(number, "w", encoding="utf-8", closefd=False) as stream:
        yield stream


def part(number: int) -> Sequence[str]:
    """The encodings that are tried in an ordinary run, others for each number."""
    return ENCODINGS if WHOLE else ENCODINGS[number % PART :: PART]


class Bench:
    """A project and an account that are as at the beginning before every run."""

    def __init__(self, project: Project, account: Account, manifest: str = MANIFEST) -> None:
        self.project, self.account = project, account
        project.write("m.yaml", manifest)
        self.state, self.kept = account.state(), project.files()

    def ended(self, out: TextIO, err: TextIO, *arguments: str) -> tuple[int, dict[str, str]]:
        """The exit code of one run, and the files that it wrote."""
        self.account.set(self.state)
        shutil.rmtree(self.project.folder / ".bmeconf", ignore_errors=True)
        for name in set(self.project.files()) - {*self.kept}:
            (self.project.folder / name).unlink()
        code = self.project.run_on(out, err, *arguments)
        files = self.project.files()
        assert {name: files.get(name) for name in self.kept} == self.kept
        written = {name: files[name].decode() for name in files if name not in self.kept}
        return code, {name: VARIES.sub("0", text) for name, text in written.items()}

    def outputs(self) -> list[str]:
        return [f"--output={format}=out.{format}" for format in FORMATS]


@pytest.fixture
def bench(project: Project, account: Account) -> Bench:
    return Bench(project, account)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("name", CASES)
def test_a_run_ends_alike_on_every_stream(
    project: Project, account: Account, name: str, format: str
) -> None:
    case = CASES[name]
    project.write("m.yaml", case.manifest)
    if case.first:
        project.run(*case.first).ok()
    bench = Bench(project, account, case.manifest)
    command = (*case.arguments, "--format", format, *bench.outputs())
    out, err = Odd("utf-8"), Odd("utf-8")
    usual = bench.ended(out, err, *command)
    assert usual[0] == case.code, out.text() + err.text()
    assert {f"out.{format}" for format in FORMATS} <= {*usual[1]}
    number = [*CASES].index(name) + FORMATS.index(format)
    for encoding in part(number):
        out, err = Odd(encoding), Odd(encoding)
        assert bench.ended(out, err, *command) == usual, (encoding, err.text())
        sane(out, err)
    for lost in (full, gone) if WHOLE else ((full, gone)[number % 2],):
        with lost() as stream:
            assert bench.ended(Odd("utf-8"), stream, *command) == usual


def sane(out: Odd, err: Odd) -> None:
    """No traceback, and nothing that is not in the stream's encoding, or was left out by it."""
    for stream in (out, err):
        text = stream.text()
        assert "Traceback" not in text
        assert "bug" not in text
        if not stream.encoding.startswith("utf"):
            assert text.isascii()


@pytest.mark.parametrize("name", PLAIN)
def test_a_command_without_formats_ends_alike_on_every_stream(bench: Bench, name: str) -> None:
    arguments, code = PLAIN[name]
    usual = bench.ended(Odd("utf-8"), Odd("utf-8"), *arguments)
    assert usual[0] == code
    for encoding in part([*PLAIN].index(name)):
        out, err = Odd(encoding), Odd(encoding)
        assert bench.ended(out, err, *arguments) == usual, (encoding, err.text())
        sane(out, err)
    for lost in (full, gone):
        err = Odd("utf-8")
        with lost() as stream:
            ended = bench.ended(stream, err, *arguments)
        # What was made stays made; what only prints has failed.
        stands = code or name in ("reset", "init")
        assert ended == (usual if stands else (1, usual[1]))
        if not code and name != "reset":
            assert err.text().count("standard output cannot be written") == (lost is full)
        sane(Odd("utf-8"), err)


@pytest.mark.parametrize("format", FORMATS)
@pytest.mark.parametrize("lost", [full, gone])
def test_an_apply_whose_stdout_is_lost_says_what_it_did(
    bench: Bench, lost: Callable[[], Iterator[TextIO]], format: str
) -> None:
    command = ("apply", "--auto-approve", "--format", format, *bench.outputs())
    usual = bench.ended(Odd("utf-8"), Odd("utf-8"), *command)
    err = Odd("utf-8")
    with lost() as stream:  # type: ignore[attr-defined]
        code, files = bench.ended(stream, err, *command)
    sane(Odd("utf-8"), err)
    if format == "text":
        # The plan is shown before anything is written, and could not be.
        assert (code, bench.account.state()) == (1, bench.state)
        assert LOCK not in files
    else:
        assert (code, files) == usual
        assert err.text().count("Warning: standard output cannot be") == (lost is full)


@pytest.mark.parametrize("lost", [full, gone, None])
@pytest.mark.parametrize("command", ["apply --auto-approve", "drift --record", "pull --out new"])
def test_what_is_done_is_not_called_failed(
    project: Project, account: Account, lost: Callable[[], Iterator[TextIO]] | None, command: str
) -> None:
    """Neither for a stdout that is lost, nor for a file of --output."""
    new = "" if command == "drift --record" else ", {name: New}"
    bench = Bench(project, account, f"version: 1\nlists: [{{name: Newsletter}}{new}]\n")
    words, err = (*command.split(), "--format", "json"), Odd("utf-8")
    usual = bench.ended(Odd("utf-8"), Odd("utf-8"), *words)
    if lost is None:
        ended = bench.ended(Odd("utf-8"), err, *words, "--output", "text=/dev/full")
    else:
        with lost() as stream:  # type: ignore[attr-defined]
            ended = bench.ended(stream, err, *words)
    assert ended == usual
    assert LOCK in ended[1] or command.startswith("pull")
    assert ("Warning: " in err.text()) == (lost is not gone)
    assert "Error: " not in err.text()


def test_pages_in_ascii_are_exact(bench: Bench) -> None:
    for format, reference in (("html", f"&#{ord('Ž')};"), ("junit", f"&#{ord('🐴')};")):
        out = Odd("cp1252")
        bench.ended(out, Odd("cp1252"), "plan", "--format", format)
        assert reference in out.text()
        assert "\\u" not in out.text()


class Terminal(Odd):
    """A stream that a person watches."""

    def isatty(self) -> bool:
        return True


TERMINALS: dict[str, tuple[dict[str, str], tuple[str, ...], tuple[bool, bool]]] = {
    "ordinary": ({}, (), (True, False)),
    "dumb": ({"TERM": "dumb"}, (), (False, False)),
    "NO_COLOR": ({"NO_COLOR": "1"}, (), (False, False)),
    "--no-color": ({}, ("--no-color",), (False, False)),
    "FORCE_COLOR": ({"FORCE_COLOR": "1"}, (), (True, True)),
    "a dumb terminal, forced": ({"FORCE_COLOR": "1", "TERM": "dumb"}, (), (True, True)),
    "FORCE_COLOR=0": ({"FORCE_COLOR": "0"}, (), (False, False)),
    "both": ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), (False, False)),
    "forced, and told not to": ({"FORCE_COLOR": "1"}, ("--no-color",), (False, False)),
}
"""Environment and options; whether a terminal gets colour, and whether a file does."""


@pytest.mark.parametrize("name", TERMINALS)
def test_each_stream_has_colour_where_it_may(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    env, options, colours = TERMINALS[name]
    for variable in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(variable, raising=False)
    for variable, value in env.items():
        monkeypatch.setenv(variable, value)
    terminal, file = Terminal("utf-8"), Odd("utf-8")
    for streams in ((terminal, file), (file, terminal)):
        assert bench.ended(*streams, "apply", "--auto-approve", *options)[0] == 0
        assert ("\x1b[" in terminal.text(), "\x1b[" in file.text()) == colours
    for format in set(FORMATS) - {"text"}:
        out = Terminal("utf-8")
        bench.ended(out, Odd("utf-8"), "plan", "--format", format, *options)
        assert "\x1b[" not in out.text()


C_LOCALE = {"LC_ALL": "C", "LANG": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
PROCESSES: dict[str, dict[str, str]] = {
    "cp1252": {"PYTHONIOENCODING": "cp1252"},
    "utf-16": {"PYTHONIOENCODING": "utf-16"},
    "C": C_LOCALE,
}


@pytest.mark.parametrize("name", PROCESSES)
def test_a_process_of_its_own(bench: Bench, name: str) -> None:
    env = PROCESSES[name]
    bench.project.write("bödy/m.yaml", "version: 1\ncampaigns: [{name: A, body: {file: é.html}}]\n")
    bench.project.write("bödy/é.html", "<p>é</p>")
    bench.account.edit("campaigns", "Welcome", name="Žlutý kůň")
    for command in (("plan", "bödy"), ("pull", "--out", "öut", "--target", "campaigns/*")):
        options = ("--format", "markdown", "--output", "json=ř.json")
        with bench.project.start(*command, *options, env=env) as process:
            _, err = process.communicate(timeout=60)
        assert process.returncode == 0, err.decode()
        assert b"Traceback" not in err
        assert '"exit_code": 0' in (bench.project.folder / "ř.json").read_text()


def test_a_stream_that_somebody_has_closed_may_be_forgotten() -> None:
    """Python 3.13 tells of an error in what it closes by itself."""
    below = io.StringIO()
    forgotten = Stream(below, vital=True)
    below.close()
    forgotten.close()
