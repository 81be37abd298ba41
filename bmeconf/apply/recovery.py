"""What became of a write whose answer was lost: looked up, never sent again (design 7.13).

In: a step that may have landed, and an API to look with. Out: a `Trace`. What follows from it
is for `apply` to decide.
"""

from __future__ import annotations

from dataclasses import dataclass

from bmeconf.apply.options import CopyEvidence
from bmeconf.apply.result import LANDED_TWICE
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.api import ReadApi
from bmeconf.kinds.base import Kind, Managed
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.model import Change, Finding, nested
from bmeconf.model.errors import NotFound
from bmeconf.plan.diff import CREATE, DELETE
from bmeconf.plan.model import Step

LOOKS = 3
"""How often a lost create is looked for; a search index may lag (API contract 6, question 9)."""

LANDED, PARTLY, ABSENT, UNSEEN = "landed", "partly", "absent", "unseen"
TWICE, UNCLEAR, UNLIKE, GONE = "twice", "unclear", "unlike", "gone"


@dataclass(frozen=True)
class Recovery:
    """What can be seen of a write: `fate` is one of the words above.

    A copy is `unclear` where several new objects look like it, `unlike` where there are new
    ones and none does.
    `ids` are the objects it may have made; `left` what a write that landed in part still lacks.
    """

    fate: str
    ids: tuple[str, ...] = ()
    left: tuple[Change, ...] = ()
    seen: Raw | None = None


def trace(
    api: ReadApi, id_map: IdMap, managed: Managed, step: Step, before: CopyEvidence
) -> Recovery:
    """Look for what `step` wrote; `before` is what was there before it made a copy.

    Raises:
        ApiError, Refused, LimitReached: where it cannot be looked up.
    """
    kind = KINDS[step.address.kind]
    if step.action == CREATE:
        return _created(api, id_map, managed, kind, step, before)
    assert step.pin is not None
    try:
        seen = kind.fetch(api, id_map, step.pin.id)
    except NotFound:
        return Recovery(LANDED if step.action == DELETE else GONE)
    if step.action == DELETE:
        return Recovery(ABSENT)
    return _updated(id_map, managed, kind, step, seen)


def amiss(kind: Kind, step: Step, seen: Raw, id_map: IdMap, managed: Managed) -> list[Change]:
    """The changes of `step` that do not hold in the object as it was just read."""
    live = kind.live(seen, step.address, id_map)
    return [c for c in step.changes if not kind.holds(c, c.after, live, managed)]


def undone(kind: Kind, step: Step, seen: Raw, id_map: IdMap, managed: Managed) -> list[Change]:
    """The changes of `step` whose values from planning do not hold any more."""
    live = kind.live(seen, step.address, id_map)
    return [c for c in step.changes if not kind.holds(c, c.before, live, managed)]


def look(api: ReadApi, kind: Kind, id_map: IdMap, name: str) -> tuple[str, ...]:
    """The ids of what has this identity, with patience: a search lags, and a write may be late."""
    for attempt in range(LOOKS):
        if attempt:
            api.pause(1.0)
        if ids := kind.taken(api, id_map, name):
            return ids
    return ()


def findings(step: Step, trace: Recovery) -> tuple[Finding, ...]:
    """What a person has to clear up after a write that left more than one object, or a doubt."""
    ids = ", ".join(trace.ids)
    if trace.fate == TWICE:
        told = f"landed twice: {len(trace.ids)} objects have its name: {ids}"
        remedy = "delete the one too many in the web app, or pin the right one with id:"
        return (Finding("warning", LANDED_TWICE, step.address, told, remedy),)
    if trace.fate in (UNCLEAR, UNLIKE) and trace.ids and step.action == CREATE:
        told = f"the answer was lost, and it is not clear what it made; it may be: {ids}"
        remedy = "look at it in the web app; delete it, or give it the declared name"
        return (Finding("warning", "outcome_unclear", step.address, told, remedy),)
    return ()


def _created(
    api: ReadApi,
    id_map: IdMap,
    managed: Managed,
    kind: Kind,
    step: Step,
    before: CopyEvidence,
) -> Recovery:
    ids = look(api, kind, id_map, str(nested(step.changes)[kind.identity]))
    if len(ids) > 1:
        return Recovery(TWICE, ids)
    if ids:
        seen = kind.fetch(api, id_map, ids[0])
        left = tuple(amiss(kind, step, seen, id_map, managed))
        # Of one request all has landed, or nothing; of several, what is not shown proves nothing.
        if _hidden(kind, step, seen, id_map) and (step.intent.origins or kind.finishes):
            return Recovery(UNCLEAR, ids)
        if all(change.path[0] in kind.finishes for change in left):
            return Recovery(PARTLY if left else LANDED, ids, left, seen)
        return Recovery(UNCLEAR, ids)
    if step.intent.origins:
        return _copied(api, id_map, kind, step, before)
    return Recovery(UNSEEN if kind.lags else ABSENT)


def _copied(api: ReadApi, id_map: IdMap, kind: Kind, step: Step, before: CopyEvidence) -> Recovery:
    """A copy may have a name of its own making: what is new since may be it."""
    rows = kind.reread(api, id_map, ())
    if before.made in rows:
        return Recovery(PARTLY, (before.made,), step.changes, kind.fetch(api, id_map, before.made))
    new = tuple(id for id in rows if id not in before.ids)
    if not new:
        return Recovery(ABSENT)
    alike = tuple(
        id for id in new if before.source and kind.copied(before.source, rows[id], before.at)
    )
    if not alike:
        return Recovery(UNLIKE, new)
    if len(alike) > 1:
        return Recovery(UNCLEAR, alike)
    return Recovery(PARTLY, alike, step.changes, kind.fetch(api, id_map, alike[0]))


def _hidden(kind: Kind, step: Step, seen: Raw, id_map: IdMap) -> bool:
    """Whether the API does not show something that the step writes."""
    shown = kind.live_fields(seen, id_map)
    return any(change.path[0] not in shown for change in step.changes)


def _updated(id_map: IdMap, managed: Managed, kind: Kind, step: Step, seen: Raw) -> Recovery:
    assert step.pin is not None
    versions = (step.pin.version, replies.version_of(seen))
    unwritten = None not in versions and versions[0] == versions[1]
    if _hidden(kind, step, seen, id_map):
        return Recovery(ABSENT if unwritten else UNCLEAR)
    left = tuple(amiss(kind, step, seen, id_map, managed))
    if left and replies.digest(kind.pin_content(seen)) == step.pin.digest:
        return Recovery(ABSENT)
    moved = undone(kind, step, seen, id_map, managed)
    # What is to be undone may look like what the service makes of the declared text.
    if not left and (moved or not unwritten):
        return Recovery(LANDED, left=left, seen=seen)
    if not moved:
        return Recovery(ABSENT)
    if all(change not in moved for change in left):
        return Recovery(PARTLY, left=left, seen=seen)
    return Recovery(UNCLEAR)
