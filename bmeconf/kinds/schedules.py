"""How far a person is with scheduling a campaign, judged by what the account shows. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bmeconf.model import Schedule


def state(schedule: Schedule, facts: Mapping[str, Any], now: datetime, was_done: bool) -> str:
    """The state of the manual step; `was_done`: the account once showed just this schedule."""
    status = facts.get("status") or "draft"
    if status == "draft":
        open_ = "undone" if was_done else "todo"
        return "overdue" if schedule.at < now else open_
    if status not in ("scheduled", "sending", "sent"):
        return "wrong"
    return "done" if _same_minute(facts.get("scheduled_at"), schedule.at) else "wrong"


def _same_minute(live: str | None, at: datetime) -> bool:
    try:
        seen = datetime.fromisoformat(live or "")
    except ValueError:
        return False
    if seen.tzinfo is None:
        seen = seen.replace(tzinfo=UTC)
    # People enter minutes, and the service may add seconds of its own.
    return int(seen.timestamp()) // 60 == int(at.timestamp()) // 60
