"""`show`: a saved plan again, in any format."""

from __future__ import annotations

from pathlib import Path

import click

from bmeconf.cli import plan_file, stages
from bmeconf.cli.console import Console
from bmeconf.cli.options import Options, offline
from bmeconf.model import PLAN_FORMAT, SANDBOX, SIMULATED
from bmeconf.plan import encode, guard
from bmeconf.render import page


@click.command()
@click.argument("file", type=plan_file.PATH, metavar="PLAN")
@offline(PLAN_FORMAT)
def show(options: Options, console: Console, file: Path) -> int:
    """Show a saved plan again, in any format; nothing is sent.

    \b
    bmeconf show plan.json
    bmeconf show plan.json --format json
    """
    plan, _ = plan_file.load(file)
    refusal = guard.refusal(plan)
    simulated = plan.account.base_url == SIMULATED
    command = stages.apply_command(plan, (file,), ["--sandbox"] if simulated else [])
    shown = page.of_plan(
        plan,
        SANDBOX if simulated else plan.account.base_url,
        "" if refusal else command,
    )
    return console.publish(shown, lambda code, error: encode.plan(plan, code, error), 0, refusal)
