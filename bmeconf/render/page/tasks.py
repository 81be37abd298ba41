"""Manual steps as tasks for a person: what to enter, where, by whom, by when. Pure.

How the web app looks is not part of the API contract. The clicks name what is sure (the page
of the campaigns, the campaign, its schedule) and leave the rest to the reader's eyes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bmeconf.model import CampaignStatus, Manual, counted
from bmeconf.render import values
from bmeconf.render.model import DONE, Task
from bmeconf.render.page import schedules

BROKEN = ("overdue", "undone", "wrong")
"""States in which somebody has to look after a manual step now."""
DRAFTS = (None, CampaignStatus.DRAFT)
OPEN_PAGE = "In the web app, open Campaigns."
ENTER = "Enter the date and the time; mind the zone that the page shows."
CLEAR = (
    "Look at the finding on it, and make clear which campaign is meant.",
    "Leave all of them as they are until then.",
)
TOO_LATE = "Its time is over: find out whether it was sent before another one goes out."
AHEAD = "The words on the buttons may differ in your version of the web app."


def task_of(manual: Manual, now: datetime | None = None, lists: Sequence[str] = ()) -> Task:
    """The task that a manual step is.

    `now` adds how far off it is, `lists` the names of the recipients' lists, if known. The
    instants are aware.
    """
    where = () if manual.state == DONE else _where(manual, lists, now)
    return Task(
        address=str(manual.address),
        state=manual.state,
        what=schedules.sentence(manual),
        due=manual.due,
        distance=_distance(manual, now) if now else "",
        owner=manual.owner or "",
        note=manual.note or "",
        where=where,
        live=_live(manual),
        fails=manual.state in BROKEN,
        enter=_enter(manual, lists) if manual.state == DONE or ENTER in where else (),
    )


def _enter(manual: Manual, lists: Sequence[str]) -> tuple[tuple[str, str], ...]:
    day, time, zone = values.zoned(manual.due).split(" ")
    recipients = (("Recipients", ", ".join(lists)),) if lists else ()
    return (
        ("Campaign", manual.address.name),
        ("Date", day),
        ("Time", f"{time} {zone}"),
        ("The same in UTC", values.utc(manual.due)),
        *recipients,
    )


def _where(manual: Manual, lists: Sequence[str], now: datetime | None) -> tuple[str, ...]:
    status = manual.observed.get("status")
    if schedules.unidentified(manual):
        return CLEAR
    if schedules.replaced(manual) and now and manual.due < now:
        return (OPEN_PAGE, *_look_first(manual), TOO_LATE)
    name, id = manual.observed.get("name", manual.address.name), manual.observed.get("id")
    which = f" with the id {id}" if id else ""
    opened = (OPEN_PAGE, *_look_first(manual), f'Open the campaign "{name}"{which}.')
    if schedules.unsent(manual):
        return (*opened, "Find out why it was not sent, and decide whether it still should be.")
    if status not in (*DRAFTS, CampaignStatus.SCHEDULED) or (
        "id" in manual.observed and not status
    ):
        state = f"is {status}" if status else "is of no known status"
        return (*opened, f"It {state}, so that its time may be fixed: decide what should happen.")
    look = "See that its recipients are "
    look += f"{counted(len(lists), 'list')}: {', '.join(lists)}." if lists else "the right lists."
    scheduled = status == CampaignStatus.SCHEDULED
    change = "Take its schedule back, or edit it." if scheduled else "Choose Schedule..."
    return (*opened, look, change, ENTER, "Confirm.", AHEAD)


def _look_first(manual: Manual) -> Iterator[str]:
    """What to look at before anything is scheduled, so that nothing goes out twice."""
    former = manual.observed.get("former")
    if former:
        yield f'See first whether "{former}" was sent or still goes out: once is enough.'
    if "doubt" in manual.observed:
        yield "First see that no other campaign was scheduled or sent in its place."


def _live(manual: Manual) -> str:
    """What the account shows: `is scheduled for 2030-12-02T08:00:00Z`; empty if unknown."""
    observed = manual.observed
    if schedules.unidentified(manual):
        return ""
    if "status" not in observed and "id" not in observed:
        return f"is not in the account {'any more' if schedules.replaced(manual) else 'yet'}"
    at = observed.get("scheduled_at")
    return f"is {observed.get('status', 'of no known status')}" + (f" for {at}" if at else "")


def _distance(manual: Manual, now: datetime) -> str:
    apart = abs(manual.due - now)
    days, hours = apart.days, apart.seconds // 3600
    if apart < timedelta(hours=1):
        length = counted(apart.seconds // 60, "minute")
    else:
        length = counted(days, "day") if days else counted(hours, "hour")
    if manual.state == "overdue":
        return f"overdue by {length}"
    return f"in {length}" if manual.due > now else f"{length} ago"
