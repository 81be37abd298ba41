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

    def _each(self, switches: Switches) -> tuple[tuple[str, Window, int, float], ...]:
        """Period, window, limit and length of each."""
        return (
            ("minute", self._minute, switches.minute_limit, switches.minute_seconds),
            ("hour", self._hour, switches.hour_limit, switches.hour_seconds),
            ("month", self._month, switches.month_quota, switches.month_seconds),
        )

    def take(self, switches: Switches, now: float) -> dict[str, str]:
        """Count one request and return its limit headers.

        Raises ApiError 429 with `Retry-After`; a request refused here is not counted. The month
        is the first to refuse, and the minute the last.
        """
        windows = self._each(switches)
        for _, window, _, length in windows:
            window.roll(now, length)
        for period, window, limit, length in reversed(windows):
            if limit and window.used >= limit:
                wait = max(1, math.ceil(window.end(length) - now))
                month = period == "month"
                raise month_over(wait) if month else hour_over(limit, wait, window.end(length))
        for _, window, _, _ in windows:
            window.used += 1
        return self._headers(switches)

    def usage(self, switches: Switches, now: float) -> list[Usage]:
        """The use of the limits of minute, hour and month; counts nothing."""
        return [
            window.usage(period, limit, length, now)
            for period, window, limit, length in self._each(switches)
        ]

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
