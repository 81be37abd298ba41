"""An issue for the drift of each project: opened, kept up to date, closed by a clean run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import sticky
from api import Api, needed, opened, output, run

TITLES = {
    "2": "The account has drifted: {name}",
    "9": "A manual step is overdue, undone or wrong: {name}",
}


def main(environ: Mapping[str, str]) -> None:
    """Open, update or close the issue as CODE, the exit code of `bmeconf drift`, says."""
    name, code = needed(environ, "NAME"), needed(environ, "CODE")
    mark = sticky.marker("drift", name)
    report = Path(needed(environ, "REPORT"))
    text = sticky.body(mark, report, f"`bmeconf drift` ended with exit code {code}.", environ)
    title = TITLES[code].format(name=name) if code != "0" else ""
    api = opened(environ)
    api.again(lambda: put(api, mark, environ, title, text))


def put(api: Api, mark: str, environ: Mapping[str, str], title: str, text: str) -> None:
    """Open, update or (without a `title`) close the action's own issue."""
    author = needed(environ, "AUTHOR")
    issues = api.pages("issues", state="open")
    mine = next(
        (i for i in issues if "pull_request" not in i and sticky.ours(i, mark, author)), None
    )
    if mine and title:
        api.send("PATCH", f"issues/{mine['number']}", {"title": title, "body": text})
    elif mine:
        closing = {"body": text, "state": "closed", "state_reason": "completed"}
        api.send("PATCH", f"issues/{mine['number']}", closing)
    elif title:
        mine = api.send("POST", "issues", {"title": title, "body": text})
        sticky.written(mine, mark, author)
    if mine:
        output(environ, issue=str(mine["number"]))


if __name__ == "__main__":
    run(main)
