"""`bmeconf ci job`: which inputs and events are refused, who may use the account, how jobs end."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from bmeconf.forge import job as jobs
from bmeconf.forge.job import Event, Inputs
from tests.support import shell
from tests.support.driver import Account, Project, Ran
from tests.support.fake_server import Cut
from tests.support.forks import Forks
from tests.support.git import git
from tests.support.terminal import interrupted

ACTION = Path(__file__).parents[2] / ".github" / "actions" / "bmeconf" / "action.yml"
SECRETS = {"api-key", "redact-key", "github-token"}
GIVEN: Mapping[str, str] = {
    "INPUT_MODE": "plan",
    "INPUT_PATH": ".",
    "INPUT_API_KEY_VARIABLE": "BMECONF_API_KEY",
    "HAS_KEY": "true",
    "FORK": "false",
    "GITHUB_EVENT_NAME": "pull_request",
    "PULL_REQUEST": "1",
    "GITHUB_ACTIONS": "true",
}


class Beginning:
    """Begins jobs with the environment of the first step."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.output = folder, folder / "output"
        self.env = {
            "PATH": os.environ["PATH"],
            "GITHUB_OUTPUT": str(self.output),
            "RUNNER_TEMP": str(folder / "temp"),
            **GIVEN,
        }

    def run(self, **env: str) -> Ran:
        self.output.write_text("", encoding="utf-8")
        return Project(self.folder, {**self.env, **env}, is_alone=True).run("ci", "job", "begin")

    def outputs(self, **env: str) -> dict[str, str]:
        """The outputs of a job that begins."""
        self.run(**env).ok()
        return dict(line.split("=", 1) for line in self.output.read_text().splitlines())


@pytest.fixture
def beginning(tmp_path: Path) -> Beginning:
    (tmp_path / "checkout").mkdir()
    return Beginning(tmp_path / "checkout")


@pytest.mark.parametrize(
    ("env", "said"),
    [
        ({"INPUT_MODE": "destroy"}, "mode must be one of"),
        ({"GITHUB_EVENT_NAME": "pull_request_target"}, "pull_request_target gives secrets"),
        ({"INPUT_MODE": "apply"}, "never on a pull request"),
        ({"INPUT_MODE": "apply", "GITHUB_EVENT_NAME": "issue_comment"}, "never on a pull request"),
        ({"INPUT_NAME": "a b"}, "name may hold"),
        ({"INPUT_NAME": "x -->"}, "name may hold"),
        ({"INPUT_NAME": "../x"}, "name may hold"),
        ({"INPUT_API_KEY_VARIABLE": "a=b"}, "the name of an environment variable"),
        ({"INPUT_API_KEY_VARIABLE": "PATH"}, "PATH is set already"),
        ({"INPUT_PATH": "nowhere"}, "the folder of the project"),
        (
            {"INPUT_MODE": "drift", "HAS_KEY": "false", "GITHUB_EVENT_NAME": "schedule"},
            "there is no api-key",
        ),
        ({"HAS_KEY": "false", "GITHUB_EVENT_NAME": "push"}, "there is no api-key"),
        ({"INPUT_MODE": "drift", "FORK": "true"}, "a fork cannot run drift"),
    ],
)
def test_inputs_that_cannot_be_are_refused(
    beginning: Beginning, env: dict[str, str], said: str
) -> None:
    ran = beginning.run(**env)
    assert ran.code == 3
    assert ran.out.startswith("::error title=bmeconf::")
    assert said in ran.out
    assert beginning.output.read_text() == ""


@pytest.mark.parametrize(
    ("env", "does", "account"),
    [
        ({}, "plan", "true"),
        ({"INPUT_MODE": "validate"}, "validate", "false"),
        ({"INPUT_MODE": "accounts"}, "accounts", "false"),
        ({"FORK": "true"}, "validate", "false"),
        ({"HAS_KEY": "false"}, "validate", "false"),
        ({"INPUT_MODE": "drift", "GITHUB_EVENT_NAME": "schedule"}, "drift", "true"),
        ({"INPUT_MODE": "apply", "GITHUB_EVENT_NAME": "push"}, "apply", "true"),
    ],
)
def test_who_uses_the_account(
    beginning: Beginning, env: dict[str, str], does: str, account: str
) -> None:
    told = beginning.outputs(**env)
    assert (told["does"], told["account"]) == (does, account)


