"""The commands: each reads its flags, calls the stages, publishes the product, returns a code."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bmeconf import __version__
from bmeconf.cli import rendering
from bmeconf.cli.apply import apply
from bmeconf.cli.console import Console
from bmeconf.cli.drift import drift
from bmeconf.cli.init import init
from bmeconf.cli.options import Options, common
from bmeconf.cli.plan import plan, show
from bmeconf.cli.pull import pull
from bmeconf.cli.report import report
from bmeconf.cli.stages import HERE, PATHS
from bmeconf.model import PROBLEMS_FORMAT
from bmeconf.model.errors import Guarded, InvalidInput


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="bmeconf %(version)s")
def cli() -> None:
    """Keep a Benchmark Email account in Git: plan, review, apply, verify.

    \b
    bmeconf validate            check the manifests, offline
    bmeconf plan                show what would change; never writes
    bmeconf apply               make exactly that, then read it back
    bmeconf drift               show what moved since, and which manual steps are open
    """


@cli.command()
@PATHS
@common(PROBLEMS_FORMAT, *rendering.FORMATS)
def validate(options: Options, console: Console, paths: Sequence[Path]) -> int:
    """Check the manifests offline; no key is needed and nothing is sent.

    \b
    bmeconf validate
    bmeconf validate manifests/seeds.yaml --format github
    """
    from bmeconf.plan import pipeline
    from bmeconf.render import documents as document
    from bmeconf.render import github, text
    from bmeconf.render.page import failure as failure_page

    found = pipeline.problems(pipeline.prepare(paths or HERE), options.target)
    errors = [problem for problem in found if problem.level == "error"]
    code = 0
    if errors:
        policy = all(problem.code == "not_a_seed" for problem in errors)
        code = Guarded.exit_code if policy else InvalidInput.exit_code
    console.publish(
        rendering.of(
            lambda: failure_page.checked(found),
            lambda: document.problems(found, code),
            lambda: text.problems(found),
            lambda: github.problems(found),
        )
    )
    return code


cli.add_command(plan)
cli.add_command(show)
cli.add_command(apply)
cli.add_command(drift)
cli.add_command(report)
cli.add_command(pull)
cli.add_command(init)


@cli.command()
@click.argument("kind", required=False)
def schema(kind: str | None) -> int:
    """Print a JSON Schema: manifest (the default), or one of the others by name.

    \b
    bmeconf schema > manifest.schema.json
    bmeconf schema drift
    """
    from bmeconf.project import schema_text

    click.echo(schema_text(kind or "manifest"), nl=False)
    return 0


@cli.group()
def sandbox() -> None:
    """The account simulator: everything the API does, on this machine."""


@sandbox.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--port", default=8025, show_default=True, type=click.IntRange(0, 65535))
@click.option("--switch", multiple=True, metavar="NAME=VALUE", help="A reading of the API.")
@click.option("--fault", multiple=True, metavar="FAULT", help="Make chosen requests go wrong.")
def serve(path: Path, port: int, switch: Sequence[str], fault: Sequence[str]) -> int:
    """Serve the project's simulated account, and its page, on loopback until Ctrl-C.

    \b
    bmeconf sandbox serve
    bmeconf sandbox serve --fault 'drop-after@POST /api/email/campaign*:times=2'
    """
    from bmeconf.cli import session
    from bmeconf.desired import manifest
    from bmeconf.project import announce_sandbox, sandbox_file

    simulator = session.sandbox_module()
    try:
        switches = simulator.Switches.parse(list(switch))
        faults = [simulator.Fault.parse(text) for text in fault]
        root = manifest.find_root(path)
        running = simulator.Sandbox(sandbox_file(root), switches, port, faults=faults)
        running.start()
    except (ValueError, simulator.SandboxError) as error:
        raise InvalidInput(str(error)) from error
    try:
        announce_sandbox(root, running.url)
        click.echo(f"export BMECONF_BASE_URL={running.url}")
        click.echo(f"export BMECONF_API_KEY={running.key}")
        click.echo("The sandbox is running, and --sandbox uses it; Ctrl-C stops it.", err=True)
        click.echo(
            f"Open {running.url}/ to see the account and do what only a person can.", err=True
        )
        running.wait()
    except KeyboardInterrupt:
        click.echo("Stopped.", err=True)
    finally:
        running.stop()
    return 0


@sandbox.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
def reset(path: Path) -> int:
    """Throw the project's simulated account away; the next start fills a new one.

    \b
    bmeconf sandbox reset
    bmeconf sandbox reset examples/newsletter
    """
    from bmeconf.cli import session
    from bmeconf.desired import manifest
    from bmeconf.project import lock_file, sandbox_file

    if not path.exists():
        raise InvalidInput(f"{path} does not exist", "name the folder of a project")
    simulator = session.sandbox_module()
    try:
        simulator.reset(sandbox_file(manifest.find_root(path)))
        lock_file(manifest.find_root(path), True).unlink(missing_ok=True)
    except simulator.SandboxError as error:
        raise InvalidInput(str(error)) from error
    click.echo("The simulated account is gone; the next start fills a new one.", err=True)
    return 0
