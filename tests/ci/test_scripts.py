"""The shell scripts of the action one by one, as processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support import shell

ACTION = Path(__file__).parents[2] / ".github" / "actions" / "bmeconf"


class Script:
    """Runs the scripts with the environment of a step."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.output = folder, folder / "output"
        self.env = {"PATH": os.environ["PATH"], "GITHUB_OUTPUT": str(self.output)}

    def outputs(self) -> dict[str, str]:
        """The outputs of the last one."""
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def script(tmp_path: Path) -> Script:
    return Script(tmp_path)


SETUP: Mapping[str, str] = {
    "MODE": "plan",
    "PROJECT": ".",
    "ACCOUNT": "",
    "NAME": "",
    "KEY_VARIABLE": "BMECONF_API_KEY",
    "HAS_KEY": "true",
    "FORK": "false",
    "GITHUB_EVENT_NAME": "pull_request",
}


def bash(name: str, env: Mapping[str, str], work: Path) -> subprocess.CompletedProcess[str]:
    """One shell script of the action."""
    return shell.run(work, env, "bash", str(ACTION / name))


def setup(script: Script, work: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    script.output.write_text("", encoding="utf-8")
    given = {**script.env, "RUNNER_TEMP": str(script.folder), **SETUP, **env}
    return bash("setup.sh", given, work or script.folder)


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"MODE": "destroy"}, "mode must be one of"),
        ({"PYTHONPATH": "."}, "PYTHONPATH is set"),
        ({"GITHUB_EVENT_NAME": "pull_request_target"}, "pull_request_target gives secrets"),
        ({"MODE": "apply"}, "never on a pull request"),
        ({"MODE": "apply", "GITHUB_EVENT_NAME": "issue_comment"}, "never on a pull request"),
        ({"NAME": "a b"}, "name may hold"),
        ({"NAME": "x -->"}, "name may hold"),
        ({"NAME": "../x"}, "name may hold"),
        ({"KEY_VARIABLE": "a=b"}, "the name of an environment variable"),
        ({"KEY_VARIABLE": "PATH"}, "PATH is set already"),
        ({"PROJECT": "nowhere"}, "the folder of the project"),
        ({"MODE": "drift", "HAS_KEY": "false", "GITHUB_EVENT_NAME": "schedule"}, "no api-key"),
        ({"HAS_KEY": "false", "GITHUB_EVENT_NAME": "push"}, "no api-key"),
        ({"MODE": "drift", "FORK": "true"}, "a fork cannot run drift"),
    ],
)
def test_inputs_that_cannot_be_are_refused(script: Script, env: dict[str, str], said: str) -> None:
    ran = setup(script, **env)
    assert ran.returncode == 3
    assert ran.stdout.startswith("::error::")
    assert said in ran.stdout
    assert script.outputs() == {}


@pytest.mark.parametrize(
    ("env", "output", "value"),
    [
        ({}, "meets", "true"),
        ({"MODE": "validate"}, "meets", "false"),
        ({"FORK": "true"}, "meets", "false"),
        ({"HAS_KEY": "false"}, "meets", "false"),
        ({"MODE": "drift", "GITHUB_EVENT_NAME": "schedule"}, "meets", "true"),
        ({}, "name", "default"),
        ({"PROJECT": "./"}, "name", "default"),
        ({"PROJECT": "mail/eu west"}, "name", "mail-eu-west"),
        ({"PROJECT": "mail/eu west", "ACCOUNT": "eu"}, "name", "eu"),
        ({"ACCOUNT": "eu", "NAME": "x"}, "name", "x"),
    ],
)
def test_who_meets_the_account_and_how_projects_are_told_apart(
    script: Script, env: dict[str, str], output: str, value: str
) -> None:
    (script.folder / "mail" / "eu west").mkdir(parents=True)
    ran = setup(script, **env)
    assert ran.returncode == 0, ran.stdout
    assert script.outputs()[output] == value


def tree(folder: Path, *files: str) -> None:
    for file in files:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text("version: 1\n", encoding="utf-8")


