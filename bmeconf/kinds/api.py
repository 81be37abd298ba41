"""The API as kinds see it: two protocols of the client, its dialect, and what a write comes to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, TypeVar

from bmeconf.model import NOTHING

Raw = Mapping[str, Any]
"""A JSON object as the API sends it."""
OBJECT = (dict, Mapping)
"""What a JSON object is an instance of: nearly always a dict, which is known at once."""
T = TypeVar("T")
SEARCH = "/api/contact/search"
"""Where a POST only reads (API contract 4.2.1)."""
TRIES = 3
"""How often a read that meets somebody else's change is begun."""
BATCH, PAGE = 200, 100
"""Addresses that a search, and rows that a page is asked for (API contract 6, questions 4 and 7).

More is asked for only where an account was found to take it, and counts only with a proof.
"""
SHAPES = ("ids", "actions")
"""Of lists in a written contact: ids, or what is to be done with each."""
MOST = 1000
"""The largest size that is believed."""
LEARNED: Mapping[str, Collection[Any]] = {
    "search_batch": range(1, MOST + 1),
    "page_size": range(10, MOST + 1),
    "contact_lists": SHAPES,
    "create_tags": (True, False),
    "sorts": (True, False),
}
"""The parts of a dialect that are worth remembering between runs, and their values."""


@dataclass
class Dialect:
    """What a run knows of the API where the documents leave it open, from earlier runs or its own.

    `contact_lists` is the shape in which contact writes take lists (API contract 6, question 1);
    it is `contact_lists_known` once a write of this run was taken. `create_tags`: a create takes
    tags (4.2). `replacement_proven`: the parts of a contact that a replacement was seen to keep
    (question 3).

    `search_batch` is how many addresses one search may ask for (question 4), `page_size` how many
    rows a page of a listing may have (question 7). `sorts`: listings come in the order asked for.
    """

    contact_lists: str = SHAPES[0]
    contact_lists_known: bool = False
    create_tags: bool = True
    replacement_proven: frozenset[str] = frozenset()
    search_batch: int = BATCH
    page_size: int = PAGE
    sorts: bool = True

    @classmethod
    def of(cls, learned: Mapping[str, Any]) -> Dialect:
        """The dialect that begins with what was `learned`; what cannot be is not taken."""
        usual = cls()
        sound: dict[str, Any] = {
            name: value
            for name, value in learned.items()
            if type(value) is type(getattr(usual, name, None)) and value in LEARNED.get(name, ())
        }
        return replace(usual, **sound)

    @classmethod
    def answered(
        cls, switches: Mapping[str, Any], at_least: Collection[str] = ()
    ) -> dict[str, Any]:
        """The parts worth remembering that follow from the `switches` that a probe found.

        A limit of 0 is none, and one of those `at_least` that large may be the usual one.
        """

        def most(name: str, usual: int) -> int | None:
            size = switches.get(name)
            if type(size) is not int:
                return None
            return min(max(size, usual) if name in at_least else size or MOST, MOST)

        groups, hits = (most(f"search_max_{name}", BATCH) for name in ("groups", "size"))
        writes, tags = (switches.get(name) for name in ("contact_lists_write", "create_tags"))
        found = {
            "search_batch": groups and min(groups, hits or MOST),
            "page_size": most("page_max_size", PAGE),
            "contact_lists": SHAPES[0] if writes == "both" else writes,
            "create_tags": None if tags is None else tags != "error",
        }
        return {name: value for name, value in found.items() if value is not None}

    def changed(self, since: Dialect) -> dict[str, Any]:
        """The parts worth remembering that are other than before, `since`."""
        now = {name: getattr(self, name) for name in LEARNED}
        return {name: value for name, value in now.items() if value != getattr(since, name)}

    @property
    def lists_unproven(self) -> bool:
        """True while only an earlier run or a probe says that lists have another shape than usual.

        Then a write is looked at: a service might not heed what it does not know.
        """
        return not self.contact_lists_known and self.contact_lists != SHAPES[0]

    def back_to_usual_lists(self) -> None:
        """Give up a shape that was learned of lists: a write in it was not heeded."""
        self.contact_lists, self.contact_lists_known = SHAPES[0], False


class Written(NamedTuple):
    """The result of a create or an update: the object's id, and what showed it afterwards.

    `reply` is the answer to the last write, where it may have to prove that nobody wrote after
    it. `read` is the object as it was read afterwards, where the kind has to read it anyway.
    """

    id: str
    reply: Raw = NOTHING
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
