"""The ways into an apply (planned just now, saved, cut off), and the one way through it.

In: a plan, a client that may only read, the project's files. Out: the Result, whatever happened on
the way, after all that was written was read back. Nothing is printed here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bmeconf.apply import checks, remember, verify
from bmeconf.apply.executor import Execution
from bmeconf.apply.journal import Journal, JournalState
from bmeconf.apply.limits import Limits
from bmeconf.apply.loose_ends import loose_ends, unclaimed
from bmeconf.apply.model import (
    MOVED,
    NOT_ATTEMPTED,
    REVIEW,
    ApplyOptions,
    Doing,
    Outcome,
    Proof,
    Result,
)
from bmeconf.apply.origin import Origin
from bmeconf.apply.receipts import Receipts
from bmeconf.apply.remember import Basis
from bmeconf.baseline import lock_store
from bmeconf.desired import manifest
from bmeconf.kinds import KINDS, Audience, IdMap, Singleton, only, replies
from bmeconf.live import Account, Reading
from bmeconf.model import DELETE, SIMULATED, Snapshot, canonical_server, errors
from bmeconf.plan import Plan, encode, guard
from bmeconf.project import journal_folder

if TYPE_CHECKING:
    # Not at run time, since results are also shown where nothing is asked for.
    from bmeconf.client import Reader

READABLE = (errors.Interrupted, errors.JournalLost, errors.LossyWrite, errors.Stale)
"""Errors that end the writing, but do not keep a run from reading back what it wrote."""


@dataclass(frozen=True)
class Run:
    """The means of an apply: the account, the project's files, the time, and the listeners.

    `base_url` names the account in plans; `origin` tells which journals were written here; `told`
    hears of each outcome; `stop_asked` says whether somebody wants the run to end. `declared` reads
    what the manifests declare by now, which plans and journals cannot tell. `limits` are
    those of the policy.
    """

    reader: Reader
    base_url: str
    root: Path
    lock_file: Path
    origin: Origin
    now: datetime
    stop_asked: Callable[[], bool]
    told: Callable[[Outcome], None]
    declared: Callable[[], Snapshot]
    limits: Limits

    @property
    def journals(self) -> Path:
        return journal_folder(self.root)


# --- the ways in


def planned(run: Run, reading: Reading, plan: Plan) -> Result:
    """Carry out a plan that was made of `reading` a moment ago.

    Raises:
        Guarded, ApiError, Refused, LimitReached, InvalidInput: before the first write.
    """
    compared = tuple(d for d in plan.differences if not reading.matches.blocked(d.address))
    basis = Basis(reading.account, reading.section, compared, reading.gone)
    if not plan.steps:
        return _nothing_to_do(run, plan, basis)
    plan = run.limits.on_fresh(run.reader, plan, reading)
    run.reader.budget.afford(plan.price.write + plan.price.verify)
    rows = (match.row for match in reading.matches.by_address.values() if match.row is not None)
    taken = {*map(replies.id_of, rows), *_taken(plan, basis)}
    ends = loose_ends(run.journals, plan, run.origin)
    options = ApplyOptions(doubtful=unclaimed(ends, taken, lambda: reading.scope.whole))
    return _through(run, plan, basis, _begun(run, plan), options)


def saved(run: Run, basis: Basis, plan: Plan, receipts: Receipts, skip_stale: bool) -> Result:
    """Carry out a saved plan: all pins first, then each again at its own write (design 7.14).

    `basis` is what `opened` made of it.

    Raises:
        Stale: where it was applied already.
        Guarded, ApiError, Refused, LimitReached, InvalidInput: before the first write.
    """
    guard.refuse_protected(plan, basis.section)
    if not plan.steps:
        plan = run.limits.on_saved(run.reader, plan, basis.account.id_map, ApplyOptions(), {})
        return _nothing_to_do(run, plan, basis)
    price = plan.price
    run.reader.budget.afford(price.check - 1 + price.write + price.verify)
    ends = loose_ends(run.journals, plan, run.origin)
    doubtful = unclaimed(ends, _taken(plan, basis), run.declared)
    options = ApplyOptions(strict=True, skip_stale=skip_stale, doubtful=doubtful)
    moved, looked = checks.first_look(run.reader, basis.account.id_map, plan, options)
    if moved and (not skip_stale or len(moved) == len(plan.steps)):
        stale = errors.Stale(f"{MOVED}; nothing was written", REVIEW)
        return Result.unwritten(plan, stale, run.reader.budget.used, moved)
    plan = run.limits.on_saved(run.reader, plan, basis.account.id_map, options, looked)
    run.reader.budget.afford(price.write + price.verify)
    journal = _begun(run, plan, skip_stale)
    try:
        receipts.claim(run.now, str(journal.path.absolute()))
    except errors.BmeconfError:
        journal.discard()
        raise
    result = _through(run, plan, basis, journal, replace(options, moved=moved))
    if not result.written:
        receipts.release()
    return result


def resumed(run: Run, journal: Journal, state: JournalState, plan: Plan) -> Result:
    """Finish exactly what a journal shows as not done, pins checked again (design 7.13).

    Raises:
        Guarded, ApiError, Refused, LimitReached, InvalidInput: before the first write.
    """
    basis = opened(run.reader, run.base_url, run.lock_file, plan)
    guard.refuse_protected(plan, basis.section)
    _hold_deletes(state, plan)
    # The run that is resumed may itself have gone on from the loose end of another.
    ends = loose_ends(run.journals, plan, run.origin)
    ends = {id: end for id, end in ends.items() if id not in state.done}
    options = ApplyOptions(
        strict=True,
        skip_stale=state.skip_stale,
        done=state.done,
        doubtful=unclaimed({**ends, **state.doubtful}, _taken(plan, basis), run.declared),
        resumed=True,
    )
    id_map = basis.account.id_map
    options = replace(options, doing=_doing(run, id_map, plan, state))
    moved, looked = checks.first_look(run.reader, id_map, plan, options)
    plan = run.limits.on_saved(run.reader, plan, id_map, options, looked)
    return _through(run, plan, basis, journal, replace(options, moved=moved), state.written)


def _hold_deletes(state: JournalState, plan: Plan) -> None:
    """Raise Guarded where nothing but somebody else's journal tells that a delete was allowed."""
    left = [str(s.address) for s in plan.steps if s.action == DELETE and s.id not in state.done]
    if left and not state.ours:
        raise errors.Guarded(
            f"{', '.join(left)} would be deleted, and nothing tells that --allow-delete named it:"
            " Git tracks the journal, or another user or machine wrote it; nothing was written",
            "plan and apply again, which finds what was done",
        )


