"""`ci reviewed`: the plan of a pull request, and that of its merge."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from bmeconf import forge
from bmeconf.cli import pipeline
from bmeconf.cli.options import ANY_PATH
from bmeconf.cli.pipeline import NAME, PLAN, outputs, step
from bmeconf.cli.show import load
from bmeconf.forge import record_search, review
from bmeconf.model.errors import Stale
from bmeconf.plan import Plan, acknowledge


@click.group()
def reviewed() -> None:
    """The plan of a pull request, and that of its merge."""


@reviewed.command()
@PLAN
@click.option("--to", type=ANY_PATH, required=True, metavar="FILE", help="The record to write.")
@step
def record(plan: Path, to: Path) -> None:
    """Write the record of a plan, for the run of its merge.

    A record has digests in place of values, and names no person.

    \b
    bmeconf ci reviewed record plan.json --to review.json
    """
    pipeline.write(to, review.text(recorded(load(plan)[1])))


@reviewed.command()
@NAME
@click.option("--to", type=ANY_PATH, required=True, metavar="FILE", help="Where to write it.")
@click.option(
    "--workflow", default="", metavar="FILE", help="The workflow that planned, if it is another."
)
@step
def find(name: str, to: Path, workflow: str) -> None:
    """Find the record of the reviewed plan of this commit, on GitHub.

    Where there is none, the reason is told, and nothing fails: a plan without steps needs none.

    \b
    bmeconf ci reviewed find --to review.json
    """
    found(name, to, workflow)


@reviewed.command()
@PLAN
@click.option("--record", "reviewed", type=ANY_PATH, metavar="FILE", help="What `find` has found.")
@click.option("--missing", default="", metavar="REASON", help="Why `find` has found none.")
@click.option(
    "--expect", default="", metavar="FINGERPRINT", help="A person reviewed this; it counts alone."
)
@click.option(
    "--allow-delete",
    multiple=True,
    metavar="ADDRESS",
    help="A glob of what may be deleted, or lines of them; repeatable.",
)
@click.option(
    "--deletes", type=ANY_PATH, metavar="FILE", help="Write those of the globs that are needed."
)
@step
def compare(
    plan: Path,
    reviewed: Path | None,
    missing: str,
    expect: str,
    allow_delete: Sequence[str],
    deletes: Path | None,
) -> None:
    """Stop, unless the plan of this run is the plan that was reviewed.

    \b
    bmeconf ci reviewed compare plan.json --record review.json
    """
    planned, document = load(plan)
    globs = agreed(planned, review.of(document), reviewed, missing, expect, allow_delete)
    if globs is not None and deletes is not None:
        pipeline.write(deletes, "".join(f"{glob}\n" for glob in globs))
    outputs(apply=globs is not None)


def recorded(plan: Mapping[str, Any]) -> review.Review:
    """The record of a plan document; outputs say which plan it is."""
    made = review.of(plan)
    outputs(fingerprint=made.fingerprint, changes=bool(made.steps))
    pipeline.tell(f"The record is that of {made.fingerprint}.")
    return made


def found(name: str, to: Path, workflow: str) -> str:
    """Write the record of the reviewed plan; why there is none, empty where there is one."""
    # A file under review is no record, and one of an earlier run is that of another plan.
    pipeline.remove(to)
    planned = record_search.workflow_of(os.environ, workflow)
    commit = forge.needed(os.environ, "GITHUB_SHA")
    try:
        text = record_search.record(
            pipeline.github_host(),
            commit,
            forge.branch_of(os.environ),
            name,
            planned,
        )
    except record_search.Missing as reason:
        outputs(missing=str(reason))
        pipeline.tell(f"There is no reviewed plan: {reason}.")
        return str(reason)
    review.read(text)
    pipeline.write(to, text)
    pipeline.tell(f"The record of the reviewed plan was written to {to}.")
    return ""


def agreed(
    planned: Plan,
    now: review.Review,
    reviewed: Path | None,
    missing: str,
    expect: str,
    allow_delete: Sequence[str],
) -> Sequence[str] | None:
    """The globs that the apply of the reviewed plan needs; None where there is nothing to apply.

    `now` is the record of the plan.

    Raises:
        Stale: this is not the plan that was reviewed.
        Guarded: it is of another account.
    """
    if not now.steps:
        pipeline.tell("Nothing to apply: the account is as the manifests say.")
        return None
    if expect.strip():
        review.agree_with(expect.strip(), now)
    elif reviewed is not None and reviewed.is_file():
        is_rerun = os.environ.get("GITHUB_RUN_ATTEMPT", "1") != "1"
        review.agree(review.read(pipeline.text(reviewed)), now, is_rerun=is_rerun)
    else:
        reason = missing or "no record of it was found"
        message = f"there is no reviewed plan: {reason}; nothing was written"
        raise Stale(message, review.AGAIN)
    pipeline.tell(f"The plan {now.fingerprint} is the one that was reviewed.")
    globs = [line.strip() for lines in allow_delete for line in lines.splitlines()]
    return acknowledge.useful(planned, [glob for glob in globs if glob])
