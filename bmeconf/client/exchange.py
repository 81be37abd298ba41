"""Exchange: one request and its reply, as people hear of it; Watch: who hears of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from bmeconf.kinds import SEARCH

NOUNS = {
    "/lists": "list",
    "/contact-structure": "contact structure",
    "/contact": "contact",
    "/campaign": "campaign",
    "/template": "template",
    "/domain": "domain",
    "/reports": "report",
}
"""What a request is about, by the first of these parts that its path has."""


class Exchange(NamedTuple):
    """A request, the `status` of its reply, 0 where none came, and its `size` in bytes.

    `seconds` are from its sending to its reply. The query is left out, since it may hold names.
    """

    method: str
    path: str
    status: int
    seconds: float
    size: int

    def __str__(self) -> str:
        milliseconds = self.seconds * 1000
        return (
            f"{self.method} {self.path} {self.status} in {milliseconds:.0f} ms, {self.size:,} bytes"
        )

    @property
    def kind(self) -> str:
        """The request without the ids in its path."""
        return f"{self.method} " + re.sub(r"/[^/]*\d[^/]*", "/{id}", self.path)

    @property
    def work(self) -> str:
        """The request in words: `Reading campaigns`."""
        noun = next((noun for part, noun in NOUNS.items() if part in self.path), "answer")
        reads = self.method == "GET" or self.path == SEARCH
        return f"{'Reading' if reads else 'Writing'} {noun}s"


class Watch:
    """Hears of the requests of a client; this one does nothing."""

    def hear(self, line: str) -> None:
        """Hear of a request or its failure, in the order in which the calls were asked for."""

    def sent(self, exchange: Exchange) -> None:
        """Hear that a request has ended, at once and from any thread."""

    def wave(self, calls: int) -> Callable[[], None]:
        """Hear that so many calls are to be made; what is returned hears of the end of each."""
        return lambda: None


UNWATCHED = Watch()
