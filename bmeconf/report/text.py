"""Plan, result and problems as text for a terminal or a log, 80 columns wide. Pure.

Out come `Line`s: text and the name of a style. The command line paints them; colour only
repeats what the signs `+ ~ - ! »` say already (design 6).
"""

from __future__ import annotations

import difflib
import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC

from bmeconf import document, order
from bmeconf.apply import APPLIED, Outcome, Result
from bmeconf.diff import CREATE, DELETE, UPDATE, plain
from bmeconf.model import Address, Change, Finding, Manual, Problem, Value
from bmeconf.plan import Plan, Step
from bmeconf.report import safe

WIDTH = 80
BODIES = ("body", "plain_text")
MOST_BODY_LINES = 40
SIGNS = {CREATE: "+", UPDATE: "~", DELETE: "-"}
HEADS = {"create": "will be created", "update": "will be updated", "delete": "will be deleted"}


@dataclass(frozen=True)
class Line:
    """One line of output; `style` is a word that the command line knows a colour for."""

    text: str = ""
    style: str = ""


def plan(plan: Plan, show_unmanaged: bool = False, next_command: str = "") -> list[Line]:
    """The whole plan: a block per resource, then what people must do, findings, the summary.

    `next_command` is what to type to make it happen; it is shown where there is anything to do.
    """
    lines = [line for step in plan.steps for line in (*_step(step), Line())]
    open_manual = [manual for manual in plan.manual if manual.state != "done"]
    lines += [line for manual in open_manual for line in (*_manual(manual), Line())]
    lines += [line for finding in plan.findings for line in (*_finding(finding), Line())]
    if show_unmanaged:
        lines += _unmanaged(plan.unmanaged)
    if plan.left_out:
        lines += [*_wrapped(f"Left out by --target: {_names(plan.left_out)}"), Line()]
    lines += _summary(plan)
    if next_command and plan.steps:
        lines.append(Line(safe.line(f"Next: {next_command}")))
    return lines


def result(result: Result) -> list[Line]:
    """How an apply ended: what is not done and why, then one sentence that can be trusted."""
    lines: list[Line] = []
    for outcome in result.outcomes:
        if outcome.state != APPLIED:
            lines += [outcome_line(outcome), *_indented(outcome.message)]
    for finding in result.findings:
        lines += [*_finding(finding)]
    lines += [Line()] if lines else []
    done = sum(outcome.state == APPLIED for outcome in result.outcomes)
    counted = f"{done} of {len(result.outcomes)} steps applied, {result.requests} requests."
    if result.converged:
        told = "The account is as declared: everything written was read back."
        return [*lines, Line(f"Applied: {counted}", "good"), Line(told, "good")]
    what = "partly applied" if result.written else "nothing was written"
    lines.append(Line(f"Not done ({what}): {counted}", "bad"))
    return [*lines, Line("Run `bmeconf plan` to see what is left.")]


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
    told = f"{_count(errors, 'error')}, {_count(others, 'other remark')}."
    return [*lines, Line(told, "bad" if errors else "good")]


def _problem(problem: Problem) -> str:
    level = "" if problem.level == "error" else f"{problem.level}: "
    address = f"{problem.address}: " if problem.address else ""
    return safe.line(f"{problem.place}: {level}{address}{problem.message}")


# --- blocks


def _step(step: Step) -> Iterator[Line]:
    style = step.action
    head = HEADS[step.action]
    renamed = next(
        (c for c in step.changes if c.before and c.path in (("name",), ("email",))), None
    )
    if renamed:
        head = "will be renamed" + (" and updated" if len(step.changes) > 1 else "")
    origin = order.origins(step.intent)
    if origin:
        head += f" from {_names(origin)}"
    yield Line(safe.line(f"{SIGNS[step.action]} {step.address} {head}"), style)
    if step.hanging:
        yield from _indented(f"{step.hanging}")
    identity = {("name",), ("email",)} if step.action == CREATE else set()
    for change in step.changes:
        if change.path not in identity:
            yield from change_lines(change)


def change_lines(change: Change) -> Iterator[Line]:
    """One field that changes: on one line where it fits, a body as a short unified diff."""
    if change.path[-1] in BODIES and len(change.path) == 1:
        yield from _body(change)
        return
    name = safe.line(".".join(change.path))
    before, after = _value(change.before), _value(change.after)
    new = change.before in (None, (), {})
    whole = f"    {name}: {after}" if new else f"    {name}: {before} → {after}"
    if len(whole) <= WIDTH:
        yield Line(whole)
        return
    yield Line(f"    {name}:")
    if not new:
        yield from _wrapped(before, "      - ", "        ")
    yield from _wrapped(after, "      + ", "        ")


