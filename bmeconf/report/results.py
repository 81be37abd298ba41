"""The service's own numbers, and nothing computed from them. Pure data.

Its rates fit no single denominator (API contract 4.7). None stands for a number that it does not
show.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True)
class Measure:
    """One result: how many, how many percent, when last."""

    count: int | None = None
    rate: Decimal | None = None
    last: datetime | None = None


@dataclass(frozen=True)
class Link:
    """One link of a campaign and the clicks on it."""

    path: str | None = None
    total: int | None = None
    unique: int | None = None
    id: str | None = None


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


@dataclass(frozen=True)
class Moment:
    """One part of a period, from `at` on: first opens and clicks, or new contacts in `total`."""

    at: datetime | None = None
    opens: int | None = None
    clicks: int | None = None
    total: int | None = None


@dataclass(frozen=True)
class Peak:
    """The busiest part of a period, as the service names it."""

    start: datetime | None = None
    end: datetime | None = None
    total: int | None = None


@dataclass(frozen=True)
class Engagement:
    """Opens and clicks over time; `moments` is None where the reply has no list of them."""

    start: datetime | None = None
    end: datetime | None = None
    peak: Peak = Peak()
    moments: tuple[Moment, ...] | None = None


@dataclass(frozen=True)
class Trend:
    """A number of the dashboard, and its change in percent against the period before."""

    value: Decimal | None = None
    diff: Decimal | None = None


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
