"""`pull`: manifests from the live account."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import click

from bmeconf import pull as adoption
from bmeconf.baseline import lock_store
from bmeconf.cli.console import Console
from bmeconf.cli.options import ANY_PATH, LOCK_TIMEOUT, ONE_ACCOUNT, Options, common
from bmeconf.cli.session import alone, opened
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import manifest, project_at
from bmeconf.model import CampaignStatus, counted
from bmeconf.project import LOCK_FILE, WORK_FOLDER, on_disk
from bmeconf.render.documents import pull as documents
from bmeconf.render.page import pull as page

FEW = 50
"""Contacts that are taken for seeds without asking."""
MOST_NAMED = 20


@click.command(cls=GroupedCommand)
@click.option(
    "--out", type=ANY_PATH, metavar="DIR", help="The folder to write to; the project by default."
)
@click.option("--contacts", multiple=True, metavar="EMAIL", help="A contact to write; repeatable.")
@click.option(
    "--contacts-list", multiple=True, metavar="NAME", help="A list whose contacts to write."
)
@click.option(
    "--max-contacts",
    type=click.IntRange(min=0),
    default=FEW,
    show_default=True,
    metavar="N",
    help="How many contacts to write without asking.",
)
@click.option(
    "--status",
    multiple=True,
    type=click.Choice([*map(str, CampaignStatus)]),
    help="Only campaigns of this status.",
)
@click.option("--structure", metavar="LABEL", default="", help="The contact structure to write.")
@click.option("--force", is_flag=True, help="Overwrite files that exist.")
@LOCK_TIMEOUT
@ONE_ACCOUNT
@common
def pull(
    options: Options,
    console: Console,
    out: Path | None,
    contacts: Sequence[str],
    contacts_list: Sequence[str],
    max_contacts: int,
    status: Sequence[str],
    structure: str,
    force: bool,
    lock_timeout: str,
) -> int:
    """Write manifests from the live account; a plan of them is empty.

    Everything but contacts, or what --target names. Contacts are written only if they are asked
    for, and above 50 only after a question: an audience does not belong into Git.

    \b
    bmeconf pull
    bmeconf pull --out acme --contacts-list Seeds
    bmeconf pull --status draft --status scheduled
    """
    root = manifest.find_root(out or Path("."))
    # Where a project is only to begin, it begins here.
    begun = manifest.mark_of(root) in (manifest.PROJECT_FILE, LOCK_FILE)
    folder = manifest.absolute(out or (root if begun else Path(".")))
    project = project_at(root)
    query = adoption.PullQuery(
        options.target, structure, tuple(contacts_list), tuple(contacts), tuple(status)
    )
    ask = console.confirm if sys.stdin.isatty() else None
    consent = adoption.Consent(max_contacts, ask)
    # Where no run has been yet, none is under way, and nothing is left behind by one that fails.
    known = (root / WORK_FOLDER).is_dir()
    turn = alone(console, "pull", lock_timeout, root) if known else nullcontext()
    with turn, opened(options, console, project) as session:
        lock = lock_store.read(session.lock_file)
        target = adoption.Target(project, folder, session.account.vars, lock, session.identity)
        pulled = adoption.adopt(session.reader, query, target, consent)
        pulled = replace(pulled, requests=session.reader.budget.used)
        if pulled.declared:
            console.spare(
                (folder / on_disk(name) for name in pulled.files), "a file that is pulled"
            )
            pulled = adoption.write(pulled, target, force=force)
    commands: Sequence[str] = ()
    if pulled.declared:
        if pulled.other_files:
            # What they declare may be renamed or deleted in the account.
            names = ", ".join(pulled.other_files[:MOST_NAMED])
            count = counted(len(pulled.other_files), "other manifest")
            console.note(f"Note: {count} of the project left as before: {names}")
        commands = adoption.next_commands(pulled, target, out, options.account_words())
    return console.publish(
        page.of_pulled(pulled, session.label, commands),
        lambda _, error: documents.of_pulled(pulled, str(out or folder), error),
        stands=bool(pulled.declared),
    )
