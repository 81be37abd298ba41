"""A GitLab of one project on loopback: its REST API as far as the recipes use it, over a real Git
repository. It refuses what a token may not do, pages as GitLab pages, and takes a line of a text
that begins with `/` as a command, as GitLab does.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from tests.support.fake_forge import FakeForge, Match, Query, Route
from tests.support.fake_server import Reply, Seen, reply

PROJECT = "42"
BOT = "project_42_bot_1f2e3d"
RANK = ("none", "guest", "reporter", "developer", "maintainer")
LONGEST = 1_000_000
COMMAND = re.compile(r"^/(close|reopen|merge|approve|assign|label)\b.*\n?", re.MULTILINE)


@dataclass(frozen=True)
class Token:
    """A project access token: its role, its scopes, and whom it writes as."""

    role: str = "maintainer"
    scopes: tuple[str, ...] = ("api",)
    username: str = BOT


@dataclass
class FakeGitLab(FakeForge):
    """A fake forge with the API of GitLab."""

    MISSING = reply({"error": "404 Not Found"}, 404)

    tokens: dict[str, Token] = field(default_factory=dict)
    notes: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    """The notes of the merge requests there are, newest first."""
    issues: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    pushers: str = "maintainer"
    """The role that may push to the default branch."""
    asking: Token = field(default_factory=Token)
    """The token of the request that is answered."""

    @property
    def url(self) -> str:
        """What CI_API_V4_URL is set to."""
        return f"{self.server.url}/api/v4"

    @property
    def variables(self) -> dict[str, str]:
        """What GitLab tells every job of the project."""
        return {"CI_API_V4_URL": self.url, "CI_PROJECT_ID": PROJECT}

    def noted(self, change: int, body: str, username: str, system: bool = False) -> dict[str, Any]:
        """A note on a merge request."""
        author = {"id": 7, "username": username, "name": username}
        note = {"id": next(self.ids), "body": body, "author": author, "system": system}
        self.notes.setdefault(change, []).insert(0, note)
        return note

    def opened(self, title: str, body: str, username: str) -> dict[str, Any]:
        """An issue; its `id` is another one than its `iid`."""
        issue = {
            "id": next(self.ids),
            "iid": len(self.issues) + 1,
            "title": title,
            "description": body,
            "state": "opened",
            "author": {"id": 7, "username": username},
        }
        self.issues.append(issue)
        return issue

    def may(self, needs: Any) -> bool:
        return RANK.index(self.asking.role) >= RANK.index(needs)

    def proper(self, seen: Seen) -> Reply:
        token = self.tokens.get(seen.headers.get("private-token", ""))
        if token is None:
            return reply({"message": "401 Unauthorized"}, 401)
        self.asking = token
        if "api" not in token.scopes and not (seen.method == "GET" and "read_api" in token.scopes):
            told = "The request requires higher privileges than provided by the access token."
            refused = {"error": "insufficient_scope", "error_description": told, "scope": "api"}
            return reply(refused, 403)
        if seen.line == "GET /api/v4/user":
            return reply({"id": 7, "username": token.username, "bot": True})
        start = f"/api/v4/projects/{PROJECT}/"
        if not seen.path.startswith(start) or token.role == "none":
            return reply({"message": "404 Project Not Found"}, 404)
        return self.routed(ROUTES, seen, seen.path.removeprefix(start))


def _page(rows: Sequence[Any], query: Query) -> Reply:
    size, page = min(int(query.get("per_page", "20")), 100), int(query.get("page", "1"))
    return reply(list(rows)[(page - 1) * size : page * size])


def _kept(text: str) -> str:
    """A text as GitLab keeps it: without its commands, and without blanks at its end."""
    return COMMAND.sub("", text.replace("\r", "")).rstrip()


def _notes(gitlab: FakeGitLab, match: Match, query: Query, body: Any) -> Reply:
    number = int(match[1])
    if number not in gitlab.notes:
        return reply({"message": "404 Not found"}, 404)
    return _page(gitlab.notes[number], query)


def _note(gitlab: FakeGitLab, match: Match, query: Query, body: Any) -> Reply:
    if len(body["body"]) > LONGEST:
        return reply({"message": {"note": ["is too long (maximum is 1000000 characters)"]}}, 400)
    return reply(gitlab.noted(int(match[1]), _kept(body["body"]), gitlab.asking.username), 201)


def _edit_note(gitlab: FakeGitLab, match: Match, query: Query, body: Any) -> Reply:
    note = next(n for n in gitlab.notes[int(match[1])] if n["id"] == int(match[2]))
    if note["author"]["username"] != gitlab.asking.username and not gitlab.may("maintainer"):
        return reply({"message": "403 Forbidden"}, 403)
    assert not note["system"], "a note that GitLab wrote"
    note["body"] = _kept(body["body"])
    return reply(note)


def _issues(gitlab: FakeGitLab, match: Match, query: Query, body: Any) -> Reply:
    return _page([i for i in gitlab.issues if query.get("state") in (None, i["state"])], query)


def _issue(gitlab: FakeGitLab, match: Match, query: Query, body: Any) -> Reply:
    kept = _kept(body["description"])
    return reply(gitlab.opened(body["title"], kept, gitlab.asking.username), 201)


def _edit_issue(gitlab: FakeGitLab, match: Match, query: Query, body: Any) -> Reply:
    issue = next((i for i in gitlab.issues if i["iid"] == int(match[1])), None)
    if issue is None:
        return reply({"message": "404 Issue Not Found"}, 404)
    assert body.keys() <= {"title", "description", "state_event"}
    issue |= {key: _kept(text) for key, text in body.items() if key != "state_event"}
    if "state_event" in body:
        issue["state"] = {"close": "closed", "reopen": "opened"}[body["state_event"]]
    return reply(issue)


def _file(gitlab: FakeGitLab, match: Match, query: Query, body: Any) -> Reply:
    path = unquote(match[1])
    known = gitlab.git("for-each-ref", "--format=%(refname:short)", "refs/heads").split()
    known += gitlab.git("rev-list", "--all").split()
    if query["ref"] not in known:
        return reply({"message": "404 Commit Not Found"}, 404)
    told = _told(gitlab, path, query["ref"])
    return reply(told) if told else reply({"message": "404 File Not Found"}, 404)


def _told(gitlab: FakeGitLab, path: str, ref: str) -> dict[str, Any] | None:
    """What GitLab tells of a file at a branch or commit, None where there is none."""
    row = gitlab.git("ls-tree", ref, "--", path)
    if not row:
        return None
    text = gitlab.git("cat-file", "blob", row.split()[2]) + "\n"
    return {
        "file_name": path.rpartition("/")[2],
        "file_path": path,
        "encoding": "base64",
        "content": base64.b64encode(text.encode()).decode(),
        "content_sha256": hashlib.sha256(text.encode()).hexdigest(),
        "ref": ref,
        "blob_id": row.split()[2],
        "commit_id": gitlab.git("rev-parse", ref),
        "last_commit_id": gitlab.git("rev-list", "-1", ref, "--", path),
    }


def _create(gitlab: FakeGitLab, match: Match, query: Query, body: Any) -> Reply:
    path = unquote(match[1])
    if _told(gitlab, path, body["branch"]):
        return reply({"message": "A file with this name already exists"}, 400)
    return _landed(gitlab, path, body, 201)


def _update(gitlab: FakeGitLab, match: Match, query: Query, body: Any) -> Reply:
    path = unquote(match[1])
    told = _told(gitlab, path, body["branch"])
    if told is None:
        return reply({"message": "A file with this name doesn't exist"}, 400)
    if body.get("last_commit_id", told["last_commit_id"]) != told["last_commit_id"]:
        stale = "You are attempting to update a file that has changed since you started editing it."
        return reply({"message": stale}, 400)
    return _landed(gitlab, path, body, 200)


def _landed(gitlab: FakeGitLab, path: str, body: Any, status: int) -> Reply:
    if not gitlab.may(gitlab.pushers):
        return reply({"message": "You are not allowed to push into this branch"}, 400)
    assert (body["branch"], body["encoding"]) == ("main", "base64")
    file = gitlab.origin / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(base64.b64decode(body["content"]))
    gitlab.commit(body["commit_message"])
    return reply({"file_path": path, "branch": body["branch"]}, status)


def _statuses(gitlab: FakeGitLab, match: Match, query: Query, body: Any) -> Reply:
    rows = [s for s in gitlab.statuses if s["sha"] == match[1]]
    newest = {s["name"]: s for s in rows if query.get("name") in (None, s["name"])}
    return _page([*newest.values()], query)


def _status(gitlab: FakeGitLab, match: Match, query: Query, body: Any) -> Reply:
    name = body.get("name") or body.get("context") or "default"
    assert body["state"] in ("pending", "running", "success", "failed", "canceled")
    assert len(body["description"]) <= 255
    rows = [s for s in gitlab.statuses if (s["sha"], s["name"]) == (match[1], name)]
    open = [s for s in rows if s["status"] in ("pending", "running")]
    if body["state"] == "pending" and open:
        said = "Cannot transition status via :enqueue from :pending"
        return reply(
            {"message": f'{said} (Reason(s): Status cannot transition via "enqueue")'}, 400
        )
    status = open[-1] if open else {"id": next(gitlab.ids), "sha": match[1], "name": name}
    if not open:
        gitlab.statuses.append(status)
    status |= {"status": body["state"], "description": body["description"]}
    return reply(status, 201)


ROUTES: tuple[Route, ...] = (
    ("GET", r"merge_requests/(\d+)/notes", "guest", _notes),
    ("POST", r"merge_requests/(\d+)/notes", "reporter", _note),
    ("PUT", r"merge_requests/(\d+)/notes/(\d+)", "reporter", _edit_note),
    ("GET", r"issues", "guest", _issues),
    ("POST", r"issues", "guest", _issue),
    ("PUT", r"issues/(\d+)", "reporter", _edit_issue),
    ("GET", r"repository/files/([^/]+)", "reporter", _file),
    ("POST", r"repository/files/([^/]+)", "developer", _create),
    ("PUT", r"repository/files/([^/]+)", "developer", _update),
    ("GET", r"repository/commits/([0-9a-f]{40})/statuses", "reporter", _statuses),
    ("POST", r"statuses/([0-9a-f]{40})", "developer", _status),
)
