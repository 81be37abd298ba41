"""Manual steps as tasks for a person: what to enter, where, by whom, by when. Pure.

How the web app looks is not part of the API contract, so the clicks name what is sure (the page
of the campaigns, the campaign, its schedule) and leave the rest to the eyes of the reader.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bmeconf.model import CampaignStatus, Manual
from bmeconf.model.errors import counted
from bmeconf.render import schedules, values
from bmeconf.render.page.model import Task

DONE, BROKEN = "done", ("overdue", "undone", "wrong")
DRAFTS = (None, CampaignStatus.DRAFT)
ENTER = "Enter the date and the time; mind the zone that the page shows."
CLEAR = (
    "Look at the finding on it, and make clear which campaign is meant.",
    "Leave all of them as they are until then.",
)
TOO_LATE = "Its time is over: find out whether it was sent before another one goes out."
AHEAD = "The words on the buttons may differ in your version of the web app."


def of_manual(manual: Manual, now: datetime | None = None, lists: Sequence[str] = ()) -> Task:
    """The task that a manual step is.

    `now` adds how far off it is, `lists` the names of the recipients' lists, where known. The
    instants are aware.
    """
    where = () if manual.state == DONE else _where(manual, lists, now)
    return Task(
        address=str(manual.address),
        state=manual.state,
        what=schedules.told(manual) + (f", {_distance(manual.due, now)}" if now else ""),
        due=manual.due,
        owner=manual.owner or "",
        note=manual.note or "",
        where=where,
        seen=_seen(manual),
        fails=manual.state in BROKEN,
        enter=_enter(manual, lists) if manual.state == DONE or ENTER in where else (),
    )


def observed(manual: Manual) -> str:
    """What the account shows: `is scheduled for 2030-12-02T08:00:00Z`."""
    unknown = "of no known status" if "id" in manual.observed else "not there"
    at = manual.observed.get("scheduled_at")
    return f"is {manual.observed.get('status', unknown)}" + (f" for {at}" if at else "")


def _enter(manual: Manual, lists: Sequence[str]) -> tuple[tuple[str, str], ...]:
    day, time, zone = values.zoned(manual.due).split(" ")
    to = (("Recipients", ", ".join(lists)),) if lists else ()
    return (
        ("Campaign", manual.address.name),
        ("Date", day),
        ("Time", f"{time} {zone}"),
        ("The same in UTC", values.utc(manual.due)),
        *to,
    )


def _where(manual: Manual, lists: Sequence[str], now: datetime | None) -> tuple[str, ...]:
    status = manual.observed.get("status")
    if schedules.lost(manual):
        return CLEAR
    if schedules.gone(manual) and now and manual.due < now:
        return ("In the web app, open Campaigns.", *_first(manual), TOO_LATE)
    opened = ("In the web app, open Campaigns.", *_first(manual), _open(manual))
    if schedules.unsent(manual):
        return (*opened, "Find out why it was not sent, and decide whether it still is to be.")
    if status not in (*DRAFTS, CampaignStatus.SCHEDULED) or (
        "id" in manual.observed and not status
    ):
        told = f"is {status}" if status else "is of no known status"
        return (*opened, f"It {told}, so that its time may be fixed: decide what is to be.")
    look = "See that its recipients are "
    look += f"{counted(len(lists), 'list')}: {', '.join(lists)}." if lists else "the right lists."
    change = (
        "Take its schedule back, or edit it."
        if status == CampaignStatus.SCHEDULED
        else "Choose Schedule..."
    )
    return (*opened, look, change, ENTER, "Confirm.", AHEAD)


def _first(manual: Manual) -> Iterator[str]:
    """What to look at before anything is scheduled, so that nothing goes out twice."""
    former = manual.observed.get("former")
    if former:
        yield f'See first whether "{former}" was sent or still goes out: once is enough.'
    if "doubt" in manual.observed:
        yield "First see that no other campaign was scheduled or sent in its place."


def _open(manual: Manual) -> str:
    name, id = manual.observed.get("name", manual.address.name), manual.observed.get("id")
    return f'Open the campaign "{name}"' + (f" with the id {id}." if id else ".")


def _seen(manual: Manual) -> str:
    if schedules.lost(manual):
        return ""
    if "status" in manual.observed or "id" in manual.observed:
        return observed(manual)
    return f"is not in the account {'any more' if schedules.gone(manual) else 'yet'}"


def _distance(due: datetime, now: datetime) -> str:
    apart = abs(due - now)
    days, hours = apart.days, apart.seconds // 3600
    if apart < timedelta(hours=1):
        told = counted(apart.seconds // 60, "minute")
    else:
        told = counted(days, "day") if days else counted(hours, "hour")
    return f"in {told}" if due > now else f"{told} ago"
