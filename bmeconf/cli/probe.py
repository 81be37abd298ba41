"""`probe`: what the documents of the API leave open, asked of an account."""

from __future__ import annotations

import click

from bmeconf.cli.console import Console
from bmeconf.cli.help import GroupedCommand
from bmeconf.cli.options import ONE_ACCOUNT, Options, common
from bmeconf.cli.session import Session, now, opened
from bmeconf.cli.stages import HERE
from bmeconf.desired import manifest, project_at
from bmeconf.kinds import Dialect
from bmeconf.model.errors import BmeconfError
from bmeconf.probe import Notes, Probed, ask_all
from bmeconf.project import learned
from bmeconf.render.documents import probe as documents
from bmeconf.render.page import probe as page


@click.command(cls=GroupedCommand)
@ONE_ACCOUNT
@common
def probe(options: Options, console: Console) -> int:
    """Ask the account what the API's documents leave open.

    It only reads, with 60 requests at most. The report names nothing of the account: no name,
    address, id, key or host. So it can be pasted into a public issue. In a project, what spares
    later runs on the account requests is kept for 90 days.

    \b
    bmeconf probe
    bmeconf probe --account production --output json=probe.json
    """
    project = project_at(manifest.find_root(HERE))
    notes = Notes()
    with opened(options, console, project) as session:
        console.note(f"Account: {session.label}")
        error: BmeconfError | None = None
        try:
            ask_all(session.reader, notes)
        except BmeconfError as ended:
            error = ended
        probed = Probed(notes.whole(wrote=False), session.reader.budget.used, error=error)
    _keep(session, probed)
    return _published(console, probed)


def _keep(session: Session, probed: Probed) -> None:
    """Keep what spares later runs requests, where anything marks the root of a project."""
    found = Dialect.answered(probed.switches, probed.at_least)
    root = session.project.root
    if found and manifest.mark_of(root):
        learned.keep(root, session.identity, now(), found, learned.BY_PROBE)
        told = f"Kept for {learned.BY_PROBE.days} days, to spare runs on this account requests: "
        session.console.note(told + ", ".join(f"{name} {value}" for name, value in found.items()))


def _published(console: Console, probed: Probed) -> int:
    """Publish the report; what ended it is told in full on stderr alone."""
    error = probed.error
    shown = error and _harmless(error)
    code = console.publish(
        page.of_probed(probed),
        lambda code, error: documents.of_probed(probed, code, error),
        error.exit_code if error else 0,
        shown,
    )
    if error:
        console.error(error)
    return code


def _harmless(error: BmeconfError) -> BmeconfError:
    """An error of the same kind without its words, which may name what the account holds."""
    bare = BmeconfError(
        "the probe ended early; standard error says why", "mend that, and ask again"
    )
    bare.code, bare.exit_code = error.code, error.exit_code  # type: ignore[misc]
    return bare
