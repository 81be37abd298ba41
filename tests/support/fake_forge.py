"""What the fake GitHub and the fake GitLab have in common: a server over a Git repository."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self
from urllib.parse import parse_qs

from tests.support.fake_server import Action, FakeServer, Reply, Rule, Seen, by_rules, reply
from tests.support.git import git

Query = Mapping[str, str]
Match = re.Match[str]
Answer = Callable[[Any, Match, Query, Any], Reply]
Route = tuple[str, str, Any, Answer]
"""A method, a path of the repository, what a token needs for it, and what answers."""


@dataclass
class FakeForge:
    """The server, as a context manager; the repository is at `origin`."""

    MISSING: ClassVar[Reply] = reply({"message": "404 Not Found"}, 404)
    FORBIDDEN: ClassVar[Reply] = reply({"message": "403 Forbidden"}, 403)

    origin: Path
    rules: list[Rule] = field(default_factory=list)
    ids: Iterator[int] = field(default_factory=lambda: itertools.count(1001))

    def __enter__(self) -> Self:
        self.origin.mkdir(parents=True, exist_ok=True)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.server = FakeServer(self._answer).__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.__exit__()

    def git(self, *arguments: str, folder: Path | None = None) -> str:
        """One git command in the repository, or in `folder`; its output."""
        return git(folder or self.origin, *arguments)

    def commit(self, message: str = "Change") -> str:
        """Commit all there is; the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def meddle(self, *rules: Rule) -> None:
        """Let chosen requests go wrong from here on."""
        self.rules[:] = rules

    def may(self, needs: Any) -> bool:
        """Whether the token that asks has what a route needs."""
        raise NotImplementedError

    def proper(self, seen: Seen) -> Reply:
        """The answer where nothing goes wrong."""
        raise NotImplementedError

    def routed(self, routes: Sequence[Route], seen: Seen, path: str) -> Reply:
        """The answer of the route that a request takes."""
        for method, pattern, needs, answer in routes:
            match = re.fullmatch(pattern, path)
            if method == seen.method and match:
                if not self.may(needs):
                    return self.FORBIDDEN
                query = {k: v[0] for k, v in parse_qs(seen.query).items()}
                return answer(self, match, query, json.loads(seen.body) if seen.body else {})
        return self.MISSING

    def _answer(self, seen: Seen) -> Action:
        return by_rules(self.rules)(seen, lambda: self.proper(seen))
