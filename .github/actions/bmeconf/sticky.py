"""The text of the action's comments and issues: a marker, the report, its origin.

A marker alone proves nothing, since anybody can write it: only texts of the action's own author
count as its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from api import Failed, needed

BUDGET = 65_536
"""The limit of GitHub for a comment or an issue."""
OWN_MARK = re.compile(r"\A<!-- bmeconf:[^\n]*-->\n")
NEXT = re.compile(r"\nNext:\n\n(`{3,})sh\n[^\n]*\n\1\Z")


def marker(kind: str, name: str) -> str:
    """The first line of the text: `kind` is `plan` or `drift`, `name` names the project."""
    return f"<!-- bmeconf:{kind} account={name} -->"


def ours(entry: Mapping[str, Any], mark: str, author: str) -> bool:
    """True if `author` wrote this entry, and it begins with `mark`."""
    wrote = (entry.get("user") or {}).get("login")
    return wrote == author and str(entry.get("body") or "").lstrip().startswith(mark)


def written(entry: Mapping[str, Any], mark: str, author: str) -> None:
    """Check GitHub's reply about a new entry.

    Raises:
        Failed: if the next run would not recognise the entry, and would create another.
    """
    if not ours(entry, mark, author):
        login = (entry.get("user") or {}).get("login")
        raise Failed(
            f"the token writes as {login}, not as {author}: the next run would not recognise this"
            " text, and write it again",
            f"set author: {login}",
            3,
        )


def body(mark: str, report: Path, otherwise: str, environ: Mapping[str, str]) -> str:
    """The report under its marker, or `otherwise` if there is no report; with a line on its origin.

    The next command at the end of a report is left out, since it is not for readers of a comment.
    A report beyond the limit of GitHub is replaced by a reference to the run's summary.
    """
    text = report.read_text(encoding="utf-8").strip() if report.is_file() else ""
    text = NEXT.sub("", OWN_MARK.sub("", text)).strip() or otherwise
    footer = f"<sub>{origin(environ)}</sub>"
    notice = "The report is too long for a comment: the summary of the run has it."
    parts = ((mark, text, footer), (mark, text), (mark, notice, footer))
    return next(whole for whole in map(_joined, parts) if len(whole.encode()) <= BUDGET)


def _joined(parts: Sequence[str]) -> str:
    return "\n\n".join(parts) + "\n"


def origin(environ: Mapping[str, str]) -> str:
    """The commit and the run of the report, as Markdown."""
    server = environ.get("GITHUB_SERVER_URL", "https://github.com")
    repository, run = needed(environ, "GITHUB_REPOSITORY"), needed(environ, "GITHUB_RUN_ID")
    commit = environ.get("HEAD_SHA") or needed(environ, "GITHUB_SHA")
    return f"Commit {commit[:12]}, [run {run}]({server}/{repository}/actions/runs/{run})"
