"""`bmeconf ci` as the recipes call it on GitLab, against the fake GitLab."""

from __future__ import annotations

import copy
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bmeconf.baseline import Lock, LockEntry, Section
from tests.support.driver import HASTE, LOCK, Account, Project
from tests.support.fake_gitlab import BOT, FakeGitLab, Token
from tests.support.fake_server import FakeServer, Reply, Rule, after, instead, meanwhile, reply

TOKEN = "glpat-t0k3n"
COMMIT = "c" * 40
MARK = "<!-- bmeconf:plan account=default -->"
DRIFT = "<!-- bmeconf:drift account=default -->"
NOTES, ISSUES = r".*/merge_requests/1/notes", r".*/issues"
FILES = r".*/repository/files/.*"
COMMENT = ("comment", "--report", "report.md")
ISSUE = ("issue", "--report", "report.md")
KEEP = ("lock", "keep", "--from", "changed.json")
TAKE = ("lock", "take")


@pytest.fixture
def gitlab(tmp_path: Path) -> Iterator[FakeGitLab]:
    with FakeGitLab(tmp_path / "origin") as gitlab:
        gitlab.tokens[TOKEN] = Token()
        gitlab.notes[1] = []
        yield gitlab


class Job:
    """Runs commands with the environment of a job."""

    def __init__(self, gitlab: FakeGitLab, folder: Path) -> None:
        self.folder = folder
        self.env = {
            "PATH": os.environ["PATH"],
            "CI": "true",
            "GITLAB_CI": "true",
            **gitlab.variables,
            "CI_MERGE_REQUEST_IID": "1",
            "CI_COMMIT_SHA": COMMIT,
            "CI_COMMIT_BRANCH": "main",
            "CI_PIPELINE_ID": "7",
            "CI_PIPELINE_URL": "https://gitlab.example/acme/mail/-/pipelines/7",
            "GITLAB_TOKEN": TOKEN,
        }
        self.report("## Plan")

    def report(self, text: str) -> None:
        (self.folder / "report.md").write_text(text, encoding="utf-8")

    def run(self, *words: str, code: int = 0, said: str = "", **env: str) -> str:
        """What a command printed, which must end with `code` and say something."""
        ran = Project(self.folder, {**self.env, **env}, is_alone=True).run("ci", *words)
        told = ran.out + ran.err
        assert TOKEN not in told
        assert ran.code == code, told
        assert said in told
        return told

    def comment(self, code: int = 2, *words: str, **env: str) -> str:
        return self.run(*COMMENT, "--code", str(code), *words, **env)

    def issue(self, code: int) -> str:
        return self.run(*ISSUE, "--code", str(code))


@pytest.fixture
def job(gitlab: FakeGitLab, tmp_path: Path) -> Job:
    return Job(gitlab, tmp_path)


# --- what a command left in a folder


def test_a_plan_leaves_its_report_and_its_exit_code(
    gitlab: FakeGitLab, job: Job, project: Project
) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    job.env |= project.env
    job.run("plan", "--to", "left/here", "--no-color", ".")
    assert (job.folder / "left" / "here" / "plan.code").read_text() == "2\n"
    job.run("comment", "--from", "left/here")
    (note,) = gitlab.notes[1]
    assert "lists/Autumn" in note["body"]
    project.run("apply", "--auto-approve", "left/here/plan.json").ok()
    job.run("plan", "--to", "left/here", code=0)
    assert (job.folder / "left" / "here" / "plan.code").read_text() == "0\n"


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_how_a_command_ends_is_left_where_it_failed(
    gitlab: FakeGitLab, job: Job, project: Project, command: str
) -> None:
    project.write("m.yaml", "version: 1\nlists: [{nmae: Autumn}]\n")
    job.env |= project.env
    job.run(command, "--to", "left", code=3, said="unknown key")
    assert (job.folder / "left" / f"{command}.code").read_text() == "3\n"
    job.run(command, "--to", "left", "--no-such-option", code=3, said="No such option")
    # The report of the run before is gone with it.
    assert [path.name for path in (job.folder / "left").iterdir()] == [f"{command}.code"]
    job.run(command, "--to", "m.yaml", code=3, said="m.yaml cannot be used")


