"""Files that --output names: whole, where the link leads, and never in the place of a device."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bmeconf.cli.outputs import outputs, put
from bmeconf.model.errors import InvalidInput
from tests.support.driver import Account, Project
from tests.support.fake_server import Cut, Rule, meanwhile


@pytest.fixture
def declared(project: Project) -> Project:
    project.write("a.yaml", "version: 1\nlists: [{name: Autumn}]\n")
    return project


def test_a_file_is_written_where_its_link_leads(declared: Project) -> None:
    real = declared.write("kept/plan.json", "what an earlier run left")
    real.chmod(0o600)
    link = declared.folder / "plan.json"
    link.symlink_to(real)
    declared.run("plan", "--output", "json=plan.json").ok()
    assert link.is_symlink()
    assert json.loads(real.read_text())["format"] == "bmeconf.plan/1"
    assert real.stat().st_mode & 0o777 == 0o600
    assert os.listdir(real.parent) == ["plan.json"]


def test_a_pipe_stays_a_pipe(declared: Project) -> None:
    pipe = declared.folder / "pipe"
    os.mkfifo(pipe)
    came: list[str] = []
    reader = threading.Thread(target=lambda: came.append(pipe.read_text()))
    reader.start()
    declared.run("plan", "--output", "json=pipe").ok()
    reader.join(10)
    assert json.loads(came[0])["format"] == "bmeconf.plan/1"
    assert pipe.is_fifo()


def test_a_file_that_cannot_be_written_changes_what_the_others_say(declared: Project) -> None:
    files = ("--output", "json=out.json", "--output", "text=/dev/full")
    ran = declared.run("plan", *files)
    assert (ran.code, ran.err.count("Error: ")) == (3, 1)
    assert "lists/Autumn" in ran.out
    applied = declared.run("apply", "--auto-approve", "--format", "json", *files)
    assert (applied.code, applied.states) == (0, {"lists/Autumn": "applied"})
    assert "Warning: /dev/full cannot be written" in applied.err
    assert "error" not in applied.json
    assert json.loads((declared.folder / "out.json").read_text()) == applied.json
    pulled = declared.run("pull", "--target", "campaigns/*", "--out", "pulled", *files).ok()
    assert "Warning: /dev/full cannot be written" in pulled.err


def test_a_folder_that_goes_away_during_an_apply_does_not_change_its_end(
    declared: Project, account: Account, cut: Cut
) -> None:
    declared.write("out/r.json", "{}")
    gone = meanwhile(lambda: shutil.rmtree(declared.folder / "out"))
    cut(Rule("POST .*/lists.*", gone, times=1))
    ran = declared.run("apply", "--auto-approve", "--output", "json=out/r.json").ok()
    assert "Warning: out/r.json cannot be written: No such file" in " ".join(ran.err.split())
    assert account.named("lists", "Autumn")


@pytest.mark.parametrize("format", ["github", "json", "junit"])
@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_file_that_cannot_be_written_is_an_error_in_every_format(
    declared: Project, command: str, format: str
) -> None:
    ran = declared.run(command, "--format", format, "--output", "json=/dev/full")
    assert ran.code == 3
    told = {"github": "::error ", "json": '"exit_code": 3', "junit": 'failures="1"'}
    assert told[format] in ran.out
    assert "/dev/full cannot be written" in ran.out


def test_streams_of_the_run_are_written_in_their_place(declared: Project) -> None:
    command = f"{sys.executable} -m bmeconf validate --output json=/dev/stdout"
    piped = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {command} | cat"],
        cwd=declared.folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert '"format": "bmeconf.problems/1"' in piped.stdout


def test_every_error_is_an_annotation(declared: Project) -> None:
    bad = "".join(f"  - {{name: N{number}, colour: red}}\n" for number in range(15))
    declared.write("a.yaml", f"version: 1\nlists:\n{bad}")
    ran = declared.run("validate", "--format", "github")
    assert ran.out.count("::error ") == 15


MANIFEST = """\
version: 1
lists: [{name: Autumn}]
campaigns:
  - name: A
    from: news@acme.example
    subject: A
    body: {file: emails/a.html}
    plain_text: {file: emails/a.txt}
