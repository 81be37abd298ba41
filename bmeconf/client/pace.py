"""Budget: how many requests a run may still make, and how long it waits before the next.

Both documented limits, 60 a minute and 3,600 an hour, hold when no minute sees more than 60 (API
contract 3.1).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bmeconf.model.errors import LimitReached

PER_MINUTE = 60
LONGEST_WAIT = 300.0
"""Seconds; a longer wait is for a person to decide on (API contract 3.3)."""


@dataclass
class Budget:
    """Counts requests and holds them to the account's limits.

    `clock` gives Unix seconds, `sleep` waits for seconds. `ceiling` is --max-requests.
    `per_minute` None means unpaced, for a simulator on this machine. `patient` says that a wait
    may not be cut short: a step has written something and is not whole.
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
    _sent: deque[float] = field(default_factory=deque)

    def spend(self) -> None:
        """Take one request from the budget, waiting as long as the limits ask for.

        Raises:
            LimitReached: where the ceiling, the hour or the month would not allow it.
        """
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
        self._wait_for_the_hour()
        self._wait_for_the_minute()
        self.used += 1
        self._sent.append(self.clock())

    def learn(self, headers: Mapping[str, str]) -> None:
        """Take over what a reply's headers say; absent or odd ones change nothing.

        A `Retry-After` decides alone (API contract 6, question 24): what else is said of the
        limits, then and before, does not hold after that wait.
        """
        if "Retry-After" in headers:
            self.hour_remaining = self.hour_reset = self.month_remaining = None
            return
        if (hour := _number(headers, "X-RateLimit-Remaining")) is not None:
            self.hour_remaining = int(hour)
        if (month := _number(headers, "X-Monthly-Remaining")) is not None:
            self.month_remaining = int(month)
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

    def _wait_for_the_hour(self) -> None:
        if self.hour_remaining != 0:
            return
        wait = self._until_reset()
        if wait > LONGEST_WAIT:
            raise LimitReached(
                f"the hourly limit of this account is used up for another {wait / 60:.0f} minutes",
                "run again after that; all keys of the account share the limit",
            )
        if wait > 0:
            self.sleep(wait)
        self.hour_remaining = None

    def _wait_for_the_minute(self) -> None:
        if self.per_minute is None:
            return
        now = self.clock()
        while self._sent and self._sent[0] <= now - 60:
            self._sent.popleft()
        if len(self._sent) >= self.per_minute:
            self.sleep(self._sent[0] + 60 - now)
            self._sent.popleft()


def _number(headers: Mapping[str, str], name: str) -> float | None:
    try:
        value = float(headers.get(name, ""))
    except ValueError:
        return None
    return value if 0 <= value < 1e12 else None
