"""Request limits of the account: hour, minute, billing period.

In: admitted requests. Out: the five limit headers, or `ApiError` 429 (API contract 3). All keys
share the counters. Counters live in memory, so that a restart opens new windows.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from bmeconf.sandbox.errors import ApiError, too_many
from bmeconf.sandbox.switches import Switches


@dataclass(frozen=True)
class Usage:
    """The use of a limit: `limit` 0 means none; `ends` is in Unix seconds, None if not open."""

    period: str
    used: int
    limit: int
    ends: float | None


class Window:
    """A counter that opens with its first request and closes `length` seconds later."""

    def __init__(self) -> None:
        self.used = 0
        self._start = -math.inf

    def roll(self, now: float, length: float) -> None:
        """Open a new window if this window has closed."""
        if now >= self._start + length:
            self._start, self.used = now, 0

    def end(self, length: float) -> float:
        """The time at which the window closes, in Unix seconds."""
        return self._start + length

    def usage(self, period: str, limit: int, length: float, now: float) -> Usage:
        """The use of `limit`; zero once the window has closed."""
        is_open = now < self.end(length)
        return Usage(
            period, self.used if is_open else 0, limit, self.end(length) if is_open else None
        )


class Limits:
    """The three windows of one account; the caller holds the store's lock."""

    def __init__(self) -> None:
        self._hour = Window()
        self._minute = Window()
        self._month = Window()

    def take(self, switches: Switches, now: float) -> dict[str, str]:
        """Count one request and return its limit headers.

        Raises ApiError 429 with `Retry-After`; a request refused here is not counted.
        """
        self._month.roll(now, switches.month_seconds)
        self._hour.roll(now, switches.hour_seconds)
        self._minute.roll(now, switches.minute_seconds)
        month_end = self._month.end(switches.month_seconds)
        if switches.month_quota and self._month.used >= switches.month_quota:
            raise month_over(_wait(month_end, now))
        _check(self._hour, switches.hour_limit, switches.hour_seconds, now)
        _check(self._minute, switches.minute_limit, switches.minute_seconds, now)
        for window in (self._month, self._hour, self._minute):
            window.used += 1
        return self._headers(switches)

    def usage(self, switches: Switches, now: float) -> list[Usage]:
        """The use of the limits of minute, hour and month; counts nothing."""
        windows = (
            ("minute", self._minute, switches.minute_limit, switches.minute_seconds),
            ("hour", self._hour, switches.hour_limit, switches.hour_seconds),
            ("month", self._month, switches.month_quota, switches.month_seconds),
        )
        return [window.usage(period, most, length, now) for period, window, most, length in windows]

    def _headers(self, switches: Switches) -> dict[str, str]:
        headers = {}
        if switches.hour_limit:
            left = switches.hour_limit - self._hour.used
            headers = _hourly(switches.hour_limit, left, self._hour.end(switches.hour_seconds))
        if switches.month_quota:
            left = max(0, switches.month_quota - self._month.used)
            headers["X-Monthly-Limit"] = str(switches.month_quota)
            headers["X-Monthly-Remaining"] = str(left)
        return headers


def _check(window: Window, limit: int, length: float, now: float) -> None:
    if not limit or window.used < limit:
        return
    raise hour_over(limit, _wait(window.end(length), now), window.end(length))


def hour_over(limit: int, wait: int, reset: float) -> ApiError:
    """429 of hour or minute: the window of `limit` requests closes at `reset`."""
    return too_many(
        f"Rate limit exceeded. Retry after {wait} seconds.", wait, _hourly(limit, 0, reset)
    )


def month_over(wait: int) -> ApiError:
    """429 of the billing period; `wait` can be days or weeks."""
    return too_many("Monthly API quota exceeded.", wait)


def _hourly(limit: int, remaining: int, reset: float) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(max(0, remaining)),
        "X-RateLimit-Reset": str(math.ceil(reset)),
    }


def _wait(end: float, now: float) -> int:
    return max(1, math.ceil(end - now))
