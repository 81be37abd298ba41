"""`explain`: what a code of a finding, a key of a file or a question of probe means."""

from __future__ import annotations

from collections.abc import Sequence

import click

from bmeconf import guide
from bmeconf.cli.console import Console
from bmeconf.cli.options import Options, offline
from bmeconf.cli.usage import GroupedCommand
from bmeconf.render.documents import explain as documents
from bmeconf.render.page import explain as page


@click.command(cls=GroupedCommand)
@click.argument("names", nargs=-1, metavar="[CODE|KEY...]")
@offline
def explain(options: Options, console: Console, names: Sequence[str]) -> int:
    """Explain a code of a finding, or a key of a manifest; offline.

    Without a name, all of them are listed.

    \b
    bmeconf explain looks_renamed
    bmeconf explain campaign.subject policy.max_deletes
    bmeconf explain --format json
    """
    topics = [topic for name in names for topic in guide.named(name)] or [*guide.every()]
    shown = page.of_topics(topics) if names else page.of_list(topics)
    return console.publish(shown, lambda code, error: documents.of_topics(topics, code, error))
