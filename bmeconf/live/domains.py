"""Sending domains that are ready, read only where a campaign declares a sender (design 7.10)."""

from __future__ import annotations

from bmeconf.kinds import Mailing, Raw, ReadApi, only
from bmeconf.model import Finding, Snapshot
from bmeconf.model.errors import ScopeMissing

DOMAINS = "/api/email/domain"


def ready(api: ReadApi, desired: Snapshot) -> tuple[frozenset[str] | None, tuple[Finding, ...]]:
    """The domains that are ready for sending, None where they were not or could not be read.

    A key without the scope for it is a finding, and no error.

    Raises:
        ApiError, Refused, LimitReached: where the domains could not be read.
    """
    kind = only(Mailing)
    senders = [r for r in desired.of_kind(kind.name) if r.fields.get(kind.sender)]
    if not senders:
        return None, ()
    try:
        rows = api.listing(DOMAINS)
    except ScopeMissing as error:
        unread = Finding(
            "warning",
            "sender_unchecked",
            senders[0].address,
            f"whether the sender's domain is ready could not be checked: {error.message}",
            "give the key the scope domains:read",
        )
        return None, (unread,)
    return frozenset(str(row.get("domain", "")).lower() for row in rows if _ready(row)), ()


def _ready(domain: Raw) -> bool:
    ready = domain.get("isReadyForSending")
    return ready if isinstance(ready, bool) else domain.get("status") == "verified"
