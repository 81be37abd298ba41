"""The replies of the reports API -> results, whatever they lack (API contract 4.7, 6.1). Pure.

In: decoded JSON of any shape. Out: numbers, or None for what is not there or is no such number.
Nothing here raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from bmeconf.kinds import replies
from bmeconf.report import results as r

NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,30})?", re.ASCII)
MOST = Decimal(10) ** 15
LONGEST_MOMENT = 40
INNER = ("value", "count", "unique")
"""The keys of a number that one reply has bare and another one in an object."""
T = TypeVar("T")


def results(reply: Any) -> r.Results:
    """The report of one campaign."""
    stats = _part(reply, "stats")
    return r.Results(
        sent=_measure(stats, "sent"),
        delivered=_measure(stats, "delivered"),
        opens=_measure(stats, "opens"),
        clicks=_measure(stats, "clicks"),
        hard_bounces=_measure(stats, "hardBounces"),
        soft_bounces=_measure(stats, "softBounces"),
        bounces=_measure(stats, "totalBounces"),
        complaints=_measure(stats, "complaints"),
        unsubscribes=_measure(stats, "unsubscribes"),
        links=_rows(reply, "linkActivity", _link),
    )


def engagement(reply: Any) -> r.Engagement:
    """Opens and clicks of one campaign over time."""
    return r.Engagement(
        start=moment(_part(reply, "start")),
        end=moment(_part(reply, "end")),
        peak=_peak(_part(reply, "peak")),
        moments=_rows(reply, "histogram", _moment),
    )


def dashboard(reply: Any) -> r.Dashboard:
    """The account's dashboard; a count is a number or an object there, a rate is an object."""
    campaign, contact = _part(reply, "campaign"), _part(reply, "contact")
    growth = _part(contact, "histogram")
    return r.Dashboard(
        sent=_trend(_part(campaign, "sent")),
        delivered=_trend(_part(campaign, "delivered")),
        opens=_trend(_part(campaign, "uniqueOpens")),
        open_rate=_trend(_part(campaign, "uniqueOpens", "rate")),
        clicks=_trend(_part(campaign, "uniqueClicks")),
        click_rate=_trend(_part(campaign, "uniqueClicks", "rate")),
        contacts=_trend(contact),
        days=_rows(growth, "histogram", _moment),
        peak=_peak(_part(growth, "peak")),
    )


def count(value: Any) -> int | None:
    """A count: a whole number from 0 up, as a number, as text, or one or two objects deeper.

    None where a percentage stands in its place.
    """
    amount = number(value, unit="")
    if amount is None or amount < 0 or amount != amount.to_integral_value():
        return None
    return int(amount)


def rate(value: Any) -> Decimal | None:
    """A percentage, exactly as given; none is below zero."""
    amount = number(value)
    return None if amount is None or amount < 0 else amount


def number(value: Any, unit: str = "%", depth: int = 2) -> Decimal | None:
    """A number as given, digit for digit: as JSON has it, as text, or up to `depth` objects deeper.

    A text may end in the `unit`.
    """
    if isinstance(value, Mapping) and depth:
        inner = next((value[key] for key in INNER if value.get(key) is not None), None)
        return number(inner, unit, depth - 1)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    if isinstance(value, str):
        text = value.strip().removesuffix(unit).rstrip()
        return Decimal(text) if NUMBER.fullmatch(text) else None
    # The shortest text of a float is what the service wrote; its binary value is not.
    amount = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return amount if amount.is_finite() and abs(amount) < MOST else None


def moment(value: Any) -> datetime | None:
    """An instant in UTC; a text without a zone is UTC already (API contract 4)."""
    if not isinstance(value, str) or len(value) > LONGEST_MOMENT:
        return None
    try:
        parsed = datetime.fromisoformat(value.strip())
        aware = parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
        instant = aware.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # At the ends of the calendar other zones have no such day.
    return instant if 1970 <= instant.year < 9999 else None


def _measure(stats: Any, name: str) -> r.Measure:
    given = _part(stats, name)
    return r.Measure(count(given), rate(_part(given, "rate")), moment(_part(given, "last")))


def _link(row: Any) -> r.Link:
    return r.Link(
        path=replies.text_of(_part(row, "path")),
        total=count(_part(row, "clicks", "total")),
        unique=count(_part(row, "clicks", "unique")),
        id=replies.text_of(_part(row, "id")),
    )


def _moment(row: Any) -> r.Moment:
    return r.Moment(
        moment(_part(row, "date")),
        count(_part(row, "detail", "uniqueOpens")),
        count(_part(row, "detail", "uniqueClicks")),
        count(_part(row, "total")),
    )


def _peak(value: Any) -> r.Peak:
    start = _part(value, "startDate") or _part(value, "date")
    return r.Peak(moment(start), moment(_part(value, "endDate")), count(_part(value, "total")))


def _trend(value: Any) -> r.Trend:
    """`{count, diff}`, `{count: {value, diff}}` or `{value, diff}`, whichever it is."""
    inner = _part(value, "count")
    diffs = (number(_part(inner, "diff")), number(_part(value, "diff")))
    shown = inner if inner is not None else _part(value, "value")
    return r.Trend(number(shown), next((diff for diff in diffs if diff is not None), None))


def _part(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _rows(value: Any, key: str, read: Callable[[Any], T]) -> tuple[T, ...] | None:
    rows = _part(value, key)
    return tuple(map(read, rows)) if isinstance(rows, list) else None
