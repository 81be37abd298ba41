"""`ci`: what a pipeline on GitHub or GitLab does beside the plan and the apply."""

from __future__ import annotations

from pathlib import Path

import click

from bmeconf.cli import telling
from bmeconf.cli.job import job
from bmeconf.cli.lock import lock
from bmeconf.cli.look import Left, drift, plan
from bmeconf.cli.options import ANY_PATH
from bmeconf.cli.pipeline import NAME, PLAN, step
from bmeconf.cli.reviewed import reviewed
from bmeconf.model.errors import InvalidInput

AUTHOR = click.option(
    "--author",
    default="",
    metavar="LOGIN",
    help="Whom the token writes as on GitHub; by default github-actions[bot].",
)
REPORT = click.option("--report", type=ANY_PATH, metavar="FILE", help="The report, as Markdown.")
CODE = click.option("--code", type=int, metavar="N", help="The exit code of the command.")
FROM = click.option(
    "--from",
    "source",
    type=ANY_PATH,
    metavar="DIR",
    help="What `ci plan` or `ci drift` left, in place of --report and --code.",
)


@click.group()
def ci() -> None:
    """What a pipeline does: comments, reviewed plans, the lock file.

    On GitHub the token is GITHUB_TOKEN, on GitLab GITLAB_TOKEN; all else comes from the variables
    that both set.
    """


for command in (plan, drift, reviewed, lock, job):
    ci.add_command(command)


@ci.command()
@NAME
@FROM
@REPORT
@CODE
@click.option(
    "--change", default="", metavar="N", help="The pull or merge request; by default this run's."
)
@AUTHOR
@step
def comment(
    name: str,
    source: Path | None,
    report: Path | None,
    code: int | None,
    change: str,
    author: str,
) -> None:
    """Keep one comment with the plan on a pull or merge request.

    Without steps to show (--code 0) a comment is only updated, and none is written.

    \b
    bmeconf ci comment --from planned
    bmeconf ci comment --report plan.md --code 2
    """
    telling.comment(name, *_left("plan", source, report, code), change, author)


@ci.command()
@NAME
@FROM
@REPORT
@CODE
@AUTHOR
@step
def issue(
    name: str, source: Path | None, report: Path | None, code: int | None, author: str
) -> None:
    """Keep one issue while there is drift; a clean run closes it.

    A run is clean that ended with 0.

    \b
    bmeconf ci issue --from drifted
    bmeconf ci issue --report drift.md --code 2
    """
    telling.issue(name, *_left("drift", source, report, code), author)


@ci.command()
@PLAN
@NAME
@step
def status(plan: Path, name: str) -> None:
    """Set a status of the commit: pending while manual steps are open.

    Open is each manual step of the plan that is not done.

    \b
    bmeconf ci status plan.json
    """
    telling.status(plan, name)


@ci.command()
@step
def matrix() -> None:
    """Set the output `accounts`: the declared ones, as a matrix.

    The matrix has a job for each account. Nothing is sent.

    \b
    bmeconf ci matrix
    """
    telling.accounts(Path("."))


def _left(
    command: str, source: Path | None, report: Path | None, code: int | None
) -> tuple[Path, int]:
    """The report of a command, and its exit code: those that were given, or left in a folder."""
    if source is None and report is not None and code is not None:
        return report, code
    if source is None or report is not None or code is not None:
        message = "either --from is needed, or both --report and --code"
        raise InvalidInput(message, "name what the command left")
    left = Left(source, command)
    return left.report, left.code
