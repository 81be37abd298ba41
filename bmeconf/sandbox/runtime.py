"""State of a running simulator: data, switches, counters, faults, the log of requests.

Callers hold the store's lock, save for the log and the faults.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bmeconf.sandbox.auth import Blocks
from bmeconf.sandbox.faults import Faults
from bmeconf.sandbox.limits import Limits
from bmeconf.sandbox.store import Doc, Store
from bmeconf.sandbox.switches import Switches

#: the most entries of the log; older entries are dropped
LOG_SIZE = 10_000


class RequestLog:
    """API requests since the start or the last `clear`, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Doc] = deque(maxlen=LOG_SIZE)
        self._count = 0

    def add(self, **entry: Any) -> None:
        """Append an answered request, with the next number `n`, from 1."""
        with self._lock:
            self._count += 1
            self._entries.append({"n": self._count, **entry})

    def entries(self) -> list[Doc]:
        """`[{n, method, path, query, status, body, key_ok, fault, done, at, seconds}]`.

        `at` is when it came, by the clock of the service, and `seconds` how long it took. `status`
        is null if there was no reply, `key_ok` if the key was not checked, `fault` if no fault
        hit. `done` means carried out and committed.
        """
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Drop all entries; numbers start at 1 again."""
        with self._lock:
            self._entries.clear()
            self._count = 0


@dataclass
class Runtime:
    """The parts of a simulator; only `switches` is ever replaced."""

    store: Store
    switches: Switches
    now: Callable[[], float] = time.time
    """The clock of the service."""
    limits: Limits = field(default_factory=Limits)
    blocks: Blocks = field(default_factory=Blocks)
    log: RequestLog = field(default_factory=RequestLog)
    faults: Faults = field(default_factory=Faults)
    #: set when the simulator is about to stop: all waiting ends
    stopping: threading.Event = field(default_factory=threading.Event)
