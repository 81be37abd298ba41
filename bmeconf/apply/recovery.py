"""Recovery of a write whose answer was lost: looked up, never sent again (design 7.13).

In: a step that may have landed. Out: a `Recovery`, from which the executor draws conclusions.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bmeconf.apply.checks import StepCheck
from bmeconf.apply.model import CopyEvidence
from bmeconf.kinds import KINDS, Copyable, IdMap, Kind, Managed, Raw, ReadApi, Searched, replies
from bmeconf.model import CREATE, DELETE, Address, Change, Finding, nested
from bmeconf.model.errors import NotFound
from bmeconf.plan import Step

LOOKS = 3
"""How often a lost create is looked for; a search index may lag (API contract 6, question 9)."""


Landing = Enum("Landing", "LANDED PARTLY ABSENT UNSEEN TWICE UNCLEAR UNLIKE GONE")
"""How a write landed, as far as the account shows.

A lost copy is `UNCLEAR` where several new objects look like it, `UNLIKE` where there are new
objects and none does. `UNSEEN` is not there, as far as a lagging search tells.
"""


@dataclass(frozen=True)
class Recovery:
    """How a write landed: `ids` are the objects that it may have made, `row` the one it did.

    `left` are the changes that a write which landed in part still lacks.
    """

    outcome: Landing
    ids: tuple[str, ...] = ()
    left: tuple[Change, ...] = ()
    row: Raw | None = None

    @property
    def made(self) -> str:
        """The object that a create made, empty where it cannot be told which one."""
        return self.ids[0] if len(self.ids) == 1 else ""

    @property
    def doubt(self) -> str:
        """Why nobody can tell how the step ended."""
        words = {
            Landing.UNSEEN: "nothing has its name, so far",
            Landing.TWICE: "it landed twice",
        }
        return words.get(self.outcome, "it cannot be told what landed")


def look_up(
    api: ReadApi, id_map: IdMap, managed: Managed, step: Step, evidence: CopyEvidence
) -> Recovery:
    """Look for what `step` wrote."""
    kind = KINDS[step.address.kind]
    if step.action == CREATE:
        return _created(api, id_map, managed, step, evidence)
    try:
        row = kind.fetch(api, id_map, step.pinned.id)
    except NotFound:
        return Recovery(Landing.LANDED if step.action == DELETE else Landing.GONE)
    if step.action == DELETE:
        return Recovery(Landing.ABSENT)
    return _updated(StepCheck(step, row, id_map, managed))


def find(api: ReadApi, kind: Kind, id_map: IdMap, name: str) -> tuple[str, ...]:
    """The ids of what has this identity; a search lags, and a write may be late."""
    for attempt in range(LOOKS):
        if attempt:
            api.pause(1.0)
        if ids := kind.taken(api, id_map, name):
            return ids
    return ()


def findings(step: Step, recovery: Recovery) -> tuple[Finding, ...]:
    """Findings for a person after a write that left more than one object, or a doubt."""
    ids = ", ".join(recovery.ids)
    if recovery.outcome is Landing.TWICE:
        return (landed_twice(step, recovery.ids),)
    doubtful = recovery.outcome in (Landing.UNCLEAR, Landing.UNLIKE)
    if doubtful and recovery.ids and step.action == CREATE:
        message = (
            "a run was cut off, and it is not clear what it made, or somebody has changed that"
        )
        message += f" since; it may be: {ids}"
        remedy = "look at it in the web app; delete it, or give it the declared name; if it is to"
        remedy += " stay as it is, remove the journals in .bmeconf/: then another copy is made"
        return (Finding("warning", "outcome_unclear", step.address, message, remedy),)
    return ()


def landed_twice(step: Step, ids: tuple[str, ...]) -> Finding:
    """The finding on a create that was done twice, as by a gateway that repeats requests."""
    message = f"landed twice: {len(ids)} objects have its name: {', '.join(ids)}"
    remedy = "delete the one too many in the web app, or pin the right one with id:"
    return Finding("warning", "landed_twice", step.address, message, remedy)


def _created(
    api: ReadApi, id_map: IdMap, managed: Managed, step: Step, evidence: CopyEvidence
) -> Recovery:
    kind = KINDS[step.address.kind]
    ids = find(api, kind, id_map, str(nested(step.changes)[kind.identity]))
    if len(ids) > 1:
        return Recovery(Landing.TWICE, ids)
    if ids:
        check = StepCheck(step, kind.fetch(api, id_map, ids[0]), id_map, managed)
        left = check.unmet()
        # Of one request all has landed, or nothing; of several, what is not shown proves nothing.
        unclear = check.hidden() and (step.intent.origins or kind.finishes)
        if unclear or any(change.path[0] not in kind.finishes for change in left):
            return Recovery(Landing.UNCLEAR, ids)
        return Recovery(Landing.PARTLY if left else Landing.LANDED, ids, left, check.row)
    if step.intent.origins and isinstance(kind, Copyable):
        return _copied(api, id_map, kind, step, evidence)
    return Recovery(Landing.UNSEEN if isinstance(kind, Searched) else Landing.ABSENT)


def _copied(
    api: ReadApi, id_map: IdMap, kind: Copyable, step: Step, evidence: CopyEvidence
) -> Recovery:
    """A copy may have a name of its own making: what a journal names, or what is new, may be it.

    It is where the account shows an untouched copy of what its source was then, and still is:
    anything else may be somebody's own by now, whatever the journal says.
    """
    rows = {replies.id_of(row): row for row in kind.all_rows(api, id_map)}
    source = rows.get(id_map.id(step.intent.copy_of or step.address) or "", {})

    def untouched(row: Raw) -> bool:
        both = (evidence.source, kind.marks(source))
        return all(kind.copied(marks, row, evidence.at) for marks in both)

    new = tuple(
        id
        for id, row in rows.items()
        if id not in evidence.ids and Address(kind.name, kind.key(row)) not in evidence.others
    )
    named = tuple(id for id in rows if id == evidence.made)
    alike = tuple(id for id in (named or new) if id in new and untouched(rows[id]))
    if len(alike) == 1:
        whole = {**rows[alike[0]], **kind.fetch(api, id_map, alike[0])}
        if untouched(whole):
            return Recovery(Landing.PARTLY, alike, step.changes, whole)
    if named or alike:
        return Recovery(Landing.UNCLEAR, named or alike)
    return Recovery(Landing.UNLIKE, new) if new else Recovery(Landing.ABSENT)


def _updated(check: StepCheck) -> Recovery:
    pin, version = check.step.pinned, replies.version_of(check.row)
    unwritten = pin.version is not None and version == pin.version
    if check.hidden():
        return Recovery(Landing.ABSENT if unwritten else Landing.UNCLEAR)
    left, moved = check.unmet(), check.moved()
    if left and replies.digest(check.kind.pin_content(check.row)) == pin.digest:
        return Recovery(Landing.ABSENT)
    # What is to be undone may look like what the service makes of the declared text.
    if not left and (moved or not unwritten):
        return Recovery(Landing.LANDED, row=check.row)
    if not moved:
        return Recovery(Landing.ABSENT)
    # Of one request all lands, or nothing: what else holds in part, somebody has changed by hand.
    own = {change.path[0] for change in left} <= check.kind.finishes
    if own and not check.kind.enforces(left):
        return Recovery(Landing.PARTLY, left=left, row=check.row)
    return Recovery(Landing.UNCLEAR, row=check.row)