contact_files: [{csv: seeds.csv, email: Email}]
"""
FILES = {
    "m.yaml": MANIFEST,
    "part/one.yaml": "version: 1\nlists: [{name: Winter}]\n",
    "bmeconf.yaml": "version: 1\nmanifests: [m.yaml, part]\n",
    "emails/a.html": "<p>Dear {First Name}</p>\n",
    "emails/a.txt": "Dear {First Name}\n",
    "seeds.csv": "Email\nqa@acme.example\n",
    "bmeconf.lock.json": '{"format": "bmeconf.lock/1", "accounts": {}}\n',
}
PLACES = {
    "markdown=m.yaml": "would be taken for a manifest",
    "markdown=new.yml": "would be taken for a manifest",
    "text=bmeconf.yaml": "would be taken for a manifest",
    "json=link": "would be taken for a manifest",
    "json=bmeconf.lock.json": "bmeconf keeps",
    "json=.bmeconf/journals/1.jsonl": "bmeconf keeps",
    "json=.bmeconf/new.json": "bmeconf keeps",
    "html=emails/a.html": "a file that a manifest names",
    "html=./part/../emails/a.html": "a file that a manifest names",
    "text=emails/a.txt": "a file that a manifest names",
    "text=seeds.csv": "a file that a manifest names",
    "json=-": '"-" is no file',
    "json=emails": "it is a folder",
    "json=emials/r.json": "there is no folder emials",
    "json=m.yaml/r.json": "there is no folder m.yaml",
    "pdf=plan.pdf": 'no format "pdf"',
    "jsno=plan.json": 'did you mean "json"?',
    "=plan.json": "expected FORMAT=FILE",
    "json=": "expected FORMAT=FILE",
    "plan.json": "expected FORMAT=FILE",
}
COMMANDS = (
    ("validate",),
    ("plan",),
    ("plan", "part"),
    ("apply", "--auto-approve"),
    ("drift", "--record"),
    ("report",),
    ("doctor",),
    ("pull", "--force"),
    ("apply", "plan.json"),
    ("show", "plan.json"),
)


def len_or_pipe(text: str | None) -> str:
    return "a pipe" if text is None else f"{len(text):,} characters"


@pytest.fixture
def whole(project: Project, account: Account) -> Project:
    """A project with a file of every sort, and a saved plan."""
    for name, text in FILES.items():
        project.write(name, text)
    (project.folder / "link").symlink_to("m.yaml")
    project.run("plan", "part", "--out", "plan.json").ok()
    project.write(".bmeconf/journals/1.jsonl", "")
    account.clear_log()
    return project


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_no_output_is_written_over_what_is_read(
    whole: Project, account: Account, command: tuple[str, ...]
) -> None:
    for output, words in PLACES.items():
        assert words in whole.refused(*command, "--output", output, "--format", "json"), output
    if command[-1] == "plan.json":
        said = whole.refused(*command, "--output", "json=plan.json")
        assert "what this command reads" in said
    twice = ("--output", "json=new", "--output", "text=./part/../new")
    assert "is another --output" in whole.run(*command, *twice).err
    assert json.loads((whole.folder / "new").read_text())["exit_code"] == 3
    assert account.log() == []


def test_a_failure_is_not_written_over_a_body_either(whole: Project) -> None:
    whole.write("part/one.yaml", "version: 1\nlists: [{nmae: Winter}]\n")
    assert "a file that a manifest names" in whole.refused("plan", "--output", "html=emails/a.html")


@pytest.mark.parametrize("broken", ["part", "m.yaml"])
def test_no_body_is_lost_to_a_report_of_manifests_that_cannot_be_read(
    whole: Project, broken: str
) -> None:
    path = "prat" if broken == "part" else "m.yaml"
    if path == "m.yaml":
        whole.write("m.yaml", f"{MANIFEST}  - {{\n")
    for output in ("html=emails/a.html", "text=seeds.csv"):
        said = whole.refused("plan", path, "--output", output)
        assert "a file that a manifest names" in said
    assert whole.run("plan", path, "--output", "text=report.txt").code == 3
    assert (whole.folder / "report.txt").read_text()


@pytest.mark.parametrize("text", ["x" * 6_000_000, "." * 200_000 + ": [", None], ids=len_or_pipe)
def test_no_manifest_that_cannot_be_read_keeps_a_report_waiting(
    whole: Project, text: str | None
) -> None:
    if text is None:
        os.mkfifo(whole.folder / "part/two.yaml")
    else:
        whole.write("part/two.yaml", text)
    whole.write("report.json", "")
    ran = whole.run("validate", "--output", "json=report.json")
    assert (ran.code, json.loads((whole.folder / "report.json").read_text())["exit_code"]) == (3, 3)


@pytest.mark.parametrize(
    ("out", "words"),
    [
        ("new.yaml", "would be taken for a manifest"),
        ("-", '"-" is no file'),
        (".bmeconf/plan.json", "bmeconf keeps"),
        ("emails/a.html", "it is no plan"),
        ("emails", "it is a folder"),
        ("emials/plan.json", "there is no folder emials"),
        ("link", "would be taken for a manifest"),
    ],
)
def test_no_plan_is_saved_over_what_is_read(
    whole: Project, account: Account, out: str, words: str
) -> None:
    assert words in whole.refused("plan", "--out", out)
    (whole.folder / "bmeconf.lock.json").unlink()
    assert "bmeconf keeps" in whole.refused("plan", "--out", "bmeconf.lock.json")
    both = ("plan", "--out", "plan.json", "--output", "json=./plan.json")
    assert "the plan of --save-plan" in whole.refused(*both)
    assert account.log() == []


def test_no_output_is_written_over_a_pulled_file(project: Project) -> None:
    (project.folder / "emails").mkdir()
    project.run("pull", "--target", "campaigns/Welcome", "--out", "a").ok()
    (body,) = (name for name in project.files() if name.endswith(".html"))
    (project.folder / body).unlink()
    ran = project.run("pull", "--target", "campaigns/*", "--out", "a", "--output", f"html={body}")
    assert ran.code == 3
    assert "a file that is pulled" in ran.err
    assert not (project.folder / body).exists()


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("stream", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"])
def test_standard_output_in_a_file_gets_both(declared: Project, stream: str) -> None:
    kept = declared.folder / "kept.txt"
    kept.write_text("before\n")
    with kept.open("a") as file:
        declared.spawn("validate", "--output", f"json={stream}", stdout=file).ok()
    text = kept.read_text()
    assert text.startswith("before\n{")
    assert "The manifests are valid: " in text


@contextmanager
def as_nobody() -> Iterator[None]:
    """Without the rights of root, if the tests have them."""
    if os.geteuid() != 0:
        yield
        return
    os.setresuid(65534, 65534, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


def test_a_file_that_may_be_written_in_a_folder_that_may_not() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        report = folder / "report.json"
        report.write_text("an earlier one, which is longer than what comes")
        report.chmod(0o666)
        folder.chmod(0o555)
        with as_nobody():
            ((_, path),) = outputs([f"json={report}"])
            put(path, "new")
            with pytest.raises(InvalidInput, match="cannot be written"):
                outputs([f"json={folder / 'new.json'}"])
        assert report.read_text() == "new"
        folder.chmod(0o755)
