"""Times at which nothing is written: steps, policy, the time -> findings. Pure.

A window of `policy.freeze` holds for every step. The quiet time before a campaign is sent holds for
the steps that change what it uses: the campaign, its lists, and the contacts on these.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime

from bmeconf.kinds import KINDS, Audience, IdMap, Mailing, Member, Scheduled, only
from bmeconf.model import (
    CREATE,
    Address,
    Code,
    Finding,
    Resource,
    counted,
    first_of,
    shell_line,
    stamp,
)
from bmeconf.plan.audience import Lists
from bmeconf.plan.model import Step
from bmeconf.project import Policy

ALLOW = "--allow-freeze"
MOST_NAMED = 3
Memberships = Callable[[Step], Lists | None]
"""The lists that the live contact of a step is on, None where they are not shown."""


def windows(steps: Sequence[Step], policy: Policy, now: datetime) -> Iterator[Finding]:
    """An error for each window in which the steps would be written; steps begin `now`."""
    for window in policy.freeze if steps else ():
        if window.start <= now < window.end:
            message = f"{counted(len(steps), 'step')} would be written in the freeze from"
            message += f" {window.first} to {window.last}: {window.reason}"
            yield _finding(steps[0].address, "freeze_window", message, window.reason)


def quiet(
    steps: Sequence[Step],
    policy: Policy,
    now: datetime,
    upcoming: Sequence[Resource],
    id_map: IdMap,
    memberships: Memberships,
) -> Iterator[Finding]:
    """An error for each campaign that is sent soon, and of which the steps change something.

    `upcoming` are the live campaigns that may be.
    """
    kind, soon = only(Scheduled), policy.quiet_before_send
    if soon is None:
        return
    for campaign in upcoming:
        at = kind.due(campaign.raw, now, soon)
        if at is None:
            continue
        used = campaign.fields.get(only(Mailing).recipients)
        lists = None if used is None else {id_map.id(address) for address in used}
        changing = [s for s in steps if _changes(s, campaign, lists, id_map, memberships)]
        if not changing:
            continue
        named = first_of([str(step.address) for step in changing], MOST_NAMED)
        message = f"is to be sent at {stamp(at)}, and {counted(len(changing), 'step')} would change"
        message += f" what it uses that soon before: {named}"
        yield _finding(campaign.address, "quiet_time", message, str(campaign.address))


def _changes(
    step: Step,
    campaign: Resource,
    ids: Collection[str | None] | None,
    id_map: IdMap,
    memberships: Memberships,
) -> bool:
    """True if a step writes to a campaign, to a list of it, or to a contact on one of these.

    `ids` are those of its lists, None where they are not shown.
    """
    kind = KINDS[step.address.kind]
    pinned = step.pin.id if step.pin else None
    if isinstance(kind, Mailing):
        return pinned == campaign.id
    if isinstance(kind, Audience):
        # A new list is in nobody's use.
        return pinned is not None and (ids is None or pinned in ids)
    if not isinstance(kind, Member):
        return False
    lists = () if step.action == CREATE else memberships(step)
    moved = [
        side
        for change in step.changes
        if change.path == (kind.membership,)
        for side in (change.before, change.after)
    ]
    if lists is None or ids is None:
        return bool(lists is None or lists or any(moved))
    return any(id_map.id(each) in ids for side in (lists, *moved) for each in side or ())


def _finding(address: Address, code: Code, message: str, value: str) -> Finding:
    allow = (ALLOW, value)
    remedy = f"wait until it is over; if it cannot wait, apply with {shell_line(allow)}"
    return Finding("error", code, address, message, remedy, allow=allow)
