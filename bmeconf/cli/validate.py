"""`validate`: every problem of the manifests, offline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bmeconf.cli.console import Console
from bmeconf.cli.options import PATHS, Options, common
from bmeconf.desired import read_project_files, scope
from bmeconf.desired import validate as offline
from bmeconf.model.errors import Guarded, InvalidInput
from bmeconf.plan import guard
from bmeconf.render import documents, page


@click.command()
@PATHS
@common
def validate(options: Options, console: Console, paths: Sequence[Path]) -> int:
    """Check the manifests offline; no key is needed and nothing is sent.

    \b
    bmeconf validate
    bmeconf validate manifests/seeds.yaml --format github
    """
    files = read_project_files(paths or (Path("."),))
    console.trace(files.root_words)
    accounts = {name: entry.vars for name, entry in files.project.accounts.items()}
    desired = offline.check_offline(files.sources, accounts)
    if not desired.errors:
        scope.limit(desired.snapshot, options.target, files.sources.covers)
    outside = guard.seed_problems(desired.snapshot, files.project.policy)
    problems = sorted([*desired.problems, *outside], key=lambda p: (p.place, p.address))
    code = 0
    if desired.errors:
        code = InvalidInput.exit_code
    elif any(problem.level == "error" for problem in outside):
        code = Guarded.exit_code
    return console.publish(
        page.of_problems(problems),
        lambda code, error: documents.problems(problems, code, error),
        code,
    )
