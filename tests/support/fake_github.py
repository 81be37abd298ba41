"""A GitHub of one repository on loopback: its REST API as far as the action uses it, over a real
Git repository. It refuses what a token may not do, and pages as GitHub pages.
"""

from __future__ import annotations

import base64
import io
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import unquote

from tests.support.fake_forge import FakeForge, Match, Query, Route
from tests.support.fake_server import Reply, Seen, reply

REPOSITORY = "acme/mail"
BOT = "github-actions[bot]"
RANK = ("none", "read", "write")


@dataclass(frozen=True)
class Token:
    """A token, what it may do (of a job's: the permissions of the job), and whom it writes as."""

    text: str
    granted: Mapping[str, str]
    login: str = BOT

    def may(self, name: str, level: str) -> bool:
        """Whether the token reaches `level` for `name`."""
        return RANK.index(self.granted.get(name, "none")) >= RANK.index(level)


@dataclass
class FakeGitHub(FakeForge):
    """A fake forge with the API of GitHub."""

    MISSING = reply({"message": "Not Found"}, 404)
    FORBIDDEN = reply({"message": "Resource not accessible by integration"}, 403)

    tokens: dict[str, Token] = field(default_factory=dict)
    comments: dict[int, list[dict[str, Any]]] = field(default_factory=dict)
    issues: list[dict[str, Any]] = field(default_factory=list)
    merged: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    runs: list[dict[str, Any]] = field(default_factory=list)
    artifacts: list[dict[str, Any]] = field(default_factory=list)
    archives: dict[int, bytes] = field(default_factory=dict)
    statuses: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The last one of each commit."""
    asking: Token = field(default_factory=lambda: Token("", {}))
    """The token of the request that is answered."""

    def __enter__(self) -> Self:
        super().__enter__()
        with (self.origin / ".git" / "config").open("a", encoding="utf-8") as config:
            # A push to the branch that is checked out here is how a commit of the API lands.
            config.write("[receive]\n\tdenyCurrentBranch = updateInstead\n")
        return self

    @property
    def url(self) -> str:
        """What GITHUB_API_URL is set to."""
        return self.server.url

    def clone(self, into: Path, commit: str) -> None:
        """What checkout does: the files of `commit`, with a `.git` beside them."""
        self.git("clone", "--quiet", "--no-checkout", str(self.origin), str(into))
        self.git("fetch", "--quiet", "origin", commit, folder=into)
        self.git("checkout", "--quiet", "--detach", commit, folder=into)

    def begin(self, path: str, event: str, head: str) -> int:
        """A run of a workflow begins; its id."""
        number = next(self.ids)
        run = {
            "id": number,
            "path": path,
            "event": event,
            "head_sha": head,
            "head_repository": {"full_name": REPOSITORY},
            "status": "in_progress",
            "conclusion": None,
        }
        self.runs.append(run)
        return number

    def end(self, number: int, conclusion: str) -> None:
        """A run has ended."""
        run = next(run for run in self.runs if run["id"] == number)
        run |= {"status": "completed", "conclusion": conclusion}

    def keep(self, run: int, name: str, files: Mapping[str, bytes]) -> dict[str, Any]:
        """Store an artifact of a run, in place of one of the same name."""
        self.artifacts = [a for a in self.artifacts if (a["run"], a["name"]) != (run, name)]
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            for file, data in files.items():
                archive.writestr(file, data)
        number = next(self.ids)
        artifact = {"id": number, "run": run, "name": name, "expired": False}
        self.artifacts.append(artifact)
        self.archives[number] = packed.getvalue()
        return artifact

    def kept(self, name: str) -> dict[str, str]:
        """The files of the newest artifact of that name."""
        artifact = [a for a in self.artifacts if a["name"] == name][-1]
        with zipfile.ZipFile(io.BytesIO(self.archives[artifact["id"]])) as archive:
            return {file: archive.read(file).decode() for file in archive.namelist()}

    def may(self, needs: Any) -> bool:
        return any(self.asking.may(name, level) for name, level in needs)

    def proper(self, seen: Seen) -> Reply:
        blob = re.fullmatch(r"/_kept/(\d+)", seen.path)
        if blob:
            # Another host in real life: a token that comes along has leaked.
            assert "authorization" not in seen.headers
            return Reply(200, self.archives[int(blob[1])], {"Content-Type": "application/zip"})
        token = self.tokens.get(seen.headers.get("authorization", "").removeprefix("Bearer "))
        if token is None:
            return reply({"message": "Bad credentials"}, 401)
        self.asking = token
        return self.routed(ROUTES, seen, seen.path.removeprefix(f"/repos/{REPOSITORY}/"))


def _page(rows: Sequence[Any], query: Query, within: str = "") -> Reply:
    size, page = int(query.get("per_page", "30")), int(query.get("page", "1"))
    part = list(rows)[(page - 1) * size : page * size]
    return reply({"total_count": len(rows), within: part} if within else part)


def _comments(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    return _page(github.comments.get(int(match[1]), []), query)


def _comment(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    user = {"login": github.asking.login}
    comment = {"id": next(github.ids), "user": user, "body": _checked(body["body"])}
    github.comments.setdefault(int(match[1]), []).append(comment)
    return reply(comment, 201)


def _edit_comment(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    every = [c for comments in github.comments.values() for c in comments]
    comment = next(c for c in every if c["id"] == int(match[1]))
    assert comment["user"]["login"] == github.asking.login, "somebody else's comment"
    comment["body"] = _checked(body["body"])
    return reply(comment)


def _issues(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    return _page([i for i in github.issues if i["state"] == query["state"]], query)


def _issue(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    number = next(github.ids)
    user = {"login": github.asking.login}
    github.issues.append({"number": number, "user": user, "state": "open", **body})
    _checked(body["body"])
    return reply(github.issues[-1], 201)


def _edit_issue(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    issue = next(i for i in github.issues if i["number"] == int(match[1]))
    assert issue["user"]["login"] == github.asking.login, "somebody else's issue"
    issue |= body
    return reply(issue)


def _pulls(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    return _page(github.merged.get(match[1], []), query)


def _runs(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    found = [
        run
        for run in github.runs
        if run["path"].rpartition("/")[2] == match[1]
        and run["head_sha"] == query["head_sha"]
        and run["event"] == query["event"]
        and query["status"] in (run["status"], run["conclusion"])
    ]
    return _page(found, query, "workflow_runs")


def _artifacts(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    wanted = query.get("name")
    found = [
        artifact
        for artifact in github.artifacts
        if artifact["run"] == int(match[1]) and wanted in (None, artifact["name"])
    ]
    return _page(found, query, "artifacts")


def _archive(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    return Reply(302, b"", {"Location": f"{github.url}/_kept/{match[1]}?sig=s3cr3t"})


def _contents(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    folder = unquote(match[1] or "")
    tree = f"{query['ref']}:{folder}"
    rows = [line.split("\t") for line in github.git("ls-tree", tree).splitlines()]
    return reply([{"name": name, "sha": told.split()[2]} for told, name in rows])


def _blob(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    content = github.git("cat-file", "blob", match[1]) + "\n"
    return reply({"content": base64.encodebytes(content.encode()).decode()})


def _put(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    path = unquote(match[1])
    file = github.origin / path
    known = github.git("hash-object", path) if file.exists() else None
    if body.get("sha") != known:
        return reply({"message": f"{path} does not match {body.get('sha')}"}, 409)
    assert body["branch"] == "main"
    file.write_bytes(base64.b64decode(body["content"]))
    return reply({"commit": {"sha": github.commit(body["message"])}}, 201)


def _status(github: FakeGitHub, match: Match, query: Query, body: Any) -> Reply:
    assert body["state"] in ("error", "failure", "pending", "success")
    assert len(body["description"]) <= 140
    github.statuses[match[1]] = body
    return reply(body, 201)


def _checked(body: str) -> str:
    assert len(body.encode()) <= 65_536
    return body


ROUTES: tuple[Route, ...] = (
    ("GET", r"issues/(\d+)/comments", (("pull-requests", "read"),), _comments),
    ("POST", r"issues/(\d+)/comments", (("pull-requests", "write"),), _comment),
    ("PATCH", r"issues/comments/(\d+)", (("pull-requests", "write"),), _edit_comment),
    ("GET", r"issues", (("issues", "read"),), _issues),
    ("POST", r"issues", (("issues", "write"),), _issue),
    ("PATCH", r"issues/(\d+)", (("issues", "write"),), _edit_issue),
    ("GET", r"commits/([0-9a-f]{40})/pulls", (("pull-requests", "read"),), _pulls),
    ("GET", r"actions/workflows/([^/]+)/runs", (("actions", "read"),), _runs),
    ("GET", r"actions/runs/(\d+)/artifacts", (("actions", "read"),), _artifacts),
    ("GET", r"actions/artifacts/(\d+)/zip", (("actions", "read"),), _archive),
    ("GET", r"contents(?:/(.+))?", (("contents", "read"),), _contents),
    ("GET", r"git/blobs/([0-9a-f]+)", (("contents", "read"),), _blob),
    ("PUT", r"contents/(.+)", (("contents", "write"),), _put),
    ("POST", r"statuses/([0-9a-f]{40})", (("statuses", "write"),), _status),
)
