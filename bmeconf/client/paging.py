"""Listings, walked to their end: every row once, or an error (design 7.2). Pure but for `fetch`.

Sources: API contract 3.4 (page and size), 6 (questions 7, 8, 10).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from bmeconf.kinds import Raw, replies
from bmeconf.model.errors import IncompleteRead, Rejected, ReplyUnreadable

SIZES = (100, 25, 10)
"""Page sizes to ask for, the next one where the server refuses the last."""
Page = tuple[Sequence[Raw], int | None]
"""Rows, and the total that the reply claims, where it claims one."""


def page_of(reply: Any, what: str) -> Page:
    """Rows and total out of a bare array, or of an envelope.

    Raises:
        ReplyUnreadable: where the reply is neither, or a row is not an object.
    """
    rows, total = reply, None
    if isinstance(reply, Mapping):
        rows = next((reply[k] for k in ("records", "contacts", "data") if k in reply), None)
        total = replies.count_of(reply.get("total", reply.get("totalRecords")))
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ReplyUnreadable(
            f"{what}: the answer is not a listing of the kind that the API documents"
        )
    return rows, total


def sized(
    what: str, field: str, sizes: Sequence[int], fetch: Callable[[int, int], Page], most: int
) -> Sequence[Raw]:
    """Every row of `fetch(size, page)`, with the largest size that the server does not refuse.

    Pages are from 1, `most` of them at the utmost.

    Raises:
        IncompleteRead: where the pages have no end, or the rows and the total do not agree.
    """
    for size in sizes[:-1]:
        try:
            return _agreed(what, partial(_walk, what, partial(fetch, size), most))
        except Rejected as error:
            if error.status != 400 or not error.names_field(field):
                raise
    return _agreed(what, partial(_walk, what, partial(fetch, sizes[-1]), most))


def whole(what: str, fetch: Callable[[], Page]) -> Sequence[Raw]:
    """Every row of a listing that comes in one reply.

    Raises:
        IncompleteRead: where the rows and the total do not agree.
    """

    def read() -> tuple[list[Raw], int | None]:
        rows, total = fetch()
        return list(_by_id(what, rows).values()), total

    return _agreed(what, read)


def _agreed(what: str, read: Callable[[], tuple[list[Raw], int | None]]) -> Sequence[Raw]:
    # Once may be chance: somebody adds or removes a row while the pages are walked.
    for _ in range(2):
        rows, total = read()
        if total is None or total == len(rows):
            return rows
    raise IncompleteRead(
        f"{what}: the API counts {total} and its pages hold {len(rows)}",
        "nothing is concluded from half a listing; run again, and report it if it stays",
    )


def _walk(what: str, fetch: Callable[[int], Page], most: int) -> tuple[list[Raw], int | None]:
    # A short page says nothing, since the server may cap the size; an empty one does, and one
    # that brings nothing new comes from a listing that does not page at all.
    seen: dict[str, Raw] = {}
    total: int | None = None
    for page in range(1, most + 1):
        batch, claimed = fetch(page)
        total = total if claimed is None else claimed
        known = len(seen)
        seen.update(_by_id(what, batch))
        if len(seen) == known or (total is not None and len(seen) >= total):
            return list(seen.values()), total
    raise IncompleteRead(
        f"{what}: the listing has no end after {most} pages",
        "nothing is concluded from half a listing; report it if it stays",
    )


def _by_id(what: str, rows: Sequence[Raw]) -> dict[str, Raw]:
    return {replies.id_of(row, f"{what}: a row"): row for row in rows}
