"""`ci`: what a pipeline on GitHub or GitLab does beside the plan and the apply."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

import click

from bmeconf import forge
from bmeconf.cli import pipeline
from bmeconf.cli.lock import lock
from bmeconf.cli.options import ANY_PATH
from bmeconf.cli.pipeline import NAME, PLAN, outputs, step
from bmeconf.cli.reviewed import reviewed
from bmeconf.cli.show import load
from bmeconf.desired import manifest, project_at
from bmeconf.desired.manifest import PROJECT_FILE
from bmeconf.forge import texts
from bmeconf.model import counted, waiting
from bmeconf.model.errors import InvalidInput

TITLES = {
    2: "The account has drifted: {name}",
    9: "A manual step is overdue, undone or wrong: {name}",
}
"""The title of an issue, by the exit code of `drift`."""

AUTHOR = click.option(
    "--author",
    default="",
    metavar="LOGIN",
    help="Whom the token writes as on GitHub; by default github-actions[bot].",
)
REPORT = click.option(
    "--report", type=ANY_PATH, required=True, metavar="FILE", help="The report, as Markdown."
)
CODE = click.option(
    "--code", type=int, required=True, metavar="N", help="The exit code of the command."
)


@click.group()
def ci() -> None:
    """What a pipeline does: comments, reviewed plans, the lock file.

    On GitHub the token is GITHUB_TOKEN, on GitLab GITLAB_TOKEN; all else comes from the variables
    that both set.
    """


ci.add_command(reviewed)
ci.add_command(lock)


@ci.command()
@NAME
@REPORT
@CODE
@click.option(
    "--change", default="", metavar="N", help="The pull or merge request; by default this run's."
)
@AUTHOR
@step
def comment(name: str, report: Path, code: int, change: str, author: str) -> None:
    """Show a plan on its pull or merge request, in one comment that is kept up to date.

    Without steps to show (--code 0) a comment is only updated, and none is written.

    \b
    bmeconf ci comment --report plan.md --code 2
    """
    mark, lines = texts.marker(texts.PLAN, name), _report(report)
    otherwise = f"**No plan**: `bmeconf plan` ended with exit code {code}; the run says why."
    number, host = change or _change(os.environ), forge.forge_of(os.environ, author)
    body = texts.body(mark, lines, otherwise, _origin(), host.largest)
    done = host.again(lambda: texts.keep_comment(host, number, mark, body, is_news=code != 0))
    pipeline.tell(f"The comment on {number} was {done}.")


@ci.command()
@NAME
@REPORT
@CODE
@AUTHOR
@step
def issue(name: str, report: Path, code: int, author: str) -> None:
    """Keep one issue while there is drift; a clean run (--code 0) closes it.

    \b
    bmeconf ci issue --report drift.md --code 2
    """
    if code and code not in TITLES:
        raise InvalidInput(f"--code {code}: drift tells of 0, 2 and 9", "let the job fail")
    mark, host = texts.marker(texts.DRIFT, name), forge.forge_of(os.environ, author)
    otherwise = f"`bmeconf drift` ended with exit code {code}."
    body = texts.body(mark, _report(report), otherwise, _origin(), host.largest)
    title = TITLES[code].format(name=name) if code else ""
    number, word = host.again(lambda: texts.keep_issue(host, mark, title, body))
    outputs(issue=number)
    pipeline.tell(f"The issue {number} was {word}." if number else "No issue is needed.")


@ci.command()
@PLAN
@NAME
@step
def status(plan: Path, name: str) -> None:
    """Set the status of the commit: pending while the plan has manual steps that are not done.

    \b
    bmeconf ci status plan.json
    """
    left = waiting(load(plan)[0].manual)
    words = f"{counted(left, 'manual step')} to do" if left else "no manual steps to do"
    host = forge.forge_of(os.environ)
    commit, context = forge.Run.of(os.environ).commit, f"bmeconf/{name}: manual steps"
    host.again(lambda: host.set_status(commit, context, bool(left), words))
    pipeline.tell(f"{context}: {words}.")


@ci.command()
@step
def matrix() -> None:
    """Set the output `accounts`: the declared accounts, as a matrix of jobs; nothing is sent.

    \b
    bmeconf ci matrix
    """
    project = project_at(manifest.find_root(Path(".")))
    rows = [
        {"name": each.name, "api_key_env": each.api_key_env} for each in project.accounts.values()
    ]
    if not rows:
        message = f"{PROJECT_FILE} declares no account"
        raise InvalidInput(message, "declare them, or use the recipe for one account")
    outputs(accounts=json.dumps(rows))
    pipeline.tell(json.dumps(rows))


def _report(path: Path) -> str:
    """A report, empty where the command did not get so far."""
    return pipeline.text(path) if path.is_file() else ""


def _change(environ: Mapping[str, str]) -> str:
    """The number of the pull or merge request that this run is of."""
    number = environ.get("CI_MERGE_REQUEST_IID", "")
    reference = environ.get("GITHUB_REF", "").split("/")
    if not number and reference[:2] == ["refs", "pull"]:
        number = reference[2]
    if not number:
        raise InvalidInput("this run is of no pull or merge request", "name it with --change")
    return number


def _origin() -> str:
    """The commit and the run of a report, as Markdown."""
    run = forge.Run.of(os.environ)
    return f"Commit {run.commit[:12]}, [run {run.number}]({run.url})"
