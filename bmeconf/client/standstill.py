"""Proofs that nothing changed while the replies of a listing came (design 7.2).

*Again*: all replies but the last, asked for once more, are what they were. Then the account was
like that when the last one came.

*Newest*: the rows came with the last change first. Asked for in the opposite order, the last page
ends with the newest row, so that a server which does not sort is found out: it has other rows
there. What was made or edited since the first page has a newer time than all that this page
showed, and would be at that end; with nothing made, an equal total says that nothing was deleted.
"""

from __future__ import annotations

from dataclasses import replace

from bmeconf.client.page import Listing, Walk
from bmeconf.kinds import Raw, replies

NEWEST, OLDEST = "updatedAt:desc", "updatedAt:asc"
"""Orders to ask for: the last change first, or last (API contract 3.4, 4.4)."""


def again(listing: Listing, walk: Walk) -> bool:
    """True where all replies but the last are the same when asked for again, by their number.

    Also the last one, where others may have come after it.
    """
    before = walk.pages[:-1] if walk.last_came_last else walk.pages
    pages = listing.pages(range(1, len(before) + 1))
    return [page.content for page in pages] == [page.content for page in before]


def newest(listing: Listing, walk: Walk) -> bool:
    """True where one more page proves that `walk`, which came in the order NEWEST, is one moment.

    Several rows of the very time of the newest might hide one more: then it proves nothing. Nor
    does it where no row shows a later change than its creation, since edits may not move the time.
    """
    rows, read = [row for page in walk.pages for row in page.rows], walk.rows
    total = len(rows)
    times = [at for row in rows if (at := replies.instant_of(row.get("updatedAt")))]
    counted = {page.total for page in walk.pages} == {total} == {len(read)}
    in_order = len(times) == total and times == sorted(times, reverse=True)
    if not (counted and in_order and any(map(_edited_since_made, rows))):
        return False
    size = max(range(1, len(walk.pages[0].rows) + 1), key=lambda size: _on_last(total, size))
    shown = _on_last(total, size)
    if times[shown - 1] == times[0]:
        return False
    last = replace(listing, size=size, order=OLDEST).page(-(-total // size))
    as_read = all(_same(row, read.get(replies.id_of(row))) for row in last.rows)
    at_end = [replies.instant_of(row.get("updatedAt")) for row in last.rows]
    return last.total == total and as_read and at_end == times[:shown][::-1]


def _on_last(total: int, size: int) -> int:
    """How many of `total` rows are on the last page of `size`."""
    return (total - 1) % size + 1


def _same(row: Raw, read: Raw | None) -> bool:
    return read is not None and replies.edited(row) == replies.edited(read)


def _edited_since_made(row: Raw) -> bool:
    made, at = (replies.instant_of(row.get(key)) for key in ("createdAt", "updatedAt"))
    return made is not None and at is not None and at > made
