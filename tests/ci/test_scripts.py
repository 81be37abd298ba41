"""The scripts of the action one by one, as processes, against the fake GitHub."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.driver import Project
from tests.support.fake_github import BOT, REPOSITORY, FakeGitHub, Token
from tests.support.fake_server import Rule, after, instead, reply
from tests.support.forks import Forks

ACTION = Path(__file__).parents[2] / ".github" / "actions" / "bmeconf"
COMMIT, HEAD = "c" * 40, "d" * 40
RECORD = {
    "format": "bmeconf.review/1",
    "account": "sha256:one",
    "fingerprint": "1f2e3d4c",
    "created_at": "2026-11-22T10:00:00Z",
    "steps": {"lists/Autumn": "a" * 64},
}
NAME = "bmeconf-plan-default-1"
EVERYTHING = dict.fromkeys(("contents", "actions", "issues", "pull-requests"), "write")

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    with FakeGitHub(tmp_path / "origin") as github:
        github.tokens["t0k3n"] = Token("t0k3n", EVERYTHING)
        yield github


class Script:
    """Runs the scripts with the environment of a step."""

    def __init__(self, github: FakeGitHub, folder: Path, forks: Forks) -> None:
        self.folder, self._forks = folder, forks
        self.output = folder / "output"
        self.env = {
            "PATH": os.environ["PATH"],
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": "t0k3n",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_SHA": COMMIT,
            "GITHUB_REF_NAME": "main",
            "GITHUB_RUN_ID": "7",
            "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/bmeconf.yml@refs/heads/main",
            "BMECONF_ACTION_PAUSE": "0.01",
            "NAME": "default",
            "AUTHOR": BOT,
            "PLAN": str(folder / "plan.json"),
            "REVIEWED": str(folder / "review.json"),
            "DELETES": str(folder / "deletes"),
            "REPORT": str(folder / "report.md"),
        }

    def run(self, name: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """One script; what it printed."""
        self.output.write_text("", encoding="utf-8")
        command = str(ACTION / name), *arguments
        ran = self._forks.script(self.folder, {**self.env, **env}, *command)
        assert "Traceback" not in ran.stderr, ran.stderr
        assert "t0k3n" not in ran.stdout + ran.stderr
        return ran

    def outputs(self) -> dict[str, str]:
        """The outputs of the last one."""
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def script(github: FakeGitHub, tmp_path: Path, forks: Forks) -> Script:
    return Script(github, tmp_path, forks)


# --- what was reviewed


def pull(**changes: Any) -> dict[str, Any]:
    """A merged pull request."""
    return {
        "number": 1,
        "merged_at": "2026-11-22T12:00:00Z",
        "merge_commit_sha": COMMIT,
        "base": {"ref": "main", "repo": {"full_name": REPOSITORY}},
        "head": {"sha": HEAD, "repo": {"full_name": REPOSITORY}},
        **changes,
    }


@pytest.fixture
def merged(github: FakeGitHub) -> FakeGitHub:
    """A GitHub where #1 was planned, and merged."""
    run = github.begin(".github/workflows/bmeconf.yml", "pull_request", HEAD)
    github.keep(run, NAME, {"review.json": json.dumps(RECORD).encode()})
    github.end(run, "success")
    github.merged[COMMIT] = [pull()]
    return github


def test_the_record_is_found_by_the_commit(merged: FakeGitHub, script: Script) -> None:
    ran = script.run("reviewed.py")
    assert (ran.returncode, script.outputs()) == (0, {})
    assert json.loads((script.folder / "review.json").read_text()) == RECORD


def test_the_newest_run_and_the_newest_record_count(merged: FakeGitHub, script: Script) -> None:
    newer = {**RECORD, "fingerprint": "00000000"}
    run = merged.begin(".github/workflows/bmeconf.yml", "pull_request", HEAD)
    merged.keep(run, NAME, {"review.json": json.dumps(newer).encode()})
    merged.end(run, "success")
    script.run("reviewed.py")
    assert json.loads((script.folder / "review.json").read_text()) == newer


def missing(script: Script, said: str) -> None:
    """No record, for a reason; and that alone fails nothing."""
    ran = script.run("reviewed.py")
    assert ran.returncode == 0, ran.stdout
    assert said in script.outputs()["missing"]
    assert not (script.folder / "review.json").exists()


