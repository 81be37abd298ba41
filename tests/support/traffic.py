"""Clients of one account and its limits, on a clock that nobody waits by.

Every request is counted somewhere between its sending and its reply. Whoever waits lets the time
pass for all others.
"""

from __future__ import annotations

import heapq
import math
import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count

from requests.structures import CaseInsensitiveDict

from bmeconf.client import Budget, answers
from bmeconf.sandbox.errors import ApiError
from bmeconf.sandbox.limits import Limits
from bmeconf.sandbox.switches import Switches

NOON = 1_900_000_800.0
"""The beginning of an hour."""
Take = Callable[[float], dict[str, str]]
"""Counts a request at a time and returns its limit headers, or raises a 429."""


def simulator(minute: int = 60, hour: int = 3600) -> Take:
    """The limits of the sandbox: windows that open with their first request."""
    limits, switches = Limits(), Switches(minute_limit=minute, hour_limit=hour)
    return lambda now: limits.take(switches, now)


@dataclass
class Windows:
    """Limits for windows by the wall clock, or of the last seconds where they are `rolling`."""

    rolling: bool
    minute: int = 60
    hour: int = 3600
    counted: list[float] = field(default_factory=list)

    def __call__(self, now: float) -> dict[str, str]:
        for limit, length in ((self.minute, 60), (self.hour, 3600)):
            began = now - length if self.rolling else now - now % length
            first = (bisect_right if self.rolling else bisect_left)(self.counted, began)
            ends = began + length
            if self.rolling:
                ends = [*self.counted[first : first + 1], now][0] + length
            used = len(self.counted) - first
            if limit and used >= limit:
                raise refusal(ends - now)
        self.counted.append(now)
        return {
            "X-RateLimit-Limit": str(self.hour),
            "X-RateLimit-Remaining": str(self.hour - used - 1),
            "X-RateLimit-Reset": str(math.ceil(ends)),
        }


def refusal(seconds: float) -> ApiError:
    """A 429 that asks to wait so long."""
    wait = {"Retry-After": str(math.ceil(seconds))}
    return ApiError(429, "TooManyRequestsError", "Rate limit exceeded.", headers=wait)


@dataclass
class Traffic:
    """Requests to an account whose limits are `take`; `delays` are the seconds of a reply."""

    take: Take
    delays: tuple[float, float] = (0.0, 0.0)
    dice: random.Random = field(default_factory=random.Random)
    now: float = NOON
    waits: list[tuple[float, str]] = field(default_factory=list)
    sent: list[float] = field(default_factory=list)
    heard: list[tuple[float, float]] = field(default_factory=list)
    """When this client heard a 429, and until when it was told to wait."""
    others: int = 0
    others_refused: int = 0
    _coming: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=count)
    _open: int = 0
    _done: int = 0
    _to_send: list[int] = field(default_factory=list)
    """The attempts at requests that are to come."""

    @property
    def refused(self) -> int:
        """Requests of this client that heard a 429."""
        return len(self.heard)

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float, why: str) -> None:
        assert 0 < seconds <= 300, f"nobody should wait {seconds} seconds: {why}"
        self.waits.append((seconds, why))
        until = self.now + seconds
        while self._coming and self._coming[0][0] <= until:
            self._next()
        self.now = until

    def run(self, budget: Budget, requests: int, parallel: int = 1) -> float:
        """Make so many requests with a reply that is no 429; the seconds that it took."""
        began, self._done, self._to_send = self.now, 0, [0] * requests
        while self._done < requests:
            if self._to_send and self._open < parallel:
                self._send(budget, self._to_send.pop())
            else:
                self._next()
        return self.now - began

    def other(self, pauses: Iterator[float]) -> None:
        """Another client, which waits so long before each request."""

        def ask() -> None:
            self.others += 1
            try:
                self.take(self.now)
            except ApiError:
                self.others_refused += 1
            again()

        def again() -> None:
            if (pause := next(pauses, None)) is not None:
                self._at(self.now + pause, ask)

        again()

    def _send(self, budget: Budget, attempt: int) -> None:
        request = budget.request()
        learn = request.__enter__()
        self._open += 1
        self.sent.append(self.now)
        delay = self.dice.uniform(*self.delays)
        replied = self.now + delay
        headers: dict[str, str] = {}

        def count() -> None:
            try:
                headers.update(self.take(self.now))
            except ApiError as error:
                headers.update(error.headers)

        def hear() -> None:
            self._open -= 1
            learn(CaseInsensitiveDict(headers))
            request.__exit__(None, None, None)
            if "Retry-After" not in headers:
                self._done += 1
                return
            answer = answers.Answer("GET /", 429, b"", headers)
            wait = answers.backoff(answer, attempt, self.now, repeatable=True)
            assert wait is not None, f"a 429 that lasts: {headers}"
            budget.hold(wait)
            self.heard.append((self.now, self.now + wait))
            self._to_send.append(attempt + 1)

        self._at(self.now + self.dice.uniform(0, delay), count)
        self._at(replied, hear)

    def _at(self, when: float, what: Callable[[], None]) -> None:
        heapq.heappush(self._coming, (when, next(self._numbers), what))

    def _next(self) -> None:
        self.now, _, what = heapq.heappop(self._coming)
        what()
