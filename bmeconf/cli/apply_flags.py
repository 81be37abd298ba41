"""The options of `apply` beside the shared ones, and which of them go together."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from bmeconf.cli import stages
from bmeconf.cli.console import Console
from bmeconf.cli.options import Command, Options
from bmeconf.cli.session import alone
from bmeconf.model.errors import InvalidInput
from bmeconf.plan import Acknowledged

EXPECTED = re.compile(r"[0-9a-f]{32,64}")
ALLOWANCES = {
    "--allow-delete": ("ADDRESS", "Confirm this planned delete (glob); repeatable."),
    "--allow-audience": (
        "ADDRESS",
        "Let this draft reach more people than the policy allows; repeatable.",
    ),
    "--allow-freeze": (
        "REASON",
        "Write in the freeze of this reason, or soon before this campaign is sent; repeatable.",
    ),
}
"""What lets a plan through a guard, each for one thing: the option, its value, its help."""


def allowances(command: Command) -> Command:
    """Give a command the options that let a plan through the guards."""
    for name, (value, help) in reversed(ALLOWANCES.items()):
        command = click.option(name, multiple=True, metavar=value, help=help)(command)
    return command


@dataclass(frozen=True)
class ApplyFlags:
    """The options of `apply` beside the shared ones; None where not given."""

    auto_approve: bool
    allow_delete: tuple[str, ...]
    expect: str | None
    max_plan_age: str | None
    on_stale: str | None
    resume: Path | None
    lock_timeout: str
    allow_audience: tuple[str, ...] = ()
    allow_freeze: tuple[str, ...] = ()

    @property
    def allowed(self) -> Acknowledged:
        """What the operator lets through, beside deletes."""
        return Acknowledged(self.allow_audience, self.allow_freeze)

    def turn(self, console: Console) -> stages.Turn:
        """How the run takes its turn among those that write to its project."""
        return partial(alone, console, "apply", self.lock_timeout)

    def check(self, options: Options, paths: Sequence[Path], plan: Path | None) -> None:
        """Refuse options that do not go together: without effect, one is a misunderstanding."""
        if self.expect is not None and not EXPECTED.fullmatch(self.expect):
            raise InvalidInput(
                f"--expect {self.expect}: not a fingerprint, which has 32 characters of 0-9a-f:"
                " another change with a shorter one could be made up",
                "give all of it, as this version of plan shows it",
            )
        of_saved = {"--max-plan-age": self.max_plan_age, "--on-stale": self.on_stale}
        alone = {
            "a PATH": paths,
            "--target": options.target,
            "--auto-approve": self.auto_approve,
            "--allow-delete": self.allow_delete,
            "--expect": self.expect,
            **of_saved,
        }
        given = [name for name, value in alone.items() if value]
        if self.resume and given:
            raise InvalidInput(
                f"--resume stands alone; it does not go with {', '.join(given)}",
                "the journal says what was asked for and what is left",
            )
        if plan and options.target:
            raise InvalidInput(
                f"--target does not go with a saved plan: {plan} is applied as it is",
                "use plan --target --save-plan, and apply that",
            )
        for name, value in of_saved.items():
            if value is not None and not plan:
                raise InvalidInput(
                    f"{name} is about a saved plan, and there is none", "use: bmeconf apply PLAN"
                )
