"""Progress: how far a run is, and what it waits for; the one place that speaks of both.

On a terminal it is one live line on stderr. In a log, a wait is a line when it begins and then
one every 30 seconds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bmeconf.cli.console import Console
from bmeconf.client import Budget, Exchange, Watch
from bmeconf.model import counted
from bmeconf.model.errors import Interrupted

TOLD_ABOVE = 5.0
"""Seconds of silence after which a person begins to wonder."""
EVERY = 30.0
"""Seconds between two lines of a log on one wait."""
SHORT_RUN = 0.5
"""Seconds in which a live line would only flicker."""
FRAME = 0.1
"""Seconds between two states of a live line."""


@dataclass(frozen=True)
class Clock:
    """The time that a run waits by: handed in, so that a test need not wait.

    `now` returns Unix seconds. `pause` waits for seconds, or until the event is set; it returns
    True if the event is set.
    """

    now: Callable[[], float] = time.time
    pause: Callable[[threading.Event, float], bool] = threading.Event.wait


@dataclass
class _Wave:
    """Calls that were begun together: how many of them have ended."""

    of: int
    began: float
    done: int = 0


class Progress(Watch):
    """Hears of the requests of a run and of its steps, and waits for it.

    `stop` cuts a wait short, but not between two writes that make one step.
    """

    budget: Budget

    def __init__(self, console: Console, clock: Clock, stop: threading.Event) -> None:
        self._console, self._clock, self._stop = console, clock, stop
        self._lock = threading.Lock()
        self._work, self._wave = "Reading", _Wave(0, 0.0)
        self._next_frame, self._silence = clock.now() + SHORT_RUN, 0.0

    def hear(self, line: str) -> None:
        self._console.trace(line)

    def sent(self, exchange: Exchange) -> None:
        self._console.timings.sent(exchange)
        self._work = exchange.work
        self._show()

    def wave(self, calls: int) -> Callable[[], None]:
        wave = _Wave(calls, self._clock.now())

        def ended() -> None:
            with self._lock:
                wave.done += 1
                self._wave = wave
            self._show()

        return ended

    def wait(self, seconds: float, why: str) -> None:
        """Wait, and say so.

        Raises:
            Interrupted: a Ctrl-C cut it short.
        """
        self._silence += seconds
        tell = self._silence > EVERY or seconds > TOLD_ABOVE
        left, watched = seconds, self._console.watched
        while left > 0:
            waiting = f"Waiting {left:.0f} s: {why}"
            if watched:
                self._show([waiting], now=seconds >= 1)
            elif tell:
                self._silence = 0.0
                self._console.note(f"{waiting} ({', '.join(self._state())}).")
            turn = min(left, 1.0 if watched else EVERY)
            self._pause(turn)
            left -= turn
        self._console.timings.waited(seconds, why)

    def _pause(self, seconds: float) -> None:
        if self.budget.patient:
            self._clock.pause(threading.Event(), seconds)
        elif self._clock.pause(self._stop, seconds):
            raise Interrupted("interrupted while waiting for the API")

    def _show(self, parts: Sequence[str] = (), *, now: bool = False) -> None:
        """Show a live line that begins with `parts`; `now`, or where it is time for another."""
        if not self._console.watched or (not now and self._clock.now() < self._next_frame):
            return
        self._next_frame = max(self._clock.now() + FRAME, self._next_frame)
        self._console.show([*parts, *self._state()])

    def _state(self) -> Sequence[str]:
        """How far the run is, what it has used and has left."""
        wave, left = self._wave, self.budget.hour_left
        open = wave.done < wave.of
        parts = [f"{self._work}: {wave.done:,} of {wave.of:,}" if open else self._work]
        parts.append(counted(self.budget.used, "request"))
        parts += [] if left is None else [f"{left:,} left in this hour"]
        if open and wave.done:
            to_come = wave.of - wave.done
            pace = (self._clock.now() - wave.began) / wave.done
            parts.append(f"{duration(max(pace * to_come, self.budget.least_time(to_come)))} to go")
        return parts


def duration(seconds: float) -> str:
    """`95 s`, `12 min`."""
    return f"{max(seconds, 1):.0f} s" if seconds < 100 else f"{seconds / 60:.0f} min"
