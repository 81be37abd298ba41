"""`plan` and `show`: what would change, now or as it was saved."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bmeconf.cli import rendering, stages
from bmeconf.cli.console import Console, Renderers
from bmeconf.cli.options import Options, common, offline
from bmeconf.model import PLAN_FORMAT, SANDBOX, SIMULATED, Address, Place

if TYPE_CHECKING:
    from bmeconf.model.errors import BmeconfError
    from bmeconf.plan.model import Plan

FILE = click.Path(path_type=Path, dir_okay=True, readable=False)


@click.command()
@stages.PATHS
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 where changes are pending.")
@click.option("--show-unmanaged", is_flag=True, help="Name what is live and not declared.")
@click.option("--out", type=FILE, metavar="FILE", help="Save the plan, for `apply FILE`.")
@stages.SINCE
@common(PLAN_FORMAT, *rendering.FORMATS)
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
    from bmeconf.cli import plan_file as saving
    from bmeconf.cli import session
    from bmeconf.render import documents as document

    if out:
        saving.make_room(out)
    project = stages.prepared(paths)
    with session.opened(options, project.project, console) as account:
        seen = stages.planned(options, project, account, console, since)
    made = seen.plan
    if show_unmanaged:
        made = replace(made, unmanaged_names=seen.live.unmanaged)
    if out:
        made = saving.seen_from(out, made, project.project.root)
    refused = stages.refusal(made)
    pending = 2 if detailed_exitcode and made.steps else 0
    code = refused.exit_code if refused else pending
    if out:
        saving.save(out, document.plan(made, code, refused))
    following = "" if refused else _next(options, (out,) if out else paths, made, bool(out))
    places = {r.address: r.intent.place for r in seen.live.desired if r.intent.place}
    code = rendering.published(
        console,
        lambda code, error: _renderers(made, account.label, following, code, error, places),
        PLAN_FORMAT,
        code,
        refused,
    )
    if refused:
        console.error(refused)
    return code


@click.command()
@click.argument("file", type=FILE, metavar="PLAN")
@offline(PLAN_FORMAT, *rendering.FORMATS)
def show(options: Options, console: Console, file: Path) -> int:
    """Show a saved plan again, in any format; nothing is sent.

    \b
    bmeconf show plan.json
    bmeconf show plan.json --format json
    """
    from bmeconf.cli import plan_file as saving

    made, _ = saving.load(file)
    simulated = ["--sandbox"] if made.account.base_url == SIMULATED else []
    following = shlex.join(["bmeconf", "apply", str(file), *simulated, *_acknowledged(made)])
    refused = stages.refusal(made)
    simulator = made.account.base_url == SIMULATED
    label = SANDBOX if simulator else made.account.base_url
    following = "" if refused else following
    return rendering.published(
        console,
        lambda code, error: _renderers(made, label, following, code, error),
        PLAN_FORMAT,
        0,
        refused,
    )


def _renderers(
    made: Plan,
    label: str,
    following: str,
    code: int,
    refused: BmeconfError | None,
    places: Mapping[Address, Place] | None = None,
) -> Renderers:
    from bmeconf.render import documents as document
    from bmeconf.render import text
    from bmeconf.render.page import plan as plan_page

    return rendering.of(
        lambda: plan_page.of(made, label, following, places or {}),
        lambda: document.plan(made, code, refused),
        lambda: text.plan(made, label, following),
    )


def _next(options: Options, paths: Sequence[Path], made: Plan, saved: bool) -> str:
    """The apply that makes this plan happen, with the acknowledgements that it will ask for."""
    words = ["bmeconf", "apply", *map(str, paths), *stages.account_of(options)]
    for target in () if saved else options.target:
        words += ["--target", target]
    return shlex.join([*words, *_acknowledged(made)])


def _acknowledged(made: Plan) -> list[str]:
    deletes = [step for step in made.steps if step.action == "delete"]
    return [word for step in deletes for word in ("--allow-delete", str(step.address))]
