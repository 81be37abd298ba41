"""The workflows on GitHub, run for real: on pull requests, merges and schedules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ci_project
from tests.support.ci_project import OWNED, Repository
from tests.support.driver import Account, Project
from tests.support.fake_github import FakeGitHub
from tests.support.fake_server import Rule, instead, reply
from tests.support.forks import Forks
from tests.support.runner import ROOT, Run

LISTS = "manifests/lists.yaml"
AUTUMN = "version: 1\nlists: [{name: Autumn}]\n"
RENAMED = "version: 1\nlists: [{name: Product news, renamed_from: [Product updates]}]\n"
MORE, SPRING = "manifests/more.yaml", "version: 1\nlists: [{name: Spring}]\n"
BOTH = "version: 1\nlists: [{name: Autumn}, {name: Winter}]\n"
pytestmark = pytest.mark.timeout(400)
"""A run is a dozen processes, on machines that do other things too."""
MARK = "<!-- bmeconf:plan account=default -->"
MEETS_IT = "Use the account"
MEETS, ASKS = (
    {MEETS_IT},
    {
        "Take the reviewed plan and the newest lock file",
        "Show it on GitHub",
        "Commit the lock file",
    },
)
"""The steps that may have the account's key, and those that may have a token."""


@pytest.fixture
def repository(tmp_path: Path, account: Account, forks: Forks) -> Iterator[Repository]:
    with FakeGitHub(tmp_path / "origin") as github:
        yield ci_project.repository(tmp_path / "runs", github, account, forks.path)


def lists(account: Account) -> set[str]:
    """The names of the account's lists."""
    return {entry["name"] for entry in account.state()["lists"]}


def reviewed(repository: Repository, text: str) -> str:
    """A pull request with these lists, planned and merged; the commit on main."""
    return repository.reviewed(1, **{LISTS: text})


def ended(run: Run) -> tuple[str, int]:
    """How a run ended, and the exit code of the step that uses the account."""
    step = run.step(MEETS_IT)
    assert step is not None, run.log
    return run.conclusion, step.code


def kept_lock(repository: Repository) -> str:
    """The lock file among what the apply left."""
    return repository.github.kept("bmeconf-apply-default")["bmeconf.lock.json"]


def stopped(repository: Repository, run: Run, said: str, code: int = 6) -> None:
    """The apply of this run has failed before it wrote anything, for a reason it tells."""
    assert run.conclusion == "failure"
    held = run.step(MEETS_IT)
    assert held is not None, run.log
    assert (held.code, said in held.said) == (code, True), held.said
    assert "nothing was written" in held.said
    assert repository.account.writes() == []


# --- the pull request


def test_a_pull_request_has_one_comment_that_is_kept_up_to_date(repository: Repository) -> None:
    others = [{"id": n, "user": {"login": "mallory"}, "body": f"{n}"} for n in range(1, 121)]
    others[7]["body"] = f"{MARK}\nNothing will change."
    repository.github.comments[1] = list(others)
    repository.planned(1, **{LISTS: AUTUMN})
    (first,) = repository.comments(1)[120:]
    assert first.startswith(f"{MARK}\n")
    assert "Autumn" in first
    assert "Winter" not in first

    repository.planned(1, **{LISTS: BOTH})
    (second,) = repository.comments(1)[120:]
    assert "Winter" in second
    assert repository.github.git("rev-parse", "change-1")[:12] in second
    assert repository.github.comments[1][:120] == others
    assert repository.account.writes() == []


def test_the_comment_tells_of_a_plan_that_failed(repository: Repository) -> None:
    repository.planned(1, **{LISTS: AUTUMN})
    repository.propose(1, **{LISTS: "version: 1\nlists: [{nmae: Autumn}]\n"})
    run = repository.pull_request(1)
    assert ended(run) == ("failure", 3)
    assert f"::error file={LISTS},line=2,col=" in run.log
    (comment,) = repository.comments(1)
    assert "nmae" in comment
    assert [run["conclusion"] for run in repository.github.runs] == ["success", "failure"]


@pytest.mark.parametrize("trusting", [False, True])
def test_a_fork_is_validated_without_a_key(repository: Repository, trusting: bool) -> None:
    repository.propose(1, "mallory/mail", **{LISTS: AUTUMN})
    if trusting:
        # Some let private forks have secrets; the action does not take them.
        key = repository.account.sandbox.key
        repository.edit_workflow("${{ secrets.BMECONF_READ_KEY }}", key, times=2)
    run = repository.pull_request(1).ok()
    assert [step.name for step in run.steps] == [
        *("Install", "Check the inputs", "Do what needs no account"),
    ]
    assert all(repository.account.sandbox.key not in step.env.values() for step in run.steps)
    assert "comes from a fork" in run.log
    assert repository.account.log() == []
    assert repository.comments(1) == []


