"""`validate`: every problem of the manifests, offline."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bmeconf.cli.console import Console
from bmeconf.cli.options import Options, common
from bmeconf.cli.stages import HERE, PATHS
from bmeconf.model import PROBLEMS_FORMAT
from bmeconf.model.errors import Guarded, InvalidInput
from bmeconf.plan import pipeline
from bmeconf.render import documents, page


@click.command()
@PATHS
@common(PROBLEMS_FORMAT)
def validate(options: Options, console: Console, paths: Sequence[Path]) -> int:
    """Check the manifests offline; no key is needed and nothing is sent.

    \b
    bmeconf validate
    bmeconf validate manifests/seeds.yaml --format github
    """
    problems = pipeline.problems(pipeline.prepare(paths or HERE), options.target)
    errors = [problem for problem in problems if problem.level == "error"]
    code = 0
    if errors:
        policy = all(problem.code == "not_a_seed" for problem in errors)
        code = Guarded.exit_code if policy else InvalidInput.exit_code
    shown = page.of_problems(problems)
    document = documents.problems(problems, code)
    return console.publish(
        shown,
        lambda _, error: documents.failure(PROBLEMS_FORMAT, error) if error else document,
        code,
    )
