"""Drift -> Page. Pure.

Fields are shown as in Git → in the account: what was agreed on, then what became of it. Only what
is not applied yet reads as in a plan: what is in the account, then what it is to become.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from bmeconf.drift import FROZEN, KNOWN, MANUAL, PRESENT, Adoption, Drift, DriftItem
from bmeconf.model import BROKEN, DRIFT_FORMAT, FINISHED, IDENTITY, PRESENCE, Cause, Change, counted
from bmeconf.render import values
from bmeconf.render.model import TO_DO, Field, Page, PageItem, Section, filled
from bmeconf.render.page import plan as plan_page
from bmeconf.render.page.failure import finding_items

SIDES = ("In Git", "In the account")
MOVED = {**plan_page.MOVED, Cause.PENDING: "declared otherwise and not applied yet"}
TOO_LATE = "declared otherwise, and that cannot be applied any more"
DIFFERS = "not as declared"
SORTS = {
    Cause.DRIFT: ("Drift (in Git → in the account)", "drifted"),
    Cause.CONFLICT: ("Conflicts (in Git → in the account)", "changed on both sides"),
    Cause.PENDING: ("Not applied yet (in the account → in Git)", "not applied yet"),
    FROZEN: ("No drafts any more (in Git → in the account)", "frozen"),
    KNOWN: ("Known drift (in Git → in the account)", "known"),
}
"""The title of each class of items, and the words in which it is counted."""
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
ANSWER = ", or accept it until a given day (policy: known_drift in bmeconf.yaml)"
BY_HAND = "what was done by hand"
UNDO = "To undo {}, apply."
KEEP = "To keep {}, change the manifest{}" + ANSWER + "."
BY_ADOPTING = " (bmeconf drift --adopt does so where it can)"
ADOPTED = "What was adopted is declared now: look at the change of the files, and commit it."
PATCHED = "To keep what the patch has, `git apply` it."


class Takeover(NamedTuple):
    """What the manifests take over, or have taken over where it is `done`."""

    adoption: Adoption
    done: bool

    def rest(self, drift: Drift) -> Drift:
        """`drift` without what the manifests take over."""
        taken = {(item.address, item.path) for item in self.adoption.adopted}
        items = tuple(item for item in drift.items if (item.address, item.path) not in taken)
        return replace(drift, items=items)


def of_drift(
    drift: Drift,
    account: str,
    fail_on: Collection[str],
    next_command: str = "",
    takeover: Takeover | None = None,
) -> Page:
    """A drift report as a page.

    `account` names it for people, `fail_on` is what makes the run fail, `next_command` is what
    to type to undo what was done by hand and is not declared, where an apply can.
    """
    counts = drift.summary
    broken = any(manual.is_broken for manual in drift.plan.manual)
    tasks = tuple(
        task._replace(fails=task.fails and MANUAL in fail_on)
        for task in plan_page.task_list(drift.plan)
    )
    return Page(
        document=DRIFT_FORMAT,
        title="Drift",
        account=account,
        verdict=_verdict(drift, takeover),
        mood="bad" if drift.exit_code(fail_on) else "warn" if broken or not drift.clean else "good",
        counts=tuple(
            (SORTS[key][1] if key in SORTS else plan_page.word(key), number)
            for key, number in counts.items()
            if number or key == "in_sync"
        ),
        sections=filled(
            *(_section(sort, drift, fail_on) for sort in SORTS),
            Section(plan_page.MANUAL_STEPS, tasks=tasks),
            Section("Findings", finding_items(drift.findings, drift.plan.places)),
            plan_page.left_out(drift.left_out),
            plan_page.compared_with(drift.plan),
            *([_taken_over(takeover)] if takeover else []),
            Section("What to do", text=_advice(drift, bool(next_command), takeover)),
        ),
        price=f"{_rest(counts)}; read with {counted(drift.requests, 'request')}.",
        next_commands=(next_command,) if next_command else (),
        made_at=drift.plan.created_at,
    )


def _taken_over(takeover: Takeover) -> Section:
    adoption, done = takeover
    text = "Nothing was changed by hand alone."
    if adoption.left:
        text = "Nothing: what was changed by hand is left to you."
    if adoption.adopted:
        fields, files = (
            counted(len(adoption.adopted), "field"),
            counted(len(adoption.texts), "file"),
        )
        text = f"{fields} in {files}" + ("." if done else ": `git apply` the patch.")
    items = tuple(
        PageItem(
            sign="!",
            address=str(item.address),
            state="left",
            head=f"{_name(item)}: {reason}",
            level="note",
            place=item.place,
        )
        for item, reason in adoption.left
    )
    return Section("Adopted" if done else "To adopt", items, text=text)


def _verdict(drift: Drift, takeover: Takeover | None) -> str:
    scope = "What was looked at" if drift.left_out else "The account"
    states = Counter(manual.state for manual in drift.plan.manual)
    steps = [
        f"{counted(states[state], 'manual step')} {TO_DO.get(state, state)}"
        for state in (*BROKEN, "todo")
        if states[state]
    ]
    adopted = len(takeover.adoption.adopted) if takeover and takeover.done else 0
    state = f"was {_state(drift)}, {adopted} adopted" if adopted else f"is {_state(drift)}"
    return "; ".join((f"{scope} {state}", *steps)) + "."


def _rest(counts: Mapping[str, int]) -> str:
    """The resources without a difference."""
    blocked = f", {counts['blocked']} blocked" if counts["blocked"] else ""
    return f"{counts['in_sync']} in sync{blocked}"


def _state(drift: Drift) -> str:
    counts = drift.summary
    sums = [f"{counts[sort]} {words}" for sort, (_, words) in SORTS.items() if counts[sort]]
    if len(drift.items) > counts[KNOWN]:
        items, resources = len(drift.items), len({item.address for item in drift.items})
        within = f" in {counted(resources, 'resource')}" if resources < items else ""
        differences = counted(items, "difference")
        return f"not as declared: {differences}{within} ({', '.join(sums)})"
    if drift.uncompared:
        blocked = f", and {counts['blocked']} blocked" if counts["blocked"] else ""
        return f"as declared as far as it could be compared{blocked}: see the findings"
    if drift.items:
        return f"as declared, but for {counted(counts[KNOWN], 'known difference')}"
    if not drift.clean:
        return "as declared: see the findings"
    return "as declared"


def _advice(drift: Drift, undoable: bool, takeover: Takeover | None) -> str:
    if not drift.by_hand:
        return ""
    done = takeover is not None and takeover.done
    taken = takeover is not None and bool(takeover.adoption.adopted)
    rest = "the rest" if taken else BY_HAND
    unknown = UNTOLD if any(item.untold for item in drift.items) else ""
    sentences = (
        unknown if drift.remembers else UNLOCKED,
        (ADOPTED if done else PATCHED) if taken else "",
        UNDO.format(rest if done else BY_HAND) if undoable else "",
        KEEP.format(rest, "" if takeover else BY_ADOPTING)
        if (takeover.rest(drift) if takeover else drift).by_hand
        else "",
    )
    return " ".join(filter(None, sentences))


# --- items


def _section(sort: str, drift: Drift, fail_on: Collection[str]) -> Section:
    """All items of one class, those of one resource and cause together."""
    mine = [item for item in drift.items if item.sort == sort]
    alike = groupby(mine, key=lambda item: (item.address, item.known, item.cause))
    items = tuple(_item([*items], drift, fail_on) for _, items in alike)
    return Section(SORTS[sort][0], items)


def _item(items: Sequence[DriftItem], drift: Drift, fail_on: Collection[str]) -> PageItem:
    first = items[0]
    fails = any(item.counts_as in fail_on for item in items)
    return PageItem(
        sign=_sign(first),
        address=str(first.address),
        state=first.sort,
        head=_head(items, drift.remembers),
        fields=tuple(map(_field, (item for item in items if item.path != PRESENCE))),
        notes=tuple(_term(first)),
        history=tuple(_history(first, drift)),
        remedy=next(filter(None, map(_remedy, items)), ""),
        level="note" if first.sort in (KNOWN, Cause.PENDING) else "warning",
        fails=fails,
        must=fails,
        place=first.place,
    )


def _field(item: DriftItem) -> Field:
    """Both sides of an item, in the order that its section names."""
    if item.sort == Cause.PENDING:
        field = plan_page.field(Change(item.path, item.live, item.desired))
        return field._replace(name=_name(item), sides=SIDES[::-1])
    field = plan_page.field(Change(item.path, item.desired, item.live))
    return field._replace(name=_name(item), sides=SIDES, new=False)


def _remedy(item: DriftItem) -> str:
    """What can be done about a campaign that is no draft, if that is urgent."""
    if item.sort != FROZEN or item.counts_as == FROZEN:
        return ""
    if item.frozen not in FINISHED:
        return STOP
    return TOO_LATE_FOR + (ANSWER if item.cause == Cause.DRIFT else "")


def _sign(item: DriftItem) -> str:
    if item.sort in (FROZEN, KNOWN):
        return "!" if item.sort == FROZEN else "="
    if item.path == PRESENCE:
        # Of what is not applied yet as in a plan, else as what became of it.
        return "+" if (item.desired == PRESENT) is (item.sort == Cause.PENDING) else "-"
    return "~"


def _head(items: Sequence[DriftItem], remembers: bool) -> str:
    first = items[0]
    if first.path != PRESENCE:
        cause = MOVED[first.cause]
        if first.untold or not remembers:
            cause = DIFFERS
        elif first.sort == FROZEN and first.cause == Cause.PENDING:
            cause = TOO_LATE
        head = f"{', '.join(map(_name, items))} {cause}"
    elif first.desired == PRESENT:
        head = "is gone from the account"
        if first.untold or not remembers:
            head = "is not in the account"
        if first.cause == Cause.PENDING:
            head = "is not created yet"
    else:
        still = " still" if first.cause == Cause.PENDING else ""
        head = f"is declared absent, and is there{still}"
    return f"is {first.frozen}, not a draft; {head}" if first.frozen else head


def _name(item: DriftItem) -> str:
    return "id of the live object" if item.path == IDENTITY else item.field


def _term(item: DriftItem) -> Iterator[str]:
    """Who answers for a difference, and until when."""
    if item.known:
        until = item.known.expires.isoformat()
        owner = f" ({item.known.owner})" if item.known.owner else ""
        term = f"was known until {until} and that is over" if item.expired else f"until {until}"
        yield f"{term}: {item.known.reason}{owner}"


def _history(item: DriftItem, drift: Drift) -> Iterator[str]:
    """Who changed both sides last, as far as known."""
    touch, written = drift.touches.get(item.address), item.place and drift.written.get(item.place)
    if touch:
        who = " ".join(word for word in (touch.by, touch.user) if word)
        parts = (
            f"last changed at {values.parsed(touch.at, values.utc)}",
            f"by {who}" if who else "",
            f"from {touch.source}" if touch.source else "",
            f"({touch.event})" if touch.event else "",
        )
        yield " ".join(filter(None, parts))
    if written:
        author = f" by {written.author}" if written.author else ""
        yield f"declared{author} at {values.utc(written.at)} (commit {written.commit[:12]})"
