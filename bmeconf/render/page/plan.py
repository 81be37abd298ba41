"""Plan -> Page. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from bmeconf.model import PLAN_FORMAT, Address, Change, Finding, Manual, Place, dotted
from bmeconf.model.errors import counted
from bmeconf.plan.diff import DELETE
from bmeconf.plan.model import Plan, Step
from bmeconf.render import documents as document
from bmeconf.render import tasks, words
from bmeconf.render.bodies import BODIES
from bmeconf.render.page.model import Field, Page, PageItem, Section, Table, Task

Places = Mapping[Address, Place]
NOWHERE: Places = {}


def of(plan: Plan, account: str, next_command: str = "", places: Places = NOWHERE) -> Page:
    """A plan as a page.

    `account` names it for people, `next_command` is what to type to make it happen, `places` is
    where its resources are declared, as far as that is known.
    """
    errors = [finding for finding in plan.findings if finding.level == "error"]
    others = [finding for finding in plan.findings if finding.level != "error"]
    sections = (
        Section("Why apply refuses this plan", tuple(finding_items(errors, places))),
        Section("Changes", tuple(step_item(step, places) for step in plan.steps)),
        Section("For people to do", tasks=task_list(plan)),
        Section("Findings", tuple(finding_items(others, places))),
        *_apart(plan),
    )
    return Page(
        document=PLAN_FORMAT,
        title="Plan",
        account=account,
        verdict=_verdict(plan, len(errors)),
        mood=_mood(plan, bool(errors)),
        counts=_counts(plan),
        sections=tuple(section for section in sections if section != Section(section.title)),
        fingerprint=plan.fingerprint if plan.steps else "",
        price=words.price(plan),
        next_command=next_command if plan.steps else "",
        made_at=plan.created_at,
        binding=True,
    )


def step_item(step: Step, places: Places = NOWHERE) -> PageItem:
    """One step, as it is going to be."""
    return PageItem(
        sign=words.SIGNS[step.action],
        address=str(step.address),
        state=step.action,
        head=words.head(step),
        fields=tuple(fields(step)),
        notes=tuple(words.notes(step)),
        must=step.action == DELETE,
        place=places.get(step.address),
    )


def fields(step: Step) -> Iterator[Field]:
    """What changes in it."""
    return (field(change, words.moved(step, change)) for change in words.told_changes(step))


def field(change: Change, told: str = "") -> Field:
    """One change; `told` says who moved."""
    return Field(
        name=dotted(change.path),
        before=change.before,
        after=change.after,
        new=change.before in (None, (), {}),
        body=change.path[0] in BODIES,
        told=told,
        markup=change.path == ("body",),
    )


def finding_items(findings: Iterable[Finding], places: Places = NOWHERE) -> Iterator[PageItem]:
    """Findings as items; an error is a failed test case and is kept whatever the room."""
    for finding in findings:
        error = finding.level == "error"
        yield PageItem(
            sign="!",
            address=str(finding.address),
            state=finding.code,
            head=finding.message,
            remedy=finding.remedy,
            level=finding.level,
            fails=error,
            must=error,
            place=places.get(finding.address),
        )


def task_list(plan: Plan) -> tuple[Task, ...]:
    """The manual steps of a plan, those that are done at the end."""
    lists = {step.address: _lists(step.changes) for step in plan.steps}
    ordered = sorted(plan.manual, key=_done)
    return tuple(
        tasks.of_manual(manual, plan.created_at, lists.get(manual.address, ()))
        for manual in ordered
    )


def _done(manual: Manual) -> bool:
    return manual.state == tasks.DONE


def _lists(changes: Iterable[Change]) -> tuple[str, ...]:
    after = [change.after for change in changes if change.path == ("lists",)]
    return tuple(address.name for value in after if isinstance(value, tuple) for address in value)


def _apart(plan: Plan) -> Iterator[Section]:
    """What the plan does not touch: named where that was asked for."""
    names = [f"{kind}/{name}" for kind, found in plan.unmanaged_names.items() for name in found]
    if names:
        yield Section("Live and not declared (left alone)", tables=(_addresses(names),))
    if plan.left_out:
        text = f"Left out by --target: {words.tally(plan.left_out)}."
        yield Section("Left out", tables=(_addresses(map(str, plan.left_out)),), text=text)
    yield held_against(plan)


def held_against(plan: Plan) -> Section:
    """The commit that a plan was held against; empty where there is none."""
    since = plan.source.since
    return Section("Held against", text=words.since(since) if since else "")


def _addresses(names: Iterable[str]) -> Table:
    return Table(("Address",), tuple((name,) for name in names))


def _verdict(plan: Plan, errors: int) -> str:
    summary = words.summary(plan)
    return f"apply refuses this plan: {counted(errors, 'error')}. {summary}" if errors else summary


def _mood(plan: Plan, refused: bool) -> str:
    if refused:
        return "bad"
    broken = any(manual.state in tasks.BROKEN for manual in plan.manual)
    deletes = any(step.action == DELETE for step in plan.steps)
    return "warn" if broken or deletes or plan.findings else "good"


def _counts(plan: Plan) -> tuple[tuple[str, int], ...]:
    counts = document.summary(plan)
    steps = [(f"to {action}", counts[action]) for action in words.SIGNS]
    rest = [(key.replace("_", " "), counts[key]) for key in words.RESTS if counts[key]]
    return (*steps, *rest)