@pytest.mark.parametrize(
    ("env", "name"),
    [
        ({}, "default"),
        ({"INPUT_PATH": "./"}, "default"),
        ({"INPUT_PATH": "mail/eu west"}, "mail-eu-west"),
        ({"INPUT_PATH": "mail/é"}, "mail---"),
        ({"INPUT_PATH": "mail/eu west", "INPUT_ACCOUNT": "eu"}, "eu"),
        ({"INPUT_ACCOUNT": "eu", "INPUT_NAME": "x"}, "x"),
    ],
)
def test_how_projects_are_told_apart(beginning: Beginning, env: dict[str, str], name: str) -> None:
    (beginning.folder / env.get("INPUT_PATH", ".")).mkdir(parents=True, exist_ok=True)
    assert beginning.outputs(**env)["name"] == name


@pytest.mark.parametrize(
    ("files", "path", "fits"),
    [
        (["bmeconf.yaml", "manifests/a.yaml"], "manifests", False),
        (["bmeconf.yaml", "manifests/a.yaml"], "./manifests/", False),
        (["bmeconf.yaml", "mail/eu/a.yaml"], "mail/eu", False),
        (["mail/bmeconf.yaml", "mail/eu/a.yaml"], "mail/eu", False),
        (["bmeconf.yaml", "mail/eu/bmeconf.yaml"], "mail/eu", True),
        (["bmeconf.yaml"], ".", True),
        (["a.yaml"], ".", True),
        # Without a mark of its own it is a part of the repository.
        (["mail/a.yaml"], "mail", False),
        (["mail/a.yaml", "bmeconf.lock.json"], "mail", False),
        (["mail/a.yaml", "mail/bmeconf.lock.json"], "mail", True),
        (["mail/a.yaml", "news/bmeconf.yaml"], "mail", False),
        # bmeconf would use it, wherever it is.
        (["mail/a.yaml", "../bmeconf.yaml"], "mail", False),
    ],
)
def test_the_path_is_that_of_the_project_file(
    beginning: Beginning, files: list[str], path: str, fits: bool
) -> None:
    # Below it everything would work but the lock file, which belongs beside it.
    git(beginning.folder, "init", "--quiet")
    for file in files:
        (beginning.folder / file).parent.mkdir(parents=True, exist_ok=True)
        (beginning.folder / file).write_text("version: 1\n", encoding="utf-8")
    ran = beginning.run(INPUT_PATH=path)
    assert (ran.code == 0) == fits, ran.out
    assert fits or "path must be the folder with bmeconf.yaml" in ran.out


def test_a_job_is_for_its_owner_and_begins_anew(beginning: Beginning) -> None:
    folder = Path(beginning.outputs()["job"])
    assert folder.stat().st_mode & 0o077 == 0
    (folder / "kept" / "left.json").touch()
    assert Path(beginning.outputs()["job"]) == folder
    assert [path.name for path in (folder / "kept").iterdir()] == []


def test_a_job_holds_every_input_but_secrets() -> None:
    action = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    # How long files are kept is for the step that keeps them.
    inputs = action["inputs"].keys() - SECRETS - {"retention-days"}
    begin = next(step for step in action["runs"]["steps"] if step.get("id") == "begin")
    passed = {k: v for k, v in begin["env"].items() if k.startswith(jobs.INPUT)}
    named = {f"{jobs.INPUT}{name.upper().replace('-', '_')}": name for name in inputs}
    assert passed == {name: f"${{{{ inputs.{named[name]} }}}}" for name in named}
    assert {*Inputs.of({})._fields} == {name.removeprefix(jobs.INPUT).lower() for name in named}


