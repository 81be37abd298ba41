"""What an email address, a date and a time may be in manifests (design 1). Pure."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta, tzinfo

from bmeconf.desired.manifest.table import BLANKS
from bmeconf.model import did_you_mean, shows_nothing, visible, zone, zone_names

LONGEST_EMAIL = 254
USUAL_EMAIL = re.compile(
    r"[A-Za-z0-9_+-]+(?:\.[A-Za-z0-9_+-]+)*@(?:[A-Za-z0-9][A-Za-z0-9_-]*\.)+[A-Za-z0-9-]{2,}"
)
"""What most addresses look like, and none with a fault but that it is too long."""
NOT_IN_EMAILS = re.compile(r'[<>,;:"()\[\]\\]')

DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)")
CLOCK = re.compile(r"[Tt ](?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d))?(?!\d)")
OFFSET = re.compile(r"[+-](?P<hours>\d\d):?(?P<minutes>\d\d)$")
TIME = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(:\d\d(\.\d{1,6})?)?\s*(?P<zone>[Zz]|[+-]\d\d:?\d\d)?"
)
NAMED = re.compile(r"(\d{4}-\d\d-\d\d)[Tt ](\d\d:\d\d(?::\d\d)?)\s+(?P<zone>[A-Za-z]\S*)")
TIME_LIKE = "2026-12-01 09:00 Europe/Oslo"
LIKE = f"write one like 2026-12-01T09:00:00+01:00 or {TIME_LIKE}"

OUTSIDE = "is before the year 1 or after the year 9999 in UTC; write one that lies between"


def email_fault(text: str) -> str:
    """Why a text is not an email address; empty where it is one."""
    address = text.strip(BLANKS)
    usual = len(address) <= LONGEST_EMAIL and USUAL_EMAIL.fullmatch(address)
    return "" if usual else unusual_fault(address)


def unusual_fault(address: str) -> str:
    """The same for an address without blanks around it, whatever it looks like."""
    local, at, domain = address.partition("@")
    last = domain.rpartition(".")[2]
    inner = re.search(r"<([^<>\s]{1,80}@[^<>\s]{1,80})>", address)
    forbidden = NOT_IN_EMAILS.search(address)
    unseen = next(
        (c for c in address if shows_nothing(c) and not (c.isascii() and c.isspace())), ""
    )
    faults = (
        (inner, f"write the address alone, {inner and inner[1]}"),
        (not address, "it is empty"),
        (not at, "there is no @ in it"),
        ("@" in domain, "there is more than one @ in it"),
        (unseen, f'there is a "{visible(unseen)}" in it, which nobody can see'),
        (re.search(r"\s", address), "there is a blank inside"),
        (not local, "there is nothing before the @"),
        (not domain, "there is nothing after the @"),
        (forbidden, f'there is a "{forbidden and forbidden[0]}" in it'),
        (".." in address, "there are two dots in a row"),
        (len(address) > LONGEST_EMAIL, f"it is longer than {LONGEST_EMAIL} characters"),
        (domain[:1] in (".", "-", "_"), f'its domain begins with "{domain[:1]}"'),
        (not last, "its domain ends with a dot"),
        ("." not in domain, "its domain has no dot"),
        (len(last) < 2, f'the last part of its domain, "{last}", is too short'),
    )
    return next((words for wrong, words in faults if wrong), "")


def instant(text: str) -> datetime | None:
    """The aware time in a text, or None: see `time_fault`."""
    time = _aware(text)
    try:
        return time if time and time.astimezone(UTC) else None
    except OverflowError:
        return None


def time_fault(text: str) -> str:
    """Why a text is no time with a zone in the years of UTC; empty where it is one."""
    if instant(text):
        return ""
    text = text.strip()
    reason = date_fault(text) or _clock_fault(text)
    if reason:
        return f"is not a date and time: {reason}"
    if named := NAMED.fullmatch(text):
        return _named_fault(named)
    if _aware(text):
        return OUTSIDE
    match = TIME.fullmatch(text)
    wrong = "has no zone" if match and not match["zone"] else "is not a date and time"
    return f"{wrong}; {LIKE}"


def date_fault(text: str) -> str:
    """The part of a date that does not exist, such as `there is no month 13`; or an empty text."""
    match = DATE.match(text)
    if not match:
        return ""
    year, month, day = (int(part) for part in match.groups())
    if year == 0:
        return "there is no year 0000"
    if not 1 <= month <= 12:
        return f"there is no month {match['month']}"
    if not 1 <= day <= monthrange(year, month)[1]:
        return f"there is no day {match['day']} in {match['year']}-{match['month']}"
    return ""


def window(first: str, last: str) -> tuple[datetime, datetime] | None:
    """From the first until right after the last of two days or times; None where one is none.

    A day is one of UTC, and the whole of it.
    """
    start, end = _moment(first), _moment(last)
    if start is None or end is None:
        return None
    if DATE.fullmatch(last.strip()):
        end = datetime.max.replace(tzinfo=UTC) if end.date() == date.max else end + timedelta(1)
    return start, end


def moment_fault(text: str) -> str:
    """Why a text is neither a day nor a time with a zone; empty where it is one."""
    if not DATE.fullmatch(text.strip()):
        return time_fault(text)
    return f"is not a date: {fault}" if (fault := date_fault(text.strip())) else ""


def _moment(text: str) -> datetime | None:
    """The beginning of a day of UTC, or a time."""
    day = DATE.fullmatch(text.strip())
    if day is None or date_fault(text.strip()):
        return None if day else instant(text)
    return datetime.fromisoformat(text.strip()).replace(tzinfo=UTC)


def _clock_fault(text: str) -> str:
    """The part of the time after a date that is missing or does not exist; or an empty text."""
    day = DATE.match(text)
    clock = CLOCK.match(text, day.end()) if day else None
    if not day or not clock:
        return "the time of day is missing" if day and day.end() == len(text) else ""
    for part, limit in (("hour", 23), ("minute", 59), ("second", 59)):
        if int(clock[part] or 0) > limit:
            return f"there is no {part} {clock[part]}"
    offset = OFFSET.search(text, clock.end())
    far = offset and (int(offset["hours"]) > 23 or int(offset["minutes"]) > 59)
    return f"there is no zone {offset[0]}" if offset and far else ""


def _aware(text: str) -> datetime | None:
    match = TIME.fullmatch(text.strip())
    if not match or not match["zone"]:
        named = NAMED.fullmatch(text.strip())
        return _named_instant(named) if named else None
    try:
        return datetime.fromisoformat(re.sub(r"\s+(?=[Zz+-])", "", text.strip()).upper())
    except ValueError:
        return None


def _zone_of(named: re.Match[str]) -> tzinfo | None:
    """The zone that a text names.

    Letters alone are no sure name: IST is three zones, and `localtime` another on each machine.
    """
    name = named["zone"]
    return zone(name) if "/" in name or name == "UTC" else None


def _readings(named: re.Match[str], zone: tzinfo) -> tuple[datetime, ...]:
    """The instants, in UTC, that a time in a zone may be: one by each offset around it.

    There are two where the clocks pass the time twice, or never.
    """
    time = datetime.fromisoformat(f"{named[1]} {named[2]}")
    offsets = [time.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)]
    return (*sorted({(time - (off or timedelta())).replace(tzinfo=UTC) for off in offsets}),)


def _named_instant(named: re.Match[str]) -> datetime | None:
    found = _zone_of(named)
    try:
        readings = _readings(named, found) if found else ()
        return readings[0].astimezone(found) if len(readings) == 1 else None
    except (ValueError, OverflowError):
        return None


def _named_fault(named: re.Match[str]) -> str:
    """Why a time in a named zone is none; both of its readings where it has two."""
    name, found = named["zone"], _zone_of(named)
    if found is None and "/" not in name:
        return f'has no zone that is sure, "{name}"; {LIKE}'
    if found is None:
        hint = did_you_mean(name, zone_names()) or f"; {LIKE}"
        return f'has a zone that does not exist, "{name}"{hint}'
    try:
        first, second = (each.astimezone(found) for each in _readings(named, found))
    except (ValueError, OverflowError):
        return OUTSIDE
    if first.replace(fold=0) == second.replace(fold=0):
        return (
            f"is there twice, since the clocks of {name} go back: write {first.isoformat()} for"
            f" the first time, or {second.isoformat()} for the second"
        )
    one, other = (f"{each:%Y-%m-%d %H:%M} {name}" for each in (first, second))
    return f"does not exist, since the clocks of {name} go forward: write {one}, or {other}"
