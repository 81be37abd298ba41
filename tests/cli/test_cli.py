"""The command line itself: start-up, help, the streams, the formats."""

from __future__ import annotations

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator

import click
import pytest

from bmeconf import __version__
from bmeconf.cli.main import COMMANDS, cli
from bmeconf.cli.usage import GROUPS, POINTER
from bmeconf.model.errors import BmeconfError
from tests.support.driver import Project

HEAVY = ("requests", "deepdiff", "jsonschema", "flask", "yaml", "turbohtml", "bmeconf.client")


@pytest.mark.parametrize("flag", ["--help", "--version"])
def test_start_imports_nothing_heavy(flag: str) -> None:
    code = (
        "import sys\nfrom bmeconf import cli\n"
        f"cli.run([{flag!r}])\n"
        "sys.stderr.write(' '.join(sys.modules))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=True
    )
    assert set(HEAVY) & set(ran.stderr.split()) == set()


def test_requests_comes_without_what_it_would_guess_with() -> None:
    code = (
        "import sys, bmeconf.client\n"
        "assert 'requests' in sys.modules\n"
        "assert not {'chardet', 'charset_normalizer'} & {*sys.modules}\n"
        "import charset_normalizer\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, timeout=30
    )
    assert (ran.returncode, ran.stderr) == (0, "")


def test_no_command_is_a_question_for_help(project: Project) -> None:
    ran = project.run().ok()
    assert ran.out == project.run("--help").out
    assert ran.err == ""


def test_version(project: Project) -> None:
    assert project.run("--version").ok().out == f"bmeconf {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_of_commands_tells_their_first_sentences(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert (command.help or "").replace("\n", " ").startswith(COMMANDS[name])


@pytest.mark.parametrize("command", [[name] for name in COMMANDS] + [["sandbox", "serve"]])
def test_every_command_has_help(command: list[str], project: Project) -> None:
    ran = project.run(*command, "--help").ok()
    assert "Usage: bmeconf" in ran.out
    assert ran.err == ""


def test_help_cuts_no_summary_and_ends_with_exit_codes(project: Project) -> None:
    lines = project.run("--help").ok().out.splitlines()
    assert {f"  {name:<8}  {summary}" for name, summary in COMMANDS.items()} <= {*lines}
    codes = {error.exit_code for error in _subclasses(BmeconfError)} | {0, 2, 9}
    assert {int(line.split()[0]) for line in lines if line.lstrip()[:1].isdigit()} == codes
    assert POINTER in project.run("plan", "--help").ok().out


def _subclasses(error: type[BmeconfError]) -> Iterator[type[BmeconfError]]:
    yield error
    for below in error.__subclasses__():
        yield from _subclasses(below)


def test_every_shared_option_stands_under_a_heading() -> None:
    commands = [cli.get_command(click.Context(cli), name) for name in COMMANDS]
    options = Counter(o.name for each in commands if each for o in each.params)
    shared = {name for name, number in options.items() if number > 4}
    assert shared - {"paths"} <= {name for names in GROUPS.values() for name in names}
    assert {name for names in GROUPS.values() for name in names} <= {*options}


def test_a_shell_completes_commands_and_options(project: Project) -> None:
    for words, place, found in (
        ("bmeconf pl", "1", "plan"),
        ("bmeconf plan --sa", "2", "--sandbox"),
    ):
        env = {"COMP_WORDS": words, "COMP_CWORD": place, "_BMECONF_COMPLETE": "bash_complete"}
        assert f"plain,{found}" in project.spawn(env=env).ok().out.splitlines()


def test_a_plan_is_saved_by_both_names_of_the_option(project: Project) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    for option in ("--save-plan", "--out"):
        project.run("plan", option, "plan.json").ok()
        assert project.run("show", "plan.json").ok().out


@pytest.mark.parametrize("command", ["init", "validate", "plan", "apply", "pull"])
def test_help_shows_examples(command: str, project: Project) -> None:
    assert f"\n  bmeconf {command}" in project.run(command, "--help").ok().out


def test_product_on_stdout_and_nothing_else(project: Project) -> None:
    project.write("a.yaml", "version: 1\nlists: [{name: Autumn}]\n")
    plan = project.run("plan").ok()
    assert plan.err == ""
    ran = project.run("apply", "--auto-approve", "--format", "json").ok()
    assert ran.json["converged"] is True
    assert "lists/Autumn: applied" in ran.err


def test_quiet_says_nothing_on_stderr(project: Project) -> None:
    project.write("a.yaml", "version: 1\nlists: [{name: Autumn}]\n")
    assert project.run("apply", "--auto-approve", "--quiet").ok().err == ""


@pytest.mark.parametrize("kind", ["manifest", "plan", "project"])
def test_schema_prints_a_schema(kind: str, project: Project) -> None:
    assert project.run("schema", kind).ok().json["$schema"].endswith("2020-12/schema")


def test_plan_document_is_as_designed(project: Project) -> None:
    project.write("a.yaml", "version: 1\nlists: [{name: News, renamed_from: [Newsletter]}]\n")
    plan = project.plan()
    assert plan["tool"] == {"name": "bmeconf", "version": __version__}
    assert set(plan["summary"]) == {
        *("create", "update", "delete", "in_sync", "manual", "frozen", "blocked", "unmanaged")
    }
    assert set(plan["requests"]) == {
        *("read", "write", "verify", "check", "hour_remaining", "month_remaining")
    }
    (step,) = plan["steps"]
    assert step["id"] == "1"
    assert step["check"] == "enforced"
    assert step["pin"]["version"] == 0
    assert step["pin"]["digest"].startswith("sha256:")
    assert step["calls"][-1]["method"] == "PATCH"
    assert re.fullmatch("[0-9a-f]{32}", plan["fingerprint"])
