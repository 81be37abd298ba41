"""`plan`: what would change in the account."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bmeconf.cli import stages
from bmeconf.cli.console import Console
from bmeconf.cli.options import (
    ALL_ACCOUNTS,
    ANY_PATH,
    PATHS,
    SINCE,
    Options,
    apply_command,
    common,
)
from bmeconf.cli.show import make_room, save
from bmeconf.cli.usage import GroupedCommand
from bmeconf.plan import encode, guard
from bmeconf.render import page


@click.command(cls=GroupedCommand)
@PATHS
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if changes are pending.")
@click.option(
    "--show-unmanaged", is_flag=True, help="Name live resources that no manifest declares."
)
@click.option(
    "--save-plan",
    "--out",
    "out",
    type=ANY_PATH,
    metavar="FILE",
    help="Save the plan, for `apply FILE`.",
)
@SINCE
@ALL_ACCOUNTS
@common
def plan(
    options: Options,
    console: Console,
    paths: Sequence[Path],
    detailed_exitcode: bool,
    show_unmanaged: bool,
    out: Path | None,
    since: str | None,
) -> int:
    """Show what would change in the account; only reads.

    \b
    bmeconf plan
    bmeconf plan --save-plan plan.json
    bmeconf plan --target 'campaigns/2026-12*' --detailed-exitcode
    bmeconf plan --since origin/main
    """
    if out:
        console.spare([out], "the plan of --save-plan")
        make_room(out)
    folder = out.parent if out else Path()
    with stages.compared(options, console, paths, since, sparing=out is None) as comparison:
        plan = stages.planned(comparison, folder, show_unmanaged, comparison.lint)
    refusal = guard.refusal(plan)
    pending = 2 if detailed_exitcode and plan.steps else 0
    code = refusal.exit_code if refusal else pending
    if out:
        save(out, encode.plan(plan, code, refusal))
    files, targets = ((out,), ()) if out else (paths, options.target)
    command = apply_command(plan, files, options.account_words(), targets)
    shown = page.of_plan(
        plan,
        comparison.session.label,
        "" if refusal else command,
    )
    code = console.publish(shown, lambda code, error: encode.plan(plan, code, error), code, refusal)
    if refusal:
        console.error(refusal)
    return code
