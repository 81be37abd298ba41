"""Result of an apply -> Page. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bmeconf.apply import APPLIED, NOT_ATTEMPTED, STALE, Outcome, Result
from bmeconf.model import CREATE, DELETE, RESULT_FORMAT, counted, shell_line
from bmeconf.plan import PlanRefused, encode
from bmeconf.render.model import InText, Page, PageItem, Section, filled
from bmeconf.render.page import extent
from bmeconf.render.page import plan as plan_page
from bmeconf.render.page.failure import error_item, finding_items
from bmeconf.render.page.tasks import task_list, went_wrong

ALONE = ("frozen", "blocked")
GRAVE = ("failed", "unknown")
ELSEWHERE = InText.NOTHING


def of_result(result: Result, next_commands: Sequence[str] = ()) -> Page:
    """How an apply ended; `next_commands` are the commands to go on with."""
    places, error = result.plan.places, result.error
    # The findings that refuse the plan are its error already.
    if isinstance(error, PlanRefused) and {*error.findings} <= {*result.plan.errors}:
        error = None
    findings = finding_items(result.plan.findings, places)
    steps = [
        outcome_item(outcome)._replace(place=places.get(str(outcome.step.address)))
        for outcome in result.outcomes
    ]
    created = {
        outcome.step.address
        for outcome in result.outcomes
        if outcome.step.action == CREATE and outcome.state == APPLIED
    }
    tasks = task_list(result.plan, created)
    journal = f"; the journal is {result.journal}" if result.journal else ""
    counts = encode.summary(result.plan)
    sections = (
        Section("Why it is not done", (error_item(error),) if error else (), in_text=ELSEWHERE),
        Section(plan_page.REFUSAL, tuple(i for i in findings if i.fails), in_text=ELSEWHERE),
        Section("Not done", tuple(i for i in steps if i.fails), in_text=InText.HEADS),
        Section("Applied", tuple(i for i in steps if not i.fails), in_text=ELSEWHERE),
        Section("Read back", finding_items(result.read_back, places), in_text=InText.BRIEF),
        Section(plan_page.MANUAL_STEPS, tasks=tasks, in_text=ELSEWHERE),
        Section("Findings", tuple(i for i in findings if not i.fails), in_text=ELSEWHERE),
        Section("Acknowledged", text=shell_line(result.allowed.words), in_text=InText.BRIEF),
    )
    return Page(
        document=RESULT_FORMAT,
        title="Apply",
        account=result.account,
        verdict=_verdict(result, counts),
        mood=_mood(result),
        counts=_counts(result, counts),
        sections=filled(*sections),
        fingerprint=result.plan.fingerprint if result.outcomes else "",
        price=f"{counted(result.requests, 'request')}{journal}.",
        next_commands=tuple(next_commands),
        made_at=result.at or result.plan.created_at,
        continues=True,
    )


def manual_steps_left(result: Result) -> int:
    """How many manual steps wait to be done, and have not gone wrong."""
    broken = sum(manual.is_broken for manual in result.manual)
    return encode.summary(result.plan)["manual"] - broken


def outcome_item(outcome: Outcome) -> PageItem:
    """One step and how it ended."""
    step, done = outcome.step, outcome.state == APPLIED
    return PageItem(
        sign=plan_page.SIGNS[step.action],
        address=str(step.address),
        state=outcome.state,
        head=outcome.message or (f"{step.action}d" if done else ""),
        fields=tuple(plan_page.fields(step)),
        notes=tuple(plan_page.notes(step)),
        level="" if done else "error" if outcome.state in GRAVE else "warning",
        fails=not done,
        # Of steps that only wait for others it is enough to know how many there are.
        must=outcome.state in (*GRAVE, STALE)
        or (step.action == DELETE and outcome.state != NOT_ATTEMPTED),
    )


def _verdict(result: Result, counts: Mapping[str, int]) -> str:
    applied = sum(outcome.state == APPLIED for outcome in result.outcomes)
    steps = len(result.outcomes)
    tally = f"{applied} of {steps} steps applied" if steps else "no steps"
    if not result.complete:
        what = "partly applied" if result.written else "nothing was written"
        return f"Not done ({what}): {tally}."
    wrong = went_wrong(result.manual)
    left = manual_steps_left(result)
    waiting = f" {counted(left, 'manual step')} left." if left else ""
    first = f"{wrong}. " if wrong else ""
    return f"Applied: {tally}. {first}{_proof(result, counts)}{waiting}"


def _proof(result: Result, counts: Mapping[str, int]) -> str:
    """What reading back proved, and what is still not as declared."""
    codes = {finding.code for finding in result.findings}
    read_back = "everything written was read back" if result.outcomes else ""
    differing = [f"{counts[key]} {key}" for key in ALONE if counts[key]]
    if differing:
        start = f"{read_back.capitalize()}. " if read_back else ""
        return f"{start}Not as declared: {', '.join(differing)}; see the findings."
    scope = extent.looked_at(result.plan, but=went_wrong(result.manual))
    if "unreadable" in codes or "rewritten" in codes:
        return f"{scope} is as declared, as far as the API shows it."
    return f"{scope} is as declared{f': {read_back}' if read_back else ''}."


def _mood(result: Result) -> str:
    if not result.complete:
        return "bad"
    broken = any(manual.is_broken for manual in result.manual)
    return "warn" if broken or not result.converged else "good"


def _counts(result: Result, counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
    states = Counter({APPLIED: 0})
    states.update(outcome.state for outcome in result.outcomes)
    others = Counter(
        f"{finding.level}s"
        for finding in result.findings
        if not (finding.is_not_converged or finding.is_left_alone)
    )
    rest = [(extent.word(key), counts[key]) for key in ("manual", *ALONE) if counts[key]]
    return (*states.items(), *rest, *others.items())