def test_drift_ends_as_it_does_otherwise(
    gitlab: FakeGitLab, job: Job, project: Project, account: Account
) -> None:
    project.deploy(lists=[{"name": "Autumn"}])
    job.env |= project.env
    job.run("drift", "--to", "left")
    job.run("issue", "--from", "left", said="No issue is needed")
    account.edit("lists", "Autumn", name="Fall")
    job.run("drift", "--to", "left", code=2)
    job.run("issue", "--from", "left", said="was opened")


@pytest.mark.parametrize(
    "words",
    [(), ("--code", "2"), ("--report", "report.md"), ("--from", ".", "--code", "2")],
)
def test_a_report_has_one_source(gitlab: FakeGitLab, job: Job, words: tuple[str, ...]) -> None:
    for command in ("comment", "issue"):
        job.run(command, *words, code=3, said="either --from is needed")
    assert gitlab.server.seen == []


def test_where_nothing_was_left_there_is_no_plan(gitlab: FakeGitLab, job: Job) -> None:
    job.run("comment", "--from", "nowhere")
    (note,) = gitlab.notes[1]
    assert "**No plan**: `bmeconf plan` ended with exit code 3" in note["body"]
    (job.folder / "plan.code").write_text("two", encoding="utf-8")
    job.run("comment", "--from", ".", code=3, said="holds no exit code")


# --- the note


def test_one_note_for_each_project_is_kept_up_to_date(gitlab: FakeGitLab, job: Job) -> None:
    for name in ("one", "two", "one"):
        job.comment(2, "--name", name)
    job.report("## Another plan")
    assert "updated" in job.comment(2, "--name", "one")
    first, second = (note["body"] for note in reversed(gitlab.notes[1]))
    assert first.startswith("<!-- bmeconf:plan account=one -->\n\n## Another plan\n")
    assert second.startswith("<!-- bmeconf:plan account=two -->\n\n## Plan\n")
    assert f"Commit {COMMIT[:12]}, [run 7](https://gitlab.example/" in first


def test_the_commit_of_a_merge_request_is_that_of_its_branch(gitlab: FakeGitLab, job: Job) -> None:
    job.comment(CI_MERGE_REQUEST_SOURCE_BRANCH_SHA="d" * 40)
    assert f"Commit {'d' * 12}," in gitlab.notes[1][0]["body"]


@pytest.mark.parametrize("report", ["## Plan", "## Plan\n\n  \n", "## Plan\r\n\r\n- a  \n"])
def test_the_same_text_is_not_written_again(gitlab: FakeGitLab, job: Job, report: str) -> None:
    job.report(report)
    job.comment()
    writes = gitlab.server.writes()
    assert "left as it is" in job.comment()
    assert gitlab.server.writes() == writes


@pytest.mark.parametrize(("username", "system"), [("mallory", False), (BOT, True)])
def test_a_note_that_is_not_ours_is_left_alone(
    gitlab: FakeGitLab, job: Job, username: str, system: bool
) -> None:
    other = gitlab.noted(1, MARK, username, system)
    before = copy.deepcopy(other)
    job.comment(0)
    assert gitlab.server.writes() == []
    job.comment()
    assert other == before
    assert [note["author"]["username"] for note in gitlab.notes[1]] == [BOT, username]


def test_a_note_is_found_behind_many_others(gitlab: FakeGitLab, job: Job) -> None:
    job.comment()
    for _ in range(230):
        gitlab.noted(1, "Fine.", "alice")
    job.report("## Another plan")
    job.comment()
    assert len(gitlab.notes[1]) == 231
    assert "Another plan" in gitlab.notes[1][-1]["body"]


def test_where_nothing_changes_no_note_is_written(gitlab: FakeGitLab, job: Job) -> None:
    job.comment(0)
    assert gitlab.notes[1] == []
    job.comment()
    job.report("No steps.")
    job.comment(0)
    (note,) = gitlab.notes[1]
    assert "No steps." in note["body"]


@pytest.mark.parametrize("size", [999_000, 1_000_000, 1_100_000])
def test_a_report_of_any_size_becomes_a_note(gitlab: FakeGitLab, job: Job, size: int) -> None:
    job.report("x" * size)
    job.comment()
    (note,) = gitlab.notes[1]
    assert ("xxx" in note["body"]) == (size < 1_000_000) == ("too long" not in note["body"])


@pytest.mark.parametrize("line", ["/merge", "/close now", "\r/assign @mallory"])
def test_no_line_of_a_report_is_a_command(gitlab: FakeGitLab, job: Job, line: str) -> None:
    words = line.strip()
    job.report(f"{line}\n\n````diff\nkept\n{line}\n````\n")
    job.comment()
    (note,) = gitlab.notes[1]
    assert note["body"].count(words) == 2
    job.issue(2)
    assert gitlab.issues[0]["description"].count(words) == 2
    assert "left as it is" in job.comment()


