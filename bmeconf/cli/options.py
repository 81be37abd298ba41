"""The options that the commands share, as one value."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import click

from bmeconf.cli import console, failure
from bmeconf.cli.console import Console, StdoutLost
from bmeconf.model.errors import BmeconfError, Bug, Interrupted

Command = Callable[..., int]
Decorator = Callable[[Command], Command]


@dataclass(frozen=True)
class Options:
    """What the user asked for, beside the paths; `formats` are those the command can print."""

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
    formats: tuple[str, ...] = ()

    def console(self) -> Console:
        """How this run speaks.

        Raises:
            InvalidInput: for an --output that cannot be.
        """
        named = os.environ.get("BMECONF_ACCOUNT", "")
        return Console(
            format=self.format,
            outputs=console.outputs(self.output, self.formats),
            step_summary=console.step_summary(os.environ),
            colour=console.colours(self.no_color, os.environ),
            quiet=self.quiet,
            verbose=self.verbose,
            account="the sandbox" if self.sandbox else self.account or named,
        )


def common(document: str, *formats: str) -> Decorator:
    """Give a command the shared options and a console, as its first two arguments.

    `document` is the format of its JSON, `formats` are those that it can print. Whatever ends
    the command, it ends with a report and an exit code.
    """
    return _with((*_account(), *_product(formats)), document, formats)


def offline(document: str, *formats: str) -> Decorator:
    """As `common`, for a command that meets no account."""
    return _with(_product(formats), document, formats)


def _with(shared: Sequence[Decorator], document: str, formats: tuple[str, ...]) -> Decorator:
    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def run(**given: Any) -> int:
            asked = {f.name: given.pop(f.name) for f in fields(Options) if f.name in given}
            options = Options(**asked, formats=formats)
            speaking = options.console()
            try:
                return command(options, speaking, **given)
            except (BrokenPipeError, StdoutLost, click.ClickException):
                raise
            except (click.Abort, KeyboardInterrupt):
                error: BmeconfError = Interrupted("interrupted; nothing more was sent")
            except BmeconfError as expected:
                error = expected
            except Exception as unexpected:
                error = Bug.of(unexpected)
            return failure.report(speaking, document, error)

        decorated: Command = run
        for option in reversed(shared):
            decorated = option(decorated)
        return decorated

    return decorate


def _account() -> tuple[Decorator, ...]:
    return (
        click.option("--account", metavar="NAME", help="Which declared account (BMECONF_ACCOUNT)."),
        click.option("--sandbox", is_flag=True, help="Run against the account simulator."),
        click.option(
            "--target",
            multiple=True,
            metavar="ADDRESS",
            help="Only what this glob names, and what it depends on; repeatable.",
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
    )


def _product(formats: Sequence[str]) -> tuple[Decorator, ...]:
    return (
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
        click.option("--quiet", is_flag=True, help="No progress and no remarks."),
        click.option("--verbose", is_flag=True, help="Tell of every request."),
        click.option("--no-color", is_flag=True, help="No colour (NO_COLOR does the same)."),
    )
