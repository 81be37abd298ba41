"""Files that --output names: whole, where the link leads, and never in the place of a device."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading

import pytest

from tests.support.driver import Project


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
    assert (applied.code, applied.states) == (3, {"lists/Autumn": "applied"})
    for document in (applied.json, json.loads((declared.folder / "out.json").read_text())):
        assert (document["exit_code"], document["error"]["code"]) == (3, "invalid_input")
        assert "/dev/full" in document["error"]["message"]


@pytest.mark.parametrize("format", ["github", "junit"])
@pytest.mark.parametrize("command", ["validate", "plan"])
def test_a_file_that_cannot_be_written_is_an_error_in_every_format(
    declared: Project, command: str, format: str
) -> None:
    ran = declared.run(command, "--format", format, "--output", "json=/dev/full")
    assert ran.code == 3
    assert {"github": "::error ", "junit": 'failures="1"'}[format] in ran.out
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
