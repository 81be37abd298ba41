"""Manual steps as tasks for a person: what to enter, where, by whom, by when. Pure.

How the web app looks is not part of the API contract. The clicks name what is sure (the page
of the campaigns, the campaign, its schedule) and leave the rest to the reader's eyes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from bmeconf.kinds import Mailing, is_near, only, replies
from bmeconf.model import Address, CampaignStatus, Manual, counted, zone_name
from bmeconf.plan import Plan
from bmeconf.render import values
from bmeconf.render.model import DONE, Task

STOPPED: Mapping[str, str] = {
    CampaignStatus.PAUSED: "is paused, and goes to nobody until somebody resumes it",
    CampaignStatus.CANCELLED: "was cancelled, and goes to nobody",
    CampaignStatus.FAILED: "has failed: the web app shows the reason",
}
SENT: Mapping[str, str] = {
    CampaignStatus.SENDING: "is being sent",
    CampaignStatus.SENT: "was sent",
}
WENT_WRONG = {
    "wrong": ("was done wrong", "were done wrong"),
    "undone": ("was undone", "were undone"),
    "overdue": ("is overdue", "are overdue"),
}
"""What is said of one manual step, and of several, that somebody has to look after now."""
OPEN_PAGE = "In the web app, open Campaigns."
ENTER = "Enter the date and the time; mind the zone that the page shows."
CLEAR = (
    "Look at the finding on it, and make clear which campaign is meant.",
    "Leave all of them as they are until then.",
)
TOO_LATE = "Its time is over: find out whether it was sent before another one goes out."
NO_TIME = (
    "Its time is over: agree on a new one, and declare that (schedule: at) before you schedule it.",
    "If it is not to go out any more, take its schedule out of the manifest.",
)
SENT_ALREADY = (
    "It cannot be called back: decide what should happen, as whether to write to its recipients.",
    "In the manifest, declare when it went out, or take its schedule out.",
)
SEE_NAMED = "See that it goes to the lists named as its recipients, and to no others."
SEE_WHO = "See that its recipients are the right lists."
APPLY_FIRST = "Wait until the plan is applied: that makes the campaign."
SCHEDULE = "Choose Schedule... (the words on the buttons may differ in your version)."


def task_list(plan: Plan, created: Collection[Address] = ()) -> tuple[Task, ...]:
    """The manual steps of a plan: what is wrong first, what is done last, else by their time.

    `created` are the drafts that were made since, by an apply of the plan.
    """
    ordered = sorted(
        plan.manual, key=lambda each: (each.state == DONE, not each.is_broken, each.due)
    )
    return tuple(
        task_of(
            new_draft(manual) if manual.address in created else manual,
            plan.created_at,
            _recipients(manual),
        )._replace(place=plan.places.get(str(manual.address)))
        for manual in ordered
    )


def _recipients(manual: Manual) -> Sequence[str]:
    """The names of the lists that a campaign is to go to, empty where the plan does not tell."""
    lists = manual.expect.get(only(Mailing).recipients)
    # A plan file may hold anything here.
    return [str(each).partition("/")[2] for each in lists] if isinstance(lists, list) else ()


def task_of(manual: Manual, now: datetime, lists: Sequence[str] = ()) -> Task:
    """The task that a manual step is.

    `now` is aware, `lists` are the names of the recipients' lists, if known.
    """
    where = () if manual.state == DONE else _where(manual, lists, now)
    return Task(
        address=str(manual.address),
        state=manual.state,
        what=_sentence(manual),
        distance=_distance(manual, now),
        owner=manual.owner or "",
        note=manual.note or "",
        where=where,
        live=_live(manual),
        fails=manual.is_broken,
        due=manual.due,
        enter=_enter(manual) if manual.state == DONE or ENTER in where else (),
        facts=() if manual.state == DONE else tuple(_facts(manual, lists, ENTER in where)),
    )


def went_wrong(steps: Iterable[Manual]) -> str:
    """How many manual steps somebody has to look after now; empty if there is none."""
    states = Counter(manual.state for manual in steps)
    return ", ".join(
        f"{counted(states[state], 'manual step')} {(one if states[state] == 1 else several)}"
        for state, (one, several) in WENT_WRONG.items()
        if states[state]
    )


def new_draft(manual: Manual) -> Manual:
    """A manual step once its campaign is made."""
    return manual._replace(observed={**manual.observed, "status": CampaignStatus.DRAFT})


# --- what is known of the campaign


def _unsent(manual: Manual) -> bool:
    """True if its time is over and the campaign still waits to be sent."""
    return manual.state == "overdue" and manual.observed.get("status") == CampaignStatus.SCHEDULED


def _unidentified(manual: Manual) -> bool:
    """True if nothing tells which live campaign is meant."""
    return "doubt" in manual.observed and "id" not in manual.observed


def _replaced(manual: Manual) -> bool:
    """True if the campaign that was scheduled is gone, or another one has its name now."""
    named_anew = "replaced" in manual.observed
    return manual.state == "undone" and (named_anew or "status" not in manual.observed)


def _is_missing(manual: Manual) -> bool:
    """True if the account has no such campaign."""
    return "status" not in manual.observed and "id" not in manual.observed


def _live(manual: Manual) -> str:
    """What the account shows: `scheduled for 2030-12-02 08:00 (UTC)`; empty if unknown."""
    observed = manual.observed
    if _unidentified(manual):
        return ""
    if _is_missing(manual):
        return f"no such campaign {'any more' if _replaced(manual) else 'yet'}"
    # A plan file may hold anything here.
    status, at = (str(observed.get(key) or "") for key in ("status", "scheduled_at"))
    state = "a draft" if status == CampaignStatus.DRAFT else status or "no known status"
    return state + (f" for {_live_time(at, manual)}" if at else "")


# --- what is to be done


def _enter(manual: Manual) -> tuple[tuple[str, str], ...]:
    day, time, zone = values.zoned(manual.due).split(" ", 2)
    return ("Campaign", manual.address.name), ("Date", day), ("Time", f"{time} {zone}")


def _facts(manual: Manual, lists: Sequence[str], timed: bool) -> Iterator[tuple[str, str]]:
    """Who is to get the mail; of a step that is `timed`, its time in UTC if that is another."""
    if lists:
        yield "recipients", ", ".join(lists)
    if timed and manual.due.utcoffset() and not zone_name(manual.due):
        yield "the same in UTC", values.utc(manual.due)


def _where(manual: Manual, lists: Sequence[str], now: datetime) -> tuple[str, ...]:
    status = manual.observed.get("status")
    if _unidentified(manual):
        return CLEAR
    if _replaced(manual) and manual.due < now:
        return (OPEN_PAGE, *_look_first(manual), TOO_LATE)
    name, id = manual.observed.get("name", manual.address.name), manual.observed.get("id")
    which = f" with the id {id}" if id else ""
    first = (APPLY_FIRST,) if _is_missing(manual) and not _replaced(manual) else ()
    called = f' "{name}"{which}' if id or name != manual.address.name else ""
    opened = (*first, OPEN_PAGE, *_look_first(manual), f"Open the campaign{called}.")
    if _unsent(manual):
        return (*opened, "Find out why it was not sent, and decide whether it still should be.")
    plannable = (None, CampaignStatus.DRAFT, CampaignStatus.SCHEDULED)
    if status not in plannable or ("id" in manual.observed and not status):
        return (*opened, *(SENT_ALREADY if status in SENT else (_no_draft(status),)))
    if manual.due < now:
        return (*opened, *NO_TIME)
    look = SEE_NAMED if lists else SEE_WHO
    scheduled = status == CampaignStatus.SCHEDULED
    change = "Take its schedule back, or edit it." if scheduled else SCHEDULE
    return (*opened, look, change, ENTER, "Confirm.")


def _no_draft(status: object) -> str:
    state = f"is {status}" if status else "is of no known status"
    return f"It {state}, and may be closed to changes: decide what should happen to it."


def _look_first(manual: Manual) -> Iterator[str]:
    """What to look at before anything is scheduled, so that nothing goes out twice."""
    former = manual.observed.get("former")
    if former:
        yield f'See first whether "{former}" was sent or still goes out: once is enough.'
    if "doubt" in manual.observed:
        yield "First see that no other campaign was scheduled or sent in its place."


def _distance(manual: Manual, now: datetime) -> str:
    apart = abs(manual.due - now)
    numbers = {"day": apart.days, "hour": apart.seconds // 3600, "minute": apart.seconds // 60}
    unit = next((unit for unit, number in numbers.items() if number), "minute")
    length = counted(numbers[unit], unit)
    if manual.state == "overdue":
        return f"overdue by {length}"
    return f"in {length}" if manual.due > now else f"{length} ago"


# --- how far it is, in a sentence without the address; instants are in the manifest's zone


def _sentence(manual: Manual) -> str:
    due = values.zoned(manual.due)
    match manual.state:
        case "todo":
            return f"schedule it for {due}"
        case "done":
            return f"scheduled for {due}"
        case "overdue" if _unsent(manual):
            return f"should have gone out at {due}, but the account still shows it as scheduled"
        case "overdue":
            return f"should have been scheduled for {due}"
        case "undone":
            return _undone(manual, due)
        case "wrong":
            return _wrong(manual, due)
    return f"{manual.what} for {due}: {manual.state}"


def _undone(manual: Manual, due: str) -> str:
    if not _replaced(manual):
        return f"was scheduled, and is a draft again: schedule it for {due}"
    if "status" in manual.observed:
        return f"was scheduled for {due}, and another campaign has its name now"
    former = manual.observed.get("former")
    now = f'is called "{former}" now' if former else "is not in the account any more"
    return f"was scheduled for {due}, and {now}"


def _wrong(manual: Manual, due: str) -> str:
    # A plan file may hold anything here.
    status, at = (str(manual.observed.get(key) or "") for key in ("status", "scheduled_at"))
    if _unidentified(manual):
        return f"it is unclear which live campaign is meant; it should be sent at {due}"
    if status in STOPPED:
        return f"{STOPPED[status]}; it should be sent at {due}"
    if status not in (CampaignStatus.SCHEDULED, *SENT):
        known = f"is {status}" if status else "is of no known status"
        return f"{known}, which proves nothing; it should be sent at {due}"
    if not at:
        return f"is {status}, and the API does not show for when; it should be for {due}"
    live = replies.instant_of(at)
    if status in SENT and live and is_near(live, manual.due):
        return f"{SENT[status]} before its time, {due}"
    if status in SENT:
        return f"{SENT[status]}, scheduled for {_live_time(at, manual)} instead of {due}"
    return f"is scheduled for {_live_time(at, manual)}, which is not {due}"


def _live_time(at: str, manual: Manual) -> str:
    """An instant of the API in the zone of the manifest."""
    return values.parsed(at, lambda live: values.zoned(live.astimezone(manual.due.tzinfo)))
