"""Reads of contacts: searches by email address or list, and the feed of events of one contact."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from itertools import chain
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.api import BATCH, PAGE, SEARCH, TRIES, Raw, ReadApi
from bmeconf.kinds.capabilities import Touch
from bmeconf.kinds.id_map import IdMap
from bmeconf.model.errors import ApiError, IncompleteRead, Rejected

SOURCE = ["_id", "key", "fields", "lists", "tags", "contactStatus", "contactSubStatus"]
TOO_MANY = (400, 413)
"""How the API, or a gateway before it, may refuse a search for too many addresses (2.1)."""
WRITES = ("contact-created", "contact-updated", "contact-unsubscribed", "contact-reactivated")
"""The events that change a contact."""
EVENTS = {"types": ",".join(WRITES), "page": 1, "size": 100}
"""Events asked for; a contact with more writes tells nothing."""


def by_email(
    api: ReadApi, id_map: IdMap, spelled: Mapping[str, Collection[str]], key: Callable[[Raw], str]
) -> Sequence[Raw]:
    """Every contact with one of the addresses `spelled`, which come with their spellings.

    `key` returns the address of a contact. All of them stood so when they were found. One that
    changes its address between two searches is found twice, or not at all: so nothing may be found
    twice, and what is missing is searched for once more (API contract 4.2.1).

    A search for more addresses than usual is evidence for what it finds alone: each spelling that
    it does not find is searched for as usual. Where that finds more, or it fails, the account does
    not take so many after all.

    Raises:
        IncompleteRead: where addresses change each time that they are searched for.
        ApiError, Refused, LimitReached: as the replies say.
    """
    emails, dialect = sorted(chain(*spelled.values())), api.dialect
    for _ in range(TRIES):
        large = len(emails) > BATCH < dialect.search_batch
        try:
            rows, searches = _hits(api, id_map, emails, dialect.search_batch)
            found = {(replies.id_of(row), own): row for row in rows if (own := key(row)) in spelled}
            changed = len({id for id, _ in found}) < len(found)
            if (large or searches > 1) and not changed:
                missing = chain(*(spelled[key] for key in spelled.keys() - {k for _, k in found}))
                unseen = {*emails} - {replies.text_of(row.get("key")) for row in rows}
                late, _ = _hits(api, id_map, sorted(unseen if large else missing), BATCH)
                others = [(replies.id_of(row), own) for row in late if (own := key(row)) in spelled]
                changed = not found.keys() >= {*others}
        except ApiError:
            if not large:
                raise
            changed = True
        if not changed:
            return [*found.values()]
        if large:
            dialect.search_batch = min(BATCH, dialect.search_batch)
            return by_email(api, id_map, spelled, key)
    raise IncompleteRead(
        f"{SEARCH}: addresses changed each of the {TRIES} times that they were searched for",
        "nothing is concluded from half a search; run again when nobody is at work on the account",
    )


def _hits(
    api: ReadApi, id_map: IdMap, emails: Sequence[str], most: int
) -> tuple[Sequence[Raw], int]:
    """Every hit for `emails`, and how many searches that took: as few as the server allows.

    How many groups a search may have, `most` at the utmost, and how many hits a page, is not
    documented (API contract 6, question 4): fewer, until the first search is taken.
    """

    def search(batch: Sequence[str]) -> Sequence[Raw]:
        return api.search(_query(id_map, "KEY", batch), len(batch))

    size = most = min(most, api.dialect.search_batch)
    while emails:
        try:
            first = search(emails[:size])
        except Rejected as error:
            if error.status not in TOO_MANY or min(size, len(emails)) == 1:
                raise
            refused = min(size, len(emails))
            while size >= refused:
                size = BATCH if size > BATCH else size // 2
            continue
        left = emails[size:]
        if size < most:
            api.dialect.search_batch = min(size, api.dialect.search_batch)
        size = min(size, api.dialect.search_batch)
        batches = [left[at : at + size] for at in range(0, len(left), size)]
        rest = api.together([partial(search, batch) for batch in batches])
        return [row for hits in (first, *rest) for row in hits], 1 + len(batches)
    return (), 0


def members_of(api: ReadApi, id_map: IdMap, list_id: str) -> Sequence[Raw]:
    """Every contact on a list: no other call of the API names them (API contract 5).

    Raises:
        IncompleteRead: where pages and total do not agree, as above the search's ceiling.
    """
    query = _query(id_map, "LIST_ID", [list_id])
    if (size := api.dialect.search_batch) > BATCH:
        try:
            return api.search(query, size)
        except ApiError:
            api.dialect.search_batch = BATCH
    return api.search(query, PAGE)


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
