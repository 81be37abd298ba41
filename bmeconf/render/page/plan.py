"""Plan -> Page. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bmeconf.kinds import KINDS, Mailing, only
from bmeconf.model import (
    CREATE,
    DELETE,
    PLAN_FORMAT,
    UPDATE,
    Cause,
    Change,
    Path,
    Value,
    counted,
    dotted,
)
from bmeconf.plan import Plan, Reach, Step, encode
from bmeconf.render.model import Field, InText, Page, PageItem, Section, filled
from bmeconf.render.page import extent
from bmeconf.render.page.failure import finding_items
from bmeconf.render.page.tasks import task_list

BODIES = ("body", "plain_text")
BRIEF = InText.BRIEF
REFUSAL, MANUAL_STEPS = "Why apply refuses this plan", "Manual steps"
MOVED = {
    Cause.DRIFT: "changed by hand in the account",
    Cause.CONFLICT: "changed here and in the account",
}
SIGNS = {CREATE: "+", UPDATE: "~", DELETE: "-"}
RESTS = ("in_sync", "manual", "frozen", "blocked", "unmanaged")
"""What a plan counts beside its steps, as its document calls it."""
NOTHING_IS_SENT = "Applying this plan sends nothing: campaigns are written as drafts."
AGAIN = {"enforced": "", "checked": " [read again first]"}
"""How the version of an object is guarded, where the service itself does not refuse a write."""


def of_plan(plan: Plan, account: str, next_command: str = "") -> Page:
    """A plan as a page.

    `account` names it for people, `next_command` is the apply that makes it happen.
    """
    findings = finding_items(plan.findings, plan.places)
    errors = tuple(item for item in findings if item.fails)
    unmanaged = [f"{kind}/{name}" for kind, each in plan.unmanaged_names.items() for name in each]
    counts = encode.summary(plan)
    steps = [(f"to {action}", counts[action]) for action in SIGNS]
    rest = [(key, counts[key]) for key in RESTS if counts[key]]
    undone = errors or any(counts[key] for key in ("manual", "frozen", "blocked"))
    start = "No steps" if undone else "Nothing to do"
    if plan.steps:
        start = f"Plan: {', '.join(f'{number} {label}' for label, number in steps if number)}"
    refused = f"apply refuses this plan: {counted(len(errors), 'error')}. " if errors else ""
    broken = any(manual.is_broken for manual in plan.manual)
    return Page(
        document=PLAN_FORMAT,
        title="Plan",
        account=account,
        verdict=refused + _sentence(start, [extent.told(key, number) for key, number in rest]),
        mood="bad" if errors else "warn" if broken or counts[DELETE] or findings else "good",
        counts=(*steps, *((extent.word(key), number) for key, number in rest)),
        sections=filled(
            Section(REFUSAL, errors, in_text=BRIEF),
            Section("Changes", _steps(plan), text=_nothing_is_sent(plan), in_text=BRIEF),
            _audience(plan),
            Section(MANUAL_STEPS, tasks=task_list(plan), in_text=BRIEF),
            Section("Findings", tuple(i for i in findings if not i.fails), in_text=BRIEF),
            Section("Live and not declared (left alone)", tables=extent.address_table(unmanaged)),
            extent.left_out(plan.left_out),
            extent.compared_with(plan),
        ),
        fingerprint=plan.fingerprint if plan.steps else "",
        price=_price(plan),
        next_commands=(next_command,) if next_command and plan.steps else (),
        made_at=plan.created_at,
        binding=True,
    )


def _price(plan: Plan) -> str:
    price = plan.price
    if not plan.steps:
        return f"Read with {counted(price.read, 'request')}."
    left = [
        f"{remaining} left this {period}"
        for period, remaining in (("hour", price.hour_remaining), ("month", price.month_remaining))
        if remaining is not None
    ]
    start = f"Requests: {price.read} read, {price.write} to write, {price.verify} to verify"
    return _sentence(start, left)


def _sentence(start: str, rest: Sequence[str]) -> str:
    return f"{start}; {', '.join(rest)}." if rest else f"{start}."


# --- steps


def _steps(plan: Plan) -> tuple[PageItem, ...]:
    reaches = {reach.address: reach for reach in plan.audience}
    return tuple(_step(step, plan, reaches.get(step.address)) for step in plan.steps)


def _nothing_is_sent(plan: Plan) -> str:
    """What an apply does not do with campaigns, for a reader who only knows those that go out."""
    drafts = {
        step.address
        for step in plan.steps
        if step.action != DELETE and step.address.kind == only(Mailing).name
    }
    if not drafts:
        return ""
    unscheduled = drafts - {manual.address for manual in plan.manual}
    rest = " One without a schedule stays a draft: nobody is asked to schedule it."
    return NOTHING_IS_SENT + (rest if unscheduled else "")


def _step(step: Step, plan: Plan, reach: Reach | None) -> PageItem:
    """One step, before it is done: what becomes of its resource, and how the write is guarded."""
    head = f"will be {step.action}d"
    if any(change.before and change.path == _identity(step) for change in step.changes):
        head = "will be renamed" + (" and updated" if len(step.changes) > 1 else "")
    if step.intent.origins:
        head += f" from {', '.join(map(str, step.intent.origins))}"
    # A resource to be created has no version yet that a check could compare.
    head += AGAIN[step.check] if step.pin else ""
    return PageItem(
        sign=SIGNS[step.action],
        address=str(step.address),
        state=step.action,
        head=f"{head}; {_reach(reach)}" if reach else head,
        fields=tuple(fields(step)),
        notes=tuple(notes(step)),
        must=step.action == DELETE,
        place=plan.places.get(str(step.address)),
    )


def fields(step: Step) -> Iterator[Field]:
    """The changes of a step that its address does not tell already."""
    for change in step.changes:
        if step.action != CREATE or change.path != _identity(step):
            yield field(change, "" if step.action == CREATE else MOVED.get(change.cause, ""))


def field(change: Change, note: str = "") -> Field:
    """One change; `note` says who moved."""
    return Field(
        name=dotted(change.path),
        before=change.before,
        after=change.after,
        new=change.before in (None, (), {}),
        body=change.path[0] in BODIES,
        note=note,
        markup=change.path == ("body",),
    )


def two_sides(path: Path, declared: Value, live: Value, where: str) -> Field:
    """A field that differs, as declared and as it is `where`; neither becomes the other."""
    differing = field(Change(path, declared, live))
    return differing._replace(sides=("In Git", f"In {where}"), new=False, apart=True)


def notes(step: Step) -> Iterator[str]:
    """What to know of a step beside its fields."""
    if step.action == CREATE and any(change.cause in MOVED for change in step.changes):
        yield "it was there when it was last applied, and is gone from the account"
    if step.usage:
        yield step.usage


def _reach(reach: Reach) -> str:
    """How many people a draft would reach if sent; both numbers may count a person twice."""
    after = "an unknown number of contacts"
    if reach.after is not None:
        after = f"{counted(reach.after, 'contact')} at most"
    before = "an unknown number" if reach.before is None else str(reach.before)
    return f"would reach {after}" if reach.new else f"would reach {after}, {before} now"


def _audience(plan: Plan) -> Section:
    """The drafts that stay as they are, and whose lists get other members."""
    steps = {step.address for step in plan.steps}
    items = [
        PageItem(
            sign="=",
            address=str(reach.address),
            state="audience",
            head=_reach(reach),
            level="note",
            place=plan.places.get(str(reach.address)),
        )
        for reach in plan.audience
        if reach.address not in steps
    ]
    return Section("Audience", tuple(items), in_text=BRIEF)


def _identity(step: Step) -> tuple[str, ...]:
    return (KINDS[step.address.kind].identity,)
