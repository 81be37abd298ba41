"""What the commands of `ci` have in common: how they end, what they read, and what they leave."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bmeconf import forge
from bmeconf.cli.console import Console
from bmeconf.cli.failure import guarded
from bmeconf.cli.options import ANY_PATH
from bmeconf.cli.streams import say
from bmeconf.model.errors import BmeconfError, InvalidInput
from bmeconf.project import read_file, write_file
from bmeconf.render import github, safe_line

NAME = click.option(
    "--name",
    default="default",
    show_default=True,
    help="Tells several projects of a repository apart.",
)
PLAN = click.argument("plan", type=ANY_PATH, metavar="PLAN")


def step(command: Callable[..., int | None]) -> Callable[..., int]:
    """Run a command of `ci`; on GitHub, an error is an annotation of its run too.

    It ends with the exit code that it returns, by default 0.
    """

    @functools.wraps(command)
    def run(**given: Any) -> int:
        def done() -> int:
            try:
                return command(**given) or 0
            except BmeconfError as error:
                if on_github():
                    annotate("error", "; ".join(filter(None, (error.message, error.remedy))))
                raise

        return guarded(Console, "ci", done)

    return run


def host(author: str = "") -> forge.Forge:
    """The forge of this pipeline; `author` is whom its token writes as, where that is known."""
    return forge.forge_of(os.environ, _pause, author)


def github_host() -> forge.GitHub:
    """GitHub, for what only its pipelines have."""
    return forge.github_of(os.environ, _pause)


def _pause(seconds: float) -> None:
    """Wait for a forge, by the clock of the run."""
    # Most runs wait for none, and need nothing of a session.
    from bmeconf.cli import session

    session.pause(seconds)


def on_github() -> bool:
    return bool(os.environ.get("GITHUB_ACTIONS"))


def annotate(level: str, text: str) -> None:
    """A remark on the run, as GitHub shows it."""
    say(github.annotation(level, None, "bmeconf", text))


def tell(text: str) -> None:
    """One line of the log; what a forge said becomes no command of a runner in it."""
    say(safe_line(text))


def text(path: Path) -> str:
    try:
        return read(path).decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not text", "give the file that bmeconf wrote") from error


def read(path: Path) -> bytes:
    try:
        return read_file(path)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}", "name a file") from error


def write(path: Path, text: str) -> None:
    try:
        write_file(path, text)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be written: {error.strerror}", "name a file") from error


def remove(path: Path) -> None:
    """Remove what an earlier run, or the author of a branch, put there."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        message = f"{path} cannot be removed: {error.strerror}"
        raise InvalidInput(message, "name another file") from error


def outputs(**values: str | bool) -> None:
    """Set outputs of a step on GitHub, `true` or `false` for truth; line breaks become spaces."""
    if path := os.environ.get("GITHUB_OUTPUT"):
        with Path(path).open("a", encoding="utf-8") as file:
            for name, value in values.items():
                text = str(value).lower() if isinstance(value, bool) else value
                file.write(f"{name}={' '.join(text.split())}\n")
