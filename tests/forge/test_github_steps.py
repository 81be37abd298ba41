"""The commands of `bmeconf ci` on GitHub, against the fake GitHub."""

from __future__ import annotations

import copy
import json
import os
import shlex
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from string import Template
from typing import Any

import pytest

from bmeconf.forge import review
from bmeconf.model.errors import Guarded
from tests.support.ci_project import merged_pull
from tests.support.driver import Account, Project
from tests.support.fake_github import BOT, REPOSITORY, FakeGitHub, Token
from tests.support.fake_server import RESET, Reply, Rule, after, instead, reply

FIND = 'reviewed find --name "$NAME" --workflow "$PLAN_WORKFLOW" --to "$REVIEWED"'
RECORD_IT = 'reviewed record "$PLAN" --to "$RECORD"'
COMPARE = (
    'reviewed compare "$PLAN" --record "$REVIEWED" --missing "$MISSING" --expect "$EXPECT"'
    ' --allow-delete "$ALLOW_DELETE" --deletes "$DELETES"'
)
COMMENT = (
    'comment --name "$NAME" --report "$REPORT" --code "$CODE" --change "$PULL_REQUEST"'
    ' --author "$AUTHOR"'
)
ISSUE = 'issue --name "$NAME" --report "$REPORT" --code "$CODE" --author "$AUTHOR"'
STATUS = 'status "$PLAN" --name "$NAME"'
TAKE = 'lock take --path "$PROJECT"'
KEEP = 'lock keep --artifact "$ARTIFACT" --path "$PROJECT"'
COMMIT, HEAD = "c" * 40, "d" * 40
RECORD = {
    "format": "bmeconf.review/1",
    "account": "sha256:one",
    "fingerprint": "1f" * 16,
    "created_at": "2026-11-22T10:00:00Z",
    "steps": {"lists/Autumn": "a" * 64},
}
NAME = "bmeconf-plan-default-1"
EVERYTHING = dict.fromkeys(("contents", "actions", "issues", "pull-requests", "statuses"), "write")


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    with FakeGitHub(tmp_path / "origin") as github:
        github.tokens["t0k3n"] = Token("t0k3n", EVERYTHING)
        yield github


class Script:
    """Runs commands with the environment of a runner, and with words as a shell reads them."""

    def __init__(self, github: FakeGitHub, folder: Path) -> None:
        self.folder = folder
        self.output = folder / "output"
        self.env = {
            "PATH": os.environ["PATH"],
            "GITHUB_ACTIONS": "true",
            "GITHUB_API_URL": github.url,
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_TOKEN": "t0k3n",
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_SHA": COMMIT,
            "GITHUB_REF_NAME": "main",
            "GITHUB_RUN_ID": "7",
            "GITHUB_WORKFLOW_REF": f"{REPOSITORY}/.github/workflows/bmeconf.yml@refs/heads/main",
            "NAME": "default",
            "AUTHOR": BOT,
            "PLAN": str(folder / "plan.json"),
            "RECORD": str(folder / "review.json"),
            "REVIEWED": str(folder / "review.json"),
            "DELETES": str(folder / "deletes"),
            "REPORT": str(folder / "report.md"),
        }

    def run(self, command: str, code: int = 0, said: str = "", **env: str) -> str:
        """What a command of `ci` printed, which must end with `code` and say something."""
        self.output.write_text("", encoding="utf-8")
        env = {**self.env, **env}
        values = defaultdict(str, env)
        words = [Template(word).substitute(values) for word in shlex.split(command)]
        ran = Project(self.folder, env, is_alone=True).run("ci", *words)
        assert "t0k3n" not in ran.out + ran.err
        assert ran.code == code, ran.out + ran.err
        assert said in ran.out
        return ran.out

    def outputs(self) -> dict[str, str]:
        """The outputs of the last one."""
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def script(github: FakeGitHub, tmp_path: Path) -> Script:
    return Script(github, tmp_path)


# --- what was reviewed


@pytest.fixture
def merged(github: FakeGitHub) -> FakeGitHub:
    """A GitHub where #1 was planned, and merged."""
    leave(github, RECORD)
    github.merged[COMMIT] = [merged_pull(1, COMMIT, HEAD)]
    return github


def leave(github: FakeGitHub, record: Any) -> None:
    """A run that planned #1, and left this record."""
    run = github.begin(".github/workflows/bmeconf.yml", "pull_request", HEAD)
    github.keep(run, NAME, {"review.json": json.dumps(record).encode()})
    github.end(run, "success")


