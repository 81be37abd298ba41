"""Searches for contacts: by email address, in batches, and by list (API contract 4.2.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bmeconf.kinds.api import ReadApi
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.model.errors import Rejected

SOURCE = ["_id", "key", "fields", "lists", "tags", "contactStatus", "contactSubStatus"]
BATCH = 50
"""Emails per search: one filter group each (API contract 6, question 4)."""
PAGE = 100
"""Hits per page of the members of a list."""


def by_email(api: ReadApi, id_map: IdMap, emails: Sequence[str]) -> list[Raw]:
    """Every hit for these email addresses.

    Raises:
        ApiError, Refused, LimitReached: as the replies say.
    """
    starts = range(0, len(emails), BATCH)
    return [row for at in starts for row in _batch(api, id_map, emails[at : at + BATCH])]


def members_of(api: ReadApi, id_map: IdMap, list_id: str) -> Sequence[Raw]:
    """Every contact on a list: no other call of the API names them (API contract 5).

    Raises:
        IncompleteRead: where pages and total do not agree, as above the search's ceiling.
    """
    return _hits(api, id_map, "LIST_ID", [list_id], PAGE)


def _batch(api: ReadApi, id_map: IdMap, emails: Sequence[str]) -> Sequence[Raw]:
    try:
        return _hits(api, id_map, "KEY", emails, len(emails))
    except Rejected as error:
        if error.status != 400 or len(emails) == 1:
            raise
        # How many groups one search may have is not documented: halve until it fits.
        middle = len(emails) // 2
        return [
            *_batch(api, id_map, emails[:middle]),
            *_batch(api, id_map, emails[middle:]),
        ]


def _hits(
    api: ReadApi, id_map: IdMap, column: str, values: Iterable[str], size: int
) -> Sequence[Raw]:
    """The hits for any of `values`: one filter group with one criterion each."""
    criteria = ({"columnToFilter": column, "operator": "EQ", "values": [v]} for v in values)
    body = {
        "contactStructureId": id_map.structure_id,
        "source": SOURCE,
        "contactSpecification": {"filters": [{"criterias": [each]} for each in criteria]},
    }
    return api.search(body, size)
