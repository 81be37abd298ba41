"""The end of a command that could not do its work: words for people, a document for machines."""

from __future__ import annotations

import traceback
from collections.abc import Sequence

from bmeconf.cli.console import Console, Renderers
from bmeconf.errors import BmeconfError, Bug
from bmeconf.model import Problem
from bmeconf.report.lines import Line


def report(console: Console, format: str, error: BmeconfError) -> int:
    """Tell of `error` everywhere this run was asked to speak; its exit code.

    `format` is the document's, such as `bmeconf.plan/1`.
    """
    from bmeconf import document
    from bmeconf.report import github, safe, text

    if isinstance(error, Bug):
        traceback.print_exception(error.__cause__)
    problems: Sequence[Problem] = getattr(error, "problems", ())
    told = text.problems(problems)[:-1] if problems else []
    console.tell(told)
    console.error(error)
    failed = [*told, Line(safe.line(f"Error: {error.message}"))]
    renderers: Renderers = {
        "text": lambda: failed,
        "json": lambda: document.text(document.failure(format, error, problems)),
        "github": lambda: github.failure(error, problems),
    }
    console.publish_failure(renderers)
    return error.exit_code