# --- the merge


def test_a_merge_applies_what_was_reviewed(repository: Repository) -> None:
    planned = repository.planned(1)
    (comment,) = repository.comments(1)
    record = json.loads(repository.github.kept("bmeconf-plan-default-1")["review.json"])
    assert record["fingerprint"] in comment
    assert planned.summary.count(record["fingerprint"]) == 1, planned.summary
    assert "<h1>" not in json.dumps(record), "the record carries no values"
    assert repository.account.writes() == []

    repository.merge(1)
    applied = repository.push().ok()
    assert f"Fingerprint: {record['fingerprint']}" in applied.log
    assert "10 of 10 steps applied" in applied.log
    assert lists(repository.account) >= {"Press", "Product news", "Everyone we write to"}

    lock = json.loads((repository.folder / "bmeconf.lock.json").read_text(encoding="utf-8"))
    assert lock["format"] == "bmeconf.lock/1"
    assert repository.github.git("log", "-1", "--format=%s") == "Record what was applied"
    again = repository.push().ok()
    assert "Nothing to apply" in again.log
    assert "steps applied" not in again.log


def test_a_person_can_name_the_fingerprint(repository: Repository) -> None:
    commit = repository.write(LISTS, AUTUMN)
    refused = repository.push()
    stopped(repository, refused, f"{commit[:12]} is not the merge of one pull request into main")
    assert "start the workflow by hand" in refused.log
    fingerprint = refused.log.partition("Fingerprint: ")[2][:32]
    stopped(repository, repository.dispatch("0" * 32), f"{fingerprint}, not {'0' * 32}")
    repository.dispatch(fingerprint).ok()
    assert "Autumn" in lists(repository.account)


def test_a_run_that_was_cut_off_is_finished_by_starting_it_again(repository: Repository) -> None:
    commit = reviewed(repository, BOTH)
    fault = {"kind": "error-500", "method": "POST", "path": "*/lists", "times": 9, "skip": 1}
    repository.account.faults(fault)
    assert ended(repository.push(commit)) == ("failure", 8)
    left = repository.github.kept("bmeconf-apply-default")
    assert any(name.startswith("journals/") for name in left)
    repository.account.faults()
    repository.push(commit, attempt=2).ok()
    assert {"Autumn", "Winter"} <= lists(repository.account)


def test_deletes_are_to_be_allowed_in_the_workflow(repository: Repository) -> None:
    gone = "version: 1\nlists: [{name: Product updates, state: absent}]\n"
    commit = reviewed(repository, gone)
    refused = repository.push(commit)
    assert ended(refused) == ("failure", 7)
    assert "--allow-delete" in refused.log
    assert repository.account.writes() == []

    kept = "          expect: ${{ inputs.expect }}\n"
    allowed = "".join(f"{' ' * 12}{glob}\n" for glob in ("lists/None*", "lists/Product*"))
    repository.edit_workflow(kept, f"{kept}          allow-delete: |\n{allowed}")
    repository.dispatch(refused.log.partition("Fingerprint: ")[2][:32]).ok()
    assert "Product updates" not in lists(repository.account)


def test_two_merges_in_a_row_keep_both_in_the_lock_file(repository: Repository) -> None:
    first = reviewed(repository, AUTUMN)
    repository.propose(2, **{MORE: SPRING})
    repository.push(first).ok()
    repository.pull_request(2).ok()
    second = repository.merge(2)
    # Its own commit knows nothing of the lock file that the first apply left.
    repository.push(second).ok()
    lock = (repository.folder / "bmeconf.lock.json").read_text(encoding="utf-8")
    assert "Autumn" in lock
    assert "Spring" in lock


def test_a_protected_branch_is_told_of(repository: Repository) -> None:
    reviewed(repository, AUTUMN)
    protected = {"message": "Changes must be made through a pull request."}
    repository.github.meddle(Rule(r"PUT .*", instead(reply(protected, 409))))
    run = repository.push()
    assert {name: job.conclusion for name, job in run.jobs.items()} == {
        "plan": "skipped",
        "apply": "success",
        "lock": "failure",
        "drift": "skipped",
    }
    kept = run.step("Commit the lock file")
    assert kept is not None
    assert "may bypass the protection" in kept.said
    assert "Autumn" in lists(repository.account)
    assert "Autumn" in kept_lock(repository)


