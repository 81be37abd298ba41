"""Time that passes only when somebody waits."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class FakeClock:
    """A clock and a sleep that belong together; `waits` are the seconds of every sleep."""

    now: float = 1_900_000_000.0
    waits: list[float] = field(default_factory=list)

    def time(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        assert 0 <= seconds < float("inf"), f"nobody can wait {seconds} seconds"
        self.waits.append(seconds)
        self.now += seconds
