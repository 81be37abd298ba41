"""`probe --write` and `--clean`: what they refuse, what they leave, and what they remove later."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.accounts import fill
from tests.support.driver import Account, Project, Ran
from tests.support.fake_server import Cut, Rule, instead, refusal
from tests.support.forks import Forks
from tests.support.git import git
from tests.support.terminal import interrupted, typed

CONTACT = "me@probe.example"
WRITE = ("probe", "--write", "--contact", CONTACT)
CLEAN = ("probe", "--clean", "--auto-approve")
AS_JSON = ("--auto-approve", "--format", "json")
BUSY = "a list of the probe is used"


def answers(ran: Ran) -> dict[str, Any]:
    return {answer["code"]: answer for answer in ran.json["answers"]}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--write",), "--contact EMAIL"),
        (("--contact", CONTACT), "--write and --contact"),
        (("--write", "--contact", "nobody"), "not an email address"),
        (("--write", "--contact", "mé@probe.example"), "ASCII"),
        (("--write", "--contact", CONTACT), "no terminal"),
        (("--clean",), "no terminal"),
        (("--clean", "--write", "--contact", CONTACT), "--clean stands alone"),
        (("--auto-approve",), "--auto-approve is about"),
        (("--target", "lists/*"), "--target has no meaning"),
    ],
)
def test_what_does_not_go_together_is_refused(
    project: Project, account: Account, arguments: tuple[str, ...], said: str
) -> None:
    assert said in project.refused("probe", *arguments)
    assert account.log() == []


def test_what_it_will_do_is_shown_and_asked(project: Project, account: Account) -> None:
    err = project.run(*WRITE, "--auto-approve").ok().err
    for said in ("Make lists named", "Me@probe.example", "None is scheduled", "Remove all"):
        assert said in " ".join(err.split())


def test_a_contact_of_somebody_is_never_taken(project: Project, account: Account) -> None:
    before = fill(account, 1, 1, 1)
    account.clear_log()
    for address in ("person0@acme.example", "PERSON0@acme.example"):
        ran = project.run("probe", "--write", "--contact", address, *AS_JSON)
        assert (ran.code, ran.json["error"]["code"], ran.json["wrote"]) == (7, "guarded", False)
    assert account.writes() == []
    assert account.state() == before


def test_a_contact_that_only_the_service_finds_stays(project: Project, account: Account) -> None:
    """Its capitals hide it from every search, but its address is taken."""
    account.switch(contact_key_case="kept")
    state = fill(account, 1, 1, 1)
    state["contacts"][0]["key"] = "peRSon0@acme.example"
    before = account.set(state)
    ran = project.run("probe", "--write", "--contact", "person0@acme.example", *AS_JSON)
    assert (ran.code, ran.json["error"]["code"]) == (7, "guarded")
    assert account.state() == before


def test_nothing_is_written_in_a_freeze(project: Project, account: Account) -> None:
    window = {"from": "2020-01-01", "to": "2999-01-01", "reason": "stocktaking"}
    project.write("bmeconf.yaml", json.dumps({"version": 1, "policy": {"freeze": [window]}}))
    ran = project.run(*WRITE, "--auto-approve")
    assert (ran.code, account.log()) == (7, [])
    assert "stocktaking" in ran.err


@pytest.mark.parametrize(("most", "code"), [("20", 5), ("70", 5)])
def test_what_the_limits_would_cut_short_is_not_begun(
    project: Project, account: Account, most: str, code: int
) -> None:
    ran = project.run(*WRITE, "--auto-approve", "--max-requests", most)
    assert (ran.code, account.writes()) == (code, [])


def left(project: Project) -> list[str]:
    return [path.name for path in project.journals()]


def test_what_cannot_be_removed_is_named_and_removed_later(
    project: Project, account: Account, cut: Cut
) -> None:
    before = fill(account, 2, 2, 2)
    # Of the lists that it made one after the other cannot be removed.
    cut(Rule("DELETE .*/lists/.*", instead(refusal(400, "ValidationError", BUSY)), times=4))
    ran = project.run(*WRITE, *AS_JSON)
    assert (ran.code, ran.json["error"]["code"]) == (8, "left_behind")
    assert {*ran.json["left"]} == {"list"}
    last = " ".join(ran.err.split()).rpartition("could not be removed: ")[2]
    assert 'list "bmeconf probe' in last
    assert BUSY in last
    assert "bmeconf probe --clean" in last
    assert "bmeconf probe" not in ran.out.replace("bmeconf probe ended", "")
    assert len(left(project)) == 1
    assert project.run(*CLEAN).ok().out.startswith("Nothing of a probe is left here")
    assert (account.state(), left(project)) == (before, [])
    account.clear_log()
    project.run(*CLEAN).ok()
    assert account.log() == []


@pytest.mark.usefixtures("forked")
def test_whoever_does_not_agree_gets_no_write(project: Project, account: Account) -> None:
    shown, code = typed(project, *WRITE, answer="no\n", after="Only 'yes' will do")
    assert (code, account.writes()) == (1, [])
    assert "nothing was written" in shown


@pytest.mark.usefixtures("forked")
@pytest.mark.parametrize(
    ("request_", "removed"), [("PUT .*", True), ("DELETE .*campaign.*", False)]
)
def test_a_second_ctrl_c_waits_for_no_answer(
    project: Project, account: Account, cut: Cut, request_: str, removed: bool
) -> None:
    """What was made is removed all the same, unless that is what takes too long."""
    before = fill(account, 1, 1, 1)
    signals = [signal.SIGINT, signal.SIGINT]
    ran = interrupted(project, cut, request_, *WRITE, "--auto-approve", signals=signals)
    assert ran.code == 130
    assert (account.state() == before) == removed
    assert ("Me@probe.example" in " ".join(ran.err.split()).partition("may be left")[2]) != removed
    project.run(*CLEAN).ok()
    assert (account.state(), left(project)) == (before, [])


def cut_off(project: Project, forks: Forks, account: Account) -> Path:
    """The journal of a probe that was killed once its first draft was made."""
    project.run(*WRITE, "--auto-approve").ok()
    line = 3 + 2 * account.writes().index("POST /api/email/campaign")
    forks.run(project.folder, project.env, *WRITE, "--auto-approve", line=line, haste=0.01)
    (path,) = project.journals()
    return path


def doctored(project: Project) -> Any:
    """What doctor says of journals."""
    checks = project.run("doctor", "--format", "json").json["checks"]
    return next(check for check in checks if check["name"] == "journals")


def forged(path: Path) -> None:
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:-1], lines[-1].replace("answer", "ANSWER")]) + "\n")


def renamed(path: Path) -> None:
    path.rename(path.with_name("another-account.jsonl"))


def tracked(path: Path) -> None:
    git(path.parents[2], "init")
    git(path.parents[2], "add", "--force", str(path))


@pytest.mark.parametrize("change", [forged, renamed, tracked])
def test_a_journal_that_nobody_can_vouch_for_removes_nothing(
    project: Project, account: Account, forks: Forks, change: Callable[[Path], None]
) -> None:
    change(cut_off(project, forks, account))
    before = account.state()
    account.clear_log()
    project.run(*CLEAN).ok()
    assert (account.log(), account.state()) == ([], before)
    assert doctored(project)["state"] == "ok"


@pytest.mark.parametrize(("when", "state"), [("before", "ok"), ("after", "warning")])
def test_doctor_tells_of_a_probe_that_was_cut_off_until_its_remedy_is_taken(
    project: Project, forks: Forks, when: str, state: str
) -> None:
    """Before its first line a journal is there, and empty: nothing was sent."""
    order = (*WRITE, "--auto-approve")
    died = forks.run(project.folder, project.env, *order, line=1, when=when)
    assert (died, len(left(project))) == (-signal.SIGKILL, 1)
    assert doctored(project)["state"] == state
    project.run(*CLEAN).ok()
    assert doctored(project)["state"] == "ok"


def test_what_became_somebody_s_own_stays(project: Project, account: Account, forks: Forks) -> None:
    """A draft that was scheduled is named; a list that was renamed is nobody's any more."""
    cut_off(project, forks, account)
    state = account.state()
    drafts = [one for one in state["campaigns"] if one["name"].startswith("bmeconf probe")]
    lists = [one for one in state["lists"] if one["name"].startswith("bmeconf probe")]
    assert drafts
    assert lists
    drafts[0]["status"] = "scheduled"
    lists[0]["name"] = "Ours"
    account.set(state)
    ran = project.run(*CLEAN, "--format", "json")
    assert (ran.code, ran.json["left"]) == (8, ["campaign"])
    assert "no draft any more" in " ".join(ran.err.split())
    after = account.state()
    assert {drafts[0]["_id"], lists[0]["_id"]} <= {
        one["_id"] for kind in ("campaigns", "lists") for one in after[kind]
    }
    assert [one for one in after["contacts"] if one["key"] == CONTACT] == []


def test_how_long_a_search_does_not_see_a_contact_is_measured(
    project: Project, account: Account
) -> None:
    account.switch(search_lag_ms=150)
    found = answers(project.run(*WRITE, *AS_JSON).ok())["search_lag_ms"]
    assert found["told"]
    assert found["value"] >= 150
