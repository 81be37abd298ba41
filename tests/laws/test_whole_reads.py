"""A listing is a state that the account had, or an error, whatever somebody does while it is read
(design 7.2): between any two requests objects are made, deleted, renamed, and change places.

Searches for addresses in several batches are held to this where one change falls among them. Of
several changes they may see some: then each contact that is found was there as it was found, and
each that is not found was not there, neither at first nor when it was looked for once more.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.client import Budget, Reader
from bmeconf.kinds import KINDS, IdMap, Raw, ReadApi
from bmeconf.kinds.contacts import members_of
from bmeconf.model.errors import IncompleteRead
from tests.support.clocks import FakeClock
from tests.support.driver import Account, Project
from tests.support.fake_server import (
    Action,
    Cut,
    Forward,
    Rule,
    Seen,
    edited,
    in_front_of,
    meanwhile,
)
from tests.support.strategies import STRUCTURE, Data, examples, ident

pytestmark = pytest.mark.long

MOVED_ONCE = 2
EMAILS = tuple(f"c{number:02}@acme.example" for number in range(14))
NEWS = ident(1, 99)
ID_MAP = IdMap(structure={"_id": STRUCTURE, "label": "Contacts", "fields": [], "tags": []})


def rows_of(kind: str) -> Callable[[ReadApi], Sequence[Raw]]:
    return lambda api: KINDS[kind].rows(api, ID_MAP, ())


def all_rows_of(kind: str) -> Callable[[ReadApi], Sequence[Raw]]:
    return lambda api: KINDS[kind].all_rows(api, ID_MAP)


def reread_of(kind: str, *keys: str) -> Callable[[ReadApi], Sequence[Raw]]:
    return lambda api: list(KINDS[kind].reread(api, ID_MAP, keys).values())


@dataclass(frozen=True)
class Listing:
    """What is read, how, and in which dialect; `most` moves may come between two requests.

    Where times are `frozen`, an edit does not move them. `batches` come one after the other.
    """

    kind: str
    read: Callable[[ReadApi], Sequence[Raw]]
    switches: Mapping[str, Any] = field(default_factory=dict)
    most: int = 2
    frozen: bool = False
    batches: bool = False


PAGED, ARRAY = {"page_max_size": 3}, {"page_max_size": 3, "lists_page": "array"}
SEARCHED = {"search_max_size": 3}
LISTINGS = {
    "lists": Listing("lists", all_rows_of("lists"), PAGED),
    "lists, in a small page": Listing("lists", all_rows_of("lists"), {"page_max_size": 1}),
    "lists as arrays": Listing("lists", all_rows_of("lists"), ARRAY),
    "lists as arrays, in one as an envelope": Listing(
        "lists", all_rows_of("lists"), {**ARRAY, "lists_all": "envelope"}
    ),
    "lists by name": Listing("lists", rows_of("lists"), PAGED),
    "lists by name, as arrays": Listing("lists", rows_of("lists"), ARRAY),
    "lists in one piece": Listing("lists", reread_of("lists"), PAGED),
    "campaigns": Listing("campaigns", rows_of("campaigns"), PAGED),
    "campaigns, in a small page": Listing(
        "campaigns", rows_of("campaigns"), {"page_max_size": 1}, most=1
    ),
    "campaigns whose times stand": Listing("campaigns", rows_of("campaigns"), PAGED, frozen=True),
    "campaigns of a page size that is refused": Listing(
        "campaigns",
        rows_of("campaigns"),
        {"page_max_size": 10, "page_max_size_mode": "error"},
    ),
    "campaigns, minimal": Listing(
        "campaigns", rows_of("campaigns"), {**PAGED, "campaign_body": "minimal"}
    ),
    "contacts by address": Listing("contacts", reread_of("contacts", *EMAILS), SEARCHED),
    "contacts in batches": Listing(
        "contacts", reread_of("contacts", *EMAILS), {"search_max_groups": 5}, batches=True
    ),
    "contacts in batches of pages": Listing(
        "contacts",
        reread_of("contacts", *EMAILS),
        {"search_max_groups": 7, "search_max_size": 2, "search_status": "object"},
        batches=True,
    ),
    "members of a list": Listing(
        "contacts", lambda api: members_of(api, ID_MAP, NEWS), {**SEARCHED, "search_ceiling": 0}
    ),
}
MOVES = st.tuples(
    st.sampled_from(("make", "delete", "rename", "nothing")),
    st.integers(0, 20),
    st.integers(0, 20),
)


class Moving:
    """An account that changes before each request; `states` are all that it had, by id and name.

    What is renamed may change its place too, as in a listing that is sorted by name. `searches`
    are the addresses that each search asked for, and the state that it met.
    """

    def __init__(
        self, account: Account, listing: Listing, number: int, moves: list[list[Any]]
    ) -> None:
        self._account, self._kind, self._moves = account, listing.kind, iter([[], *moves])
        self._frozen, self._turn = listing.frozen, threading.Lock()
        self.searches: list[tuple[set[str], Mapping[str, str]]] = []
        self._numbers, self._edits = itertools.count(1), itertools.count(1)
        self._key = "key" if listing.kind == "contacts" else "name"
        self._objects = [self._new() for _ in range(number)]
        self.states: list[Mapping[str, str]] = []
        self._put()

    def before(self, seen: Seen, forward: Forward) -> Action:
        """Make the next moves, then let the request pass, whichever is the next."""
        with self._turn:
            for what, one, other in next(self._moves, []):
                self._move(what, one, other)
            if seen.line == CONTACTS:
                self.searches.append((asked(seen), self.states[-1]))
            return forward()

    def _move(self, what: str, one: int, other: int) -> None:
        if what == "make" and (self._kind != "contacts" or self._free()):
            self._objects.insert(other % (len(self._objects) + 1), self._new())
        elif what == "delete" and self._objects:
            del self._objects[one % len(self._objects)]
        elif what == "rename" and self._objects and (name := self._name()):
            changed = self._objects.pop(one % len(self._objects))
            at = changed["updatedAt"] if self._frozen else self._now()
            changed = {**changed, self._key: name, "updatedAt": at, "__v": changed["__v"] + 1}
            self._objects.insert(other % (len(self._objects) + 1), changed)
        else:
            return
        self._put()

    def _put(self) -> None:
        base: Data = {"structures": [{"_id": STRUCTURE}], "lists": [], "campaigns": []}
        if self._kind == "contacts":
            base["lists"] = [{"_id": NEWS, "name": "News"}]
        self._account.set({**base, "contacts": [], self._kind: self._objects})
        self.states.append({one["_id"]: one[self._key] for one in self._objects})

    def _new(self) -> Data:
        number = next(self._numbers)
        created, updated = self._now(), self._now()
        at = {"createdAt": created, "updatedAt": created if self._frozen else updated}
        member = {"lists": [NEWS]} if self._kind == "contacts" else {}
        return {"_id": ident(4, number), "__v": 0, **at, **member, self._key: self._name()}

    def _now(self) -> str:
        edit = next(self._edits)
        return f"2026-01-01T00:{edit // 60:02}:{edit % 60:02}.000Z"

    def _free(self) -> list[str]:
        return sorted({*EMAILS} - {one["key"] for one in getattr(self, "_objects", ())})

    def _name(self) -> str:
        if self._kind != "contacts":
            return f"Name {next(self._edits)}"
        free = self._free()
        return free[next(self._edits) * 5 % len(free)] if free else ""


def asked(seen: Seen) -> set[str]:
    """The addresses that a search asks for."""
    filters = json.loads(seen.body)["contactSpecification"]["filters"]
    return {value for each in filters for one in each["criterias"] for value in one["values"]}


def hold_each(found: Mapping[str, str], moving: Moving) -> None:
    """Hold each contact to the searches that asked for it."""
    for id, key in found.items():
        assert any(key in keys and state.get(id) == key for keys, state in moving.searches)
    for missing in {*EMAILS} - {*found.values()}:
        states = [state for keys, state in moving.searches if missing in keys]
        assert all(missing not in state.values() for state in states[-2:])


@pytest.mark.parametrize("name", LISTINGS)
def test_a_listing_is_a_state_that_the_account_had(account: Account, name: str) -> None:
    listing = LISTINGS[name]
    account.switch(hour_limit=0, month_quota=0, **listing.switches)
    ends: list[str] = []

    @examples(9)
    @given(
        st.integers(0, 11),
        st.lists(st.lists(MOVES, max_size=listing.most), max_size=14),
        st.sampled_from((1, 4)),
    )
    def law(number: int, moves: list[list[Any]], parallel: int) -> None:
        account_moves = Moving(account, listing, number, moves)
        clock = FakeClock()
        with in_front_of(account.sandbox.url, account_moves.before) as server:
            budget = Budget(clock=clock.time, sleep=clock.sleep, per_minute=None)
            reader = Reader(server.url, account.sandbox.key, budget, parallel=parallel)
            try:
                rows = listing.read(reader)
            except IncompleteRead:
                ends.append("error")
                return
        found = {row["_id"]: row.get("key", row.get("name")) for row in rows}
        if listing.batches and len(account_moves.states) > MOVED_ONCE:
            hold_each(found, account_moves)
        else:
            assert found in account_moves.states
        ends.append("moved" if len(account_moves.states) > 1 else "still")

    law()
    assert ends.count("error") < len(ends) / 2, ends


# --- the same, as commands

LISTS = "GET /api/contact-structure/[0-9a-f]+/lists"
CAMPAIGNS = "GET /api/email/campaign"
CONTACTS = "POST /api/contact/search"


@pytest.fixture
def large(account: Account) -> Account:
    """An account with more lists and campaigns than a page has, all in the order of their names."""
    lists = [{"_id": ident(1, n), "name": f"L{n:03}"} for n in range(1, 151)]
    campaigns = [{"_id": ident(3, n), "name": f"C{n:03}"} for n in range(1, 151)]
    campaigns[0] |= {"name": "D", "lists": [ident(1, 101)]}
    account.set({"structures": [{"_id": STRUCTURE}], "lists": lists, "campaigns": campaigns})
    return account


@pytest.mark.parametrize(
    ("kind", "line", "command"),
    [
        ("lists", LISTS, ("plan",)),
        ("lists", LISTS, ("apply", "--auto-approve")),
        ("lists", LISTS, ("drift",)),
        ("lists", LISTS, ("pull", "--out", "pulled")),
        ("campaigns", CAMPAIGNS, ("plan",)),
        ("campaigns", CAMPAIGNS, ("drift",)),
        ("campaigns", CAMPAIGNS, ("pull", "--out", "pulled")),
        ("campaigns", CAMPAIGNS, ("report",)),
    ],
    ids=str,
)
def test_a_listing_that_never_stands_still_is_an_error(
    kind: str, line: str, command: tuple[str, ...], large: Account, project: Project, cut: Cut
) -> None:
    # A list that is to be made is looked for on every page.
    lists = [{"name": "L100"}, {"name": "New"}]
    project.declare(lists=lists, campaigns=[{"name": "D", "lists": ["L100"]}])
    names = (one["name"] for one in large.state()[kind][1:])
    server = cut(Rule(line, meanwhile(lambda: large.remove(kind, next(names)))))
    said = project.refused(*command, code=1)
    assert "changed each of the 3 times that its pages were read" in said
    assert "run again when nobody is at work on the account" in said
    assert server.writes() == []


@pytest.mark.parametrize(
    "command", [("plan",), ("apply", "--auto-approve"), ("drift",), ("pull", "--out", "x")], ids=str
)
@pytest.mark.parametrize("change", ["renamed", "removed"])
def test_a_campaign_that_moves_between_its_listing_and_its_content_is_an_error(
    account: Account, project: Project, cut: Cut, command: tuple[str, ...], change: str
) -> None:
    campaigns = [{"_id": ident(3, 1), "name": "D"}]
    account.set({"structures": [{"_id": STRUCTURE}], "campaigns": campaigns})
    project.declare(campaigns=[{"name": "D", "subject": "New"}])

    def move() -> None:
        if change == "renamed":
            account.edit("campaigns", "D", name="E")
        else:
            account.remove("campaigns", "D")

    server = cut(Rule(f"{CAMPAIGNS}/.*", meanwhile(move), times=1))
    said = project.refused(*command, code=1)
    assert ("'D' became 'E' while it was read" in said) == (change == "renamed")
    assert "again" in said
    assert server.writes() == []


@pytest.mark.parametrize(
    ("lists", "switches", "requests"),
    [
        (99, {}, ["lists"]),
        (100, {}, ["lists"]),
        (99, {"lists_page": "array"}, ["lists", "all"]),
        (101, {}, ["lists", "all"]),
        (250, {}, ["lists", "all"]),
        (250, {"lists_page": "array"}, ["lists", "all"]),
    ],
)
def test_what_lists_cost(
    account: Account, project: Project, lists: int, switches: Any, requests: list[str]
) -> None:
    listed = [{"_id": ident(1, n), "name": f"L{n:03}"} for n in range(1, lists + 1)]
    account.set({"structures": [{"_id": STRUCTURE}], "lists": listed})
    account.switch(**switches)
    project.planned(lists=[{"name": "L001"}])
    assert [entry["path"].rpartition("/")[2] for entry in account.log()][1:] == requests


@pytest.mark.parametrize("lists", [101, 250])
@pytest.mark.parametrize(
    "entry",
    [{"name": "New"}, {"name": "L001", "state": "absent"}, {"name": "L2", "id": ident(1, 2)}],
)
def test_what_lists_cost_that_are_to_change(
    account: Account, project: Project, lists: int, entry: Any
) -> None:
    listed = [{"_id": ident(1, n), "name": f"L{n:03}"} for n in range(1, lists + 1)]
    account.set({"structures": [{"_id": STRUCTURE}], "lists": listed})
    project.planned(lists=[entry])
    asked = [entry["path"].rpartition("/")[2] for entry in account.log()][1:]
    assert asked == ["lists", "all", *["lists"] * (-(-lists // 100) - 1)]


@pytest.mark.parametrize(
    ("number", "live", "requests"), [(100, 0, 1), (101, 101, 3), (150, 150, 3), (150, 50, 4)]
)
def test_what_contacts_cost(
    account: Account, project: Project, number: int, live: int, requests: int
) -> None:
    emails = [f"c{n}@acme.example" for n in range(number)]
    contacts = [{"_id": ident(2, n), "key": email} for n, email in enumerate(emails[:live])]
    account.set({"structures": [{"_id": STRUCTURE}], "contacts": contacts})
    project.planned(contacts=[{"email": email} for email in emails])
    # The first search, for all of them, is refused: the service takes a hundred at a time.
    assert len([e for e in account.log() if e["path"] == "/api/contact/search"]) == requests


@pytest.mark.parametrize("declared", [{"lists": ["L001"]}, {}], ids=["declared", "left alone"])
@pytest.mark.parametrize(
    ("status", "told"), [("draft", True), ("scheduled", True), ("sent", False)], ids=str
)
def test_a_reference_to_a_list_that_no_listing_shows_is_told(
    account: Account, project: Project, cut: Cut, declared: Any, status: str, told: bool
) -> None:
    lists = [{"_id": ident(1, 1), "name": "L001"}]
    draft = {"_id": ident(3, 1), "name": "D", "lists": [ident(1, 1)], "status": status}
    contact = {"_id": ident(2, 1), "key": EMAILS[0], "lists": [ident(1, 1)]}
    account.set(
        {"structures": [{"_id": STRUCTURE}]}
        | {"lists": lists, "campaigns": [draft], "contacts": [contact]}
    )
    other = edited(lambda shown: {**shown, "lists": [ident(1, 7)]})
    cut(Rule("GET /api/(email/campaign|contact)/[0-9a-f]+", other))
    contacts = [{"email": EMAILS[0], "lists": ["L001"]}]
    project.declare(
        lists=[{"name": "L001"}], campaigns=[{"name": "D", **declared}], contacts=contacts
    )
    for document in (project.plan(), project.run("drift", "--format", "json").json):
        found = {f["address"]: f for f in document["findings"] if f["code"] == "unlisted"}
        assert ("campaigns/D" in found) == told
        assert all(f"lists/#{ident(1, 7)}" in f["message"] for f in found.values())