# --- the issue


def test_an_issue_is_open_while_there_is_drift(gitlab: FakeGitLab, job: Job) -> None:
    gitlab.opened("Another", "", "alice")
    assert "No issue is needed" in job.issue(0)
    assert "was opened" in job.issue(9)
    job.report("## Drift")
    assert "The issue 2 was updated" in job.issue(2)
    _, issue = gitlab.issues
    assert issue["title"] == "The account has drifted: default"
    assert issue["description"].startswith(f"{DRIFT}\n\n## Drift\n")
    assert "The issue 2 was closed" in job.issue(0)
    assert issue["state"] == "closed"
    job.issue(2)
    assert [each["state"] for each in gitlab.issues] == ["opened", "closed", "opened"]


def test_an_issue_of_somebody_else_is_left_alone(gitlab: FakeGitLab, job: Job) -> None:
    other = gitlab.opened("The account has drifted: default", DRIFT, "mallory")
    before = dict(other)
    for code in (0, 2, 0):
        job.issue(code)
    assert other == before
    assert gitlab.issues[1]["state"] == "closed"


# --- the status of a commit


def test_a_commit_is_pending_while_manual_steps_are_open(
    project: Project, account: Account, gitlab: FakeGitLab, job: Job
) -> None:
    draft = {"name": "News", "schedule": {"at": "2030-12-02T08:00:00Z"}}
    for entry, state in ((draft, "pending"), ({"name": "News"}, "success"), (draft, "pending")):
        project.declare(campaigns=[entry])
        project.run("plan", "--save-plan", "plan.json").ok()
        # The second time nothing changes, which GitLab would refuse.
        for _ in range(2):
            job.run("status", "plan.json")
        newest = gitlab.statuses[-1]
        assert (newest["sha"], newest["status"]) == (COMMIT, state)
        assert newest["name"] == "bmeconf/default: manual steps"
    assert len(gitlab.server.writes()) == 3


# --- the lock file

URL = "https://api.example"


def lock(**accounts: dict[str, str]) -> str:
    """A lock file: for each account the ids of lists, by name."""
    whole = Lock()
    for account, lists in accounts.items():
        entries = {f"lists/{name}": LockEntry(id=id) for name, id in lists.items()}
        whole = whole.having(Section(account, URL, entries=entries))
    return whole.text


def change(job: Job, text: str, folder: str = ".") -> None:
    """What an apply left."""
    (job.folder / "changed.json").write_text(text, encoding="utf-8")


def begin(gitlab: FakeGitLab, text: str | None, path: str = LOCK) -> str:
    """A commit with this lock file."""
    if text is not None:
        (gitlab.origin / path).parent.mkdir(parents=True, exist_ok=True)
        (gitlab.origin / path).write_text(text, encoding="utf-8")
    return gitlab.commit()


def kept(gitlab: FakeGitLab, path: str = LOCK) -> str:
    return gitlab.git("show", f"main:{path}") + "\n"


@pytest.mark.parametrize("project", [".", "mail/eu west"])
def test_the_lock_file_goes_to_its_project(gitlab: FakeGitLab, job: Job, project: str) -> None:
    (job.folder / project).mkdir(parents=True, exist_ok=True)
    start = begin(gitlab, None)
    path = f"{project}/{LOCK}".removeprefix("./")
    assert "has no" in job.run(*TAKE, "--path", project)
    for id in ("a", "b", "b"):
        change(job, lock(acme={"Autumn": id}))
        job.run(*KEEP, "--path", project, CI_COMMIT_SHA=start)
        job.run(*TAKE, "--path", project)
        text = (job.folder / path).read_text(encoding="utf-8")
        assert text == kept(gitlab, path) == lock(acme={"Autumn": id})
    assert gitlab.git("rev-list", "--count", "main") == "3"
    # A pipeline for such a commit would have nothing to do.
    assert gitlab.git("log", "-1", "--format=%b", "main") == "[skip ci]"


