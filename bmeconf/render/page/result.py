"""Result of an apply -> Page. Pure."""

from __future__ import annotations

from bmeconf.apply.result import APPLIED, NOT_ATTEMPTED, NOT_CONVERGED, STALE, Outcome, Result
from bmeconf.model import RESULT_FORMAT
from bmeconf.model.errors import BmeconfError
from bmeconf.plan.diff import DELETE
from bmeconf.render import tasks, words
from bmeconf.render.page import failure as failure_page
from bmeconf.render.page import plan as plan_page
from bmeconf.render.page.model import Page, PageItem, Section

GRAVE = ("failed", "unknown")


def of(result: Result, resume: str = "", error: BmeconfError | None = None) -> Page:
    """How an apply ended.

    `error` is why it is not done, `resume` what to type to go on, where that can be done.
    """
    refused = [finding for finding in result.plan.findings if finding.level == "error"]
    alone = [finding for finding in result.plan.findings if finding.level != "error"]
    sections = (
        Section("Why it is not done", (failure_page.item(error),) if error else ()),
        Section("Why apply refuses this plan", tuple(plan_page.finding_items(refused))),
        Section("Steps", tuple(_item(outcome) for outcome in result.outcomes)),
        Section("Read back", tuple(plan_page.finding_items(result.read_back))),
        Section("For people to do", tasks=plan_page.task_list(result.plan)),
        Section("Findings", tuple(plan_page.finding_items(alone))),
    )
    return Page(
        document=RESULT_FORMAT,
        title="Apply",
        account=result.account,
        verdict=_verdict(result),
        mood=_mood(result, error),
        counts=_counts(result),
        sections=tuple(section for section in sections if section != Section(section.title)),
        fingerprint=result.plan.fingerprint if result.outcomes else "",
        price=_price(result),
        next_command=resume,
        made_at=result.plan.created_at,
    )


def _item(outcome: Outcome) -> PageItem:
    step, done = outcome.step, outcome.state == APPLIED
    return PageItem(
        sign=words.SIGNS[step.action],
        address=str(step.address),
        state=outcome.state,
        head=outcome.message,
        fields=tuple(plan_page.fields(step)),
        notes=tuple(words.notes(step)),
        level="" if done else "error" if outcome.state in GRAVE else "warning",
        fails=not done,
        # Of steps that only wait for others it is enough to know how many there are.
        must=outcome.state in (*GRAVE, STALE)
        or (step.action == DELETE and outcome.state != NOT_ATTEMPTED),
    )


def _verdict(result: Result) -> str:
    done = sum(outcome.state == APPLIED for outcome in result.outcomes)
    tally = f"{done} of {len(result.outcomes)} steps applied"
    if not result.complete:
        what = "partly applied" if result.written else "nothing was written"
        return f"Not done ({what}): {tally}."
    if result.converged:
        return f"Applied: {tally}. What was written was read back, and the account is as declared."
    return f"Applied: {tally}. What was written was read back; see what is not as declared."


def _mood(result: Result, error: BmeconfError | None) -> str:
    if error or not result.complete:
        return "bad"
    broken = any(manual.state in tasks.BROKEN for manual in result.manual)
    return "warn" if broken or not result.converged else "good"


def _counts(result: Result) -> tuple[tuple[str, int], ...]:
    states = [outcome.state for outcome in result.outcomes]
    found = [(state, states.count(state)) for state in dict.fromkeys((APPLIED, *states))]
    open_ = sum(manual.state != tasks.DONE for manual in result.manual)
    codes = [finding.code for finding in result.findings if finding.code != NOT_CONVERGED]
    rest = [(code.replace("_", " "), codes.count(code)) for code in dict.fromkeys(codes)]
    return (*found, *([("manual", open_)] if open_ else []), *rest)


def _price(result: Result) -> str:
    journal = f"; the journal is {result.journal}" if result.journal else ""
    return f"{result.requests} requests{journal}."
