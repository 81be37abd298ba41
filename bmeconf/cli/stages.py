"""The stages that several commands share, with the console at hand."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bmeconf.baseline import CommitManifests, commit, git, lock_store
from bmeconf.cli.console import Console
from bmeconf.cli.options import Options
from bmeconf.desired import OtherManifests, ProjectFiles, read_project_files, scope, validate
from bmeconf.desired.validate import ManifestProblems
from bmeconf.live import Reading
from bmeconf.live import read as live
from bmeconf.model import DELETE, Address, counted
from bmeconf.plan import Plan, Price, Since, Source, build

if TYPE_CHECKING:
    # Not at run time, since commands that stay offline need no client.
    from bmeconf.cli.session import Session

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


@dataclass(frozen=True)
class Comparison:
    """The manifests of a run, read together with the account.

    `digest` is that of the files. `others` gives the manifests of the project that the run was not
    given; they are read once, and only where something depends on them.
    """

    files: ProjectFiles
    digest: str
    reading: Reading
    others: Callable[[], OtherManifests]


def project_files(paths: Sequence[Path]) -> ProjectFiles:
    """The project file and the manifests under `paths`, by default here."""
    return read_project_files(paths or HERE)


def compared(
    options: Options,
    files: ProjectFiles,
    account: Session,
    console: Console,
    since: str | None = None,
) -> Comparison:
    """Both sides of this moment, and the manifests at the revision `since`.

    Warnings on the manifests, of now and of then, go to stderr.

    Raises:
        ManifestProblems: every problem of the manifests, and of what they refer to.
        InvalidInput: where there is a lock file and it cannot be used.
        ApiError, Refused, LimitReached: where the account could not be read whole.
    """
    variables = account.account.vars
    then = _commit(files, account, console, since) if since is not None else None
    desired = validate.desired(files.sources, variables)
    limited = scope.limit(desired.sound(), options.target)
    lock = lock_store.read(lock_store.path_of(files.project.root, options.sandbox))
    others = cache(lambda: files.others(variables))
    if lock.accounts or then:
        limited = replace(limited, elsewhere=others())
    reading = live.read(account.reader, limited, lock, account.identity, then)
    if reading.problems:
        raise ManifestProblems((*desired.problems, *reading.problems))
    console.warnings(desired.problems)
    return Comparison(files, desired.digest, reading, others)


def planned(
    comparison: Comparison,
    account: Session,
    *,
    folder: Path = HERE[0],
    show_unmanaged: bool = False,
) -> Plan:
    """The plan of what was read, as it lies in `folder`."""
    project, budget = comparison.files.project, account.reader.budget
    then = comparison.reading.commit
    since = Since(then.revision, then.commit, then.complete) if then else None
    root = os.path.relpath(project.root.absolute(), folder.absolute())
    return build.build(
        comparison.reading,
        project.policy,
        account.identity,
        Source(comparison.digest, git.current_commit(project.root), root, since),
        Price(
            budget.used,
            hour_remaining=budget.hour_remaining,
            month_remaining=budget.month_remaining,
        ),
        datetime.now(UTC),
        show_unmanaged=show_unmanaged,
    )


def _commit(files: ProjectFiles, account: Session, console: Console, since: str) -> CommitManifests:
    named = account.account.name, account.account.vars
    manifests = commit.manifests_at(files.project.root, files.names, since, named, os.environ)
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


def account_of(options: Options) -> list[str]:
    """The options that name the same account to another command."""
    words = ["--sandbox"] if options.sandbox else []
    words += ["--account", options.account] if options.account else []
    for host in options.allow_host:
        words += ["--allow-host", host]
    return words


def apply_command(
    plan: Plan,
    paths: Sequence[Path],
    account: Sequence[str],
    targets: Sequence[str] = (),
    addresses: Collection[Address] | None = None,
) -> str:
    """The apply that carries out a plan, with the acknowledgements that it will ask for.

    `account` are the options that name the account. `addresses` limits the acknowledgements to
    the steps that `targets` leave.
    """
    words = ["bmeconf", "apply", *map(str, paths), *account]
    for target in targets:
        words += ["--target", target]
    for step in plan.steps:
        if step.action == DELETE and (addresses is None or step.address in addresses):
            words += ["--allow-delete", str(step.address)]
    return shlex.join(words)
