"""Drift says which commit declared what was changed by hand, in real repositories."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.driver import Account, Project
from tests.support.git import git

MANIFEST = "version: 1\nlists:\n  - name: Autumn\n  - name: Winter\n{more}"
DRAFT = "campaigns:\n  - name: News\n    subject: Hello\n"


def commit_as(folder: Path, author: str, message: str = "x") -> str:
    git(folder, "add", "--all")
    who = ("-c", f"user.name={author}", "-c", "user.email=a@x.example")
    git(folder, *who, "commit", "--quiet", "--message", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def drifted(project: Project, account: Account) -> dict[str, str]:
    """Two commits of two people, applied; then somebody changed what both declare."""
    git(project.folder, "init", "--quiet", "--initial-branch", "main")
    project.write(".gitignore", ".bmeconf/\nout.txt\nerr.txt\n")
    project.write("m.yaml", MANIFEST.format(more=""))
    commits = {"first": commit_as(project.folder, "Ann")}
    project.write("m.yaml", MANIFEST.format(more=DRAFT))
    commits["second"] = commit_as(project.folder, "Bo \x1b[31mRed")
    project.apply()
    state = account.state()
    state["lists"] = [each for each in state["lists"] if each["name"] != "Winter"]
    next(c for c in state["campaigns"] if c["name"] == "News")["subject"] = "Changed"
    account.set(state)
    return commits


def declared(document: Any) -> dict[str, Any]:
    return {item["address"]: item.get("declared_by") for item in document["items"]}


def test_each_difference_names_the_commit_and_the_author(
    project: Project, drifted: dict[str, str]
) -> None:
    told = declared(project.drift(code=2))
    assert told["lists/Winter"]["commit"] == drifted["first"]
    assert told["lists/Winter"]["author"] == "Ann"
    assert told["campaigns/News"]["commit"] == drifted["second"]
    shown = project.run("drift").out
    assert "declared by Ann at 20" in shown
    assert f"(commit {drifted['first'][:12]})" in " ".join(shown.split())
    assert "\x1b" not in shown


def test_a_file_that_was_renamed_keeps_its_authors(
    project: Project, drifted: dict[str, str]
) -> None:
    git(project.folder, "mv", "m.yaml", "moved.yaml")
    commit_as(project.folder, "Cy")
    # Whose line it is does not change with the name of the file.
    assert declared(project.drift(code=2))["lists/Winter"]["author"] == "Ann"


def test_no_author_is_named_in_a_redacted_report(project: Project, drifted: dict[str, str]) -> None:
    told = declared(project.drift("--redact", code=2))["lists/Winter"]
    assert (told["commit"], told["author"]) == (drifted["first"], "")
    assert "Ann" not in project.run("drift", "--redact").out


def edited(project: Project) -> None:
    project.write("m.yaml", "# Not committed.\n" + MANIFEST.format(more=DRAFT))


def shallow(project: Project) -> None:
    kept = project.folder.with_name(f"{project.folder.name}-kept")
    git(project.folder, "clone", "--quiet", "--depth", "1", f"file://{project.folder}", str(kept))
    (project.folder / ".git").rename(kept / "whole")
    (kept / ".git").rename(project.folder / ".git")


def gone(project: Project) -> None:
    (project.folder / ".git").rename(project.folder / "whole")


@pytest.mark.parametrize("change", [edited, shallow, gone])
def test_nobody_is_named_where_git_does_not_know(
    project: Project, drifted: dict[str, str], change: Any
) -> None:
    change(project)
    assert declared(project.drift(code=2))["lists/Winter"] is None
