"""Journals and plan files tell where to look; the account decides what is written to."""

from __future__ import annotations

import itertools
import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.driver import Account, Project, Ran
from tests.support.fake_server import Cut, Rule, instead, refusal
from tests.support.forks import Forks
from tests.support.git import git

APPLY = ("apply", "--auto-approve", "--format", "json")
ENTRIES: dict[str, Any] = {
    "campaigns": {"name": "Second", "copy_of": "Welcome", "subject": "Again"},
    "lists": {"name": "Archive", "copy_of": "Newsletter"},
}
WAYS = ("apply", "saved", "resume")


def on(kind: str, way: str, project: Project) -> Ran:
    """The way on from a run that was cut off."""
    if way == "resume":
        return project.run("apply", "--resume", str(project.journal()), "--format", "json")
    if way == "apply":
        return project.run(*APPLY)
    project.run("plan", "--out", "plan.json").ok()
    return project.run("apply", "plan.json", "--format", "json")


def stray(project: Project, account: Account, forks: Forks, cut: Cut, kind: str) -> Any:
    """What a run left that died between the copy that it made and naming it."""
    # The body of a duplicate is not documented: here it takes no name.
    nameless = refusal(400, "ValidationError", "name is not allowed")
    project.declare(**{kind: [ENTRIES[kind]]})
    start = account.state()
    for line in range(4, 9):
        account.set(start)
        shutil.rmtree(project.folder / ".bmeconf", ignore_errors=True)
        cut(Rule("POST .*/lists/.*/duplicate", instead(nameless), times=1))
        code = forks.run(project.folder, project.env, *APPLY, line=line)
        last = json.loads(project.journal().read_text().splitlines()[-1])
        if last["event"] == "answer" and last["id"]:
            assert code == -signal.SIGKILL
            (copy,) = [row for row in account.state()[kind] if row["_id"] == last["id"]]
            assert copy["name"].startswith("Copy of")
            return copy
    raise AssertionError("no copy was made")


# --- a stray copy that became somebody's own


def scheduled(account: Account, kind: str, copy: Any) -> None:
    if kind == "campaigns":
        account.schedule(campaign=copy["name"])
    else:
        account.edit("campaigns", "Welcome", lists=[copy["_id"]])
        account.schedule()


Turn = Callable[[Project, Account, str, Any], Any]
TURNS: dict[str, Turn] = {
    "renamed": lambda project, account, kind, copy: account.edit(kind, copy["name"], name="Mine"),
    "edited": lambda project, account, kind, copy: account.edit(kind, copy["name"]),
    "scheduled": lambda project, account, kind, copy: scheduled(account, kind, copy),
    "declared": lambda project, account, kind, copy: project.declare(
        **{kind: [ENTRIES[kind], {"name": copy["name"]}]}
    ),
    "applied": lambda project, account, kind, copy: (
        project.deploy(**{kind: [{"name": copy["name"]}]})
        and project.declare(**{kind: [ENTRIES[kind]]})
    ),
    "pinned": lambda project, account, kind, copy: (
        project.deploy(**{kind: [{"name": "Mine", "id": copy["_id"]}]})
        and project.declare(**{kind: [ENTRIES[kind]]})
    ),
}


@pytest.mark.parametrize("kind", ENTRIES)
@pytest.mark.parametrize(
    ("turn", "way"),
    # A journal that is resumed stands alone, without manifests.
    [each for each in itertools.product(TURNS, WAYS) if each != ("declared", "resume")],
)
def test_a_stray_copy_that_became_somebodys_own_is_left_alone(
    *, project: Project, account: Account, forks: Forks, cut: Cut, kind: str, turn: str, way: str
) -> None:
    copy = stray(project, account, forks, cut, kind)
    journal = project.journal()
    TURNS[turn](project, account, kind, copy)
    before = account.state()[kind]
    if way == "resume":
        ran = project.run("apply", "--resume", str(journal), "--format", "json")
    else:
        ran = on(kind, way, project)
    assert account.state()[kind] == before
    assert [*ran.states.values()] == ["unknown"], ran.out
    assert ran.code == (8 if way == "resume" else 6)
    (doubt,) = [f for f in ran.json["findings"] if f["code"] == "outcome_unclear"]
    assert copy["_id"] in doubt["message"]
    assert doubt["remedy"]


