"""What somebody else does between the plan and the write, or between two runs, is never overrun.

Each case is one that could have mailed the wrong people, lost a list, or said "done" too early.
"""

from __future__ import annotations

import json
import shutil
import signal
from typing import Any

import pytest

from tests.support.driver import Account, Project, ended
from tests.support.fake_server import CLOSE, Cut, Rule, after, instead, meanwhile, refusal
from tests.support.forks import Forks
from tests.support.terminal import interrupted, unread

COPY = "version: 1\ncampaigns: [{name: Second, copy_of: Welcome, subject: Again}]\n"
RENAME = """\
version: 1
lists: [{name: Product news, renamed_from: [Product updates]}, {name: Autumn}]
campaigns: [{name: Welcome, lists: [Product news]}]
"""
RECIPIENTS = (
    "version: 1\nlists: [{name: Autumn}]\ncampaigns: [{name: Welcome, lists: [Customers]}]\n"
)
APPLY = ("apply", "--auto-approve", "--format", "json")


def copies(account: Account) -> list[str]:
    """Campaigns that still have the name that the service gives to a copy."""
    names = [row["name"] for row in account.state()["campaigns"]]
    assert names.count("Second") == 1
    return [name for name in names if name.startswith("Copy of")]


def killed(project: Project, account: Account, forks: Forks, *arguments: str, request: str) -> None:
    """Run a command that dies right after it noted that `request` is about to be sent."""
    start = account.state()
    for line in range(1, 60):
        account.set(start)
        for path in project.journals():
            path.unlink()
        code = forks.run(project.folder, project.env, *arguments, line=line)
        assert code == -signal.SIGKILL, f"no {request} was noted"
        (path,) = project.journals()
        last = json.loads(path.read_text().splitlines()[-1])
        if f"{last.get('method')} {last.get('path')}".endswith(request):
            return


# --- a lost copy is ours only where it cannot be anybody else's


@pytest.mark.parametrize("resumed", [True, False])
@pytest.mark.parametrize(
    "theirs",
    [
        {"name": "Copy of Welcome", "updatedAt": "2026-11-22T10:00:00.000Z"},
        {"name": "Copy of Welcome", "createdAt": "2020-01-01T00:00:00.000Z"},
        {"name": "Welcome to Norway"},
        {"name": "Copy of Welcome", "subject": "Mine"},
    ],
    ids=["edited since", "made at another time", "named by a person", "with another subject"],
)
def test_somebody_elses_campaign_is_not_taken_for_the_copy(
    project: Project, account: Account, forks: Forks, theirs: dict[str, str], resumed: bool
) -> None:
    project.write("m.yaml", COPY)
    killed(project, account, forks, *APPLY, request="/duplicate")

    source = account.named("campaigns", "Welcome")
    account.add("campaigns", **{**source, "_id": "c" * 24, **theirs})
    before = account.state()["campaigns"][-1]
    how = ("apply", "--resume", str(project.journal()), "--format", "json") if resumed else APPLY
    ran = project.run(*how)
    assert before in account.state()["campaigns"]
    assert ran.states["campaigns/Second"] == ("unknown" if resumed else "applied")


def test_somebody_elses_list_is_not_taken_for_the_copy(
    project: Project, account: Account, forks: Forks
) -> None:
    project.write("m.yaml", "version: 1\nlists: [{name: Archive, copy_of: Newsletter}]\n")
    killed(project, account, forks, *APPLY, request="/duplicate")
    source = account.named("lists", "Newsletter")
    account.add("lists", **{**source, "_id": "c" * 24, "name": "Newsletter VIP prospects"})
    assert project.run(*APPLY).code == 0
    assert account.named("lists", "Newsletter VIP prospects")["_id"] == "c" * 24
    assert account.named("lists", "Archive")["_id"] != "c" * 24


def test_a_saved_plan_finds_the_copy_of_the_one_before(
    project: Project, account: Account, forks: Forks
) -> None:
    project.write("m.yaml", COPY)
    for _ in range(2):
        project.run("plan", "--out", "plan.json").ok()
        code = forks.run(project.folder, project.env, "apply", "plan.json", line=4)
        assert code == -signal.SIGKILL
    project.run("plan", "--out", "plan.json").ok()
    project.run("apply", "plan.json").ok()
    assert copies(account) == []


