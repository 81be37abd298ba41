"""Journals and plan files tell where to look; the account decides what is written to."""

from __future__ import annotations

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bmeconf.kinds import KINDS
from bmeconf.kinds.replies import digest
from tests.support.driver import Account, Project, Ran
from tests.support.fake_server import Cut, Rule, instead, meanwhile, refusal
from tests.support.forgeries import edit_plan
from tests.support.forks import Forks
from tests.support.git import git
from tests.support.strategies import cells

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


@pytest.mark.parametrize(("kind", "turn", "way"), cells(ENTRIES, TURNS, WAYS))
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


@pytest.mark.parametrize(
    ("kind", "where", "key"),
    [
        ("lists", "lists", "renamed_from"),
        ("lists", "lists", "merge_of"),
        ("lists", "campaigns", "lists"),
        ("campaigns", "campaigns", "renamed_from"),
    ],
)
def test_a_copy_that_manifests_mention_by_now_is_left_alone_by_a_resumed_run(
    *, project: Project, account: Account, forks: Forks, cut: Cut, kind: str, where: str, key: str
) -> None:
    copy = stray(project, account, forks, cut, kind)
    project.declare(**{where: [{"name": "Mine", key: [copy["name"], "Press"]}]})
    before = account.state()
    ran = on(kind, "resume", project)
    assert (account.state(), ran.code, [*ran.states.values()]) == (before, 8, ["unknown"])


@pytest.mark.parametrize("way", ["saved", "resume"])
def test_a_copy_in_doubt_is_left_alone_where_no_manifest_can_be_read(
    project: Project, account: Account, forks: Forks, cut: Cut, way: str
) -> None:
    stray(project, account, forks, cut, "lists")
    before = account.state()
    project.run("plan", "--out", "plan.json").ok()
    project.write("m.yaml", "version: 1\nlists: [{name: A\n")
    arguments = ("plan.json",) if way == "saved" else ("--resume", str(project.journal()))
    ran = project.run("apply", *arguments)
    assert (ran.code, account.state()) == (3, before)
    assert "whether the manifests declare it by now" in ran.err
    assert "bmeconf validate" in ran.err


@pytest.mark.parametrize("kind", ENTRIES)
@pytest.mark.parametrize("way", WAYS)
def test_an_untouched_copy_is_finished(
    project: Project, account: Account, forks: Forks, cut: Cut, kind: str, way: str
) -> None:
    copy = stray(project, account, forks, cut, kind)
    on(kind, way, project).ok()
    assert account.named(kind, ENTRIES[kind]["name"])["_id"] == copy["_id"]
    assert project.plan()["steps"] == []


@pytest.mark.parametrize(("kind", "found", "way"), cells(ENTRIES, ("lost", "stray"), WAYS))
def test_a_copy_that_was_found_is_remembered_when_its_naming_is_refused(
    *, project: Project, account: Account, forks: Forks, cut: Cut, kind: str, found: str, way: str
) -> None:
    race = {"kind": "stale-race", "times": 0}
    if found == "lost":
        project.declare(**{kind: [ENTRIES[kind]]})
        # A list has its copy named by the duplicate itself, unless that takes no name.
        nameless = refusal(400, "ValidationError", "name is not allowed")
        cut(Rule("POST .*/lists/.*/duplicate", instead(nameless), times=1))
        account.faults({"kind": "error-500-after", "path": "*/duplicate"}, race)
    else:
        stray(project, account, forks, cut, kind)
        account.faults(race)
    assert project.run(*APPLY).code in (6, 8)
    (copy,) = [row for row in account.state()[kind] if row["name"].startswith("Copy of")]
    account.faults()
    before = account.state()[kind]
    ran = on(kind, way, project)
    assert account.state()[kind] == before
    assert [*ran.states.values()] == ["unknown"], ran.out
    (doubt,) = [f for f in ran.json["findings"] if f["code"] == "outcome_unclear"]
    assert copy["_id"] in doubt["message"]
    account.remove(kind, copy["name"])
    project.run(*APPLY).ok()
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


# --- a plan that shows one object and writes another


def read(account: Account, kind: str, id: str) -> Any:
    """One object, as the API shows it."""
    lists = f"contact-structure/{account.state()['structures'][0]['_id']}/lists"
    folder = {"contacts": "contact", "campaigns": "email/campaign", "lists": lists}[kind]
    return account.call("GET", f"{folder}/{id}")


def of_another(plan: Any, account: Account, was: Named, other: Named) -> None:
    """Lead every id of a plan that means one object to another one, its pins along."""
    victim = read(account, other[0], account.id_of(*other))
    text = json.dumps(plan).replace(account.id_of(*was), victim["_id"])
    plan.clear()
    plan.update(json.loads(text))
    for step in plan["steps"]:
        for pin in (step["pin"], step.get("source")):
            if pin and pin["id"] == victim["_id"]:
                pin["version"] = victim["__v"]
                pin["digest"] = digest(KINDS[other[0]].pin_content(victim))
                pin.update(uses=dict.fromkeys(pin["uses"], 999) if pin.get("uses") else {})


