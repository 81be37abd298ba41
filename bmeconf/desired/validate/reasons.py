"""Why a text is no email address, no date, no time: the plain cases, else nothing. Pure."""

from __future__ import annotations

import re
from calendar import monthrange

LONGEST_EMAIL = 254
FORBIDDEN = re.compile(r'[<>,;:"()\[\]\\]')
DATE = re.compile(r"(?P<year>\d{4})-(?P<month>\d\d)-(?P<day>\d\d)")
CLOCK = re.compile(r"[Tt ](?P<hour>\d\d):(?P<minute>\d\d)(:(?P<second>\d\d))?(?!\d)")
OFFSET = re.compile(r"[+-](?P<hours>\d\d):?(?P<minutes>\d\d)$")


def email(text: str) -> str:
    """What is wrong with an address that is none, or nothing where no simple reason is seen."""
    address = text.strip()
    within = re.search(r"<([^<>\s]{1,80}@[^<>\s]{1,80})>", address)
    if within:
        return f"write the address alone, {within[1]}"
    if not address:
        return "it is empty"
    if "@" not in address:
        return "there is no @ in it"
    if address.count("@") > 1:
        return "there is more than one @ in it"
    if re.search(r"\s", address):
        return "there is a blank inside"
    before, _, after = address.partition("@")
    if not before or not after:
        return f"there is nothing {'after' if before else 'before'} the @"
    strange = FORBIDDEN.search(address)
    if strange:
        return f"there is a {_quoted(strange[0])} in it"
    return _domain(after) if ".." not in address else "there are two dots in a row"


def _domain(domain: str) -> str:
    """What is wrong with the part after the @."""
    last = domain.rpartition(".")[2]
    if domain[0] in ".-_":
        return f"its domain begins with {_quoted(domain[0])}"
    if not last:
        return "its domain ends with a dot"
    if "." not in domain:
        return "its domain has no dot"
    if len(last) < 2:
        return f"the last part of its domain, {_quoted(last)}, is too short"
    return ""


def _quoted(character: str) -> str:
    return f'"{character}"'


def too_long(text: str) -> str:
    """The reason of an address over the limit, or nothing."""
    return f"it is longer than {LONGEST_EMAIL} characters" if len(text) > LONGEST_EMAIL else ""


def date(text: str) -> str:
    """The part of a date that does not exist: `there is no month 13`; or nothing."""
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


def time(text: str) -> str:
    """The part of a date and time that does not exist or is missing; or nothing."""
    day = DATE.match(text)
    if not day or date(text):
        return date(text)
    clock = CLOCK.match(text, day.end())
    if not clock:
        return "the time of day is missing" if day.end() == len(text) else ""
    for part, limit in (("hour", 23), ("minute", 59), ("second", 59)):
        if int(clock[part] or 0) > limit:
            return f"there is no {part} {clock[part]}"
    offset = OFFSET.search(text, clock.end())
    far = offset and (int(offset["hours"]) > 23 or int(offset["minutes"]) > 59)
    return f"there is no zone {offset[0]}" if offset and far else ""