# --- what is not shown proves nothing


def test_a_refused_change_of_a_copy_is_not_taken_for_done(
    project: Project, account: Account, cut: Any
) -> None:
    account.switch(campaign_body="minimal", campaign_patch_version="optional")

    def refuse(seen: Any, forward: Any) -> Any:
        if b'"lists"' in seen.body:
            return refusal(400, "ValidationError", "body is too large")
        return forward()

    cut(Rule("PATCH /api/email/campaign/.*", refuse))
    project.write(
        "m.yaml", "version: 1\ncampaigns: [{name: Second, copy_of: Welcome, lists: [Customers]}]\n"
    )
    ran = project.run(*APPLY)
    assert ran.code == 8
    assert ran.states == {"campaigns/Second": "failed"}
    lock = project.folder / "bmeconf.lock.json"
    assert not lock.exists() or "Second" not in lock.read_text()


# --- recipients are who was meant


@pytest.mark.parametrize("saved", [True, False])
def test_who_refers_to_a_list_waits_for_its_rename(
    project: Project, account: Account, cut: Any, saved: bool
) -> None:
    project.write("m.yaml", RENAME)
    before = account.named("campaigns", "Welcome")["lists"]
    if saved:
        project.run("plan", "--out", "plan.json").ok()
        account.edit("lists", "Product updates", name="Do not mail")
        ran = project.run("apply", "plan.json", "--on-stale", "skip", "--format", "json")
    else:
        fail = refusal(400, "ValidationError", "no")
        cut(Rule("PATCH .*/lists/.*", instead(fail)))
        ran = project.run(*APPLY)
    assert ran.code == 8
    assert ran.states["campaigns/Welcome"] == "blocked"
    assert ran.states["lists/Autumn"] == "applied"
    assert account.named("campaigns", "Welcome")["lists"] == before


@pytest.mark.parametrize("saved", [True, False])
def test_recipients_are_looked_at_right_before_the_write(
    project: Project, account: Account, cut: Any, saved: bool
) -> None:
    rename = meanwhile(lambda: account.edit("lists", "Customers", name="Do not mail"), late=True)
    cut(Rule("POST .*/lists", rename, times=1))
    project.write("m.yaml", RECIPIENTS)
    before = account.named("campaigns", "Welcome")["lists"]
    if saved:
        project.run("plan", "--out", "plan.json").ok()
    ran = project.run("apply", "plan.json", *APPLY[2:]) if saved else project.run(*APPLY)
    assert ran.code == 8, ran.out
    assert ran.states["campaigns/Welcome"] == "stale"
    assert account.named("campaigns", "Welcome")["lists"] == before


def test_recipients_that_were_renamed_at_the_last_moment_are_told(
    project: Project, account: Account, cut: Any
) -> None:
    rename = meanwhile(lambda: account.edit("lists", "Customers", name="Do not mail"))
    cut(Rule("PATCH /api/email/campaign/.*", rename, times=1))
    project.write("m.yaml", RECIPIENTS)
    ran = project.run(*APPLY)
    assert ran.code == 8
    told = [f["message"] for f in ran.json["findings"] if f["code"] == "not_converged"]
    assert any("Do not mail" in message for message in told)


def test_resume_looks_at_what_a_doubtful_step_refers_to(
    project: Project, account: Account, forks: Forks
) -> None:
    project.write("m.yaml", RECIPIENTS)
    killed(project, account, forks, *APPLY, request=account.named("campaigns", "Welcome")["_id"])
    before = account.named("campaigns", "Welcome")["lists"]
    account.edit("lists", "Customers", name="Do not mail")
    ran = project.run("apply", "--resume", str(project.journal()), "--format", "json")
    assert ran.code in (6, 8)
    assert account.named("campaigns", "Welcome")["lists"] == before