@pytest.mark.parametrize(
    "other",
    [
        {"conclusion": "failure"},
        {"event": "push"},
        {"path": ".github/workflows/evil/bmeconf.yml"},
        {"head_sha": "0" * 40},
        {"head_repository": {"full_name": "mallory/mail"}},
        {"head_repository": None},
    ],
)
def test_only_the_run_that_planned_counts(
    merged: FakeGitHub, script: Script, other: dict[str, object]
) -> None:
    # GitHub is asked for no other, and that is not relied on.
    found = {"workflow_runs": [{**merged.runs[0], **other}]}
    merged.meddle(Rule(r"GET .*/runs", instead(reply(found))))
    missing(script, "no run of .github/workflows/bmeconf.yml on #1 succeeded at dddddddddddd")


@pytest.mark.parametrize(
    "other",
    [
        {"merged_at": None},
        {"merge_commit_sha": "0" * 40},
        {"base": {"ref": "other", "repo": {"full_name": REPOSITORY}}},
        {"base": {"ref": "main", "repo": {"full_name": "mallory/mail"}}},
    ],
)
def test_only_what_was_merged_here_counts(
    merged: FakeGitHub, script: Script, other: dict[str, object]
) -> None:
    merged.merged[COMMIT] = [pull(**other)]
    missing(script, "is not the merge of one pull request into main")


@pytest.mark.parametrize("repo", [None, {"full_name": "mallory/mail"}])
def test_what_came_from_a_fork_was_never_planned(
    merged: FakeGitHub, script: Script, repo: dict[str, str] | None
) -> None:
    merged.merged[COMMIT] = [pull(head={"sha": HEAD, "repo": repo})]
    missing(script, "#1 came from a fork")


def test_the_record_of_another_pull_request_does_not_count(
    merged: FakeGitHub, script: Script
) -> None:
    # The same head can be offered to two branches.
    merged.artifacts[0]["name"] = "bmeconf-plan-default-2"
    missing(script, "no run on #1 left a plan for dddddddddddd")


def test_a_record_expires(merged: FakeGitHub, script: Script) -> None:
    merged.artifacts[0]["expired"] = True
    missing(script, "the record of the plan of #1 has expired")


@pytest.mark.parametrize(
    "data",
    [
        b"no JSON",
        b"[]",
        b"{}",
        json.dumps({**RECORD, "format": "bmeconf.plan/1"}).encode(),
        json.dumps({**RECORD, "steps": {"lists/Autumn": 1}}).encode(),
        json.dumps({**RECORD, "steps": []}).encode(),
        json.dumps({**RECORD, "more": ""}).encode(),
        b"\xff\xfe",
    ],
)
def test_a_record_that_is_none_stops_the_apply(
    merged: FakeGitHub, script: Script, data: bytes
) -> None:
    merged.keep(merged.runs[0]["id"], NAME, {"review.json": data})
    ran = script.run("reviewed.py")
    assert ran.returncode == 6
    assert "Have the plan reviewed again" in ran.stdout
    assert not (script.folder / "review.json").exists()


@pytest.mark.parametrize("archive", [b"no archive", None])
def test_an_archive_without_a_record_stops_the_apply(
    merged: FakeGitHub, script: Script, archive: bytes | None
) -> None:
    artifact = merged.keep(merged.runs[0]["id"], NAME, {"other.json": b"{}"})
    if archive:
        merged.archives[artifact["id"]] = archive
    ran = script.run("reviewed.py")
    assert (ran.returncode, "holds no record" in ran.stdout) == (6, True)


def test_a_token_that_may_not_look_is_told_what_it_needs(
    merged: FakeGitHub, script: Script
) -> None:
    merged.tokens["t0k3n"] = Token("t0k3n", {"contents": "read"})
    ran = script.run("reviewed.py")
    assert ran.returncode == 1
    assert ran.stdout.startswith("::error::GitHub answered 403 to GET ")
    assert "permissions" in ran.stdout


# --- the same plan, or another


def planned(project: Project, text: str, name: str = "plan.json") -> Any:
    """A saved plan of these manifests, as `name` in the folder."""
    project.write("m.yaml", text)
    project.run("plan", "--out", name).ok()
    return json.loads((project.folder / name).read_text(encoding="utf-8"))


SOME = """\
version: 1
lists: [{name: Product news, renamed_from: [Product updates]}, {name: Autumn}]
campaigns: [{name: Welcome, subject: Changed, lists: [Customers]}]
"""


@pytest.fixture
def recorded(project: Project, script: Script) -> Any:
    """A plan, with its record beside it."""
    plan = planned(project, SOME)
    assert script.run("record.py", RECORD=script.env["REVIEWED"]).returncode == 0
    assert script.outputs() == {"fingerprint": plan["fingerprint"], "changes": "true"}
    return plan


