"""Drift -> Page. Pure.

Fields are shown as declared → live: what was agreed on, then what became of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from bmeconf.baseline.classify import CONFLICT, DRIFT, PENDING
from bmeconf.drift import MANUAL, Drift
from bmeconf.drift.items import FROZEN, IDENTITY, KNOWN, PRESENCE, PRESENT, DriftItem
from bmeconf.drift.known import UNREAD
from bmeconf.kinds.contacts.events import Touch
from bmeconf.model import DRIFT_FORMAT, FINISHED, Manual
from bmeconf.model.errors import counted
from bmeconf.render import tasks, values, words
from bmeconf.render.bodies import BODIES
from bmeconf.render.page import model as page
from bmeconf.render.page import plan as plan_page
from bmeconf.render.page.model import Field, Page, Section

MOVED = {
    DRIFT: "changed by hand in the account",
    CONFLICT: "changed here and in the account",
    PENDING: "declared otherwise and not applied yet",
}
TOO_LATE = "declared otherwise, and that cannot be applied any more"
DIFFERS = "not as declared"
TITLES = {
    DRIFT: "Drift (declared → live)",
    CONFLICT: "Conflicts (declared → live)",
    PENDING: "Not applied yet (declared → live)",
    FROZEN: "No drafts any more (declared → live)",
    KNOWN: "Known drift (declared → live)",
}
SUMS = {
    DRIFT: "drifted",
    CONFLICT: "changed on both sides",
    PENDING: "not applied yet",
    FROZEN: "frozen",
    KNOWN: "known",
}
UNLOCKED = "Without a lock file nothing tells who moved, and every difference counts as drift."
UNTOLD = (
    "Where the lock file remembers nothing of a resource, nothing tells who moved, and every"
    " difference counts as drift."
)
STOP = (
    "if it must not go out like this, take its schedule back in the web app; else declare what is"
    " live"
)
TOO_LATE_FOR = "nothing can be written to it any more: declare what is live"
ANSWER = ", or answer for it until a day in bmeconf.yaml (policy: known_drift)"
ADVICE = "What to do"
UNDO = "To undo what was done by hand, apply."
KEEP = (
    "To keep what was done by hand, change the manifest, or answer for it until a day in"
    " bmeconf.yaml (policy: known_drift)."
)


def of(drift: Drift, account: str, fail_on: Collection[str], next_command: str = "") -> Page:
    """A drift report as a page.

    `account` names it for people, `fail_on` is what makes the run fail, `next_command` is what
    to type to undo what was done by hand, where an apply can.
    """
    failing = drift.failing(fail_on)
    sections = (
        *(_section(sort, drift, failing) for sort in TITLES),
        Section("For people to do", tasks=_tasks(drift, fail_on)),
        Section("Findings", tuple(plan_page.finding_items(drift.findings))),
        _left_out(drift),
        plan_page.held_against(drift.made),
        _advice(drift, bool(next_command)),
    )
    return Page(
        document=DRIFT_FORMAT,
        title="Drift",
        account=account,
        verdict=verdict(drift),
        mood=_mood(drift, fail_on),
        counts=_counts(drift),
        sections=tuple(section for section in sections if section != Section(section.title)),
        price=f"Read with {counted(drift.requests, 'request')}.",
        next_command=next_command,
        made_at=drift.made.created_at,
    )


def verdict(drift: Drift) -> str:
    """One sentence that can be trusted alone."""
    unread = any(finding.code == UNREAD for finding in drift.findings)
    scope = "What was looked at" if drift.made.left_out or unread else "The account"
    return "; ".join((f"{scope} is {_state(drift)}", *_steps(drift))) + "."


def _state(drift: Drift) -> str:
    counts = drift.counts()
    sums = [f"{counts[sort]} {told}" for sort, told in SUMS.items() if counts[sort]]
    if len(drift.items) > counts[KNOWN]:
        return f"not as declared: {counted(len(drift.items), 'difference')} ({', '.join(sums)})"
    if drift.uncompared:
        return "as declared as far as it could be compared: see the findings"
    if drift.items:
        return f"as declared, but for {counted(counts[KNOWN], 'known difference')}"
    return "as declared"


def _steps(drift: Drift) -> Iterator[str]:
    """How many manual steps there are in each state but done."""
    states = [manual.state for manual in drift.manual]
    for state in (*tasks.BROKEN, "todo"):
        if state in states:
            yield f"{counted(states.count(state), 'manual step')} {state}"


def _mood(drift: Drift, fail_on: Collection[str]) -> str:
    if drift.exit_code(fail_on):
        return "bad"
    broken = any(manual.state in tasks.BROKEN for manual in drift.manual)
    return "warn" if broken or not drift.clean else "good"


def _counts(drift: Drift) -> tuple[tuple[str, int], ...]:
    open_ = sum(manual.state != tasks.DONE for manual in drift.manual)
    found = [(sort, number) for sort, number in drift.counts().items() if number]
    return (*found, ("in sync", drift.in_sync), *(((MANUAL, open_),) if open_ else ()))


# --- items


def _section(sort: str, drift: Drift, failing: Sequence[DriftItem]) -> Section:
    mine = [item for item in drift.items if item.sort == sort]
    blocks = [
        _block(list(items), drift, failing)
        for _, items in groupby(mine, key=lambda item: (item.address, item.known, item.cause))
    ]
    return Section(TITLES[sort], tuple(blocks))


def _block(items: Sequence[DriftItem], drift: Drift, failing: Sequence[DriftItem]) -> page.PageItem:
    """All of one class that differs of one resource."""
    first = items[0]
    fails = any(item in failing for item in items)
    touch = drift.touches.get(first.address)
    return page.PageItem(
        sign=_sign(first),
        address=str(first.address),
        state=first.sort,
        head=_head(items, drift.remembers),
        fields=tuple(_field(item) for item in items if item.path != PRESENCE),
        notes=(*_notes(first, touch), *filter(None, map(_members, items))),
        remedy=next(filter(None, map(_remedy, items)), ""),
        level="note" if first.sort in (KNOWN, PENDING) else "warning",
        fails=fails,
        must=fails,
        place=first.place,
    )


def _remedy(item: DriftItem) -> str:
    """What can be done about a campaign that is no draft, where that is urgent."""
    if item.sort != FROZEN or item.counts_as == FROZEN:
        return ""
    if item.frozen not in FINISHED:
        return STOP
    return TOO_LATE_FOR + (ANSWER if item.cause == DRIFT else "")


def _sign(item: DriftItem) -> str:
    if item.sort in (FROZEN, KNOWN):
        return "!" if item.sort == FROZEN else "="
    if item.path == PRESENCE:
        return "-" if item.desired == PRESENT else "+"
    return "~"


def _head(items: Sequence[DriftItem], told_apart: bool) -> str:
    first = items[0]
    if first.path == PRESENCE:
        told = _presence(first)
    else:
        told = f"{', '.join(map(_name, items))} {_who(first, told_apart)}"
    return f"is {first.frozen}, not a draft; {told}" if first.frozen else told


def _who(item: DriftItem, locked: bool) -> str:
    if item.untold or not locked:
        return DIFFERS
    return TOO_LATE if item.sort == FROZEN and item.cause == PENDING else MOVED[item.cause]


def _presence(item: DriftItem) -> str:
    if item.desired == PRESENT:
        return "is not created yet" if item.cause == PENDING else "is gone from the account"
    return "is declared absent, and is there" + (" still" if item.cause == PENDING else "")


def _name(item: DriftItem) -> str:
    return "id of the live object" if item.path == IDENTITY else item.field


def _field(item: DriftItem) -> Field:
    return Field(
        name=_name(item),
        before=item.desired,
        after=item.live,
        body=item.path[0] in BODIES,
        markup=item.path == ("body",),
    )


def _members(item: DriftItem) -> str:
    """What is missing from a set, and what is in it unexpectedly."""
    parts = [("missing", item.missing), ("unexpected", item.unexpected)]
    told = "; ".join(f"{word}: {_names(members)}" for word, members in parts if members)
    return f"{item.field} ({told})" if told else ""


def _names(members: Iterable[object]) -> str:
    return ", ".join(values.text(member) for member in members)


def _notes(item: DriftItem, touch: Touch | None) -> Iterator[str]:
    if item.known:
        until = item.known.expires.isoformat()
        owner = f" ({item.known.owner})" if item.known.owner else ""
        held = f"was known until {until} and that is over" if item.expired else f"until {until}"
        yield f"{held}: {item.known.reason}{owner}"
    if touch:
        yield _last(touch)


def _last(touch: Touch) -> str:
    """When the object was last changed, and by whom, as far as that was told."""
    who = " ".join(word for word in (touch.by, touch.user) if word)
    told = f"last changed at {_instant(touch.at)}"
    told += f" by {who}" if who else ""
    told += f" from {touch.source}" if touch.source else ""
    return told + (f" ({touch.event})" if touch.event else "")


def _instant(text: str) -> str:
    """The API's words for an instant, made readable where they are one."""
    try:
        return values.utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        return text


# --- the rest


def _tasks(drift: Drift, fail_on: Collection[str]) -> tuple[page.Task, ...]:
    """The manual steps, those that are done at the end."""
    ordered = sorted(drift.manual, key=lambda manual: manual.state == tasks.DONE)
    told = zip(plan_page.task_list(drift.made), ordered, strict=True)
    return tuple(_task(task, manual, drift, fail_on) for task, manual in told)


def _task(task: page.Task, manual: Manual, drift: Drift, fail_on: Collection[str]) -> page.Task:
    return replace(task, fails=manual in drift.neglected(fail_on))


def _left_out(drift: Drift) -> Section:
    left = drift.made.left_out
    return Section("Left out", text=f"Left out: {words.tally(left)}." if left else "")


def _advice(drift: Drift, undoable: bool) -> Section:
    if not any(item.sort in (DRIFT, CONFLICT) for item in drift.items):
        return Section(ADVICE)
    unknown = UNTOLD if any(item.untold for item in drift.items) else ""
    told = (unknown if drift.remembers else UNLOCKED, UNDO if undoable else "", KEEP)
    return Section(ADVICE, text=" ".join(filter(None, told)))
