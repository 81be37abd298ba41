"""Plan -> outcomes, one by one, and the proof that they hold. The only writer.

Every object is read again right before it is written, and the write carries the version just
seen. A failed step blocks only what depends on it; a write whose answer was lost is settled by
looking, never by sending it again (design 7.5-7.13).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bmeconf.diff import CREATE, DELETE
from bmeconf.errors import (
    ApiError,
    BmeconfError,
    DuplicateName,
    Interrupted,
    LimitReached,
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
from bmeconf.kinds.base import Kind
from bmeconf.kinds.names import Names
from bmeconf.kinds.replies import Raw
from bmeconf.model import STRUCTURE, Change, Finding, Resource, nested
from bmeconf.plan import Step

APPLIED, FAILED, UNKNOWN = "applied", "failed", "unknown"
BLOCKED, STALE, NOT_ATTEMPTED = "blocked", "stale", "not attempted"
LOOKS = 3
"""How often a lost create is looked for; a search index may lag (API contract 6, question 9)."""


@dataclass(frozen=True)
class Outcome:
    """How one step ended: its `state`, and a message where there is more to say."""

    step: Step
    state: str
    message: str = ""
    id: str = ""
    error: BmeconfError | None = None


@dataclass(frozen=True)
class Result:
    """How an apply ended. `converged`: every step applied, and read back as declared.

    `written`: whether any write was done, or may have been.
    """

    outcomes: tuple[Outcome, ...]
    findings: tuple[Finding, ...]
    converged: bool
    written: bool
    requests: int
    stopped: BmeconfError | None = None

    @property
    def exit_code(self) -> int:
        """The frozen exit code (design 4): once something was written, undone steps are 8."""
        if isinstance(self.stopped, Interrupted):
            return self.stopped.exit_code
        if self.converged:
            return 0
        if self.written:
            return 8
        errors = [self.stopped, *(outcome.error for outcome in self.outcomes)]
        codes = [error.exit_code for error in errors if error is not None]
        return next((code for code in (3, 4, 5, 1, 6, 7) if code in codes), 1)


class Execution:
    """One walk through a plan's steps; `names` grows with what is created."""

    def __init__(
        self, api: WriteApi, names: Names, steps: Sequence[Step], stop_asked: Callable[[], bool]
    ) -> None:
        self._api, self._steps, self._stop_asked = api, steps, stop_asked
        self.names = names
        self.stopped: BmeconfError | None = None
        self._states: dict[str, str] = {}

    def outcomes(self) -> Iterator[Outcome]:
        """Execute the steps in order; every step comes out, in exactly one state."""
        for step in self._steps:
            outcome = self._attempt(step)
            self._states[step.id] = outcome.state
            if outcome.id:
                self.names = self.names.with_ids({step.address: outcome.id})
            yield outcome

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
        except (Refused, LimitReached, NetworkError, Interrupted) as error:
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
        if kind.looks_first and kind.taken(self._api, self.names, name):
            raise Stale(f"{step.address} exists by now", "plan again")
        try:
            id = kind.create(self._api, self.names, fields, step.intent)
        except DuplicateName as error:
            return self._found_taken(kind, step, name, error)
        return Outcome(step, APPLIED, id=id)

    def _found_taken(self, kind: Kind, step: Step, name: str, error: DuplicateName) -> Outcome:
        """A search that lags behind says absent where the create says duplicate (contract 6, 9)."""
        for id in self._look(kind, name):
            if self._landed(kind, step, kind.fetch(self._api, self.names, id)):
                return Outcome(step, APPLIED, "existed already, as declared", id)
        raise Stale(f"{error.message}: it exists by now, and not as declared", "plan again")

    def _look(self, kind: Kind, name: str) -> tuple[str, ...]:
        for attempt in range(LOOKS):
            if attempt:
                self._api.pause(1.0)
            if ids := kind.taken(self._api, self.names, name):
                return ids
        return ()

    # --- update and delete

    def _update(self, kind: Kind, step: Step) -> Outcome:
        try:
            kind.update(self._api, self.names, self._still(kind, step), step.changes)
        except VersionConflict:
            try:
                kind.update(self._api, self.names, self._still(kind, step), step.changes)
            except VersionConflict as error:
                raise Stale(f"{step.address} moves while it is written", "plan again") from error
        if kind.name == STRUCTURE:
            fresh = kind.fetch(self._api, self.names, self.names.structure_id)
            self.names = replace(self.names, structure=fresh)
        return Outcome(step, APPLIED)

    def _delete(self, kind: Kind, step: Step) -> Outcome:
        assert step.pin is not None
        try:
            seen = kind.fetch(self._api, self.names, step.pin.id)
        except NotFound:
            return Outcome(step, APPLIED, "was gone already")
        if self._moved(kind, step, seen):
            raise Stale(f"{step.address} changed since it was planned", "plan again")
        kind.delete(self._api, self.names, step.pin.id)
        return Outcome(step, APPLIED)

    def _moved(self, kind: Kind, step: Step, seen: Raw) -> bool:
        assert step.pin is not None
        version = replies.version_of(seen)
        same_version = step.pin.version is None or version == step.pin.version
        return not same_version or replies.digest(kind.essence(seen)) != step.pin.digest

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
        gone = [c for c in step.changes if not kind.holds(c, c.before, live)]
        if gone:
            told = ", ".join(".".join(change.path) for change in gone)
            raise Stale(f"{step.address}: {told} changed since it was planned", "plan again")
        return seen

    # --- lost answers

    def _settle(self, step: Step, error: OutcomeUnknown) -> Outcome:
        """What became of a write whose answer was lost, by looking (design 7.13)."""
        kind = KINDS[step.address.kind]
        try:
            if step.action == CREATE:
                return self._settle_create(kind, step, error)
            assert step.pin is not None
            seen = kind.fetch(self._api, self.names, step.pin.id)
        except NotFound:
            if step.action == DELETE:
                return Outcome(step, APPLIED, "the answer was lost; it is gone")
            return Outcome(step, STALE, f"{step.address} is gone", error=error)
        except BmeconfError as again:
            self.stopped = again
            return Outcome(step, UNKNOWN, error.message, error=error)
        if step.action != DELETE and self._landed(kind, step, seen):
            return Outcome(step, APPLIED, "the answer was lost; it reads back as declared")
        live = kind.live(seen, step.address, self.names)
        if step.action == DELETE or all(kind.holds(c, c.before, live) for c in step.changes):
            return Outcome(step, FAILED, f"{error.message}; it did not land", error=error)
        return Outcome(step, UNKNOWN, f"{error.message}; it landed in part", error=error)

    def _settle_create(self, kind: Kind, step: Step, error: OutcomeUnknown) -> Outcome:
        ids = self._look(kind, str(nested(step.changes)[kind.identity]))
        if len(ids) == 1 and self._landed(kind, step, kind.fetch(self._api, self.names, ids[0])):
            return Outcome(step, APPLIED, "the answer was lost; it was found by its name", ids[0])
        if ids:
            told = f"{error.message}; found by its name: {', '.join(ids)}"
            return Outcome(step, UNKNOWN, told, error=error)
        copied = step.intent.copy_of or step.intent.merge_of
        state = UNKNOWN if copied else FAILED
        return Outcome(step, state, f"{error.message}; nothing has its name", error=error)

    def _landed(self, kind: Kind, step: Step, seen: Raw) -> bool:
        return not _amiss(kind, step, seen, self.names)


