"""The stages that several commands share: both sides of an account, and the plan of them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from bmeconf.baseline import CommitManifests, commit, git, lock_store
from bmeconf.cli.console import Console
from bmeconf.cli.options import Options
from bmeconf.cli.session import Session, now, opened
from bmeconf.desired import ProjectFiles, manifest, read_desired, read_project_files, scope
from bmeconf.desired.validate import ManifestProblems
from bmeconf.live import Reading, upcoming
from bmeconf.live import read as live
from bmeconf.model import Finding, counted
from bmeconf.plan import Plan, Price, Since, Source, audience, build

HERE = Path(".")
Turn = Callable[[Path], AbstractContextManager[None]]
MOST_PROBLEMS = 10
"""So many problems are named of manifests that are history anyway."""


class Comparison(NamedTuple):
    """The manifests of a run, read together with the account; `digest` is that of the files.

    `lint` is what is wrong with the mails that they declare.
    """

    session: Session
    digest: str
    reading: Reading
    lint: Sequence[Finding] = ()


@contextmanager
def compared(
    options: Options,
    console: Console,
    paths: Sequence[Path],
    since: str | None = None,
    turn: Turn | None = None,
    *,
    sparing: bool = False,
) -> Iterator[Comparison]:
    """Both sides of this moment, as long as the block runs, and the manifests at `since`.

    Warnings on the manifests, of now and of then, go to stderr. The run takes its `turn` among
    those that write to the project before it sends anything. Where it is `sparing`, it takes the
    word of the lock file for what nothing seems to have touched.

    Raises:
        ManifestProblems: every problem of the manifests, and of what they refer to.
        InvalidInput: where there is a lock file and it cannot be used.
        ApiError, Refused, LimitReached: where the account could not be read whole.
    """
    files, stage = read_project_files(paths or (HERE,)), console.timings.stage
    console.trace(files.root_words)
    waited = turn(files.project.root) if turn else nullcontext()
    with waited, opened(options, console, files.project) as session:
        variables = session.account.vars
        stage("manifests")
        then = _commit(files, session, since) if since is not None else None
        if options.redact:
            console.redaction.learn(files.sources)
        desired = read_desired(files, variables, os.environ)
        limited = scope.limit(desired.sound(), options.target, desired.covers)
        lock = lock_store.read(session.lock_file)
        stage("reading")
        sizes = audience.needs_sizes(files.project.policy, limited.desired)
        account = limited, lock, session.identity, then
        reading = live.read(session.reader, *account, sparing=sparing, sizes=sizes)
        if reading.problems:
            raise ManifestProblems((*desired.problems, *reading.problems))
        if (quiet := files.project.policy.quiet_before_send) is not None:
            sent = upcoming.beside(session.reader, reading, now(), quiet)
            reading = reading._replace(account=reading.account._replace(upcoming=sent))
        console.warnings(desired.problems)
        stage("comparing")
        yield Comparison(session, desired.digest, reading, desired.lint)


def beside(comparison: Comparison, limited: scope.Scope) -> Comparison | None:
    """The account of a comparison read beside other manifests, None where these name what is not.

    Raises:
        ApiError, Refused, LimitReached: where the account could not be read whole.
    """
    session, then = comparison.session, comparison.reading.commit
    lock = lock_store.read(session.lock_file)
    reading = live.read(session.reader, limited, lock, session.identity, then)
    return None if reading.problems else comparison._replace(reading=reading)


def planned(
    comparison: Comparison,
    folder: Path = HERE,
    show_unmanaged: bool = False,
    lint: Sequence[Finding] = (),
) -> Plan:
    """The plan of what was read, as it lies in `folder`, with the findings `lint` on the mails."""
    project, budget = comparison.session.project, comparison.session.reader.budget
    then = comparison.reading.commit
    since = Since(then.revision, then.commit, then.complete) if then else None
    root = manifest.seen_from(project.root.absolute(), folder.absolute())
    plan = build.build(
        comparison.reading,
        project.policy,
        comparison.session.identity,
        Source(comparison.digest, git.current_commit(project.root, os.environ), root, since),
        Price(
            budget.used,
            hour_remaining=budget.hour.left.remaining,
            month_remaining=budget.month.remaining,
        ),
        now(),
        account_name=comparison.session.account.name or "",
        dialect=comparison.session.reader.dialect,
        show_unmanaged=show_unmanaged,
        lint=lint,
    )
    comparison.session.console.redaction.learn(plan)
    return plan


def _commit(files: ProjectFiles, session: Session, since: str) -> CommitManifests:
    named = session.account.name, session.account.vars
    manifests = commit.manifests_at(files.project.root, files.names, since, named, os.environ)
    problems, console = manifests.problems, session.console
    if problems and not console.quiet:
        console.warn(
            f"--since {since}: {counted(len(problems), 'problem')} in the manifests at"
            f" {manifests.commit[:12]}; what they are about is not compared"
        )
        console.problems(problems[:MOST_PROBLEMS])
        if len(problems) > MOST_PROBLEMS:
            console.note(f"and {len(problems) - MOST_PROBLEMS} more")
    return manifests
