"""`sandbox`: the project's simulated account, served or thrown away."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import click

from bmeconf.baseline import lock_store
from bmeconf.cli import session
from bmeconf.cli.console import Console
from bmeconf.cli.like import switched
from bmeconf.cli.streams import say
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import manifest
from bmeconf.model.errors import InvalidInput
from bmeconf.project import WORK_FOLDER, announce_sandbox, retract_sandbox, sandbox_file

HELP = {"help", "help="}


@click.group()
def sandbox() -> None:
    """The account simulator: all that the API does, on this machine."""


@sandbox.command(cls=GroupedCommand)
@click.argument("path", default=".", type=click.Path(path_type=Path))
@click.option("--port", default=8025, show_default=True, type=click.IntRange(0, 65535))
@click.option(
    "--switch",
    multiple=True,
    metavar="NAME=VALUE",
    help="How the simulator behaves; repeatable. `--switch help` lists all.",
)
@click.option(
    "--like",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Behave as a real account was found to behave, by the JSON of `bmeconf probe`; a --switch"
    " counts before it.",
)
@click.option(
    "--fault",
    multiple=True,
    metavar="FAULT",
    help="Make chosen requests go wrong; repeatable. `--fault help` lists all kinds.",
)
def serve(
    path: Path, port: int, switch: Sequence[str], like: Path | None, fault: Sequence[str]
) -> int:
    """Serve the simulated account, and its page, until Ctrl-C.

    It is the account of the project, and is served on loopback alone.

    A FAULT is KIND[@[METHOD ][PATH]][:NAME=VALUE,...]: what, where, and when.

    \b
    KIND     what goes wrong, as error-503, drop-after, timeout-before or slow
    METHOD   where: GET, POST, PUT, PATCH or DELETE; READ for all that only
             reads, WRITE for all that changes something; any if left out
    PATH     where: a whole path, in which * is any text; any if left out
    skip     when: so many such requests pass first; by default 0
    times    when: so many are hit after that; by default 1, and 0 is all
    seconds  how long, for a kind that takes time or names a time to wait

    \b
    bmeconf sandbox serve
    bmeconf sandbox serve --fault error-503
    bmeconf sandbox serve --fault 'drop-after@POST /api/email/campaign*:times=2'
    bmeconf sandbox serve --fault 'timeout-after@WRITE:skip=3,seconds=5'
    bmeconf sandbox serve --fault 'slow@/api/contact/*:times=0,seconds=0.5'
    bmeconf sandbox serve --fault 'hour-limit@READ' --fault 'twice@WRITE:skip=1'
    bmeconf sandbox serve --switch body_rewriting=all
    bmeconf sandbox serve --like probe.json
    """
    simulator, console = session.sandbox_module(), Console()
    for asked, kind in ((switch, simulator.Switches), (fault, simulator.Fault)):
        if HELP & {*asked}:
            say(kind.listed())
            return 0
    root = _root(path)
    try:
        usual = simulator.Switches()
        if like:
            usual = switched(usual, like, console)
        switches = simulator.Switches.parse(list(switch), usual)
        faults = [simulator.Fault.parse(text) for text in fault]
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


@sandbox.command(cls=GroupedCommand)
@click.argument("path", default=".", type=click.Path(path_type=Path))
def reset(path: Path) -> int:
    """Throw the simulated account away; the next start fills a new one.

    \b
    bmeconf sandbox reset
    bmeconf sandbox reset examples/newsletter
    """
    root = _root(path)
    simulator = session.sandbox_module()
    if not os.path.lexists(root / WORK_FOLDER):
        Console().note(f"There is no simulated account in {root}.")
        return 0
    try:
        simulator.reset(sandbox_file(root))
        lock_store.path_of(root, True).unlink(missing_ok=True)
    except simulator.SandboxError as error:
        raise InvalidInput(str(error)) from error
    Console().note("The simulated account is gone; the next start fills a new one.")
    return 0


def _root(path: Path) -> Path:
    """The root of the project that a path is in, which must be there: nothing is made for a typo.

    Raises:
        InvalidInput: there is no such path.
    """
    if not os.path.exists(path):
        whole = manifest.absolute(path)
        hint = manifest.near(manifest.DiskFiles(whole.parent), whole.name)
        raise InvalidInput(f"{path} does not exist{hint}", "name the folder of a project")
    return manifest.find_root(path)
