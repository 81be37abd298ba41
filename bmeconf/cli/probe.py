"""`probe`: what the documents of the API leave open, asked of an account."""

from __future__ import annotations

import sys
from contextlib import nullcontext

import click

from bmeconf.cli.console import Console
from bmeconf.cli.options import LOCK_TIMEOUT, ONE_ACCOUNT, Options, common
from bmeconf.cli.probe_writing import clean_up, tried, warn_of_earlier
from bmeconf.cli.session import Session, alone, now, opened
from bmeconf.cli.stages import HERE
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import manifest, project_at, validate
from bmeconf.kinds import Dialect
from bmeconf.model.errors import BmeconfError, InvalidInput
from bmeconf.probe import Notes, Probed, ask_all
from bmeconf.project import learned
from bmeconf.render.documents import probe as documents
from bmeconf.render.page import probe as page


@click.command(cls=GroupedCommand)
@click.option(
    "--write",
    is_flag=True,
    help="Also ask what takes writing: make a list, a contact and a draft, and remove them.",
)
@click.option(
    "--contact",
    metavar="EMAIL",
    help="The contact that --write makes: an address of yours that is not in the account.",
)
@click.option("--clean", is_flag=True, help="Only remove what an earlier --write left.")
@click.option("--auto-approve", is_flag=True, help="Do not ask; needed without a terminal.")
@LOCK_TIMEOUT
@ONE_ACCOUNT
@common
def probe(
    options: Options,
    console: Console,
    write: bool,
    contact: str | None,
    clean: bool,
    auto_approve: bool,
    lock_timeout: str,
) -> int:
    """Ask the account what the API's documents leave open.

    It only reads, with 60 requests at most. With --write it takes 120: it makes lists, a contact
    and drafts that nobody can mistake, and removes them again. It sends and schedules nothing. The
    contact is unsubscribed before it is removed: take an address that needs no mail of the account.

    The report names nothing of the account: no name, address, id, key or host. So it can be pasted
    into a public issue. In a project, what spares later runs on the account requests is kept for
    90 days.

    \b
    bmeconf probe
    bmeconf probe --account production --output json=probe.json
    bmeconf probe --write --contact you+probe@example.com
    bmeconf probe --clean
    """
    address = _checked(options, write, contact, clean, auto_approve)
    project = project_at(manifest.find_root(HERE))
    writes = write or clean
    turn = alone(console, "probe", lock_timeout, project.root) if writes else nullcontext()
    with turn, opened(options, console, project) as session:
        console.note(f"Account: {session.label}")
        if clean:
            return _published(console, clean_up(session, auto_approve))
        notes = Notes()
        if write:
            probed = tried(session, notes, address, auto_approve)
        else:
            warn_of_earlier(session)
            probed = _read(session, notes)
    _keep(session, probed)
    return _published(console, probed)


def _read(session: Session, notes: Notes) -> Probed:
    error: BmeconfError | None = None
    try:
        ask_all(session.reader, notes)
    except BmeconfError as ended:
        error = ended
    return Probed(notes.whole(wrote=False), session.reader.budget.used, ended=error)


def _checked(
    options: Options, write: bool, contact: str | None, clean: bool, auto_approve: bool
) -> str:
    """The address of the contact, empty where none is made; refuse what does not go together."""
    if options.target:
        raise InvalidInput("--target has no meaning here: a probe is of the whole API")
    if clean and (write or contact):
        raise InvalidInput(
            "--clean stands alone", "leave it out: --write begins with the same, and goes on"
        )
    if bool(contact) is not write:
        raise InvalidInput(
            "--write and --contact EMAIL go together",
            "name an address of yours that is not in the account: you+probe@example.com",
        )
    if auto_approve and not (write or clean):
        raise InvalidInput("--auto-approve is about --write and --clean", "leave it out")
    address = (contact or "").strip()
    if write and (fault := validate.email_fault(address) or _unusual(address)):
        raise InvalidInput(f"--contact {address}: not an email address for a probe: {fault}")
    if (write or clean) and not (auto_approve or sys.stdin.isatty()):
        raise InvalidInput(
            "probe asks before it writes, and there is no terminal to ask at",
            "add --auto-approve once you know what it will do: see bmeconf probe --help",
        )
    return address


def _unusual(address: str) -> str:
    return "" if address.isascii() else "it has other characters than those of ASCII"


def _keep(session: Session, probed: Probed) -> None:
    """Keep what spares later runs requests, where anything marks the root of a project."""
    found = Dialect.answered(probed.switches, probed.at_least)
    root = session.project.root
    if found and manifest.mark_of(root):
        learned.keep(root, session.identity, now(), found, learned.BY_PROBE)
        told = f"Kept for {learned.BY_PROBE.days} days, to spare runs on this account requests: "
        session.console.note(told + ", ".join(f"{name} {value}" for name, value in found.items()))


def _published(console: Console, probed: Probed) -> int:
    """Publish the report; what went wrong is told in full on stderr alone, what is left last."""
    error = probed.error
    code = console.publish(
        page.of_probed(probed),
        lambda code, error: documents.of_probed(probed, code, error),
        error.exit_code if error else 0,
        error,
        stands=probed.wrote,
    )
    for each in probed.errors:
        console.error(each)
    return code