@pytest.mark.parametrize(
    ("files", "path", "fits"),
    [
        (["bmeconf.yaml", "manifests/a.yaml"], "manifests", False),
        (["bmeconf.yaml", "manifests/a.yaml"], "./manifests/", False),
        (["bmeconf.yaml", "mail/eu/a.yaml"], "mail/eu", False),
        (["mail/bmeconf.yaml", "mail/eu/a.yaml"], "mail/eu", False),
        (["bmeconf.yaml", "mail/eu/bmeconf.yaml"], "mail/eu", True),
        (["bmeconf.yaml"], ".", True),
        (["mail/a.yaml"], "mail", True),
        (["mail/a.yaml", "news/bmeconf.yaml"], "mail", True),
    ],
)
def test_the_path_is_that_of_the_project_file(
    script: Script, tmp_path: Path, files: list[str], path: str, fits: bool
) -> None:
    # Below it everything would work but the lock file, which belongs beside it.
    work = tmp_path / "checkout"
    tree(work, *files)
    # What is above the checkout is none of ours.
    tree(tmp_path, "bmeconf.yaml")
    ran = setup(script, work, PROJECT=path)
    assert (ran.returncode == 0) == fits, ran.stdout
    assert fits or "path must be the folder with bmeconf.yaml" in ran.stdout


SHADOWED = ("venv", "ensurepip", "pip", "json", "sitecustomize", "usercustomize", "zipfile")
"""Modules at the root of a checkout that take the names of those that the steps use."""


def test_an_installation_runs_nothing_of_the_checkout(tmp_path: Path) -> None:
    work, marker, bare, temp = (tmp_path / name for name in ("checkout", "ran", "bin", "temp"))
    for folder in (work, bare, temp):
        folder.mkdir()
    for name in SHADOWED:
        hostile = f"import pathlib\npathlib.Path({str(marker)!r}).touch()\n"
        (work / f"{name}.py").write_text(hostile, encoding="utf-8")
    (bare / "python3").symlink_to(sys.base_prefix + f"/bin/python3.{sys.version_info.minor}")
    env = {
        "PATH": f"{bare}:/usr/bin:/bin",
        "HOME": str(tmp_path),
        "PYTHONPATH": str(work),
        "RUNNER_TEMP": str(temp),
        "GITHUB_ACTION_PATH": str(ACTION),
        "GITHUB_PATH": str(tmp_path / "path"),
        "PIP_NO_INDEX": "1",
    }
    ran = bash("install.sh", env, work)
    # Without an index there is nothing to build with: pip was reached, and that is enough.
    assert "hatchling" in ran.stderr, ran.stdout + ran.stderr
    assert not marker.exists()


def test_every_python_of_a_step_leaves_the_checkout_out() -> None:
    for path in (*ACTION.rglob("*.yml"), *ACTION.glob("*.sh")):
        text = re.sub(r"(?m)^\s*#.*", "", path.read_text(encoding="utf-8"))
        for call in re.findall(r"python3?\"? [-\"$].*", text):
            assert re.match(r'python3?"? -I -[mc] ', call), f"{path.name}: {call}"


@pytest.mark.parametrize(
    ("mode", "code", "fail", "ends"),
    [
        ("plan", 0, "true", 0),
        ("plan", 2, "true", 0),
        ("plan", 7, "true", 7),
        ("apply", 2, "true", 2),
        ("apply", 8, "true", 8),
        ("drift", 2, "false", 0),
        ("drift", 9, "false", 0),
        ("drift", 2, "true", 2),
        ("drift", 9, "true", 9),
        ("drift", 4, "false", 4),
    ],
)
def test_a_job_ends_as_its_command_did(
    mode: str, code: int, fail: str, ends: int, tmp_path: Path
) -> None:
    env = {"PATH": os.environ["PATH"], "MODE": mode, "CODE": str(code), "FAIL": fail}
    assert bash("verdict.sh", env, tmp_path).returncode == ends
