"""The text that a comment or an issue of ours holds: a marker, the report, where it came from.

A marker alone proves nothing, since anybody can write one: only what the action's own author
wrote is ever taken for ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from api import needed

BUDGET = 65_536
"""Characters that GitHub takes in a comment or an issue."""


def marker(kind: str, name: str) -> str:
    """The first line of our text: `kind` is `plan` or `drift`, `name` the project's."""
    return f"<!-- bmeconf:{kind} account={name} -->"


def ours(entry: Mapping[str, Any], mark: str, author: str) -> bool:
    """Whether `author` wrote this entry, and begins it with `mark`."""
    wrote = (entry.get("user") or {}).get("login")
    return wrote == author and str(entry.get("body") or "").lstrip().startswith(mark)


def body(mark: str, report: Path, otherwise: str, environ: Mapping[str, str]) -> str:
    """The report under its marker, or `otherwise` where there is none; with a line on its origin.

    A report that is longer than GitHub takes is left to the run's summary.
    """
    text = report.read_text(encoding="utf-8").strip() if report.is_file() else ""
    text = text.removeprefix(mark).strip() or otherwise
    whole = "\n\n".join((mark, text, f"<sub>{origin(environ)}</sub>")) + "\n"
    if len(whole.encode()) <= BUDGET:
        return whole
    short = "The report is too long for a comment: the summary of the run shows it."
    return "\n\n".join((mark, short, f"<sub>{origin(environ)}</sub>")) + "\n"


def origin(environ: Mapping[str, str]) -> str:
    """Which commit was looked at, by which run."""
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    repository, run = needed(environ, "GITHUB_REPOSITORY"), needed(environ, "GITHUB_RUN_ID")
    commit = environ.get("HEAD_SHA") or needed(environ, "GITHUB_SHA")
    return f"Commit {commit[:12]}, [run {run}]({server}/{repository}/actions/runs/{run})"