def verify(api: WriteApi, names: Names, outcomes: Sequence[Outcome]) -> tuple[Finding, ...]:
    """Read back what was written; a finding for every field that is not as declared.

    Raises:
        ApiError, Refused, LimitReached: where it could not be read back.
    """
    findings: list[Finding] = []
    for outcome in outcomes:
        if outcome.state == APPLIED:
            findings += _unproven(api, names, outcome)
    return tuple(findings)


def _unproven(api: WriteApi, names: Names, outcome: Outcome) -> Iterator[Finding]:
    step, kind = outcome.step, KINDS[outcome.step.address.kind]
    id = outcome.id or (step.pin.id if step.pin else "")
    try:
        seen = kind.fetch(api, names, id)
    except NotFound:
        if step.action != DELETE:
            yield _finding(step, "was written and is not there", "plan again")
        return
    if step.action == DELETE:
        yield _finding(step, "was deleted and is still there", "plan again")
        return
    for change in _amiss(kind, step, seen, names):
        field = ".".join(change.path)
        yield _finding(step, f"{field} was written and reads back differently", "plan again")


def _amiss(kind: Kind, step: Step, seen: Raw, names: Names) -> list[Change]:
    live = kind.live(seen, step.address, names)
    return [change for change in step.changes if not kind.holds(change, change.after, live)]


def _finding(step: Step, message: str, remedy: str) -> Finding:
    return Finding("warning", "not_converged", step.address, message, remedy)
