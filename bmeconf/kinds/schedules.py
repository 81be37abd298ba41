"""Schedules that a person carries out, judged by what the account shows. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple

from bmeconf.kinds import replies
from bmeconf.kinds.api import Raw
from bmeconf.kinds.base import Kind
from bmeconf.model import CampaignStatus, Manual, Resource, Schedule, references, stamp

TOLERANCE = timedelta(minutes=5)
"""How far the live time may be off, either way, and still be the one that was asked for.

People enter whole minutes and services round to steps of a few; half an hour is another time.
"""
PATIENCE = timedelta(hours=1)
"""How long after its time a campaign may still be shown as scheduled: a service has queues."""
UNDER_WAY = (CampaignStatus.SENDING, CampaignStatus.SENT)
EXPECTED = (CampaignStatus.SCHEDULED, *UNDER_WAY)
"""Statuses that prove the manual step, given the right time."""


class Timing(StrEnum):
    """How the time of a campaign in the account stands to the declared one.

    `EARLY` is what goes out, or went out, and both times are still to come.
    """

    IN_TIME, OTHER, EARLY, UNKNOWN = "in time", "other time", "too early", "time unknown"

    @classmethod
    def of(cls, status: Any, live: datetime | None, at: datetime, now: datetime) -> Timing:
        """That of a campaign of this `status` with the time `live`, which is declared for `at`."""
        if live is None:
            return cls.UNKNOWN
        if not is_near(live, at):
            return cls.OTHER
        return cls.EARLY if status in UNDER_WAY and is_ahead(at, now) else cls.IN_TIME


class ScheduleEvidence(NamedTuple):
    """What is known of the live object that a manual step is about.

    `doubt` is the code of the finding that says why it is not sure which object is meant; `live`
    is then the one that the lock file knows, where there is one. `scheduled` is the instant for
    which it was seen to be scheduled, empty if never.
    `replaced`: the lock file knows another object than `live`, or there is none any more;
    `former` is the name that the other object has now, empty where it is gone.
    """

    live: Resource | None = None
    scheduled: str = ""
    doubt: str = ""
    replaced: bool = False
    former: str = ""


class Scheduled(Kind):
    """Has a schedule that a person carries out: a manual step, which the live status proves."""

    def manual(
        self, desired: Resource, evidence: ScheduleEvidence, now: datetime
    ) -> Iterable[Manual]:
        """The manual steps of a resource, judged by `evidence` at the time `now`."""
        schedule = desired.intent.schedule
        if schedule is None:
            return
        # A saved plan has no more of the manifest than this.
        referred = {
            key: [*map(str, references(value))]
            for key, value in desired.fields.items()
            if key in self.refers and value
        }
        yield Manual(
            address=desired.address,
            what="schedule",
            state=_state(schedule, evidence, now),
            due=schedule.at,
            owner=schedule.owner,
            note=schedule.note,
            expect={"status": [*EXPECTED], "scheduled_at": stamp(schedule.at), **referred},
            observed=_observed(evidence, desired.address.name),
        )

    def due(self, raw: Raw, now: datetime, soon: timedelta) -> datetime | None:
        """When an object is to be sent that is scheduled for that `soon`; None where none is.

        That is at any moment where the reply does not show it. What is long past is stuck.
        """
        if raw.get("status") != CampaignStatus.SCHEDULED:
            return None
        at = replies.instant_of(raw.get("scheduledAt")) or now
        return at if now - at <= PATIENCE and at - now <= soon else None

    def tells_when(self, raw: Raw) -> bool:
        """True if a reply shows for when the object is scheduled, where it is."""
        return raw.get("status") == CampaignStatus.DRAFT or bool(raw.get("scheduledAt"))


def is_near(live: datetime, at: datetime) -> bool:
    """True for a live time that counts as the time that was asked for."""
    # Differences of instants, as the first and the last one there are have none beside them.
    return abs(live - at) <= TOLERANCE


def is_ahead(at: datetime, now: datetime) -> bool:
    """True for a time at which nothing can have gone out yet, whatever clocks show."""
    return at - now > TOLERANCE


def _state(schedule: Schedule, evidence: ScheduleEvidence, now: datetime) -> str:
    """The state of the manual step.

    Only a draft, or what is not there and never was, is open: to be told to schedule what is
    scheduled or sent already is how one mailing becomes two.
    """
    if evidence.live is None and evidence.doubt:
        return "wrong"
    facts: Mapping[str, Any] = evidence.live.facts if evidence.live else {}
    if evidence.live is None or facts.get("status") == CampaignStatus.DRAFT:
        return _open(schedule, evidence, now)
    status = facts.get("status")
    timing = Timing.of(status, replies.instant_of(facts.get("scheduled_at")), schedule.at, now)
    if status not in EXPECTED or timing is not Timing.IN_TIME:
        return "wrong"
    late = status not in UNDER_WAY and now - schedule.at > PATIENCE
    return "overdue" if late else "done"


def _open(schedule: Schedule, evidence: ScheduleEvidence, now: datetime) -> str:
    was_done = evidence.scheduled == stamp(schedule.at)
    # One that is gone may have been sent before, so that its time is no reason to send another.
    if was_done and evidence.replaced:
        return "undone"
    if schedule.at < now:
        return "overdue"
    return "undone" if was_done else "todo"


def _observed(evidence: ScheduleEvidence, name: str) -> Mapping[str, Any]:
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
