"""Drift -> Page. Pure.

Fields are shown as declared → live: what was agreed on, then what became of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from bmeconf.drift import (
    FROZEN,
    IDENTITY,
    KNOWN,
    MANUAL,
    PRESENCE,
    PRESENT,
    Drift,
    Item,
)
from bmeconf.errors import counted
from bmeconf.kinds.events import Touch
from bmeconf.model import DRIFT_FORMAT, Manual
from bmeconf.report import page, plan_page, tasks, values, words  # x
from bmeconf.report.bodies import BODIES
from bmeconf.report.page import Field, Page, Section
from bmeconf.truth import CONFLICT, DRIFT, PENDING

MOVED = {
    DRIFT: "changed by hand in the account",
    CONFLICT: "changed here and in the account",
    PENDING: "changed here and not applied yet",
}
UNLOCKED = "not as declared; without a lock file nothing tells who moved"
TITLES = {
    DRIFT: "Drift",
    CONFLICT: "Conflicts",
    PENDING: "Not applied yet",
    FROZEN: "No drafts any more",
    KNOWN: "Known drift",
}
SUMS = {
    DRIFT: "drifted",
    CONFLICT: "changed on both sides",
    PENDING: "not applied yet",
    FROZEN: "frozen",
    KNOWN: "known",
}
SIDES = "Fields are shown as declared → live."
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
    scope = "What was looked at" if drift.made.left_out else "The account"
    states = [manual.state for manual in drift.manual]
    broken = [s for s in tasks.BROKEN if s in states]
    steps = [f"{counted(states.count(s), 'manual step')} {s}" for s in broken]
    counts = drift.counts()
    sums = [f"{counts[sort]} {told}" for sort, told in SUMS.items() if counts[sort]]
    if sums:
        told = f"{scope} is not as declared: {_fields(drift)}, {', '.join(sums)}"
    elif drift.clean:
        told = f"{scope} is as declared"
    else:
        told = f"{scope} is as declared as far as it could be compared: see the findings"
    return "; ".join((told, *steps)) + "."


def _fields(drift: Drift) -> str:
    return f"{counted(len(drift.items), 'difference')}"


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


def _section(sort: str, drift: Drift, failing: Sequence[Item]) -> Section:
    mine = [item for item in drift.items if item.sort == sort]
    blocks = [
        _block(list(items), drift, failing)
        for _, items in groupby(mine, key=lambda item: (item.address, item.known, item.truth))
    ]
    return Section(TITLES[sort], tuple(blocks), text=SIDES if blocks else "")


def _block(items: Sequence[Item], drift: Drift, failing: Sequence[Item]) -> page.Item:
    """All of one class that differs of one resource."""
    first = items[0]
    fails = any(item in failing for item in items)
    touch = drift.touches.get(first.address)
    return page.Item(
        sign=_sign(first),
        address=str(first.address),
        state=first.sort,
        head=_head(first, drift.locked),
        fields=tuple(_field(item) for item in items if item.path != PRESENCE),
        notes=tuple(_notes(first, touch)),
        level="error" if fails else "note" if first.sort in (KNOWN, PENDING) else "warning",
        fails=fails,
        must=fails,
        place=first.place,
    )


def _sign(item: Item) -> str:
    if item.sort in (FROZEN, KNOWN):
        return "!" if item.sort == FROZEN else "="
    if item.path == PRESENCE:
        return "-" if item.desired == PRESENT else "+"
    return "~"


def _head(item: Item, locked: bool) -> str:
    who = MOVED[item.truth] if locked else UNLOCKED
    if item.path == PRESENCE:
        who = _presence(item, locked)
    if item.frozen:
        who = f"is {item.frozen}, not a draft, and {who}"
    return who


def _presence(item: Item, locked: bool) -> str:
    if item.desired == PRESENT:
        return "is not created yet" if item.truth == PENDING else "is gone from the account"
    return "is declared absent, and is there" + (" still" if item.truth == PENDING else "")


def _field(item: Item) -> Field:
    return Field(
        name="id of the live object" if item.path == IDENTITY else item.field,
        before=item.desired,
        after=item.live,
        new=False,
        body=item.path[0] in BODIES,
        told=_members(item),
        markup=item.path == ("body",),
    )


def _members(item: Item) -> str:
    """What came to a set by hand, and what went."""
    parts = [("missing", item.missing), ("unexpected", item.unexpected)]
    return "; ".join(f"{word}: {_names(members)}" for word, members in parts if members)


def _names(members: Iterable[object]) -> str:
    return ", ".join(values.text(member) for member in members)


def _notes(item: Item, touch: Touch | None) -> Iterator[str]:
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
    told = f"last changed at {touch.at}"
    told += f" by {who}" if who else ""
    told += f" from {touch.source}" if touch.source else ""
    return told + (f" ({touch.event})" if touch.event else "")


# --- the rest


def _tasks(drift: Drift, fail_on: Collection[str]) -> tuple[page.Task, ...]:
    """The manual steps, those that are done at the end."""
    ordered = sorted(drift.manual, key=lambda manual: manual.state == tasks.DONE)
    return tuple(_task(manual, drift, fail_on) for manual in ordered)


def _task(manual: Manual, drift: Drift, fail_on: Collection[str]) -> page.Task:
    task = tasks.of_manual(manual, drift.made.created_at)
    return page.Task(**{**vars(task), "fails": manual in drift.neglected(fail_on)})


def _left_out(drift: Drift) -> Section:
    left = drift.made.left_out
    return Section("Left out", text=f"Left out: {words.tally(left)}." if left else "")


def _advice(drift: Drift, undoable: bool) -> Section:
    by_hand = any(item.sort in (DRIFT, CONFLICT) for item in drift.items)
    undo = "To undo what was done by hand, apply." if undoable else ""
    return Section("What to do", text=f"{undo} {KEEP}".strip() if by_hand else "")
