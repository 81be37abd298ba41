"""`bmeconf sandbox`: served for everybody, met by `--sandbox`, thrown away only at rest."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.support.api import exported
from tests.support.driver import Project

MANIFEST = "version: 1\nlists: [{name: Autumn}]\n"


@pytest.fixture
def serving(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "bmeconf", "sandbox", "serve", "--port", "0"]
    process = subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    yield process
    process.kill()
    process.communicate()


def test_what_serve_prints_opens_the_account(
    serving: subprocess.Popen[str], tmp_path: Path
) -> None:
    env = exported(serving)
    headers = {"X-API-Key": env["BMECONF_API_KEY"]}
    reply = requests.get(
        f"{env['BMECONF_BASE_URL']}/api/contact-structure", headers=headers, timeout=10
    )
    assert reply.status_code == 200
    project = Project(tmp_path, env)
    project.write("a.yaml", MANIFEST)
    assert project.apply()["converged"]
    serving.send_signal(signal.SIGINT)
    assert serving.wait(10) == 0
    assert serving.stderr
    assert f"Open {env['BMECONF_BASE_URL']}/ to see the account" in serving.stderr.read()


def test_sandbox_runs_meet_the_one_that_is_served(
    serving: subprocess.Popen[str], tmp_path: Path
) -> None:
    env = exported(serving)
    project = Project(tmp_path)
    project.write("a.yaml", MANIFEST)
    assert project.apply("--sandbox")["converged"]
    assert Project(tmp_path, env).plan()["steps"] == []


def test_a_served_account_is_not_thrown_away(
    serving: subprocess.Popen[str], tmp_path: Path
) -> None:
    exported(serving)
    project = Project(tmp_path)
    project.write("a.yaml", MANIFEST)
    refused = project.run("sandbox", "reset")
    assert refused.code == 3
    assert "Traceback" not in refused.err
    assert project.apply("--sandbox")["converged"]


def test_reset_starts_afresh(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.yaml", MANIFEST)
    project.apply("--sandbox")
    assert project.plan("--sandbox")["steps"] == []
    project.run("sandbox", "reset").ok()
    assert project.plan("--sandbox")["summary"]["create"] == 1
    assert (tmp_path / ".bmeconf" / ".gitignore").read_text(encoding="utf-8") == "*\n"


def test_plans_of_the_sandbox_name_the_same_account(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("a.yaml", MANIFEST)
    first, second = (project.plan("--sandbox")["account"] for _ in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--switch", "lists_pages=array"), "lists_page"),
        (("--switch", "lists_page"), "lists_page"),
        (("--port", "70000"), "65535"),
    ],
)
def test_serve_refuses_what_it_cannot_do(
    arguments: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    ran = Project(tmp_path).run("sandbox", "serve", *arguments)
    assert ran.code == 3
    assert said in ran.err
    assert "\\n" not in ran.err
