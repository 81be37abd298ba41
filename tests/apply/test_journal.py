"""The journal: written around each write, and enough to go on from, wherever a run was cut off."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from tests.support.driver import Account, Project, Ran
from tests.support.fake_server import CLOSE, Cut, Rule, after, instead
from tests.support.forks import Forks
from tests.support.terminal import interrupted

ALL = """\
version: 1
structure: {fields: [{label: City}], tags: [seed]}
lists:
  - {name: Product news, renamed_from: [Product updates]}
  - {name: Autumn}
  - {name: Twin, copy_of: Newsletter}
  - {name: Both, merge_of: [Newsletter, Customers]}
  - {name: Old list, state: absent}
contacts:
  - {email: bob@example.com, fields: {First Name: Rob}, status: Inactive}
  - {email: new@acme.example, fields: {City: Oslo}, lists: [Autumn], tags: [seed]}
  - {email: gone@acme.example, lists: [Autumn], status: Inactive}
campaigns:
  - {name: Welcome, subject: Changed, lists: [Autumn]}
  - {name: Autumn offer, subject: Hello, lists: [Autumn, Twin]}
  - {name: Second, copy_of: Welcome, subject: Again}
"""
APPLY = ("apply", "--auto-approve", "--format", "json", "--allow-delete", "lists/Old list")

KILLS = int(os.environ.get("BMECONF_KILLS", "12"))
"""Of the lines at which a run may die every n-th is tried; 1 tries them all."""
TELLING = ("begin", "answer", "end")
"""Lines right before which something was written: before another all is as after the one above."""


def lines(project: Project) -> list[Any]:
    """The whole lines of the last journal; its last one may be torn."""
    text = project.journal().read_text() if project.journals() else ""
    return [json.loads(line) for line in text[: text.rfind("\n") + 1].splitlines()]


def resume(project: Project, *arguments: str) -> Ran:
    return project.run("apply", "--resume", str(project.journal()), "--format", "json", *arguments)


def test_each_write_stands_between_two_lines(project: Project, account: Account) -> None:
    project.write("m.yaml", ALL)
    account.clear_log()
    result = project.run(*APPLY).ok().json
    told = lines(project)
    assert all(len(line.pop("seal")) == 64 for line in told)
    assert result["journal"] == str(Path(".bmeconf/journals", project.journal().name))
    assert told[0]["event"] == "begin"
    assert told[0]["format"] == "bmeconf.journal/1"
    assert told[0]["plan"]["fingerprint"] == result["fingerprint"]
    assert told[-1] == {"event": "end", "at": told[-1]["at"], "exit_code": 0}
    sent = [f"{line['method']} {line['path']}" for line in told if line["event"] == "write"]
    assert sent == account.writes()
    for one, two in itertools.pairwise(told):
        assert (one["event"] == "write") == (two["event"] == "answer")
        if one["event"] == "write":
            assert two["fate"] == "taken"
            assert two["step"] == one["step"]
    ended = {line["step"]: line["state"] for line in told if line["event"] == "step"}
    assert ended == {step["id"]: step["state"] for step in result["steps"]}


def test_a_line_is_on_disk_before_its_write_arrives(project: Project, cut: Any) -> None:
    seen: list[tuple[str, str]] = []

    def look(request: Any, forward: Any) -> Any:
        last = lines(project)[-1]
        seen.append((request.line, f"{last.get('method')} {last.get('path')}"))
        return forward()

    cut(Rule("(POST|PUT|PATCH|DELETE) (?!/api/contact/search).*", look))
    project.write("m.yaml", ALL)
    project.run(*APPLY).ok()
    assert len(seen) > 10
    assert all(arrived == noted for arrived, noted in seen)


def test_nothing_to_do_needs_no_journal(project: Project) -> None:
    project.write("m.yaml", "version: 1\nlists: [{name: Newsletter}]\n")
    assert project.run(*APPLY[:4]).ok().json["journal"] is None
    assert project.journals() == []


# --- killed


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("how", ["again", "resume"])
def test_killed_at_any_line_it_goes_on_to_the_end(
    project: Project, account: Account, forks: Forks, when: str, how: str
) -> None:
    project.write("m.yaml", ALL)
    start = account.state()
    assert forks.run(project.folder, project.env, *APPLY) == 0
    events = [line["event"] for line in lines(project)]
    assert len(events) > 40
    wanted = account.names()
    deadly = [line for line, event in enumerate(events, 1) if when == "after" or event in TELLING]
    # Both ways to go on share the lines between them.
    for line in deadly[("again", "resume").index(how) * KILLS // 2 :: KILLS]:
        account.set(start)
        shutil.rmtree(project.folder / ".bmeconf")
        (project.folder / "bmeconf.lock.json").unlink(missing_ok=True)
        died = forks.run(project.folder, project.env, *APPLY, line=line, when=when)
        assert died == -signal.SIGKILL, line
        account.clear_log()
        left = project.journals()
        if how == "resume" and left and left[-1].stat().st_size:
            ran = resume(project)
        else:
            deletes = [s for s in project.plan()["steps"] if s["action"] == "delete"]
            ran = project.run(*APPLY[: 6 if deletes else 4])
        assert ran.code == 0, (line, when, ran.out, ran.err)
        assert {step["state"] for step in ran.json["steps"]} <= {"applied"}
        assert project.plan()["steps"] == [], (line, when)
        assert account.names() == wanted, (line, when)


def test_a_saved_plan_that_was_cut_off_is_resumed_and_not_applied_again(
    project: Project, account: Account, forks: Forks
) -> None:
    project.write("m.yaml", ALL)
    project.run("plan", "--out", "plan.json").ok()
    arguments = ("apply", "plan.json", *APPLY[4:])
    assert forks.run(project.folder, project.env, *arguments, line=20) == -signal.SIGKILL
    account.clear_log()
    again = project.run("apply", "plan.json", "--format", "json", *APPLY[4:])
    assert again.code == 6
    assert account.writes() == []
    assert str(project.journal()) in again.json["error"]["remedy"]
    assert resume(project).code == 0
    assert project.plan()["steps"] == []


# --- resumed


@pytest.fixture
def cut_off(project: Project, forks: Forks) -> Project:
    """A project whose apply died midway."""
    project.write("m.yaml", ALL)
    assert forks.run(project.folder, project.env, *APPLY, line=20) == -signal.SIGKILL
    return project


def test_resume_does_exactly_the_rest(cut_off: Project, account: Account) -> None:
    done = {line["step"] for line in lines(cut_off) if line["event"] == "step"}
    plan = lines(cut_off)[0]["plan"]
    before = [line for line in lines(cut_off) if line["event"] == "write"]
    account.clear_log()
    result = resume(cut_off).ok().json
    assert {s["id"] for s in result["steps"] if s["message"] == "applied before"} == done
    told = [f"{x['method']} {x['path']}" for x in lines(cut_off) if x["event"] == "write"]
    assert told[len(before) :] == account.writes()
    for step in plan["steps"]:
        if step["id"] in done and step["pin"]:
            assert not any(line.endswith(step["pin"]["id"]) for line in account.writes())


def test_a_finished_journal_has_nothing_left(project: Project, account: Account) -> None:
    project.write("m.yaml", ALL)
    project.run(*APPLY).ok()
    account.clear_log()
    ran = resume(project)
    assert ran.code == 0
    assert account.writes() == []


def test_resume_checks_the_pins_of_what_is_left(cut_off: Project, account: Account) -> None:
    welcome = account.edit("campaigns", "Welcome", subject="By hand")
    account.clear_log()
    ran = resume(cut_off)
    assert ran.code == 8
    assert ran.states["campaigns/Welcome"] == "stale"
    assert not any(line.endswith(welcome["_id"]) for line in account.writes())


def test_resume_is_refused_on_another_account(cut_off: Project, account: Account) -> None:
    state = account.state()
    text = json.dumps(state).replace(state["structures"][0]["_id"], "a" * 24)
    account.set(json.loads(text))
    account.clear_log()
    ran = resume(cut_off)
    assert ran.code == 7, ran.err
    assert account.writes() == []


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"hello\n", b"[]\n", b"\xff\xfe\n", b"a = 1\nb = 2", b"{}\n{"),
        b'{"event": "begin", "format": "x"}\n',
    ],
)
def test_a_file_that_is_no_journal_is_left_as_it_is(
    content: bytes, project: Project, account: Account
) -> None:
    files = {"uv.toml": content, "uv.lock": b"locked", ".uv.toml.lock": b"too"}
    for name, text in files.items():
        (project.folder / name).write_bytes(text)
    ran = project.run("apply", "--resume", "uv.toml", "--format", "json")
    assert ran.code == 3, ran.out
    assert "uv.toml is not a journal" in ran.json["error"]["message"]
    assert "Traceback" not in ran.err
    assert {name: (project.folder / name).read_bytes() for name in files} == files
    assert account.log() == []


def test_a_journal_that_is_not_there(project: Project) -> None:
    ran = project.run("apply", "--resume", "j.jsonl", "--format", "json")
    assert (ran.code, "j.jsonl cannot be read" in ran.json["error"]["message"]) == (3, True)


def test_a_journal_that_was_edited_is_refused(cut_off: Project, account: Account) -> None:
    path = cut_off.journal()
    path.write_text(path.read_text().replace("Changed", "Charged"))
    account.clear_log()
    ran = resume(cut_off)
    assert ran.code == 3
    assert account.log() == []


def test_a_line_that_was_torn_is_no_hindrance(cut_off: Project) -> None:
    path = cut_off.journal()
    with path.open("a") as file:
        file.write('{"event": "wri')
    assert resume(cut_off).code == 0
    assert all(lines(cut_off))


# --- lost answers, settled when they are lost or when the run is resumed

COPY = "version: 1\ncampaigns: [{name: Second, copy_of: Welcome, subject: Again}]\n"


def test_a_copy_among_several_new_ones_is_named_and_not_touched(
    project: Project, account: Account, cut: Any
) -> None:
    def crowd(seen: Any, forward: Any) -> Any:
        forward()
        state = account.state()
        copy = next(row for row in state["campaigns"] if row["name"].startswith("Copy of"))
        state["campaigns"].append({**copy, "_id": "c" * 24, "name": "Copy of Welcome (3)"})
        account.set(state)
        return CLOSE

    cut(Rule("POST .*/duplicate", crowd, times=1))
    project.write("m.yaml", COPY)
    ran = project.run(*APPLY[:4])
    assert ran.code == 8
    (step,) = ran.json["steps"]
    assert step["state"] == "unknown"
    (finding,) = [f for f in ran.json["findings"] if f["code"] == "outcome_unclear"]
    assert "c" * 24 in finding["message"]
    assert finding["remedy"]
    assert "Copy of Welcome (3)" in account.names()


def test_a_list_that_landed_twice_is_told(project: Project, account: Account, cut: Any) -> None:
    def twice(seen: Any, forward: Any) -> Any:
        forward()
        forward()
        return CLOSE

    cut(Rule("POST .*/lists", twice, times=1))
    project.write("m.yaml", "version: 1\nlists: [{name: Autumn}]\n")
    ran = project.run(*APPLY[:4])
    assert ran.code == 8
    (finding,) = [f for f in ran.json["findings"] if f["code"] == "landed_twice"]
    ids = [row["_id"] for row in account.state()["lists"] if row["name"] == "Autumn"]
    assert len(ids) == 2
    assert all(id in finding["message"] for id in ids)


@pytest.mark.parametrize("landed", [True, False])
def test_a_create_in_doubt_is_settled_first_when_resumed(
    project: Project, account: Account, cut: Any, landed: bool
) -> None:
    project.write("m.yaml", "version: 1\nlists: [{name: Autumn}, {name: Winter}]\n")
    lost = after(CLOSE) if landed else instead(CLOSE)
    make = Rule("POST .*/lists", lost, times=1)
    # Nothing can be read either: the run ends with a step in doubt.
    look = Rule("GET .*/lists/all", instead(CLOSE), skip=1, times=4)
    cut(make, look)
    ran = project.run(*APPLY[:4])
    assert ran.code == 8
    assert [*ran.states.values()] == ["unknown", "not attempted"]
    account.clear_log()
    done = resume(project)
    assert done.code == 0, done.out
    assert len(account.writes()) == (1 if landed else 2)
    assert account.names().count("Autumn") == 1


# --- interrupted


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_ctrl_c_finishes_the_request_in_flight(
    project: Project, account: Account, cut: Cut, sent: int
) -> None:
    project.write("m.yaml", ALL)
    ran = interrupted(project, cut, "POST .*/lists", *APPLY, signals=[sent])
    assert ran.code == 130, ran.err
    assert ran.states["lists/Autumn"] == "applied"
    states = [*ran.states.values()]
    assert {*states[states.index("not attempted") :]} == {"not attempted"}
    result = ran.json
    assert (result["exit_code"], result["error"]["code"]) == (130, "interrupted")
    told = lines(project)
    assert told[-1]["exit_code"] == 130
    assert {line["step"] for line in told if line["event"] == "step"} == {
        step["id"] for step in result["steps"]
    }
    assert result["journal"] in ran.err
    assert resume(project).code == 0
    assert project.plan()["steps"] == []


# --- a journal that cannot be written


def test_without_a_journal_nothing_is_written(project: Project, account: Account) -> None:
    project.write("m.yaml", ALL)
    project.write(".bmeconf/journals", "a file in its place")
    account.clear_log()
    ran = project.run(*APPLY)
    assert ran.code == 3
    assert "nothing was read or written" in ran.json["error"]["message"]
    assert account.writes() == []


def test_a_journal_that_cannot_be_begun_is_not_left(
    project: Project, account: Account, forks: Forks
) -> None:
    project.declare(lists=[{"name": f"List {number}"} for number in range(40)])
    assert forks.run(project.folder, project.env, "plan", "--save-plan", "plan.json") == 0
    order = ("apply", "plan.json", "--quiet")
    size = (project.folder / "plan.json").stat().st_size // 2
    assert forks.run(project.folder, project.env, *order, most_bytes=size) == 3
    assert "nothing was written" in (project.folder / "err.txt").read_text()
    assert (project.journals(), account.writes()) == ([], [])


@pytest.mark.long
def test_a_full_disk_stops_the_writes_and_not_the_report(
    project: Project, account: Account, forks: Forks
) -> None:
    project.write("m.yaml", ALL)
    start = account.state()
    assert forks.run(project.folder, project.env, *APPLY) == 0
    whole = project.journal().stat().st_size
    for part in (0.75, 0.9):
        account.set(start)
        size = int(whole * part)
        account.clear_log()
        code = forks.run(project.folder, project.env, *APPLY, most_bytes=size)
        result = json.loads((project.folder / "out.txt").read_text())
        assert code == result["exit_code"]
        if code == 3:
            assert account.writes() == []
            continue
        assert code == 8, result
        assert result["error"]["code"] == "journal_lost"
        sent = [line for line in lines(project) if line["event"] == "write"]
        assert len(sent) >= len(account.writes())
