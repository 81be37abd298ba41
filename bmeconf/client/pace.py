"""Budget: how many requests a run may still make, and how long it waits before the next.

Both documented limits, 60 a minute and 3,600 an hour, hold when no minute sees more than 60 (API
contract 3.1). What others need of the hour and of the month is left to them.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

from bmeconf.client.hour import Hour, Left, http_date, number
from bmeconf.model.errors import LimitReached

PER_MINUTE = 60
LONGEST_WAIT = 300.0
"""Seconds; a longer wait is for a person to decide on (API contract 3.3)."""
GLANCE = 0.1
"""Seconds between two looks whether one of too many open requests has its reply."""
OTHERS = "other clients use up this hour as well, and what is left of it is shared"


Hear = Callable[[Mapping[str, str]], None]
"""What takes over the headers of a reply."""


class Wait(NamedTuple):
    """Seconds to wait, and the reason."""

    seconds: float = 0.0
    why: str = ""


@dataclass
class Budget:
    """Counts requests and holds them to the account's limits; several threads may share it.

    `clock` gives Unix seconds, `sleep` waits for seconds, for a reason. `ceiling` is
    --max-requests. `per_minute` None means unpaced, for a simulator on this machine. `reserve` is
    the percentage of the hour and of the month that is left to others. `patient` says that a wait
    may not be cut short: a step has written something and is not whole.

    One thread at a time has its turn to wait and then to send: no two of them wait for the same
    place. What is counted is behind a lock of its own, in which nobody waits.
    """

    clock: Callable[[], float]
    sleep: Callable[[float, str], None]
    per_minute: int | None = PER_MINUTE
    ceiling: int | None = None
    reserve: int = 0
    used: int = 0
    hour: Hour = field(default_factory=Hour)
    month: Left = field(default_factory=Left)
    month_limit: int | None = None
    patient: bool = False
    _turn: threading.Lock = field(default_factory=threading.Lock)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _open: int = 0
    """Requests that were sent and have not ended."""
    _unheard: int = 0
    """Those of them whose reply was not heard yet."""
    _held: float = 0.0
    _dated: tuple[str, float] = ("", 0.0)
    """The `Date` of the last reply that has one, and when it came."""

    def __post_init__(self) -> None:
        self._ended = deque[float](maxlen=self.per_minute or 0)

    @property
    def hour_left(self) -> int | None:
        """Requests of this hour that this run may make; None where no reply has said it."""
        return _without(self.hour.left.remaining, self.hour.limit, self.reserve)

    @property
    def month_left(self) -> int | None:
        """As `hour_left`, of this month."""
        return _without(self.month.remaining, self.month_limit, self.reserve)

    @property
    def clock_ahead(self) -> float | None:
        """Seconds by which `clock` is ahead of the service's; None where no reply has a `Date`."""
        text, came = self._dated
        there = http_date(text)
        return None if there is None else came - there

    @contextmanager
    def request(self, check: Callable[[], None] = lambda: None) -> Iterator[Hear]:
        """One request: the block sends it as soon as the limits let it go.

        It is given what takes over the headers of the reply.

        Raises:
            LimitReached: where the ceiling, the hour or the month would not allow it.
            What `check` raises, which is called after each wait: nobody wants the request any more.
        """
        with self._turn:
            check()
            while (wait := self._take()).seconds > 0:
                self.sleep(*wait)
                check()
        waiting = True

        def hear(headers: Mapping[str, str]) -> None:
            nonlocal waiting
            with self._lock:
                self._unheard -= waiting
                waiting = False
                self.learn(headers)

        try:
            yield hear
        finally:
            with self._lock:
                self._open -= 1
                self._unheard -= waiting
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
            if "Date" in headers:
                self._dated = headers["Date"], self.clock()
            if "Retry-After" in headers:
                self.hour, self.month = Hour(), Left()
                return
            # The service may not have counted the requests that others are about to hear of.
            self.hour.hear(headers, self.clock(), self.used, self._unheard)
            self.month.hear(number(headers, "X-Monthly-Remaining"), self._unheard)
            if (limit := number(headers, "X-Monthly-Limit")) is not None:
                self.month_limit = int(limit)

    def afford(self, requests: int) -> None:
        """Refuse, before the first write, work that the limits would cut short.

        Raises:
            LimitReached: saying what is needed and what is left.
        """
        left = {
            "--max-requests": None if self.ceiling is None else self.ceiling - self.used,
            f"the monthly quota{self._but_the_reserve}": self.month_left,
            f"this hour{self._but_the_reserve}": self.hour_left if self._hour_is_long() else None,
        }
        for limit, remaining in left.items():
            if remaining is not None and requests > remaining:
                raise LimitReached(
                    f"the run needs {requests} more requests, {limit} leaves {remaining};"
                    " nothing was written",
                    "narrow the run with --target, raise the limit, or wait for its reset",
                )

    def least_time(self, requests: int) -> float:
        """Seconds that the limits themselves ask for before so many more requests are sent."""
        with self._lock:
            now = self.clock()
            pace = self._pace(now)
            recent = sum(now - 60 < ended <= now for ended in self._ended)
            over = requests + recent + self._open - (pace or 0)
            return 0.0 if pace is None else max(0.0, over * 60 / pace)

    @property
    def _but_the_reserve(self) -> str:
        return f" without the {self.reserve}% of policy.reserve" if self.reserve else ""

    def _hour_is_long(self) -> bool:
        """True where what is left of the hour may be used up long before it resets."""
        use = 0.0
        if self.per_minute is not None:
            use = max((self.hour_left or 0) / self.per_minute - 1, 0.0) * 60
        return self.hour.until_reset(self.clock()) - use > LONGEST_WAIT

    def _take(self) -> Wait:
        """Take one request from the budget, or say how long to wait before."""
        with self._lock:
            if self.ceiling is not None and self.used >= self.ceiling:
                raise LimitReached(
                    f"--max-requests {self.ceiling} is used up and the run is not finished",
                    "raise --max-requests, or narrow the run with --target",
                )
            if self.month_left == 0:
                raise LimitReached(
                    f"the monthly API quota of this account{self._but_the_reserve} is used up",
                    "wait for the next billing period, or ask the owner of the account for more",
                )
            now = self.clock()
            held = Wait(self._held - now, "the API asked for a pause (429)")
            if (wait := max(held, self._for_the_hour(now), self._for_the_minute(now))).seconds > 0:
                return wait
            self.used += 1
            self._open += 1
            self._unheard += 1
            self.hour.left.take()
            self.month.take()
            return Wait()

    def _for_the_hour(self, now: float) -> Wait:
        """Wait until the hour has requests again, not at all while it has."""
        wait = self.hour.until_reset(now)
        if self.hour.reset is not None and not wait:
            self.hour = Hour()
        if self.hour_left != 0:
            return Wait()
        what = f"the hourly limit of this account{self._but_the_reserve} is used up"
        if wait > LONGEST_WAIT:
            raise self._too_long(what, wait)
        return Wait(wait, what)

    def _for_the_minute(self, now: float) -> Wait:
        """Wait until a minute, from the reply to its first request on, takes one more.

        A request is counted somewhere between its sending and its reply, so that it is out of
        every minute of the service a minute after the reply.
        """
        if (pace := self._pace(now)) is None:
            return Wait()
        places, seconds = max(int(pace), 1), 60 / min(pace, 1.0)
        shared = pace < (self.per_minute or 0)
        why = OTHERS if shared else f"the API takes {self.per_minute} requests a minute"
        if self._open >= places:
            return Wait(GLANCE, why)
        if len(self._ended) + self._open < places:
            return Wait()
        oldest = self._ended[self._open - places]
        # A clock that was set back takes nothing of the minute along.
        wait = oldest + seconds - now if oldest <= now else 0.0
        wait = min(wait, self.hour.until_reset(now)) if shared else wait
        if wait > LONGEST_WAIT:
            raise self._too_long(f"{OTHERS}: {self.hour_left} requests are left", wait)
        return Wait(wait, why)

    def _pace(self, now: float) -> float | None:
        """Requests a minute: the limit, or less where others would not be left what they take."""
        left = self.hour_left
        if self.per_minute is None or not left:
            return self.per_minute
        share = self.hour.share(left, now)
        return self.per_minute if share is None else min(share * 60, self.per_minute)

    def _too_long(self, what: str, wait: float) -> LimitReached:
        return LimitReached(
            f"{what} for another {wait / 60:.0f} minutes",
            "run again after that; all keys of the account share the limit",
        )


def _without(remaining: int | None, limit: int | None, reserve: int) -> int | None:
    """What is left of a limit once the reserve of it is put aside."""
    if remaining is None:
        return None
    return max(remaining - math.ceil((limit or 0) * reserve / 100), 0)
