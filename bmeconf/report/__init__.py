"""How declared campaigns were received, and whether that is what was expected. Pure.

The numbers are the service's own, and nothing is computed from them: its rates fit no single
denominator (API contract 4.7). None stands for a number that it does not show.
"""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from types import MappingProxyType

from bmeconf.model import (
    FINISHED,
    UNFINISHED,
    Address,
    CampaignStatus,
    Finding,
    Place,
    Resource,
)

PERIODS = ("24hours", "week", "month")
"""Of time after the sending, over which opens and clicks are told (API contract 4.7)."""

SENT, NOT_SENT, NEVER_SENT = "sent", "not_sent", "never_sent"
UNCLEAR, MISSING, GONE, AMBIGUOUS = "unclear", "missing", "gone", "ambiguous"

MET, FAILED, UNKNOWN, OPEN = "met", "failed", "unknown", "open"


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
    """First opens and first clicks in the part of the period that begins at `at`."""

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
class Judged:
    """One expectation and how it ended: `met`, `failed`, `unknown` or `open`.

    `live` is the number that decided, `why` says what kept it from being decided.
    """

    metric: str
    threshold: str
    state: str
    live: Decimal | None = None
    why: str = ""
    place: Place | None = None


@dataclass(frozen=True)
class Delivery:
    """One declared campaign: what it is in the account, and its results where it was sent.

    `state` is `sent`, `not_sent` (yet), `never_sent` (failed, cancelled), `unclear` (a status
    that says neither), `missing` (nothing of its name is in the account), `gone` (nothing with its
    id is, which is pinned or remembered) or `ambiguous` (nobody can tell which one it is, or what
    has its name is another one than before). `status`, `name`, `subject` and
    `scheduled_at` are live.
    """

    address: Address
    state: str
    status: str = ""
    id: str = ""
    name: str = ""
    subject: str = ""
    scheduled_at: datetime | None = None
    results: Results | None = None
    engagement: Engagement | None = None
    judged: tuple[Judged, ...] = ()
    findings: tuple[Finding, ...] = ()
    place: Place | None = None

    @property
    def sent_at(self) -> datetime | None:
        """When it was sent: the time that it was scheduled for."""
        return self.scheduled_at if self.state == SENT else None


@dataclass(frozen=True)
class Trend:
    """A number of the dashboard, and its change in percent against the period before."""

    value: Decimal | None = None
    diff: Decimal | None = None


@dataclass(frozen=True)
class Day:
    """Contacts gained on one day."""

    at: datetime | None = None
    total: int | None = None


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
    days: tuple[Day, ...] | None = None
    peak: Peak = Peak()


@dataclass(frozen=True)
class DeliveryQuery:
    """Over what to report: days for the dashboard (None: leave it out), a period for each campaign.

    `timezone` is an IANA name.
    """

    past_days: int | None = 30
    period: str = PERIODS[0]
    timezone: str = "UTC"


@dataclass(frozen=True)
class Report:
    """Everything that was read; `unread` says why there is no dashboard although one was asked."""

    made_at: datetime
    asked: DeliveryQuery
    deliveries: tuple[Delivery, ...]
    dashboard: Dashboard | None = None
    unread: str = ""
    requests: int = 0

    @property
    def states(self) -> Counter[str]:
        """How many campaigns are in each state."""
        return Counter(delivery.state for delivery in self.deliveries)

    @property
    def verdicts(self) -> Counter[str]:
        """How many expectations ended in each way."""
        return Counter(judged.state for d in self.deliveries for judged in d.judged)

    @property
    def as_expected(self) -> bool:
        """Whether nothing failed, and nothing that was sent is left undecided."""
        return not self.verdicts[FAILED] and not self.verdicts[UNKNOWN]


METRICS: Mapping[str, Callable[[Results], int | Decimal | None]] = MappingProxyType(
    {
        "sent": lambda results: results.sent.count,
        "delivered": lambda results: results.delivered.count,
        "open_rate": lambda results: results.opens.rate,
        "click_rate": lambda results: results.clicks.rate,
        "bounce_rate": lambda results: results.bounces.rate,
        "hard_bounce_rate": lambda results: results.hard_bounces.rate,
        "soft_bounce_rate": lambda results: results.soft_bounces.rate,
        "complaints": lambda results: results.complaints.count,
        "unsubscribes": lambda results: results.unsubscribes.count,
    }
)
"""What manifests may expect, and the number that decides it."""

_COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = MappingProxyType(
    {
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
    }
)

_UNDECIDED: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        SENT: (UNKNOWN, "the account shows no report of it"),
        NOT_SENT: (OPEN, "it is not sent yet"),
        NEVER_SENT: (UNKNOWN, "it will not be sent any more"),
        UNCLEAR: (UNKNOWN, "whether it was sent cannot be told"),
        MISSING: (OPEN, "it is not in the account"),
        GONE: (UNKNOWN, "what has its id is not in the account"),
        AMBIGUOUS: (UNKNOWN, "which live campaign is meant cannot be told"),
    }
)


def state_of(status: str) -> str:
    """Whether a campaign of this live status was sent; what is neither documented is `unclear`."""
    if status == CampaignStatus.SENT:
        return SENT
    if status in UNFINISHED:
        return NOT_SENT
    return NEVER_SENT if status in FINISHED else UNCLEAR


def holds(threshold: str, value: Decimal) -> bool:
    """Whether `value` satisfies a comparison in its canonical form, as `>= 20`; exact."""
    sign, _, number = threshold.partition(" ")
    return _COMPARISONS[sign](value, Decimal(number))


def judge(desired: Resource, state: str, results: Results | None) -> tuple[Judged, ...]:
    """Every expectation of a campaign against its results, in the order of the manifest."""
    return tuple(
        _judged(desired, metric, threshold, state, results)
        for metric, threshold in desired.intent.expect.items()
    )


def _judged(
    desired: Resource, metric: str, threshold: str, state: str, results: Results | None
) -> Judged:
    places = desired.intent.places
    place = places.get(f"expect.{metric}") or desired.intent.place
    if results is None:
        end, why = _UNDECIDED[state]
        return Judged(metric, threshold, end, None, why, place)
    number = METRICS[metric](results)
    if number is None:
        why = "the account does not show this number"
        return Judged(metric, threshold, UNKNOWN, None, why, place)
    live = Decimal(number)
    return Judged(metric, threshold, MET if holds(threshold, live) else FAILED, live, "", place)


def newest_first(deliveries: Sequence[Delivery]) -> tuple[Delivery, ...]:
    """What was sent, the last sending first; then the others, by address."""

    def key(delivery: Delivery) -> tuple[bool, float, Address]:
        at = delivery.sent_at.timestamp() if delivery.sent_at else 0.0
        return (delivery.state != SENT, -at, delivery.address)

    return tuple(sorted(deliveries, key=key))