def test_the_record_is_found_by_the_commit(merged: FakeGitHub, script: Script) -> None:
    script.run(FIND)
    assert script.outputs() == {}
    assert json.loads((script.folder / "review.json").read_text()) == RECORD


def test_the_newest_run_and_the_newest_record_count(merged: FakeGitHub, script: Script) -> None:
    newer = {**RECORD, "fingerprint": "00" * 16}
    leave(merged, newer)
    script.run(FIND)
    assert json.loads((script.folder / "review.json").read_text()) == newer


def other_run(**changes: object) -> Callable[[FakeGitHub], None]:
    """GitHub answers with another run; it is asked for no other, and that is not relied on."""

    def meddle(github: FakeGitHub) -> None:
        found = {"workflow_runs": [{**github.runs[0], **changes}]}
        github.meddle(Rule(r"GET .*/runs", instead(reply(found))))

    return meddle


def other_merge(**changes: object) -> Callable[[FakeGitHub], None]:
    """The commit is another merge, or none."""
    other = {**merged_pull(1, COMMIT, HEAD), **changes}
    return lambda github: github.merged.update({COMMIT: [other]})


NO_RUN = "no run of .github/workflows/bmeconf.yml on #1 succeeded at dddddddddddd"
NO_MERGE = "is not the merge of one pull request into main"
FORK = {"full_name": "mallory/mail"}
MISSING: dict[str, tuple[Callable[[FakeGitHub], None], str]] = {
    "the run failed": (other_run(conclusion="failure"), NO_RUN),
    "another event": (other_run(event="push"), NO_RUN),
    "another workflow": (other_run(path=".github/workflows/evil/bmeconf.yml"), NO_RUN),
    "another head": (other_run(head_sha="0" * 40), NO_RUN),
    "a run of a fork": (other_run(head_repository=FORK), NO_RUN),
    "a run of a fork that is gone": (other_run(head_repository=None), NO_RUN),
    "not merged": (other_merge(merged_at=None), NO_MERGE),
    "merged as another commit": (other_merge(merge_commit_sha="0" * 40), NO_MERGE),
    "merged elsewhere": (
        other_merge(base={"ref": "other", "repo": {"full_name": REPOSITORY}}),
        NO_MERGE,
    ),
    "merged into a fork": (other_merge(base={"ref": "main", "repo": FORK}), NO_MERGE),
    "from a fork": (other_merge(head={"sha": HEAD, "repo": FORK}), "#1 came from a fork"),
    "from a fork that is gone": (
        other_merge(head={"sha": HEAD, "repo": None}),
        "#1 came from a fork",
    ),
    # The same head can be offered to two branches.
    "another pull request": (
        lambda github: github.artifacts[0].update(name="bmeconf-plan-default-2"),
        "no run on #1 left a plan for dddddddddddd",
    ),
    "expired": (
        lambda github: github.artifacts[0].update(expired=True),
        "the record of the plan of #1 has expired",
    ),
}


@pytest.mark.parametrize("what", MISSING)
def test_a_plan_that_was_not_reviewed_is_missing_and_fails_nothing(
    merged: FakeGitHub, script: Script, what: str
) -> None:
    change, said = MISSING[what]
    change(merged)
    # What somebody committed is no record.
    (script.folder / "review.json").write_text(json.dumps(RECORD), encoding="utf-8")
    script.run(FIND)
    assert said in script.outputs()["missing"]
    assert not (script.folder / "review.json").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"no JSON",
        b"[]",
        b"{}",
        json.dumps({**RECORD, "format": "bmeconf.plan/1"}).encode(),
        json.dumps({**RECORD, "steps": {"lists/Autumn": 1}}).encode(),
        json.dumps({**RECORD, "steps": []}).encode(),
        json.dumps({**RECORD, "more": ""}).encode(),
        b"\xff\xfe",
    ],
)
def test_a_record_that_is_none_stops_the_apply(
    merged: FakeGitHub, script: Script, data: bytes
) -> None:
    merged.keep(merged.runs[0]["id"], NAME, {"review.json": data})
    script.run(FIND, code=6, said="have the plan reviewed again")
    assert not (script.folder / "review.json").exists()


@pytest.mark.parametrize("archive", [b"no archive", None])
def test_an_archive_without_a_record_stops_the_apply(
    merged: FakeGitHub, script: Script, archive: bytes | None
) -> None:
    artifact = merged.keep(merged.runs[0]["id"], NAME, {"other.json": b"{}"})
    if archive:
        merged.archives[artifact["id"]] = archive
    script.run(FIND, code=6, said="holds no record")


