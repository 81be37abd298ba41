"""Listings: every row, as the account had them at one moment, or an error (design 7.2).

One reply shows one moment. Several do not: while they come, somebody may delete a row of a page
that was read, and another row slips past, off a page that is still to come. So several replies
count only with a proof that the account stood still while they came (`standstill`). The names of
lists come in one reply too; where these are the names in the pages, no other proof is needed.

Sources: API contract 3.4 (page, size, sort), 4.3 (lists/all), 6 (question 7).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bmeconf.client import standstill
from bmeconf.client.page import Listing, Page, Walk, names_of
from bmeconf.kinds import TRIES, Raw, replies
from bmeconf.model.errors import ApiError, IncompleteRead, Rejected

SIZES = (100, 25, 10)
"""Page sizes to ask for, the next one where the server refuses the last."""
WAVE = 8
"""Pages that are asked for together at the utmost: a total may claim more than there are."""
FEW = 2
"""Up to so many pages, asking for them again costs no more than another proof."""
Read = Callable[[], Sequence[Raw]]


def sized(
    field: str, first: int, read: Callable[[int], Sequence[Raw]], usual: int
) -> tuple[Sequence[Raw], int]:
    """The rows that `read` returns for the `first` size that is not refused, and that size.

    `field` is the name of the size in the request. After `first` come the usual sizes: it may be
    a size that no earlier run learned. Where it is larger than `usual`, any failure is a refusal.
    """
    smaller, larger = ([n for n in SIZES if n < first], [n for n in SIZES if n > first])
    sizes = [first, *smaller, *larger]
    for size in sizes[:-1]:
        try:
            return read(size), size
        except ApiError as error:
            rejected = error if isinstance(error, Rejected) and error.status == 400 else None
            if size <= usual and not (rejected and rejected.names_field(field)):
                raise
    return read(sizes[-1]), sizes[-1]


def paged(listing: Listing) -> Sequence[Raw]:
    """Every row of a listing, which is first asked for in the order NEWEST, or in none.

    Raises:
        IncompleteRead: where the pages have no end, do not agree with their total, or change
            each time that they are read.
    """
    for _ in range(TRIES):
        walk = _walk(listing)
        if listing.order and len(walk.pages) > FEW and standstill.newest(listing, walk):
            return [*walk.rows.values()]
        if walk.agrees and standstill.again(listing, walk):
            return [*walk.rows.values()]
        # Rows of one time may come in another order each time: now in the server's own order.
        listing = replace(listing, order="")
    raise _incomplete(listing.what, walk)


def paged_and_named(
    listing: Listing, named: Read, names_suffice: Callable[[Sequence[Raw]], bool]
) -> Sequence[Raw]:
    """Every row of a listing of which `named` reads all ids and names in one reply.

    Where these are enough, as `names_suffice` says of them, the pages are not read to their end:
    then only the rows of the first page show more.
    """
    for attempt in range(TRIES):
        # Were the names never those of the pages, the pages alone would still tell.
        names = _Names(named, names_suffice) if attempt == 0 else None
        walk = _walk(listing, names)
        if names and names.suffice:
            return _merged(walk.pages[0].rows, names.rows)
        if walk.agrees and (walk.names is not None or standstill.again(listing, walk)):
            return [*walk.rows.values()]
    raise _incomplete(listing.what, walk)


def in_one_reply(what: str, ask: Callable[[], Page]) -> Sequence[Raw]:
    """Every row of a listing that comes in one reply.

    Raises:
        IncompleteRead: where the rows and the total do not agree.
    """
    for _ in range(TRIES):
        walk = Walk([ask()])
        if walk.total in (None, len(walk.rows)):
            return [*walk.rows.values()]
    raise _incomplete(what, walk)


@dataclass
class _Names:
    """All ids and names of a listing, `rows` once they were read; whether they `suffice`."""

    read: Read
    are_enough: Callable[[Sequence[Raw]], bool]
    rows: Sequence[Raw] = ()
    suffice: bool = False

    def around(self, page: Page) -> dict[str, str]:
        """Read the names, by id, of the listing that `page` is a part of."""
        self.rows = self.read()
        by_id = {**names_of(self.rows)}
        self.suffice = page.total in (None, len(by_id)) and self.are_enough(self.rows)
        return by_id


def _walk(listing: Listing, names: _Names | None = None) -> Walk:
    # A short page says nothing, since the server may cap the size; an empty one does, and one
    # that brings nothing new comes from a listing that does not page at all.
    walk, ids = Walk([]), set[str]()
    for page, walk.last_came_last in _pages(listing):
        known = len(ids)
        walk.pages.append(page)
        ids.update(page.ids)
        if len(ids) == known or (page.total is not None and len(ids) >= page.total):
            return walk
        if names and walk.names is None:
            walk.names = names.around(page)
            if names.suffice:
                return walk
        if walk.names is not None and len(ids) >= len(walk.names):
            return walk
    raise IncompleteRead(
        f"{listing.what}: the listing has no end after {listing.most} pages",
        "nothing is concluded from half a listing; report it if it stays",
    )


def _pages(listing: Listing) -> Iterator[tuple[Page, bool]]:
    """The pages in their order, some asked for together; and whether all others came before it.

    The first is there before any other is asked for, and all others before the last: the proofs
    rest on that.
    """
    first = listing.page(1)
    yield first, True
    last = -(-(first.total or 0) // max(1, len(first.rows)))
    number = 2
    while number <= listing.most:
        wave = range(number, max(number + 1, min(last, number + WAVE, listing.most + 1)))
        yield from ((page, len(wave) == 1) for page in listing.pages(wave))
        number = wave.stop


def _merged(first: Sequence[Raw], rows: Sequence[Raw]) -> Sequence[Raw]:
    """`rows`, with all that the `first` page shows of those which it gives the same name."""
    shown, there, names = (
        {replies.id_of(row): row for row in first},
        names_of(first),
        names_of(rows),
    )
    by_id = ((replies.id_of(row), row) for row in rows)
    return [{**shown[id], **row} if there.get(id) == names[id] else row for id, row in by_id]


def _incomplete(what: str, walk: Walk) -> IncompleteRead:
    then = "nothing is concluded from half a listing; run again"
    if walk.total not in (None, len(walk.rows)):
        message = f"the API counts {walk.total} and its pages hold {len(walk.rows)}"
        return IncompleteRead(f"{what}: {message}", f"{then}, and report it if it stays")
    return IncompleteRead(
        f"{what}: it changed each of the {TRIES} times that its pages were read",
        f"{then} when nobody is at work on the account",
    )
