"""What stands in the place of the tool's own files: nothing is read without end, or written out.

A link comes with a checkout; pipes and folders come from whoever shares the machine.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.driver import LOCK, Account, Project
from tests.support.impostors import EVERY, LINKS

APPLY = ("apply", "--auto-approve", "--format", "json")
OUT = "outside"
FILE_COMMANDS = {
    "run.lock": (APPLY, ("drift", "--record"), ("pull",)),
    "run.txt": (APPLY, ("drift", "--record"), ("pull",)),
    "sandbox.sqlite3": (("plan", "--sandbox"), ("sandbox", "reset")),
    "sandbox.sqlite3-wal": (("plan", "--sandbox"), (*APPLY, "--sandbox")),
    "sandbox.sqlite3-shm": (("plan", "--sandbox"),),
    "sandbox.sqlite3-journal": (("plan", "--sandbox"),),
    "sandbox.lock.json": (("plan", "--sandbox"),),
}
FOLDER_COMMANDS = {
    "": (APPLY, ("plan", "--sandbox"), ("drift", "--record"), ("sandbox", "reset")),
    "journals": (APPLY, ("apply", "p.json")),
    "receipts": (("apply", "p.json"),),
}


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that is none of the project's business."""
    folder = tmp_path_factory.mktemp(OUT)
    (folder / "mine").write_text("mine")
    return folder


@pytest.fixture
def planned(project: Project) -> Project:
    project.declare(lists=[{"name": "Autumn"}])
    project.run("plan", "--out", "p.json").ok()
    return project


def refused(project: Project, outside: Path, path: Path, *command: str) -> None:
    ran = project.run(*command)
    assert ran.code == 3, (ran.out, ran.err)
    said = " ".join((ran.out + ran.err).split())
    assert path.name in said
    assert "Traceback" not in said
    assert "bug" not in said
    assert [(each.name, each.read_text()) for each in outside.iterdir()] == [("mine", "mine")]


@pytest.mark.parametrize("name", FILE_COMMANDS)
@pytest.mark.parametrize("impostor", EVERY)
def test_a_file_of_the_work_folder_is_a_file(
    planned: Project, account: Account, outside: Path, name: str, impostor: str
) -> None:
    path = planned.folder / ".bmeconf" / name
    path.parent.mkdir()
    EVERY[impostor](path, outside / "mine" if "link" in impostor else outside)
    for command in FILE_COMMANDS[name]:
        refused(planned, outside, path, *command)
    assert account.writes() == []


@pytest.mark.parametrize("name", FOLDER_COMMANDS)
@pytest.mark.parametrize("impostor", [*LINKS, "a pipe"])
def test_a_folder_of_the_work_folder_is_a_folder(
    planned: Project, account: Account, outside: Path, name: str, impostor: str
) -> None:
    path = planned.folder / ".bmeconf" / name
    path.parent.mkdir(exist_ok=True)
    EVERY[impostor](path, outside)
    for command in FOLDER_COMMANDS[name]:
        refused(planned, outside, path, *command)
    assert account.writes() == []


def test_the_file_that_git_ignores_the_work_folder_by_is_made_or_left(
    planned: Project, outside: Path
) -> None:
    folder = planned.folder / ".bmeconf"
    folder.mkdir()
    (folder / ".gitignore").symlink_to(outside / "new")
    planned.apply()
    assert [each.name for each in outside.iterdir()] == ["mine"]


@pytest.mark.parametrize("impostor", [name for name in EVERY if "nothing" not in name])
@pytest.mark.parametrize("command", [("plan",), APPLY, ("drift",), ("pull",)])
def test_the_lock_file_is_a_file_of_the_project(
    planned: Project, account: Account, outside: Path, command: tuple[str, ...], impostor: str
) -> None:
    EVERY[impostor](planned.folder / LOCK, outside / "mine")
    account.clear_log()
    refused(planned, outside, planned.folder / LOCK, *command)
    assert account.writes() == []


def test_the_lock_file_may_lie_elsewhere_in_the_project(planned: Project) -> None:
    (planned.folder / "kept").mkdir()
    (planned.folder / LOCK).symlink_to("kept/lock.json")
    planned.apply()
    assert (planned.folder / LOCK).is_symlink()
    assert "lists/Autumn" in (planned.folder / "kept" / "lock.json").read_text()


GIVEN: dict[str, tuple[str, tuple[str, ...]]] = {
    # A folder is searched for manifests, and a link out of the project is none of them.
    "n.yaml": ("plan", ("a pipe",)),
    "bmeconf.yaml": ("plan", ("a link to a device", "a pipe", "a folder")),
    "p.json.applied": ("apply p.json", ("a link to a device", "a pipe", "a folder")),
    "q.json": ("apply q.json", ("a link to a device", "a pipe")),
    "r.json": ("show r.json", ("a link to a device", "a pipe", "a folder")),
    "s.json": ("plan --out s.json", ("a link to a device", "a pipe", "a folder")),
    "j.jsonl": ("apply --resume j.jsonl", ("a link to a device", "a pipe", "a folder")),
    "k.jsonl": ("apply --resume k.jsonl", ("a link to itself", "a link to nothing")),
    "t.json": ("show t.json", ("a link to itself", "a link to nothing")),
    "u.json": ("plan --out u.json", ("a link to itself", "a link to nothing")),
    "v.md": ("plan --output markdown=v.md", ("a link out of the project", "a link to nothing")),
}


@pytest.mark.parametrize(("name", "impostor"), [(n, i) for n in GIVEN for i in GIVEN[n][1]])
def test_what_a_run_is_given_is_a_file(
    planned: Project, account: Account, outside: Path, name: str, impostor: str
) -> None:
    path = planned.folder / name
    EVERY[impostor](path, outside)
    refused(planned, outside, path, *GIVEN[name][0].split())
    assert path.is_symlink() or path.is_fifo() or path.is_dir()
    assert account.writes() == []


@pytest.mark.parametrize("impostor", LINKS)
def test_a_journal_that_is_a_link_is_passed_over(
    planned: Project, outside: Path, impostor: str
) -> None:
    folder = planned.folder / ".bmeconf" / "journals"
    folder.mkdir(parents=True)
    EVERY[impostor](folder / "x.jsonl", outside)
    planned.deploy(campaigns=[{"name": "Second", "copy_of": "Welcome", "subject": "Again"}])


def test_a_receipt_beside_a_plan_is_written_into_the_folder_of_the_plan(
    planned: Project, outside: Path
) -> None:
    (planned.folder / "p.json.applied").symlink_to(outside / "new")
    planned.run("apply", "p.json").ok()
    assert not (planned.folder / "p.json.applied").is_symlink()
    assert [each.name for each in outside.iterdir()] == ["mine"]


def test_an_output_takes_the_place_of_a_link_to_itself(planned: Project) -> None:
    (planned.folder / "w.md").symlink_to("w.md")
    planned.run("plan", "--output", "markdown=w.md").ok()
    assert "Autumn" in (planned.folder / "w.md").read_text()
