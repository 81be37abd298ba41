"""The commands: each reads its flags, calls the stages, publishes the product, returns a code."""

from __future__ import annotations

import shlex
import sys
import traceback
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bmeconf import __version__
from bmeconf.cli.console import Console, Renderers
from bmeconf.cli.options import Options, common
from bmeconf.errors import BmeconfError, Bug, Guarded, InvalidInput
from bmeconf.model import PLAN_FORMAT, PROBLEMS_FORMAT, RESULT_FORMAT

if TYPE_CHECKING:
    from bmeconf.cli.session import Session
    from bmeconf.outcome import Outcome, Result
    from bmeconf.pipeline import Planned, Prepared
    from bmeconf.plan import Plan

PATHS = click.argument(
    "paths", nargs=-1, type=click.Path(path_type=Path, readable=False), metavar="[PATH...]"
)
HERE = (Path("."),)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="bmeconf %(version)s")
def cli() -> None:
    """Keep a Benchmark Email account in Git: plan, review, apply, verify.

    \b
    bmeconf validate            check the manifests, offline
    bmeconf plan                show what would change; never writes
    bmeconf apply               make exactly that, then read it back
    """


@cli.command()
@PATHS
@common(PROBLEMS_FORMAT, "text", "json", "github")
def validate(options: Options, console: Console, paths: Sequence[Path]) -> int:
    """Check the manifests offline; no key is needed and nothing is sent.

    \b
    bmeconf validate
    bmeconf validate manifests/seeds.yaml --format github
    """
    from bmeconf import document, pipeline
    from bmeconf.report import github, text

    found = pipeline.problems(pipeline.prepare(paths or HERE), options.target)
    errors = [problem for problem in found if problem.level == "error"]
    code = 0
    if errors:
        policy = all(problem.code == "not_a_seed" for problem in errors)
        code = Guarded.exit_code if policy else InvalidInput.exit_code
    console.publish(
        {
            "text": lambda: text.problems(found),
            "json": lambda: document.text(document.problems(found, code)),
            "github": lambda: github.problems(found),
        }
    )
    return code


@cli.command()
@PATHS
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where changes are pending.")
@click.option("--show-unmanaged", is_flag=True, help="Name what is live and not declared.")
@common(PLAN_FORMAT, "text", "json")
def plan(
    options: Options,
    console: Console,
    paths: Sequence[Path],
    detailed_exitcode: bool,
    show_unmanaged: bool,
) -> int:
    """Show what would change in the account; only reads.

    \b
    bmeconf plan
    bmeconf plan --target 'campaigns/2026-12*' --detailed-exitcode
    bmeconf plan --sandbox --format json
    """
    from bmeconf import document
    from bmeconf.cli import session
    from bmeconf.report import text

    project = _prepared(paths)
    with session.opened(options, project.project, console) as account:
        made = _planned(options, project, account, console).plan
    refusal = _refusal(made)
    following = "" if refusal else _next(options, paths, made)
    pending = 2 if detailed_exitcode and made.steps else 0
    code = refusal.exit_code if refusal else pending
    console.publish(
        {
            "text": lambda: text.plan(made, account.label, show_unmanaged, following),
            "json": lambda: document.text(document.plan(made, code, refusal, show_unmanaged)),
        }
    )
    if refusal:
        console.error(refusal)
    return code


@cli.command()
@PATHS
@click.option("--auto-approve", is_flag=True, help="Do not ask; needed without a terminal.")
@click.option(
    "--allow-delete",
    multiple=True,
    metavar="ADDRESS",
    help="A planned delete that is meant (glob); repeatable.",
)
@common(RESULT_FORMAT, "text", "json")
def apply(
    options: Options,
    console: Console,
    paths: Sequence[Path],
    auto_approve: bool,
    allow_delete: Sequence[str],
) -> int:
    """Plan, show, ask, make exactly those changes, and read them back.

    \b
    bmeconf apply
    bmeconf apply --auto-approve --allow-delete 'lists/Old list'
    """
    from bmeconf import guard
    from bmeconf.cli import session
    from bmeconf.report import text

    if not (auto_approve or sys.stdin.isatty()):
        raise InvalidInput(
            "apply asks before it writes, and there is no terminal to ask at",
            "add --auto-approve once the plan was reviewed",
        )
    project = _prepared(paths)
    with session.opened(options, project.project, console) as account:
        planned = _planned(options, project, account, console)
        shown = text.plan(planned.plan, account.label)
        if console.format == "text":
            console.product(shown)
        elif not console.quiet:
            console.tell(shown)
        guard.refuse(planned.plan)
        guard.acknowledge(planned.plan, allow_delete)
        if planned.plan.steps and not auto_approve:
            _confirm(len(planned.plan.steps), account.label)
        result = _executed(planned, account, console)
    return _told(result, console)


@cli.command()
@click.argument("kind", required=False)
def schema(kind: str | None) -> int:
    """Print a JSON Schema: manifest (the default), or one of the others by name."""
    from bmeconf import schemas

    click.echo(schemas.text(kind or "manifest"), nl=False)
    return 0


