"""What became of each declared campaign, and of the account as a whole. Pure data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bmeconf.model import FINISHED, UNFINISHED, Address, CampaignStatus, Finding, Place
from bmeconf.report.expectations import Expectation, Verdict
from bmeconf.report.results import Dashboard, Engagement, Results

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


@dataclass(frozen=True)
class Delivery:
    """One declared campaign: its state in the account, and its results where it was sent.

    `status`, `name`, `subject` and `scheduled_at` are live.
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
