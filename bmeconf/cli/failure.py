"""The end of a command that could not do its work: the only place that turns errors into codes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import click

from bmeconf.cli.console import Console, StdoutLost, abandon
from bmeconf.model import Problem
from bmeconf.model.errors import BmeconfError, Bug, Interrupted, InvalidInput


def guarded(console: Console, document: str, command: Callable[[], int]) -> int:
    """Run a command. Whatever ends it, it ends with a report and a frozen exit code (design 4).

    `document` is the format of its JSON, such as `bmeconf.plan/1`.
    """
    try:
        try:
            return command()
        except click.exceptions.Exit as exit:
            return exit.exit_code
        except (click.Abort, KeyboardInterrupt):
            error: BmeconfError = Interrupted("interrupted; nothing more was sent")
        except click.ClickException as usage:
            error = _usage(usage)
        except (BrokenPipeError, StdoutLost):
            raise
        except BmeconfError as expected:
            error = expected
        except Exception as unexpected:
            error = Bug.of(unexpected)
        return _report(console, document, error)
    except BrokenPipeError:
        # Whoever read the output has gone: say nothing more.
        abandon(sys.stdout)
        return BmeconfError.exit_code
    except StdoutLost as error:
        abandon(sys.stdout)
        console.error(error)
        return error.exit_code


def _usage(error: click.ClickException) -> InvalidInput:
    context = getattr(error, "ctx", None)
    path = context.command_path if context else "bmeconf"
    return InvalidInput(error.format_message(), f"see: {path} --help")


def _report(console: Console, document: str, error: BmeconfError) -> int:
    """Report an error on stderr and in every format asked for; return its exit code."""
    from bmeconf.render import documents, page

    problems: Sequence[Problem] = getattr(error, "problems", ())
    console.problems(problems)
    console.error(error)
    return console.publish(
        page.of_failure(document, error, problems, console.account),
        lambda *_: documents.failure(document, error, problems),
        error.exit_code,
        error,
        stands=True,
        on_stderr=True,
    )
