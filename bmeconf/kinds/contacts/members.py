"""The contacts of a list, which no call of the API names: found by a search (API contract 5)."""

from __future__ import annotations

from collections.abc import Sequence

from bmeconf.kinds.api import ReadApi
from bmeconf.kinds.contacts.kind import SOURCE, equal
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw

PAGE = 100


def of(api: ReadApi, id_map: IdMap, list_id: str) -> Sequence[Raw]:
    """Every contact on the list, as a search shows it.

    Raises:
        IncompleteRead: where pages and total do not agree, as above the search's ceiling.
    """
    body = {
        "contactStructureId": id_map.structure_id,
        "source": SOURCE,
        "contactSpecification": {"filters": [equal("LIST_ID", list_id)]},
    }
    return api.search(body, PAGE)
