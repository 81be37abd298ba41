"""The end of a command that could not do its work: words for people, a document for machines."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from bmeconf.cli.console import Console
from bmeconf.model import Problem
from bmeconf.model.errors import BmeconfError, Bug


def report(console: Console, format: str, error: BmeconfError) -> int:
    """Tell of `error` everywhere this run was asked to speak; its exit code.

    `format` is the document's, such as `bmeconf.plan/1`.
    """
    from bmeconf.cli import rendering
    from bmeconf.render import text

    if isinstance(error, Bug):
        traceback.print_exception(error.__cause__)
    problems: Sequence[Problem] = getattr(error, "problems", ())
    console.tell(text.problems(problems)[:-1] if problems else [])
    console.error(error)
    console.publish_failure(rendering.failed(format, error, problems, console.account))
    return error.exit_code
