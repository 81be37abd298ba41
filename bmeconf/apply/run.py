"""The way through an apply: step by step, then the proof, then the lock file.

In: a plan and what it was made from, a journal that is open. Out: the Result, whatever happened
on the way. Nothing is printed here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bmeconf.apply import remember, verify
from bmeconf.apply.executor import Execution
from bmeconf.apply.journal import Journal
from bmeconf.apply.options import ApplyOptions
from bmeconf.apply.remember import Basis
from bmeconf.apply.result import NOT_ATTEMPTED, Outcome, Proof, Result
from bmeconf.baseline import Section, lock_store
from bmeconf.model.errors import (
    BmeconfError,
    Bug,
    Interrupted,
    InvalidInput,
    JournalLost,
    LossyWrite,
    Stale,
)
from bmeconf.plan import Plan

if TYPE_CHECKING:
    # Not at run time, since results are also shown where nothing is asked for.
    from bmeconf.client import Reader

READABLE = (Interrupted, JournalLost, LossyWrite, Stale)
"""Errors that end the writing, but do not keep a run from reading back what it wrote."""


@dataclass(frozen=True)
class Run:
    """The means of an apply: the account, the project's files, the time, and the listeners.

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


def nothing_to_do(run: Run, plan: Plan, basis: Basis) -> Result:
    """No step, no journal; but what was found in sync is remembered."""
    result = Result(plan, (), Proof(), False, run.reader.budget.used)
    unlocked, bug = _remembered(
        run, lambda: remember.section_after(basis, plan, basis.account.id_map)
    )
    return replace(result, unlocked=unlocked, stopped=bug)


def through(
    run: Run,
    plan: Plan,
    basis: Basis,
    journal: Journal,
    options: ApplyOptions,
    written_before: bool = False,
) -> Result:
    """Carry out the steps, read back what was written, remember it.

    `written_before` says that an earlier run has written something of the same plan.
    """
    writer = run.reader.for_writing(journal)
    execution = Execution(writer, basis.account.id_map, plan, journal, run.stop_asked, options)
    try:
        for outcome in execution.outcomes():
            run.told(outcome)
    except KeyboardInterrupt:
        execution.stopped = Interrupted("interrupted twice; the steps before were finished")
    left = plan.steps[len(execution.ended) :]
    rest = (Outcome(step, NOT_ATTEMPTED, error=execution.stopped) for step in left)
    outcomes = [*execution.ended.values(), *rest]
    lockable = lock_store.can_keep(run.lock_file)
    proof, stopped = _verified(writer, execution, outcomes, lockable, basis)
    unlocked, bug = _remembered(
        run,
        lambda: remember.section_after(basis, plan, execution.id_map, outcomes, proof),
    )
    if not (unlocked or lockable):
        unlocked = f"{run.lock_file} cannot be written"
    result = Result(
        plan=plan,
        outcomes=tuple(outcomes),
        proof=proof,
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
) -> tuple[Proof, BmeconfError | None]:
    """The proof, one without rows where nothing could be read back; and what stopped the run."""
    unread = Proof(rows=None)
    if execution.stopped is not None and not isinstance(execution.stopped, READABLE):
        return unread, execution.stopped
    try:
        proof = verify.check(
            *(reader, execution.id_map, execution.managed, outcomes),
            lockable=lockable,
            differences=basis.differences,
        )
    except BmeconfError as error:
        return unread, execution.stopped or error
    except KeyboardInterrupt:
        return unread, Interrupted("interrupted while reading back: what was written is not proven")
    except Exception as error:
        return unread, Bug.of(error)
    return proof, execution.stopped


def _remembered(run: Run, section: Callable[[], Section]) -> tuple[str, BmeconfError | None]:
    """Write the lock file: why it could not be, and the bug where that is one.

    Whatever becomes of it, what was done to the account is still to be reported.
    """
    path = run.lock_file
    try:
        lock_store.keep(path, section())
    except KeyboardInterrupt:
        return f"{path} was not written: interrupted", None
    except (OSError, InvalidInput) as error:
        reason = error.message if isinstance(error, InvalidInput) else error.strerror
        return f"{path} could not be written: {reason}", None
    except Exception as error:
        return f"{path} was not written", Bug.of(error)
    return "", None