@pytest.mark.parametrize("place", ["", "file:///etc/passwd", "http://["])
def test_an_archive_that_is_nowhere_is_an_error(
    merged: FakeGitHub, script: Script, place: str
) -> None:
    merged.meddle(Rule(r"GET .*/zip", instead(Reply(302, headers={"Location": place}))))
    script.run(FIND, code=1, said="::error title=bmeconf::")


def test_a_token_that_may_not_look_is_told_what_it_needs(
    merged: FakeGitHub, script: Script
) -> None:
    merged.tokens["t0k3n"] = Token("t0k3n", {"contents": "read"})
    said = script.run(FIND, code=1, said="permissions")
    assert said.startswith("::error title=bmeconf::GitHub answered 403 to GET ")


# --- the same plan, or another


def planned(project: Project) -> Any:
    """A saved plan of some manifests, as plan.json in the folder."""
    project.declare(
        lists=[{"name": "Product news", "renamed_from": ["Product updates"]}, {"name": "Autumn"}],
        campaigns=[{"name": "Welcome", "subject": "Changed", "lists": ["Customers"]}],
    )
    project.run("plan", "--out", "plan.json").ok()
    return json.loads((project.folder / "plan.json").read_text(encoding="utf-8"))


@pytest.fixture
def recorded(project: Project, script: Script) -> Any:
    """A plan, with its record beside it."""
    plan = planned(project)
    script.run(RECORD_IT)
    assert script.outputs() == {"fingerprint": plan["fingerprint"], "changes": "true"}
    return plan


def test_the_same_plan_made_again_agrees(project: Project, script: Script, recorded: Any) -> None:
    assert planned(project)["created_at"] >= recorded["created_at"]
    script.run(COMPARE)
    assert script.outputs() == {"apply": "true"}


def test_the_record_has_no_values(script: Script, recorded: Any) -> None:
    text = (script.folder / "review.json").read_text(encoding="utf-8")
    assert "Changed" not in text
    assert "Customers" not in text
    assert "lists/Autumn" in text


def test_neither_record_nor_log_names_a_person(project: Project, script: Script) -> None:
    project.declare(contacts=[{"email": "a.person@acme.example"}])
    project.run("plan", "--out", "plan.json").ok()
    script.run(RECORD_IT)
    assert "person" not in (script.folder / "review.json").read_text(encoding="utf-8")
    project.declare(contacts=[{"email": "a.person@acme.example", "tags": ["VIP"]}])
    project.run("plan", "--out", "plan.json").ok()
    said = script.run(COMPARE, code=6)
    assert "a contact: the object or its planned values changed" in said
    assert "person" not in said


def step(plan: Any, start: str) -> Any:
    return next(step for step in plan["steps"] if step["address"].startswith(start))


EDITS: dict[str, Callable[[Any], object]] = {
    "a version": lambda plan: step(plan, "lists/Product")["pin"].update(version=99),
    "a digest": lambda plan: step(plan, "lists/Product")["pin"].update(digest="sha256:0"),
    "an id": lambda plan: step(plan, "campaigns/")["pin"].update(id="0" * 24),
    "a value": lambda plan: step(plan, "campaigns/")["changes"][0].update(after="No"),
    "a value before": lambda plan: step(plan, "campaigns/")["changes"][0].update(before="No"),
    "an action": lambda plan: step(plan, "lists/Product").update(action="delete"),
    "what is referred to": lambda plan: (
        plan["grounds"]["references"].get("lists/Customers").update(id="0" * 24)
    ),
    "one step more": lambda plan: plan["steps"].append(
        {**step(plan, "lists/Autumn"), "address": "lists/Winter"}
    ),
    "one step less": lambda plan: plan["steps"].remove(step(plan, "lists/Autumn")),
}


@pytest.mark.parametrize("is_rerun", [False, True])
@pytest.mark.parametrize("what", EDITS)
def test_no_other_plan_agrees_but_one_with_less_to_do_in_a_run_started_again(
    recorded: Any, what: str, is_rerun: bool
) -> None:
    other = copy.deepcopy(recorded)
    EDITS[what](other)
    moved = review.differences(review.of(recorded), review.of(other), is_rerun=is_rerun)
    assert bool(moved) != ((what, is_rerun) == ("one step less", True))


def test_a_run_that_was_started_again_may_have_less_to_do(
    project: Project, script: Script, recorded: Any
) -> None:
    project.declare(lists=[{"name": "Autumn"}])
    project.run("plan", "--out", "plan.json").ok()
    assert "nothing was written" in script.run(COMPARE, code=6)
    assert script.outputs() == {}
    script.run(COMPARE, GITHUB_RUN_ATTEMPT="2")
    assert script.outputs() == {"apply": "true"}


