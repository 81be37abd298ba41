"""The options that the commands share, as one value."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import click

from bmeconf.cli import console, failure
from bmeconf.cli.console import Console
from bmeconf.render import FORMATS

Command = Callable[..., int]
Decorator = Callable[[Command], Command]


@dataclass(frozen=True)
class Options:
    """What the user asked for, beside the paths."""

    format: str
    output: tuple[str, ...]
    quiet: bool
    verbose: bool
    no_color: bool
    account: str | None = None
    sandbox: bool = False
    target: tuple[str, ...] = ()
    max_requests: int | None = None
    allow_host: tuple[str, ...] = ()

    def console(self) -> Console:
        """How this run speaks.

        Raises:
            InvalidInput: for an --output that cannot be written.
        """
        named = os.environ.get("BMECONF_ACCOUNT", "")
        return Console(
            format=self.format,
            outputs=console.outputs(self.output),
            no_color=self.no_color,
            quiet=self.quiet,
            verbose=self.verbose,
            account="the sandbox" if self.sandbox else self.account or named,
        )


PRODUCT: Sequence[Decorator] = (
    click.option(
        "--format",
        type=click.Choice(FORMATS),
        default=FORMATS[0],
        show_default=True,
        help="What to print on standard output.",
    ),
    click.option(
        "--output",
        multiple=True,
        metavar="FORMAT=FILE",
        help="Write the product to a file too; repeatable.",
    ),
    click.option("--quiet", is_flag=True, help="No progress and no notes."),
    click.option("--verbose", is_flag=True, help="Print every request."),
    click.option("--no-color", is_flag=True, help="No colour (NO_COLOR does the same)."),
)
ACCOUNT: Sequence[Decorator] = (
    click.option(
        "--account", metavar="NAME", help="The declared account to use (BMECONF_ACCOUNT)."
    ),
    click.option("--sandbox", is_flag=True, help="Run against the account simulator."),
    click.option(
        "--target",
        multiple=True,
        metavar="ADDRESS",
        help="Only resources that this glob names, and what they depend on; repeatable.",
    ),
    click.option(
        "--max-requests",
        type=click.IntRange(min=1),
        metavar="N",
        help="Make at most so many API requests.",
    ),
    click.option(
        "--allow-host",
        multiple=True,
        metavar="HOST",
        help="A host beside the vendor's that may get the key (BMECONF_ALLOW_HOSTS).",
    ),
)


def common(document: str) -> Decorator:
    """Give a command the shared options and a console, as its first two arguments.

    `document` is the format of its JSON. Whatever ends the command, it ends with a report and
    an exit code.
    """
    return functools.partial(_decorated, (*ACCOUNT, *PRODUCT), document)


def offline(document: str) -> Decorator:
    """As `common`, for a command that meets no account."""
    return functools.partial(_decorated, PRODUCT, document)


def _decorated(shared: Sequence[Decorator], document: str, command: Command) -> Command:
    @functools.wraps(command)
    def run(**given: Any) -> int:
        options = Options(**{f.name: given.pop(f.name) for f in fields(Options) if f.name in given})
        speaking = options.console()
        return failure.guarded(speaking, document, lambda: command(options, speaking, **given))

    decorated: Command = run
    for option in reversed(shared):
        decorated = option(decorated)
    return decorated
