"""How far a person is with scheduling a campaign, judged by what the account shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bmeconf.model import Schedule

TOLERANCE = timedelta(minutes=5)
"""How far the live time may be off, either way, and still be the one that was asked for.

People enter whole minutes and services round to steps of a few; half an hour is another time.
"""


def state(schedule: Schedule, facts: Mapping[str, Any], now: datetime, was_done: bool) -> str:
    """The state of the manual step; `was_done`: the account once showed just this schedule."""
    status = facts.get("status") or "draft"
    if status == "draft":
        open_ = "undone" if was_done else "todo"
        return "overdue" if schedule.at < now else open_
    if status not in ("scheduled", "sending", "sent"):
        return "wrong"
    return "done" if _on_time(facts.get("scheduled_at"), schedule.at) else "wrong"


def _on_time(live: str | None, at: datetime) -> bool:
    try:
        seen = datetime.fromisoformat(live or "")
    except ValueError:
        return False
    if seen.tzinfo is None:
        seen = seen.replace(tzinfo=UTC)
    return abs(seen - at) <= TOLERANCE
