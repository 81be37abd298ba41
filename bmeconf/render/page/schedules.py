"""How far the schedule of a campaign is, as a sentence for each state of its manual step. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

from bmeconf.kinds import on_time
from bmeconf.model import CampaignStatus, Manual
from bmeconf.render import values

STOPPED: Mapping[str, str] = {
    CampaignStatus.PAUSED: "is paused, and goes to nobody until somebody resumes it",
    CampaignStatus.CANCELLED: "was cancelled, and goes to nobody",
    CampaignStatus.FAILED: "has failed: the web app shows the reason",
}
RUNNING: Mapping[str, str] = {
    CampaignStatus.SCHEDULED: "is scheduled for",
    CampaignStatus.SENDING: "is being sent, scheduled for",
    CampaignStatus.SENT: "was sent, scheduled for",
}
EARLY: Mapping[str, str] = {
    CampaignStatus.SENDING: "is being sent",
    CampaignStatus.SENT: "was sent",
}


def sentence(manual: Manual) -> str:
    """How far a manual step is, without its address; instants are in the manifest's zone."""
    due = values.zoned(manual.due)
    match manual.state:
        case "todo":
            return f"schedule it for {due}"
        case "done":
            return f"scheduled for {due}"
        case "overdue" if unsent(manual):
            return f"should have gone out at {due}, but the account still shows it as scheduled"
        case "overdue":
            return f"should have been scheduled for {due}"
        case "undone":
            return _undone(manual, due)
        case "wrong":
            return _wrong(manual, due)
    return f"{manual.what} for {due}: {manual.state}"


def unsent(manual: Manual) -> bool:
    """True if its time is over and the campaign still waits to be sent."""
    return manual.state == "overdue" and manual.observed.get("status") == CampaignStatus.SCHEDULED


def unidentified(manual: Manual) -> bool:
    """True if nothing tells which live campaign is meant."""
    return "doubt" in manual.observed and "id" not in manual.observed


def replaced(manual: Manual) -> bool:
    """True if the campaign that was scheduled is gone, or another one has its name now."""
    named_anew = "replaced" in manual.observed
    return manual.state == "undone" and (named_anew or "status" not in manual.observed)


def _undone(manual: Manual, due: str) -> str:
    if not replaced(manual):
        return f"was scheduled, and is a draft again: schedule it for {due}"
    if "status" in manual.observed:
        return f"was scheduled for {due}, and another campaign has its name now"
    former = manual.observed.get("former")
    now = f'is called "{former}" now' if former else "is not in the account any more"
    return f"was scheduled for {due}, and {now}"


def _wrong(manual: Manual, due: str) -> str:
    # A plan file may hold anything here.
    status, at = (str(manual.observed.get(key) or "") for key in ("status", "scheduled_at"))
    if unidentified(manual):
        return f"it is unclear which live campaign is meant; it should be sent at {due}"
    if status in STOPPED:
        return f"{STOPPED[status]}; it should be sent at {due}"
    if status not in RUNNING:
        known = f"is {status}" if status else "is of no known status"
        return f"{known}, which proves nothing; it should be sent at {due}"
    if not at:
        return f"is {status}, and the API does not show for when; it should be for {due}"
    if status in EARLY and on_time(at, manual.due):
        return f"{EARLY[status]} before its time, {due}"
    return f"{RUNNING[status]} {_in_its_zone(at, manual)}, which is not {due}"


def _in_its_zone(at: str, manual: Manual) -> str:
    """A live instant in the zone that the manifest names; as it came if it is none."""
    try:
        live = datetime.fromisoformat(at)
        aware = live if live.tzinfo else live.replace(tzinfo=UTC)
        return values.zoned(aware.astimezone(manual.due.tzinfo))
    except (ValueError, OverflowError):
        return at