Named = tuple[str, str]
FORGED: dict[str, tuple[dict[str, Any], Named, Named]] = {
    "a draft": (
        {"campaigns": [{"name": "Welcome", "subject": "Hello"}]},
        ("campaigns", "Welcome"),
        ("campaigns", "CEO letter"),
    ),
    "the new name of a list": (
        {"lists": [{"name": "News", "renamed_from": ["Product updates"]}]},
        ("lists", "Product updates"),
        ("lists", "Customers"),
    ),
    "a list that is deleted": (
        {"lists": [{"name": "Old list", "state": "absent"}]},
        ("lists", "Old list"),
        ("lists", "Customers"),
    ),
    "a draft that is deleted": (
        {"campaigns": [{"name": "Welcome", "state": "absent"}]},
        ("campaigns", "Welcome"),
        ("campaigns", "CEO letter"),
    ),
    "a contact": (
        {"contacts": [{"email": "bob@example.com", "fields": {"First Name": "Rob"}}]},
        ("contacts", "bob@example.com"),
        ("contacts", "carla@example.com"),
    ),
    "a contact that is deleted": (
        {"contacts": [{"email": "bob@example.com", "state": "absent"}]},
        ("contacts", "bob@example.com"),
        ("contacts", "carla@example.com"),
    ),
    "the source of a draft": (
        {"campaigns": [{"name": "Second", "copy_of": "Welcome"}]},
        ("campaigns", "Welcome"),
        ("campaigns", "CEO letter"),
    ),
    "the source of a list": (
        {"lists": [{"name": "Archive", "copy_of": "Old list"}]},
        ("lists", "Old list"),
        ("lists", "Customers"),
    ),
    "a part of a merged list": (
        {"lists": [{"name": "All", "merge_of": ["Old list", "Newsletter"]}]},
        ("lists", "Old list"),
        ("lists", "Customers"),
    ),
    "the recipients of a draft": (
        {"campaigns": [{"name": "Welcome", "lists": ["Old list"]}]},
        ("lists", "Old list"),
        ("lists", "Customers"),
    ),
    "the recipients of a new draft": (
        {"campaigns": [{"name": "Offer", "lists": ["Old list"]}]},
        ("lists", "Old list"),
        ("lists", "Customers"),
    ),
    "a list that a contact joins": (
        {"contacts": [{"email": "new@acme.example", "lists": ["Old list"]}]},
        ("lists", "Old list"),
        ("lists", "Customers"),
    ),
    "a list that is renamed and that a draft goes to": (
        {
            "lists": [{"name": "New", "renamed_from": ["Old list"]}],
            "campaigns": [{"name": "Welcome", "lists": ["New"]}],
        },
        ("lists", "Old list"),
        ("lists", "Customers"),
    ),
}


@pytest.mark.parametrize("name", FORGED)
@pytest.mark.parametrize("stale", ["stop", "skip"])
def test_a_plan_that_leads_to_another_object_writes_nothing(
    project: Project, account: Account, name: str, stale: str
) -> None:
    manifest, was, victim = FORGED[name]
    welcome = account.named("campaigns", "Welcome")
    account.add("campaigns", **{**welcome, "_id": "c" * 24, "name": "CEO letter"})
    project.declare(**manifest)
    project.run("plan", "--out", "plan.json").ok()
    edit_plan(project, lambda plan: of_another(plan, account, was, victim))
    before = account.state()
    shown = project.run("show", "plan.json").ok().out
    assert victim[1] not in shown
    deletes = [f"--allow-delete={was[0]}/{was[1]}"] if "absent" in str(manifest) else []
    arguments = ("apply", "plan.json", "--format", "json", "--on-stale", stale, *deletes)
    ran = project.run(*arguments)
    assert account.state() == before
    assert ran.code == 6, ran.out
    assert "stale" in ran.states.values()


def test_a_plan_that_does_not_fit_together_is_none(project: Project, account: Account) -> None:
    """It shows one address, and would write to another one."""
    project.deploy(contacts=[{"email": "old@acme.example"}])

    def renamed(plan: Any) -> None:
        (change,) = [c for c in plan["steps"][0]["changes"] if c["path"] == "email"]
        change["after"] = "customer@example.com"

    def hidden(plan: Any) -> None:
        for entry in plan["grounds"]["references"].values():
            entry["name"] = "customer@example.com"

    def pinned(plan: Any) -> None:
        plan["steps"][0]["pin"] = {"id": "c" * 24, "version": 0, "digest": "sha256:" + "0" * 64}

    def unheard_of(plan: Any) -> None:
        plan["steps"][0]["changes"][0]["path"] = "lists/Customers"

    old = {"email": "old@acme.example", "fields": {"First Name": "Old"}}
    edits = (hidden, old), (pinned, old), (unheard_of, old)
    for edit, entry in ((renamed, {"email": "new@acme.example"}), *edits):
        project.declare(contacts=[entry])
        project.run("plan", "--out", "plan.json").ok()
        edit_plan(project, edit)
        account.clear_log()
        for command in ("show", "apply"):
            ran = project.run(command, "plan.json", "--format", "json")
            assert (ran.code, account.log()) == (3, [])


