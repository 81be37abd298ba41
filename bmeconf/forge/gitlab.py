"""A project on GitLab, by version 4 of its REST API."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any
from urllib.parse import quote

from bmeconf.forge.http import Client, Sleep
from bmeconf.forge.model import Entry, T, Text
from bmeconf.model.errors import ForgeFailed

REMEDIES = {
    401: "set GITLAB_TOKEN to a project access token with the scope `api`",
    403: "give the project access token the scope `api` and the role Developer",
    404: "check that GITLAB_TOKEN may see this project; a job token may not write notes",
}

NO_FILE = "404 File Not Found"
NO_PIPELINE = "[skip ci]"
"""In the message of a commit: it starts no pipeline, which would have nothing to apply."""


class GitLab:
    """The project with an id, with one access token."""

    largest = 1_000_000

    def __init__(self, url: str, project: str, token: str, sleep: Sleep) -> None:
        self._project = f"projects/{quote(project, safe='')}"
        self._client = Client("GitLab", url.rstrip("/"), {"PRIVATE-TOKEN": token}, REMEDIES, sleep)

    @cached_property
    def author(self) -> str:
        user = self._client.get("user")
        return str(user["username"])

    def comments(self, change: str) -> Iterator[Text]:
        path = f"{self._project}/merge_requests/{change}/notes"
        rows = self._client.pages(path)
        return (_text(row, "id", "body") for row in rows if not row.get("system"))

    def add_comment(self, change: str, body: str) -> Text:
        path = f"{self._project}/merge_requests/{change}/notes"
        return _text(self._client.send("POST", path, {"body": body}), "id", "body")

    def edit_comment(self, change: str, id: str, body: str) -> None:
        path = f"{self._project}/merge_requests/{change}/notes/{id}"
        self._client.send("PUT", path, {"body": body})

    def issues(self) -> Iterator[Text]:
        rows = self._client.pages(f"{self._project}/issues", state="opened")
        return (_text(row, "iid", "description") for row in rows)

    def open_issue(self, title: str, body: str) -> Text:
        made = self._client.send(
            "POST", f"{self._project}/issues", {"title": title, "description": body}
        )
        return _text(made, "iid", "description")

    def edit_issue(self, id: str, body: str, title: str = "") -> None:
        change = {"title": title} if title else {"state_event": "close"}
        path = f"{self._project}/issues/{id}"
        self._client.send("PUT", path, {**change, "description": body})

    def tip(self, path: str, branch: str) -> Entry | None:
        try:
            row = self._client.get(self._file(path), ref=branch)
        except ForgeFailed as error:
            # A branch and a project that the token may not see are a 404 as well.
            if error.status == 404 and error.reason == NO_FILE:
                return None
            raise
        return Entry(base64.b64decode(row["content"]), str(row["last_commit_id"]))

    def commit(
        self, path: str, branch: str, content: bytes, before: Entry | None, message: str
    ) -> None:
        replaced = {"last_commit_id": before.version} if before else {}
        whole = f"{message}\n\n{NO_PIPELINE}"
        body = {"branch": branch, "commit_message": whole, "encoding": "base64", **replaced}
        text = base64.b64encode(content).decode()
        method = "PUT" if before else "POST"
        self._client.send(method, self._file(path), {**body, "content": text})

    def set_status(self, commit: str, name: str, is_pending: bool, words: str) -> None:
        state = "pending" if is_pending else "success"
        known = self._client.pages(
            f"{self._project}/repository/commits/{commit}/statuses", name=name
        )
        newest = max(known, key=lambda row: int(row["id"]), default=None)
        # GitLab refuses a pending status in place of a pending one.
        if newest is not None and newest["status"] == state:
            return
        body = {"state": state, "name": name}
        self._client.send(
            "POST", f"{self._project}/statuses/{commit}", {**body, "description": words}
        )

    def again(self, work: Callable[[], T]) -> T:
        return self._client.again(work)

    def _file(self, path: str) -> str:
        return f"{self._project}/repository/files/{quote(path, safe='')}"


def _text(row: Any, id: str, body: str) -> Text:
    try:
        return Text(str(row[id]), str(row["author"]["username"]), row.get(body) or "")
    except (AttributeError, TypeError) as error:
        raise ForgeFailed("GitLab answered with a text that is none") from error
