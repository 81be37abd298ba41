"""`drift`: what moved in the account, and which manual steps are open; made for a nightly job."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import click

from bmeconf.baseline import blame
from bmeconf.cli import stages
from bmeconf.cli.adoption import edit_manifests
from bmeconf.cli.console import Console
from bmeconf.cli.options import (
    ALL_ACCOUNTS,
    LOCK_TIMEOUT,
    PATHS,
    SINCE,
    Options,
    apply_command,
    common,
)
from bmeconf.cli.session import Session, alone
from bmeconf.cli.stages import Comparison
from bmeconf.cli.usage import GroupedCommand
from bmeconf.drift import (
    WORDS,
    Drift,
    closer,
    find_drift,
    remember,
    touches,
    undoable,
    unfit,
    with_lint,
)
from bmeconf.live import Reading, upcoming
from bmeconf.model import Place, Written, did_you_mean
from bmeconf.model.errors import BmeconfError, InvalidInput
from bmeconf.plan import guard
from bmeconf.render import PATCH
from bmeconf.render.documents import drift as documents
from bmeconf.render.page import drift as page

DEFAULT = "drift,conflict,manual"


@click.command(cls=GroupedCommand)
@PATHS
@click.option(
    "--fail-on",
    metavar="CLASSES",
    default=DEFAULT,
    show_default=True,
    help="Classes that make it exit 2 or 9; pending and frozen may be added.",
)
@click.option("--record", is_flag=True, help="Write what was seen into the lock file.")
@click.option("--adopt", is_flag=True, help="Declare in the manifests what was changed by hand.")
@click.option("--lint", is_flag=True, help="Find what is wrong in live drafts that no file holds.")
@LOCK_TIMEOUT
@SINCE
@ALL_ACCOUNTS
@common
def drift(
    options: Options,
    console: Console,
    paths: Sequence[Path],
    fail_on: str,
    record: bool,
    adopt: bool,
    lint: bool,
    since: str | None,
    lock_timeout: str,
) -> int:
    """Show what moved, and which manual steps are open; only reads.

    Exits 2 if something drifted, 9 if a manual step is overdue, undone or wrong.

    \b
    bmeconf drift
    bmeconf drift --record --output json=drift.json
    bmeconf drift --fail-on drift,conflict,pending,manual
    bmeconf drift --since HEAD~1
    bmeconf drift --lint
    bmeconf drift --output patch=by-hand.patch
    """
    classes = words(fail_on)
    editing = adopt or PATCH in {options.format, *(format for format, _ in console.outputs)}
    if editing:
        _refuse_editing("--adopt" if adopt else PATCH, options)
    turn = partial(alone, console, "drift --record", lock_timeout) if record else None
    with stages.compared(options, console, paths, since, turn) as comparison:
        session, reader = comparison.session, comparison.session.reader
        reading, report = look_closer(comparison)
        if lint:
            policy, undeclared = session.project.policy.lint, upcoming.drafts(reader, reading)
            report = with_lint(report, reading, undeclared, policy)
        recorded, failed = _recorded(session, reading, report) if record else (False, None)
        edit = None
        if editing:
            edit, report = edit_manifests(paths, comparison, reading, report, look_closer)
        last, written = touches(reader, reading, report), _written(options, report)
        report = replace(report, touches=last, written=written, requests=reader.budget.used)
    takeover = page.Takeover(edit.adoption, adopt) if edit else None
    rest = takeover.rest(report) if takeover and adopt else report
    undoing = _undoing(options, paths, reading, rest)
    shown = page.of_drift(report, session.label, classes, undoing, takeover)
    if edit:
        if adopt:
            edit.write()
        shown = shown._replace(patch=edit.patch(session.project.root))
    code = console.publish(
        shown,
        lambda _, error: documents.of_drift(
            report, classes, recorded, edit.adoption if edit else None, error
        ),
        failed.exit_code if failed else report.exit_code(classes),
        failed,
        stands=recorded or adopt,
    )
    if failed:
        console.error(failed)
    return code


def look_closer(comparison: Comparison) -> tuple[Reading, Drift]:
    """What a comparison read, with namesakes told apart, and the drift in it."""
    session = comparison.session
    reading, new_names = closer(session.reader, comparison.reading)
    plan = stages.planned(comparison._replace(reading=reading))
    return reading, find_drift(reading, plan, session.project.policy, new_names)


def _written(options: Options, report: Drift) -> Mapping[Place, Written]:
    """Who wrote what the manifests declare of that which was changed by hand."""
    places = {item.place for item in report.by_hand if item.place}
    written = blame.written_by(places, stages.HERE, os.environ)
    if options.redact:
        return {place: each._replace(author="") for place, each in written.items()}
    return written


def _refuse_editing(what: str, options: Options) -> None:
    """Refuse what would not edit the manifests as they are meant."""
    for option, given, why in (
        ("--redact", options.redact, "the manifests would declare digests"),
        ("--all-accounts", options.all_accounts, "accounts differ; edit for one after the other"),
    ):
        if given:
            raise InvalidInput(f"{what} with {option}: {why}", "leave one of them out")


def words(text: str) -> frozenset[str]:
    """The classes that --fail-on names, or InvalidInput for an unknown one."""
    named = [word.strip() for word in text.split(",")]
    for word in named:
        if word not in WORDS:
            raise InvalidInput(
                f'--fail-on {text}: "{word}" is no class{did_you_mean(word, WORDS)}',
                f"a comma list of: {', '.join(WORDS)}",
            )
    return frozenset(named)


def _recorded(
    session: Session, reading: Reading, report: Drift
) -> tuple[bool, BmeconfError | None]:
    """True if the lock file was written, and the error that kept it from being written."""
    if reason := unfit(report):
        session.console.note(f"Note: {reason}.")
    try:
        recorded = remember(session.lock_file, reading, report)
    except BmeconfError as error:
        return False, error
    if recorded:
        session.console.note(f"What is in sync is recorded in {session.lock_file.name}.")
    return recorded, None


def _undoing(options: Options, paths: Sequence[Path], reading: Reading, report: Drift) -> str:
    """The apply that undoes what was done by hand, and as little else as it can.

    Empty if there is none, or none that leaves known drift alone.
    """
    undone = undoable(reading, report)
    if guard.refusal(report.plan) or not undone:
        return ""
    targets = options.target if len(undone) == len(report.plan.steps) else [*map(str, undone)]
    return apply_command(report.plan, paths, options.account_words(), targets, undone)
