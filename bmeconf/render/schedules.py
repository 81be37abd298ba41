"""How far the schedule of a campaign is, in words for each way in which it can be. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from bmeconf.kinds.campaigns.schedules import on_time
from bmeconf.model import CampaignStatus, Manual
from bmeconf.render import values

Shown = Callable[[datetime], str]
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


def told(manual: Manual, shown: Shown = values.zoned) -> str:
    """Where a manual step stands; `shown` puts an instant into words."""
    when = shown(manual.due)
    said = {
        "todo": f"schedule it for {when}",
        "done": f"scheduled for {when}",
        "overdue": f"was to be scheduled for {when}, and is not",
        "undone": _undone(manual, when),
        "wrong": _wrong(manual, shown),
    }
    if unsent(manual):
        return f"was to go out at {when}, and the account still shows it as scheduled"
    return said.get(manual.state, f"{manual.what} for {when}: {manual.state}")


def unsent(manual: Manual) -> bool:
    """Whether its time is over, and it still waits to be sent."""
    return manual.state == "overdue" and manual.observed.get("status") == CampaignStatus.SCHEDULED


def lost(manual: Manual) -> bool:
    """Whether nothing tells which live campaign is meant."""
    return "doubt" in manual.observed and "id" not in manual.observed


def gone(manual: Manual) -> bool:
    """Whether what is remembered as scheduled is another campaign than the live one, or none."""
    replaced = "replaced" in manual.observed
    return manual.state == "undone" and (replaced or "status" not in manual.observed)


def _undone(manual: Manual, when: str) -> str:
    if not gone(manual):
        return f"was scheduled, and is a draft again: schedule it for {when}"
    if "status" in manual.observed:
        return f"was scheduled for {when}, and another campaign has its name now"
    former = manual.observed.get("former")
    now = f'is called "{former}" now' if former else "is not in the account any more"
    return f"was scheduled for {when}, and {now}"


def _wrong(manual: Manual, shown: Shown) -> str:
    # A plan file may hold anything here.
    status, at = (str(manual.observed.get(key) or "") for key in ("status", "scheduled_at"))
    when = shown(manual.due)
    if lost(manual):
        return f"it cannot be told which live campaign is meant; it was to be sent at {when}"
    if status in STOPPED:
        return f"{STOPPED[status]}; it was to be sent at {when}"
    if status not in RUNNING:
        known = f"is {status}" if status else "is of no known status"
        return f"{known}, which proves nothing; it was to be sent at {when}"
    if not at:
        return f"is {status}, and the API does not show for when; it was to be for {when}"
    if status in EARLY and on_time(at, manual.due):
        return f"{EARLY[status]} before its time, {when}"
    return f"{RUNNING[status]} {_instant(at, manual, shown)}, which is not {when}"


def _instant(at: str, manual: Manual, shown: Shown) -> str:
    """A live instant in the zone that the manifest names."""
    try:
        seen = datetime.fromisoformat(at)
        aware = seen if seen.tzinfo else seen.replace(tzinfo=UTC)
        return shown(aware.astimezone(manual.due.tzinfo))
    except (ValueError, OverflowError):
        return at
