"""What a Reader has for whole listings: those in pages, in one reply, and contact searches."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from bmeconf.client import paging
from bmeconf.client.page import Listing, Page, page_of
from bmeconf.client.standstill import NEWEST
from bmeconf.kinds import BATCH, PAGE, SEARCH, Dialect, Raw
from bmeconf.model.errors import Rejected

Data = Mapping[str, Any] | None
"""The parameters of a request, or its body."""
T = TypeVar("T")


class Listings(ABC):
    """Every row of a listing, or an error; sizes that the server refuses are not tried again.

    `dialect` remembers them. No listing has more than `most_pages`.
    """

    def __init__(self, dialect: Dialect, most_pages: int) -> None:
        self.dialect, self._most_pages = dialect, most_pages

    @abstractmethod
    def get(self, path: str, params: Data = None) -> Any:
        """The decoded reply of one GET."""

    @abstractmethod
    def hits(self, body: Mapping[str, Any]) -> Any:
        """The decoded reply of one contact search."""

    @abstractmethod
    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """The results of `calls`, which only read, in their order."""

    def listing(self, path: str, params: Data = None) -> Sequence[Raw]:
        """Every row of a listing that comes whole, in one reply."""
        return paging.in_one_reply(path, lambda: page_of(self.get(path, params), path))

    def pages(
        self,
        path: str,
        params: Data = None,
        in_one: str = "",
        names_suffice: Callable[[Sequence[Raw]], bool] = lambda rows: False,
    ) -> Sequence[Raw]:
        """Every row of a paged listing, once each.

        `in_one` is a path where their ids and names come in one reply; where these are enough, as
        `names_suffice` says, some rows show no more than that.
        """

        def ask(size: int, page: int, sort: str) -> Page:
            asked = {**(params or {}), "page": page, "size": size, "sort": sort or None}
            found = page_of(self.get(path, asked), path)
            if page == 1 and size > PAGE:
                found.hold_whole(size, path)
            return found

        def read(size: int) -> Sequence[Raw]:
            listing = Listing(path, ask, self.together, self._most_pages, size)
            if in_one:
                return paging.paged_and_named(listing, partial(self.listing, in_one), names_suffice)
            if self.dialect.sorts:
                try:
                    return paging.paged(replace(listing, order=NEWEST))
                except Rejected as error:
                    if error.status != 400 or not error.names_field("sort"):
                        raise
                    self.dialect.sorts = False
            return paging.paged(listing)

        first = self.dialect.page_size
        rows, size = paging.sized("size", first, read, usual=PAGE)
        if size != first:
            self.dialect.page_size = size
        return rows

    def search(self, body: Mapping[str, Any], size: int) -> Sequence[Raw]:
        """Every hit of a contact search, in pages of `size` (API contract 4.2.1).

        Raises:
            IncompleteRead: also where more than usual were to come in one reply, and did not.
        """
        shown = size

        def ask(size: int, page: int, sort: str) -> Page:
            nonlocal shown
            found = page_of(self.hits({**body, "page": page, "pageSize": size}), SEARCH)
            if page == 1 and size > BATCH:
                found.hold_whole(size, SEARCH)
            if page == 1:
                shown = found.size(size)
            return found

        def read(size: int) -> Sequence[Raw]:
            return paging.paged(Listing(SEARCH, ask, self.together, self._most_pages, size))

        rows, _ = paging.sized("pageSize", size, read, usual=size)
        if shown < size:
            # So many hits fit in one reply: further searches ask for no more addresses.
            self.dialect.search_batch = min(self.dialect.search_batch, shown)
        return rows
