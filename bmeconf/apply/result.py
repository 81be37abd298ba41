"""How steps end: outcomes, and the result of a whole apply, as data. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from bmeconf.kinds.replies import Raw
from bmeconf.model import Finding, Manual
from bmeconf.model.errors import BmeconfError, Interrupted, NotConverged
from bmeconf.plan.model import Plan, Step

APPLIED, FAILED, UNKNOWN = "applied", "failed", "unknown"
BLOCKED, STALE, NOT_ATTEMPTED = "blocked", "stale", "not attempted"
NOT_CONVERGED, LANDED_TWICE = "not_converged", "landed_twice"
OPEN = ("frozen", "blocked", "ambiguous")
"""Findings on what is not as declared, and which no apply will change."""
UNREADABLE = "unreadable"


@dataclass(frozen=True)
class Outcome:
    """How one step ended: its `state`, and a message where there is more to say.

    `id` is what a create made, `before` what was there when an update wrote, where that is
    known; `findings` what a person has to clear up after it.
    """

    step: Step
    state: str
    message: str = ""
    id: str = ""
    error: BmeconfError | None = None
    findings: tuple[Finding, ...] = ()
    before: Raw | None = None


@dataclass(frozen=True)
class Result:
    """How an apply of `plan` ended: an outcome for each step, and what reading back found.

    `written`: whether any write was done, or may have been. `journal` is where it was put down;
    empty where nothing was to be written. `unlocked`: why the lock file could not be written, if
    it could not. `account` names the account for people.
    """

    plan: Plan
    outcomes: tuple[Outcome, ...]
    read_back: tuple[Finding, ...]
    written: bool
    requests: int
    stopped: BmeconfError | None = None
    journal: str = ""
    unlocked: str = ""
    account: str = ""

    @classmethod
    def refused(cls, plan: Plan, error: BmeconfError, requests: int) -> Result:
        """The result of a plan that was not begun, for the reason given."""
        outcomes = tuple(Outcome(step, NOT_ATTEMPTED, error=error) for step in plan.steps)
        return cls(plan, outcomes, (), False, requests, error)

    @property
    def begun(self) -> bool:
        """Whether there is anything to tell of the steps: the plan was not refused as a whole."""
        return any(outcome.state != NOT_ATTEMPTED for outcome in self.outcomes)

    @property
    def resumable(self) -> bool:
        """Whether the plan was begun, and its journal can tell what is left."""
        return bool(self.journal) and self.written and not self.complete

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the plan left alone, and what reading back found."""
        return (*self.plan.findings, *self.read_back)

    @property
    def manual(self) -> tuple[Manual, ...]:
        """What people have to do, as far as it was when the plan was made."""
        return self.plan.manual

    @property
    def complete(self) -> bool:
        """Whether every step was applied and reads back as declared."""
        applied = all(outcome.state == APPLIED for outcome in self.outcomes)
        amiss = any(finding.code in (NOT_CONVERGED, LANDED_TWICE) for finding in self.read_back)
        return applied and not amiss and self.stopped is None

    @property
    def converged(self) -> bool:
        """Whether all in scope is as declared: complete, nothing left alone or unproven."""
        open_ = {finding.code for finding in self.findings} & {*OPEN, UNREADABLE}
        return self.complete and not open_

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