AUTUMN, WINTER = {"Autumn": "a"}, {"Winter": "w"}
MERGED = {
    "the first": (None, None, lock(one=AUTUMN), lock(one=AUTUMN)),
    "another account": (
        None,
        lock(one=AUTUMN),
        lock(two=WINTER),
        lock(one=AUTUMN, two=WINTER),
    ),
    "another resource": (
        lock(one=AUTUMN),
        lock(one={**AUTUMN, "Spring": "s"}),
        lock(one={**AUTUMN, **WINTER}),
        lock(one={**AUTUMN, "Spring": "s", **WINTER}),
    ),
    "one that is gone": (
        lock(one={**AUTUMN, **WINTER}),
        lock(one={**AUTUMN, **WINTER, "Spring": "s"}),
        lock(one=WINTER),
        lock(one={**WINTER, "Spring": "s"}),
    ),
    "an apply that changed nothing": (
        lock(one=AUTUMN),
        lock(one=WINTER),
        lock(one=AUTUMN),
        lock(one=WINTER),
    ),
}


@pytest.mark.parametrize("what", MERGED)
def test_what_other_applies_committed_is_kept(gitlab: FakeGitLab, job: Job, what: str) -> None:
    before, tip, changed, then = MERGED[what]
    start = begin(gitlab, before)
    begin(gitlab, tip)
    change(job, changed)
    job.run(*KEEP, CI_COMMIT_SHA=start)
    assert kept(gitlab) == then
    assert gitlab.git("rev-list", "--count", "main") == ("2" if tip == then else "3")


def test_a_lock_file_that_landed_unheard_is_not_committed_twice(
    gitlab: FakeGitLab, job: Job
) -> None:
    for number, method in enumerate(("POST", "PUT"), 2):
        start = gitlab.commit() if number == 2 else gitlab.git("rev-parse", "main")
        change(job, lock(one={"Autumn": method}))
        gitlab.meddle(Rule(rf"{method} {FILES}", after(reply({}, 502)), times=1))
        job.run(*KEEP, CI_COMMIT_SHA=start)
        assert gitlab.git("rev-list", "--count", "main") == str(number)
        assert kept(gitlab) == lock(one={"Autumn": method})


def test_a_commit_of_somebody_else_in_between_is_kept(gitlab: FakeGitLab, job: Job) -> None:
    start = begin(gitlab, lock(one=AUTUMN))
    change(job, lock(one=AUTUMN, two=WINTER))
    other = lock(one={**AUTUMN, "Spring": "s"})
    gitlab.meddle(Rule(rf"PUT {FILES}", meanwhile(lambda: begin(gitlab, other)), times=1))
    job.run(*KEEP, CI_COMMIT_SHA=start)
    assert kept(gitlab) == lock(one={**AUTUMN, "Spring": "s"}, two=WINTER)
    assert gitlab.git("rev-list", "--count", "main") == "3"


def test_a_protected_branch_is_told_of(gitlab: FakeGitLab, job: Job) -> None:
    gitlab.tokens[TOKEN] = Token(role="developer")
    start = begin(gitlab, lock(one=AUTUMN))
    change(job, lock(one=WINTER))
    said = job.run(*KEEP, code=1, said="not allowed to push", CI_COMMIT_SHA=start)
    assert "may bypass the protection" in said
    assert len(gitlab.server.writes()) == 1


def test_a_branch_that_is_not_there_has_no_lock_file_unseen(gitlab: FakeGitLab, job: Job) -> None:
    gitlab.commit()
    job.run(*TAKE, code=1, said="404 Commit Not Found", CI_COMMIT_BRANCH="other")


# --- tokens, and answers that do not come


COMMANDS = {
    "comment": (*COMMENT, "--code", "2"),
    "issue": (*ISSUE, "--code", "2"),
    "take": TAKE,
}
TOKENS: dict[str, tuple[Token | None, str]] = {
    "no token of theirs": (None, "project access token with the scope `api`"),
    "a scope too small": (Token(scopes=("read_api",)), "the scope `api`"),
    "no scope": (Token(scopes=()), "the scope `api`"),
    "another project": (Token(role="none"), "may see this project"),
}


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("what", TOKENS)
def test_a_token_without_rights_is_told_what_it_needs(
    gitlab: FakeGitLab, job: Job, command: str, what: str
) -> None:
    gitlab.commit()
    token, said = TOKENS[what]
    gitlab.tokens = {TOKEN: token} if token else {}
    if (command, what) == ("take", "a scope too small"):
        job.run(*TAKE)
        return
    job.run(*COMMANDS[command], code=1, said=said)
    assert gitlab.notes[1] == gitlab.issues == []


