"""How far a person is with scheduling a campaign, judged by what the account shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from bmeconf.model import CampaignStatus, Resource, Schedule, stamp

TOLERANCE = timedelta(minutes=5)
"""How far the live time may be off, either way, and still be the one that was asked for.

People enter whole minutes and services round to steps of a few; half an hour is another time.
"""
PATIENCE = timedelta(hours=1)
"""How long after its time a campaign may still be shown as scheduled: a service has queues."""
UNDER_WAY = (CampaignStatus.SENDING, CampaignStatus.SENT)
EXPECTED = (CampaignStatus.SCHEDULED, *UNDER_WAY)
"""Statuses that prove the manual step, given the right time."""


@dataclass(frozen=True)
class ScheduleEvidence:
    """What is known of the live object that a manual step is about.

    `doubt` is the code of the finding that says why it is not sure which one is meant; `live` is
    then the one that the lock file knows, where there is one. `scheduled` is an instant once seen.
    `replaced`: what the lock file knows is another object than `live`, or there is none any more;
    `former` is the name under which that other one is still there.
    """

    live: Resource | None = None
    scheduled: str = ""
    doubt: str = ""
    replaced: bool = False
    former: str = ""


def state(schedule: Schedule, sight: ScheduleEvidence, now: datetime) -> str:
    """The state of the manual step.

    Only a draft, or what is not there and never was, is open: to be told to schedule what is
    scheduled or sent already is how one mailing becomes two.
    """
    facts: Mapping[str, Any] = sight.live.facts if sight.live else {}
    status = facts.get("status") if sight.live else CampaignStatus.DRAFT
    if (sight.live is None and sight.doubt) or status not in (CampaignStatus.DRAFT, *EXPECTED):
        return "wrong"
    if status == CampaignStatus.DRAFT:
        return _open(schedule, sight, now)
    if not on_time(facts.get("scheduled_at"), schedule.at):
        return "wrong"
    # Differences of instants, as the first and the last one there are have none beside them.
    if status in UNDER_WAY:
        return "wrong" if schedule.at - now > TOLERANCE else "done"
    return "overdue" if now - schedule.at > PATIENCE else "done"


def on_time(live: str | None, at: datetime) -> bool:
    """Whether a live instant, as the API shows it, is the one that was asked for."""
    try:
        seen = datetime.fromisoformat(live or "")
    except ValueError:
        return False
    if seen.tzinfo is None:
        seen = seen.replace(tzinfo=UTC)
    return abs(seen - at) <= TOLERANCE


def _open(schedule: Schedule, sight: ScheduleEvidence, now: datetime) -> str:
    was_done = sight.scheduled == stamp(schedule.at)
    # One that is gone may have been sent before, so that its time is no reason to send another.
    if was_done and sight.replaced:
        return "undone"
    if schedule.at < now:
        return "overdue"
    return "undone" if was_done else "todo"
