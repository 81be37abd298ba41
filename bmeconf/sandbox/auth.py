"""Authentication and authorization: keys, scopes, account standing, blocked addresses.

In: the key and source address of a request. Out: the key's document, or `ApiError` 401, 403
or 429 (API contract 1.2-1.4, 2.2, 3.2).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from bmeconf.sandbox import clock
from bmeconf.sandbox.errors import ApiError, forbidden, too_many, unauthorized
from bmeconf.sandbox.store import Doc, Store
from bmeconf.sandbox.switches import Switches

SCOPES = (
    "contacts:read",
    "contacts:write",
    "campaigns:read",
    "campaigns:write",
    "reports:read",
    "domains:read",
)
KEY_STATES = ("Active", "Inactive", "Expired", "Deleted")
STANDINGS = ("open", "pending_cancel", "suspended", "past_due", "terminated")


@dataclass
class _Record:
    failures: int = 0
    until: float = 0.0


@dataclass
class Blocks:
    """Failed authentications by source address; the caller holds the store's lock.

    The vendor publishes neither threshold nor length. A block holds for every key from the
    address, and further failures prolong it (API contract 3.2).
    """

    _records: dict[str, _Record] = field(default_factory=dict)

    def check(self, address: str, now: float) -> None:
        """Raise ApiError 429 while the address is blocked."""
        wait = self._records.get(address, _Record()).until - now
        if wait > 0:
            raise blocked(max(1, math.ceil(wait)))

    def failed(self, address: str, switches: Switches, now: float) -> None:
        """Count a failure, which may begin or prolong a block."""
        record = self._records.setdefault(address, _Record())
        is_blocked = record.until > now
        record.failures += 1
        if is_blocked or (switches.auth_failures and record.failures >= switches.auth_failures):
            record.until = now + switches.auth_block_seconds
            record.failures = 0

    def passed(self, address: str) -> None:
        """Forget the failures of an address that sent a good key."""
        self._records.pop(address, None)


def blocked(wait: int) -> ApiError:
    """429 of a blocked address, for every key."""
    return too_many("Too many failed authentication attempts. Please try again later.", wait)


def authenticate(store: Store, text: str | None, now: float) -> Doc:
    """The key's document. Raises ApiError 401, with a reason only for an expired key."""
    key = store.named("key", text) if text else None
    if key is None or key["status"] in ("Inactive", "Deleted"):
        raise unauthorized()
    expires = key["expiresAt"]
    if key["status"] == "Expired" or (expires and clock.seconds(expires) <= now):
        raise unauthorized("API key expired")
    return key


def admit(
    store: Store, blocks: Blocks, address: str, text: str | None, switches: Switches, now: float
) -> Doc:
    """Authenticate behind the block for `address`. Raises ApiError 401, 403 or 429."""
    try:
        key = authenticate(store, text, now)
    except ApiError:
        try:
            blocks.check(address, now)
        finally:
            blocks.failed(address, switches, now)
        raise
    blocks.check(address, now)
    blocks.passed(address)
    if (store.meta("standing") or "open") not in ("open", "pending_cancel"):
        raise forbidden("Account does not have API access")
    return key


def check_scope(key: Doc, scope: str | None) -> None:
    """Raise ApiError 403 naming a missing scope; a write scope includes its read scope."""
    granted = key["scopes"]
    if scope is None or scope in granted or scope.replace(":read", ":write") in granted:
        return
    raise forbidden(f"API key missing required scope: {scope}")
