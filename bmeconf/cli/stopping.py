"""The signals that ask a run to end: Ctrl-C, a cancelled CI job, a terminal that is closed."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Not every system has each of them."""


def stopping() -> Sequence[signal.Signals]:
    """The signals, but not a hangup that is ignored, as under `nohup`."""
    known = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    return [s for s in known if s.name != "SIGHUP" or signal.getsignal(s) != signal.SIG_IGN]


@contextmanager
def undisturbed() -> Iterator[None]:
    """While the block runs, none of these signals is heard: the run is at its end."""
    is_heard = threading.current_thread() is threading.main_thread()
    before = {s: signal.signal(s, signal.SIG_IGN) for s in stopping()} if is_heard else {}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)
