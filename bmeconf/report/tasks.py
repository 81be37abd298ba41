"""Manual steps as tasks for a person: what to enter, where, by whom, by when. Pure.

How the web app looks is not part of the API contract, so the clicks name what is sure (the page
of the campaigns, the campaign, its schedule) and leave the rest to the eyes of the reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from bmeconf.errors import counted
from bmeconf.model import Manual
from bmeconf.report import values
from bmeconf.report.page import Task

DONE, BROKEN = "done", ("overdue", "undone", "wrong")
DRAFTS = (None, "draft")
AHEAD = "The words on the buttons may differ in your version of the web app."


def of_manual(manual: Manual, now: datetime | None = None, lists: Sequence[str] = ()) -> Task:
    """The task that a manual step is.

    `now` adds how far off it is, `lists` the names of the recipients' lists, where known. The
    instants are aware.
    """
    return Task(
        address=str(manual.address),
        state=manual.state,
        what=_what(manual) + (f", {_distance(manual.due, now)}" if now else ""),
        due=manual.due,
        owner=manual.owner or "",
        note=manual.note or "",
        where=() if manual.state == DONE else _where(manual, lists),
        seen=_seen(manual),
        fails=manual.state in BROKEN,
        enter=_enter(manual, lists),
    )


def observed(manual: Manual) -> str:
    """What the account shows: `is scheduled for 2030-12-02T08:00:00Z`."""
    status = manual.observed.get("status", "not there")
    at = manual.observed.get("scheduled_at")
    return f"is {status}" + (f" for {at}" if at else "")


def _what(manual: Manual) -> str:
    when = f"{values.zoned(manual.due)}"
    said = {
        "todo": f"schedule it for {when}",
        "done": f"scheduled for {when}",
        "overdue": f"was to be scheduled for {when}, and is not",
        "undone": f"was scheduled, and is a draft again: schedule it for {when}",
        "wrong": f"{observed(manual)}; it should be scheduled for {when}",
    }
    return said.get(manual.state, f"{manual.what} for {when}: {manual.state}")


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


def _where(manual: Manual, lists: Sequence[str]) -> tuple[str, ...]:
    status, name = manual.observed.get("status"), manual.address.name
    opened = ("In the web app, open Campaigns.", f'Open the campaign "{name}".')
    if status not in (*DRAFTS, "scheduled"):
        return (*opened, f"It is {status}, so that its time may be fixed: decide what is to be.")
    look = "See that its recipients are "
    look += f"{counted(len(lists), 'list')}: {', '.join(lists)}." if lists else "the right lists."
    change = (
        "Take its schedule back, or edit it." if status == "scheduled" else "Choose Schedule..."
    )
    enter = "Enter the date and the time; mind the zone that the page shows."
    return (*opened, look, change, enter, "Confirm.", AHEAD)


def _seen(manual: Manual) -> str:
    return "is not in the account yet" if not manual.observed else observed(manual)


def _distance(due: datetime, now: datetime) -> str:
    apart = abs(due - now)
    days, hours = apart.days, apart.seconds // 3600
    if apart < timedelta(hours=1):
        told = counted(apart.seconds // 60, "minute")
    else:
        told = counted(days, "day") if days else counted(hours, "hour")
    return f"in {told}" if due > now else f"{told} ago"