def test_resume_after_a_rename_in_doubt(project: Project, account: Account, forks: Forks) -> None:
    project.write("m.yaml", RENAME)
    id = account.named("lists", "Product updates")["_id"]
    killed(project, account, forks, *APPLY, request=f"lists/{id}")
    ran = project.run("apply", "--resume", str(project.journal()), "--format", "json")
    assert ran.code == 0, ran.out
    assert project.plan()["steps"] == []


# --- what a copy brings along


@pytest.mark.parametrize(
    "change",
    [
        lambda account: account.edit("campaigns", "Welcome", body="<p>Other</p>"),
        lambda account: account.edit("campaigns", "Welcome", lists=[]),
        lambda account: account.remove("campaigns", "Welcome"),
    ],
    ids=["other content", "another audience", "gone"],
)
def test_the_source_of_a_copy_is_held(project: Project, account: Account, change: Any) -> None:
    project.write("m.yaml", COPY + "lists: [{name: Autumn}]\n")
    project.run("plan", "--out", "plan.json").ok()
    change(account)
    account.clear_log()
    ran = project.run("apply", "plan.json", "--format", "json")
    assert ran.code == 6
    assert ran.states["campaigns/Second"] == "stale"
    assert all(entry["method"] == "GET" for entry in account.log())


# --- a list that came into use is not deleted


@pytest.mark.parametrize("when", ["before", "meanwhile"])
def test_a_delete_is_of_what_was_seen_to_hang_on_it(
    project: Project, account: Account, cut: Any, when: str
) -> None:
    def use() -> None:
        account.edit("campaigns", "Welcome", lists=account.list_ids("Old list"))

    if when == "meanwhile":
        cut(Rule("POST .*/lists", meanwhile(use), times=1))
    project.write("m.yaml", "version: 1\nlists: [{name: Old list, state: absent}, {name: A}]\n")
    project.run("plan", "--out", "plan.json").ok()
    if when == "before":
        use()
    ran = project.run("apply", "plan.json", "--allow-delete", "lists/Old list", *APPLY[2:])
    assert ran.code == (6 if when == "before" else 8), ran.out
    assert ran.states["lists/Old list"] == "stale"
    (message,) = [s["message"] for s in ran.json["steps"] if s["state"] == "stale"]
    assert "1 campaigns use it by now" in message
    assert account.named("lists", "Old list")


# --- interrupted, cut off, given away


@pytest.mark.usefixtures("forked")
def test_a_second_ctrl_c_ends_a_write_at_once_and_leaves_it_in_doubt(
    project: Project, account: Account, cut: Cut
) -> None:
    project.write("m.yaml", COPY)
    ran = interrupted(
        *(project, cut, "POST .*/duplicate", "apply", "plan.json", "--format", "json"),
        signals=[signal.SIGINT] * 2,
        answer=CLOSE,
        first=["plan", "--out", "plan.json"],
    )
    assert ran.json["error"]["code"] == "interrupted"
    assert ran.code == 130, ran.err
    assert ran.json["steps"][0]["state"] == "unknown"
    assert "--resume" in ran.err
    assert project.run("apply", "plan.json").code == 6
    assert project.run("apply", "--resume", str(project.journal())).code == 0
    assert copies(account) == []


def test_a_lost_stdout_changes_no_exit_code(project: Project, account: Account, cut: Cut) -> None:
    cut(Rule("POST .*/lists", instead(refusal(400, "ValidationError", "no")), skip=1, times=1))
    project.write("m.yaml", "version: 1\nlists: [{name: A}, {name: B}]\n")
    with unread() as gone:
        ran = project.spawn(*APPLY, stdout=gone)
    assert ran.code == 8, ran.err
    assert "--resume" in ran.err


def test_a_look_that_fails_leaves_a_step_in_doubt(
    project: Project, account: Account, forks: Forks, cut: Any
) -> None:
    project.write("m.yaml", "version: 1\nlists: [{name: Autumn}]\n")
    door = cut(Rule("GET .*/lists/all", after(CLOSE), skip=1))
    assert door
    code = forks.run(project.folder, project.env, *APPLY, line=3)
    assert code == -signal.SIGKILL
    ran = project.run("apply", "--resume", str(project.journal()), "--format", "json")
    assert ran.states == {"lists/Autumn": "unknown"}


