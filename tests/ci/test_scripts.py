"""The shell script of the action, as a process."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.support import shell

ACTION = Path(__file__).parents[2] / ".github" / "actions" / "bmeconf"


def bash(name: str, env: Mapping[str, str], work: Path) -> subprocess.CompletedProcess[str]:
    """One shell script of the action."""
    return shell.run(work, env, "bash", str(ACTION / name))


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
        "RUNNER_TEMP": str(temp),
        "GITHUB_ACTION_PATH": str(ACTION),
        "GITHUB_PATH": str(tmp_path / "path"),
        "PIP_NO_INDEX": "1",
    }
    refused = bash("install.sh", {**env, "PYTHONPATH": str(work)}, work)
    assert refused.returncode == 3
    assert refused.stdout.startswith("::error::PYTHONPATH is set")
    ran = bash("install.sh", env, work)
    # Without an index there is nothing to build with: pip was reached, and that is enough.
    assert "hatchling" in ran.stderr, ran.stdout + ran.stderr
    assert not marker.exists()


def test_every_python_of_a_step_leaves_the_checkout_out() -> None:
    for path in (*ACTION.rglob("*.yml"), *ACTION.glob("*.sh")):
        text = re.sub(r"(?m)^\s*#.*", "", path.read_text(encoding="utf-8"))
        for call in re.findall(r"python3?\"? [-\"$].*", text):
            assert re.match(r'python3?"? -I -[mc] ', call), f"{path.name}: {call}"
