"""The command line as a whole: the list of commands, and the way in and out."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib import import_module
from typing import TYPE_CHECKING, NoReturn

import click

from bmeconf import __version__
from bmeconf.cli.failure import guarded
from bmeconf.cli.stopping import stopping
from bmeconf.cli.streams import leave, say, watched
from bmeconf.cli.usage import write_surroundings
from bmeconf.model.errors import InvalidInput

if TYPE_CHECKING:
    from bmeconf.cli.console import Console
    from bmeconf.cli.progress import Clock

COMMANDS = {
    "init": "Make a working project, with examples and a CI workflow.",
    "pull": "Write manifests from the live account; a plan of them is empty.",
    "validate": "Check the manifests offline; needs no key, sends nothing.",
    "preview": "Show campaigns as their readers will see them; only reads.",
    "plan": "Show what would change in the account; only reads.",
    "show": "Show a saved plan again, in any format; sends nothing.",
    "apply": "Plan, ask, make exactly those changes, and read them back.",
    "drift": "Show what moved, and which manual steps are open; only reads.",
    "report": "Show how sent campaigns were received; only reads.",
    "doctor": "Check key, scopes, limits, account and files; only reads.",
    "probe": "Ask the account what the API's documents leave open.",
    "ci": "What a pipeline does: comments, reviewed plans, the lock file.",
    "accounts": "Show the declared accounts, and whether each has its key.",
    "compare": "Show where two accounts differ from the manifests; only reads.",
    "help": "Read the guide: manifests, plans, drift, guards, CI; offline.",
    "explain": "Explain a code of a finding, or a key of a manifest; offline.",
    "schema": "Print the JSON Schema of manifests, or of another file.",
    "sandbox": "The account simulator: all that the API does, on this machine.",
}
"""Each command with its first line of help: a module of this room, and a function in it."""

SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
PROGRAM, COMPLETE = "bmeconf", "_BMECONF_COMPLETE"
YOUNG = 1_000_000
"""So many new objects are collected at a time."""


class LazyCommands(click.Group):
    """Imports a command when it is asked for, so that `--help` and `--version` start fast."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*COMMANDS]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"bmeconf.cli.{name}"), name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([*COMMANDS.items()])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        write_surroundings(formatter)


@click.group(cls=LazyCommands, context_settings=SETTINGS)
@click.version_option(__version__, "-V", "--version", message="bmeconf %(version)s")
def cli() -> None:
    """Keep a Benchmark Email account in Git: plan, review, apply, verify.

    \b
    bmeconf validate            check the manifests, offline
    bmeconf plan                show what would change; never writes
    bmeconf apply               make exactly that, then read it back
    bmeconf drift               show what moved since, and which manual steps are open
    """


def main() -> NoReturn:
    """Run the command line and exit with a frozen code (design 4)."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        # A stream that was closed before the start; nothing else may come to use its number.
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115
    if COMPLETE in os.environ:
        # A shell asks for the words that fit here: click answers, in bytes.
        cli.main(prog_name=PROGRAM)
    # Nearly all that a run makes lives to its end: looking through it for rings finds none.
    gc.set_threshold(YOUNG, 50, 100)
    # A CI job that is cancelled ends like one that a person interrupts: with a report.
    for signum in stopping():
        if signum != signal.SIGINT:
            signal.signal(signum, signal.default_int_handler)
    code = run(sys.argv[1:])
    # It has said how it ends: whoever presses Ctrl-C once more must not make it another end.
    for signum in stopping():
        signal.signal(signum, signal.SIG_IGN)
    leave(code)


def run(arguments: Sequence[str], clock: Clock | None = None) -> int:
    """Run one command and return its exit code; it waits by `clock`, by default the system's."""
    command = next((word for word in arguments if not word.startswith("-")), "")
    with watched():
        return guarded(lambda: _guessed(arguments), command, lambda: _run(arguments, clock))


def _run(arguments: Sequence[str], clock: Clock | None) -> int:
    try:
        code = cli.main([*arguments], prog_name=PROGRAM, standalone_mode=False, obj=clock)
    except click.exceptions.NoArgsIsHelpError as error:
        say(error.ctx.get_help() if error.ctx else "")
        return 0
    return code if isinstance(code, int) else 0


def _guessed(arguments: Sequence[str]) -> Console:
    """How a run speaks that fails before its options are read: as they seem to ask for."""
    from bmeconf.cli.console import Console
    from bmeconf.cli.outputs import outputs
    from bmeconf.cli.redaction import Redaction
    from bmeconf.render import EVERY_FORMAT, FORMATS

    format = next(iter(_values("--format", arguments)[-1:]), "")
    good: list[str] = []
    for option in _values("--output", arguments):
        with suppress(InvalidInput, OSError):
            outputs([*good, option])
            good.append(option)
    return Console(
        format=format if format in EVERY_FORMAT else FORMATS[0],
        outputs=outputs(good),
        no_color="--no-color" in arguments,
        redaction=Redaction.asked("--redact" in arguments),
    )


def _values(option: str, arguments: Sequence[str]) -> list[str]:
    pairs = zip(arguments, [*arguments, ""][1:], strict=True)
    return [
        value if word == option else word.partition("=")[2]
        for word, value in pairs
        if word.partition("=")[0] == option
    ]