def test_the_lock_file_can_be_left_to_a_person(repository: Repository) -> None:
    repository.edit_workflow("commit-lock: true", "commit-lock: false")
    run = repository.push(reviewed(repository, AUTUMN)).ok()
    said = "::warning::The lock file changed: commit the file in the artifact bmeconf-app"
    assert said in run.log
    assert not (repository.folder / "bmeconf.lock.json").exists()
    assert "Autumn" in kept_lock(repository)


def test_a_project_that_declares_no_account_is_applied(repository: Repository) -> None:
    bare = (ROOT / "bmeconf/project/scaffold/files/adopted.yaml").read_text(encoding="utf-8")
    repository.write("bmeconf.yaml", bare)
    named, url = "api-key-variable: BMECONF_PRODUCTION_KEY", repository.account.sandbox.url
    # Each stands in a mapping of its own, six or ten columns in.
    for indent, times in ((" " * 6, 2), (" " * 10, 1)):
        told = f"\n{indent}api-key-variable: BMECONF_API_KEY\n{indent}base-url: {url}\n"
        repository.edit_workflow(f"\n{indent}{named}\n", told, times)
    repository.push(reviewed(repository, AUTUMN)).ok()
    assert "Autumn" in lists(repository.account)
    repository.schedule().ok()


# --- secrets, and names


def test_the_key_of_an_environment_reaches_no_workflow_of_others(repository: Repository) -> None:
    # What the recipe is built around; the runner of these tests has to keep to it.
    repository.edit_workflow("secrets.BMECONF_READ_KEY", "secrets.BMECONF_API_KEY", times=2)
    assert (
        "::warning title=bmeconf::There is no api-key"
        in repository.planned(1, **{LISTS: AUTUMN}).log
    )
    assert "there is no api-key" in repository.schedule().log
    assert repository.account.log() == []


def test_the_key_and_the_token_are_where_they_are_needed_alone(repository: Repository) -> None:
    key = repository.account.sandbox.key
    repository.push(reviewed(repository, AUTUMN)).ok()
    steps = []
    repository.propose(2, **{LISTS: BOTH})
    for run in (repository.pull_request(2), repository.dispatch("00000000")):
        steps += run.steps
        assert key not in run.log
        assert not any(token in run.log for token in repository.github.tokens)
    for step in steps:
        values = step.env.values()
        assert key not in values or step.name in MEETS, step.name
        assert not set(values) & repository.github.tokens.keys() or step.name in ASKS, step.name
        assert OWNED not in step.env
    told = json.dumps([repository.github.comments, repository.github.issues])
    stored = [repository.github.kept(a["name"]) for a in repository.github.artifacts]
    for text in (told, json.dumps(stored)):
        assert key not in text
        assert "ghs_" not in text


# --- drift


def in_sync(repository: Repository) -> None:
    """Have a manifest on main that was applied, with the lock file."""
    project = Project(repository.folder, {OWNED: repository.account.sandbox.key})
    project.write(LISTS, AUTUMN)
    project.apply()
    repository.commit()


def test_drift_has_one_issue_until_it_is_clean(repository: Repository) -> None:
    in_sync(repository)
    repository.account.edit("lists", "Autumn", name="Fall")
    repository.schedule().ok()
    (issue,) = repository.github.issues
    assert issue["state"] == "open"
    assert issue["body"].startswith("<!-- bmeconf:drift account=default -->\n")
    assert "Fall" in issue["body"]

    repository.account.edit("lists", "Fall", name="Autumn")
    repository.schedule().ok()
    assert issue["state"] == "closed"


def test_drift_fails_the_job_where_that_is_asked_for(repository: Repository) -> None:
    call = f"bmeconf-drift.yml@{'0' * 40}\n    with:\n"
    repository.edit_workflow(call, f"{call}      fail: true\n")
    in_sync(repository)
    repository.account.edit("lists", "Autumn", name="Fall")
    assert ended(repository.schedule()) == ("failure", 2)
    assert len(repository.github.issues) == 1


def test_a_drift_report_that_failed_says_nothing_in_an_issue(repository: Repository) -> None:
    repository.runner.secrets = {"BMECONF_READ_KEY": "bme_" + "x" * 40}
    assert ended(repository.schedule()) == ("failure", 4)
    assert repository.github.issues == []
