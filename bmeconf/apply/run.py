"""The walk of an apply: step by step, then the proof, then the lock file.

In: a plan and what it was made from, a journal that is open. Out: the Result, whatever happened
on the way. Nothing is printed here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bmeconf.apply import verify
from bmeconf.apply.executor import Execution
from bmeconf.apply.journal import Journal
from bmeconf.apply.options import ApplyOptions
from bmeconf.apply.result import NOT_ATTEMPTED, Outcome, Result
from bmeconf.baseline import record
from bmeconf.client import Reader
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.live.read import Live
from bmeconf.model import Address, Finding
from bmeconf.model.errors import (
    BmeconfError,
    Bug,
    Interrupted,
    InvalidInput,
    JournalLost,
    LossyWrite,
    Stale,
)
from bmeconf.plan import pipeline
from bmeconf.plan.diff import Difference
from bmeconf.plan.model import Plan
from bmeconf.project import can_write_lock_file

READABLE = (Interrupted, JournalLost, LossyWrite, Stale)
"""What ends the writing, but does not keep a run from reading back what it wrote."""


@dataclass(frozen=True)
class Run:
    """What an apply works with: the account, the project's files, the time, and who listens.

    `base_url` names the account in plans; `told` hears of each outcome; `stop_asked` says
    whether somebody wants the run to end.
    """

    reader: Reader
    base_url: str
    root: Path
    lock_file: Path
    now: datetime
    stop_asked: Callable[[], bool]
    told: Callable[[Outcome], None]


@dataclass(frozen=True)
class Basis:
    """What a plan was made from, as far as it is at hand; the lock file is written from it."""

    live: Live
    differences: Sequence[Difference]


def nothing_to_do(run: Run, plan: Plan, basis: Basis) -> Result:
    """No step, no journal; but what was found in sync is remembered."""
    done = record.Done()
    unlocked, bug = _recorded(run, plan, basis, done, basis.live.id_map)
    used = run.reader.budget.used
    return Result(plan, (), (), False, used, bug, unlocked=unlocked)


def walk(
    run: Run,
    plan: Plan,
    basis: Basis,
    journal: Journal,
    conduct: ApplyOptions,
    written_before: bool = False,
) -> Result:
    """Carry out the steps, read back what was written, remember it.

    `written_before` says that a run before this one has written something of the same plan.
    """
    writer = run.reader.for_writing(journal)
    names = basis.live.id_map
    execution = Execution(writer, names, plan, journal, run.stop_asked, conduct)
    try:
        for outcome in execution.outcomes():
            run.told(outcome)
    except KeyboardInterrupt:
        execution.stopped = Interrupted("interrupted twice; the steps before were finished")
    left = plan.steps[len(execution.ended) :]
    rest = (Outcome(step, NOT_ATTEMPTED, error=execution.stopped) for step in left)
    outcomes = [*execution.ended.values(), *rest]
    lockable = can_write_lock_file(run.lock_file)
    found, read_back, stopped = _verified(writer, execution, outcomes, lockable, basis)
    done = record.Done(outcomes, read_back, found, writer.dialect.answers)
    unlocked, bug = _recorded(run, plan, basis, done, execution.id_map)
    if not (unlocked or lockable):
        unlocked = f"{run.lock_file} cannot be written"
    result = Result(
        plan=plan,
        outcomes=tuple(outcomes),
        read_back=(*(f for outcome in outcomes for f in outcome.findings), *found),
        written=written_before or writer.writes > 0,
        requests=writer.budget.used,
        stopped=stopped or bug,
        journal=_from_here(journal.path),
        unlocked=unlocked,
    )
    journal.close(result.exit_code)
    return result


def _from_here(path: Path) -> str:
    try:
        return os.path.relpath(path)
    except OSError:
        # The working directory is gone.
        return str(path)


def _verified(
    reader: Reader, execution: Execution, outcomes: Sequence[Outcome], lockable: bool, basis: Basis
) -> tuple[tuple[Finding, ...], Mapping[Address, Raw] | None, BmeconfError | None]:
    """Findings, what was read back, and what stopped the run; None where nothing was read back."""
    if execution.stopped is not None and not isinstance(execution.stopped, READABLE):
        return (), None, execution.stopped
    names, managed = execution.id_map, execution.managed
    try:
        found = verify.check(reader, names, managed, outcomes, lockable, basis.differences)
    except BmeconfError as error:
        return (), None, execution.stopped or error
    except KeyboardInterrupt:
        told = "interrupted while reading back: what was written is not proven"
        return (), None, Interrupted(told)
    except Exception as error:
        return (), None, Bug.of(error)
    return *found, execution.stopped


def _recorded(
    run: Run, plan: Plan, basis: Basis, done: record.Done, id_map: IdMap
) -> tuple[str, BmeconfError | None]:
    """Write the lock file: why it could not be, and the bug where that is one.

    Whatever becomes of it, what was done to the account is still to be reported.
    """
    path = run.lock_file
    try:
        section = record.after(basis.live, basis.differences, plan, done, id_map)
        pipeline.keep(path, section)
    except KeyboardInterrupt:
        return f"{path} was not written: interrupted", None
    except (OSError, InvalidInput) as error:
        reason = error.message if isinstance(error, InvalidInput) else error.strerror
        return f"{path} could not be written: {reason}", None
    except Exception as error:
        return f"{path} was not written", Bug.of(error)
    return "", None