def test_a_step_that_was_not_reviewed_stops_the_apply(
    project: Project, script: Script, recorded: Any
) -> None:
    project.declare(lists=[{"name": "Autumn"}, {"name": "Spring"}])
    project.run("plan", "--out", "plan.json").ok()
    said = script.run(COMPARE, code=6, said="nothing was written")
    assert "lists/Spring: was not in the reviewed plan" in said


def test_another_account_is_refused(script: Script, recorded: Any) -> None:
    record = json.loads((script.folder / "review.json").read_text(encoding="utf-8"))
    record["account"] = "sha256:0"
    (script.folder / "review.json").write_text(json.dumps(record), encoding="utf-8")
    script.run(COMPARE, code=Guarded.exit_code, said="another account")


def test_a_plan_that_was_edited_is_none(script: Script, recorded: Any) -> None:
    recorded["steps"].pop()
    (script.folder / "plan.json").write_text(json.dumps(recorded), encoding="utf-8")
    script.run(COMPARE, code=3, said="was changed after it was made")


@pytest.mark.parametrize(("digits", "code"), [(8, 3), (31, 3), (32, 0)])
def test_a_short_fingerprint_is_none(script: Script, recorded: Any, digits: int, code: int) -> None:
    said = script.run(COMPARE, code=code, EXPECT=recorded["fingerprint"][:digits])
    assert ("which has 32 characters" in said) == (code == 3)


def test_without_a_record_nothing_agrees(script: Script, recorded: Any) -> None:
    (script.folder / "review.json").unlink()
    script.run(COMPARE, code=6, said="it has expired", MISSING="it has expired")


@pytest.mark.parametrize(
    ("globs", "kept"),
    [
        ("", ""),
        ("lists/Other*\n", ""),
        ("lists/Other*\n\n  lists/Prod*  \n", "lists/Prod*\n"),
        ("lists/Product news", "lists/Product news\n"),
        # As in `apply`, a kind is spelled out: what nobody spelled out is not deleted.
        ("*", ""),
        ("lists/*", "lists/*\n"),
    ],
)
def test_only_deletes_that_are_planned_are_allowed(
    project: Project, script: Script, account: Account, globs: str, kept: str
) -> None:
    project.deploy(lists=[{"name": "Product news"}])
    project.declare(lists=[{"name": "Product news", "state": "absent"}])
    project.run("plan", "--out", "plan.json").ok()
    plan = json.loads((project.folder / "plan.json").read_text(encoding="utf-8"))
    script.run(COMPARE, EXPECT=plan["fingerprint"], ALLOW_DELETE=globs)
    assert (script.folder / "deletes").read_text(encoding="utf-8") == kept


# --- comments and issues


RUN = {"CODE": "2", "PULL_REQUEST": "1"}


def commented(github: FakeGitHub, script: Script, report: str) -> str:
    """The comment that a report becomes."""
    (script.folder / "report.md").write_text(report, encoding="utf-8")
    script.run(COMMENT, **RUN)
    (comment,) = github.comments[1]
    return str(comment["body"])


