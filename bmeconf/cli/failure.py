"""The end of a run with a report: the only place that turns errors into exit codes.

What a report needs is imported where it is made, so that `--help` and `--version` start fast.
"""

from __future__ import annotations

import errno
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import TYPE_CHECKING

import click

from bmeconf import model
from bmeconf.cli.stopping import undisturbed
from bmeconf.cli.streams import StdoutLost
from bmeconf.model import Problem
from bmeconf.model.errors import BmeconfError, Bug, Interrupted, InvalidInput

if TYPE_CHECKING:
    from bmeconf.cli.console import Console

DOCUMENTS = {
    "accounts": model.ACCOUNTS_FORMAT,
    "compare": model.COMPARE_FORMAT,
    "doctor": model.DOCTOR_FORMAT,
    "plan": model.PLAN_FORMAT,
    "probe": model.PROBE_FORMAT,
    "show": model.PLAN_FORMAT,
    "apply": model.RESULT_FORMAT,
    "drift": model.DRIFT_FORMAT,
    "pull": model.PULL_FORMAT,
    "report": model.REPORT_FORMAT,
}
"""The JSON of each command; of the others it is `PROBLEMS_FORMAT`."""


def guarded(console: Callable[[], Console], name: str, command: Callable[[], int]) -> int:
    """Run the command of this name; it ends with a report and a frozen exit code (design 4).

    `console` makes what an error is reported on.
    """
    try:
        try:
            return command()
        except click.exceptions.Exit as exit:
            return exit.exit_code
        except (click.Abort, KeyboardInterrupt):
            error: BmeconfError = Interrupted("interrupted; nothing more was sent")
        except click.ClickException as usage:
            context = getattr(usage, "ctx", None)
            path = context.command_path if context else "bmeconf"
            error = InvalidInput(usage.format_message(), f"see: {path} --help")
        except StdoutLost:
            raise
        except BmeconfError as expected:
            error = expected
        except Exception as unexpected:
            error = too_long(unexpected) or Bug.of(unexpected)
        # Whoever presses Ctrl-C once more gets the whole report of the first one all the same.
        with undisturbed() if isinstance(error, Interrupted) else nullcontext():
            return _report(console(), name, error)
    except StdoutLost as lost:
        console().error(lost)
        return lost.exit_code


def too_long(error: Exception) -> InvalidInput | None:
    """The refusal of a name that no file of this system can have, where `error` is about one."""
    if not isinstance(error, OSError) or error.errno != errno.ENAMETOOLONG:
        return None
    path = str(error.filename)
    return InvalidInput(
        f"{path[:40]}...: a path of {len(path)} characters is too long here", "name another"
    )


def _report(console: Console, name: str, error: BmeconfError) -> int:
    """Report an error on stderr and in every format asked for; return its exit code."""
    from bmeconf.render import documents, page

    document = DOCUMENTS.get(name, model.PROBLEMS_FORMAT)
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
