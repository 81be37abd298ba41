"""Time zones by name, as the tz database has them: `Europe/Oslo`.

The files of the system come first; where it has none, those of the package tzdata. They are looked
for where a zone is named, and not before. Pure, but for these files.
"""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import cache


@cache
def zone_names() -> frozenset[str]:
    """Every name that there is."""
    import zoneinfo

    return frozenset(zoneinfo.available_timezones())


def zone(name: str) -> tzinfo | None:
    """The zone of a name, written exactly so; None where there is none."""
    import zoneinfo

    if name == "UTC":
        return UTC
    return zoneinfo.ZoneInfo(name) if name in zone_names() else None


def zone_name(instant: datetime) -> str:
    """The name of the zone that an instant is in; empty where it has an offset alone."""
    return str(getattr(instant.tzinfo, "key", ""))
