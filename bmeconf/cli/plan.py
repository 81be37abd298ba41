"""`plan`: what would change in the account."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from bmeconf.cli import plan_file, session, stages
from bmeconf.cli.console import Console
from bmeconf.cli.options import Options, common
from bmeconf.model import PLAN_FORMAT
from bmeconf.plan import encode, guard
from bmeconf.render import page


@click.command()
@stages.PATHS
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if changes are pending.")
@click.option(
    "--show-unmanaged", is_flag=True, help="Name live resources that no manifest declares."
)
@click.option("--out", type=plan_file.PATH, metavar="FILE", help="Save the plan, for `apply FILE`.")
@stages.SINCE
@common(PLAN_FORMAT)
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
    bmeconf plan --out plan.json
    bmeconf plan --target 'campaigns/2026-12*' --detailed-exitcode
    bmeconf plan --since origin/main
    """
    if out:
        plan_file.make_room(out)
    files = stages.project_files(paths)
    folder = out.parent if out else Path()
    with session.opened(options, files.project, console) as account:
        comparison = stages.compared(options, files, account, console, since)
        plan = stages.planned(comparison, account, folder=folder, show_unmanaged=show_unmanaged)
    refusal = guard.refusal(plan)
    pending = 2 if detailed_exitcode and plan.steps else 0
    code = refusal.exit_code if refusal else pending
    if out:
        plan_file.save(out, encode.plan(plan, code, refusal))
    command = stages.apply_command(
        plan,
        (out,) if out else paths,
        stages.account_of(options),
        () if out else options.target,
    )
    shown = page.of_plan(
        plan,
        account.label,
        "" if refusal else command,
        {r.address: r.intent.place for r in comparison.reading.desired if r.intent.place},
    )
    code = console.publish(shown, lambda code, error: encode.plan(plan, code, error), code, refusal)
    if refusal:
        console.error(refusal)
    return code
