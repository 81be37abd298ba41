"""How far a person is with scheduling a campaign, judged by what the account shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bmeconf.kinds.capabilities import ScheduleEvidence
from bmeconf.model import CampaignStatus, Schedule, stamp

TOLERANCE = timedelta(minutes=5)
"""How far the live time may be off, either way, and still be the one that was asked for.

People enter whole minutes and services round to steps of a few; half an hour is another time.
"""
PATIENCE = timedelta(hours=1)
"""How long after its time a campaign may still be shown as scheduled: a service has queues."""
UNDER_WAY = (CampaignStatus.SENDING, CampaignStatus.SENT)
EXPECTED = (CampaignStatus.SCHEDULED, *UNDER_WAY)
"""Statuses that prove the manual step, given the right time."""


def state(schedule: Schedule, evidence: ScheduleEvidence, now: datetime) -> str:
    """The state of the manual step.

    Only a draft, or what is not there and never was, is open: to be told to schedule what is
    scheduled or sent already is how one mailing becomes two.
    """
    facts: Mapping[str, Any] = evidence.live.facts if evidence.live else {}
    status = facts.get("status") if evidence.live else CampaignStatus.DRAFT
    if evidence.live is None and evidence.doubt:
        return "wrong"
    if status == CampaignStatus.DRAFT:
        return _open(schedule, evidence, now)
    if status not in EXPECTED or not on_time(facts.get("scheduled_at"), schedule.at):
        return "wrong"
    # Differences of instants, as the first and the last one there are have none beside them.
    if status in UNDER_WAY:
        return "wrong" if schedule.at - now > TOLERANCE else "done"
    return "overdue" if now - schedule.at > PATIENCE else "done"


def observed(evidence: ScheduleEvidence, name: str) -> Mapping[str, Any]:
    """The live facts of a schedule, and which campaign they are of where that is in doubt."""
    live = evidence.live
    shown: dict[str, Any] = {"doubt": evidence.doubt, "former": evidence.former}
    if live is not None:
        shown |= {key: live.facts.get(key) for key in ("status", "scheduled_at")}
        shown["replaced"] = evidence.replaced
        if evidence.doubt or not shown["status"]:
            called = live.fields.get("name")
            shown |= {"id": live.id, "name": called if called != name else ""}
    return {key: value for key, value in shown.items() if value}


def on_time(live: str | None, at: datetime) -> bool:
    """Whether a live instant, as the API shows it, is the one that was asked for."""
    try:
        seen = datetime.fromisoformat(live or "")
    except ValueError:
        return False
    if seen.tzinfo is None:
        seen = seen.replace(tzinfo=UTC)
    return abs(seen - at) <= TOLERANCE


def _open(schedule: Schedule, evidence: ScheduleEvidence, now: datetime) -> str:
    was_done = evidence.scheduled == stamp(schedule.at)
    # One that is gone may have been sent before, so that its time is no reason to send another.
    if was_done and evidence.replaced:
        return "undone"
    if schedule.at < now:
        return "overdue"
    return "undone" if was_done else "todo"
