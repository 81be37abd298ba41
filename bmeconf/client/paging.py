"""Listings: every row, as the account had them at one moment, or an error (design 7.2).

One reply shows one moment. Several do not: while they come, somebody may delete a row of a page
that was read, and another row slips past, off a page that is still to come. So several replies
count only with a proof that the account stood still while they came (`standstill`). Lists come in
one piece too, by id and name; where that shows what the pages show, no other proof is needed.

Sources: API contract 3.4 (page, size, sort), 4.3 (lists/all), 6 (question 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from bmeconf.client import standstill
from bmeconf.client.page import Page, Walk, names
from bmeconf.client.standstill import Fetch, Together
from bmeconf.kinds import Raw, replies
from bmeconf.model.errors import IncompleteRead, Rejected

SIZES = (100, 25, 10)
"""Page sizes to ask for, the next one where the server refuses the last."""
TRIES = 3
"""How often a read that meets somebody else's change is begun."""
WAVE = 8
"""Pages that are asked for together at the utmost: a total may claim more than there are."""
FEW = 2
"""Up to so many pages, asking for them again costs no more than another proof."""
Read = Callable[[], Sequence[Raw]]


def sized(
    field: str, largest: int, read: Callable[[int], Sequence[Raw]]
) -> tuple[Sequence[Raw], int]:
    """The rows that `read` returns for the `largest` size that is not refused, and that size.

    `field` is the name of the size in the request.
    """
    sizes = [largest, *(size for size in SIZES if size < largest)]
    for size in sizes[:-1]:
        try:
            return read(size), size
        except Rejected as error:
            if error.status != 400 or not error.names_field(field):
                raise
    return read(sizes[-1]), sizes[-1]


def paged(
    what: str, fetch: Fetch, together: Together, most: int, size: int, sort: str = ""
) -> Sequence[Raw]:
    """Every row of a listing that comes in pages of `size`, `most` of them at the utmost.

    `together` asks for several pages. `sort` is NEWEST where the listing may be asked for in the
    order of its changes.

    Raises:
        IncompleteRead: where the pages have no end, do not agree with their total, or change
            each time that they are read.
    """
    for attempt in range(TRIES):
        # Rows of one time may come in another order each time: then in the server's own order.
        order = "" if attempt else sort
        in_order = partial(_page, fetch, size, order)
        try:
            walk = _walk(what, in_order, together, most)
        except Rejected as error:
            if not order or error.status != 400 or not error.names_field("sort"):
                raise
            return paged(what, fetch, together, most, size)
        if order and len(walk.pages) > FEW and standstill.newest(fetch, walk):
            return [*walk.rows.values()]
        if walk.agrees and standstill.again(in_order, together, walk):
            return [*walk.rows.values()]
    raise _incomplete(what, walk)


def beside(
    what: str,
    fetch: Fetch,
    together: Together,
    in_one: Read,
    names_do: Callable[[Sequence[Raw]], bool],
    most: int,
    size: int,
) -> Sequence[Raw]:
    """Every row of such a listing that comes `in_one` reply as well, by id and name alone.

    Where these are enough, as `names_do` says of them, the pages are not read to their end: then
    only the rows of the first page show more.
    """
    in_order = partial(_page, fetch, size, "")
    for attempt in range(TRIES):
        # Were the piece never what the pages are, the pages alone would still tell.
        piece = _Piece(in_one, names_do) if attempt == 0 else None
        walk = _walk(what, in_order, together, most, piece)
        if piece and piece.enough:
            return _merged(walk.pages[0].rows, piece.rows)
        if walk.agrees and (walk.piece is not None or standstill.again(in_order, together, walk)):
            return [*walk.rows.values()]
    raise _incomplete(what, walk)


def whole(what: str, fetch: Callable[[], Page]) -> Sequence[Raw]:
    """Every row of a listing that comes in one reply.

    Raises:
        IncompleteRead: where the rows and the total do not agree.
    """
    for _ in range(TRIES):
        walk = Walk([fetch()])
        if walk.total in (None, len(walk.rows)):
            return [*walk.rows.values()]
    raise _incomplete(what, walk)


@dataclass
class _Piece:
    """The rows in one reply, once they were asked for; whether they are `enough`."""

    read: Read
    names_do: Callable[[Sequence[Raw]], bool]
    rows: Sequence[Raw] = ()
    enough: bool = False

    def beside(self, page: Page) -> dict[str, str]:
        """Ask for the rows that `page` is a part of; their names by id."""
        self.rows = self.read()
        found = names(self.rows)
        self.enough = page.total in (None, len(found)) and self.names_do(self.rows)
        return {**found}


def _page(fetch: Fetch, size: int, sort: str, number: int) -> Page:
    return fetch(size, number, sort)


def _walk(
    what: str,
    fetch: Callable[[int], Page],
    together: Together,
    most: int,
    piece: _Piece | None = None,
) -> Walk:
    # A short page says nothing, since the server may cap the size; an empty one does, and one
    # that brings nothing new comes from a listing that does not page at all.
    walk, ids = Walk([]), set[str]()
    for page, walk.last_came_last in _pages(fetch, together, most):
        known = len(ids)
        walk.pages.append(page)
        ids.update(page.ids)
        if len(ids) == known or (page.total is not None and len(ids) >= page.total):
            return walk
        if piece and walk.piece is None:
            walk.piece = piece.beside(page)
            if piece.enough:
                return walk
        if walk.piece is not None and len(ids) >= len(walk.piece):
            return walk
    raise IncompleteRead(
        f"{what}: the listing has no end after {most} pages",
        "nothing is concluded from half a listing; report it if it stays",
    )


def _pages(
    fetch: Callable[[int], Page], together: Together, most: int
) -> Iterator[tuple[Page, bool]]:
    """The pages in their order, some asked for together; and whether all others came before it.

    The first is there before any other is asked for, and all others before the last: the proofs
    rest on that.
    """
    first = fetch(1)
    yield first, True
    last = -(-(first.total or 0) // max(1, len(first.rows)))
    number = 2
    while number <= most:
        wave = range(number, max(number + 1, min(last, number + WAVE, most + 1)))
        pages = together([partial(fetch, number) for number in wave])
        yield from ((page, len(wave) == 1) for page in pages)
        number = wave.stop


def _merged(first: Sequence[Raw], rows: Sequence[Raw]) -> Sequence[Raw]:
    """`rows`, with all that the `first` page shows of those which it gives the same name."""
    named, shown = names(first).items(), {replies.id_of(row): row for row in first}
    wanted = names(rows).items()
    by_id = {replies.id_of(row): row for row in rows}
    return [{**shown[id], **by_id[id]} if (id, name) in named else by_id[id] for id, name in wanted]


def _incomplete(what: str, walk: Walk) -> IncompleteRead:
    then = "nothing is concluded from half a listing; run again"
    if walk.total not in (None, len(walk.rows)):
        message = f"the API counts {walk.total} and its pages hold {len(walk.rows)}"
        return IncompleteRead(f"{what}: {message}", f"{then}, and report it if it stays")
    return IncompleteRead(
        f"{what}: it changed each of the {TRIES} times that its pages were read",
        f"{then} when nobody is at work on the account",
    )
