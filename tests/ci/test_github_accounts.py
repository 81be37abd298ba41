"""The recipe for several accounts on GitHub, run for real: staging before production."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import ci_project
from tests.support.ci_project import Repository
from tests.support.driver import LOCK
from tests.support.fake_github import FakeGitHub
from tests.support.forks import Forks
from tests.support.pair import Pair

pytestmark = pytest.mark.timeout(400)


@pytest.fixture
def repository(tmp_path: Path, two_accounts: Pair, forks: Forks) -> Iterator[Repository]:
    with FakeGitHub(tmp_path / "origin") as github:
        yield ci_project.of_two_accounts(tmp_path / "runs", github, two_accounts, forks.path)


def manifest(two_accounts: Pair) -> dict[str, str | None]:
    return {"m.yaml": (two_accounts.project.folder / "m.yaml").read_text(encoding="utf-8")}


def test_a_merge_is_applied_to_staging_and_then_to_production(
    repository: Repository, two_accounts: Pair
) -> None:
    repository.planned(1, **manifest(two_accounts))
    first, second = repository.comments(1)
    assert first.startswith("<!-- bmeconf:plan account=staging -->\n")
    assert second.startswith("<!-- bmeconf:plan account=production -->\n")
    assert "Staging news" in first
    assert "Production news" in second
    run = repository.push(repository.merge(1)).ok()
    applied = [step.job for step in run.steps if "steps applied" in step.said]
    assert applied == ["apply-staging", "apply-production"]
    for name, account in two_accounts.accounts.items():
        assert f"{name.capitalize()} news" in account.names()
    lock = (repository.folder / LOCK).read_text(encoding="utf-8")
    assert "Staging news" in lock
    assert "Production news" in lock
    for account in two_accounts.accounts.values():
        assert account.sandbox.key not in run.log


def test_production_is_left_alone_where_staging_failed(
    repository: Repository, two_accounts: Pair
) -> None:
    repository.planned(1, **manifest(two_accounts))
    two_accounts.staging.faults(
        {"kind": "error-500", "method": "POST", "path": "*/lists", "times": 9}
    )
    run = repository.push(repository.merge(1))
    ends = {name: job.conclusion for name, job in run.jobs.items()}
    assert (ends["apply-staging"], ends["apply-production"]) == ("failure", "skipped")
    assert two_accounts.production.writes() == []


def test_one_account_can_be_applied_by_hand(repository: Repository, two_accounts: Pair) -> None:
    repository.reviewed(1, **manifest(two_accounts))
    fingerprint = repository.comments(1)[1].partition("Fingerprint: `")[2][:32]
    repository.dispatch(fingerprint, account="production").ok()
    assert two_accounts.staging.writes() == []
    assert "Production news" in two_accounts.production.names()


def test_a_name_in_the_project_file_reaches_no_other_secret(
    repository: Repository, two_accounts: Pair
) -> None:
    repository.runner.secrets = {**repository.runner.secrets, "DEPLOY_KEY": "bme_" + "d" * 40}
    text = (repository.folder / "bmeconf.yaml").read_text(encoding="utf-8")
    other = text.replace("production:", "DEPLOY_KEY:")
    repository.propose(1, **{"bmeconf.yaml": other}, **manifest(two_accounts))
    run = repository.pull_request(1)
    assert "There is no api-key" in run.log
    assert not any("bme_" + "d" * 40 in step.env.values() for step in run.steps)


def test_each_account_has_its_own_issue(repository: Repository, two_accounts: Pair) -> None:
    project = two_accounts.project
    for name in two_accounts.accounts:
        project.apply("--account", name)
    for file in ("m.yaml", LOCK):
        shutil.copy(project.folder / file, repository.folder)
    repository.commit()
    two_accounts.production.edit("lists", "Production news", name="By hand")
    repository.schedule()
    (issue,) = repository.github.issues
    assert issue["body"].startswith("<!-- bmeconf:drift account=production -->\n")
