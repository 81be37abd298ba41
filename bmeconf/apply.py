"""Plan -> outcomes, one by one. The only writer.

Every object is read again right before it is written, and the write carries the version just
seen. A failed step blocks only what depends on it; a write whose answer was lost is settled by
looking, never by sending it again (design 7.5-7.13).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from bmeconf.diff import CREATE, DELETE
from bmeconf.errors import (
    ApiError,
    BmeconfError,
    Bug,
    DuplicateName,
    Interrupted,
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
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.api import WriteApi
from bmeconf.kinds.base import Kind, Managed
from bmeconf.kinds.names import Names
from bmeconf.kinds.replies import Raw
from bmeconf.model import STRUCTURE, Change, Resource, dotted, nested
from bmeconf.outcome import (
    APPLIED,
    BLOCKED,
    FAILED,
    NOT_ATTEMPTED,
    STALE,
    UNKNOWN,
    Outcome,
)
from bmeconf.plan import Step

LOOKS = 3
"""How often a lost create is looked for; a search index may lag (API contract 6, question 9)."""


class Execution:
    """One walk through a plan's steps; `names` grows with what is created."""

    def __init__(
        self,
        api: WriteApi,
        names: Names,
        managed: Managed,
        steps: Sequence[Step],
        stop_asked: Callable[[], bool],
    ) -> None:
        self._api, self._steps, self._stop_asked = api, steps, stop_asked
        self.names, self.managed = names, managed
        self.stopped: BmeconfError | None = None
        self._states: dict[str, str] = {}
        self._made: set[str] = set()

    def outcomes(self) -> Iterator[Outcome]:
        """Execute the steps in order; every step comes out, in exactly one state."""
        for step in self._steps:
            outcome = self._guarded(step)
            self._states[step.id] = outcome.state
            if outcome.id:
                self.names = self.names.with_ids({step.address: outcome.id})
                self._made.add(outcome.id)
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
        if self.stopped is None and self._stop_asked():
            self.stopped = Interrupted("interrupted; the steps before were finished")
        if self.stopped is not None:
            return Outcome(step, NOT_ATTEMPTED, error=self.stopped)
        waits = [id for id in step.depends_on if self._states.get(id) != APPLIED]
        if waits:
            return Outcome(step, BLOCKED, f"waits for step {', '.join(waits)}")
        try:
            return self._do(step)
        except OutcomeUnknown as error:
            return self._settle(step, error)
        except Stale as error:
            return Outcome(step, STALE, error.message, error=error)
        except (Refused, LimitReached, LossyWrite, NetworkError, Interrupted) as error:
            if not isinstance(error, ScopeMissing):
                self.stopped = error
            return Outcome(step, FAILED, error.message, error=error)
        except ApiError as error:
            return Outcome(step, FAILED, error.message, error=error)

    def _do(self, step: Step) -> Outcome:
        kind = KINDS[step.address.kind]
        if step.action == CREATE:
            return self._create(kind, step)
        if step.action == DELETE:
            return self._delete(kind, step)
        return self._update(kind, step)

    # --- create

    def _create(self, kind: Kind, step: Step) -> Outcome:
        fields = nested(step.changes)
        name = str(fields[kind.identity])
        # A copy is made under a name of its own, so that the server refuses too late.
        looks = kind.looks_first or step.intent.origins
        if looks and kind.taken(self._api, self.names, name):
            raise Stale(f"{step.address} exists by now", "plan again")
        try:
            id = kind.create(self._api, self.names, fields, step.intent)
        except DuplicateName as error:
            return self._found_taken(kind, step, name, error)
        return Outcome(step, APPLIED, id=id)

    def _found_taken(self, kind: Kind, step: Step, name: str, error: DuplicateName) -> Outcome:
        """A search that lags behind says absent where the create says duplicate (contract 6, 9).

        Where reading does not lag, what is there now was not there: somebody else's.
        """
        if not kind.lags:
            raise Stale(f"{error.message}: {step.address} exists by now", "plan again")
        for id in self._look(kind, name):
            if self._landed(kind, step, kind.fetch(self._api, self.names, id)):
                return Outcome(step, APPLIED, "existed already, as declared", id)
        raise Stale(
            f"{error.message}: it exists by now, and does not show as declared", "plan again"
        )

    def _look(self, kind: Kind, name: str) -> tuple[str, ...]:
        for attempt in range(LOOKS):
            if attempt:
                self._api.pause(1.0)
            if ids := kind.taken(self._api, self.names, name):
                return ids
        return ()

    # --- update and delete

    def _update(self, kind: Kind, step: Step) -> Outcome:
        for change in step.changes:
            renamed = change.path == (kind.identity,) and not kind.lags
            if renamed and kind.taken(self._api, self.names, str(change.after)):
                raise Stale(f"{step.address} exists beside it by now", "plan again")
        try:
            fresh = kind.update(self._api, self.names, self._still(kind, step), step.changes)
        except VersionConflict:
            try:
                fresh = kind.update(self._api, self.names, self._still(kind, step), step.changes)
            except VersionConflict as error:
                raise Stale(f"{step.address} moves while it is written", "plan again") from error
        if fresh is not None:
            self._learn(kind, fresh)
        return Outcome(step, APPLIED)

    def _learn(self, kind: Kind, seen: Raw) -> None:
        """New fields and tags got ids, which the contacts after them need."""
        if kind.name == STRUCTURE:
            self.names = replace(self.names, structure=seen)

    def _delete(self, kind: Kind, step: Step) -> Outcome:
        assert step.pin is not None
        try:
            seen = kind.fetch(self._api, self.names, step.pin.id)
        except NotFound:
            return Outcome(step, APPLIED, "was gone already")
        live = kind.live(seen, step.address, self.names)
        version = (step.pin.version, live.version)
        # One reply may show less than the plan saw of it; a version settles it where there is one.
        moved = version[0] != version[1] if None not in version else self._moved(kind, step, seen)
        if moved or kind.restraint(Resource(step.address), live, ()):
            raise Stale(f"{step.address} changed since it was planned", "plan again")
        kind.delete(self._api, self.names, step.pin.id)
        return Outcome(step, APPLIED)

    def _moved(self, kind: Kind, step: Step, seen: Raw) -> bool:
        assert step.pin is not None
        version = replies.version_of(seen)
        same_version = step.pin.version is None or version == step.pin.version
        return not same_version or self._digest(kind, seen) != step.pin.digest

    def _digest(self, kind: Kind, seen: Raw) -> str:
        """The digest of `seen` but for the lists made meanwhile, which may take it along."""
        lists = replies.ids_of(seen.get("lists")) or ()
        if self._made.isdisjoint(lists):
            return replies.digest(kind.essence(seen))
        kept = [id for id in lists if id not in self._made]
        return replies.digest(kind.essence({**seen, "lists": kept}))

    def _still(self, kind: Kind, step: Step) -> Raw:
        """The object as it is now, where the values that were planned upon still hold.

        Raises:
            Stale: where they do not, or the object is gone or may not be written any more.
        """
        assert step.pin is not None
        try:
            seen = kind.fetch(self._api, self.names, step.pin.id)
        except NotFound as error:
            raise Stale(f"{step.address} is gone", "plan again") from error
        live = kind.live(seen, step.address, self.names)
        if not self._moved(kind, step, seen):
            return seen
        wanted = Resource(step.address, nested(step.changes))
        restraint = kind.restraint(wanted, live, step.changes)
        if restraint is not None:
            raise Stale(f"{step.address} {restraint.message}", "plan again")
        gone = self._gone(kind, step, seen)
        if gone:
            told = ", ".join(dotted(change.path) for change in gone)
            raise Stale(f"{step.address}: {told} changed since it was planned", "plan again")
        return seen

    def _gone(self, kind: Kind, step: Step, seen: Raw) -> list[Change]:
        """The changes whose values from planning do not hold any more."""
        live = kind.live(seen, step.address, self.names)
        return [c for c in step.changes if not kind.holds(c, c.before, live, self.managed)]

    # --- lost answers

    def _settle(self, step: Step, error: OutcomeUnknown) -> Outcome:
        """What became of a write whose answer was lost, by looking (design 7.13)."""
        kind = KINDS[step.address.kind]
        try:
            if step.action == CREATE:
                return self._settle_create(kind, step, error)
            return self._settle_written(kind, step, error)
        except NotFound:
            if step.action == DELETE:
                return Outcome(step, APPLIED, "the answer was lost; it is gone")
            return Outcome(step, STALE, f"{step.address} is gone", error=error)
        except BmeconfError as again:
            self.stopped = again
            return Outcome(step, UNKNOWN, error.message, error=error)

    def _settle_written(self, kind: Kind, step: Step, error: OutcomeUnknown) -> Outcome:
        assert step.pin is not None
        seen = kind.fetch(self._api, self.names, step.pin.id)
        if step.action != DELETE and self._landed(kind, step, seen):
            self._learn(kind, seen)
            return Outcome(step, APPLIED, "the answer was lost; it reads back as declared")
        if step.action == DELETE or not self._gone(kind, step, seen):
            return self._not_landed(step, error)
        return Outcome(step, UNKNOWN, f"{error.message}; it landed in part", error=error)

    def _not_landed(self, step: Step, error: OutcomeUnknown) -> Outcome:
        self._api.not_landed()
        return Outcome(step, FAILED, f"{error.message}; it did not land", error=error)

    def _settle_create(self, kind: Kind, step: Step, error: OutcomeUnknown) -> Outcome:
        ids = self._look(kind, str(nested(step.changes)[kind.identity]))
        if len(ids) == 1 and self._landed(kind, step, kind.fetch(self._api, self.names, ids[0])):
            return Outcome(step, APPLIED, "the answer was lost; it was found by its name", ids[0])
        if ids:
            told = f"{error.message}; found by its name: {', '.join(ids)}"
            return Outcome(step, UNKNOWN, told, error=error)
        if step.intent.origins:
            return self._settle_copy(kind, step, error)
        if kind.lags:
            told = f"{error.message}; nothing has its name, so far"
            return Outcome(step, UNKNOWN, told, error=error)
        return self._not_landed(step, error)

    def _settle_copy(self, kind: Kind, step: Step, error: OutcomeUnknown) -> Outcome:
        """A copy may have a name of its own making: whatever the plan did not see may be it."""
        known = set(self.names.ids.values())
        rows = map(replies.id_of, kind.rows(self._api, self.names, ()))
        new = ", ".join(id for id in rows if id not in known)
        if not new:
            return self._not_landed(step, error)
        told = f"{error.message}; maybe it is what is new: {new}; look before the next apply"
        return Outcome(step, UNKNOWN, told, error=error)

    def _landed(self, kind: Kind, step: Step, seen: Raw) -> bool:
        """Whether `seen` proves every change: what the API hides proves nothing."""
        shown = kind.live_fields(seen, self.names)
        hidden = any(change.path[0] not in shown for change in step.changes)
        return not (hidden or amiss(kind, step, seen, self.names, self.managed))


def amiss(kind: Kind, step: Step, seen: Raw, names: Names, managed: Managed) -> list[Change]:
    """The changes of `step` that do not hold in the object as it was just read."""
    live = kind.live(seen, step.address, names)
    return [c for c in step.changes if not kind.holds(c, c.after, live, managed)]