def _body(change: Change) -> Iterator[Line]:
    before = str(change.before or "").splitlines()
    after = str(change.after or "").splitlines()
    yield Line(f"    {change.path[0]}: {_count(len(after), 'line')}")
    if not before:
        return
    diff = list(difflib.unified_diff(before, after, n=2, lineterm=""))[2:]
    for text in diff[:MOST_BODY_LINES]:
        shown = safe.line(text)
        style = {"+": CREATE, "-": DELETE}.get(text[:1], "")
        yield Line(f"      {_cut(shown)}", style)
    if len(diff) > MOST_BODY_LINES:
        yield Line(f"      … {len(diff) - MOST_BODY_LINES} more lines; --format json has them all")


def _manual(manual: Manual) -> Iterator[Line]:
    due = manual.due.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    who = f" ({manual.owner})" if manual.owner else ""
    told = {
        "todo": f"{manual.what} for {due}, in the web app{who}",
        "overdue": f"was to be scheduled for {due}, and is not{who}",
        "undone": f"was scheduled, and is a draft again: {manual.what} for {due}{who}",
        "wrong": f"{_observed(manual)}, not scheduled for {due}{who}",
    }
    text = f"{manual.address}: {told.get(manual.state, manual.state)}"
    yield from _wrapped(text, "» ", "  ", "manual")
    if manual.note:
        yield from _indented(f"note: {manual.note}")


def _observed(manual: Manual) -> str:
    status = manual.observed.get("status", "not there")
    at = manual.observed.get("scheduled_at")
    return f"is {status}" + (f" for {at}" if at else "")


def _finding(finding: Finding) -> Iterator[Line]:
    label = "" if finding.level == "warning" else f"{finding.level}: "
    text = f"{label}{finding.address} ({finding.code}): {finding.message}"
    yield from _wrapped(text, "! ", "  ", _style(finding.level))
    if finding.remedy:
        yield from _indented(f"→ {finding.remedy}")


def _unmanaged(unmanaged: Mapping[str, Sequence[str]]) -> list[Line]:
    lines = [
        Line(safe.line(f"  {kind}/{name}")) for kind, names in unmanaged.items() for name in names
    ]
    return [Line("Live and not declared (left alone):"), *lines, Line()] if lines else []


# --- the end of a plan


def _summary(plan: Plan) -> list[Line]:
    counts = document.summary(plan)
    steps = [f"{counts[action]} to {action}" for action in SIGNS if counts[action]]
    rest = [
        f"{counts[key]} {key.replace('_', ' ')}"
        for key in ("in_sync", "manual", "frozen", "blocked", "unmanaged")
        if counts[key]
    ]
    if not plan.steps:
        lines = _wrapped(_sentence("Nothing to do", rest), style="good")
        return [*lines, Line(f"Read with {_count(plan.price.read, 'request')}.")]
    lines = _wrapped(_sentence(f"Plan: {', '.join(steps)}", rest), style="good")
    lines += _wrapped(_price(plan))
    return [*lines, Line(f"Fingerprint: {plan.fingerprint}")]


def _sentence(start: str, rest: Sequence[str]) -> str:
    return f"{start}; {', '.join(rest)}." if rest else f"{start}."


def _price(plan: Plan) -> str:
    price = plan.price
    left = [
        f"{remaining} left this {period}"
        for period, remaining in (("hour", price.hour_remaining), ("month", price.month_remaining))
        if remaining is not None
    ]
    told = f"Requests: {price.read} read, {price.write} to write, {price.verify} to verify"
    return _sentence(told, left)


# --- words


def _value(value: Value) -> str:
    if isinstance(value, tuple):
        members = (m.name or str(m) if isinstance(m, Address) else str(m) for m in value)
        return "[" + ", ".join(safe.line(member) for member in members) + "]"
    if value is None:
        return "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return f'"{safe.line(value)}"'
    if isinstance(value, Mapping):
        return ", ".join(f"{safe.line(key)}: {_value(inner)}" for key, inner in value.items())
    return safe.line(str(plain(value)))


def _names(addresses: Iterable[object]) -> str:
    return ", ".join(str(address) for address in addresses)


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" + ("" if number == 1 else "s")


def _style(level: str) -> str:
    return {"error": "bad", "warning": "warn"}.get(level, "")


def _cut(text: str) -> str:
    room = WIDTH - 6
    return text if len(text) <= room else text[: room - 1] + "…"


def _indented(text: str) -> list[Line]:
    return _wrapped(text, "    ", "    ") if text else []


def _wrapped(text: str, first: str = "", rest: str = "", style: str = "") -> list[Line]:
    lines = textwrap.wrap(
        safe.line(text),
        WIDTH,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return [Line(line, style) for line in lines]