def test_guards_judge_what_is_live(project: Project, account: Account) -> None:
    """A customer is made a seed, and a protected list is deleted, both by their own names."""
    project.deploy(lists=[{"name": "Customers", "protect": True}])
    lock = project.lock_text()
    project.write("bmeconf.yaml", 'version: 1\npolicy: {seeds: ["*@acme.example"]}\n')
    contact = {"email": "qa@acme.example", "renamed_from": ["bob@example.com"]}
    gone = {"name": "Customers", "state": "absent"}
    for manifest, words in (
        ({"contacts": [contact]}, "seed policy"),
        ({"lists": [gone]}, "is protected"),
    ):
        # As somebody plans it without the policy and the lock file, or takes the findings out.
        (project.folder / "bmeconf.lock.json").unlink()
        project.declare(**manifest)
        project.run("plan", "--out", "plan.json")
        edit_plan(
            project, lambda plan: plan.update(findings=[], exit_code=0) or plan.pop("error", 0)
        )
        project.write("bmeconf.lock.json", lock)
        before = account.state()
        allow = ["--allow-delete=lists/Customers"] if "lists" in manifest else []
        ran = project.run("apply", "plan.json", "--format", "json", *allow)
        assert (ran.code, words in ran.json["error"]["message"]) == (7, True), ran.out
        assert account.state() == before


def test_a_delete_in_a_journal_of_somebody_elses_is_not_allowed_by_it(
    project: Project, account: Account, forks: Forks
) -> None:
    project.declare(lists=[{"name": "Old list", "state": "absent"}, {"name": "A"}])
    allowed = ("--allow-delete", "lists/Old list")
    assert forks.run(project.folder, project.env, *APPLY, *allowed, line=3) == -signal.SIGKILL
    mine = project.journal().read_text()
    project.journal().write_text(mine.replace('"seal": "', '"seal": "0'))
    ran = project.run("apply", "--resume", str(project.journal()), "--format", "json")
    assert (ran.code, "--allow-delete" in ran.err) == (7, True)
    assert account.named("lists", "Old list")
    project.journal().write_text(mine)
    project.run("apply", "--resume", str(project.journal())).ok()
    assert "Old list" not in account.names()


# --- what landed in part


@pytest.mark.parametrize("status", ["draft", "scheduled"])
def test_an_update_that_somebody_made_in_part_by_hand_is_not_finished(
    project: Project, account: Account, forks: Forks, status: str
) -> None:
    project.declare(campaigns=[{"name": "Welcome", "subject": "New", "body": {"html": "<p>x</p>"}}])
    code, line = 0, 2
    while not code or "PATCH" not in project.journal().read_text():
        code, line = forks.run(project.folder, project.env, *APPLY, line=line), line + 1
    account.edit("campaigns", "Welcome", subject="New")
    if status != "draft":
        account.schedule()
    before = account.state()
    ran = project.run("apply", "--resume", str(project.journal()), "--format", "json")
    assert (ran.code, ran.states) == (8, {"campaigns/Welcome": "unknown"})
    assert account.state() == before


def test_what_a_journal_says_was_made_is_not_taken_for_it_by_the_steps_after(
    project: Project, account: Account, forks: Forks
) -> None:
    project.declare(
        lists=[{"name": "Autumn"}],
        contacts=[{"email": "new@acme.example", "lists": ["Autumn"]}],
        campaigns=[{"name": "Welcome", "lists": ["Autumn"]}],
    )
    assert forks.run(project.folder, project.env, *APPLY, line=4) == -signal.SIGKILL
    path, made = project.journal(), account.id_of("lists", "Autumn")
    path.write_text(path.read_text().replace(made, account.id_of("lists", "Customers")))
    before = account.state()
    ran = project.run("apply", "--resume", str(path), "--format", "json")
    assert "another user or machine wrote it" in ran.err
    assert account.state() == before
    assert ran.states == {
        "lists/Autumn": "applied",
        "contacts/new@acme.example": "stale",
        "campaigns/Welcome": "stale",
    }
    assert ran.code == 8


def test_a_copy_that_somebody_schedules_at_once_is_not_written_to(
    project: Project, account: Account, cut: Cut
) -> None:
    account.switch(edit_non_draft=True)
    schedule = meanwhile(lambda: account.schedule(campaign="Copy of Welcome"), late=True)
    cut(Rule("POST .*/duplicate", schedule))
    project.declare(campaigns=[ENTRIES["campaigns"]])
    ran = project.run(*APPLY)
    assert (ran.code, ran.states) == (8, {"campaigns/Second": "stale"})
    assert account.named("campaigns", "Copy of Welcome")["subject"] == "Welcome to Acme"
