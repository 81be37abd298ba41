"""Listings: every row, as the account had them at one moment, or an error (design 7.2).

One reply shows one moment. Several do not: while they come, somebody may delete a row of a page
that was read, and another row slips past, off a page that is still to come. So several replies
count only where, after the last of them, all the others are asked for again and are what they
were: then the account was like that when the last one came. Lists come in one piece too, by id
and name; where that shows what the pages show, nothing is asked for again.

Sources: API contract 3.4 (page and size), 4.3 (lists/all), 6 (questions 7, 8, 10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from bmeconf.kinds import Raw, replies
from bmeconf.model.errors import IncompleteRead, Rejected, ReplyUnreadable

SIZES = (100, 25, 10)
"""Page sizes to ask for, the next one where the server refuses the last."""
TRIES = 3
"""How often a read that meets somebody else's change is begun."""
Read = Callable[[], Sequence[Raw]]


@dataclass(frozen=True)
class Page:
    """The rows of a reply, and the total that it claims, where it claims one."""

    rows: Sequence[Raw]
    total: int | None

    @property
    def ids(self) -> list[str]:
        return [replies.id_of(row) for row in self.rows]

    @property
    def content(self) -> tuple[int | None, list[list[Any]]]:
        """What stays the same where nobody changes anything."""
        return self.total, [*map(replies.edited, self.rows)]


def page_of(reply: Any, what: str) -> Page:
    """Rows and total out of a bare array, or of an envelope.

    Raises:
        ReplyUnreadable: where the reply is neither, or a row is not an object with an id.
    """
    rows, total = reply, None
    if isinstance(reply, Mapping):
        rows = next((reply[k] for k in ("records", "contacts", "data") if k in reply), None)
        total = replies.count_of(reply.get("total", reply.get("totalRecords")))
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ReplyUnreadable(
            f"{what}: the answer is not a listing of the kind that the API documents"
        )
    for row in rows:
        replies.id_of(row, f"{what}: a row")
    return Page(rows, total)


def sized(
    what: str,
    field: str,
    sizes: Sequence[int],
    fetches: Sequence[Callable[[int, int], Page]],
    most: int,
    in_one: Read | None = None,
) -> Sequence[Raw]:
    """Every row of each `fetch(size, page)`, with the largest size that the server does not refuse.

    Pages are from 1, `most` of them at the utmost. `in_one` reads the same rows in one reply.

    Raises:
        IncompleteRead: where the pages have no end, do not agree with their total, or change
            each time that they are read.
    """
    for size in sizes:
        try:
            sized_fetches = [partial(fetch, size) for fetch in fetches]
            return _at_one_moment(what, sized_fetches, most, in_one)
        except Rejected as error:
            if error.status != 400 or not error.names_field(field) or size == sizes[-1]:
                raise
    return ()


def whole(what: str, fetch: Callable[[], Page]) -> Sequence[Raw]:
    """Every row of a listing that comes in one reply.

    Raises:
        IncompleteRead: where the rows and the total do not agree.
    """
    for _ in range(TRIES):
        walk = _Walk([fetch()])
        if walk.total in (None, len(walk.rows)):
            return [*walk.rows.values()]
    raise _incomplete(what, [walk])


@dataclass
class _Walk:
    """The replies of one listing, in their order; `piece` are its names by id, from one reply."""

    pages: list[Page]
    piece: Mapping[str, str] | None = None

    @property
    def rows(self) -> Mapping[str, Raw]:
        return {id: row for p in self.pages for id, row in zip(p.ids, p.rows, strict=True)}

    @property
    def total(self) -> int | None:
        return next((p.total for p in reversed(self.pages) if p.total is not None), None)

    @property
    def agrees(self) -> bool:
        """True where the replies may be of one moment."""
        rows = self.rows
        if self.piece not in (None, _names(rows.values())):
            return False
        if self.total is not None or self.piece is not None:
            return self.total in (None, len(rows))
        # A listing that does not page gives its rows again.
        *before, last = self.pages
        counted = before if last.content in [page.content for page in before] else self.pages
        return sum(len(page.rows) for page in counted) == len(rows)


def _at_one_moment(
    what: str, fetches: Sequence[Callable[[int], Page]], most: int, in_one: Read | None
) -> Sequence[Raw]:
    for attempt in range(TRIES):
        # Were the piece never what the pages are, the pages alone would still tell.
        piece = in_one if attempt == 0 else None
        walks = [_walk(what, fetch, most, piece) for fetch in fetches]
        if all(walk.agrees for walk in walks) and _stand_still(fetches, walks):
            return [*{id: row for walk in walks for id, row in walk.rows.items()}.values()]
    raise _incomplete(what, walks)


def _stand_still(fetches: Sequence[Callable[[int], Page]], walks: Sequence[_Walk]) -> bool:
    """True where all replies but the last are the same when asked for again."""
    asked = [
        (fetch, number, page)
        for fetch, walk in zip(fetches, walks, strict=True)
        if walk.piece is None
        for number, page in enumerate(walk.pages, 1)
    ]
    return all(fetch(number).content == page.content for fetch, number, page in asked[:-1])


def _walk(what: str, fetch: Callable[[int], Page], most: int, in_one: Read | None) -> _Walk:
    # A short page says nothing, since the server may cap the size; an empty one does, and one
    # that brings nothing new comes from a listing that does not page at all.
    walk, seen = _Walk([]), set[str]()
    for number in range(1, most + 1):
        page, known = fetch(number), len(seen)
        walk.pages.append(page)
        seen.update(page.ids)
        if len(seen) == known or (page.total is not None and len(seen) >= page.total):
            return walk
        if in_one and walk.piece is None:
            walk.piece = _names(in_one())
        if walk.piece is not None and len(seen) >= len(walk.piece):
            return walk
    raise IncompleteRead(
        f"{what}: the listing has no end after {most} pages",
        "nothing is concluded from half a listing; report it if it stays",
    )


def _names(rows: Iterable[Raw]) -> Mapping[str, str]:
    return {replies.id_of(row): replies.text_of(row.get("name")) or "" for row in rows}


def _incomplete(what: str, walks: Sequence[_Walk]) -> IncompleteRead:
    then = "nothing is concluded from half a listing; run again"
    for walk in walks:
        if walk.total not in (None, len(walk.rows)):
            message = f"the API counts {walk.total} and its pages hold {len(walk.rows)}"
            return IncompleteRead(f"{what}: {message}", f"{then}, and report it if it stays")
    return IncompleteRead(
        f"{what}: it changed each of the {TRIES} times that its pages were read",
        f"{then} when nobody is at work on the account",
    )
