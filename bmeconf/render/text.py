"""Plan, result and problems as text for a terminal or a log, 80 columns wide. Pure.

Out come `Line`s: text and the name of a style. The command line paints them; colour only
repeats what the signs `+ ~ - ! »` say already (design 6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from bmeconf.apply.result import APPLIED, OPEN, Outcome, Result
from bmeconf.model import Finding, Manual, Problem
from bmeconf.model.errors import counted
from bmeconf.plan.model import Plan, Step
from bmeconf.render import page_text, safe, schedules, values, words
from bmeconf.render.lines import Line, indented, wrapped
from bmeconf.render.page import plan as plan_page
from bmeconf.render.words import SIGNS

MOST_PROBLEMS = 10
"""So many faults of manifests that are history anyway are named."""


def plan(plan: Plan, account: str, next_command: str = "") -> list[Line]:
    """The whole plan: a block per resource, then what people must do, findings, the summary.

    `account` names it for people; `next_command` is what to type to make it happen, shown where
    there is anything to do.
    """
    lines = [Line(safe.line(f"Account: {account}")), Line()]
    if plan.source.since:
        lines[1:1] = wrapped(words.since(plan.source.since))
    lines += [line for step in plan.steps for line in (*_step(step), Line())]
    open_manual = [manual for manual in plan.manual if manual.state != "done"]
    lines += [line for manual in open_manual for line in (*_manual(manual), Line())]
    lines += [line for finding in plan.findings for line in (*_finding(finding), Line())]
    lines += _unmanaged(plan.unmanaged_names)
    if plan.left_out:
        lines += [*wrapped(f"Left out by --target: {words.tally(plan.left_out)}."), Line()]
    lines += _summary(plan)
    if next_command and plan.steps:
        lines.append(Line(safe.line(f"Next: {next_command}")))
    return lines


def result(result: Result, resume_command: str = "") -> list[Line]:
    """How an apply ended: what is not done and why, then one sentence that can be trusted.

    `resume_command` is what to type to go on, where that can be done.
    """
    lines: list[Line] = []
    for outcome in result.outcomes:
        if outcome.state != APPLIED:
            lines += [outcome_line(outcome), *indented(outcome.message)]
    for finding in result.read_back:
        lines += [*_finding(finding)]
    lines += [Line()] if lines else []
    done = sum(outcome.state == APPLIED for outcome in result.outcomes)
    tally = f"{done} of {len(result.outcomes)} steps applied, {result.requests} requests."
    if result.complete:
        lines.append(Line(f"Applied: {tally}", "good"))
        return [*lines, *_proof(result)]
    what = "partly applied" if result.written else "nothing was written"
    lines.append(Line(f"Not done ({what}): {tally}", "bad"))
    lines.append(Line("Run `bmeconf plan` to see what is left."))
    return [*lines, *(resume(resume_command) if resume_command else [])]


def resume(command: str) -> list[Line]:
    """How to finish exactly the plan that was begun."""
    return [Line("Finish exactly this plan with:"), Line(safe.line(f"  {command}"))]


def _proof(result: Result) -> list[Line]:
    """What was proven by reading back, and what is still not as declared."""
    codes = Counter(finding.code for finding in result.findings)
    left = [f"{codes[code]} {code}" for code in OPEN if codes[code]]
    waiting = sum(manual.state != "done" for manual in result.manual)
    if left:
        told = (
            f"Everything written was read back. Not as declared: {', '.join(left)}; see the plan."
        )
        lines = wrapped(told, style="warn")
    elif codes["unreadable"] or codes["rewritten"]:
        lines = [Line("The account is as declared, as far as the API shows it.", "warn")]
    else:
        what = "What --target named" if result.plan.left_out else "The account"
        told = f"{what} is as declared: everything written was read back."
        lines = [Line(told, "good")]
    if waiting:
        lines.append(Line(f"Open for people: {counted(waiting, 'manual step')}; see the plan."))
    return lines


def unlocked(reason: str) -> list[Line]:
    """That the lock file was not written, which costs no more than what it would have told."""
    told = (
        f"Warning: {reason}. What was done is done, and nothing depends on the file; without it"
        " the next plan cannot tell who moved, and shows again what the service rewrote."
    )
    return wrapped(told, style="warn")


def outcome_line(outcome: Outcome) -> Line:
    """One step and how it ended, for the progress and for the report."""
    sign = SIGNS[outcome.step.action]
    style = "good" if outcome.state == APPLIED else "bad"
    return Line(safe.line(f"{sign} {outcome.step.address}: {outcome.state}"), style)


def problems(found: Sequence[Problem]) -> list[Line]:
    """`file:line:column: address: message`, one line each, then the count."""
    lines = [Line(_problem(problem), _style(problem.level)) for problem in found]
    errors = sum(problem.level == "error" for problem in found)
    others = len(found) - errors
    if not found:
        return [Line("The manifests are valid.", "good")]
    counts = [counted(n, what) for n, what in ((errors, "error"), (others, "other remark")) if n]
    told = f"{', '.join(counts)}."
    return [*lines, Line(told, "bad" if errors else "good")]


def past(revision: str, commit: str, found: Sequence[Problem]) -> list[Line]:
    """That the manifests of an earlier commit could not be read whole, and where."""
    told = (
        f"Warning: --since {revision}: {counted(len(found), 'problem')} in the manifests at"
        f" {commit[:12]}; what they are about is not compared"
    )
    lines = [Line(safe.line(f"  {_problem(problem)}")) for problem in found[:MOST_PROBLEMS]]
    more = len(found) - MOST_PROBLEMS
    return [
        *wrapped(told, style="warn"),
        *lines,
        *([Line(f"  and {more} more")] if more > 0 else []),
    ]


def _problem(problem: Problem) -> str:
    level = "" if problem.level == "error" else f"{problem.level}: "
    address = f"{problem.address}: " if problem.address else ""
    return safe.line(f"{problem.place}: {level}{address}{problem.message}")


# --- blocks


def _step(step: Step) -> Iterator[Line]:
    style = step.action
    yield Line(safe.line(f"{SIGNS[step.action]} {step.address} {words.head(step)}"), style)
    for note in words.notes(step):
        yield from indented(note)
    for field in plan_page.fields(step):
        yield from page_text.field(field)


def _manual(manual: Manual) -> Iterator[Line]:
    who = f" ({manual.owner})" if manual.owner else ""
    told = schedules.told(manual, values.utc)
    if manual.state == "todo":
        told = f"{manual.what} for {values.utc(manual.due)}, in the web app"
    text = f"{manual.address}: {told}{who}"
    yield from wrapped(text, "» ", "  ", "manual")
    if manual.note:
        yield from indented(f"note: {manual.note}")


def _finding(finding: Finding) -> Iterator[Line]:
    label = "" if finding.level == "warning" else f"{finding.level}: "
    text = f"{label}{finding.address} ({finding.code}): {finding.message}"
    yield from wrapped(text, "! ", "  ", _style(finding.level))
    if finding.remedy:
        yield from indented(f"→ {finding.remedy}")


def _unmanaged(unmanaged: Mapping[str, Sequence[str]]) -> list[Line]:
    lines = [
        Line(safe.line(f"  {kind}/{name}")) for kind, names in unmanaged.items() for name in names
    ]
    return [Line("Live and not declared (left alone):"), *lines, Line()] if lines else []


# --- the end of a plan


def _summary(plan: Plan) -> list[Line]:
    lines = wrapped(words.summary(plan), style="good")
    if not plan.steps:
        return [*lines, Line(f"Read with {counted(plan.price.read, 'request')}.")]
    lines += wrapped(words.price(plan))
    return [*lines, Line(f"Fingerprint: {plan.fingerprint}")]


def _style(level: str) -> str:
    return {"error": "bad", "warning": "warn"}.get(level, "")
