"""Which project a path is in, by its project file, lock file, repository or by the path alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.driver import LOCK, Account, Project
from tests.support.files import write
from tests.support.git import commit

LIST = "version: 1\nlists: [{name: %s}]\n"
POLICY = "version: 1\npolicy: {seeds: ['*@seeds.example']}\n"


def addresses(project: Project, *arguments: str) -> list[str]:
    return [step["address"] for step in project.plan(*arguments)["steps"]]


# --- almost a project file


@pytest.mark.parametrize("name", ["bmeconf.yml", "Bmeconf.yaml", "BMECONF.YML", ".bmeconf.yaml"])
@pytest.mark.parametrize("beside", [True, False])
@pytest.mark.parametrize(
    "command",
    [
        "validate",
        "plan below",
        "apply --auto-approve",
        "drift",
        "report",
        "pull",
        "plan below/m.yaml",
    ],
)
def test_a_project_file_of_another_name_is_refused_by_its_name(
    project: Project, name: str, beside: bool, command: str
) -> None:
    write(project.folder, {"below/m.yaml": LIST % "News", name: POLICY})
    if beside:
        project.write("bmeconf.yaml", "version: 1\n")
    assert f"{name}:1:1: the project file must be called bmeconf.yaml" in project.refused(
        *command.split()
    )


def test_a_folder_is_no_project_file(project: Project) -> None:
    write(project.folder, {"bmeconf.yml/m.yaml": LIST % "A", "in/Bmeconf.yaml/m.yaml": LIST % "B"})
    assert addresses(project) == ["lists/A", "lists/B"]


def test_a_project_file_of_another_name_inside_is_refused(project: Project) -> None:
    write(project.folder, {"m.yaml": LIST % "A", "in/m.yaml": LIST % "B", "in/bmeconf.yml": POLICY})
    assert "in/bmeconf.yml:1:1" in project.refused("plan")


def test_a_project_file_of_another_name_at_a_commit_is_told(project: Project) -> None:
    write(project.folder, {"m.yaml": LIST % "A", "bmeconf.yml": POLICY})
    commit(project.folder)
    (project.folder / "bmeconf.yml").unlink()
    ran = project.run("plan", "--since", "HEAD").ok()
    assert "bmeconf.yml:1:1: warning: the project file must be called" in ran.err


# --- a project inside a project


INSIDE = {
    "m.yaml": LIST % "Outer",
    "inner/bmeconf.yaml": POLICY,
    "inner/m.yaml": LIST % "Inner",
    "inner/deep/m.yml": LIST % "Deep",
}


def test_a_project_inside_is_left_out_with_a_note(project: Project) -> None:
    write(project.folder, INSIDE)
    for command in ("validate", "plan", "drift"):
        ran = project.run(command)
        assert "inner/bmeconf.yaml:1:1: note: a project of its own" in ran.out + ran.err
    assert addresses(project) == ["lists/Outer"]
    assert addresses(project, "inner") == ["lists/Deep", "lists/Inner"]
    assert addresses(project, "inner/deep") == ["lists/Deep"]


@pytest.mark.parametrize("pattern", ["inner", "**/*.yaml", "*/deep", "to_inner", "inner/m.yaml"])
def test_no_pattern_and_no_link_leads_into_a_project_inside(project: Project, pattern: str) -> None:
    write(project.folder, INSIDE)
    (project.folder / "to_inner").symlink_to("inner")
    project.write("bmeconf.yaml", f"version: 1\nmanifests: [m.yaml, '{pattern}']\n")
    assert addresses(project) == ["lists/Outer"]


def test_nothing_but_projects_inside_is_no_project(project: Project) -> None:
    write(project.folder, {name: text for name, text in INSIDE.items() if name != "m.yaml"})
    assert "run bmeconf in: inner" in project.refused("plan")


@pytest.mark.parametrize("paths", [(".", "inner"), ("m.yaml", "inner/m.yaml"), ("inner", ".")])
def test_paths_of_two_projects_are_refused(project: Project, paths: tuple[str, str]) -> None:
    write(project.folder, INSIDE)
    assert "one project at a time" in project.refused("plan", *paths)


def test_a_project_inside_is_left_out_at_a_commit(project: Project) -> None:
    write(project.folder, INSIDE)
    commit(project.folder)
    project.write("m.yaml", "version: 1\nlists: []\n")
    ran = project.run("plan", "--since", "HEAD").ok()
    assert "Warning" not in ran.err


def test_the_manifests_of_a_new_project_inside_are_no_orphans_unless_they_were_taken(
    project: Project, account: Account
) -> None:
    write(project.folder, {**INSIDE, "inner/m.yaml": LIST % "Customers"})
    (project.folder / "inner/bmeconf.yaml").unlink()
    commit(project.folder)
    project.write("inner/bmeconf.yaml", POLICY)
    notes = project.plan("--since", "HEAD")["findings"]
    assert [f["address"] for f in notes if f["level"] == "note"] == ["lists/Customers"]


# --- the root without a project file


PROTECTED = "version: 1\nlists: [{name: Old list, protect: true}]\n"
DELETE = "version: 1\nlists: [{name: Old list, state: absent}]\n"


def root_of(project: Project, *arguments: str) -> Path:
    """The root that a command says it has."""
    (line,) = (
        line
        for line in project.run("validate", "--verbose", *arguments).err.splitlines()
        if line.startswith("Project root: ")
    )
    return Path(line.removeprefix("Project root: ").partition(" (")[0])


@pytest.mark.parametrize(
    ("marks", "root"),
    [
        ([], "a/b/c"),
        ([".git/HEAD"], "."),
        ([".git/HEAD", f"a/{LOCK}"], "a"),
        ([f"a/{LOCK}", "a/b/.git/HEAD"], "a"),
        ([LOCK, f"a/b/{LOCK}"], "a/b"),
        (["a/.bmeconf/sandbox.sqlite3"], "a"),
        (["bmeconf.yaml", "a/b/c/.git/HEAD"], "."),
    ],
)
def test_the_root_is_the_nearest_mark_of_the_strongest_kind(
    project: Project, marks: list[str], root: str
) -> None:
    write(project.folder, {"a/b/c/m.yaml": LIST % "A", **dict.fromkeys(marks, "version: 1\n")})
    assert root_of(project, "a/b/c") == project.folder / root


def test_a_lock_file_below_a_project_file_is_refused(project: Project) -> None:
    write(
        project.folder, {"bmeconf.yaml": "version: 1\n", "a/b/m.yaml": LIST % "A", f"a/{LOCK}": ""}
    )
    for path in (".", "a", "a/b/m.yaml"):
        assert f"a/{LOCK} is below the root of this project" in project.refused("plan", path)


@pytest.mark.parametrize("first", [(), ("manifests",), ("manifests/m.yaml",)])
@pytest.mark.parametrize("then", [(), ("manifests",), ("manifests/m.yaml",)])
@pytest.mark.parametrize("in_git", [True, False])
def test_a_protection_holds_from_whichever_path_it_was_applied(
    project: Project, first: tuple[str, ...], then: tuple[str, ...], in_git: bool
) -> None:
    project.write("manifests/m.yaml", PROTECTED)
    if in_git:
        commit(project.folder)
    project.apply(*first)
    project.write("manifests/m.yaml", DELETE)
    ran = project.run("plan", *then)
    assert ran.code in (3, 7)
    said = "protect" in ran.out if ran.code == 7 else "move it to" in ran.err
    assert said


def test_a_pull_without_a_project_writes_where_it_is_run(project: Project) -> None:
    commit(project.folder)
    project.write("mail/x.txt", "")
    inside = Project(project.folder / "mail", project.env)
    inside.run("pull", "--target", "lists/*").ok()
    assert (project.folder / "mail/manifests/lists.yaml").exists()
    assert not (project.folder / "manifests").exists()
