"""The proof that an apply did what it says: outcomes, read back -> findings.

Everything written is read again: where there are many, by the listing or search that shows them
together, and once more alone where that disagrees, since a search lags behind what was written
(API contract 6, question 9).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bmeconf.apply.recovery import TWICE, Recovery, amiss, findings
from bmeconf.apply.result import APPLIED, NOT_CONVERGED, UNREADABLE, Outcome
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.api import ReadApi
from bmeconf.kinds.base import Kind, Managed
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.model import LISTS, Address, Change, Fields, Finding, dotted, lookup, overlap
from bmeconf.model.errors import NotFound
from bmeconf.plan.diff import CREATE, DELETE, Difference, field_changes
from bmeconf.plan.model import Step, read_back, referred, rewritten
from bmeconf.plan.preconditions import not_meant


def check(
    api: ReadApi,
    id_map: IdMap,
    managed: Managed,
    outcomes: Sequence[Outcome],
    locked: bool = False,
    planned: Sequence[Difference] = (),
) -> tuple[tuple[Finding, ...], Mapping[Address, Raw]]:
    """A finding for every field that does not read back as declared, and what was read back.

    Where it is remembered (`locked`), a body may read back in words that nothing explains. What
    was not written is held against `planned`, as far as that is at hand.

    Raises:
        ApiError, Refused, LimitReached: where it could not be read back.
    """
    applied = [outcome for outcome in outcomes if outcome.state == APPLIED]
    found: list[Finding] = []
    read: dict[Address, Raw] = {}
    told = {difference.address: difference for difference in planned}
    for kind in KINDS.values():
        mine = [outcome for outcome in applied if outcome.step.address.kind == kind.name]
        together = _together(api, id_map, mine)
        for outcome in mine:
            seen, difference = together, told.get(outcome.step.address)
            if seen is None or any(_amiss(outcome, seen, id_map, managed, difference)):
                seen = _alone(api, id_map, outcome)
            answer = api.dialect.answers.get(_id(outcome)) if locked else None
            found += _amiss(outcome, seen, id_map, managed, difference, answer)
            if _id(outcome) in seen:
                read[outcome.step.address] = seen[_id(outcome)]
        found += _twins(mine, together or {})
        if kind.name == LISTS:
            found += _elsewhere(api, id_map, applied, together)
    return tuple(found), read


def _elsewhere(
    api: ReadApi, id_map: IdMap, outcomes: Sequence[Outcome], lists: Mapping[str, Raw] | None
) -> Iterator[Finding]:
    """Who refers to a list that is called otherwise by now, or is gone: it is not the one meant."""
    steps = [outcome.step for outcome in outcomes if referred(outcome.step)]
    rows = (lists or KINDS[LISTS].reread(api, id_map, ())) if steps else {}
    for step in steps:
        for address in sorted(referred(step)):
            if told := not_meant(address, id_map.id(address), rows):
                yield _finding(step, NOT_CONVERGED, f"{address}, which it refers to, {told}")


def _twins(outcomes: Sequence[Outcome], seen: Mapping[str, Raw]) -> Iterator[Finding]:
    """What was created twice, as by a gateway that repeats requests (design 7.13)."""
    for step in (outcome.step for outcome in outcomes if outcome.step.action == CREATE):
        key = KINDS[step.address.kind].key
        ids = tuple(id for id, raw in seen.items() if key(raw) in read_back(step))
        if len(ids) > 1:
            yield from findings(step, Recovery(TWICE, ids))


def _together(api: ReadApi, id_map: IdMap, outcomes: Sequence[Outcome]) -> Mapping[str, Raw] | None:
    """What one listing shows of all of them, None where reading each alone is cheaper."""
    if not outcomes:
        return None
    kind = KINDS[outcomes[0].step.address.kind]
    keys = [key for outcome in outcomes for key in read_back(outcome.step)]
    price = kind.batch_price(len(keys))
    # For the same price rather all: where names need not be unique, that shows twins as well.
    if price > len(outcomes) or (price == len(outcomes) and not kind.looks_first):
        return None
    return kind.reread(api, id_map, keys)


def _alone(api: ReadApi, id_map: IdMap, outcome: Outcome) -> Mapping[str, Raw]:
    id = _id(outcome)
    try:
        return {id: KINDS[outcome.step.address.kind].fetch(api, id_map, id)}
    except NotFound:
        return {}


def _id(outcome: Outcome) -> str:
    pin = outcome.step.pin
    return outcome.id or (pin.id if pin else "")


def _amiss(
    outcome: Outcome,
    seen: Mapping[str, Raw],
    id_map: IdMap,
    managed: Managed,
    difference: Difference | None,
    answer: Raw | None = None,
) -> Iterator[Finding]:
    step, raw = outcome.step, seen.get(_id(outcome))
    if step.action == DELETE:
        if raw is not None:
            yield _finding(step, NOT_CONVERGED, "was deleted and is still there")
        return
    if raw is None:
        yield _finding(step, NOT_CONVERGED, "was written and is not there")
        return
    kind = KINDS[step.address.kind]
    shown, moved = kind.live_fields(raw, id_map), amiss(kind, step, raw, id_map, managed)
    ours = answer is not None and replies.same_moment(answer, raw)
    worded = [c for c in moved if ours and _in_other_words(kind, c, shown)]
    for change in (c for c in moved if c not in worded):
        field = dotted(change.path)
        yield _finding(step, NOT_CONVERGED, f"{field} was written and reads back differently")
    for field in _meanwhile(kind, step, raw, id_map, managed, difference) if difference else ():
        yield _finding(step, NOT_CONVERGED, f"{field} changed while this ran")
    if worded:
        yield _remembered(step, worded)
    if hidden := sorted({change.path[0] for change in step.changes} - shown.keys()):
        told = f"{', '.join(hidden)} was written, and the API does not show it: not proven"
        yield _finding(step, UNREADABLE, told)
    made = {
        c.path[0] for c in step.changes if kind.rewrote(c.path[0], c.after, lookup(shown, c.path))
    }
    if made:
        yield rewritten(step.address, sorted(made))


def _meanwhile(
    kind: Kind, step: Step, raw: Raw, id_map: IdMap, managed: Managed, difference: Difference
) -> Iterator[str]:
    """Declared fields that were not written, and are now neither as declared nor as planned upon.

    Nobody judged what they are now, so that it must not be taken for what the service makes of
    the declared value.
    """
    desired, planned = difference.desired, difference.live
    now = kind.observed(desired, kind.live(raw, step.address, id_map), managed)
    was = kind.observed(desired, planned, managed) if planned else {}
    for change in field_changes(now, {key: desired.fields[key] for key in now}):
        known = change.path[0] in was and lookup(was, change.path) == change.before
        if not known and not any(overlap(change.path, c.path) for c in step.changes):
            yield dotted(change.path)


def _in_other_words(kind: Kind, change: Change, shown: Fields) -> bool:
    """Whether a text reads back as something else than it was given, and was before.

    All of its words have to be there: what was cut off is no rewriting.
    """
    live = lookup(shown, change.path)
    return live != change.before and kind.reworded(change.path[0], change.after, live)


def _remembered(step: Step, changes: Sequence[Change]) -> Finding:
    fields = ", ".join(dotted(change.path) for change in changes)
    return Finding(
        "warning",
        "rewritten",
        step.address,
        f"the service rewrote {fields} of it in a way that it is not known for; the lock file"
        " remembers what was sent and what came of it, and as long as both stay it is in sync",
        "look at it in the web app once",
    )


def _finding(step: Step, code: str, message: str) -> Finding:
    remedy = "plan again" if code == NOT_CONVERGED else "compare in the web app where it matters"
    return Finding("warning", code, step.address, message, remedy)
