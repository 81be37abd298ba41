"""How a plan is carried out, how its steps end, and how the whole apply does. Frozen data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bmeconf.kinds import IdMap, Raw
from bmeconf.model import Address, Finding, Manual
from bmeconf.model.errors import BmeconfError, Interrupted, NotConverged
from bmeconf.plan import Acknowledged, Plan, Step

APPLIED, FAILED, UNKNOWN = "applied", "failed", "unknown"
BLOCKED, STALE, NOT_ATTEMPTED = "blocked", "stale", "not attempted"
MOVED = "the account moved since the plan was made"
REVIEW = "plan again, and have that reviewed"


@dataclass(frozen=True)
class CopyEvidence:
    """The account before a copy was made: all ids, and the marks of the object that was copied.

    It tells where to look, and nothing that may be written to (design 7.18).

    A copy whose answer was lost is known by them: it is new, it looks as its source did then, and
    it was made at that time, `at` (design 7.13). Where the answer came, `made` is the id in it.
    What bears the name of one of the `others` is somebody's own.
    """

    ids: tuple[str, ...] = ()
    source: Raw = field(default_factory=dict)
    at: str = ""
    made: str = ""
    others: frozenset[Address] = frozenset()

    def without(self, taken: Iterable[str], others: Iterable[Address] = ()) -> CopyEvidence:
        """This evidence, where no object with an id of `taken`, or one of `others`, is the copy."""
        ids = (*self.ids, *sorted(taken))
        return replace(self, ids=ids, others=self.others.union(others))


@dataclass(frozen=True)
class Doing:
    """The objects that a plan has changed so far with steps on other objects, by id.

    A list that it `made` took contacts along, which is no move of theirs. The service may raise
    the version of what a step refers to, which it then `touched`.
    """

    made: frozenset[str] = frozenset()
    touched: frozenset[str] = frozenset()

    def after(self, step: Step, id_map: IdMap, made: str) -> Doing:
        """The same once `step` was done, or may have been."""
        ids = {id for address in step.mentioned() if (id := id_map.id(address))}
        return Doing(self.made | ({made} if made else set()), self.touched | ids)


NOTHING_DONE = Doing()


@dataclass(frozen=True)
class ApplyOptions:
    """How a plan is carried out, beside what it says itself.

    `strict` makes each pin a compare-and-swap, as a saved plan asks for (design 7.14). `moved`
    then says, by step id, what moved before the first write, and a stale step ends the run unless
    `skip_stale`. `done` and `doubtful` are what journals tell of earlier runs: applied steps with
    the ids they made, and steps whose writes may have landed, with the evidence for a copy; `doing`
    are the objects that they changed along.
    """

    strict: bool = False
    skip_stale: bool = True
    moved: Mapping[str, str] = field(default_factory=dict)
    done: Mapping[str, str] = field(default_factory=dict)
    doubtful: Mapping[str, CopyEvidence | None] = field(default_factory=dict)
    resumed: bool = False
    doing: Doing = NOTHING_DONE


@dataclass(frozen=True)
class Outcome:
    """How one step ended: its `state`, and a message where there is more to say.

    `id` is the object that a create made, `before` the object as an update found it, where that
    is known; `reply` is the answer to the last write, where it may have to prove that nobody wrote
    after it. `findings` are for a person to clear up after the step.
    """

    step: Step
    state: str
    message: str = ""
    id: str = ""
    error: BmeconfError | None = None
    findings: tuple[Finding, ...] = ()
    before: Raw | None = None
    reply: Raw = field(default_factory=dict)

    @property
    def object_id(self) -> str:
        """The id of the object that the step is about, empty where there is none."""
        return self.id or (self.step.pin.id if self.step.pin else "")


@dataclass(frozen=True)
class Proof:
    """The proof by reading back: `rows` by address, None where nothing could be read back.

    `unproven` resources do not read back as declared; `twice` says that something was created
    twice, `hidden` that the API does not show a field that was written.
    """

    findings: tuple[Finding, ...] = ()
    rows: Mapping[Address, Raw] | None = field(default_factory=dict)
    unproven: frozenset[Address] = frozenset()
    twice: bool = False
    hidden: bool = False


@dataclass(frozen=True)
class Result:
    """How an apply of `plan` ended: an outcome for each step, and what reading back showed.

    `written`: whether any write was done, or may have been. `journal` is the path of the journal,
    empty where nothing was to be written. `unlocked` says why the lock file could not be written,
    if it could not. `account` names the account for people, `at` is when the run ended. `allowed`
    is what the operator let through.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...]
    proof: Proof
    written: bool
    requests: int
    stopped: BmeconfError | None = None
    journal: str = ""
    unlocked: str = ""
    account: str = ""
    at: datetime | None = None
    allowed: Acknowledged = field(default_factory=Acknowledged)

    @classmethod
    def unwritten(
        cls, plan: Plan, error: BmeconfError, requests: int, moved: Mapping[str, str] | None = None
    ) -> Result:
        """The result of a plan that was not begun; `moved` says by step id what is stale."""
        stale = moved or {}
        outcomes = tuple(
            Outcome(step, STALE, stale[step.id], error=error)
            if step.id in stale
            else Outcome(step, NOT_ATTEMPTED, error=error)
            for step in plan.steps
        )
        return cls(plan, outcomes, Proof(), False, requests, error)

    @property
    def begun(self) -> bool:
        """True where there is anything to tell of the steps."""
        return any(outcome.state != NOT_ATTEMPTED for outcome in self.outcomes)

    @property
    def resumable(self) -> bool:
        """True where the plan was begun, and its journal can tell what is left."""
        undone = any(outcome.state != APPLIED for outcome in self.outcomes)
        return bool(self.journal) and self.written and undone

    @property
    def read_back(self) -> tuple[Finding, ...]:
        """The findings on what was written."""
        of_steps = (finding for outcome in self.outcomes for finding in outcome.findings)
        return (*of_steps, *self.proof.findings)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of the plan, and those on what was written."""
        return (*self.plan.findings, *self.read_back)

    @property
    def manual(self) -> tuple[Manual, ...]:
        """The manual steps, in their state when the plan was made."""
        return self.plan.manual

    @property
    def complete(self) -> bool:
        """True where every step was applied and reads back as declared."""
        applied = all(outcome.state == APPLIED for outcome in self.outcomes)
        proven = not (self.proof.unproven or self.proof.twice)
        return applied and proven and self.stopped is None

    @property
    def converged(self) -> bool:
        """True where all in scope is as declared: complete, nothing left alone or unproven."""
        whole = not any(f.is_left_alone or f.is_unproven for f in self.plan.findings)
        return self.complete and whole and not self.proof.hidden

    @property
    def exit_code(self) -> int:
        """The frozen exit code (design 4): once something was written, undone steps are 8."""
        if isinstance(self.stopped, Interrupted):
            return self.stopped.exit_code
        if self.complete:
            return 0
        if self.written:
            return 8
        errors = [self.stopped, *(outcome.error for outcome in self.outcomes)]
        codes = [error.exit_code for error in errors if error is not None]
        return next((code for code in (3, 4, 5, 1, 6, 7) if code in codes), 1)

    @property
    def error(self) -> BmeconfError | None:
        """Why it is not complete: what stopped the run, else the first step that failed."""
        if self.stopped is not None or self.complete:
            return self.stopped
        failed = next((outcome.error for outcome in self.outcomes if outcome.error), None)
        return failed or NotConverged("not everything that was written reads back as declared")
