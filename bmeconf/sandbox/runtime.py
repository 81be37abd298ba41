"""What one running simulator holds: data, switches, counters, the log of requests.

In: requests as they are answered. Out: the same as log entries. The caller of everything
here but the log and the faults holds the store's lock.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from bmeconf.sandbox.auth import Blocks
from bmeconf.sandbox.faults import Faults
from bmeconf.sandbox.limits import Limits
from bmeconf.sandbox.store import Doc, Store
from bmeconf.sandbox.switches import Switches

#: the log forgets its oldest entries beyond this many
LOG_SIZE = 10_000


class RequestLog:
    """API requests since the start or the last `clear`, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[Doc] = deque(maxlen=LOG_SIZE)
        self._count = 0

    def add(self, **entry: Any) -> None:
        """Append one answered request; it gets the next number `n`, from 1."""
        with self._lock:
            self._count += 1
            self._entries.append({"n": self._count, **entry})

    def entries(self) -> list[Doc]:
        """`[{n, method, path, query, status, body, key_ok, fault, done}]`.

        Null are `status` where nothing was to be answered, `key_ok` where nobody looked at the
        key, `fault` where none hit. What was `done` was carried out and committed.
        """
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Forget all entries; numbers start at 1 again."""
        with self._lock:
            self._entries.clear()
            self._count = 0


@dataclass
class Runtime:
    """One simulator's parts; only `switches` is ever replaced."""

    store: Store
    switches: Switches
    limits: Limits = field(default_factory=Limits)
    blocks: Blocks = field(default_factory=Blocks)
    log: RequestLog = field(default_factory=RequestLog)
    faults: Faults = field(default_factory=Faults)
    #: set once the simulator is about to stop: nothing may go on waiting
    stopping: threading.Event = field(default_factory=threading.Event)
