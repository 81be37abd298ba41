"""Files that --output names: whole, where the link leads, and never in the place of a device."""

from __future__ import annotations

import json
import os
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
    files = ("--output", "json=plan.json", "--output", "text=/dev/full")
    ran = declared.run("plan", *files)
    assert (ran.code, ran.err.count("Error: ")) == (3, 1)
    document = json.loads((declared.folder / "plan.json").read_text())
    assert (document["exit_code"], document["error"]["code"]) == (3, "invalid_input")
    assert "lists/Autumn" in ran.out
