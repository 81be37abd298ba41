"""The service's own numbers, and nothing computed from them: the replies of the reports API. Pure.

Each class reads its part of a reply, whatever that lacks (API contract 4.7, 6.1): decoded JSON of
any shape, and nothing raises. None stands for a number that is not there or is no such number.
The service's rates fit no single denominator (API contract 4.7).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeVar

from bmeconf.kinds import replies

NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,30})?", re.ASCII)
MOST = Decimal(10) ** 15
LONGEST_MOMENT = 40
INNER = ("value", "count", "unique")
"""The keys of a number that one reply has bare and another one in an object."""
MEASURES = {
    "sent": "sent",
    "delivered": "delivered",
    "opens": "opens",
    "clicks": "clicks",
    "hard_bounces": "hardBounces",
    "soft_bounces": "softBounces",
    "bounces": "totalBounces",
    "complaints": "complaints",
    "unsubscribes": "unsubscribes",
}
"""The measures of a campaign, by their names in a reply."""
TRENDS = {
    "sent": ("sent",),
    "delivered": ("delivered",),
    "opens": ("uniqueOpens",),
    "open_rate": ("uniqueOpens", "rate"),
    "clicks": ("uniqueClicks",),
    "click_rate": ("uniqueClicks", "rate"),
}
"""The way to each number of the dashboard's campaigns."""
T = TypeVar("T")


@dataclass(frozen=True)
class Measure:
    """One result: how many, how many percent, when last."""

    count: int | None = None
    rate: Decimal | None = None
    last: datetime | None = None

    @classmethod
    def of(cls, value: Any) -> Measure:
        return cls(count(value), rate(_part(value, "rate")), moment(_part(value, "last")))


@dataclass(frozen=True)
class Link:
    """One link of a campaign and the clicks on it."""

    path: str | None = None
    total: int | None = None
    unique: int | None = None
    id: str | None = None

    @classmethod
    def of(cls, row: Any) -> Link:
        path, id = replies.text_of(_part(row, "path")), replies.text_of(_part(row, "id"))
        clicks = _part(row, "clicks")
        return cls(path, count(_part(clicks, "total")), count(_part(clicks, "unique")), id)


@dataclass(frozen=True)
class Results:
    """What became of one sending; opens and clicks are of different people.

    `links` is None where the reply has no list of them.
    """

    sent: Measure = Measure()
    delivered: Measure = Measure()
    opens: Measure = Measure()
    clicks: Measure = Measure()
    hard_bounces: Measure = Measure()
    soft_bounces: Measure = Measure()
    bounces: Measure = Measure()
    complaints: Measure = Measure()
    unsubscribes: Measure = Measure()
    links: tuple[Link, ...] | None = None

    @classmethod
    def of(cls, reply: Any) -> Results:
        """The report of one campaign."""
        measures = {name: Measure.of(_part(reply, "stats", key)) for name, key in MEASURES.items()}
        return cls(**measures, links=_rows(reply, "linkActivity", Link.of))


@dataclass(frozen=True)
class Moment:
    """One part of a period, from `at` on: first opens and clicks, or new contacts in `total`."""

    at: datetime | None = None
    opens: int | None = None
    clicks: int | None = None
    total: int | None = None

    @classmethod
    def of(cls, row: Any) -> Moment:
        ways = (("detail", "uniqueOpens"), ("detail", "uniqueClicks"), ("total",))
        return cls(moment(_part(row, "date")), *(count(_part(row, *way)) for way in ways))


@dataclass(frozen=True)
class Peak:
    """The busiest part of a period, as the service names it."""

    start: datetime | None = None
    end: datetime | None = None
    total: int | None = None

    @classmethod
    def of(cls, value: Any) -> Peak:
        start = moment(_part(value, "startDate") or _part(value, "date"))
        return cls(start, moment(_part(value, "endDate")), count(_part(value, "total")))


@dataclass(frozen=True)
class Engagement:
    """Opens and clicks over time; `moments` is None where the reply has no list of them."""

    start: datetime | None = None
    end: datetime | None = None
    peak: Peak = Peak()
    moments: tuple[Moment, ...] | None = None

    @classmethod
    def of(cls, reply: Any) -> Engagement:
        """Opens and clicks of one campaign over time."""
        start, end = moment(_part(reply, "start")), moment(_part(reply, "end"))
        peak = Peak.of(_part(reply, "peak"))
        return cls(start, end, peak, _rows(reply, "histogram", Moment.of))


@dataclass(frozen=True)
class Trend:
    """A number of the dashboard, and its change in percent against the period before."""

    value: Decimal | None = None
    diff: Decimal | None = None

    @classmethod
    def of(cls, value: Any) -> Trend:
        """`{count, diff}`, `{count: {value, diff}}` or `{value, diff}`, whichever it is."""
        inner = _part(value, "count")
        diff = number(_part(inner, "diff"))
        shown = inner if inner is not None else _part(value, "value")
        return cls(number(shown), number(_part(value, "diff")) if diff is None else diff)


@dataclass(frozen=True)
class Dashboard:
    """The account's own summary of the last days; `days` is None where there is no list of them."""

    sent: Trend = Trend()
    delivered: Trend = Trend()
    opens: Trend = Trend()
    open_rate: Trend = Trend()
    clicks: Trend = Trend()
    click_rate: Trend = Trend()
    contacts: Trend = Trend()
    days: tuple[Moment, ...] | None = None
    peak: Peak = Peak()

    @classmethod
    def of(cls, reply: Any) -> Dashboard:
        """The dashboard; a count is a number or an object there, a rate is an object."""
        trends = {name: Trend.of(_part(reply, "campaign", *way)) for name, way in TRENDS.items()}
        contact = _part(reply, "contact")
        growth = _part(contact, "histogram")
        days, peak = _rows(growth, "histogram", Moment.of), Peak.of(_part(growth, "peak"))
        return cls(**trends, contacts=Trend.of(contact), days=days, peak=peak)


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
        at = replies.instant_of(value.strip())
        instant = at and at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    # At the ends of the calendar other zones have no such day.
    return instant if instant and 1970 <= instant.year < 9999 else None


def _part(value: Any, *keys: str) -> Any:
    for key in keys:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def _rows(value: Any, key: str, read: Callable[[Any], T]) -> tuple[T, ...] | None:
    rows = _part(value, key)
    return tuple(map(read, rows)) if isinstance(rows, list) else None