def change(script: Script, plan: Any, edit: Any) -> None:
    edit(plan)
    (script.folder / "plan.json").write_text(json.dumps(plan), encoding="utf-8")


def test_the_same_plan_made_again_agrees(project: Project, script: Script, recorded: Any) -> None:
    again = planned(project, SOME)
    assert again["created_at"] >= recorded["created_at"]
    ran = script.run("agree.py")
    assert (ran.returncode, script.outputs()) == (0, {"apply": "true"})


def test_the_record_has_no_values(script: Script, recorded: Any) -> None:
    text = (script.folder / "review.json").read_text(encoding="utf-8")
    assert "Changed" not in text
    assert "Customers" not in text
    assert "lists/Autumn" in text


EDITS = {
    "a version": lambda plan: step(plan, "lists/Product")["pin"].update(version=99),
    "a digest": lambda plan: step(plan, "lists/Product")["pin"].update(digest="sha256:0"),
    "an id": lambda plan: step(plan, "campaigns/")["pin"].update(id="0" * 24),
    "a value": lambda plan: step(plan, "campaigns/")["changes"][0].update(after="No"),
    "a value before": lambda plan: step(plan, "campaigns/")["changes"][0].update(before="No"),
    "an action": lambda plan: step(plan, "lists/Product").update(action="delete"),
    "what is referred to": lambda plan: (
        plan["grounds"]["references"].get("lists/Customers").update(id="0" * 24)
    ),
    "one step more": lambda plan: plan["steps"].append(
        {**step(plan, "lists/Autumn"), "address": "lists/Winter"}
    ),
    "one step less": lambda plan: plan["steps"].remove(step(plan, "lists/Autumn")),
}


def step(plan: Any, start: str) -> Any:
    return next(step for step in plan["steps"] if step["address"].startswith(start))


@pytest.mark.parametrize("what", EDITS)
def test_any_other_plan_does_not_agree(script: Script, recorded: Any, what: str) -> None:
    change(script, recorded, EDITS[what])
    ran = script.run("agree.py")
    assert ran.returncode == 6, what
    assert "nothing was written" in ran.stdout
    assert script.outputs() == {}


@pytest.mark.parametrize(("attempt", "code"), [("1", 6), ("2", 0)])
def test_a_run_started_again_finds_less_to_do(
    script: Script, recorded: Any, attempt: str, code: int
) -> None:
    change(script, recorded, EDITS["one step less"])
    assert script.run("agree.py", GITHUB_RUN_ATTEMPT=attempt).returncode == code


@pytest.mark.parametrize("what", sorted(EDITS.keys() - {"one step less"}))
def test_a_run_started_again_does_nothing_else(script: Script, recorded: Any, what: str) -> None:
    change(script, recorded, EDITS[what])
    assert script.run("agree.py", GITHUB_RUN_ATTEMPT="2").returncode == 6


def test_another_account_is_refused(script: Script, recorded: Any) -> None:
    change(script, recorded, lambda plan: plan["account"].update(fingerprint="sha256:0"))
    ran = script.run("agree.py")
    assert (ran.returncode, "another account" in ran.stdout) == (7, True)


def test_without_a_record_nothing_agrees(script: Script, recorded: Any) -> None:
    (script.folder / "review.json").unlink()
    ran = script.run("agree.py", MISSING="it has expired")
    assert (ran.returncode, "it has expired" in ran.stdout) == (6, True)


@pytest.mark.parametrize(
    ("globs", "kept"),
    [
        ("", ""),
        ("lists/Other*\n", ""),
        ("lists/Other*\n\n  lists/Prod*  \n", "lists/Prod*\n"),
        ("lists/Product news", "lists/Product news\n"),
        ("*", "*\n"),
    ],
)
def test_only_deletes_that_are_planned_are_allowed(
    script: Script, recorded: Any, globs: str, kept: str
) -> None:
    change(script, recorded, EDITS["an action"])
    ran = script.run("agree.py", EXPECT=recorded["fingerprint"], ALLOW_DELETE=globs)
    assert ran.returncode == 0, ran.stdout
    assert (script.folder / "deletes").read_text(encoding="utf-8") == kept


# --- comments and issues


RUN = {"CODE": "2", "PULL_REQUEST": "1"}


