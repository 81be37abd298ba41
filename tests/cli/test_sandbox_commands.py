"""`sandbox serve` and `sandbox reset`: what they make, and what their help promises."""

from __future__ import annotations

import os
import re

import pytest

from bmeconf.sandbox import Fault, Switches
from tests.support.driver import Project


@pytest.mark.parametrize("command", ["serve", "reset"])
@pytest.mark.parametrize("path", ["examplse", "examplse/deep", "examples/m.yaml/x"])
def test_nothing_is_made_for_a_typo(project: Project, command: str, path: str) -> None:
    project.write("examples/m.yaml", "version: 1\n")
    said = project.refused("sandbox", command, path)
    assert f"{path} does not exist" in said
    assert ("did you mean" in said) == (path == "examplse")
    assert os.listdir(project.folder) == ["examples"]


def test_where_there_is_no_sandbox_none_is_reset(project: Project) -> None:
    assert "no simulated account" in project.run("sandbox", "reset").ok().err
    assert os.listdir(project.folder) == []


def test_every_example_of_the_help_is_a_fault(project: Project) -> None:
    text = project.run("sandbox", "serve", "--help").ok().out
    assert max(map(len, text.splitlines())) <= 80
    written = re.findall(r"--fault '?([a-z]+-[^'\n]*|\w+@[^'\n]*)", text)
    faults = [Fault.parse(each) for each in written]
    assert {f.method for f in faults} >= {"*", "POST", "READ", "WRITE"}
    assert {f.path for f in faults} > {"*"}
    assert {f.skip for f in faults} > {0}
    assert {f.times for f in faults} >= {0, 1, 2}
    assert {f.seconds for f in faults} > {None}
    (switch,) = re.findall(r"serve --switch (\S+)", text)
    assert Switches.parse([switch]) != Switches()


@pytest.mark.parametrize(
    ("option", "listed"), [("--fault=help", "drop-after"), ("--switch=help", "body_rewriting")]
)
def test_what_the_help_says_lists_all(project: Project, option: str, listed: str) -> None:
    assert listed in project.run("sandbox", "serve", option).ok().out
    assert listed in project.refused("sandbox", "serve", f"{option}x=1")
    assert os.listdir(project.folder) == []
