"""A listing in pages: one page, how each is asked for, and all that came. Pure.

Source: API contract 6 (questions 8 and 10).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

from bmeconf.kinds import OBJECT, Raw, replies
from bmeconf.model.errors import IncompleteRead, ReplyUnreadable


class Page(NamedTuple):
    """The rows of a reply with their ids, and the total that it claims, where it claims one."""

    rows: Sequence[Raw]
    ids: Sequence[str]
    total: int | None

    @property
    def content(self) -> tuple[int | None, list[list[Any]]]:
        """What stays the same where nobody changes anything."""
        return self.total, [*map(replies.edited, self.rows)]

    def size(self, asked: int) -> int:
        """How many rows the server puts on a page that was `asked` to have so many."""
        cut = self.total is not None and 0 < len(self.rows) < min(self.total, asked)
        return len(self.rows) if cut else asked

    def hold_whole(self, asked: int, what: str) -> None:
        """Raise IncompleteRead unless this first page has all rows, or as many as were `asked`.

        What comes after a page that was cut short depends on how a service counts its pages.
        """
        if len(self.rows) not in (asked, self.total):
            told = f"a page of {asked} was asked for, and {len(self.rows)} rows came"
            raise IncompleteRead(f"{what}: {told}", "run again, and report it if it stays")


def page_of(reply: Any, what: str) -> Page:
    """Rows and total out of a bare array, or of an envelope.

    Raises:
        ReplyUnreadable: where the reply is neither, or a row is not an object with an id.
    """
    rows, total = reply, None
    if isinstance(reply, Mapping):
        rows = next((reply[k] for k in ("records", "contacts", "data") if k in reply), None)
        total = replies.count_of(reply.get("total", reply.get("totalRecords")))
    if not isinstance(rows, list) or not all(isinstance(row, OBJECT) for row in rows):
        raise ReplyUnreadable(
            f"{what}: the answer is not a listing of the kind that the API documents"
        )
    name = f"{what}: a row"
    return Page(rows, [replies.id_of(row, name) for row in rows], total)


@dataclass(frozen=True)
class Listing:
    """A listing that comes in pages of `size` rows, at most `most` of them; `what` names it.

    `ask` brings a page: its size, its number from 1, and the `order` of the rows, empty for any.
    `together` asks for several, side by side or not.
    """

    what: str
    ask: Callable[[int, int, str], Page]
    together: Callable[[Sequence[Callable[[], Page]]], list[Page]]
    most: int
    size: int
    order: str = ""

    def page(self, number: int) -> Page:
        return self.ask(self.size, number, self.order)

    def pages(self, numbers: Iterable[int]) -> list[Page]:
        """Several pages, in the order of their `numbers`."""
        return self.together([partial(self.page, number) for number in numbers])


@dataclass
class Walk:
    """The pages of one listing, in their order; `names` by id, where one reply has brought all.

    `last_came_last`: the last page was asked for after all others had come.
    """

    pages: list[Page]
    names: Mapping[str, str] | None = None
    last_came_last: bool = True

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
        if self.names not in (None, names_of(rows.values())):
            return False
        if self.total is not None or self.names is not None:
            return self.total in (None, len(rows))
        # A listing that does not page gives its rows again.
        *before, last = self.pages
        counted = before if last.content in [page.content for page in before] else self.pages
        return sum(len(page.rows) for page in counted) == len(rows)


def names_of(rows: Iterable[Raw]) -> Mapping[str, str]:
    """The name of each row, by its id."""
    return {replies.id_of(row): replies.text_of(row.get("name")) or "" for row in rows}
