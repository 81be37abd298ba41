"""Budget: how many requests a run may still make, and how long it waits before the next.

Both documented limits, 60 a minute and 3,600 an hour, hold when no minute sees more than 60 (API
contract 3.1).
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from bmeconf.model.errors import LimitReached

PER_MINUTE = 60
LONGEST_WAIT = 300.0
"""Seconds; a longer wait is for a person to decide on (API contract 3.3)."""
GLANCE = 0.1
"""Seconds between two looks whether one of too many open requests has its reply."""


@dataclass
class Budget:
    """Counts requests and holds them to the account's limits; several threads may share it.

    `clock` gives Unix seconds, `sleep` waits for seconds. `ceiling` is --max-requests.
    `per_minute` None means unpaced, for a simulator on this machine. `patient` says that a wait
    may not be cut short: a step has written something and is not whole.

    One thread at a time has its turn to wait and then to send: no two of them wait for the same
    place. What is counted is behind a lock of its own, in which nobody waits.
    """

    clock: Callable[[], float]
    sleep: Callable[[float], None]
    per_minute: int | None = PER_MINUTE
    ceiling: int | None = None
    used: int = 0
    hour_remaining: int | None = None
    hour_reset: float | None = None
    month_remaining: int | None = None
    patient: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _open: int = 0
    """Requests that were sent and have no reply yet."""
    _ended: deque[float] = field(default_factory=deque)
    _held: float = 0.0

    @contextmanager
    def request(self) -> Iterator[None]:
        """One request: the block sends it as soon as the limits let it go, and hears its reply.

        Raises:
            LimitReached: where the ceiling, the hour or the month would not allow it.
        """
        with self._turn:
            while (wait := self._take()) > 0:
                self.sleep(wait)
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1
                self._ended.append(self.clock())

    def hold(self, seconds: float) -> None:
        """Let nobody send for so long: the API has said so to one request."""
        with self._lock:
            self._held = max(self._held, self.clock() + seconds)

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over what a reply's headers say; absent or odd ones change nothing.

        A `Retry-After` decides alone (API contract 6, question 24): what else is said of the
        limits, then and before, does not hold after that wait.
        """
        with self._lock:
            if "Retry-After" in headers:
                self.hour_remaining = self.hour_reset = self.month_remaining = None
                return
            # The service may not have counted the requests that others are about to hear of.
            others = max(self._open - 1, 0)
            if (hour := _number(headers, "X-RateLimit-Remaining")) is not None:
                self.hour_remaining = max(int(hour) - others, 0)
            if (month := _number(headers, "X-Monthly-Remaining")) is not None:
                self.month_remaining = max(int(month) - others, 0)
            reset = _number(headers, "X-RateLimit-Reset")
            self.hour_reset = self.hour_reset if reset is None else reset

    def afford(self, requests: int) -> None:
        """Refuse, before the first write, work that the limits would cut short.

        Raises:
            LimitReached: saying what is needed and what is left.
        """
        left = {
            "--max-requests": None if self.ceiling is None else self.ceiling - self.used,
            "the monthly quota": self.month_remaining,
            "this hour": self.hour_remaining if self._until_reset() > LONGEST_WAIT else None,
        }
        for limit, remaining in left.items():
            if remaining is not None and requests > remaining:
                raise LimitReached(
                    f"the run needs {requests} more requests, {limit} leaves {remaining};"
                    " nothing was written",
                    "narrow the run with --target, raise the limit, or wait for its reset",
                )

    def _until_reset(self) -> float:
        return max(0.0, (self.hour_reset or 0.0) - self.clock())

    def _take(self) -> float:
        """Take one request from the budget and return 0, or the seconds to wait before."""
        with self._lock:
            if self.ceiling is not None and self.used >= self.ceiling:
                raise LimitReached(
                    f"--max-requests {self.ceiling} is used up and the run is not finished",
                    "raise --max-requests, or narrow the run with --target",
                )
            if self.month_remaining == 0:
                raise LimitReached(
                    "the monthly API quota of this account is used up",
                    "wait for the next billing period, or ask the owner of the account for more",
                )
            now = self.clock()
            if wait := max(self._held - now, self._for_the_hour(), self._for_the_minute(now), 0.0):
                return wait
            self.used += 1
            self._open += 1
            self.hour_remaining = self.hour_remaining and self.hour_remaining - 1
            self.month_remaining = self.month_remaining and self.month_remaining - 1
            return 0.0

    def _for_the_hour(self) -> float:
        """Seconds until the hour has requests again, 0 while it has."""
        if self.hour_remaining != 0:
            return 0.0
        wait = self._until_reset()
        if wait > LONGEST_WAIT:
            raise LimitReached(
                f"the hourly limit of this account is used up for another {wait / 60:.0f} minutes",
                "run again after that; all keys of the account share the limit",
            )
        if wait == 0:
            self.hour_remaining = None
        return wait

    def _for_the_minute(self, now: float) -> float:
        """Seconds until a minute, from the reply to its first request on, takes one more.

        A request is counted somewhere between its sending and its reply, so that it is out of
        every minute of the service a minute after the reply.
        """
        if self.per_minute is None:
            return 0.0
        # A clock that was set back takes nothing of the minute along.
        while self._ended and not now - 60 < self._ended[0] <= now:
            self._ended.popleft()
        over = len(self._ended) + self._open - self.per_minute
        if over < 0:
            return 0.0
        return self._ended[over] + 60 - now if over < len(self._ended) else GLANCE


def _number(headers: Mapping[str, str], name: str) -> float | None:
    try:
        value = float(headers.get(name, ""))
    except ValueError:
        return None
    return value if 0 <= value < 1e12 else None
