"""The ways into an apply - planned just now, saved, or cut off - and the one way through it.

In: a plan, a client that may only read, a place for the journal. Out: the Result, after all that
was written was read back. Nothing is printed here.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bmeconf import document, pins, pipeline, planfile, record, verify, workdir
from bmeconf.apply import Execution
from bmeconf.client import Reader
from bmeconf.conduct import MOVED, Before, Conduct
from bmeconf.diff import Difference
from bmeconf.errors import (
    BmeconfError,
    Bug,
    Guarded,
    Interrupted,
    InvalidInput,
    JournalLost,
    LossyWrite,
    Stale,
)
from bmeconf.journal import Journal, Past, loose_ends
from bmeconf.kinds import KINDS
from bmeconf.kinds.names import Names
from bmeconf.kinds.replies import Raw
from bmeconf.kinds.structure import Structure
from bmeconf.live import Live
from bmeconf.model import LISTS, STRUCTURE, Address, Finding, Snapshot
from bmeconf.outcome import NOT_ATTEMPTED, STALE, Outcome, Result
from bmeconf.pipeline import Planned
from bmeconf.plan import Plan, account_of
from bmeconf.receipts import Receipts

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


def planned(run: Run, seen: Planned) -> Result:
    """Carry out a plan that was made a moment ago.

    Raises:
        LimitReached, InvalidInput: before the first write, where it could not be finished or
            put down.
    """
    plan = seen.plan
    basis = Basis(seen.live, seen.differences)
    if not plan.steps:
        return _nothing_to_do(run, plan, basis)
    run.reader.budget.afford(plan.price.write + plan.price.verify)
    conduct = Conduct(doubtful=_loose_ends(run, seen))
    return _walked(run, plan, basis, _begun(run, plan), conduct)


def _loose_ends(run: Run, seen: Planned) -> Mapping[str, Before]:
    """The copies of this plan that an earlier run may have made already, and what is not them."""
    copies = [step for step in seen.plan.steps if step.intent.origins]
    if not copies:
        return {}
    ends = loose_ends(workdir.journals(run.root), seen.plan.account.fingerprint)
    declared = tuple(resource.id for resource in seen.live.snapshot)
    found = {step.id: ends[str(step.address)] for step in copies if str(step.address) in ends}
    return {id: replace(before, ids=(*before.ids, *declared)) for id, before in found.items()}


def saved(run: Run, plan: Plan, receipts: Receipts, skip_stale: bool) -> Result:
    """Carry out a saved plan: all pins first, then each again at its own write (design 7.14).

    Raises:
        Stale: where it was applied already.
        Guarded: where the key opens another account than the plan is for.
        ApiError, Refused, LimitReached, InvalidInput: before the first write.
    """
    names = _opened(run, plan)
    basis = _elsewhere(run, plan, names)
    if not plan.steps:
        return _nothing_to_do(run, plan, basis)
    price = plan.price
    run.reader.budget.afford(price.check - 1 + price.write + price.verify)
    moved = pins.check(run.reader, names, plan, (), ())
    conduct = Conduct(strict=True, skip_stale=skip_stale, moved=moved)
    if moved and (not skip_stale or len(moved) == len(plan.steps)):
        return _unwritten(run, plan, moved)
    journal = _begun(run, plan)
    try:
        receipts.claim(run.now, str(journal.path.absolute()))
    except BmeconfError:
        journal.discard()
        raise
    result = _walked(run, plan, basis, journal, conduct)
    if not result.written:
        receipts.release()
    return result


def recorded(path: Path) -> tuple[Journal, Past, Plan]:
    """A journal that an apply left, opened to be continued, and the plan in it.

    Raises:
        InvalidInput: where it is no journal, its plan was changed, or it is being written.
    """
    journal, past = Journal.reopen(path)
    try:
        return journal, past, planfile.of(past.plan, str(path))
    except BmeconfError:
        journal.close()
        raise


def resumed(run: Run, journal: Journal, past: Past, plan: Plan) -> Result:
    """Finish exactly what a journal shows as not done, pins checked again (design 7.13).

    Raises:
        Guarded, ApiError, Refused, LimitReached: before the first write.
    """
    try:
        names = _opened(run, plan)
        passed, made = {*past.done, *past.doubtful}, _made(run, names, plan, past)
        moved = pins.check(run.reader, names, plan, passed, made)
        basis = _elsewhere(run, plan, names)
    except BaseException:
        journal.close()
        raise
    conduct = Conduct(True, False, moved, past.done, past.doubtful)
    return _walked(run, plan, basis, journal, conduct, past.written)


def _made(run: Run, names: Names, plan: Plan, past: Past) -> set[str]:
    """The lists that the run before made, or may have made: they took contacts along."""
    made = {id for id in past.done.values() if id}
    copies = [
        before
        for step in plan.steps
        if step.address.kind == LISTS and (before := past.doubtful.get(step.id)) is not None
    ]
    rows = KINDS[LISTS].reread(run.reader, names, ()) if copies else ()
    return made | {id for id in rows if any(id not in before.ids for before in copies)}


def _opened(run: Run, plan: Plan) -> Names:
    """The names that a plan stands on, in the account that it was made for."""
    kind = KINDS[STRUCTURE]
    assert isinstance(kind, Structure)
    for row in kind.rows(run.reader, Names(), ()):
        names = Names(row)
        if account_of(run.base_url, names) == plan.account:
            return plan.grounds.names(names)
    other = "" if run.base_url == plan.account.base_url else f", which is at {run.base_url}"
    raise Guarded(
        f"the plan was made for another account at {plan.account.base_url}, and not for the one"
        f" that this key opens{other}; nothing was written",
        "choose the account it was made for with --account, or plan again for this one",
    )


def _begun(run: Run, plan: Plan) -> Journal:
    return Journal.create(workdir.journals(run.root), document.plan(plan), run.now)


def _unwritten(run: Run, plan: Plan, moved: Mapping[str, str]) -> Result:
    """What is to be told of a plan that the account has moved away from: nothing was written."""
    why = Stale(f"{MOVED}; nothing was written", "plan again, and have that reviewed")
    outcomes = (
        Outcome(step, STALE, moved[step.id], error=why)
        if step.id in moved
        else Outcome(step, NOT_ATTEMPTED, error=why)
        for step in plan.steps
    )
    return Result(plan, tuple(outcomes), (), False, run.reader.budget.used, why)


def _elsewhere(run: Run, plan: Plan, names: Names) -> Basis:
    """The basis of a plan whose making is not at hand: only what is remembered of the account.

    Raises:
        InvalidInput: where the lock file cannot be used.
    """
    remembered = pipeline.locked(run.lock_file)
    section = remembered.section(plan.account.fingerprint, plan.account.base_url)
    return Basis(Live(Snapshot(), Snapshot(), names, section=section), ())


def _nothing_to_do(run: Run, plan: Plan, basis: Basis) -> Result:
    """No step, no journal; but what was found in sync is remembered."""
    done = record.Done()
    unlocked, bug = _recorded(run, plan, basis, done, basis.live.names)
    used = run.reader.budget.used
    return Result(plan, (), (), False, used, bug, unlocked=unlocked)


def _walked(
    run: Run,
    plan: Plan,
    basis: Basis,
    journal: Journal,
    conduct: Conduct,
    written_before: bool = False,
) -> Result:
    writer = run.reader.for_writing(journal)
    names = basis.live.names
    execution = Execution(writer, names, plan, journal, run.stop_asked, conduct)
    outcomes = []
    for outcome in execution.outcomes():
        run.told(outcome)
        outcomes.append(outcome)
    lockable = workdir.writable(run.lock_file)
    found, read_back, stopped = _verified(writer, execution, outcomes, lockable, basis)
    done = record.Done(outcomes, read_back, found, writer.dialect.answers)
    unlocked, bug = _recorded(run, plan, basis, done, execution.names)
    if not (unlocked or lockable):
        unlocked = f"{run.lock_file} cannot be written"
    result = Result(
        plan=plan,
        outcomes=tuple(outcomes),
        read_back=(*(f for outcome in outcomes for f in outcome.findings), *found),
        written=written_before or writer.writes > 0,
        requests=writer.budget.used,
        stopped=stopped or bug,
        journal=os.path.relpath(journal.path),
        unlocked=unlocked,
    )
    journal.close(result.exit_code)
    return result


def _verified(
    reader: Reader, execution: Execution, outcomes: Sequence[Outcome], lockable: bool, basis: Basis
) -> tuple[tuple[Finding, ...], Mapping[Address, Raw] | None, BmeconfError | None]:
    """Findings, what was read back, and what stopped the run; None where nothing was read back."""
    if execution.stopped is not None and not isinstance(execution.stopped, READABLE):
        return (), None, execution.stopped
    names, managed = execution.names, execution.managed
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
    run: Run, plan: Plan, basis: Basis, done: record.Done, names: Names
) -> tuple[str, BmeconfError | None]:
    """Write the lock file: why it could not be, and the bug where that is one.

    Whatever becomes of it, what was done to the account is still to be reported.
    """
    path = run.lock_file
    try:
        section = record.after(basis.live, basis.differences, plan, done, names)
        # Read again: an apply to another account may have written its section meanwhile.
        text = pipeline.locked(path).having(section).text
        if text != (workdir.read(path) or ""):
            workdir.write(path, text)
    except KeyboardInterrupt:
        return f"{path} was not written: interrupted", None
    except (OSError, InvalidInput) as error:
        reason = error.message if isinstance(error, InvalidInput) else error.strerror
        return f"{path} could not be written: {reason}", None
    except Exception as error:
        return f"{path} was not written", Bug.of(error)
    return "", None
