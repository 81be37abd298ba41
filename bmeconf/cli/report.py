"""`report`: how the declared campaigns were received; only reads."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo

import click

from bmeconf.baseline import lock_store
from bmeconf.cli.console import Console
from bmeconf.cli.options import ALL_ACCOUNTS, Options, common
from bmeconf.cli.session import now, opened
from bmeconf.cli.stages import HERE
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import read_desired, read_project_files, scope
from bmeconf.kinds import Mailing, only
from bmeconf.model import Address, Snapshot, did_you_mean, zone, zone_names
from bmeconf.model.errors import InvalidInput
from bmeconf.render.documents import report as documents
from bmeconf.render.page import report as page
from bmeconf.report import PERIODS, DeliveryQuery, Memory, Report, Verdict, read_report

UNEXPECTED = 2
MANY = 10
"""Requests; more of them take a while, and are announced."""


@click.command(cls=GroupedCommand)
@click.argument("addresses", nargs=-1, metavar="[ADDRESS...]")
@ALL_ACCOUNTS
@click.option("--check", is_flag=True, help="Exit 2 if an expectation failed or is unknown.")
@click.option(
    "--past-days",
    type=click.IntRange(1, 90),
    default=30,
    show_default=True,
    metavar="N",
    help="Days that the dashboard covers, up to 90.",
)
@click.option(
    "--period",
    type=click.Choice(PERIODS),
    default=PERIODS[0],
    show_default=True,
    help="How long after the sending opens and clicks are plotted.",
)
@click.option(
    "--timezone",
    default="UTC",
    show_default=True,
    metavar="ZONE",
    help="The zone in which times are shown, such as Europe/Oslo.",
)
@click.option("--no-dashboard", is_flag=True, help="Leave the account's dashboard out.")
@common
def report(
    options: Options,
    console: Console,
    addresses: Sequence[str],
    check: bool,
    past_days: int,
    period: str,
    timezone: str,
    no_dashboard: bool,
) -> int:
    """Show how sent campaigns were received; only reads.

    The key needs the scopes campaigns:read and reports:read. Each campaign that was sent takes
    two requests, and one more if the lock file knows another id than its name leads to. A lock
    file of several accounts takes the scope contacts:read too.

    \b
    bmeconf report
    bmeconf report 'campaigns/2026-1*' --period week --timezone Europe/Oslo
    bmeconf report --check --no-dashboard --output junit=report.xml
    """
    zone = _zone(timezone)
    query = DeliveryQuery(None if no_dashboard else past_days, period, timezone)
    files = read_project_files((HERE,))
    console.trace(files.root_words)
    with opened(options, console, files.project) as session:
        budget = session.reader.budget
        desired = read_desired(files, session.account.vars, os.environ)
        whole = desired.sound()
        chosen = scope.only(only(Mailing).name, whole, (*addresses, *options.target))
        console.warnings(desired.problems)
        lock = lock_store.read(session.lock_file)

        def announce(requests: int) -> None:
            budget.afford(requests)
            if requests > MANY:
                console.note(f"Reading the reports: {requests} requests.")

        deliveries = read_report(
            session.reader,
            whole,
            chosen,
            query,
            now(),
            Memory(lock, session.identity),
            announce,
        )
        deliveries = replace(deliveries, requests=budget.used)
    if check:
        _tell_check(deliveries, console)
    return console.publish(
        page.of_report(deliveries, session.label, zone, _bodies(chosen)),
        lambda code, error: documents.of_report(deliveries, session.identity, code, error),
        UNEXPECTED if check and not deliveries.as_expected else 0,
    )


def _tell_check(report: Report, console: Console) -> None:
    """Say on stderr how --check ended; a run that checked nothing says so as well."""
    verdicts = report.verdicts
    if not report.as_expected:
        failed, unknown = verdicts[Verdict.FAILED], verdicts[Verdict.UNKNOWN]
        console.note(f"Check failed: {failed} failed, {unknown} unknown.")
    elif verdicts.total() == verdicts[Verdict.OPEN]:
        console.note("Nothing was checked: no campaign that was sent has an `expect`.")


def _zone(name: str) -> tzinfo:
    """The time zone with an IANA name, or InvalidInput if there is none."""
    found = zone(name)
    if found is None:
        raise InvalidInput(
            f"--timezone {name}: no time zone is called that{did_you_mean(name, zone_names())}",
            "give an IANA name, as Europe/Oslo or UTC",
        )
    return found


def _bodies(campaigns: Snapshot) -> Mapping[Address, str]:
    """The declared bodies of campaigns, but for templates of the account."""
    bodies = ((each.address, each.fields.get("body")) for each in campaigns)
    return {address: body for address, body in bodies if isinstance(body, str)}
