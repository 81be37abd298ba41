"""Clocks on which nobody waits for long."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bmeconf.cli.progress import Clock


@dataclass
class FakeClock:
    """Time that passes only when somebody waits; `waits` are the seconds of every sleep."""

    now: float = 1_900_000_000.0
    waits: list[float] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float, why: str = "") -> None:
        assert 0 <= seconds < float("inf"), f"nobody can wait {seconds} seconds"
        self.waits.append(seconds)
        self.now += seconds


def hasty(haste: float, later: Callable[[], float] = float) -> Clock:
    """The system's clock, but for waits: they take `haste` times as long as they seem to.

    It is so many seconds `later` than that.
    """
    ahead = 0.0

    def pause(event: threading.Event, seconds: float) -> bool:
        nonlocal ahead
        ahead += seconds * (1 - haste)
        return event.wait(seconds * haste)

    return Clock(lambda: time.time() + ahead + later(), pause)
