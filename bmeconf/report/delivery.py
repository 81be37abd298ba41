"""What became of each declared campaign, and what its manifest expects of it. Pure."""

from __future__ import annotations

import operator
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from bmeconf.kinds import UNDER_WAY, Timing
from bmeconf.model import FINISHED, UNFINISHED, Address, CampaignStatus, Finding, Place, Resource
from bmeconf.report.results import Dashboard, Engagement, Results

METRICS: Mapping[str, Callable[[Results], int | Decimal | None]] = {
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
"""What a manifest may expect, and the number that decides it."""
COMPARISONS: Mapping[str, Callable[[Decimal, Decimal], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}

PERIODS = ("24hours", "week", "month")
"""Of time after the sending, over which opens and clicks are shown (API contract 4.7)."""


class DeliveryState(StrEnum):
    """Whether a declared campaign was sent.

    `NEVER_SENT` failed or was cancelled; `UNCLEAR` has a status that says neither. `MISSING`: the
    account has no campaign of its name. `GONE`: no campaign with the id that is pinned or
    remembered. `AMBIGUOUS`: nobody can tell which campaign is meant, or another one than before
    has its name.
    """

    SENT = "sent"
    NOT_SENT = "not_sent"
    NEVER_SENT = "never_sent"
    UNCLEAR = "unclear"
    MISSING = "missing"
    GONE = "gone"
    AMBIGUOUS = "ambiguous"

    @classmethod
    def of(cls, status: str) -> DeliveryState:
        """The state of a campaign of this live status; of an undocumented one it is unclear."""
        if status == CampaignStatus.SENT:
            return cls.SENT
        if status in UNFINISHED:
            return cls.NOT_SENT
        return cls.NEVER_SENT if status in FINISHED else cls.UNCLEAR


class Verdict(StrEnum):
    """How an expectation ended; `OPEN` may still be decided."""

    MET = "met"
    FAILED = "failed"
    UNKNOWN = "unknown"
    OPEN = "open"


UNDECIDED = {
    DeliveryState.SENT: (Verdict.UNKNOWN, "the account shows no report of it"),
    DeliveryState.NOT_SENT: (Verdict.OPEN, "it is not sent yet"),
    DeliveryState.NEVER_SENT: (Verdict.UNKNOWN, "it will not be sent any more"),
    DeliveryState.UNCLEAR: (Verdict.UNKNOWN, "whether it was sent cannot be told"),
    DeliveryState.MISSING: (Verdict.OPEN, "it is not in the account"),
    DeliveryState.GONE: (Verdict.UNKNOWN, "the campaign with its id is not in the account"),
    DeliveryState.AMBIGUOUS: (Verdict.UNKNOWN, "which live campaign is meant cannot be told"),
}
"""The verdict on expectations that no results decide, and the reason."""


@dataclass(frozen=True)
class Expectation:
    """One expectation with its verdict.

    `live` is the number that decided; `why` says what kept the expectation from being decided.
    """

    metric: str
    threshold: str
    verdict: Verdict
    live: Decimal | None = None
    why: str = ""
    place: Place | None = None

    @property
    def unit(self) -> str:
        """What stands behind its numbers."""
        return " %" if self.metric.endswith("_rate") else ""

    def is_met_by(self, value: Decimal) -> bool:
        """True if this value satisfies the threshold; exact."""
        return holds(self.threshold, value)


@dataclass(frozen=True)
class Delivery:
    """One declared campaign: its state in the account, and its results where it was sent.

    `status`, `name`, `subject` and `scheduled_at` are live, `declared` is what the manifest has.
    """

    address: Address
    state: DeliveryState
    status: str = ""
    id: str = ""
    name: str = ""
    subject: str = ""
    scheduled_at: datetime | None = None
    results: Results | None = None
    engagement: Engagement | None = None
    expectations: tuple[Expectation, ...] = ()
    findings: tuple[Finding, ...] = ()
    place: Place | None = None
    declared: Resource | None = None

    @property
    def due(self) -> datetime | None:
        """The declared time."""
        schedule = self.declared.intent.schedule if self.declared else None
        return schedule.at if schedule else None

    def missed(self, now: datetime) -> Timing | None:
        """How a campaign that goes out, or went out, missed its declared time; None if it did not.

        That is where a plan finds its manual step done wrong.
        """
        if self.due is None or self.status not in UNDER_WAY:
            return None
        timing = Timing.of(self.status, self.scheduled_at, self.due, now)
        return None if timing is Timing.IN_TIME else timing

    @property
    def sent_at(self) -> datetime | None:
        """The time of sending: the one that the campaign was scheduled for."""
        return self.scheduled_at if self.state == DeliveryState.SENT else None


@dataclass(frozen=True)
class DeliveryQuery:
    """The time to report on: days for the dashboard (None: no dashboard), a period per campaign.

    `timezone` is an IANA name.
    """

    past_days: int | None = 30
    period: str = PERIODS[0]
    timezone: str = "UTC"


@dataclass(frozen=True)
class Report:
    """Everything that was read; `unread` is why a dashboard that was asked for is missing."""

    made_at: datetime
    query: DeliveryQuery
    deliveries: tuple[Delivery, ...]
    dashboard: Dashboard | None = None
    unread: str = ""
    requests: int = 0

    @property
    def states(self) -> Counter[DeliveryState]:
        """How many campaigns are in each state."""
        return Counter(delivery.state for delivery in self.deliveries)

    @property
    def verdicts(self) -> Counter[Verdict]:
        """How many expectations have each verdict."""
        return Counter(each.verdict for d in self.deliveries for each in d.expectations)

    @property
    def as_expected(self) -> bool:
        """True if no expectation failed, and none on a sent campaign is undecided."""
        return not self.verdicts[Verdict.FAILED] and not self.verdicts[Verdict.UNKNOWN]


def judge(
    desired: Resource, results: Results | None, state: DeliveryState
) -> tuple[Expectation, ...]:
    """Every expectation of a campaign against its results, in the order of the manifest."""
    judged = []
    for metric, threshold in desired.intent.expect.items():
        number = METRICS[metric](results) if results else None
        live = None if number is None else Decimal(number)
        verdict, why = UNDECIDED[state]
        if live is not None:
            verdict, why = Verdict.MET if holds(threshold, live) else Verdict.FAILED, ""
        elif results:
            verdict, why = Verdict.UNKNOWN, "the account does not show this number"
        place = desired.intent.places.get(f"expect.{metric}") or desired.intent.place
        judged.append(Expectation(metric, threshold, verdict, live, why, place))
    return tuple(judged)


def holds(threshold: str, value: Decimal) -> bool:
    """True if `value` satisfies a comparison in its canonical form, such as `>= 20`; exact."""
    sign, _, number = threshold.partition(" ")
    return COMPARISONS[sign](value, Decimal(number))