def _taken(plan: Plan, basis: Basis) -> set[str]:
    """The ids of objects that are some resource's own: no copy that nobody named is one of them."""
    pins = {pin.id for step in plan.steps for pin in (step.pin, step.source) if pin}
    remembered = {entry.id for entry in basis.section.entries.values()}
    return {*pins, *remembered, *(id for id in plan.preconditions.ids.values() if id)}


def _doing(run: Run, id_map: IdMap, plan: Plan, state: JournalState) -> Doing:
    """What the run before changed along, or may have; also the lists that it may have made."""
    doing = Doing()
    for step in plan.steps:
        if step.id in state.done or step.id in state.doubtful:
            doing = doing.after(step, id_map, state.done.get(step.id, ""))
    copies = [
        before
        for step in plan.steps
        if isinstance(KINDS[step.address.kind], Audience)
        and (before := state.doubtful.get(step.id)) is not None
    ]
    rows = only(Audience).reread(run.reader, id_map, ()) if copies else ()
    new = {id for id in rows if any(id not in before.ids for before in copies)}
    return replace(doing, made=doing.made | new)


def opened(reader: Reader, base_url: str, lock_file: Path, plan: Plan) -> Basis:
    """The basis of a plan whose comparisons are not at hand, in the account it was made for.

    Raises:
        Guarded: where this is another account.
        ApiError, Refused, LimitReached, InvalidInput: where that cannot be told.
    """
    planned = plan.account
    here = base_url == canonical_server(planned.base_url)
    for row in only(Singleton).rows(reader, IdMap(), ()) if here else ():
        id_map = IdMap(row)
        if id_map.account(planned.base_url) == planned.fingerprint:
            section = lock_store.read(lock_file).section_of(id_map.account, base_url)
            return Basis(Account(plan.preconditions.id_map(id_map)), section)
    other = "" if here else f", which is at {base_url}"
    word = "--sandbox" if planned.base_url == SIMULATED else "--account"
    raise errors.Guarded(
        f"the plan was made for another account at {planned.base_url}, and not for the one"
        f" that this key opens{other}; nothing was written",
        f"choose the account it was made for with {word}, or plan again for this one",
    )