@cli.group()
def sandbox() -> None:
    """The account simulator: everything the API does, on this machine."""


@sandbox.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--port", default=8025, show_default=True, type=click.IntRange(0, 65535))
@click.option("--switch", multiple=True, metavar="NAME=VALUE", help="A reading of the API.")
def serve(path: Path, port: int, switch: Sequence[str]) -> int:
    """Serve the project's simulated account on loopback until Ctrl-C."""
    from bmeconf import manifest, workdir
    from bmeconf.cli import session

    simulator = session.sandbox_module()
    try:
        switches = simulator.Switches.parse(list(switch))
        running = simulator.Sandbox(workdir.sandbox(manifest.find_root(path)), switches, port)
        running.start()
    except (ValueError, simulator.SandboxError) as error:
        raise InvalidInput(str(error)) from error
    try:
        workdir.announce(manifest.find_root(path), running.url)
        click.echo(f"export BMECONF_BASE_URL={running.url}")
        click.echo(f"export BMECONF_API_KEY={running.key}")
        click.echo("The sandbox is running, and --sandbox uses it; Ctrl-C stops it.", err=True)
        running.wait()
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    finally:
        running.stop()
    return 0


@sandbox.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
def reset(path: Path) -> int:
    """Throw the project's simulated account away; the next start fills a new one."""
    from bmeconf import manifest, workdir
    from bmeconf.cli import session

    simulator = session.sandbox_module()
    try:
        simulator.reset(workdir.sandbox(manifest.find_root(path)))
        workdir.lock(manifest.find_root(path), True).unlink(missing_ok=True)
    except simulator.SandboxError as error:
        raise InvalidInput(str(error)) from error
    click.echo("The simulated account is gone; the next start fills a new one.", err=True)
    return 0


# --- the stages, with the console at hand


def _prepared(paths: Sequence[Path]) -> Prepared:
    from bmeconf import pipeline

    return pipeline.prepare(paths or HERE)


def _planned(options: Options, prepared: Prepared, account: Session, console: Console) -> Planned:
    from bmeconf import pipeline, workdir
    from bmeconf.report import text

    planned = pipeline.planned(
        prepared,
        account.account.vars,
        account.reader,
        account.identity,
        options.target,
        datetime.now(UTC),
        workdir.lock(prepared.project.root, options.sandbox),
    )
    remarks = [remark for remark in planned.remarks if remark.level == "warning"]
    if remarks and not console.quiet:
        console.tell(text.problems(remarks)[:-1])
    return planned


def _executed(planned: Planned, account: Session, console: Console) -> Result:
    from bmeconf import pipeline
    from bmeconf.cli import session
    from bmeconf.report import text

    total = len(planned.plan.steps)

    def told(outcome: Outcome) -> None:
        line = text.outcome_line(outcome)
        console.progress(f"[{outcome.step.id}/{total}] ", line)

    with session.finishing(account.stop):
        return pipeline.execute(planned, account.reader.for_writing(), account.stop.is_set, told)


def _told(result: Result, console: Console) -> int:
    """Publish what an apply did; a file that cannot be written does not keep it from stdout."""
    from bmeconf import document
    from bmeconf.report import text

    code = result.exit_code
    renderers: Renderers = {
        "text": lambda: text.result(result) if result.outcomes else [],
        "json": lambda: document.text(document.result(result, code)),
    }
    unwritten = None
    try:
        console.publish(renderers)
    except InvalidInput as error:
        unwritten, code = error, code or error.exit_code
        console.product(renderers[console.format]())
    if result.unlocked:
        console.tell(text.unlocked(result.unlocked))
    if isinstance(result.error, Bug):
        traceback.print_exception(result.error.__cause__)
    for failure in (result.error, unwritten):
        if failure:
            console.error(failure)
    return code


def _confirm(steps: int, account: str) -> None:
    changes = "this change" if steps == 1 else f"these {steps} changes"
    asked = f"Make {changes} in {account}? Only 'yes' will do"
    if click.prompt(asked, default="no", show_default=False, err=True).strip() != "yes":
        raise BmeconfError("not confirmed; nothing was written")


def _next(options: Options, paths: Sequence[Path], made: Plan) -> str:
    """The apply that makes this plan happen, with the acknowledgements that it will ask for."""
    words = ["bmeconf", "apply", *map(str, paths), *(["--sandbox"] if options.sandbox else [])]
    words += ["--account", options.account] if options.account else []
    for host in options.allow_host:
        words += ["--allow-host", host]
    for target in options.target:
        words += ["--target", target]
    for step in made.steps:
        words += ["--allow-delete", str(step.address)] if step.action == "delete" else []
    return shlex.join(words)


def _refusal(made: Plan) -> Guarded | None:
    from bmeconf import guard

    try:
        guard.refuse(made)
    except Guarded as error:
        return error
    return None
