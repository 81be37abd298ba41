"""`ci lock`: the lock file at the tip of the branch."""

from __future__ import annotations

import os
from pathlib import Path

import click

from bmeconf import forge
from bmeconf.cli import pipeline
from bmeconf.cli.options import ANY_PATH
from bmeconf.cli.pipeline import step
from bmeconf.forge import lock_file
from bmeconf.model.errors import InvalidInput
from bmeconf.project import LOCK_FILE

FOLDER = click.option(
    "--path",
    "folder",
    default=".",
    metavar="DIR",
    help="The folder of the project, from the top of the repository.",
)


@click.group()
def lock() -> None:
    """The lock file, at the tip of the branch."""


@lock.command()
@FOLDER
@step
def take(folder: str) -> None:
    """Write the newest lock file of the branch into the project.

    Where the branch has none, nothing is written.

    \b
    bmeconf ci lock take
    """
    taken(folder)


@lock.command()
@FOLDER
@click.option("--artifact", metavar="NAME", help="GitHub: the artifact of this run that has it.")
@click.option("--from", "source", type=ANY_PATH, metavar="FILE", help="The file that has it.")
@step
def keep(folder: str, artifact: str | None, source: Path | None) -> None:
    """Commit the lock file that an apply changed.

    With --from, what other applies committed meanwhile is kept.

    \b
    bmeconf ci lock keep --from bmeconf.lock.json
    bmeconf ci lock keep --artifact bmeconf-apply-default
    """
    if (artifact is None) == (source is None):
        raise InvalidInput("one of --artifact and --from is needed", "name where the file is")
    host, since = pipeline.host(), ""
    if source is not None:
        content, since = pipeline.read(source), forge.Run.of(os.environ).commit
    else:
        run = forge.needed(os.environ, "GITHUB_RUN_ID")
        content = lock_file.kept(pipeline.github_host(), run, artifact or "")
    path, branch = lock_file.path_of(folder), forge.branch_of(os.environ)
    done = host.again(lambda: lock_file.commit(host, path, branch, content, since))
    pipeline.tell(f"{path} was committed." if done else f"{path} is up to date.")


def taken(folder: str) -> None:
    """Write the newest lock file of the branch into the project in `folder`."""
    entry = pipeline.host().tip(lock_file.path_of(folder), forge.branch_of(os.environ))
    if entry is None:
        pipeline.tell(f"The branch has no {LOCK_FILE}.")
        return
    try:
        (Path(folder) / LOCK_FILE).write_bytes(entry.content)
    except OSError as error:
        raise InvalidInput(f"{folder}/{LOCK_FILE} cannot be written: {error.strerror}") from error
    pipeline.tell(f"{LOCK_FILE} is that of the tip of the branch.")
