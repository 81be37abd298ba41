"""The command line: flags in, one call per stage, text and an exit code out. The only click.

What only some commands need is imported inside them, so that `--help` and `--version` start
fast. Nothing but `main` exits.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from bmeconf.cli import failure
from bmeconf.cli.commands import cli
from bmeconf.cli.console import TEXT, Console, StdoutLost, abandon, colours, step_summary, writable
from bmeconf.cli.rendering import FORMATS
from bmeconf.model import (
    DRIFT_FORMAT,
    PLAN_FORMAT,
    PROBLEMS_FORMAT,
    PULL_FORMAT,
    REPORT_FORMAT,
    RESULT_FORMAT,
)
from bmeconf.model.errors import BmeconfError, Bug, Interrupted, InvalidInput


def main() -> NoReturn:
    """Run the command line and exit with a frozen code (design 4)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        # A stream that was closed before the start; nothing else may come to use its number.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    # A CI job that is cancelled ends like one that a person interrupts: with a report.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command; every expected error becomes a line and its code."""
    try:
        return _run(arguments)
    except BrokenPipeError:
        # Whoever read the output has gone: say nothing more.
        abandon(sys.stdout)
        return BmeconfError.exit_code
    except StdoutLost as error:
        abandon(sys.stdout)
        Console(colour=colours("--no-color" in arguments, os.environ)).error(error)
        return error.exit_code


def _run(arguments: Sequence[str]) -> int:
    try:
        code = cli.main(args=list(arguments), prog_name="bmeconf", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return 0
    except click.exceptions.Exit as exit:
        return exit.exit_code
    except click.ClickException as error:
        return _failed(arguments, InvalidInput(error.format_message(), _usage(error)))
    except (click.Abort, KeyboardInterrupt):
        return _failed(arguments, Interrupted("interrupted; nothing more was sent"))
    except (BrokenPipeError, StdoutLost):
        raise
    except BmeconfError as error:
        return _failed(arguments, error)
    except Exception as error:
        return _failed(arguments, Bug.of(error))
    return code if isinstance(code, int) else 0


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"see: {context.command_path} --help" if context else "see: bmeconf --help"


def _failed(arguments: Sequence[str], error: BmeconfError) -> int:
    """A failure before a command had read its options: what they ask for is guessed."""
    asked = _values("--format", arguments)
    console = Console(
        format=next((name for name in asked[-1:] if name in FORMATS), TEXT),
        outputs=writable(_values("--output", arguments), FORMATS),
        step_summary=step_summary(os.environ),
        colour=colours("--no-color" in arguments, os.environ),
    )
    command = next((word for word in arguments if not word.startswith("-")), "")
    documents = {
        "plan": PLAN_FORMAT,
        "show": PLAN_FORMAT,
        "apply": RESULT_FORMAT,
        "drift": DRIFT_FORMAT,
        "pull": PULL_FORMAT,
        "report": REPORT_FORMAT,
    }
    return failure.report(console, documents.get(command, PROBLEMS_FORMAT), error)


def _values(option: str, arguments: Sequence[str]) -> list[str]:
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return [
        value if word == option else word.partition("=")[2]
        for word, value in pairs
        if word.partition("=")[0] == option
    ]
