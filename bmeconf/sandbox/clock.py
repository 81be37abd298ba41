"""Times: Unix seconds inside, ISO 8601 text with milliseconds and a Z in documents. Pure."""

from __future__ import annotations

from datetime import UTC, datetime

DAY = 86_400.0


def iso(seconds: float) -> str:
    """Unix seconds -> `2026-03-28T14:30:00.000Z` (API contract 4, common rules)."""
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
    return text.replace("+00:00", "Z")


def seconds(text: str) -> float:
    """ISO 8601 text -> Unix seconds; text without an offset is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
