"""`compare`: two accounts beside the manifests; only reads."""

from __future__ import annotations

import os

import click

from bmeconf import compare as comparing
from bmeconf.cli import stages
from bmeconf.cli.console import Console
from bmeconf.cli.options import Options, on_accounts
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import read_project_files
from bmeconf.model.errors import BmeconfError, InvalidInput
from bmeconf.project import choose_account
from bmeconf.render.documents import compare as documents
from bmeconf.render.page import compare as page

DIFFERENT = 2


@click.command(cls=GroupedCommand)
@click.argument("one", metavar="ACCOUNT")
@click.argument("other", metavar="ACCOUNT")
@click.option("--detailed-exitcode", is_flag=True, help="Exit 2 if an account is not as declared.")
@on_accounts
def compare(
    options: Options, console: Console, one: str, other: str, detailed_exitcode: bool
) -> int:
    """Show where two accounts differ from the manifests; only reads.

    The manifests are filled in with each account's own `vars`, so that what is left is what
    promotion would change: `apply --account NAME` makes that account as declared.

    \b
    bmeconf compare staging production
    bmeconf compare staging production --target 'campaigns/*' --detailed-exitcode
    """
    project = read_project_files((stages.HERE,)).project
    for name in (one, other):
        choose_account(project, name, os.environ)
    if one == other:
        raise InvalidInput(
            f'"{one}" is compared with itself', f"declared are: {', '.join(project.accounts)}"
        )
    comparison = comparing.compare(*(_read(options, console, name) for name in (one, other)))
    code = DIFFERENT if detailed_exitcode and not comparison.equal else 0
    return console.publish(
        page.of_comparison(comparison, bool(code)),
        lambda code, error: documents.of_comparison(comparison, code, error),
        code,
    )


def _read(options: Options, console: Console, name: str) -> comparing.Side:
    """One account; an error names it."""
    console.note(f"Account: {name}")
    try:
        with stages.compared(options._replace(account=name), console, ()) as compared:
            plan = stages.planned(compared, show_unmanaged=True)
            return comparing.Side(name, compared.session.label, compared.reading, plan)
    except BmeconfError as error:
        error.message = f"{name}: {error.message}"
        raise
