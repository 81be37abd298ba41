"""Many pages are proven to be of one moment by one request more, or by asking for all again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

import pytest

from bmeconf.client import Budget, Reader
from bmeconf.kinds import Dialect
from tests.support.clocks import FakeClock
from tests.support.fake_server import Action, FakeServer, Seen, refusal, reply
from tests.support.strategies import cells

PATH = "/api/email/campaign"
ORDER = "sort=updatedAt:"
Row = dict[str, Any]
Rows = list[Row]


def row(number: int, **other: Any) -> Row:
    """A campaign that was edited an hour after it was made; a later one has a higher number."""
    day = f"{number // 28 + 1:02}-{number % 28 + 1:02}"
    times = {"createdAt": f"2026-{day}T08:00:00.000Z", "updatedAt": f"2026-{day}T09:00:00.000Z"}
    return {"_id": f"{number:024x}", "name": f"C{number}", "status": "draft", **times, **other}


class Listing:
    """A listing of `rows`, at most ten a page; `before` may change them before a request."""

    def __init__(self, rows: Rows, before: Callable[[int, Rows], None]) -> None:
        self.rows, self._before, self._lock = rows, before, threading.Lock()
        self.asked: list[str] = []

    def answer(self, seen: Seen) -> Action:
        with self._lock:
            return self._answer(seen)

    def _answer(self, seen: Seen) -> Action:
        self._before(len(self.asked), self.rows)
        query = {key: values[0] for key, values in parse_qs(seen.query).items()}
        order = query.get("sort", "")
        self.asked.append(query["page"] + {"": "", "updatedAt:desc": "v"}.get(order, "^"))
        return self.page(int(query["page"]), min(int(query["size"]), 10), order)

    def page(self, number: int, size: int, order: str) -> Action:
        rows = self.sorted(order) if order else self.rows
        shown = rows[(number - 1) * size : number * size]
        return reply({"total": len(rows), "records": shown})

    def sorted(self, order: str) -> Rows:
        down = order == "updatedAt:desc"
        return sorted(self.rows, key=lambda row: str(row["updatedAt"]), reverse=down)


class Unsorted(Listing):
    """A server that takes no notice of `sort`: the last change comes first all the same."""

    def sorted(self, order: str) -> Rows:
        return super().sorted("updatedAt:desc")


class Bare(Listing):
    def page(self, number: int, size: int, order: str) -> Action:
        return reply(self.sorted(order)[(number - 1) * size : number * size])


class Refusing(Listing):
    def page(self, number: int, size: int, order: str) -> Action:
        if order:
            return refusal(400, "ValidationError", "sort is not allowed")
        return super().page(number, size, order)


def still(number: int, rows: Rows) -> None:
    """Nobody works on the account."""


def read(listing: Listing, parallel: int = 1, dialect: Dialect | None = None) -> Rows:
    clock = FakeClock()
    with FakeServer(listing.answer) as server:
        budget = Budget(clock=clock.time, sleep=clock.sleep, per_minute=None)
        found = Reader(server.url, "bme_key", budget, dialect, parallel=parallel).pages(PATH)
    return sorted(map(dict, found), key=lambda row: row["_id"])


ACCOUNT = [row(number) for number in range(1, 36)]
UNEDITED = [{**each, "updatedAt": each["createdAt"]} for each in ACCOUNT]
AT_ONCE = [{**each, "updatedAt": "2026-09-09T09:00:00.000Z"} for each in ACCOUNT]
UNTIMED = [{**each, "updatedAt": None} for each in ACCOUNT]
ONE_UNTIMED = [*ACCOUNT[:20], {**ACCOUNT[20], "updatedAt": "lately"}, *ACCOUNT[21:]]
A_FEW_AT_ONCE = [*ACCOUNT[:31], *AT_ONCE[31:]]
AGAIN = "1v 2v 3v 4v 1v 2v 3v"
COSTS = {
    "one page": (Listing, ACCOUNT[:10], "1v"),
    "two pages": (Listing, ACCOUNT[:20], "1v 2v 1v"),
    "three pages": (Listing, ACCOUNT[:21], "1v 2v 3v 3^"),
    "four pages": (Listing, ACCOUNT, "1v 2v 3v 4v 4^"),
    "a few of the last time": (Listing, A_FEW_AT_ONCE, "1v 2v 3v 4v 4^"),
    "all of one time": (Listing, AT_ONCE, AGAIN),
    "none was ever edited": (Listing, UNEDITED, AGAIN),
    "no times": (Listing, UNTIMED, AGAIN),
    "a time that is none": (Listing, ONE_UNTIMED, AGAIN),
    "in an order of its own": (Unsorted, ACCOUNT, "1v 2v 3v 4v 4^ 1v 2v 3v"),
    "no totals": (Bare, ACCOUNT, "1v 2v 3v 4v 5v 1v 2v 3v 4v"),
    "sort is refused": (Refusing, ACCOUNT, "1v 1 2 3 4 1 2 3"),
}


@pytest.mark.parametrize("name", COSTS)
def test_the_pages_that_are_asked_for(name: str) -> None:
    kind, rows, asked = COSTS[name]
    listing = kind([*rows], still)
    assert read(listing) == rows
    assert listing.asked == asked.split()


def test_a_sort_that_is_refused_is_asked_for_once() -> None:
    dialect = Dialect()
    for asked in ("1v 1 2 3 4 1 2 3", "1 2 3 4 1 2 3"):
        listing = Refusing([*ACCOUNT], still)
        assert read(listing, dialect=dialect) == ACCOUNT
        assert listing.asked == asked.split()
    assert dialect.changed(Dialect()) == {"sorts": False}


def deleted(rows: Rows) -> None:
    rows.pop(7)


def made(rows: Rows) -> None:
    rows.insert(3, row(300))


def renamed(rows: Rows) -> None:
    rows[4] = {**rows[4], "name": "Other", "updatedAt": "2026-12-01T00:00:00.000Z"}


def edited_at_the_last_time(rows: Rows) -> None:
    """In the very second of the newest, where the service tells no more than seconds."""
    newest = max(rows, key=lambda row: row["updatedAt"])
    rows[4] = {**rows[4], "subject": "Other", "updatedAt": newest["updatedAt"]}


def replaced(rows: Rows) -> None:
    deleted(rows)
    made(rows)


MOVES = [deleted, made, renamed, edited_at_the_last_time, replaced]


@pytest.mark.parametrize(
    ("kind", "at", "move", "parallel"),
    cells((Listing, Unsorted, Bare), range(1, 6), MOVES, (1, 4)),
    ids=lambda value: getattr(value, "__name__", value),
)
def test_a_change_between_two_pages_is_noticed(
    kind: type[Listing], at: int, move: Callable[[Rows], None], parallel: int
) -> None:
    states = [sorted(ACCOUNT, key=lambda row: row["_id"])]

    def before(number: int, rows: Rows) -> None:
        if number == at:
            move(rows)
            states.append(sorted(rows, key=lambda row: row["_id"]))

    assert read(kind([*ACCOUNT], before), parallel) in states


def test_pages_are_asked_for_side_by_side_between_the_first_and_the_last() -> None:
    # A barrier that only three pages at once can pass.
    between = threading.Barrier(3)

    class Slow(Listing):
        def answer(self, seen: Seen) -> Action:
            if parse_qs(seen.query)["page"][0] in "234" and "desc" in seen.query:
                between.wait(10)
            return super().answer(seen)

    rows = [row(number) for number in range(1, 46)]
    listing = Slow(rows, still)
    assert read(listing, parallel=4) == rows
    assert sorted(listing.asked[1:4]) == ["2v", "3v", "4v"]
    assert listing.asked[4:] == ["5v", "5^"]
