"""The time that a run waits by: handed in, so that a test need not wait."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """Time for one run.

    `now` returns Unix seconds. `pause` waits for seconds, or until the event is set; it returns
    True if the event is set.
    """

    now: Callable[[], float]
    pause: Callable[[threading.Event, float], bool]


SYSTEM_CLOCK = Clock(time.time, threading.Event.wait)
