"""The API as kinds see it: two protocols of the client, its dialect, and what a write comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, TypeVar

Raw = Mapping[str, Any]
"""A JSON object as the API sends it."""
T = TypeVar("T")
SEARCH = "/api/contact/search"
"""Where a POST only reads (API contract 4.2.1)."""
TRIES = 3
"""How often a read that meets somebody else's change is begun."""
PAGE = 100
"""Rows that a page of a listing is asked to have (API contract 6, question 7)."""
SIZES = ("search_batch", "page_size")
"""The parts of a dialect that are worth remembering between runs."""


@dataclass
class Dialect:
    """What a run has learned of the API where the documents leave it open.

    `contact_lists` is the shape in which contact writes take lists: `ids` or `actions`
    (API contract 6, question 1). `replacement_proven`: the parts of a contact that a
    replacement was seen to keep (question 3).

    `search_batch` is how many addresses one search may ask for (question 4), `page_size` how many
    rows a page of a listing may have (question 7): never more than was tried without a refusal.
    """

    contact_lists: str = "ids"
    contact_lists_known: bool = False
    replacement_proven: frozenset[str] = frozenset()
    search_batch: int = 200
    page_size: int = PAGE

    @classmethod
    def of_sizes(cls, sizes: Mapping[str, int]) -> Dialect:
        """The dialect of which an earlier run learned these `sizes`; others are not taken.

        What is larger than usual was learned by no run: it might be more than a service looks at.
        """
        usual = cls()
        batch = min(usual.search_batch, sizes.get("search_batch", usual.search_batch))
        page = min(usual.page_size, sizes.get("page_size", usual.page_size))
        return replace(usual, search_batch=batch, page_size=page)

    def smaller(self, than: Dialect) -> dict[str, int]:
        """The sizes that turned out to be smaller `than` before, by their names."""
        now = {name: getattr(self, name) for name in SIZES}
        return {name: size for name, size in now.items() if size < getattr(than, name)}


@dataclass(frozen=True)
class Written:
    """The result of a create or an update: the object's id, and what showed it afterwards.

    `reply` is the answer to the last write, where it may have to prove that nobody wrote after
    it. `read` is the object as it was read afterwards, where the kind has to read it anyway.
    """

    id: str
    reply: Raw = field(default_factory=dict)
    read: Raw | None = None


class ReadApi(Protocol):
    """The reading half of the client."""

    dialect: Dialect

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The decoded reply of one GET."""

    def listing(self, path: str, params: Mapping[str, Any] | None = None) -> Sequence[Raw]:
        """Every row of a listing that comes whole, in one reply."""

    def pages(
        self,
        path: str,
        params: Mapping[str, Any] | None = None,
        in_one: str = "",
        names_suffice: Callable[[Sequence[Raw]], bool] = lambda rows: False,
    ) -> Sequence[Raw]:
        """Every row of a paged listing, as they were at one moment.

        `in_one` is a path under which the same ids and names come in one reply. Where these are
        enough, as `names_suffice` says, some rows may show no more than that.
        """

    def search(self, body: Mapping[str, Any], size: int) -> Sequence[Raw]:
        """Every hit of a contact search, as they were at one moment; one reply where they fit."""

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """The results of `calls`, which only read, in their order; some are made side by side.

        Raises what the first of them that fails does, as if no later one had been made.
        """

    def pause(self, seconds: float) -> None:
        """Wait, for the search index to catch up."""


class WriteApi(ReadApi, Protocol):
    """The client once it was opened for apply; `writes` counts those done, or maybe done."""

    writes: int

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """The reply to one write, None where it is empty; sent again only if it was not taken."""

    def between_steps(self) -> None:
        """No step is under way: waits may be cut short again."""

    def not_landed(self) -> None:
        """The last write was looked for and was not done after all."""