@pytest.mark.parametrize("kind", ENTRIES)
@pytest.mark.parametrize("way", WAYS)
def test_an_untouched_copy_is_finished(
    project: Project, account: Account, forks: Forks, cut: Cut, kind: str, way: str
) -> None:
    copy = stray(project, account, forks, cut, kind)
    on(kind, way, project).ok()
    assert account.named(kind, ENTRIES[kind]["name"])["_id"] == copy["_id"]
    assert project.plan()["steps"] == []


def test_a_list_that_others_were_put_on_is_left_alone(
    project: Project, account: Account, forks: Forks, cut: Cut
) -> None:
    copy = stray(project, account, forks, cut, "lists")
    people = account.state()["contacts"]
    other = next(each for each in people if copy["_id"] not in each["lists"])
    account.edit("contacts", other["key"], lists=[*other["lists"], copy["_id"]])
    assert project.run(*APPLY).states == {"lists/Archive": "unknown"}
    assert account.named("lists", copy["name"])


def test_the_remedy_makes_another_copy(
    project: Project, account: Account, forks: Forks, cut: Cut
) -> None:
    copy = stray(project, account, forks, cut, "campaigns")
    account.edit("campaigns", copy["name"], name="Mine")
    assert project.run(*APPLY).states == {"campaigns/Second": "unknown"}
    shutil.rmtree(project.folder / ".bmeconf" / "journals")
    project.run(*APPLY).ok()
    assert account.named("campaigns", "Mine")["_id"] == copy["_id"]


# --- a journal that came from elsewhere


@pytest.mark.parametrize("kind", ENTRIES)
@pytest.mark.parametrize("way", WAYS)
def test_a_journal_of_somebody_elses_leads_to_no_object_of_theirs(
    project: Project, account: Account, forks: Forks, cut: Cut, kind: str, way: str
) -> None:
    copy = stray(project, account, forks, cut, kind)
    ours = {copy["name"], ENTRIES[kind]["copy_of"]}
    victim = next(row for row in account.state()[kind] if row["name"] not in ours)
    text = project.journal().read_text().replace(victim["_id"], "0" * 24)
    project.journal().write_text(text.replace(copy["_id"], victim["_id"]))
    ran = on(kind, way, project)
    assert victim in account.state()[kind]
    assert [*ran.states.values()] == ["unknown" if way == "resume" else "applied"]


@pytest.mark.parametrize("way", ["apply", "saved"])
def test_a_journal_that_git_tracks_is_not_used(
    project: Project, account: Account, forks: Forks, cut: Cut, way: str
) -> None:
    copy = stray(project, account, forks, cut, "campaigns")
    git(project.folder, "init")
    git(project.folder, "add", "-f", str(project.journal()))
    on("campaigns", way, project).ok()
    assert account.named("campaigns", copy["name"]) == copy
    assert account.named("campaigns", "Second")["_id"] != copy["_id"]


@pytest.fixture
def state(tmp_path_factory: Any, monkeypatch: Any) -> Path:
    """The folder in which this machine keeps its secret."""
    folder: Path = tmp_path_factory.mktemp("state")
    monkeypatch.setenv("XDG_STATE_HOME", str(folder))
    return folder


def shared(secret: Path) -> None:
    secret.chmod(0o644)


def short(secret: Path) -> None:
    secret.write_text("0")


def another(secret: Path) -> None:
    secret.write_text("0" * 64)


@pytest.mark.parametrize("change", [shared, short, another])
def test_without_the_secret_that_sealed_it_no_journal_is_used(
    *, project: Project, account: Account, forks: Forks, cut: Cut, change: Any, state: Path
) -> None:
    copy = stray(project, account, forks, cut, "campaigns")
    change(state / "bmeconf" / "journal.secret")
    project.run(*APPLY).ok()
    assert account.named("campaigns", copy["name"]) == copy


@pytest.mark.parametrize("home", ["state", "m.yaml"])
def test_a_secret_that_cannot_be_kept_stops_no_apply(
    project: Project, account: Account, home: str
) -> None:
    project.declare(campaigns=[ENTRIES["campaigns"]])
    project.run(*APPLY, XDG_STATE_HOME=str(project.folder / home)).ok()
    assert "seal" not in project.journal().read_text()
