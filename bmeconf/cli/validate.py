"""`validate`: every problem of the manifests, offline."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from bmeconf.cli.console import Console
from bmeconf.cli.options import ACCOUNT, ALL_ACCOUNTS, PATHS, VERBOSE, Options, offline
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import read_project_files
from bmeconf.desired import validate as checks
from bmeconf.kinds import KINDS
from bmeconf.model import Snapshot, counted
from bmeconf.model.errors import Guarded, InvalidInput
from bmeconf.plan import guard
from bmeconf.project import ACCOUNT_VARIABLE, choose_account
from bmeconf.render import documents, page


@click.command(cls=GroupedCommand)
@PATHS
@ACCOUNT
@VERBOSE
@ALL_ACCOUNTS
@offline
def validate(options: Options, console: Console, paths: Sequence[Path]) -> int:
    """Check the manifests offline; needs no key, sends nothing.

    The variables of every declared account are filled in, or those of --account alone.

    \b
    bmeconf validate
    bmeconf validate manifests/seeds.yaml --format github
    """
    files = read_project_files(paths or (Path("."),))
    console.trace(files.root_words)
    if options.redact:
        console.redaction.learn(files.sources)
    chosen = options.account or os.environ.get(ACCOUNT_VARIABLE, "").strip()
    entry = choose_account(files.project, options.account, os.environ) if chosen else None
    entries = [entry] if entry else files.project.accounts.values()
    policy = files.project.policy
    desired = checks.check_offline(
        files.sources,
        {each.name: each.vars for each in entries},
        lambda snapshot: guard.seed_problems(snapshot, policy),
        policy.lint,
    )
    found = [*desired.problems, *desired.judged, *desired.linted]
    problems = sorted(found, key=lambda p: (p.place, p.address))
    code = 0
    if desired.errors or any(problem.level == "error" for problem in desired.linted):
        code = InvalidInput.exit_code
    elif any(problem.level == "error" for problem in desired.judged):
        code = Guarded.exit_code
    read = "" if desired.errors else _declared(desired.snapshot, len(files.sources.files))
    return console.publish(
        page.of_problems([*desired.problems, *desired.judged], read, desired.linted),
        lambda code, error: documents.problems(problems, code, error),
        code,
    )


def _declared(snapshot: Snapshot, files: int) -> str:
    """What so many files declare, in words."""
    numbers = {kind: len(snapshot.of_kind(name)) for name, kind in KINDS.items()}
    found = ", ".join(kind.counted(number) for kind, number in numbers.items() if number)
    return f"{found or 'nothing'} in {counted(files, 'file')}"
