"""The stages that several commands share, with the console at hand."""

from __future__ import annotations

import os
import shlex
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bmeconf.cli import rendering
from bmeconf.cli.console import TEXT, Console, Renderers, StdoutLost, abandon
from bmeconf.cli.options import Options
from bmeconf.model import RESULT_FORMAT
from bmeconf.model.errors import BmeconfError, Bug, Guarded, InvalidInput

if TYPE_CHECKING:
    from bmeconf.apply.result import Result
    from bmeconf.baseline.commit import CommitManifests
    from bmeconf.cli.session import Session
    from bmeconf.plan.model import Plan
    from bmeconf.plan.pipeline import Planned, Prepared

PATHS = click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[PATH...]"
)
HERE = (Path("."),)
SINCE = click.option(
    "--since",
    metavar="REV",
    help="Hold it against the manifests at a Git revision: who moved, what is declared no more.",
)


def prepared(paths: Sequence[Path]) -> Prepared:
    """The project file and the manifests under `paths`, by default here."""
    from bmeconf.plan import pipeline

    return pipeline.prepare(paths or HERE)


def planned(
    options: Options,
    project: Prepared,
    account: Session,
    console: Console,
    since: str | None = None,
) -> Planned:
    """The plan of this moment, held against the manifests at the revision `since`.

    Remarks on the manifests, of now and of then, go to stderr.
    """
    from bmeconf.plan import pipeline
    from bmeconf.project import lock_file
    from bmeconf.render import text

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
    remarks = [remark for remark in made.remarks if remark.level == "warning"]
    if remarks and not console.quiet:
        console.tell(text.problems(remarks)[:-1])
    return made


def _past(project: Prepared, account: Session, console: Console, since: str) -> CommitManifests:
    from bmeconf.baseline import commit as past
    from bmeconf.render import text

    named = account.account.name, account.account.vars
    found = past.read(project.project.root, project.names, since, named, os.environ)
    if found.problems and not console.quiet:
        console.tell(text.past(since, found.commit, found.problems))
    return found


def refusal(made: Plan) -> Guarded | None:
    """Why an apply would refuse this plan, None where it would not."""
    from bmeconf.plan import guard

    try:
        guard.refuse(made)
    except Guarded as error:
        return error
    return None


def report(options: Options, result: Result, console: Console) -> int:
    """Publish what an apply did, and return how it ended.

    Neither a file that cannot be written nor a stdout that is gone keeps the rest from being
    told, or changes that something was written.
    """
    from bmeconf.render import documents as document
    from bmeconf.render import text
    from bmeconf.render.page import result as result_page

    resume = shlex.join([*resuming(options), result.journal]) if result.resumable else ""

    def renderers(code: int, error: BmeconfError | None) -> Renderers:
        return rendering.of(
            lambda: result_page.of(result, resume, error),
            lambda: document.result(result, code, error),
            lambda: text.result(result, resume) if result.begun else [],
        )

    code, failures = result.exit_code, [result.error]
    try:
        try:
            console.publish(renderers(code, result.error))
        except InvalidInput as unwritten:
            # What was written to other files before must not tell of another end.
            code = code or unwritten.exit_code
            failures.append(unwritten)
            made = renderers(code, result.error or unwritten)
            console.publish_failure(rendering.despite(made, RESULT_FORMAT))
            if console.format == TEXT:
                console.product(renderers(code, unwritten).by_format[TEXT]())
    except (BrokenPipeError, StdoutLost) as lost:
        abandon(sys.stdout)
        code = code or BmeconfError.exit_code
        failures += [lost] if isinstance(lost, StdoutLost) else []
    if result.unlocked:
        console.tell(text.unlocked(result.unlocked))
    if isinstance(result.error, Bug):
        traceback.print_exception(result.error.__cause__)
    for failure in failures:
        if failure:
            console.error(failure)
    if resume and console.format != "text":
        console.tell(text.resume(resume))
    return code


def account_of(options: Options) -> list[str]:
    """The options by which another command meets the same account."""
    words = ["--sandbox"] if options.sandbox else []
    words += ["--account", options.account] if options.account else []
    for host in options.allow_host:
        words += ["--allow-host", host]
    return words


def resuming(options: Options) -> list[str]:
    """The command that goes on where this one ends, but for the journal at its end."""
    return ["bmeconf", "apply", *account_of(options), "--resume"]
