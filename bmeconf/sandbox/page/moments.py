"""Stored times -> text and inputs of the page, and back. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from bmeconf.sandbox import clock
from bmeconf.sandbox.errors import invalid

#: every offset from UTC in use somewhere, in minutes
OFFSETS = (
    *(-720, -660, -600, -570, -540, -480, -420, -360, -300, -240, -210, -180, -120, -60, 0),
    *(60, 120, 180, 210, 240, 270, 300, 330, 345, 360, 390, 420, 480, 525, 540, 570, 600, 630),
    *(660, 720, 765, 780, 840),
)


def offset(minutes: int) -> str:
    """`60` -> `+01:00`."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"


CHOICES = {offset(minutes): minutes for minutes in OFFSETS}


def shown(stamp: str | None) -> str:
    """A stored time -> `2030-12-02 08:00 UTC`, with seconds if it has any."""
    if stamp is None:
        return ""
    moment = datetime.fromtimestamp(clock.seconds(stamp), UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}".removesuffix(":00") + " UTC"


def entry(stamp: str | None) -> str:
    """A stored time -> the value of an input of type `datetime-local`, in UTC."""
    return shown(stamp).removesuffix(" UTC").replace(" ", "T")


def read(entered: str, zone: str) -> str:
    """`2030-12-02T09:00` and `+01:00` -> a time to store. Raises ApiError 400 with field `at`."""
    if zone not in CHOICES:
        raise invalid("offset", f"must be one of: {', '.join(CHOICES)}")
    try:
        moment = datetime.fromisoformat(entered)
        if moment.tzinfo is not None:
            raise ValueError
        tz = timezone(timedelta(minutes=CHOICES[zone]))
        return clock.iso(moment.replace(tzinfo=tz).timestamp())
    except (ValueError, OverflowError):
        raise invalid("at", "must be a date and a time, like 2030-12-02T09:00") from None
