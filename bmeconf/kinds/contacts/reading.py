"""Reads of contacts: searches by email address or list, and the feed of events of one contact."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.api import Raw, ReadApi
from bmeconf.kinds.capabilities import Touch
from bmeconf.kinds.id_map import IdMap
from bmeconf.model.errors import Rejected

SOURCE = ["_id", "key", "fields", "lists", "tags", "contactStatus", "contactSubStatus"]
BATCH = 50
"""Emails per search: one filter group each (API contract 6, question 4)."""
PAGE = 100
"""Hits per page of the members of a list."""
WRITES = ("contact-created", "contact-updated", "contact-unsubscribed", "contact-reactivated")
"""The events that change a contact."""
EVENTS = {"types": ",".join(WRITES), "page": 1, "size": 100}
"""Events asked for; a contact with more writes tells nothing."""


def by_email(api: ReadApi, id_map: IdMap, emails: Sequence[str]) -> Sequence[Raw]:
    """Every hit for these email addresses (API contract 4.2.1).

    Raises:
        ApiError, Refused, LimitReached: as the replies say.
    """
    size = min(BATCH, len(emails))
    while size:
        batches = [emails[at : at + size] for at in range(0, len(emails), size)]
        try:
            return api.search([_query(id_map, "KEY", batch) for batch in batches], size)
        except Rejected as error:
            if error.status != 400 or size == 1:
                raise
        # How many groups one search may have is not documented: fewer, until they fit.
        size //= 2
    return ()


def members_of(api: ReadApi, id_map: IdMap, list_id: str) -> Sequence[Raw]:
    """Every contact on a list: no other call of the API names them (API contract 5).

    Raises:
        IncompleteRead: where pages and total do not agree, as above the search's ceiling.
    """
    return api.search([_query(id_map, "LIST_ID", [list_id])], PAGE)


def _query(id_map: IdMap, column: str, values: Sequence[str]) -> Mapping[str, Any]:
    """A search for any of `values`: one filter group with one criterion each."""
    criteria = ({"columnToFilter": column, "operator": "EQ", "values": [v]} for v in values)
    return {
        "contactStructureId": id_map.structure_id,
        "source": SOURCE,
        "contactSpecification": {"filters": [{"criterias": [each]} for each in criteria]},
    }


def last_write(reply: Any) -> Touch | None:
    """The last event of a page of events, None where there may be others (API contract 4.2.3).

    The feed has no documented order and every field of an event may be missing, so that only a
    page that holds all of it tells which event is the last one.
    """
    rows = reply.get("records") if isinstance(reply, Mapping) else None
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        return None
    writes = [row for row in rows if row.get("type") in (None, *WRITES)]
    timed = [(at, row) for row in writes if (at := replies.instant_of(row.get("timestamp")))]
    whole = replies.count_of(reply.get("total")) == len(rows) and len(timed) == len(writes)
    if not timed or not whole:
        return None
    _, row = max(timed, key=lambda pair: pair[0])
    by = row.get("triggeredBy")
    who: Raw = by if isinstance(by, Mapping) else {}
    texts = (row.get("type"), row.get("source"), who.get("type"), who.get("userId"))
    return Touch(str(row["timestamp"]), *(replies.text_of(text) or "" for text in texts))
