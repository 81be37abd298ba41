"""The options that the commands share, as one value."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

import click

from bmeconf.cli import console
from bmeconf.cli.console import Console

Command = Callable[..., int]


@dataclass(frozen=True)
class Options:
    """What the user asked for, beside the paths; `formats` are those the command can print."""

    account: str | None
    sandbox: bool
    target: tuple[str, ...]
    format: str
    output: tuple[str, ...]
    max_requests: int | None
    allow_host: tuple[str, ...]
    quiet: bool
    verbose: bool
    no_color: bool
    formats: tuple[str, ...] = ()

    def console(self) -> Console:
        """How this run speaks.

        Raises:
            InvalidInput: for an --output that cannot be.
        """
        return Console(
            format=self.format,
            outputs=console.outputs(self.output, self.formats),
            colour=console.colours(self.no_color, os.environ),
            quiet=self.quiet,
            verbose=self.verbose,
        )


def common(*formats: str) -> Callable[[Command], Command]:
    """Give a command the shared options, as its first argument `options`."""
    options = (
        click.option("--account", metavar="NAME", help="Which declared account (BMECONF_ACCOUNT)."),
        click.option("--sandbox", is_flag=True, help="Run against the account simulator."),
        click.option(
            "--target",
            multiple=True,
            metavar="ADDRESS",
            help="Only what this glob names, and what it depends on; repeatable.",
        ),
        click.option(
            "--format",
            type=click.Choice(formats),
            default=formats[0],
            show_default=True,
            help="What to print on standard output.",
        ),
        click.option(
            "--output",
            multiple=True,
            metavar="FORMAT=FILE",
            help="Write the product to a file too; repeatable.",
        ),
        click.option(
            "--max-requests",
            type=click.IntRange(min=1),
            metavar="N",
            help="Never make more API requests than this.",
        ),
        click.option(
            "--allow-host",
            multiple=True,
            metavar="HOST",
            help="A host beside the vendor's that may get the key (BMECONF_ALLOW_HOSTS).",
        ),
        click.option("--quiet", is_flag=True, help="No progress and no remarks."),
        click.option("--verbose", is_flag=True, help="Tell of every request."),
        click.option("--no-color", is_flag=True, help="No colour (NO_COLOR does the same)."),
    )

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(**given: Any) -> int:
            shared = {f.name: given.pop(f.name) for f in fields(Options) if f.name in given}
            return command(Options(**shared, formats=formats), **given)

        for option in reversed(options):
            run = option(run)
        return run

    return decorate