@pytest.mark.parametrize("value", ["", "glpat\nt0k3n", "glpat t0k3n", "glpat-é"])
def test_a_token_that_is_none_is_not_sent(gitlab: FakeGitLab, job: Job, value: str) -> None:
    said = job.run(*COMMANDS["comment"], code=3, said="GITLAB_TOKEN", GITLAB_TOKEN=value)
    assert "t0k3n" not in said
    assert "é" not in said
    assert gitlab.server.seen == []


@pytest.mark.parametrize("command", COMMANDS)
def test_a_server_error_is_waited_out(gitlab: FakeGitLab, job: Job, command: str) -> None:
    gitlab.commit()
    gitlab.meddle(Rule(r"GET .*", instead(reply({}, 503)), times=3))
    job.run(*COMMANDS[command])


@pytest.mark.parametrize("command", COMMANDS)
def test_a_server_that_stays_broken_is_an_error(gitlab: FakeGitLab, job: Job, command: str) -> None:
    gitlab.meddle(Rule(r".*", instead(reply({}, 503))))
    job.run(*COMMANDS[command], code=1, said="GitLab answered 503 to GET")


@pytest.mark.parametrize(("command", "path"), [("comment", NOTES), ("issue", ISSUES)])
def test_a_text_that_landed_unheard_is_not_written_twice(
    gitlab: FakeGitLab, job: Job, command: str, path: str
) -> None:
    gitlab.meddle(Rule(rf"POST {path}", after(reply({}, 502)), times=1))
    job.run(*COMMANDS[command])
    assert len(gitlab.notes[1]) + len(gitlab.issues) == 1


@pytest.mark.parametrize("request_line", [rf"GET {NOTES}", rf"POST {NOTES}"])
def test_a_limit_is_waited_for(gitlab: FakeGitLab, job: Job, request_line: str) -> None:
    busy = reply({"message": "429 Too Many Requests"}, 429, Retry_After="30")
    gitlab.meddle(Rule(request_line, instead(busy), times=1))
    began = time.monotonic()
    job.comment()
    assert time.monotonic() - began >= 30 * HASTE
    assert len(gitlab.notes[1]) == 1


@pytest.mark.parametrize(
    ("path", "command"), [(".*/user", "comment"), (FILES, "take"), (ISSUES, "issue")]
)
@pytest.mark.parametrize("answer", [{}, [{}]])
def test_an_answer_without_what_is_asked_for_is_an_error(
    gitlab: FakeGitLab, job: Job, path: str, command: str, answer: Any
) -> None:
    gitlab.noted(1, MARK, BOT)
    gitlab.meddle(Rule(f"GET {path}", instead(reply(answer))))
    job.run(*COMMANDS[command], code=1, said="answer")


def test_a_merge_request_of_a_fork_is_in_another_project(gitlab: FakeGitLab, job: Job) -> None:
    job.run(*COMMANDS["comment"], CI_PROJECT_ID="9", CI_MERGE_REQUEST_PROJECT_ID="42")
    assert len(gitlab.notes[1]) == 1


@pytest.mark.parametrize("place", ["http://[", "/\xff\xfe"])
def test_a_redirect_to_no_address_is_one_too(gitlab: FakeGitLab, job: Job, place: str) -> None:
    gitlab.meddle(Rule(r"GET .*", instead(Reply(302, headers={"Location": place}))))
    job.run(*COMMANDS["comment"], code=1, said="redirects GET")


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_not_followed_and_is_no_success(
    gitlab: FakeGitLab, job: Job, method: str
) -> None:
    with FakeServer(lambda seen: reply([])) as elsewhere:
        moved = Reply(307, b"", {"Location": f"{elsewhere.url}/api/v4"})
        gitlab.meddle(Rule(rf"{method} .*", instead(moved)))
        change(job, lock(one=AUTUMN))
        job.run(*KEEP, code=1, said=f"redirects {method}", CI_COMMIT_SHA=gitlab.commit())
        assert elsewhere.seen == []


@pytest.mark.parametrize(
    "answer", [{"message": "?"}, [{"id": 1, "system": False}], [[]], [{"body": "x"}], "no"]
)
def test_an_answer_that_is_none_is_an_error(gitlab: FakeGitLab, job: Job, answer: Any) -> None:
    gitlab.meddle(Rule(rf"GET {NOTES}", instead(reply(answer))))
    job.run(*COMMANDS["comment"], code=1)
    assert json.dumps(gitlab.notes[1]) == "[]"
