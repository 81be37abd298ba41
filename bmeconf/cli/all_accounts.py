"""`--all-accounts`: a command on one declared account after another, and one report of all.

The command does not know: its console keeps the report instead of giving it out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

from bmeconf.cli.console import Console, Report
from bmeconf.cli.failure import guarded
from bmeconf.cli.stopping import undisturbed
from bmeconf.desired import read_project_files
from bmeconf.model.errors import Interrupted, InvalidInput, gravest
from bmeconf.render.documents import all_accounts as documents
from bmeconf.render.page import all_accounts as page


def on_each_account(
    console: Console, name: str, paths: Sequence[Path], command: Callable[[str, Console], int]
) -> int:
    """Run the command `name` on every account that the project of `paths` declares.

    `command` takes the account's name and its console. No account's failure stops the others, but
    Ctrl-C does. Returns the gravest exit code.

    Raises:
        InvalidInput: the project file declares no account, or cannot be used.
    """
    accounts = [*read_project_files(paths).project.accounts]
    if not accounts:
        raise InvalidInput(
            "--all-accounts: the project file declares no account",
            "declare them under `accounts:` in bmeconf.yaml, or leave --all-accounts out",
        )
    parts: dict[str, Report] = {}
    for account in accounts:
        console.note(f"Account: {account}")
        part = _on(account, console, name, command)
        parts[account] = part
        if part.code == Interrupted.exit_code:
            break
    left = accounts[len(parts) :]
    code, ends = gravest(part.code for part in parts.values()), parts.values()
    interrupted = code == Interrupted.exit_code
    stands = interrupted or any(end.changed for end in ends) or all(end.stands for end in ends)
    with undisturbed() if interrupted else nullcontext():
        return console.publish(
            page.of_reports({name: (part.page, part.code) for name, part in parts.items()}, left),
            lambda code, error: documents.of_reports(
                {name: part.document(part.code, part.error) for name, part in parts.items()},
                left,
                code,
                error,
            ),
            code,
            stands=stands,
        )


def _on(
    account: str, console: Console, name: str, command: Callable[[str, Console], int]
) -> Report:
    """The report of the command on one account, whatever became of it."""
    kept: list[Report] = []
    own = replace(console, account=account, kept=kept)
    code = guarded(lambda: own, name, lambda: command(account, own))
    return kept[-1]._replace(code=code)
