"""The recipes for other CIs, and the hook for pre-commit, run as they stand."""

from __future__ import annotations

import json
import os
import re
import shutil
import sys
from pathlib import Path
from subprocess import CompletedProcess
from typing import Protocol

import pytest
import yaml

import bmeconf
from tests.support import ci_project, shell
from tests.support.ci_project import OWNED
from tests.support.driver import Account
from tests.support.forks import Forks
from tests.support.pair import KEYS, Pair
from tests.support.pipeline import Pipeline

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "examples" / "ci"
MERGE_REQUEST = {"CI_PIPELINE_SOURCE": "merge_request_event", "CI_DEFAULT_BRANCH": "main"}
PUSH = {"CI_PIPELINE_SOURCE": "push", "CI_COMMIT_BRANCH": "main", "CI_DEFAULT_BRANCH": "main"}
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
    def __call__(self, variables: dict[str, str], key: bool = True) -> Pipeline: ...


@pytest.fixture
def pipeline(checkout: Path, account: Account, forks: Forks) -> Pipelines:
    """Pipelines whose project may have the key for reading, and whose environment the other."""
    keys = {OWNED: account.sandbox.key}

    def begin(variables: dict[str, str], key: bool = True) -> Pipeline:
        known = {**variables, **(keys if key else {})}
        recipe, builds = RECIPES / "gitlab-ci.yml", checkout.parent / "builds"
        return Pipeline(recipe, checkout, builds, forks.path, known, {"production": keys})

    return begin


def test_a_merge_request_is_planned(pipeline: Pipelines) -> None:
    proposed = pipeline(MERGE_REQUEST)
    assert proposed.jobs() == {**CHECKED, "plan": "on_success"}
    for job in proposed.jobs():
        assert proposed.run(job).code == 0
    assert "Fingerprint" in proposed.kept["plan"]["plan.md"].decode()


def test_a_merge_request_without_a_key_is_validated(pipeline: Pipelines, account: Account) -> None:
    proposed = pipeline(MERGE_REQUEST, key=False)
    assert proposed.jobs() == CHECKED
    assert proposed.run("validate").code == 0
    assert account.log() == []


def test_exactly_the_plan_of_the_pipeline_is_applied(pipeline: Pipelines, account: Account) -> None:
    merged = pipeline(PUSH)
    assert merged.jobs() == {**CHECKED, "plan": "on_success", "apply": "manual"}
    said = "".join(merged.run(job).said for job in ("validate", "plan"))
    plan = json.loads(merged.kept["plan"]["plan.json"])
    assert plan["fingerprint"] in said
    applied = merged.run("apply")
    assert applied.code == 0, applied.said
    assert "10 of 10 steps applied" in applied.said
    assert "bmeconf.lock.json" in merged.kept["apply"]
    assert account.sandbox.key not in said + applied.said
    for files in merged.kept.values():
        assert all(account.sandbox.key.encode() not in data for data in files.values())
    assert merged.run("apply").code == 6


def test_an_account_that_moved_stops_the_pipeline(pipeline: Pipelines, account: Account) -> None:
    merged = pipeline(PUSH)
    assert merged.run("plan").code == 0
    ci_project.touch(account, "Product updates")
    moved = account.state()
    assert merged.run("apply").code == 6
    assert account.state() == moved


def test_a_schedule_looks_for_drift_alone(pipeline: Pipelines) -> None:
    nightly = pipeline(SCHEDULE)
    assert not {"apply", "plan"} & nightly.jobs().keys()
    drifted = nightly.run("drift")
    assert drifted.code == 2, drifted.said
    assert "drift.md" in nightly.kept["drift"]


@pytest.fixture
def matrix(two_accounts: Pair, tmp_path: Path, forks: Forks) -> Pipelines:
    """Pipelines of the recipe for two accounts, on a checkout of their project."""
    keys = {KEYS[name]: account.sandbox.key for name, account in two_accounts.accounts.items()}
    environments = {name: {KEYS[name]: keys[KEYS[name]]} for name in KEYS}
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("bmeconf.yaml", "m.yaml"):
        shutil.copy(two_accounts.project.folder / name, checkout)

    def begin(variables: dict[str, str], key: bool = True) -> Pipeline:
        known = {**variables, **(keys if key else {})}
        recipe, builds = RECIPES / "gitlab-accounts.yml", tmp_path / "builds"
        return Pipeline(recipe, checkout, builds, forks.path, known, environments)

    return begin


def test_a_matrix_plans_and_applies_each_account(matrix: Pipelines, two_accounts: Pair) -> None:
    assert matrix(MERGE_REQUEST, key=False).jobs() == CHECKED
    proposed = matrix(MERGE_REQUEST)
    assert [*proposed.jobs()] == [*CHECKED, "plan: [staging]", "plan: [production]"]
    assert all(proposed.run(job).code == 0 for job in proposed.jobs())
    merged = matrix(PUSH)
    for name, account in two_accounts.accounts.items():
        assert merged.run(f"plan: [{name}]").code == 0
        assert list(merged.kept[f"plan: [{name}]"]) == [f"plan-{name}.json", f"plan-{name}.md"]
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
    report = nightly.kept["drift"]["drift.md"].decode()
    assert ended.code == 4, ended.said
    assert "exit code 4: staging" in report
    assert "as declared" in report


@pytest.mark.parametrize("recipe", ["gitlab-ci.yml", "gitlab-accounts.yml"])
def test_gitlab_installs_by_hash_alone(recipe: str) -> None:
    document = yaml.safe_load((RECIPES / recipe).read_text(encoding="utf-8"))
    single = yaml.safe_load((RECIPES / "gitlab-ci.yml").read_text(encoding="utf-8"))
    assert document["install"] == single["install"]
    assert document["default"] == single["default"]
    assert "environment" not in document["install"]


def test_gitlab_installs_this_version() -> None:
    text = (RECIPES / "gitlab-ci.yml").read_text(encoding="utf-8")
    assert set(re.findall(r"bmeconf(?:==|-)(\d[\d.]*\d)", text)) == {bmeconf.__version__}


def test_nothing_but_hashed_wheels_is_downloaded_and_without_the_writing_key() -> None:
    document = yaml.safe_load((RECIPES / "gitlab-ci.yml").read_text(encoding="utf-8"))
    assert "environment" not in document["install"]
    (download,) = [line for line in document["install"]["script"] if "pip" in line]
    assert {"--require-hashes", "--only-binary", ":all:"} <= set(download.split())
    (install,) = document["default"]["before_script"]
    assert {"--no-index", "--no-deps", "wheels/*.whl"} <= set(install.split())
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