@pytest.mark.parametrize("size", [100, 65_000, 65_400, 65_536, 70_000])
def test_a_report_of_any_size_becomes_a_comment(
    github: FakeGitHub, script: Script, size: int
) -> None:
    (script.folder / "report.md").write_text("é" * (size // 2), encoding="utf-8")
    assert script.run("comment.py", **RUN).returncode == 0
    (comment,) = github.comments[1]
    whole = "é" * (size // 2) in comment["body"]
    assert whole == (size < 65_536)
    assert whole or "too long" in comment["body"]


def test_a_report_loses_its_marker_and_its_command(github: FakeGitHub, script: Script) -> None:
    text = "<!-- bmeconf:plan account=x -->\n## Plan\n\nNext:\n\n```sh\nbmeconf apply /tmp/x\n```\n"
    (script.folder / "report.md").write_text(text, encoding="utf-8")
    script.run("comment.py", **RUN)
    (comment,) = github.comments[1]
    assert comment["body"].startswith("<!-- bmeconf:plan account=default -->\n\n## Plan\n")
    assert comment["body"].count("<!--") == 1
    assert "Next:" not in comment["body"]
    assert f"Commit {COMMIT[:12]}, [run 7](" in comment["body"]


def test_two_projects_have_a_comment_each(github: FakeGitHub, script: Script) -> None:
    for name in ("one", "two", "one"):
        script.run("comment.py", **RUN, NAME=name)
    assert [c["body"].splitlines()[0] for c in github.comments[1]] == [
        f"<!-- bmeconf:plan account={name} -->" for name in ("one", "two")
    ]


def test_an_issue_of_somebody_else_is_left_alone(github: FakeGitHub, script: Script) -> None:
    mark = "<!-- bmeconf:drift account=default -->"
    other = {"number": 1, "user": {"login": "mallory"}, "state": "open", "body": mark}
    pull = {"number": 2, "user": {"login": BOT}, "state": "open", "body": mark, "pull_request": {}}
    github.issues += [other, pull]
    before = [dict(other), dict(pull)]
    script.run("issue.py", CODE="0")
    assert github.issues == before
    script.run("issue.py", CODE="9")
    assert github.issues[:2] == before
    assert github.issues[2]["title"].startswith("A manual step")
    script.run("issue.py", CODE="2")
    assert len(github.issues) == 3
    assert github.issues[2]["title"].startswith("The account has drifted")


@pytest.mark.parametrize(("name", "code"), [("comment.py", "2"), ("issue.py", "2")])
def test_a_token_of_another_author_is_told_of(
    github: FakeGitHub, script: Script, name: str, code: str
) -> None:
    # What it wrote would not be found again: every run would write one more, and be green.
    github.tokens["t0k3n"] = Token("t0k3n", EVERYTHING, "acme-mail[bot]")
    ran = script.run(name, PULL_REQUEST="1", CODE=code)
    assert ran.returncode == 3
    assert "set author: acme-mail[bot]" in ran.stdout
    for _ in range(2):
        known = script.run(name, PULL_REQUEST="1", CODE=code, AUTHOR="acme-mail[bot]")
        assert known.returncode == 0, known.stdout
    assert len(github.issues) + len(github.comments.get(1, [])) == 1


# --- the lock file


@pytest.mark.parametrize("project", [".", "mail/eu west"])
def test_the_lock_file_goes_to_its_project(
    github: FakeGitHub, script: Script, project: str
) -> None:
    for root in (github.origin, script.folder):
        (root / project).mkdir(parents=True, exist_ok=True)
    (github.origin / project / "a.yaml").write_text("version: 1\n", encoding="utf-8")
    github.git("add", "--all")
    github.git("commit", "--quiet", "-m", "Begin")
    kept = script.folder / project / "bmeconf.lock.json"
    assert script.run("lock.py", "take", PROJECT=project).returncode == 0
    assert not kept.exists()

    for text in ('{"a": 1}\n', '{"a": 2}\n', '{"a": 2}\n'):
        github.keep(7, "bmeconf-apply-default", {"bmeconf.lock.json": text.encode()})
        ran = script.run("lock.py", "keep", PROJECT=project, ARTIFACT="bmeconf-apply-default")
        assert ran.returncode == 0, ran.stdout
        assert script.run("lock.py", "take", PROJECT=project).returncode == 0
        assert kept.read_text(encoding="utf-8") == text
    assert github.git("rev-list", "--count", "HEAD") == "3"


def test_a_lock_file_that_landed_unheard_is_not_committed_twice(
    github: FakeGitHub, script: Script
) -> None:
    github.git("commit", "--quiet", "--allow-empty", "-m", "Begin")
    github.keep(7, "left", {"bmeconf.lock.json": b"{}\n"})
    github.meddle(Rule(r"PUT .*", after(reply({}, 502)), times=1))
    assert script.run("lock.py", "keep", PROJECT=".", ARTIFACT="left").returncode == 0
    assert github.git("rev-list", "--count", "HEAD") == "2"


# --- the inputs


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


def setup(script: Script, work: Path | None = None, **env: str) -> subprocess.CompletedProcess[str]:
    script.output.write_text("", encoding="utf-8")
    return subprocess.run(
        ["bash", str(ACTION / "setup.sh")],
        env={**script.env, "RUNNER_TEMP": str(script.folder), **SETUP, **env},
        cwd=work or script.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"MODE": "destroy"}, "mode must be one of"),
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
    ("env", "meets"),
    [
        ({}, "true"),
        ({"MODE": "validate"}, "false"),
        ({"FORK": "true"}, "false"),
        ({"HAS_KEY": "false"}, "false"),
        ({"MODE": "drift", "GITHUB_EVENT_NAME": "schedule"}, "true"),
    ],
)
def test_who_meets_the_account(script: Script, env: dict[str, str], meets: str) -> None:
    assert setup(script, **env).returncode == 0
    assert script.outputs()["meets"] == meets


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({}, "default"),
        ({"PROJECT": "./"}, "default"),
        ({"PROJECT": "mail/eu west"}, "mail-eu-west"),
        ({"PROJECT": "mail/eu west", "ACCOUNT": "eu"}, "eu"),
        ({"ACCOUNT": "eu", "NAME": "x"}, "x"),
    ],
)
def test_projects_are_told_apart(script: Script, env: dict[str, str], name: str) -> None:
    (script.folder / "mail" / "eu west").mkdir(parents=True)
    ran = setup(script, **env)
    assert ran.returncode == 0, ran.stdout
    assert script.outputs()["name"] == name


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


