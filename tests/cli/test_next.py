"""Every command that a report prints runs as it is printed, from the folder it was printed in."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from bmeconf.kinds.replies import digest
from bmeconf.sandbox import Sandbox
from tests.support.driver import Account, Project, Ran

ODD = (
    'it\'s "odd"',
    "A*",
    "a`b`$c\\",
    "##[x]",
    "hi\u200bdden",
    "-x",
    "100 % #2",
    "B\u00fccher ;&|",
)


@pytest.fixture
def two(project: Project, account: Account) -> Iterator[Account]:
    """A project with two accounts: `main` is the account of the tests, `other` is returned."""
    with Sandbox(None) as sandbox:
        other = Account(sandbox)
        state = json.dumps(other.state())
        structure = other.state()["structures"][0]["_id"]
        other.set(json.loads(state.replace(structure, "a" * 24)))
        accounts = {
            "main": {"base_url": account.sandbox.url, "api_key_env": "MAIN_KEY"},
            "other": {"base_url": sandbox.url, "api_key_env": "OTHER_KEY"},
        }
        project.write("bmeconf.yaml", json.dumps({"version": 1, "accounts": accounts}))
        project.env = {"MAIN_KEY": account.sandbox.key, "OTHER_KEY": sandbox.key}
        yield other


def following(ran: Ran) -> list[str]:
    """The commands that a report ends with."""
    _, found, rest = ran.out.rpartition("Next: ")
    assert found, (ran.out, ran.err)
    return [line.strip() for line in rest.splitlines()]


def pasted(project: Project, command: str, *more: str) -> Ran:
    """What a line does that is pasted into a shell."""
    script = f"bmeconf() {{ printf '%s\\0' \"$@\"; }}\n{command}"
    shell = subprocess.run(["bash", "-c", script], capture_output=True, check=True)
    words = shell.stdout.decode("utf-8", "surrogateescape").split("\0")[:-1]
    return project.run(*words, *more)


def apply(project: Project, command: str) -> Ran:
    """A pasted apply, to which a person says yes."""
    saved = re.search(r"\b[pq]\.json|--resume", command)
    return pasted(project, command, *([] if saved else ["--auto-approve"])).ok()


@pytest.mark.parametrize("name", ODD)
def test_names_of_any_sort(name: str, project: Project, account: Account) -> None:
    project.deploy(lists=[{"name": name}, {"name": "A longer name"}])
    absent = [{"name": each, "state": "absent"} for each in (name, "A longer name")]
    project.declare(lists=absent)
    narrow = project.run("plan", "--target", f"lists/{name}", "--out", "one.json").ok()
    assert "Plan: 1 to delete" in narrow.out
    (command,) = following(project.run("plan", "--target", f"lists/{name}"))
    apply(project, command)
    assert "A longer name" in account.names()
    assert name not in account.names()
    account.add("lists", name=name)
    (command,) = following(project.run("drift"))
    apply(project, command)
    assert name not in account.names()


@pytest.mark.parametrize("folder", ["a b", "-dir", "it's", "dir.json"])
def test_paths_of_any_sort(folder: str, project: Project, account: Account) -> None:
    project.write(f"{folder}/m.yaml", "version: 1\nlists: [{name: Mine}]\n")
    (command,) = following(project.run("plan", "--", folder))
    apply(project, command)
    account.remove("lists", "Mine")
    (command,) = following(project.run("drift", "--", folder))
    apply(project, command)
    account.remove("lists", "Mine")
    project.run("plan", f"--out={folder}/p.json", "--", folder).ok()
    (command,) = following(project.run("show", "--", f"{folder}/p.json"))
    apply(project, command)


@pytest.mark.parametrize("folder", ["a b", "-dir", "it's", "./-x/-y"])
def test_a_pull_into_folders_of_any_sort(folder: str, project: Project) -> None:
    for command in following(project.run("pull", f"--out={folder}").ok()):
        pasted(project, command).ok()


@pytest.mark.parametrize("options", [(), ("--account", "staging")])
def test_on_the_sandbox(options: Sequence[str], tmp_path: Path) -> None:
    project = Project(tmp_path)
    if options:
        entry = {"base_url": "https://api.benchmarkemail.io", "api_key_env": "NO_KEY"}
        accounts = {"staging": entry, "production": entry}
        project.write("bmeconf.yaml", json.dumps({"version": 1, "accounts": accounts}))
    project.write("m.yaml", "version: 1\nlists: [{name: Mine}]\n")
    common = ("--sandbox", *options)
    apply(project, *following(project.run("plan", *common)))
    project.write("m.yaml", "version: 1\nlists: [{name: Mine}, {name: Other}]\n")
    (command,) = following(project.run("plan", "--out", "q.json", *common))
    assert following(project.run("show", "q.json")) == [command]
    apply(project, command)
    assert project.run("plan", "--detailed-exitcode", *common).code == 0


def test_a_saved_plan_knows_its_account(project: Project, account: Account, two: Account) -> None:
    project.declare(lists=[{"name": "Mine"}])
    project.run("plan", "--account", "main", "--out", "p.json").ok()
    shown = project.run("show", "p.json")
    assert shown.out.startswith("Account: main (127.0.0.1:")
    apply(project, *following(shown))
    assert ("Mine" in account.names(), "Mine" in two.names()) == (True, False)
    project.declare(lists=[{"name": "Later"}])
    project.run("plan", "--account", "other", "--out", "q.json").ok()
    # Nothing but the plan says where.
    project.run("apply", "q.json").ok()
    assert ("Later" in account.names(), "Later" in two.names()) == (False, True)


def test_an_older_plan_is_applied_where_one_says(
    project: Project, account: Account, two: Account
) -> None:
    project.declare(lists=[{"name": "Mine"}])
    project.run("plan", "--account", "main", "--out", "p.json").ok()
    path = project.folder / "p.json"
    document = json.loads(path.read_text())
    del document["digest"], document["account"]["name"]
    path.write_text(json.dumps({**document, "digest": digest(document)}))
    assert "several accounts" in project.refused("apply", "p.json")
    project.run("apply", "p.json", "--account", "main").ok()
    assert ("Mine" in account.names(), "Mine" in two.names()) == (True, False)


@pytest.mark.parametrize("format", ["text", "json", "markdown", "html", "junit", "github"])
@pytest.mark.parametrize("how", ["option", "variable", "key"])
def test_a_plan_is_not_shown_as_that_of_another_account(
    how: str, format: str, project: Project, account: Account, two: Account
) -> None:
    project.declare(lists=[{"name": "Mine"}])
    project.run("plan", "--account", "main", "--out", "p.json").ok()
    options = ("--account", "other") if how == "option" else ()
    env = {"BMECONF_ACCOUNT": "other"} if how == "variable" else {}
    if how == "key":
        # The address is the same, and the key opens another account.
        account.set(json.loads(json.dumps(two.state())))
    ran = project.run("apply", "p.json", "--format", format, *options, **env)
    assert ran.code == 7
    assert "made for" in ran.err
    assert "lists/Mine" not in ran.out + ran.err
    assert "Mine" not in account.names() + two.names()


def test_what_is_left_of_an_apply(project: Project, account: Account) -> None:
    project.write("some dir/m.yaml", "version: 1\nlists: [{name: Mine}, {name: Other}]\n")
    account.faults({"kind": "error-500", "method": "POST", "path": "*/lists", "times": 1})
    ran = project.run("apply", "some dir", "--auto-approve", "--target", "lists/*")
    assert ran.code == 8, ran.out
    commands = [command.partition("  #")[0] for command in following(ran)]
    assert [each.split()[1] for each in commands] == ["apply", "plan"]
    account.faults()
    pasted(project, commands[1]).ok()
    apply(project, commands[0])
    assert {"Mine", "Other"} <= {*account.names()}


def test_a_manual_step_that_an_apply_leaves(
    project: Project, account: Account, two: Account
) -> None:
    schedule = {"at": "2030-12-02T09:00:00Z"}
    mail = {"from": "news@acme.example", "subject": "s", "lists": ["Newsletter"]}
    winter = {"name": "Winter", **mail, "schedule": schedule}
    project.declare(campaigns=[winter])
    project.run("plan", "--account", "main", "--out", "p.json").ok()
    # Nothing but the plan says where.
    (command,) = following(project.run("apply", "p.json").ok())
    assert command.startswith("bmeconf drift --account main ")
    assert "1 manual step to do" in pasted(project, command).ok().out
    account.campaign_status(
        account.id_of("campaigns", "Winter"), status="scheduled", scheduledAt=schedule["at"]
    )
    project.declare(campaigns=[winter], lists=[{"name": "Mine"}])
    applied = project.run("apply", "--auto-approve", "--account", "main").ok()
    assert "Next: " not in applied.out


def test_a_new_project(tmp_path: Path) -> None:
    project = Project(tmp_path)
    out = project.run("init", "--", "-a b").ok().out
    enter, *commands = out.partition("Next:\n")[2].strip().splitlines()
    assert enter.strip() == "cd './-a b'"
    inside = replace(project, folder=tmp_path / "-a b")
    for command in commands:
        more = ["--auto-approve"] if " apply" in command and "--auto" not in command else []
        if "serve" not in command:
            pasted(inside, command, *more)


def test_a_plan_of_the_sandbox_is_not_for_an_account(project: Project) -> None:
    project.write("bmeconf.yaml", "version: 1\n")
    project.declare(lists=[{"name": "Mine"}])
    project.run("plan", "--sandbox", "--out", "p.json").ok()
    assert "with --sandbox, or plan again" in project.refused("apply", "p.json", code=7)