def test_what_looks_like_a_key_does_not_keep_a_run_from_being_resumed(
    project: Project, account: Account, forks: Forks
) -> None:
    account.edit("campaigns", "Welcome", subject="bme_us_" + "x7" * 21)
    project.write("m.yaml", "version: 1\ncampaigns: [{name: Welcome, subject: Hello}]\n")
    assert forks.run(project.folder, project.env, *APPLY, line=2) == -signal.SIGKILL
    assert "x7x7" not in project.journal().read_text()
    assert project.run("apply", "--resume", str(project.journal())).code == 0


@pytest.mark.usefixtures("forked")
def test_of_several_runs_of_a_plan_at_once_one_applies_it(
    project: Project, account: Account
) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    project.run("plan", "--out", "plan.json").ok()
    shutil.copy(project.folder / "plan.json", project.folder / "copy.json")
    names = ("plan.json", "copy.json", "plan.json")
    codes = [ended(run).code for run in [project.start("apply", name) for name in names]]
    assert sorted(codes) == [0, 6, 6]
    assert account.names().count("Autumn") == 1


def test_a_list_that_undeclared_campaigns_use_is_not_deleted_unwarned(
    project: Project, account: Account
) -> None:
    account.edit("campaigns", "Welcome", lists=account.list_ids("Old list"))
    gone = "version: 1\nlists: [{name: Old list, state: absent}]\n"
    project.write("m.yaml", gone)
    findings = project.plan()["findings"]
    assert [finding["code"] for finding in findings] == ["in_use"]
    project.write("m.yaml", gone + "campaigns: [{name: Welcome, lists: [Customers]}]\n")
    assert project.plan()["findings"] == []


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    ("command", "sent"),
    [
        (["plan"], signal.SIGINT),
        (["plan"], signal.SIGTERM),
        (["apply", "--auto-approve"], signal.SIGTERM),
        (["apply", "--auto-approve"], signal.SIGHUP),
    ],
)
def test_a_job_that_is_cancelled_while_it_reads_says_so(
    project: Project, account: Account, cut: Cut, command: list[str], sent: int
) -> None:
    project.write("m.yaml", "version: 1\nlists: [{name: A}]\n")
    account.clear_log()
    request = "GET /api/contact-structure"
    ran = interrupted(project, cut, request, *command, "--format", "json", signals=[sent])
    assert ran.code == ran.json["exit_code"] == 130, ran.err
    assert ran.json["error"]["code"] == "interrupted"
    assert all(entry["method"] == "GET" for entry in account.log())


def test_a_copy_that_somebody_touched_is_no_more_written_to_though_its_answer_came(
    project: Project, account: Account
) -> None:
    race = {"kind": "stale-race", "method": "PATCH", "path": "/api/email/campaign/*", "times": 2}
    account.faults(race)
    project.write("m.yaml", COPY)
    ran = project.run(*APPLY)
    assert (ran.code, ran.states) == (8, {"campaigns/Second": "failed"})
    (copy,) = [row for row in account.state()["campaigns"] if row["name"].startswith("Copy of")]
    assert copy["_id"] in ran.json["steps"][0]["message"]
    again = project.run(*APPLY)
    assert (again.code, again.states) == (6, {"campaigns/Second": "unknown"})
    assert copy["_id"] in again.json["findings"][0]["message"]
    assert copy in account.state()["campaigns"]


def test_a_loose_end_is_passed_on_from_run_to_run(project: Project, account: Account) -> None:
    project.write("m.yaml", COPY)
    patch = {"method": "PATCH", "path": "/api/email/campaign/*", "times": 2}
    account.faults({"kind": "auth-block", **patch})
    assert project.run(*APPLY).code == 8
    project.run("plan", "--out", "plan.json").ok()
    assert project.run("apply", "plan.json").code in (4, 5, 8)
    assert account.fault_hits() == [2]
    project.run("apply", "--resume", str(project.journal())).ok()
    assert copies(account) == []
