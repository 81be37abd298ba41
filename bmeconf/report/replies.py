"""The replies of the reports API -> results, whatever they lack (API contract 4.7, 6.1). Pure.

In: decoded JSON of any shape. Out: numbers, or None for what is not there or is no such number.
Nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bmeconf.kinds import replies
from bmeconf.report.results import (
    Dashboard,
    Engagement,
    Link,
    Measure,
    Moment,
    Peak,
    Results,
    Trend,
)

NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,30})?", re.ASCII)
MOST = Decimal(10) ** 15
LONGEST_MOMENT = 40
_INNER = ("value", "count", "unique")
"""The keys of a number that one reply has bare and another one in an object."""


def results(reply: Any) -> Results:
    """The report of one campaign."""
    stats = _part(reply, "stats")
    return Results(
        sent=_measure(stats, "sent"),
        delivered=_measure(stats, "delivered"),
        opens=_measure(stats, "opens"),
        clicks=_measure(stats, "clicks"),
        hard_bounces=_measure(stats, "hardBounces"),
        soft_bounces=_measure(stats, "softBounces"),
        bounces=_measure(stats, "totalBounces"),
        complaints=_measure(stats, "complaints"),
        unsubscribes=_measure(stats, "unsubscribes"),
        links=_links(reply),
    )


def engagement(reply: Any) -> Engagement:
    """Opens and clicks of one campaign over time."""
    rows = _rows(reply, "histogram")
    return Engagement(
        start=moment(_part(reply, "start")),
        end=moment(_part(reply, "end")),
        peak=_peak(_part(reply, "peak")),
        moments=None if rows is None else tuple(map(_moment, rows)),
    )


def dashboard(reply: Any) -> Dashboard:
    """The account's dashboard; a count is a number or an object there, a rate is an object."""
    campaign, contact = _part(reply, "campaign"), _part(reply, "contact")
    growth = _part(contact, "histogram")
    rows = _rows(growth, "histogram")
    opens, clicks = _part(campaign, "uniqueOpens"), _part(campaign, "uniqueClicks")
    return Dashboard(
        sent=_trend(_part(campaign, "sent")),
        delivered=_trend(_part(campaign, "delivered")),
        opens=_trend(opens),
        open_rate=_trend(_part(opens, "rate")),
        clicks=_trend(clicks),
        click_rate=_trend(_part(clicks, "rate")),
        contacts=_trend(contact),
        days=None if rows is None else tuple(map(_moment, rows)),
        peak=_peak(_part(growth, "peak")),
    )


def count(value: Any) -> int | None:
    """A count: a whole number from 0 up, as a number, as text, or one object deeper.

    Where a percentage stands in its place, how many they are is not said.
    """
    found = _number(value, "")
    if found is None or found < 0 or found != found.to_integral_value():
        return None
    return int(found)


def rate(value: Any) -> Decimal | None:
    """A percentage, exactly as given; none is below zero."""
    found = number(value)
    return None if found is None or found < 0 else found


def number(value: Any) -> Decimal | None:
    """A number as given, digit for digit: as JSON has it, as text, or one or two objects deeper.

    A text may end in a percent sign.
    """
    return _number(value, "%")


def _number(value: Any, unit: str, depth: int = 2) -> Decimal | None:
    if isinstance(value, Mapping) and depth:
        inner = next((value[key] for key in _INNER if value.get(key) is not None), None)
        return _number(inner, unit, depth - 1)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        text = value.strip().removesuffix(unit).rstrip()
        return Decimal(text) if NUMBER.fullmatch(text) else None
    # The shortest text of a float is what the service wrote; its binary value is not.
    found = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return found if found.is_finite() and abs(found) < MOST else None


def moment(value: Any) -> datetime | None:
    """An instant in UTC; a text without a zone is UTC already (API contract 4)."""
    if not isinstance(value, str) or len(value) > LONGEST_MOMENT:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        aware = found if found.tzinfo else found.replace(tzinfo=UTC)
        instant = aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # At the ends of the calendar other zones have no such day.
    return instant if 1970 <= instant.year < 9999 else None


def _measure(stats: Any, name: str) -> Measure:
    given = _part(stats, name)
    return Measure(count(given), rate(_part(given, "rate")), moment(_part(given, "last")))


def _links(reply: Any) -> tuple[Link, ...] | None:
    rows = _rows(reply, "linkActivity")
    if rows is None:
        return None
    return tuple(
        Link(
            path=replies.text_of(_part(row, "path")),
            total=count(_part(_part(row, "clicks"), "total")),
            unique=count(_part(_part(row, "clicks"), "unique")),
            id=replies.text_of(_part(row, "id")),
        )
        for row in rows
    )


def _moment(row: Any) -> Moment:
    detail = _part(row, "detail")
    return Moment(
        moment(_part(row, "date")),
        count(_part(detail, "uniqueOpens")),
        count(_part(detail, "uniqueClicks")),
        count(_part(row, "total")),
    )


def _peak(value: Any) -> Peak:
    start = _part(value, "startDate") or _part(value, "date")
    return Peak(moment(start), moment(_part(value, "endDate")), count(_part(value, "total")))


def _trend(value: Any) -> Trend:
    """`{count, diff}`, `{count: {value, diff}}` or `{value, diff}`, whichever it is."""
    inner = _part(value, "count")
    diffs = (_part(inner, "diff"), _part(value, "diff"))
    shown = inner if inner is not None else _part(value, "value")
    return Trend(number(shown), next((d for d in map(number, diffs) if d is not None), None))


def _part(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, Mapping) else None


def _rows(value: Any, key: str) -> list[Any] | None:
    found = _part(value, key)
    return found if isinstance(found, list) else None
