"""The hour of an account as replies show it: what is left, and how fast other clients take it."""

from __future__ import annotations

import email.utils
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

LOOKED_AT = 60.0, 300.0
"""Seconds, at least and at most, over which the pace of other clients is measured."""
OVERTAKEN = 50
"""Requests: where a reply says so many more than another, it comes after a reset."""
LEAST = 0.1
"""The part of what is left that this client takes at least."""
SAME_HOUR = 60.0
"""Seconds by which the reset of one and the same hour may seem to move."""


@dataclass
class Left:
    """What is left of a limit; None where no reply has said it.

    The service counts a request somewhere between its sending and its reply, and replies may
    overtake each other. So the lowest number counts, and what is under way is taken as counted.
    """

    lowest: int | None = None
    under_way: int = 0

    @property
    def remaining(self) -> int | None:
        return None if self.lowest is None else max(self.lowest - self.under_way, 0)

    def take(self) -> None:
        """Count an own request that is about to be sent."""
        self.under_way += 1

    def hear(self, said: float | None, under_way: int, *, anew: bool = False) -> None:
        """Take over what a reply says, `anew` where no number of before holds any more."""
        if said is not None:
            overtaken = self.lowest is not None and 0 <= said - self.lowest <= OVERTAKEN
            if anew or not overtaken:
                self.lowest = int(said)
            self.under_way = under_way


@dataclass
class Hour:
    """What is left of a limit until it resets; each None where no reply has said it.

    The requests of other clients are never overrated.
    """

    limit: int | None = None
    reset: float | None = None
    left: Left = field(default_factory=Left)
    _began: tuple[int, int] | None = None
    """What was left at the first reply of the hour, and how many own requests came before it."""
    _others: deque[tuple[float, int]] = field(default_factory=deque)
    """When the requests of other clients grew, and to how many of them."""
    _heard: float = 0.0

    def hear(self, headers: Mapping[str, str], now: float, sent: int, under_way: int) -> None:
        """Take over what a reply says; `under_way` are the others of the `sent` without a reply."""
        limit, remaining = (
            number(headers, "X-RateLimit-Limit"),
            number(headers, "X-RateLimit-Remaining"),
        )
        reset = number(headers, "X-RateLimit-Reset")
        self.limit = self.limit if limit is None else int(limit)
        moved = 0.0 if reset is None or self.reset is None else reset - self.reset
        self.reset = self.reset if reset is None else reset
        if remaining is None:
            return
        self._heard = now
        self.left.hear(remaining, under_way, anew=moved != 0)
        if self._began is None or abs(moved) > SAME_HOUR:
            # All but the replies of before may be counted from here on.
            self._began = int(remaining), sent - under_way - 1
            self._others = deque([(now, 0)])
        self._began = max(self._began[0], int(remaining)), self._began[1]
        others = self._began[0] - int(remaining) - (sent - self._began[1])
        if others > self._others[-1][1]:
            self._others.append((now, others))

    def until_reset(self, now: float) -> float:
        """Seconds, 0 where the reset has passed or is not known."""
        return max(0.0, (self.reset or 0.0) - now)

    def others(self, now: float) -> float:
        """Requests a second that other clients seem to make."""
        shortest, longest = LOOKED_AT
        while len(self._others) > 1 and self._others[1][0] <= now - longest:
            self._others.popleft()
        if not self._others:
            return 0.0
        began, before = self._others[0]
        return (self._others[-1][1] - before) / min(max(now - began, shortest), longest)

    def share(self, left: int, now: float) -> float | None:
        """Requests a second of which `left` lasts to the reset; None where nobody else takes them.

        Others are left what they take, unless less than a tenth would be left to this client.
        """
        others, seconds = self.others(now), self.until_reset(now)
        if not others or not seconds:
            return None
        pace = max(left - others * (now - self._heard), 1.0) / seconds
        return max(pace - others, pace * LEAST)


def number(headers: Mapping[str, str], name: str) -> float | None:
    """The number in a header, None where it is absent or odd."""
    try:
        value = float(headers.get(name, ""))
    except ValueError:
        return None
    return value if 0 <= value < 1e12 else None


def http_date(text: str) -> float | None:
    """An HTTP date in Unix seconds, None where it is none."""
    try:
        return email.utils.parsedate_to_datetime(text).timestamp()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
