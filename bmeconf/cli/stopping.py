"""The signals that ask a run to end: Ctrl-C, a cancelled CI job, a terminal that is closed."""

from __future__ import annotations

import signal
from collections.abc import Sequence

NAMES = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")
"""Not every system has each of them."""


def stopping() -> Sequence[signal.Signals]:
    """The signals, but not a hangup that is ignored, as under `nohup`."""
    known = [getattr(signal, name) for name in NAMES if hasattr(signal, name)]
    return [s for s in known if s.name != "SIGHUP" or signal.getsignal(s) != signal.SIG_IGN]
