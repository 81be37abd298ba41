"""Everything that commands have in common: shared options and a console."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import click

from bmeconf.cli.console import Console
from bmeconf.cli.failure import guarded
from bmeconf.cli.outputs import named_files, outputs
from bmeconf.cli.redaction import Redaction
from bmeconf.model import (
    DELETE,
    SANDBOX,
    SIMULATED,
    Address,
    path_word,
    shell_line,
)
from bmeconf.model.errors import InvalidInput
from bmeconf.render import EVERY_FORMAT, FORMATS, Line

if TYPE_CHECKING:
    # Not at run time, so that `--help` and `--version` start fast.
    from bmeconf.plan import Plan

Command = Callable[..., int]
Decorator = Callable[[Command], Command]


class Options(NamedTuple):
    """What the user asked for, beside the paths."""

    format: str
    output: tuple[str, ...]
    no_color: bool
    redact: bool = False
    quiet: bool = False
    verbose: bool = False
    timings: bool = False
    account: str | None = None
    sandbox: bool = False
    target: tuple[str, ...] = ()
    max_requests: int | None = None
    parallel: int | None = None
    allow_host: tuple[str, ...] = ()
    all_accounts: bool = False

    def console(self) -> Console:
        """How this run speaks, or InvalidInput for an --output that cannot be written."""
        named = os.environ.get("BMECONF_ACCOUNT", "")
        return Console(
            format=self.format,
            outputs=outputs(self.output),
            no_color=self.no_color,
            quiet=self.quiet,
            verbose=self.verbose,
            account="the sandbox" if self.sandbox else self.account or named,
            redaction=Redaction.asked(self.redact),
        )

    def account_words(self) -> list[str]:
        """The options that name the same account to another command."""
        words = ["--sandbox"] if self.sandbox else []
        words += ["--account", self.account] if self.account else []
        for host in self.allow_host:
            words += ["--allow-host", host]
        return words

    def target_words(self) -> list[str]:
        """The options that name the same resources to another command."""
        return [word for target in self.target for word in ("--target", target)]


PRODUCT: Sequence[Decorator] = (
    click.option(
        "--format",
        type=click.Choice(EVERY_FORMAT),
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
    click.option("--no-color", is_flag=True, help="No colour (NO_COLOR does the same)."),
    click.option(
        "--redact",
        is_flag=True,
        help="Show a short digest in place of each email address and contact's value.",
    ),
)
ACCOUNT: Decorator = click.option(
    "--account", metavar="NAME", help="The declared account to use (BMECONF_ACCOUNT)."
)
VERBOSE: Decorator = click.option(
    "--verbose",
    is_flag=True,
    help="Print the project's root, and every request with its status, time and size.",
)
READING: Sequence[Decorator] = (
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
        "--parallel",
        type=click.IntRange(1, 16),
        metavar="N",
        help="Read with so many requests at once: 4, or what the project file says.",
    ),
    click.option(
        "--allow-host",
        multiple=True,
        metavar="HOST",
        help="A host beside the vendor's that may get the key (BMECONF_ALLOW_HOSTS).",
    ),
    click.option("--quiet", is_flag=True, help="No progress and no notes."),
    VERBOSE,
    click.option(
        "--timings",
        is_flag=True,
        help="Print a table at the end: requests, waits, and CPU of the stages.",
    ),
)
ONLINE: Sequence[Decorator] = (
    ACCOUNT,
    click.option("--sandbox", is_flag=True, help="Run against the account simulator."),
    *READING,
)
ANY_PATH = click.Path(path_type=Path, readable=False)
"""A file or folder, which its command looks at itself."""
PATHS = click.argument("paths", nargs=-1, type=ANY_PATH, metavar="[PATH...]")
ALL_ACCOUNTS: Decorator = click.option(
    "--all-accounts",
    is_flag=True,
    help="One declared account after another, each with limits of its own; one report of all.",
)
SINCE = click.option(
    "--since",
    metavar="REV",
    help="Compare with the manifests at a Git revision: who moved, and which orphans are left.",
)

LOCK_TIMEOUT = click.option(
    "--lock-timeout",
    default="10m",
    show_default=True,
    metavar="AGE",
    help="How long to wait for another run that writes to this project; 0s refuses at once.",
)


def common(command: Command) -> Command:
    """Give a command the shared options and a console, as its first two arguments."""
    return _decorated((*ONLINE, *PRODUCT), command)


def on_accounts(command: Command) -> Command:
    """As `common`, for a command whose arguments name its accounts."""
    return _decorated((*READING, *PRODUCT), command)


def offline(command: Command) -> Command:
    """As `common`, for a command that meets no account."""
    return _decorated(PRODUCT, command)


def _decorated(shared: Sequence[Decorator], command: Command) -> Command:
    @functools.wraps(command)
    def run(**given: Any) -> int:
        options = Options(**{name: given.pop(name) for name in Options._fields if name in given})
        console = options.console()

        def checked() -> int:
            console.timings.stage("manifests")
            _spare_inputs(console, given)
            if options.all_accounts:
                return _on_each_account(command, options, console, given)
            return command(options, console, **given)

        code = guarded(lambda: console, command.__name__, checked)
        if options.timings:
            console.tell(Line(line) for line in console.timings.lines())
        return code

    decorated: Command = run
    for option in reversed(shared):
        decorated = option(decorated)
    return decorated


def _on_each_account(
    command: Command, options: Options, console: Console, given: Mapping[str, Any]
) -> int:
    """The command on every declared account, or InvalidInput where it can be on one alone."""
    from bmeconf.cli.all_accounts import on_each_account

    for option, chosen, reason in (
        ("--account", options.account, "they exclude each other"),
        ("--sandbox", options.sandbox, "the simulator is one account"),
        ("--save-plan", given.get("out"), "a saved plan is the plan of one account"),
    ):
        if chosen:
            raise InvalidInput(f"--all-accounts with {option}: {reason}", "leave one of them out")

    def on(account: str, console: Console) -> int:
        return command(options._replace(account=account), console, **given)

    return on_each_account(console, command.__name__, given.get("paths") or (Path("."),), on)


def _refuse_all(context: click.Context, option: click.Parameter, given: bool) -> None:
    if given:
        raise InvalidInput(
            f"{context.command_path} takes one account a run, and no --all-accounts",
            "name the account with --account NAME, one run after another",
        )


ONE_ACCOUNT: Decorator = click.option(
    "--all-accounts", is_flag=True, hidden=True, expose_value=False, callback=_refuse_all
)
"""For commands that write: known, and refused with a reason."""


def _spare_inputs(console: Console, given: Mapping[str, Any]) -> None:
    """Refuse to write over what a command was given, or what the manifests of its project name."""
    if not any(path.is_file() for _, path in console.outputs):
        return
    single = [given[name] for name in ("file", "resume") if given.get(name)]
    paths = [*given.get("paths", ()), *single]
    console.spare([path for path in paths if path.is_file()], "what this command reads")
    paths += [given["out"]] if given.get("out") else []
    folders = [path for path in paths if path.is_dir() or path.suffix in (".yaml", ".yml")]
    console.spare(named_files(folders or [Path(".")]), "a file that a manifest names")


def account_label(name: str, base_url: str) -> str:
    """An account for people: its name in the project, if it has one, and its host."""
    if base_url == SIMULATED:
        return SANDBOX
    host = urlsplit(base_url).netloc or base_url
    return f"{name} ({host})" if name else host


def apply_command(
    plan: Plan,
    paths: Sequence[Path],
    account: Sequence[str],
    targets: Sequence[str] = (),
    addresses: Collection[Address] | None = None,
) -> str:
    """The apply that carries out a plan, with the acknowledgements that it will ask for.

    `account` are the options that name the account. `addresses` limits the acknowledgements to
    the steps that `targets` leave.
    """
    words = ["bmeconf", "apply", *map(path_word, paths), *account]
    for target in targets:
        words += ["--target", target]
    for step in plan.steps:
        if step.action == DELETE and (addresses is None or step.address in addresses):
            words += ["--allow-delete", str(step.address)]
    return shell_line(words)
