"""`probe`: what the documents of the API leave open, asked of an account."""

from __future__ import annotations

import click

from bmeconf.cli.console import Console
from bmeconf.cli.help import GroupedCommand
from bmeconf.cli.options import ONE_ACCOUNT, Options, common
from bmeconf.cli.session import opened
from bmeconf.cli.stages import HERE
from bmeconf.desired import manifest, project_at
from bmeconf.model.errors import BmeconfError
from bmeconf.probe import Notes, Probed, ask_all
from bmeconf.render.documents import probe as documents
from bmeconf.render.page import probe as page


@click.command(cls=GroupedCommand)
@ONE_ACCOUNT
@common
def probe(options: Options, console: Console) -> int:
    """Ask the account what the API's documents leave open.

    It only reads, with 60 requests at most. The report names nothing of the account: no name,
    address, id, key or host. So it can be pasted into a public issue.

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
    return _published(console, probed)


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