@pytest.mark.parametrize("size", [100, 65_000, 65_400, 65_536, 70_000])
def test_a_report_of_any_size_becomes_a_comment(
    github: FakeGitHub, script: Script, size: int
) -> None:
    report = "é" * (size // 2)
    comment = commented(github, script, report)
    assert (report in comment) == (size < 65_536) == ("too long" not in comment)


def test_a_report_loses_its_marker_and_its_command(github: FakeGitHub, script: Script) -> None:
    text = "<!-- bmeconf:plan account=x -->\n## Plan\n\nNext:\n\n```sh\nbmeconf apply /tmp/x\n```\n"
    comment = commented(github, script, text)
    assert comment.startswith("<!-- bmeconf:plan account=default -->\n\n## Plan\n")
    assert comment.count("<!--") == 1
    assert "Next:" not in comment
    assert f"Commit {COMMIT[:12]}, [run 7](" in comment


def test_an_issue_of_somebody_else_is_left_alone(github: FakeGitHub, script: Script) -> None:
    mark = "<!-- bmeconf:drift account=default -->"
    other = {"number": 1, "user": {"login": "mallory"}, "state": "open", "body": mark}
    pull = {"number": 2, "user": {"login": BOT}, "state": "open", "body": mark, "pull_request": {}}
    github.issues += [other, pull]
    before = [dict(other), dict(pull)]
    script.run(ISSUE, CODE="0")
    assert github.issues == before
    script.run(ISSUE, CODE="9")
    assert github.issues[:2] == before
    assert github.issues[2]["title"].startswith("A manual step")
    script.run(ISSUE, CODE="2")
    assert len(github.issues) == 3
    assert github.issues[2]["title"].startswith("The account has drifted")
    script.run(ISSUE, CODE="0")
    script.run(ISSUE, CODE="2")
    assert [issue["state"] for issue in github.issues[2:]] == ["closed", "open"]


def test_a_github_that_fails_for_a_while_is_asked_again(merged: FakeGitHub, script: Script) -> None:
    failing = (
        Rule(r"GET .*/comments", instead(reply({}, 502)), times=2),
        Rule(r"POST .*/comments", after(reply({}, 502)), times=1),
        Rule(r"GET .*/pulls", instead(reply({}, 503)), times=1),
        Rule(r"GET .*/runs", instead(RESET), times=1),
        Rule(r"GET .*/zip", instead(reply({}, 500)), times=1),
    )
    merged.meddle(*failing)
    script.run(FIND)
    assert json.loads((script.folder / "review.json").read_text()) == RECORD
    script.run(COMMENT, **RUN)
    assert len(merged.comments[1]) == 1
    assert [rule.hits >= rule.times for rule in failing] == [True] * 5
    merged.meddle(Rule(r"GET .*", instead(reply({"message": "Down"}, 503))))
    for command in (FIND, COMMENT):
        said = script.run(command, code=1, said="::error title=bmeconf::GitHub answered 503", **RUN)
        assert said.count("::error") == 1


@pytest.mark.parametrize("name", [COMMENT, ISSUE])
def test_a_token_of_another_author_is_told_of(
    github: FakeGitHub, script: Script, name: str
) -> None:
    # What it wrote would not be found again: every run would write one more, and be green.
    github.tokens["t0k3n"] = Token("t0k3n", EVERYTHING, "acme-mail[bot]")
    script.run(name, code=3, said="set author: acme-mail[bot]", **RUN)
    for _ in range(2):
        script.run(name, **RUN, AUTHOR="acme-mail[bot]")
    assert len(github.issues) + len(github.comments.get(1, [])) == 1


def test_a_commit_is_pending_while_manual_steps_are_open(
    project: Project, account: Account, github: FakeGitHub, script: Script
) -> None:
    draft = {"name": "News", "schedule": {"at": "2030-12-02T08:00:00Z"}}
    for entry, state in ((draft, "pending"), ({"name": "News"}, "success")):
        project.declare(campaigns=[entry])
        project.run("plan", "--save-plan", "plan.json").ok()
        script.run(STATUS, HEAD_SHA=HEAD)
        assert github.statuses[HEAD]["state"] == state
        assert github.statuses[HEAD]["context"] == "bmeconf/default: manual steps"


def test_a_project_without_accounts_has_none_to_run_jobs_for(script: Script) -> None:
    (script.folder / "bmeconf.yaml").write_text("version: 1\n", encoding="utf-8")
    script.run("matrix", code=3, said="declares no account")


# --- the lock file


def lock(script: Script, what: str, project: str = ".") -> None:
    """Take the lock file, or keep what an apply left."""
    script.run(what, PROJECT=project, ARTIFACT="bmeconf-apply-default")


@pytest.mark.parametrize("project", [".", "mail/eu west"])
def test_the_lock_file_goes_to_its_project(
    github: FakeGitHub, script: Script, project: str
) -> None:
    for root in (github.origin, script.folder):
        (root / project).mkdir(parents=True, exist_ok=True)
    (github.origin / project / "a.yaml").write_text("version: 1\n", encoding="utf-8")
    github.commit("Begin")
    kept = script.folder / project / "bmeconf.lock.json"
    lock(script, TAKE, project)
    assert not kept.exists()

    for text in ('{"a": 1}\n', '{"a": 2}\n', '{"a": 2}\n'):
        github.keep(7, "bmeconf-apply-default", {"bmeconf.lock.json": text.encode()})
        lock(script, KEEP, project)
        lock(script, TAKE, project)
        assert kept.read_text(encoding="utf-8") == text
    assert github.git("rev-list", "--count", "HEAD") == "3"


def test_a_lock_file_that_landed_unheard_is_not_committed_twice(
    github: FakeGitHub, script: Script
) -> None:
    github.commit("Begin")
    github.keep(7, "bmeconf-apply-default", {"bmeconf.lock.json": b"{}\n"})
    github.meddle(Rule(r"PUT .*", after(reply({}, 502)), times=1))
    lock(script, KEEP)
    assert github.git("rev-list", "--count", "HEAD") == "2"
