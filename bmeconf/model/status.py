"""The statuses of a campaign (API contract 4.4)."""

from __future__ import annotations

from enum import StrEnum


class CampaignStatus(StrEnum):
    """A documented campaign status; each member equals the word that the API shows.

    A live status stays a text, since the API may show one that is not documented.
    """

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SENDING = "sending"
    SENT = "sent"
    PAUSED = "paused"
    FAILED = "failed"
    CANCELLED = "cancelled"


FINISHED = frozenset({CampaignStatus.SENT, CampaignStatus.FAILED, CampaignStatus.CANCELLED})
"""Statuses of campaigns that reach nobody any more."""
UNFINISHED = frozenset(CampaignStatus) - FINISHED
"""Statuses of campaigns that may still be sent, to all or to the rest of their recipients."""
