"""Plan -> outcomes, one by one. The only writer.

Every object is read again right before it is written, and the write carries the version just
seen. A failed step blocks only what depends on it; a write whose answer was lost is settled by
looking, never by sending it again (design 7.5-7.14).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from bmeconf.apply import checks as pins
from bmeconf.apply import recovery as settle
from bmeconf.apply.journal import Journal
from bmeconf.apply.options import MOVED, ApplyOptions, CopyEvidence
from bmeconf.apply.recovery import Recovery
from bmeconf.apply.result import APPLIED, BLOCKED, FAILED, NOT_ATTEMPTED, STALE, UNKNOWN, Outcome
from bmeconf.kinds import KINDS
from bmeconf.kinds.api import WriteApi
from bmeconf.kinds.base import Kind
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.model import STRUCTURE, Change, nested
from bmeconf.model.errors import (
    ApiError,
    BmeconfError,
    Bug,
    DuplicateName,
    Interrupted,
    JournalLost,
    LimitReached,
    LossyWrite,
    NetworkError,
    NotFound,
    OutcomeUnknown,
    Refused,
    ScopeMissing,
    Stale,
    VersionConflict,
)
from bmeconf.plan.diff import CREATE, DELETE
from bmeconf.plan.model import Plan, Step, pinned

ENDING = (Refused, LimitReached, LossyWrite, NetworkError, Interrupted, JournalLost)
"""What no other step would survive either."""


class Execution:
    """One walk through a plan's steps; `names` and `ended` grow with each of them."""

    def __init__(
        self,
        api: WriteApi,
        id_map: IdMap,
        plan: Plan,
        journal: Journal,
        stop_asked: Callable[[], bool],
        conduct: ApplyOptions = ApplyOptions(),  # noqa: B008 (frozen)
    ) -> None:
        self._api, self._plan, self._journal = api, plan, journal
        self._stop_asked, self._conduct = stop_asked, conduct
        self.id_map, self.managed = id_map, plan.grounds.managed
        self.stopped: BmeconfError | None = None
        if conduct.moved and not conduct.skip_stale:
            self.stopped = Stale(MOVED, "plan again, and have that reviewed")
        self.ended: dict[str, Outcome] = {}
        self._made: set[str] = set()
        self._before: CopyEvidence | None = None

    def outcomes(self) -> Iterator[Outcome]:
        """Execute the steps in order; every step comes out, in exactly one state."""
        for step in self._plan.steps:
            outcome = self._guarded(step)
            self.ended[step.id] = outcome
            if outcome.id:
                self.id_map = self.id_map.with_ids({step.address: outcome.id})
                self._made.add(outcome.id)
            if step.id not in self._conduct.done:
                self._journal.ends(step.id, outcome.state, outcome.id, outcome.message)
            yield outcome

    def _guarded(self, step: Step) -> Outcome:
        """One step; what nothing expected ends the run, but never its report."""
        try:
            return self._attempt(step)
        except KeyboardInterrupt:
            self.stopped = Interrupted("interrupted twice: this step was not waited for")
        except Exception as error:
            self.stopped = Bug.of(error)
        finally:
            self._api.between_steps()
        return Outcome(step, UNKNOWN, self.stopped.message, error=self.stopped)

    def _attempt(self, step: Step) -> Outcome:
        if step.id in self._conduct.done:
            return Outcome(step, APPLIED, "applied before", self._conduct.done[step.id])
        if step.id in self._conduct.moved:
            told = self._conduct.moved[step.id]
            return Outcome(step, STALE, told, error=Stale(told, "plan again"))
        if self.stopped is None and self._stop_asked():
            self.stopped = Interrupted("interrupted; the steps before were finished")
        if self.stopped is not None:
            return Outcome(step, NOT_ATTEMPTED, error=self.stopped)
        waits = [id for id in step.depends_on if not self._applied(id)]
        if waits:
            return Outcome(step, BLOCKED, f"waits for step {', '.join(waits)}")
        self._before = self._conduct.doubtful.get(step.id)
        written = self._api.writes
        try:
            self._journal.begins(step.id)
            return self._settled_before(step) or self._do(step)
        except OutcomeUnknown as error:
            return self._settle(step, error)
        except Stale as error:
            if not self._conduct.skip_stale:
                self.stopped = error
            return Outcome(step, STALE, error.message, error=error)
        except (ApiError, Refused, LimitReached, Interrupted, JournalLost) as error:
            if self._api.writes > written and not isinstance(error, LossyWrite):
                return self._broken_off(step, error)
            return self._failed(step, error.message, error)

    def _applied(self, id: str) -> bool:
        return id in self.ended and self.ended[id].state == APPLIED

    def _failed(self, step: Step, told: str, error: BmeconfError) -> Outcome:
        """A step that was not done; what is not about this step alone ends the run."""
        if isinstance(error, ENDING) and not isinstance(error, ScopeMissing):
            self.stopped = error
        return Outcome(step, FAILED, told, error=error)

    def _do(self, step: Step) -> Outcome:
        kind = KINDS[step.address.kind]
        pins.hold_recipients(self._api, self.id_map, step)
        if step.action == CREATE:
            return self._create(kind, step)
        if step.action == DELETE:
            return self._delete(kind, step)
        return self._update(kind, step)

    @property
    def _strict(self) -> bool:
        return self._conduct.strict

    # --- create

    def _create(self, kind: Kind, step: Step) -> Outcome:
        fields = nested(step.changes)
        name = str(fields[kind.identity])
        # A copy is made under a name of its own, so that the server refuses too late.
        if kind.looks_first or step.intent.origins:
            rows = kind.reread(self._api, self.id_map, (name,))
            if any(kind.key(row) == name for row in rows.values()):
                raise Stale(f"{step.address} exists by now", "plan again")
            if step.intent.origins:
                ours = any(s.address == step.intent.copy_of for s in self._plan.steps)
                pins.hold_source(self._api, self.id_map, step, ours)
                source = rows.get(self.id_map.id(step.intent.copy_of or step.address) or "", {})
                self._before = self._journal.copies(rows, kind.marks(source))
        try:
            id = kind.create(self._api, self.id_map, fields, step.intent)
        except DuplicateName as error:
            return self._found_taken(kind, step, name, error)
        return Outcome(step, APPLIED, id=id)

    def _found_taken(self, kind: Kind, step: Step, name: str, error: DuplicateName) -> Outcome:
        """A search that lags behind says absent where the create says duplicate (contract 6, 9).

        Where reading does not lag, what is there now was not there: somebody else's. So it is
        where a saved plan says that it is not there, unless this may be our own lost create.
        """
        ours = not self._strict or step.id in self._conduct.doubtful
        if not (kind.lags and ours):
            raise Stale(f"{error.message}: {step.address} exists by now", "plan again")
        for id in settle.look(self._api, kind, self.id_map, name):
            seen = kind.fetch(self._api, self.id_map, id)
            if not self._amiss(kind, step, seen):
                return Outcome(step, APPLIED, "existed already, as declared", id)
        raise Stale(
            f"{error.message}: it exists by now, and does not show as declared", "plan again"
        )

    # --- update and delete

    def _update(self, kind: Kind, step: Step) -> Outcome:
        for change in step.changes:
            renamed = change.path == (kind.identity,) and not kind.lags
            if renamed and kind.taken(self._api, self.id_map, str(change.after)):
                raise Stale(f"{step.address} exists beside it by now", "plan again")
        try:
            seen = self._still(kind, step)
            fresh = kind.update(self._api, self.id_map, seen, step.changes)
        except NotFound as error:
            raise Stale(f"{step.address} is gone", "plan again") from error
        except VersionConflict as error:
            if self._strict:
                raise Stale(f"{step.address} moved while it was written", "plan again") from error
            seen, fresh = self._update_again(kind, step)
        self._learn(kind, fresh)
        return Outcome(step, APPLIED, before=seen)

    def _update_again(self, kind: Kind, step: Step) -> tuple[Raw, Raw | None]:
        """Once more on the newest state, where the planned values still hold (design 7.6)."""
        try:
            seen = self._still(kind, step)
            return seen, kind.update(self._api, self.id_map, seen, step.changes)
        except (NotFound, VersionConflict) as error:
            raise Stale(f"{step.address} moves while it is written", "plan again") from error

    def _learn(self, kind: Kind, seen: Raw | None) -> None:
        """New fields and tags got ids, which the contacts after them need."""
        if kind.name == STRUCTURE and seen is not None:
            self.id_map = replace(self.id_map, structure=seen)

    def _delete(self, kind: Kind, step: Step) -> Outcome:
        id = pinned(step).id
        seen = kind.look(self._api, self.id_map, [id], []).get(id)
        if seen is None:
            if self._strict and step.id not in self._conduct.doubtful:
                raise Stale(f"{step.address} is gone", "plan again")
            return Outcome(step, APPLIED, "was gone already")
        pins.deletable(kind, step, seen, self.id_map, self._made)
        kind.delete(self._api, self.id_map, id)
        return Outcome(step, APPLIED)

    def _amiss(self, kind: Kind, step: Step, seen: Raw) -> list[Change]:
        return settle.amiss(kind, step, seen, self.id_map, self.managed)

    def _still(self, kind: Kind, step: Step) -> Raw:
        seen = kind.fetch(self._api, self.id_map, pinned(step).id)
        return pins.held(kind, step, seen, self.id_map, self.managed, self._made, self._strict)

    # --- lost answers

    def _settled_before(self, step: Step) -> Outcome | None:
        """How a step ended that an earlier run left in doubt; None where it is still to be done."""
        if step.id not in self._conduct.doubtful:
            return None
        try:
            found = self._trace(step)
            if found.fate in (settle.ABSENT, settle.UNSEEN):
                return None
            if found.fate == settle.UNLIKE and not self._conduct.resumed:
                # Who plans anew may do so long after: what is new since is somebody else's.
                return None
            return self._concluded(step, found, "the run before was cut off")
        except BmeconfError as error:
            if isinstance(error, ENDING):
                self.stopped = error
            return Outcome(step, UNKNOWN, error.message, error=error)

    def _settle(self, step: Step, error: OutcomeUnknown) -> Outcome:
        """What became of a write whose answer was lost, by looking (design 7.13)."""
        try:
            found = self._trace(step)
            if found.fate == settle.ABSENT:
                self._api.not_landed()
                if not step.intent.origins:
                    # A copy that comes late has another name: it stays in doubt.
                    self._journal.settles(step.id)
                return Outcome(step, FAILED, f"{error.message}; it did not land", error=error)
            outcome = self._concluded(step, found, "the answer was lost")
        except BmeconfError as again:
            if not isinstance(again, Stale):
                self.stopped = again
            return Outcome(step, UNKNOWN, error.message, error=error)
        if outcome.state != UNKNOWN:
            return outcome
        return replace(outcome, message=f"{error.message}; {outcome.message}", error=error)

    def _broken_off(self, step: Step, error: BmeconfError) -> Outcome:
        """How a step stands that failed after one of its writes was taken."""
        try:
            found = self._trace(step)
        except BmeconfError:
            self.stopped = error
            told = f"{error.message}; what was written before that could not be read back"
            return Outcome(step, UNKNOWN, told, error=error)
        if found.fate == settle.LANDED:
            return self._concluded(step, found, error.message)
        made = f", with the id {', '.join(found.ids)}" if found.ids else ""
        return self._failed(step, f"{error.message}; it was done in part{made}", error)

    def _trace(self, step: Step) -> Recovery:
        before = self._before or CopyEvidence()
        made = before.made or self._journal.made
        before = replace(before, ids=(*before.ids, *self._made), made=made)
        return settle.trace(self._api, self.id_map, self.managed, step, before)

    def _concluded(self, step: Step, found: Recovery, why: str) -> Outcome:
        """The outcome that a trace leads to; what landed in part is finished."""
        kind, id = KINDS[step.address.kind], ""
        if step.action == CREATE and len(found.ids) == 1:
            id = found.ids[0]
        if found.fate == settle.LANDED:
            self._learn(kind, found.seen)
            return Outcome(step, APPLIED, f"{why}; it reads back as declared", id)
        if found.fate == settle.PARTLY and found.seen is not None:
            pins.hold_recipients(self._api, self.id_map, step)
            self._learn(kind, kind.update(self._api, self.id_map, found.seen, found.left))
            return Outcome(step, APPLIED, f"{why}; it had landed in part, and was finished", id)
        if found.fate == settle.GONE:
            gone = Stale(f"{step.address} is gone", "plan again")
            return Outcome(step, STALE, gone.message, error=gone)
        told = {
            settle.UNSEEN: "nothing has its name, so far",
            settle.TWICE: "it landed twice",
        }.get(found.fate, "it cannot be told what landed")
        return Outcome(step, UNKNOWN, told, findings=settle.findings(step, found))