HOSTILE = "import pathlib\npathlib.Path({marker!r}).touch()\n"
SHADOWED = ("venv", "ensurepip", "pip", "json", "sitecustomize", "usercustomize", "zipfile")


def shadow(work: Path, marker: Path) -> None:
    """Modules at the root of a checkout that take the names of those that the steps use."""
    work.mkdir()
    for name in SHADOWED:
        (work / f"{name}.py").write_text(HOSTILE.format(marker=str(marker)), encoding="utf-8")


def test_an_installation_runs_nothing_of_the_checkout(tmp_path: Path) -> None:
    work, marker, bare = tmp_path / "checkout", tmp_path / "ran", tmp_path / "bin"
    shadow(work, marker)
    bare.mkdir()
    (bare / "python3").symlink_to(sys.base_prefix + f"/bin/python3.{sys.version_info.minor}")
    temp = tmp_path / "temp"
    temp.mkdir()
    ran = subprocess.run(
        ["bash", str(ACTION / "install.sh")],
        cwd=work,
        env={
            "PATH": f"{bare}:/usr/bin:/bin",
            "HOME": str(tmp_path),
            "PYTHONPATH": str(work),
            "RUNNER_TEMP": str(temp),
            "GITHUB_ACTION_PATH": str(ACTION),
            "GITHUB_PATH": str(tmp_path / "path"),
            "PIP_NO_INDEX": "1",
        },
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    # Without an index there is nothing to build with: pip was reached, and that is enough.
    assert "hatchling" in ran.stderr, ran.stdout + ran.stderr
    assert not marker.exists()


def test_every_python_of_a_step_leaves_the_checkout_out() -> None:
    # -I leaves out the folder of a script as well, where ours have the modules that they share.
    texts = {path.name: path.read_text(encoding="utf-8") for path in ACTION.rglob("*.yml")}
    texts |= {path.name: path.read_text(encoding="utf-8") for path in ACTION.glob("*.sh")}
    for name, text in texts.items():
        for call in re.findall(r"python3?\"? [-\"$].*", re.sub(r"(?m)^\s*#.*", "", text)):
            isolated = re.match(r'python3?"? (-I -[mc] |-Es "\$GITHUB_ACTION_PATH/)', call)
            assert isolated, f"{name}: {call}"


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
def test_a_job_ends_as_its_command_did(mode: str, code: int, fail: str, ends: int) -> None:
    env = {"PATH": os.environ["PATH"], "MODE": mode, "CODE": str(code), "FAIL": fail}
    assert subprocess.run(["bash", ACTION / "verdict.sh"], env=env, check=False).returncode == ends
