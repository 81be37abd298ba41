"""A repository with the newsletter in it, on a fake GitHub: pull requests, merges, schedules."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.driver import Account
from tests.support.fake_github import REPOSITORY, FakeGitHub
from tests.support.pair import Pair
from tests.support.runner import ROOT, Event, Run, Runner

WORKFLOW = ".github/workflows/bmeconf.yml"
VENDOR = "https://api-us-west-2-a.benchmarkemail.io"
OWNED = "BMECONF_PRODUCTION_KEY"


@dataclass
class Repository:
    """The repository `acme/mail`, its runner and the account behind it."""

    github: FakeGitHub
    runner: Runner
    account: Account
    pulls: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Branch and owner's repository, by the number of the pull request."""

    @property
    def folder(self) -> Path:
        """The working tree at GitHub, on main."""
        return self.github.origin

    def write(self, path: str, text: str) -> str:
        """Commit a file straight to main; the commit."""
        (self.folder / path).write_text(text, encoding="utf-8")
        return self.commit()

    def edit_workflow(self, old: str, new: str, times: int = 1) -> None:
        """Commit the workflow with other words in it."""
        text = (self.folder / WORKFLOW).read_text(encoding="utf-8")
        assert text.count(old) == times
        self.write(WORKFLOW, text.replace(old, new))

    def planned(self, number: int, **files: str | None) -> Run:
        """Open a pull request, or push to it; its run, which must succeed."""
        self.propose(number, **files)
        return self.pull_request(number).ok()

    def reviewed(self, number: int, **files: str | None) -> str:
        """A pull request that was planned and merged; the commit on main."""
        self.planned(number, **files)
        return self.merge(number)

    def commit(self, message: str = "Change") -> str:
        """Commit all there is; the commit."""
        return self.github.commit(message)

    def propose(self, number: int, repository: str = REPOSITORY, **files: str | None) -> None:
        """Open a pull request, or push to it: `files` by path are written, None removes.

        Without files it brings the whole newsletter.
        """
        branch = f"change-{number}"
        known = number in self.pulls
        self.github.git("checkout", "--quiet", *([] if known else ["-b"]), branch)
        if not files and not known:
            newsletter(self.folder)
        for path, content in files.items():
            if content is None:
                (self.folder / path).unlink()
            else:
                (self.folder / path).write_text(content, encoding="utf-8")
        self.commit(f"Change of #{number}")
        self.github.git("checkout", "--quiet", "main")
        self.pulls[number] = branch, repository

    def pull_request(self, number: int) -> Run:
        """A run for the pull request as it is, on what main would be with it."""
        branch, repository = self.pulls[number]
        head = self.github.git("rev-parse", branch)
        self.github.git("checkout", "--quiet", "--detach", "main")
        self.github.git("merge", "--quiet", "--no-ff", "-m", f"Merge #{number}", branch)
        merge = self.github.git("rev-parse", "HEAD")
        self.github.git("update-ref", f"refs/pull/{number}/merge", merge)
        self.github.git("checkout", "--quiet", "main")
        payload = {
            "pull_request": {
                "number": number,
                "head": {"sha": head, "repo": {"full_name": repository}},
                "base": {"ref": "main"},
            }
        }
        ref = f"refs/pull/{number}/merge"
        return self.runner.run(Event("pull_request", merge, ref, payload, head))

    def merge(self, number: int) -> str:
        """Merge the pull request; the commit on main."""
        branch, repository = self.pulls[number]
        self.github.git("merge", "--quiet", "--no-ff", "-m", f"Merge #{number}", branch)
        commit = self.github.git("rev-parse", "HEAD")
        head = self.github.git("rev-parse", branch)
        self.github.merged[commit] = [merged_pull(number, commit, head, repository)]
        return commit

    def push(self, commit: str = "", attempt: int = 1) -> Run:
        """The run that a push to main starts."""
        sha = commit or self.github.git("rev-parse", "main")
        return self.runner.run(Event("push", sha, "refs/heads/main", attempt=attempt))

    def dispatch(self, expect: str, **inputs: str) -> Run:
        """A run that a person starts, with a fingerprint."""
        sha = self.github.git("rev-parse", "main")
        payload = {"inputs": {"expect": expect, **inputs}}
        return self.runner.run(Event("workflow_dispatch", sha, "refs/heads/main", payload))

    def schedule(self) -> Run:
        """The run of a schedule."""
        sha = self.github.git("rev-parse", "main")
        return self.runner.run(Event("schedule", sha, "refs/heads/main"))

    def comments(self, number: int) -> list[str]:
        """The comments on a pull request."""
        return [comment["body"] for comment in self.github.comments.get(number, [])]


def merged_pull(
    number: int, commit: str, head: str, repository: str = REPOSITORY
) -> dict[str, object]:
    """What GitHub tells of a pull request that was merged as this commit."""
    return {
        "number": number,
        "merged_at": "2026-11-22T12:00:00Z",
        "merge_commit_sha": commit,
        "base": {"ref": "main", "repo": {"full_name": REPOSITORY}},
        "head": {"sha": head, "repo": {"full_name": repository}},
    }


def newsletter(folder: Path) -> None:
    """The files of examples/newsletter, without its project file."""
    left = shutil.ignore_patterns(".bmeconf", "bmeconf.yaml", "bmeconf.lock.json")
    shutil.copytree(ROOT / "examples" / "newsletter", folder, dirs_exist_ok=True, ignore=left)


def project_file(folder: Path, url: str) -> None:
    """The newsletter's project file, for the account at `url`."""
    text = (ROOT / "examples" / "newsletter" / "bmeconf.yaml").read_text(encoding="utf-8")
    assert VENDOR in text
    (folder / "bmeconf.yaml").write_text(text.replace(VENDOR, url), encoding="utf-8")


def repository(folder: Path, github: FakeGitHub, account: Account, programs: str) -> Repository:
    """`acme/mail` with a project file and one list, and with the workflow of examples/ci."""
    project_file(github.origin, account.sandbox.url)
    manifests = github.origin / "manifests"
    manifests.mkdir()
    manifests.joinpath("readme.yaml").write_text("version: 1\nlists: []\n", encoding="utf-8")
    _begin(github, "github.yml")
    key = account.sandbox.key
    secrets = {"BMECONF_READ_KEY": key}
    environments = {"production": {"BMECONF_API_KEY": key}}
    return Repository(github, Runner(github, folder, programs, secrets, environments), account)


def of_two_accounts(folder: Path, github: FakeGitHub, pair: Pair, programs: str) -> Repository:
    """`acme/mail` with the project of two accounts, without its manifest, and its workflow."""
    shutil.copy(pair.project.folder / "bmeconf.yaml", github.origin)
    (github.origin / "m.yaml").write_text("version: 1\nlists: []\n", encoding="utf-8")
    _begin(github, "github-accounts.yml")
    keys = {name: account.sandbox.key for name, account in pair.accounts.items()}
    secrets = {f"BMECONF_READ_KEY_{name.upper()}": key for name, key in keys.items()}
    environments = {name: {"BMECONF_API_KEY": key} for name, key in keys.items()}
    runner = Runner(github, folder, programs, secrets, environments)
    return Repository(github, runner, pair.staging)


def _begin(github: FakeGitHub, recipe: str) -> None:
    """The first commit, with a workflow of examples/ci."""
    workflow = github.origin / WORKFLOW
    workflow.parent.mkdir(parents=True)
    shutil.copy(ROOT / "examples" / "ci" / recipe, workflow)
    github.commit("Begin")
