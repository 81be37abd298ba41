"""Plan -> outcomes, one by one. The only writer.

Every object is read again right before it is written, and the write carries the version just
seen. A failed step blocks only what depends on it; a write whose answer was lost is looked up,
never sent again (design 7.5-7.14).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bmeconf import kinds
from bmeconf.apply import checks, recovery
from bmeconf.apply.checks import StepCheck
from bmeconf.apply.journal import Journal
from bmeconf.apply.model import (
    APPLIED,
    BLOCKED,
    FAILED,
    MOVED,
    NOT_ATTEMPTED,
    REVIEW,
    STALE,
    UNKNOWN,
    ApplyOptions,
    CopyEvidence,
    Outcome,
)
from bmeconf.apply.recovery import Landing, Recovery
from bmeconf.kinds import KINDS, IdMap, Kind, Raw, WriteApi
from bmeconf.model import CREATE, DELETE, Change, nested
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
from bmeconf.plan import Plan, Step

ENDING = (Refused, LimitReached, LossyWrite, NetworkError, Interrupted, JournalLost)
"""Errors that no other step would survive either."""
LOOK = "look at the findings, and do what they say; then plan again"


class Execution:
    """One run through the steps of a plan; `id_map` and `ended` grow with each step."""

    def __init__(
        self,
        api: WriteApi,
        id_map: IdMap,
        plan: Plan,
        journal: Journal,
        stop_asked: Callable[[], bool],
        options: ApplyOptions,
    ) -> None:
        self._api, self._plan, self._journal = api, plan, journal
        self._stop_asked, self._options = stop_asked, options
        self.id_map, self.managed = id_map, plan.preconditions.managed
        self.stopped: BmeconfError | None = None
        if options.moved and not options.skip_stale:
            self.stopped = Stale(MOVED, REVIEW)
        self.ended: dict[str, Outcome] = {}
        self._doing = options.doing
        self._evidence: CopyEvidence | None = None

    def outcomes(self) -> Iterator[Outcome]:
        """Execute the steps in order; every step comes out, in exactly one state."""
        for step in self._plan.steps:
            outcome = self._guarded(step)
            self.ended[step.id] = outcome
            if outcome.id:
                self.id_map = self.id_map.with_ids({step.address: outcome.id})
            if outcome.state not in (BLOCKED, NOT_ATTEMPTED):
                self._doing = self._doing.after(step, self.id_map, outcome.id)
            if step.id not in self._options.done:
                self._journal.ends(step.id, outcome.state, outcome.id, outcome.message)
            yield outcome

    def _guarded(self, step: Step) -> Outcome:
        """One step; an error that nothing expected ends the run, but never its report."""
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
        if step.id in self._options.done:
            return Outcome(step, APPLIED, "applied before", self._options.done[step.id])
        if step.id in self._options.moved:
            moved = self._options.moved[step.id]
            return Outcome(step, STALE, moved, error=Stale(moved))
        if self.stopped is None and self._stop_asked():
            self.stopped = Interrupted("interrupted; the steps before were finished")
        if self.stopped is not None:
            return Outcome(step, NOT_ATTEMPTED, error=self.stopped)
        applied = {id for id, outcome in self.ended.items() if outcome.state == APPLIED}
        waits = [id for id in step.depends_on if id not in applied]
        if waits:
            return Outcome(step, BLOCKED, f"waits for step {', '.join(waits)}")
        self._evidence = self._options.doubtful.get(step.id)
        writes = self._api.writes
        try:
            self._journal.begins(step.id)
            return self._recovered(step) or self._do(step)
        except OutcomeUnknown as error:
            return self._look_up(step, error)
        except Stale as error:
            if not self._options.skip_stale:
                self.stopped = error
            return Outcome(step, STALE, error.message, error=error)
        except (ApiError, Refused, LimitReached, Interrupted, JournalLost) as error:
            if self._api.writes > writes and not isinstance(error, LossyWrite):
                return self._broken_off(step, error)
            return self._failed(step, error.message, error)

    def _failed(self, step: Step, message: str, error: BmeconfError) -> Outcome:
        """A step that was not done; an error that is not about it alone ends the run."""
        if isinstance(error, ENDING) and not isinstance(error, ScopeMissing):
            self.stopped = error
        return Outcome(step, FAILED, message, error=error)

    # --- the three writes, each behind its checks

    def _do(self, step: Step) -> Outcome:
        checks.hold_recipients(self._api, self.id_map, step)
        write = {CREATE: self._create, DELETE: self._delete}.get(step.action, self._update)
        return write(KINDS[step.address.kind], step)

    def _check(self, step: Step, row: Raw) -> StepCheck:
        return StepCheck(step, row, self.id_map, self.managed, self._doing)

    def _create(self, kind: Kind, step: Step) -> Outcome:
        fields = nested(step.changes)
        name = str(fields[kind.identity])
        # A copy is made under a name of its own, so that the server refuses too late.
        if isinstance(kind, kinds.SharedNames) or step.intent.origins:
            rows = kind.reread(self._api, self.id_map, (name,))
            if any(kind.key(row) == name for row in rows.values()):
                raise Stale(f"{step.address} exists by now")
            if isinstance(kind, kinds.Copyable) and step.intent.origins:
                origins = self._api, self.id_map, self._plan, step, rows, self._doing
                checks.hold_origins(*origins)
                source = rows.get(self.id_map.id(step.intent.copy_of or step.address) or "", {})
                self._evidence = self._journal.copies(rows, kind.marks(source))
        try:
            written = kind.create(self._api, self.id_map, fields, step.intent)
        except DuplicateName as error:
            return self._found_taken(kind, step, name, error)
        return Outcome(step, APPLIED, id=written.id, reply=written.reply)

    def _found_taken(self, kind: Kind, step: Step, name: str, error: DuplicateName) -> Outcome:
        """A search that lags behind says absent where the create says duplicate (contract 6, 9).

        Where reading does not lag, the object is new and somebody else's. So it is where a saved
        plan says that there is none, unless it may be our own lost create.
        """
        ours = not self._options.strict or step.id in self._options.doubtful
        if not (isinstance(kind, kinds.Searched) and ours):
            raise Stale(f"{error.message}: {step.address} exists by now")
        ids = recovery.find(self._api, kind, self.id_map, name)
        for id in ids:
            row = kind.fetch(self._api, self.id_map, id)
            if not self._check(step, row).unmet():
                return Outcome(step, APPLIED, "existed already, as declared", id)
        if not ids:
            raise Stale(
                f"{error.message}: it exists, and a search does not find it as it is written",
                f"write the {kind.noun} exactly as the web app shows it, capitals included",
            )
        raise Stale(f"{error.message}: it exists by now, and does not show as declared")

    def _update(self, kind: Kind, step: Step) -> Outcome:
        for change in step.changes:
            renamed = change.path == (kind.identity,) and not isinstance(kind, kinds.Unique)
            if renamed and kind.taken(self._api, self.id_map, str(change.after)):
                raise Stale(f"{step.address} exists beside it by now")
        try:
            return self._write_held(kind, step)
        except NotFound as error:
            raise Stale(f"{step.address} is gone") from error
        except VersionConflict as error:
            if self._options.strict:
                raise Stale(f"{step.address} moved while it was written") from error
        try:
            # Once more on the newest state, where the planned values still hold (design 7.6).
            return self._write_held(kind, step)
        except (NotFound, VersionConflict) as error:
            raise Stale(f"{step.address} moves while it is written") from error

    def _write_held(self, kind: Kind, step: Step) -> Outcome:
        check = self._check(step, kind.fetch(self._api, self.id_map, step.pinned.id))
        check.hold_for_update(self._options.strict)
        reply = self._write(check, step.changes)
        return Outcome(step, APPLIED, before=check.row, reply=reply)

    def _write(self, check: StepCheck, changes: Sequence[Change]) -> Raw:
        """Make `changes` to an object that was held against its step; the reply."""
        written = check.kind.update(self._api, self.id_map, check.row, changes)
        self._learn(check.kind, written.read)
        return written.reply

    def _learn(self, kind: Kind, row: Raw | None) -> None:
        """New fields and tags got ids, which the contacts after them need."""
        if isinstance(kind, kinds.Singleton) and row is not None:
            self.id_map = replace(self.id_map, structure=row)

    def _delete(self, kind: Kind, step: Step) -> Outcome:
        id = step.pinned.id
        row = kind.look(self._api, self.id_map, [id], []).get(id)
        if row is None:
            if self._options.strict and step.id not in self._options.doubtful:
                raise Stale(f"{step.address} is gone")
            return Outcome(step, APPLIED, "was gone already")
        self._check(step, row).hold_for_delete()
        kind.delete(self._api, self.id_map, id)
        return Outcome(step, APPLIED)

    # --- lost answers

    def _recovered(self, step: Step) -> Outcome | None:
        """How a step ended that an earlier run left in doubt; None where it is still to be done."""
        if step.id not in self._options.doubtful:
            return None
        try:
            found = self._recovery(step)
            nowhere = [Landing.ABSENT, Landing.UNSEEN]
            if not self._options.resumed:
                # A new plan may be made long after: new objects are somebody else's.
                nowhere.append(Landing.UNLIKE)
            if found.outcome in nowhere:
                return None
            outcome = self._concluded(step, found, "the run before was cut off")
            if outcome.state != UNKNOWN:
                return outcome
            doubt = Stale(f"{step.address}: the run before was cut off; {outcome.message}", LOOK)
            return replace(outcome, error=doubt)
        except BmeconfError as error:
            if isinstance(error, ENDING):
                self.stopped = error
            return Outcome(step, UNKNOWN, error.message, error=error)

    def _look_up(self, step: Step, error: OutcomeUnknown) -> Outcome:
        """Look up a write whose answer was lost, and conclude from it (design 7.13)."""
        try:
            found = self._recovery(step)
            if found.outcome is Landing.ABSENT:
                self._api.not_landed()
                if not step.intent.origins:
                    # A copy that comes late has another name: it stays in doubt.
                    self._journal.settles(step.id)
                return Outcome(step, FAILED, f"{error.message}; it did not land", error=error)
            outcome = self._concluded(step, found, "the answer was lost")
        except BmeconfError as again:
            if not isinstance(again, Stale):
                self.stopped = again
            return Outcome(step, UNKNOWN, f"{error.message}; {again.message}", error=error)
        if outcome.state != UNKNOWN:
            return outcome
        return replace(outcome, message=f"{error.message}; {outcome.message}", error=error)

    def _broken_off(self, step: Step, error: BmeconfError) -> Outcome:
        """How a step stands that failed after one of its writes was taken."""
        try:
            found = self._recovery(step)
        except BmeconfError:
            self.stopped = error
            message = f"{error.message}; what was written before that could not be read back"
            return Outcome(step, UNKNOWN, message, error=error)
        if found.outcome is Landing.LANDED:
            return self._concluded(step, found, error.message)
        made = f", with the id {', '.join(found.ids)}" if found.ids else ""
        return self._failed(step, f"{error.message}; it was done in part{made}", error)

    def _recovery(self, step: Step) -> Recovery:
        evidence = self._journal.completed(self._evidence or CopyEvidence())
        own = (outcome.id for outcome in self.ended.values() if outcome.id)
        return recovery.look_up(self._api, self.id_map, self.managed, step, evidence.without(own))

    def _concluded(self, step: Step, found: Recovery, why: str) -> Outcome:
        """The outcome that a recovery leads to; a write that landed in part is finished."""
        if found.outcome is Landing.LANDED:
            self._learn(KINDS[step.address.kind], found.row)
            return Outcome(step, APPLIED, f"{why}; it reads back as declared", found.made)
        if found.row is not None:
            check = self._check(step, found.row)
            check.hold_against_rules()
        if found.outcome is Landing.PARTLY:
            checks.hold_recipients(self._api, self.id_map, step)
            if found.made and self._evidence is not None:
                # Once it is written to, it does not look like an untouched copy any more.
                self._journal.finds(self._evidence, found.made)
            try:
                reply = self._write(check, found.left)
            except VersionConflict as error:
                raise Stale(f"{step.address} moved while it was finished", LOOK) from error
            finished = f"{why}; it had landed in part, and was finished"
            return Outcome(step, APPLIED, finished, found.made, reply=reply)
        if found.outcome is Landing.GONE:
            gone = Stale(f"{step.address} is gone")
            return Outcome(step, STALE, gone.message, error=gone)
        return Outcome(step, UNKNOWN, found.doubt, findings=recovery.findings(step, found))
