"""The ways into an apply: planned just now, saved, or cut off; `run` is the one way through it.

In: a plan, a client that may only read, a place for the journal. Out: the Result, after all that
was written was read back. Nothing is printed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from bmeconf.apply import checks
from bmeconf.apply import run as way
from bmeconf.apply.journal import Journal, JournalState, loose_ends
from bmeconf.apply.options import MOVED, ApplyOptions, CopyEvidence
from bmeconf.apply.receipts import Receipts
from bmeconf.apply.remember import Basis
from bmeconf.apply.result import NOT_ATTEMPTED, STALE, Outcome, Proof, Result
from bmeconf.apply.run import Run
from bmeconf.baseline import lock_store
from bmeconf.kinds import KINDS, Audience, IdMap, Singleton, only
from bmeconf.live import Account, Reading
from bmeconf.model.errors import BmeconfError, Guarded, Stale
from bmeconf.plan import AccountId, Plan, decode, encode
from bmeconf.project import journal_folder


def planned(run: Run, reading: Reading, plan: Plan) -> Result:
    """Carry out a plan that was made of `reading` a moment ago.

    Raises:
        LimitReached, InvalidInput: before the first write, where it could not be finished or
            put down.
    """
    basis = Basis.of(reading, plan)
    if not plan.steps:
        return way.nothing_to_do(run, plan, basis)
    run.reader.budget.afford(plan.price.write + plan.price.verify)
    declared = (resource.id for resource in reading.account.resources)
    options = ApplyOptions(doubtful=_loose_ends(run, plan, declared))
    return way.through(run, plan, basis, _begun(run, plan), options)


def _loose_ends(run: Run, plan: Plan, declared: Iterable[str | None]) -> Mapping[str, CopyEvidence]:
    """The copies of this plan that an earlier run may have made, none of which is `declared`."""
    copies = [step for step in plan.steps if step.intent.origins]
    if not copies:
        return {}
    ends = loose_ends(journal_folder(run.root), plan.account.fingerprint)
    others = tuple(id for id in declared if id)
    found = {step.id: ends[str(step.address)] for step in copies if str(step.address) in ends}
    return {id: replace(before, ids=(*before.ids, *others)) for id, before in found.items()}


def saved(run: Run, plan: Plan, receipts: Receipts, skip_stale: bool) -> Result:
    """Carry out a saved plan: all pins first, then each again at its own write (design 7.14).

    Raises:
        Stale: where it was applied already.
        Guarded: where the key opens another account than the plan is for.
        ApiError, Refused, LimitReached, InvalidInput: before the first write.
    """
    id_map = _opened(run, plan)
    basis = _saved_basis(run, plan, id_map)
    if not plan.steps:
        return way.nothing_to_do(run, plan, basis)
    price = plan.price
    run.reader.budget.afford(price.check - 1 + price.write + price.verify)
    doubtful = _loose_ends(run, plan, plan.preconditions.ids.values())
    options = ApplyOptions(strict=True, skip_stale=skip_stale, doubtful=doubtful)
    moved = checks.first_look(run.reader, id_map, plan, options)
    options = replace(options, moved=moved)
    if moved and (not skip_stale or len(moved) == len(plan.steps)):
        return _unwritten(run, plan, moved)
    journal = _begun(run, plan, skip_stale)
    try:
        receipts.claim(run.now, str(journal.path.absolute()))
    except BmeconfError:
        journal.discard()
        raise
    result = way.through(run, plan, basis, journal, options)
    if not result.written:
        receipts.release()
    return result


def recorded(path: Path) -> tuple[Journal, JournalState, Plan]:
    """A journal that an apply left, opened to be continued, and the plan in it.

    Raises:
        InvalidInput: where it is no journal, its plan was changed, or it is being written.
    """
    journal, state = Journal.reopen(path)
    try:
        return journal, state, decode.of(state.plan, str(path))
    except BmeconfError:
        journal.close()
        raise


def resumed(run: Run, journal: Journal, state: JournalState, plan: Plan) -> Result:
    """Finish exactly what a journal shows as not done, pins checked again (design 7.13).

    Raises:
        Guarded, ApiError, Refused, LimitReached: before the first write.
    """
    try:
        id_map = _opened(run, plan)
        # The run that is resumed may itself have gone on from the loose end of another.
        ends = _loose_ends(run, plan, plan.preconditions.ids.values())
        loose = {id: before for id, before in ends.items() if id not in state.done}
        options = ApplyOptions(
            strict=True,
            skip_stale=state.skip_stale,
            done=state.done,
            doubtful={**loose, **state.doubtful},
            resumed=True,
        )
        new_lists = _new_lists(run, id_map, plan, state)
        options = replace(
            options, moved=checks.first_look(run.reader, id_map, plan, options, new_lists)
        )
        basis = _saved_basis(run, plan, id_map)
    except BaseException:
        journal.close()
        raise
    return way.through(run, plan, basis, journal, options, state.written)


def _new_lists(run: Run, id_map: IdMap, plan: Plan, state: JournalState) -> set[str]:
    """The lists that the run before made, or may have made: they took contacts along."""
    new_lists = {id for id in state.done.values() if id}
    copies = [
        before
        for step in plan.steps
        if isinstance(KINDS[step.address.kind], Audience)
        and (before := state.doubtful.get(step.id)) is not None
    ]
    rows = only(Audience).reread(run.reader, id_map, ()) if copies else ()
    return new_lists | {id for id in rows if any(id not in before.ids for before in copies)}


def _opened(run: Run, plan: Plan) -> IdMap:
    """The names that a plan stands on, in the account that it was made for."""
    for row in only(Singleton).rows(run.reader, IdMap(), ()):
        id_map = IdMap(row)
        if AccountId(run.base_url, id_map.account(run.base_url)) == plan.account:
            return plan.preconditions.id_map(id_map)
    other = "" if run.base_url == plan.account.base_url else f", which is at {run.base_url}"
    raise Guarded(
        f"the plan was made for another account at {plan.account.base_url}, and not for the one"
        f" that this key opens{other}; nothing was written",
        "choose the account it was made for with --account, or plan again for this one",
    )


def _begun(run: Run, plan: Plan, skip_stale: bool = True) -> Journal:
    return Journal.create(journal_folder(run.root), encode.plan(plan), run.now, skip_stale)


def _unwritten(run: Run, plan: Plan, moved: Mapping[str, str]) -> Result:
    """The result of a plan that is stale as a whole: nothing was written."""
    why = Stale(f"{MOVED}; nothing was written", "plan again, and have that reviewed")
    outcomes = (
        Outcome(step, STALE, moved[step.id], error=why)
        if step.id in moved
        else Outcome(step, NOT_ATTEMPTED, error=why)
        for step in plan.steps
    )
    return Result(plan, tuple(outcomes), Proof(), False, run.reader.budget.used, why)


def _saved_basis(run: Run, plan: Plan, id_map: IdMap) -> Basis:
    """The basis of a plan whose comparisons are not at hand: only the lock file's section.

    Raises:
        InvalidInput: where the lock file cannot be used.
    """
    lock = lock_store.read(run.lock_file)
    return Basis(Account(id_map), lock.section(plan.account.fingerprint, plan.account.base_url))
