"""Who last wrote to a contact, as far as its events tell (API contract 4.2.3).

The feed has no documented order and every field of an event may be missing, so that only a page
that holds all of it tells which event is the last one.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.api import ReadApi
from bmeconf.kinds.capabilities import Touch
from bmeconf.kinds.replies import Raw

WRITES = ("contact-created", "contact-updated", "contact-unsubscribed", "contact-reactivated")
"""The events that change a contact."""
PAGE = 100
"""Events asked for; a contact with more writes tells nothing."""


def last_write(api: ReadApi, path: str) -> Touch | None:
    """The last change that the events under `path` tell of; see `Traceable`."""
    return last_of(api.get(path, {"types": ",".join(WRITES), "page": 1, "size": PAGE}))


def last_of(reply: Any) -> Touch | None:
    """The last event of a page of events, None where there may be others."""
    rows = reply.get("records") if isinstance(reply, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        return None
    if replies.count_of(reply.get("total")) != len(rows):
        return None
    writes = [row for row in rows if row.get("type") in (None, *WRITES)]
    timed = [(at, row) for row in writes if (at := _moment(row))]
    if not timed or len(timed) < len(writes):
        return None
    return _touch(max(timed, key=lambda pair: pair[0])[1])


def _moment(row: Raw) -> datetime | None:
    try:
        at = datetime.fromisoformat(replies.text_of(row.get("timestamp")) or "")
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def _touch(row: Raw) -> Touch:
    by = row.get("triggeredBy")
    who: Raw = by if isinstance(by, Mapping) else {}
    return Touch(
        at=str(row["timestamp"]),
        event=replies.text_of(row.get("type")) or "",
        source=replies.text_of(row.get("source")) or "",
        by=replies.text_of(who.get("type")) or "",
        user=replies.text_of(who.get("userId")) or "",
    )
