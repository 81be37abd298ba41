"""The text that a comment or an issue of ours holds: a marker, the report, where it came from.

A marker alone proves nothing, since anybody can write one: only what the action's own author
wrote is ever taken for ours.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api import Failed, needed

BUDGET = 65_536
"""Characters that GitHub takes in a comment or an issue."""
OWN_MARK = re.compile(r"\A<!-- bmeconf:[^\n]*-->\n")
NEXT = re.compile(r"\nNext:\n\n(`{3,})sh\n[^\n]*\n\1\Z")


def marker(kind: str, name: str) -> str:
    """The first line of our text: `kind` is `plan` or `drift`, `name` the project's."""
    return f"<!-- bmeconf:{kind} account={name} -->"


def ours(entry: Mapping[str, Any], mark: str, author: str) -> bool:
    """Whether `author` wrote this entry, and begins it with `mark`."""
    wrote = (entry.get("user") or {}).get("login")
    return wrote == author and str(entry.get("body") or "").lstrip().startswith(mark)


def written(entry: Mapping[str, Any], mark: str, author: str) -> None:
    """Check what GitHub says of an entry that was just created.

    Raises:
        Failed: where it would not be taken for ours by the next run, which would create another.
    """
    if not ours(entry, mark, author):
        login = (entry.get("user") or {}).get("login")
        raise Failed(
            f"the token writes as {login}, not as {author}: the next run would not know this text"
            " for its own, and write it once more",
            f"set author: {login}",
            3,
        )


def body(mark: str, report: Path, otherwise: str, environ: Mapping[str, str]) -> str:
    """The report under its marker, or `otherwise` where there is none; with a line on its origin.

    The command that a report ends with is for whoever ran it, not for who reads a comment. What
    is longer than GitHub takes is left to the run's summary.
    """
    text = report.read_text(encoding="utf-8").strip() if report.is_file() else ""
    text = NEXT.sub("", OWN_MARK.sub("", text)).strip() or otherwise
    told = f"<sub>{origin(environ)}</sub>"
    short = "The report is too long to be shown here: the summary of the run has it."
    parts = ((mark, text, told), (mark, text), (mark, short, told))
    return next(whole for whole in map(_joined, parts) if len(whole.encode()) <= BUDGET)


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(parts) + "\n"


def origin(environ: Mapping[str, str]) -> str:
    """Which commit was looked at, by which run."""
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    repository, run = needed(environ, "GITHUB_REPOSITORY"), needed(environ, "GITHUB_RUN_ID")
    commit = environ.get("HEAD_SHA") or needed(environ, "GITHUB_SHA")
    return f"Commit {commit[:12]}, [run {run}]({server}/{repository}/actions/runs/{run})"
