"""`accounts`: what the project knows of its accounts; nothing is sent."""

from __future__ import annotations

import os
from pathlib import Path

import click

from bmeconf import accounts as known
from bmeconf.baseline import lock_store
from bmeconf.cli.console import Console
from bmeconf.cli.options import Options, offline
from bmeconf.cli.usage import GroupedCommand
from bmeconf.desired import manifest, project_at
from bmeconf.render.documents import accounts as documents
from bmeconf.render.page import accounts as page


@click.command(cls=GroupedCommand)
@offline
def accounts(options: Options, console: Console) -> int:
    """Show the declared accounts, and whether each has its key.

    With --format json, the member `accounts` is a matrix for a CI system.

    \b
    bmeconf accounts
    bmeconf accounts --format json
    """
    project = project_at(manifest.find_root(Path(".")))
    lock = lock_store.read(lock_store.path_of(project.root, simulated=False))
    found = known.known_accounts(project, lock, os.environ)
    return console.publish(
        page.of_accounts(found), lambda code, error: documents.of_accounts(found, code, error)
    )
