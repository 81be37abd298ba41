"""The stages that several commands share, with the console at hand."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from bmeconf.baseline import commit
from bmeconf.baseline.commit import CommitManifests
from bmeconf.cli.console import Console
from bmeconf.cli.options import Options
from bmeconf.cli.session import Session
from bmeconf.model.errors import Guarded, counted
from bmeconf.plan import guard, pipeline
from bmeconf.plan.model import Plan
from bmeconf.plan.pipeline import Planned, Prepared
from bmeconf.project import lock_file

PATHS = click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[PATH...]"
)
HERE = (Path("."),)
MOST_PROBLEMS = 10
"""So many problems are named of manifests that are history anyway."""
SINCE = click.option(
    "--since",
    metavar="REV",
    help="Compare with the manifests at a Git revision: who moved, and which orphans are left.",
)


def prepared(paths: Sequence[Path]) -> Prepared:
    """The project file and the manifests under `paths`, by default here."""
    return pipeline.prepare(paths or HERE)


def planned(
    options: Options,
    project: Prepared,
    account: Session,
    console: Console,
    since: str | None = None,
) -> Planned:
    """The plan of this moment, compared with the manifests at the revision `since`.

    Problems of the manifests, of now and of then, go to stderr.
    """
    past = _past(project, account, console, since) if since is not None else None
    made = pipeline.planned(
        project,
        account.account.vars,
        account.reader,
        account.identity,
        options.target,
        datetime.now(UTC),
        lock_file(project.project.root, options.sandbox),
        past,
    )
    if not console.quiet:
        console.problems(each for each in made.remarks if each.level == "warning")
    return made


def _past(project: Prepared, account: Session, console: Console, since: str) -> CommitManifests:
    named = account.account.name, account.account.vars
    manifests = commit.read(project.project.root, project.names, since, named, os.environ)
    problems = manifests.problems
    if problems and not console.quiet:
        console.warn(
            f"--since {since}: {counted(len(problems), 'problem')} in the manifests at"
            f" {manifests.commit[:12]}; what they are about is not compared"
        )
        console.problems(problems[:MOST_PROBLEMS])
        if len(problems) > MOST_PROBLEMS:
            console.note(f"and {len(problems) - MOST_PROBLEMS} more")
    return manifests


def refusal(made: Plan) -> Guarded | None:
    """Why an apply would refuse this plan; None if it would not."""
    try:
        guard.refuse(made)
    except Guarded as error:
        return error
    return None


def account_of(options: Options) -> list[str]:
    """The options that name the same account to another command."""
    words = ["--sandbox"] if options.sandbox else []
    words += ["--account", options.account] if options.account else []
    for host in options.allow_host:
        words += ["--allow-host", host]
    return words


def resuming(options: Options) -> list[str]:
    """The command that resumes this apply, without the journal at its end."""
    return ["bmeconf", "apply", *account_of(options), "--resume"]


def acknowledged(plan: Plan) -> list[str]:
    """The options that acknowledge the deletes of a plan."""
    deletes = [step for step in plan.steps if step.action == "delete"]
    return [word for step in deletes for word in ("--allow-delete", str(step.address))]