SOUND = Inputs.of({**GIVEN, "INPUT_ALLOW_DELETE": "lists/A\nlists/é"})
PULL_REQUEST = Event("pull_request", "7", is_fork=False, has_key=True)


def test_a_job_is_read_as_it_was_written() -> None:
    begun = jobs.begun(SOUND, PULL_REQUEST, ())
    assert jobs.read(begun.text()) == begun
    assert begun.change == "7"


@pytest.mark.parametrize("text", ["", "[]", "{}", json.dumps({"inputs": {"mode": "plan"}})])
def test_a_job_that_is_none_is_not_read(text: str) -> None:
    with pytest.raises(jobs.InvalidInput, match="the job cannot be read"):
        jobs.read(text)


@pytest.mark.parametrize(("mode", "event"), [("drift", "pull_request"), ("plan", "push")])
def test_only_a_plan_of_a_pull_request_is_shown_on_it(mode: str, event: str) -> None:
    inputs = SOUND._replace(mode=mode)
    assert jobs.begun(inputs, PULL_REQUEST._replace(name=event), ()).change == ""


@pytest.mark.parametrize(
    ("mode", "code", "fail", "ends"),
    [
        ("plan", 0, "true", 0),
        ("plan", 2, "true", 0),
        ("plan", 7, "true", 7),
        ("apply", 2, "true", 2),
        ("apply", 8, "true", 8),
        ("drift", 2, "false", 0),
        ("drift", 9, "false", 0),
        ("drift", 2, "true", 2),
        ("drift", 9, "true", 9),
        ("drift", 4, "false", 4),
    ],
)
def test_a_job_ends_as_its_command_did(mode: str, code: int, fail: str, ends: int) -> None:
    inputs = SOUND._replace(mode=mode, fail=fail)
    job = jobs.begun(inputs, PULL_REQUEST._replace(name="push"), ())
    assert jobs.verdict(job, code) == ends


def test_no_setting_reaches_a_later_step_of_the_callers_job() -> None:
    text = ACTION.read_text(encoding="utf-8") + (ACTION.parent / "install.sh").read_text()
    assert "GITHUB_ENV" not in text
    sources = (ACTION.parents[3] / "bmeconf").rglob("*.py")
    assert not [path for path in sources if "GITHUB_ENV" in path.read_text(encoding="utf-8")]


def test_a_cancelled_apply_leaves_what_finishes_it(
    project: Project, account: Account, cut: Cut, forks: Forks
) -> None:
    """A runner interrupts the shell of the step alone."""
    project.declare(lists=[{"name": "Autumn"}, {"name": "Winter"}])
    job, output = project.folder / "job", project.folder / "output"
    (job / "kept").mkdir(parents=True)
    inputs = SOUND._replace(mode="apply", name="mail", path=str(project.folder))
    begun = jobs.begun(inputs, PULL_REQUEST._replace(name="push"), ())
    (job / "job.json").write_text(begun.text(), encoding="utf-8")
    steps = yaml.safe_load(ACTION.read_text(encoding="utf-8"))["runs"]["steps"]
    lines = (
        f"export PATH={forks.path} JOB={job} KEY={account.env['BMECONF_API_KEY']}",
        "bmeconf plan --out plan.json",
        'bmeconf ci reviewed record plan.json --to "$JOB/review.json"',
        f"export GITHUB_OUTPUT={output}",
        next(step["run"] for step in steps if step.get("id") == "run"),
    )
    script = project.write("step.sh", "\n".join(lines))
    project.program = (*shell.BASH[:-1], str(script))
    ran = interrupted(project, cut, "POST .*/lists")
    assert ran.code == 130, ran.err
    told = dict(line.split("=", 1) for line in output.read_text().splitlines())
    assert told["artifact"] == "bmeconf-apply-mail"
    assert (told["exit-code"], told["locked"]) == ("130", "true")
    kept = {path.name for path in (job / "kept").iterdir()}
    assert kept == {"bmeconf.lock.json", "journals"}