def _begun(run: Run, plan: Plan, skip_stale: bool = True) -> Journal:
    return Journal.create(run.journals, encode.plan(plan), run.now, run.origin, skip_stale)


# --- the way through


def _nothing_to_do(run: Run, plan: Plan, basis: Basis) -> Result:
    """No step, no journal; but what was found in sync is remembered."""
    unlocked, bug = _remembered(run, plan, basis, basis.account.id_map, (), Proof())
    used = run.reader.budget.used
    return Result(plan, (), Proof(), False, used, stopped=bug, unlocked=unlocked)


def _through(
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
        execution.stopped = errors.Interrupted("interrupted twice; the steps before were finished")
    left = plan.steps[len(execution.ended) :]
    rest = (Outcome(step, NOT_ATTEMPTED, error=execution.stopped) for step in left)
    outcomes = (*execution.ended.values(), *rest)
    lockable = lock_store.can_keep(run.lock_file)
    proof, stopped = _verified(writer, execution, outcomes, lockable, basis)
    unlocked, bug = _remembered(run, plan, basis, execution.id_map, outcomes, proof)
    if not (unlocked or lockable):
        unlocked = f"{run.lock_file} cannot be written"
    result = Result(
        plan=plan,
        outcomes=outcomes,
        proof=proof,
        written=written_before or writer.writes > 0,
        requests=writer.budget.used,
        stopped=stopped or bug,
        journal=manifest.seen_from(journal.path),
        unlocked=unlocked,
    )
    journal.close(result.exit_code)
    return result


def _verified(
    reader: Reader, execution: Execution, outcomes: Sequence[Outcome], lockable: bool, basis: Basis
) -> tuple[Proof, errors.BmeconfError | None]:
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
    except errors.BmeconfError as error:
        return unread, execution.stopped or error
    except KeyboardInterrupt:
        return unread, errors.Interrupted(
            "interrupted while reading back: what was written is not proven"
        )
    except Exception as error:
        return unread, errors.Bug.of(error)
    return proof, execution.stopped


def _remembered(
    run: Run, plan: Plan, basis: Basis, id_map: IdMap, outcomes: Sequence[Outcome], proof: Proof
) -> tuple[str, errors.BmeconfError | None]:
    """Write the lock file: why it could not be, and the bug where that is one.

    Whatever becomes of it, what was done to the account is still to be reported.
    """
    path = run.lock_file
    try:
        after = remember.section_after(basis, plan, id_map, outcomes, proof)
        lock_store.keep(path, basis.section, after)
    except KeyboardInterrupt:
        return f"{path} was not written: interrupted", None
    except (OSError, errors.InvalidInput) as error:
        reason = error.message if isinstance(error, errors.InvalidInput) else error.strerror
        return f"{path} could not be written: {reason}", None
    except Exception as error:
        return f"{path} was not written", errors.Bug.of(error)
    return "", None
