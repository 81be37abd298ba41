"""Drift -> Page. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import groupby
from typing import NamedTuple

from bmeconf.drift import FROZEN, KNOWN, MANUAL, Adoption, Drift
from bmeconf.model import DRIFT_FORMAT, Cause, counted
from bmeconf.render.model import Page, PageItem, Section, filled, in_words
from bmeconf.render.page import extent
from bmeconf.render.page import plan as plan_page
from bmeconf.render.page.drift_items import ANSWER, drift_item, field_name
from bmeconf.render.page.failure import finding_items
from bmeconf.render.page.tasks import task_list, went_wrong

SORTS = {
    FROZEN: ("No drafts any more", "frozen"),
    Cause.DRIFT: ("Drift", in_words(Cause.DRIFT)),
    Cause.CONFLICT: ("Conflicts", in_words(Cause.CONFLICT)),
    Cause.PENDING: ("Not applied yet", in_words(Cause.PENDING)),
    KNOWN: ("Known drift", "known"),
}
"""The title of each class of items, and the words in which it is counted."""
UNLOCKED = "Without a lock file nothing tells who moved, and every difference counts as drift."
UNTOLD = (
    "Where the lock file remembers nothing of a resource, nothing tells who moved, and every"
    " difference counts as drift."
)
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
        task._replace(fails=task.fails and MANUAL in fail_on) for task in task_list(drift.plan)
    )
    steps = Section(plan_page.MANUAL_STEPS, tasks=tasks)
    return Page(
        document=DRIFT_FORMAT,
        title="Drift",
        account=account,
        verdict=_verdict(drift, takeover),
        mood="bad" if drift.exit_code(fail_on) else "warn" if broken or not drift.clean else "good",
        counts=tuple(
            (SORTS[key][1] if key in SORTS else extent.word(key), number)
            for key, number in counts.items()
            if number or key == "in_sync"
        ),
        sections=filled(
            *([steps] if broken else []),
            *(_section(sort, drift, fail_on) for sort in SORTS),
            *([] if broken else [steps]),
            Section("Findings", finding_items(drift.findings, drift.plan.places)),
            extent.left_out(drift.left_out),
            extent.compared_with(drift.plan),
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
            head=f"{field_name(item)}: {reason}",
            level="note",
            place=item.place,
        )
        for item, reason in adoption.left
    )
    return Section("Adopted" if done else "To adopt", items, text=text)


def _verdict(drift: Drift, takeover: Takeover | None) -> str:
    todo = sum(manual.state == "todo" for manual in drift.plan.manual)
    adopted = len(takeover.adoption.adopted) if takeover and takeover.done else 0
    state = f"was {_state(drift)}, {adopted} adopted" if adopted else f"is {_state(drift)}"
    wrong = went_wrong(drift.plan.manual)
    differs = any(item.sort != KNOWN for item in drift.items)
    scope = extent.looked_at(drift.plan, but="" if differs else wrong)
    parts = (
        wrong,
        f"{scope[:1].lower() if wrong else scope[:1]}{scope[1:]} {state}",
        f"{counted(todo, 'manual step')} to do" if todo else "",
    )
    return "; ".join(filter(None, parts)) + "."


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


def _section(sort: str, drift: Drift, fail_on: Collection[str]) -> Section:
    """All items of one class, those of one resource and cause together."""
    mine = [item for item in drift.items if item.sort == sort]
    alike = groupby(mine, key=lambda item: (item.address, item.known, item.cause))
    items = tuple(drift_item([*items], drift, fail_on) for _, items in alike)
    return Section(SORTS[sort][0], items)
