"""`sandbox`: the project's simulated account, served or thrown away."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bmeconf.baseline import lock_store
from bmeconf.cli import session
from bmeconf.cli.console import Console, say
from bmeconf.desired import manifest
from bmeconf.model.errors import InvalidInput
from bmeconf.project import announce_sandbox, retract_sandbox, sandbox_file


@click.group()
def sandbox() -> None:
    """The account simulator: everything the API does, on this machine."""


@sandbox.command()
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--port", default=8025, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--switch", multiple=True, metavar="NAME=VALUE", help="How the simulator behaves; repeatable."
)
@click.option(
    "--fault", multiple=True, metavar="FAULT", help="Make chosen requests go wrong; repeatable."
)
def serve(path: Path, port: int, switch: Sequence[str], fault: Sequence[str]) -> int:
    """Serve the project's simulated account, and its page, on loopback until Ctrl-C.

    \b
    bmeconf sandbox serve
    bmeconf sandbox serve --fault 'drop-after@POST /api/email/campaign*:times=2'
    """
    simulator, console = session.sandbox_module(), Console()
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
        say(f"export BMECONF_BASE_URL={running.url}")
        say(f"export BMECONF_API_KEY={running.key}")
        console.note("The sandbox is running, and --sandbox uses it; Ctrl-C stops it.")
        console.note(f"Open {running.url}/ to see the account and do what only a person can.")
        running.wait()
    except KeyboardInterrupt:
        console.note("Stopped.")
    finally:
        retract_sandbox(root)
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
    if not path.exists():
        raise InvalidInput(f"{path} does not exist", "name the folder of a project")
    simulator = session.sandbox_module()
    try:
        simulator.reset(sandbox_file(manifest.find_root(path)))
        lock_store.path_of(manifest.find_root(path), True).unlink(missing_ok=True)
    except simulator.SandboxError as error:
        raise InvalidInput(str(error)) from error
    Console().note("The simulated account is gone; the next start fills a new one.")
    return 0
