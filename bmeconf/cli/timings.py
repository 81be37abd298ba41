"""What a run took, as --timings shows it: requests, waits, and CPU of the stages."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from bmeconf.model import counted

if TYPE_CHECKING:
    # Not at run time, so that `--help` and `--version` start fast.
    from bmeconf.client import Exchange

HEAD = ("requests", "count", "total s", "median ms", "bytes")


class Timings:
    """Threads may share it. `cpu` gives the CPU seconds of the process so far."""

    def __init__(self, cpu: Callable[[], float] = time.process_time) -> None:
        self._cpu, self._since, self._stage = cpu, 0.0, "start"
        self._lock = threading.Lock()
        self._stages: dict[str, float] = defaultdict(float)
        self._exchanges: dict[str, list[Exchange]] = defaultdict(list)
        self._waits: dict[str, list[float]] = defaultdict(list)

    def stage(self, name: str) -> None:
        """The run goes on to another stage; from its start it is at the stage `start`."""
        now = self._cpu()
        self._stages[self._stage] += now - self._since
        self._since, self._stage = now, name

    def sent(self, exchange: Exchange) -> None:
        with self._lock:
            self._exchanges[exchange.kind].append(exchange)

    def waited(self, seconds: float, why: str) -> None:
        with self._lock:
            self._waits[why].append(seconds)

    def lines(self) -> Sequence[str]:
        """The table; requests by the time they took together."""
        self.stage(self._stage)
        rows = [HEAD, *(_row(*kind) for kind in sorted(self._exchanges.items(), key=_total))]
        first = max(len(row[0]) for row in rows)
        lines = [f"{row[0]:{first}}" + "".join(f"{cell:>11}" for cell in row[1:]) for row in rows]
        for why, waits in self._waits.items():
            lines.append(f"{counted(len(waits), 'wait')}, {sum(waits):.1f} s: {why}")
        stages = ", ".join(f"{name} {seconds:.2f} s" for name, seconds in self._stages.items())
        return [*lines, f"CPU: {stages}"]


def _total(kind: tuple[str, Sequence[Exchange]]) -> float:
    return -sum(exchange.seconds for exchange in kind[1])


def _row(kind: str, exchanges: Sequence[Exchange]) -> tuple[str, str, str, str, str]:
    import statistics

    seconds = [exchange.seconds for exchange in exchanges]
    return (
        kind,
        f"{len(exchanges):,}",
        f"{sum(seconds):.2f}",
        f"{statistics.median(seconds) * 1000:.0f}",
        f"{sum(exchange.size for exchange in exchanges):,}",
    )
