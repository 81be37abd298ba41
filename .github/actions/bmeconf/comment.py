"""A comment on a pull request for each project: created once, then kept up to date."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import sticky
from api import Api, needed, opened, run


def main(environ: Mapping[str, str]) -> None:
    """Show the plan of this run on PULL_REQUEST."""
    mark = sticky.marker("plan", needed(environ, "NAME"))
    code = needed(environ, "CODE")
    failed = f"**No plan**: `bmeconf plan` ended with exit code {code}; the run says why."
    text = sticky.body(mark, Path(needed(environ, "REPORT")), failed, environ)
    api, number = opened(environ), needed(environ, "PULL_REQUEST")
    api.again(lambda: put(api, number, mark, needed(environ, "AUTHOR"), text))


def put(api: Api, number: str, mark: str, author: str, text: str) -> None:
    """Update the action's own comment, or create it."""
    comments = api.pages(f"issues/{number}/comments")
    mine = next((c for c in comments if sticky.ours(c, mark, author)), None)
    if mine is None:
        comment = api.send("POST", f"issues/{number}/comments", {"body": text})
        sticky.written(comment, mark, author)
    elif mine["body"] != text:
        api.send("PATCH", f"issues/comments/{mine['id']}", {"body": text})


if __name__ == "__main__":
    run(main)
