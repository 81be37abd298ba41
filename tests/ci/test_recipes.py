"""The recipes for other CIs, and the hook for pre-commit, run as they stand."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from string import Template
from subprocess import CompletedProcess
from typing import Protocol

import pytest
import yaml

import bmeconf
from tests.support import ci_project, shell
from tests.support.ci_project import OWNED
from tests.support.driver import LOCK, Account, Project
from tests.support.fake_gitlab import FakeGitLab, Token
from tests.support.forks import Forks
from tests.support.pair import KEYS, Pair
from tests.support.pipeline import Pipeline

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "examples" / "ci"
COMMIT = "c" * 40
PLANNED, DRIFTED = f"planned-{COMMIT}", f"drifted-{COMMIT}"
MERGE_REQUEST = {
    "CI_COMMIT_SHA": COMMIT,
    "CI_PIPELINE_SOURCE": "merge_request_event",
    "CI_DEFAULT_BRANCH": "main",
    "CI_MERGE_REQUEST_PROJECT_ID": "42",
    "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "42",
}
FROM_A_FORK = {**MERGE_REQUEST, "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": "43"}
PUSH = {
    "CI_COMMIT_SHA": COMMIT,
    "CI_PIPELINE_SOURCE": "push",
    "CI_COMMIT_BRANCH": "main",
    "CI_DEFAULT_BRANCH": "main",
}
SCHEDULE = {**PUSH, "CI_PIPELINE_SOURCE": "schedule"}

CHECKED = {"install": "on_success", "validate": "on_success"}
INSTALLED = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def checkout(tmp_path: Path, account: Account) -> Path:
    """A checkout of the newsletter, for the simulated account."""
    folder = tmp_path / "checkout"
    ci_project.newsletter(folder)
    ci_project.project_file(folder, account.sandbox.url)
    return folder


class Pipelines(Protocol):
    def __call__(self, variables: dict[str, str]) -> Pipeline: ...


@pytest.fixture
def pipeline(checkout: Path, account: Account, forks: Forks) -> Pipelines:
    """Pipelines with a key in each of the environments that have one."""
    keys = {OWNED: account.sandbox.key}

    def begin(variables: dict[str, str]) -> Pipeline:
        recipe, builds = RECIPES / "gitlab-ci.yml", checkout.parent / "builds"
        environments = {"read": keys, "production": keys}
        return Pipeline(recipe, checkout, builds, forks.path, variables, environments)

    return begin


def test_a_merge_request_is_planned(pipeline: Pipelines) -> None:
    proposed = pipeline(MERGE_REQUEST)
    assert proposed.jobs() == {**CHECKED, "plan": "on_success"}
    for job in proposed.jobs():
        assert proposed.run(job).code == 0
    assert "Fingerprint" in proposed.kept["plan"][f"{PLANNED}/plan.md"].decode()


def test_a_merge_request_from_a_fork_is_validated(pipeline: Pipelines, account: Account) -> None:
    proposed = pipeline(FROM_A_FORK)
    assert proposed.jobs() == CHECKED
    assert proposed.run("validate").code == 0
    assert account.log() == []


def test_exactly_the_plan_of_the_pipeline_is_applied(pipeline: Pipelines, account: Account) -> None:
    merged = pipeline(PUSH)
    assert merged.jobs() == {**CHECKED, "plan": "on_success", "apply": "manual"}
    said = "".join(merged.run(job).said for job in ("validate", "plan"))
    plan = json.loads(merged.kept["plan"][f"{PLANNED}/plan.json"])
    assert plan["fingerprint"] in said
    applied = merged.run("apply")
    assert applied.code == 0, applied.said
    assert "10 of 10 steps applied" in applied.said
    assert "bmeconf.lock.json" in merged.kept["apply"]
    assert account.sandbox.key not in said + applied.said
    for files in merged.kept.values():
        assert all(account.sandbox.key.encode() not in data for data in files.values())
    assert merged.run("apply").code == 6


@pytest.fixture
def matrix(two_accounts: Pair, tmp_path: Path, forks: Forks) -> Pipelines:
    """Pipelines of the recipe for two accounts, on a checkout of their project."""
    keys = {KEYS[name]: account.sandbox.key for name, account in two_accounts.accounts.items()}
    environments = {"read": keys, **{name: {KEYS[name]: keys[KEYS[name]]} for name in KEYS}}
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("bmeconf.yaml", "m.yaml"):
        shutil.copy(two_accounts.project.folder / name, checkout)

    def begin(variables: dict[str, str]) -> Pipeline:
        recipe, builds = RECIPES / "gitlab-accounts.yml", tmp_path / "builds"
        return Pipeline(recipe, checkout, builds, forks.path, variables, environments)

    return begin


def test_a_matrix_plans_and_applies_each_account(matrix: Pipelines, two_accounts: Pair) -> None:
    assert matrix(FROM_A_FORK).jobs() == CHECKED
    proposed = matrix(MERGE_REQUEST)
    assert [*proposed.jobs()] == [*CHECKED, "plan: [staging]", "plan: [production]"]
    assert all(proposed.run(job).code == 0 for job in proposed.jobs())
    merged = matrix(PUSH)
    for name, account in two_accounts.accounts.items():
        assert merged.run(f"plan: [{name}]").code == 0
        assert {*merged.kept[f"plan: [{name}]"]} == {
            f"{PLANNED}/{name}/plan.{ending}" for ending in ("json", "md", "code", "xml")
        }
        assert account.writes() == []
    applied = merged.run("apply: [staging]")
    assert applied.code == 0, applied.said
    assert two_accounts.production.writes() == []
    assert merged.run("apply: [production]").code == 0
    names = {name: account.names() for name, account in two_accounts.accounts.items()}
    assert "Staging news" in names["staging"]
    assert "Production news" in names["production"]


def test_one_report_of_drift_in_all_accounts(matrix: Pipelines, two_accounts: Pair) -> None:
    two_accounts.project.apply("--account", "production")
    state = two_accounts.staging.state()
    state["keys"] = []
    two_accounts.staging.set(state)
    nightly = matrix(SCHEDULE)
    ended = nightly.run("drift")
    report = nightly.kept["drift"][f"{DRIFTED}/drift.md"].decode()
    assert ended.code == 4, ended.said
    assert "exit code 4: staging" in report
    assert "as declared" in report


# --- the recipes for GitLab, with a token

READS, PUSHES = "glpat-reads", "glpat-pushes"


@pytest.fixture
def gitlab(tmp_path: Path) -> Iterator[FakeGitLab]:
    """A GitLab with the token of the environment `notes`, and the one of `lock`."""
    with FakeGitLab(tmp_path / "checkout") as gitlab:
        gitlab.tokens = {READS: Token("reporter"), PUSHES: Token("maintainer", username="pushes")}
        gitlab.notes[1] = []
        yield gitlab


def with_token(begun: Pipeline, gitlab: FakeGitLab) -> Pipeline:
    """The same pipeline, for the newest commit, in a project with both tokens."""
    told = {
        **gitlab.variables,
        "CI_COMMIT_SHA": gitlab.commit(),
        "CI_MERGE_REQUEST_IID": "1",
        "CI_PIPELINE_ID": "7",
        "CI_PIPELINE_URL": "https://gitlab.example/acme/mail/-/pipelines/7",
    }
    begun.variables = {**begun.variables, **told, "HAS_GITLAB_TOKEN": "yes"}
    tokens = {"notes": {"GITLAB_TOKEN": READS}, "lock": {"GITLAB_TOKEN": PUSHES}}
    begun.protected = {**begun.protected, **tokens}
    return begun


def goes(pipeline: Pipeline, *jobs: str) -> str:
    """What these jobs said, all of which must succeed."""
    ended = {job: pipeline.run(job) for job in jobs}
    assert {job: end.code for job, end in ended.items()} == dict.fromkeys(jobs, 0), ended
    said = "".join(end.said for end in ended.values())
    assert READS not in said
    assert PUSHES not in said
    return said


@pytest.mark.parametrize("event", [MERGE_REQUEST, FROM_A_FORK, PUSH, SCHEDULE])
@pytest.mark.parametrize("recipe", ["pipeline", "matrix"])
def test_no_job_has_both_a_key_and_a_token(
    request: pytest.FixtureRequest, recipe: str, event: dict[str, str]
) -> None:
    begin: Pipelines = request.getfixturevalue(recipe)
    begun = with_token(begin(event), request.getfixturevalue("gitlab"))
    for job in begun.jobs():
        given, name = begun.variables_of(job).keys(), re.split("[:-]", job)[0]
        has_key = not given.isdisjoint({OWNED, *KEYS.values()})
        assert has_key == (name in ("plan", "apply", "drift")), job
        assert ("GITLAB_TOKEN" in given) == (name in ("note", "lock", "issue")), job


def test_the_plan_of_a_merge_request_is_one_note(
    pipeline: Pipelines, checkout: Path, gitlab: FakeGitLab
) -> None:
    proposed = with_token(pipeline(MERGE_REQUEST), gitlab)
    assert proposed.jobs() == {**CHECKED, "plan": "on_success", "note": "always"}
    for _ in range(2):
        goes(proposed, "plan", "note")
        (note,) = gitlab.notes[1]
        assert "Fingerprint" in note["body"]
    declare(checkout, "nmae")
    assert proposed.run("plan").code == 3
    goes(proposed, "note")
    (note,) = gitlab.notes[1]
    assert "unknown key" in note["body"]
    invalid = with_token(pipeline(MERGE_REQUEST), gitlab)
    assert invalid.run("validate").code == 3
    goes(invalid, "note")
    assert "**No plan**" in note["body"]


@pytest.mark.parametrize("recipe", ["pipeline", "matrix"])
def test_no_file_of_a_merge_request_is_taken_for_what_a_job_left(
    request: pytest.FixtureRequest, recipe: str
) -> None:
    begin: Pipelines = request.getfixturevalue(recipe)
    gitlab: FakeGitLab = request.getfixturevalue("gitlab")
    proposed = begin(MERGE_REQUEST)
    # All that the author knows: the commit is still to be made.
    known = {"CI_COMMIT_SHA": gitlab.commit(), "ACCOUNT": "staging"}
    (line,) = proposed.document["note"]["script"]
    folder = proposed.source / shlex.split(Template(line).substitute(known))[-1]
    folder.mkdir(parents=True)
    for name, text in {"plan.md": "Nothing will change.", "plan.code": "2"}.items():
        (folder / name).write_text(f"{text}\n", encoding="utf-8")
    with_token(proposed, gitlab)
    # `validate` failed, so that nothing was planned.
    goes(proposed, next(job for job in proposed.jobs() if job.startswith("note")))
    (note,) = gitlab.notes[1]
    assert "**No plan**" in note["body"]
    assert "Nothing will change" not in note["body"]


@pytest.mark.parametrize("recipe", ["gitlab-ci.yml", "gitlab-accounts.yml"])
def test_all_that_jobs_pass_on_is_in_folders_of_the_commit(recipe: str) -> None:
    document = yaml.safe_load((RECIPES / recipe).read_text(encoding="utf-8"))
    paths = {
        path
        for job in document.values()
        if "artifacts" in job
        for path in job["artifacts"]["paths"]
    }
    # The files of the project itself, which an apply changes.
    kept = {f"$BMECONF_PROJECT/{path}" for path in (LOCK, ".bmeconf/journals")}
    assert kept < paths
    assert all(path.endswith("-$CI_COMMIT_SHA") for path in paths - kept)


def test_a_merge_request_without_a_change_gets_no_note(
    pipeline: Pipelines, checkout: Path, gitlab: FakeGitLab
) -> None:
    for path in (checkout / "manifests").iterdir():
        path.write_text("version: 1\n", encoding="utf-8")
    goes(with_token(pipeline(MERGE_REQUEST), gitlab), "plan", "note")
    assert gitlab.notes[1] == []


def test_the_lock_file_of_an_apply_is_committed(pipeline: Pipelines, gitlab: FakeGitLab) -> None:
    merged = with_token(pipeline(PUSH), gitlab)
    assert [*merged.jobs()] == [*CHECKED, "plan", "apply", "lock"]
    goes(merged, "plan", "apply", "lock")
    assert f"{gitlab.git('show', f'main:{LOCK}')}\n".encode() == merged.kept["apply"][LOCK]
    # A plan is applied once: what is left changes nothing.
    assert merged.run("apply").code == 6
    goes(merged, "lock")
    assert gitlab.git("rev-list", "--count", "main") == "2"
    # The next one has nothing to do, and neither does the one for an old commit.
    goes(with_token(pipeline(PUSH), gitlab), "plan", "apply", "lock")
    goes(merged, "lock")
    assert LOCK in gitlab.git("show", "--stat", "--format=", "main~1")


def test_a_project_in_a_folder_keeps_its_lock_file_there(
    pipeline: Pipelines, checkout: Path, gitlab: FakeGitLab
) -> None:
    project = checkout / "mail"
    project.mkdir()
    for name in ("bmeconf.yaml", "manifests", "emails"):
        shutil.move(checkout / name, project)
    merged = with_token(pipeline({**PUSH, "BMECONF_PROJECT": "mail"}), gitlab)
    goes(merged, "plan", "apply", "lock")
    assert "lists/" in gitlab.git("show", f"main:mail/{LOCK}")


def test_what_an_apply_did_before_it_broke_off_is_committed(
    pipeline: Pipelines, account: Account, gitlab: FakeGitLab
) -> None:
    merged = with_token(pipeline(PUSH), gitlab)
    goes(merged, "plan")
    fault = {"kind": "error-500", "method": "POST", "path": "*/lists", "times": 9}
    account.faults(fault)
    assert merged.run("apply").code == 8
    goes(merged, "lock")
    assert "lists/" in gitlab.git("show", f"main:{LOCK}")


def test_drift_is_one_issue(
    pipeline: Pipelines, checkout: Path, account: Account, gitlab: FakeGitLab
) -> None:
    nightly = with_token(pipeline(SCHEDULE), gitlab)
    assert nightly.jobs() == {**CHECKED, "drift": "on_success", "issue": "always"}
    assert nightly.run("drift").code == 2
    assert any(path.endswith("/drift.md") for path in nightly.kept["drift"])
    goes(nightly, "issue")
    (issue,) = gitlab.issues
    assert issue["state"] == "opened"
    Project(checkout, {OWNED: account.sandbox.key}).apply()
    nightly = with_token(pipeline(SCHEDULE), gitlab)
    assert nightly.run("drift").code == 0
    goes(nightly, "issue")
    assert issue["state"] == "closed"


def test_each_account_has_its_note_and_its_part_of_the_lock_file(
    matrix: Pipelines, gitlab: FakeGitLab
) -> None:
    proposed = with_token(matrix(MERGE_REQUEST), gitlab)
    names = ("staging", "production")
    goes(proposed, *(f"{job}: [{name}]" for job in ("plan", "note") for name in names))
    starts = [note["body"].splitlines()[0] for note in reversed(gitlab.notes[1])]
    assert starts == [f"<!-- bmeconf:plan account={name} -->" for name in names]
    merged = with_token(matrix(PUSH), gitlab)
    assert [*merged.jobs()][-4:] == [
        *(f"apply: [{name}]" for name in names),
        *(f"lock-{name}" for name in names),
    ]
    goes(merged, *(f"plan: [{name}]" for name in names))
    for name in names:
        goes(merged, f"apply: [{name}]", f"lock-{name}")
    kept = gitlab.git("show", f"main:{LOCK}")
    assert "lists/Staging news" in kept
    assert "lists/Production news" in kept


def test_gitlab_installs_this_version() -> None:
    text = (RECIPES / "gitlab-ci.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"bmeconf(?:==|-)(\d[\d.]*\d)", text)) == {bmeconf.__version__}


def test_nothing_but_hashed_wheels_is_downloaded_and_without_the_writing_key() -> None:
    document, accounts = (
        yaml.safe_load((RECIPES / recipe).read_text(encoding="utf-8"))
        for recipe in ("gitlab-ci.yml", "gitlab-accounts.yml")
    )
    assert [accounts[part] for part in ("install", "default")] == [
        document[part] for part in ("install", "default")
    ]
    assert "environment" not in document["install"]
    (download,) = [line for line in document["install"]["script"] if "pip" in line]
    assert {"--require-hashes", "--only-binary", ":all:"} <= set(download.split())
    (install,) = document["default"]["before_script"]
    assert {"--no-index", "--no-deps", '"wheels-$CI_COMMIT_SHA"/*.whl'} <= set(install.split())
    others = {name: job for name, job in document.items() if "stage" in job and name != "install"}
    assert not [name for name, job in others.items() if "pip" in str(job)]
    assert all("install" in job["needs"] for job in others.values() if "needs" in job)


def run(checkout: Path, programs: str, *command: str, **env: str) -> CompletedProcess[str]:
    return shell.run(
        checkout, {"PATH": programs, "HOME": str(checkout.parent), **env}, *command, timeout=110
    )


def test_the_shell_recipe_goes_the_whole_way(
    checkout: Path, account: Account, forks: Forks
) -> None:
    def ended(*arguments: str, **env: str) -> int:
        return run(checkout, forks.path, "sh", f"{RECIPES}/shell.sh", *arguments, **env).returncode

    key = {OWNED: account.sandbox.key}
    kept = {**key, "BMECONF_KEEP": str(checkout.parent)}
    assert ended("validate") == 0
    assert account.log() == []
    assert ended("plan", **kept) == 2
    assert (checkout.parent / "plan.json").stat().st_mode & 0o077 == 0
    assert ended("apply", **kept) == 0
    assert ended("plan", **key) == ended("drift", **key) == 0
    assert ended("apply", **kept) == 6
    assert ended() == 3


# --- the hook


(HOOK,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))


def declare(checkout: Path, key: str) -> None:
    """A manifest with this key in the place of `name`."""
    text = f"version: 1\nlists: [{{{key}: Autumn}}]\n"
    (checkout / "manifests" / "more.yaml").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(("key", "code"), [("name", 0), ("nmae", 3)])
def test_the_entry_of_the_hook_checks_the_project(checkout: Path, key: str, code: int) -> None:
    declare(checkout, key)
    assert HOOK["pass_filenames"] is False
    ran = run(checkout, INSTALLED, *HOOK["entry"].split())
    assert ran.returncode == code, ran.stdout


@pytest.mark.skipif(not shutil.which("pre-commit", path=INSTALLED), reason="no pre-commit here")
def test_pre_commit_runs_the_hook_on_what_is_staged(checkout: Path) -> None:
    def staged(*command: str) -> CompletedProcess[str]:
        return run(checkout, INSTALLED, *command, GIT_CONFIG_NOSYSTEM="1")

    staged("git", "init", "--quiet")
    # The same hook, without an installation of its own.
    config = {"repos": [{"repo": "local", "hooks": [{**HOOK, "language": "system"}]}]}
    (checkout / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    declare(checkout, "nmae")
    staged("git", "add", "--all")
    # What is mended, but not staged, does not count.
    declare(checkout, "name")
    refused = staged("pre-commit", "run")
    assert refused.returncode == 1
    assert "nmae" in refused.stdout
    staged("git", "add", "--all")
    assert staged("pre-commit", "run").returncode == 0
