"""The command line: flags in, one call per stage, text and an exit code out. The only click.

What only some commands need is imported inside them, so that `--help` and `--version` start
fast. Nothing but `main` exits.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from typing import Any, NoReturn

import click

from bmeconf import __version__
from bmeconf.cli.commands import cli
from bmeconf.cli.console import Console, colours
from bmeconf.errors import BmeconfError, Interrupted, InvalidInput


def main() -> NoReturn:
    """Run the command line and exit with a frozen code (design 4)."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """The exit code of one command; every expected error becomes a line and its code."""
    try:
        code = cli.main(args=list(arguments), prog_name="bmeconf", standalone_mode=False)
        sys.stdout.flush()
    except click.exceptions.Exit as exit:
        return exit.exit_code
    except click.ClickException as error:
        return _failed(arguments, InvalidInput(error.format_message(), _usage(error)))
    except (click.Abort, KeyboardInterrupt):
        return _failed(arguments, Interrupted("interrupted; nothing more was sent"))
    except BmeconfError as error:
        return _failed(arguments, error)
    except BrokenPipeError:
        # Whoever read the output has gone; say nothing more, and let no flush complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BmeconfError.exit_code
    except Exception as error:
        traceback.print_exc()
        told = f"bmeconf {__version__}: {type(error).__name__}: this is a bug of bmeconf"
        return _failed(arguments, Bug(told, "report it with the lines above"))
    return code if isinstance(code, int) else 0


class Bug(BmeconfError):
    """An exception that nothing expected."""

    code = "bug"


def _usage(error: click.ClickException) -> str:
    context = getattr(error, "ctx", None)
    return f"see: {context.command_path} --help" if context else "see: bmeconf --help"


def _failed(arguments: Sequence[str], error: BmeconfError) -> int:
    """Tell of a failure: in words on stderr, and as the command's document where JSON was asked."""
    console = Console(colour=colours("--no-color" in arguments, os.environ))
    problems = getattr(error, "problems", ())
    if problems:
        from bmeconf.report import text

        console.tell(text.problems(problems)[:-1])
    console.error(error)
    if _wants_json(arguments):
        console.product(_document(arguments, error, problems))
    return error.exit_code


def _wants_json(arguments: Sequence[str]) -> bool:
    pairs = zip(arguments, [*arguments[1:], ""], strict=True)
    return any(a == "--format=json" or (a, b) == ("--format", "json") for a, b in pairs)


def _document(arguments: Sequence[str], error: BmeconfError, problems: Any) -> str:
    from bmeconf import document

    formats = {"plan": document.PLAN, "apply": document.RESULT}
    command = next((a for a in arguments if not a.startswith("-")), "")
    failure = document.failure(formats.get(command, document.PROBLEMS), error)
    if problems:
        failure["problems"] = document.problems(problems, error.exit_code)["problems"]
    return document.text(failure)
