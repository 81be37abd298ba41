"""Check and Checkup: what was found, as data. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from bmeconf.model import Problem
from bmeconf.model.errors import GRAVEST_FIRST, BmeconfError, Interrupted

BELOW, CORRECT = "correct the problems that are named below", "correct it, and look again"
"""Remedies for errors that have none of their own."""


class State(StrEnum):
    """How a check ended; `SKIPPED` was not, or cannot be, looked at."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at; `error` is what a run would end with, where it failed."""

    name: str
    state: State
    message: str
    remedy: str = ""
    error: BmeconfError | None = None

    @classmethod
    def failed(cls, name: str, error: BmeconfError) -> Check:
        """The check that ended in `error`."""
        mend = BELOW if getattr(error, "problems", ()) else CORRECT
        return cls(name, State.FAILED, error.message, error.remedy or mend, error)


@dataclass(frozen=True)
class Checkup:
    """All checks by the part of the world that they are about, and the requests that they took."""

    parts: Mapping[str, Sequence[Check]]
    requests: int = 0

    @property
    def checks(self) -> Iterator[Check]:
        """Every check, in order."""
        for checks in self.parts.values():
            yield from checks

    @property
    def states(self) -> Counter[State]:
        """How many checks ended in each state."""
        return Counter(check.state for check in self.checks)

    @property
    def error(self) -> BmeconfError | None:
        """The gravest error of all checks (design 4), None where none failed."""
        errors = [check.error for check in self.checks if check.error]
        return min(errors, key=lambda e: GRAVEST_FIRST.index(e.exit_code), default=None)

    @property
    def problems(self) -> Sequence[Problem]:
        """The problems of files that made checks fail, at their places."""
        return [p for check in self.checks for p in getattr(check.error, "problems", ())]


def checked(name: str, look: Callable[[], Check]) -> Check:
    """What `look` returns; the failed check where it raises an expected error."""
    try:
        return look()
    except Interrupted:
        raise
    except BmeconfError as error:
        return Check.failed(name, error)
