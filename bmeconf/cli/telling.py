"""What a pipeline tells its forge: the plan in a comment, drift in an issue, a commit's status."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path

from bmeconf import forge
from bmeconf.cli import pipeline
from bmeconf.cli.show import load
from bmeconf.desired import manifest, project_at
from bmeconf.desired.manifest import PROJECT_FILE
from bmeconf.forge import texts
from bmeconf.model import counted, waiting
from bmeconf.model.errors import InvalidInput

TITLES = {
    2: "The account has drifted: {name}",
    9: "A manual step is overdue, undone or wrong: {name}",
}
"""The title of an issue, by the exit code of `drift`."""
TOLD = (0, *TITLES)
"""How `drift` ends where its report is whole."""


def comment(name: str, report: Path, code: int, change: str, author: str) -> None:
    """Keep the comment with a plan up to date, whose command ended with `code`."""
    mark, lines = texts.marker(texts.PLAN, name), _report(report)
    otherwise = f"**No plan**: `bmeconf plan` ended with exit code {code}; the run says why."
    number, host = change or _change(os.environ), pipeline.host(author)
    body = texts.body(mark, lines, otherwise, _origin(), host.largest)
    done = host.again(lambda: texts.keep_comment(host, number, mark, body, is_news=code != 0))
    pipeline.tell(f"The comment on {number} was {done}.")


def issue(name: str, report: Path, code: int, author: str) -> None:
    """Keep the issue with drift up to date; without drift, close it."""
    if code not in TOLD:
        raise InvalidInput(f"--code {code}: drift tells of 0, 2 and 9", "let the job fail")
    mark, host = texts.marker(texts.DRIFT, name), pipeline.host(author)
    otherwise = f"`bmeconf drift` ended with exit code {code}."
    body = texts.body(mark, _report(report), otherwise, _origin(), host.largest)
    title = TITLES[code].format(name=name) if code else ""
    number, word = host.again(lambda: texts.keep_issue(host, mark, title, body))
    pipeline.outputs(issue=number)
    pipeline.tell(f"The issue {number} was {word}." if number else "No issue is needed.")


def status(plan: Path, name: str) -> None:
    """Set the status of the commit that a plan is of."""
    left = waiting(load(plan)[0].manual)
    words = f"{counted(left, 'manual step')} to do" if left else "no manual steps to do"
    host = pipeline.host()
    commit, context = forge.Run.of(os.environ).commit, f"bmeconf/{name}: manual steps"
    host.again(lambda: host.set_status(commit, context, bool(left), words))
    pipeline.tell(f"{context}: {words}.")


def accounts(folder: Path) -> None:
    """Set the output `accounts`: those that the project declares, as a matrix of jobs."""
    project = project_at(manifest.find_root(folder))
    rows = [
        {"name": each.name, "api_key_env": each.api_key_env} for each in project.accounts.values()
    ]
    if not rows:
        message = f"{PROJECT_FILE} declares no account"
        raise InvalidInput(message, "declare them, or use the recipe for one account")
    pipeline.outputs(accounts=json.dumps(rows))
    pipeline.tell(json.dumps(rows))


def _report(path: Path) -> str:
    """A report, empty where the command did not get so far."""
    return pipeline.text(path) if path.is_file() else ""


def _change(environ: Mapping[str, str]) -> str:
    """The number of the pull or merge request that this run is of."""
    number = environ.get("CI_MERGE_REQUEST_IID", "")
    reference = environ.get("GITHUB_REF", "").split("/")
    if not number and reference[:2] == ["refs", "pull"]:
        number = reference[2]
    if not number:
        raise InvalidInput("this run is of no pull or merge request", "name it with --change")
    return number


def _origin() -> str:
    """The commit and the run of a report, as Markdown."""
    run = forge.Run.of(os.environ)
    return f"Commit {run.commit[:12]}, [run {run.number}]({run.url})"
