"""A repository on GitHub, by its REST API."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from urllib.parse import quote

from bmeconf.forge.archive import file_in
from bmeconf.forge.http import Client, Sleep
from bmeconf.forge.model import Entry, T, Text
from bmeconf.model.errors import ForgeFailed

BOT = "github-actions[bot]"
"""Whom the token of a run writes as."""
REMEDIES = {
    401: "pass a token that is valid, by default ${{ github.token }}",
    403: "give the job the permissions that action.yml names for this mode",
    404: "check that the token may see this repository; an expired artifact is gone as well",
}
Row = Mapping[str, Any]


class GitHub:
    """The repository `owner/name`, with one token."""

    largest = 65_536

    def __init__(
        self, url: str, repository: str, token: str, sleep: Sleep, author: str = ""
    ) -> None:
        signed = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {token}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        base = f"{url.rstrip('/')}/repos/{repository}"
        self.repository, self._author = repository, author or BOT
        self._client = Client("GitHub", base, signed, REMEDIES, sleep)

    @property
    def author(self) -> str:
        return self._author

    def comments(self, change: str) -> Iterator[Text]:
        return map(_text, self._client.pages(f"issues/{change}/comments"))

    def add_comment(self, change: str, body: str) -> Text:
        return _text(self._client.send("POST", f"issues/{change}/comments", {"body": body}))

    def edit_comment(self, change: str, id: str, body: str) -> None:
        self._client.send("PATCH", f"issues/comments/{id}", {"body": body})

    def issues(self) -> Iterator[Text]:
        rows = self._client.pages("issues", state="open")
        return (_text(row, "number") for row in rows if "pull_request" not in row)

    def open_issue(self, title: str, body: str) -> Text:
        return _text(self._client.send("POST", "issues", {"title": title, "body": body}), "number")

    def edit_issue(self, id: str, body: str, title: str = "") -> None:
        closed = {"state": "closed", "state_reason": "completed"}
        change = {"title": title} if title else closed
        self._client.send("PATCH", f"issues/{id}", {**change, "body": body})

    def tip(self, path: str, branch: str) -> Entry | None:
        folder, _, name = path.rpartition("/")
        entries = self._client.rows(f"contents/{quote(folder)}".rstrip("/"), ref=branch)
        entry = next((entry for entry in entries if entry["name"] == name), None)
        if entry is None:
            return None
        blob = self._client.get(f"git/blobs/{entry['sha']}")
        return Entry(base64.b64decode(blob["content"]), entry["sha"])

    def commit(
        self, path: str, branch: str, content: bytes, before: Entry | None, message: str
    ) -> None:
        body = {
            "message": message,
            "branch": branch,
            "content": base64.b64encode(content).decode(),
            **({"sha": before.version} if before else {}),
        }
        self._client.send("PUT", f"contents/{quote(path)}", body)

    def set_status(self, commit: str, name: str, is_pending: bool, words: str) -> None:
        state = "pending" if is_pending else "success"
        body = {"state": state, "context": name, "description": words}
        self._client.send("POST", f"statuses/{commit}", body)

    def again(self, work: Callable[[], T]) -> T:
        return self._client.again(work)

    # --- what only GitHub has

    def pulls(self, commit: str) -> Iterator[Row]:
        """The pull requests that a commit is of."""
        return self._client.pages(f"commits/{commit}/pulls")

    def runs(self, workflow: str, **query: str) -> Iterator[Row]:
        """The runs of a workflow file."""
        return self._client.pages(f"actions/workflows/{workflow}/runs", "workflow_runs", **query)

    def artifact(self, run: str, name: str) -> Row | None:
        """The newest artifact of a run that has this name."""
        path = f"actions/runs/{run}/artifacts"
        found = [a for a in self._client.pages(path, "artifacts", name=name) if a["name"] == name]
        return max(found, key=lambda artifact: int(artifact["id"]), default=None)

    def file(self, artifact: Row, name: str) -> bytes:
        """The file of this name in an artifact; raises NoSuchFile where it holds none."""
        return file_in(self._client.download(f"actions/artifacts/{artifact['id']}/zip"), name)


def _text(row: Any, id: str = "id") -> Text:
    try:
        author = (row.get("user") or {}).get("login") or ""
        return Text(str(row[id]), author, row.get("body") or "")
    except (AttributeError, TypeError) as error:
        raise ForgeFailed("GitHub answered with a text that is none") from error
