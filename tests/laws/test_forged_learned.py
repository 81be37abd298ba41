"""Whatever `.bmeconf/learned.json` says, plans and writes are those of a run without it.

Only the number of requests may be another one. The values are garbage, extreme, or lies that might
be true, in several dialects of the API, and on services that say nothing of what they leave out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.client.listings import Listings
from bmeconf.kinds import BATCH, LEARNED, PAGE, Dialect, IdMap, Searched, only
from bmeconf.kinds.contacts import members_of
from bmeconf.model import Address, Intent
from bmeconf.model.errors import OutcomeUnknown
from bmeconf.sandbox.switches import Switches
from tests.support.driver import LOCK, SEARCH, Account, Project
from tests.support.fake_server import RESET, Action, Cut, Forward, Reply, Rule, Seen, refusal, reply
from tests.support.forgeries import teach
from tests.support.strategies import STRUCTURE, Data, examples, ident

pytestmark = pytest.mark.long

EMAILS = [f"c{n:03}@acme.example" for n in range(BATCH + 20)]
NEW = 5
"""So many of the contacts are not there yet."""
LISTS = [f"List {n:03}" for n in range(PAGE + 5)]
ACCOUNT: Data = {
    "structures": [{"_id": STRUCTURE, "tags": [{"_id": ident(9, 1), "label": "seed"}]}],
    "lists": [{"_id": ident(1, n), "name": name} for n, name in enumerate(LISTS)],
    "contacts": [
        {"_id": ident(2, n), "key": email, "lists": [ident(1, n % 3)]}
        for n, email in enumerate(EMAILS[:-NEW])
    ],
}
MANIFEST: Data = {
    "structure": {"tags": ["seed"]},
    "lists": [{"name": "Another"}],
    "contacts": [
        *({"email": email} for email in EMAILS[2:-NEW]),
        {"email": EMAILS[0], "lists": [LISTS[1]]},
        {"email": EMAILS[1], "lists": [], "tags": ["seed"]},
        *({"email": e.title(), "lists": [LISTS[-1]], "tags": ["seed"]} for e in EMAILS[-NEW:]),
    ],
}
DIALECTS: Mapping[str, Data] = {
    "as it is": {},
    "generous": {
        **dict.fromkeys(("search_max_groups", "search_max_size", "page_max_size"), 0),
        "contact_lists_write": "actions",
        "create_tags": "error",
    },
    "cutting": {
        "search_max_groups": 0,
        "search_max_size": 60,
        "lists_page": "array",
        "contact_put": "merge",
        "contact_lists_write": "both",
        "contact_key_case": "kept",
    },
    "refusing": {
        **dict.fromkeys(("search_max_size_mode", "page_max_size_mode"), "error"),
        "page_max_size": 25,
        "contact_lists_write": "both",
        "create_tags": "ignore",
    },
}
LIES: Mapping[str, Sequence[Any]] = {
    "search_batch": (7, 60, 150, BATCH + 1, 500, 1000),
    "page_size": (10, 25, 60, PAGE + 1, 1000),
    "contact_lists": ("ids", "actions"),
    "create_tags": (True, False),
    "sorts": (True, False),
}
STRONGEST: Data = {name: values[-1] for name, values in LIES.items()}
GARBAGE = st.sampled_from(
    (0, 1, -1, 10**20, 1.5, True, None, "", "both", [], {"value": 5}, ["ids"])
)


def lived(account: Account, project: Project, dialect: Data, values: Data) -> tuple[Any, Any, int]:
    """What is planned, what there is after an apply, and how many requests both took."""
    account.switch(**{**Switches().as_dict(), **dialect, "hour_limit": 0})
    account.set(ACCOUNT)
    (project.folder / LOCK).unlink(missing_ok=True)
    teach(project, values)
    account.clear_log()
    plan = project.plan()
    result = project.apply()
    assert (result["converged"], result["findings"]) == (True, [])
    parts = {key: plan[key] for key in ("fingerprint", "steps", "findings", "summary")}
    return parts, content(account), len(account.log())


def content(account: Account) -> Any:
    """All that people see of the account: not ids, versions and times."""
    kept = ("key", "name", "fields", "lists", "tags", "status")
    state = account.state()
    names = {one["_id"]: one["name"] for one in state["lists"]}
    return [
        {
            key: [names[id] for id in one[key]] if key == "lists" else one[key]
            for key in kept
            if key in one
        }
        for kind in ("lists", "contacts")
        for one in account.state()[kind]
    ]


def test_nothing_learned_changes_a_plan_or_what_is_written(
    account: Account, project: Project
) -> None:
    project.write("bmeconf.yaml", 'version: 1\npolicy: {seeds: ["*@acme.example"]}\n')
    project.declare(**MANIFEST)
    honest: dict[str, Any] = {}
    assert LIES.keys() == LEARNED.keys()

    def judge(dialect: str, values: Data) -> None:
        if dialect not in honest:
            honest[dialect] = lived(account, project, DIALECTS[dialect], {})
            assert len(honest[dialect][0]["steps"]) == 1 + 2 + NEW
        *told, requests = honest[dialect]
        *same, more = lived(account, project, DIALECTS[dialect], values)
        assert same == told
        batch = values.get("search_batch")
        small = type(batch) is int and batch in LEARNED["search_batch"] and batch < PAGE
        assert more <= requests + 20 + 4 * NEW + (6 * len(EMAILS) // batch if small else 0)

    for dialect in DIALECTS:
        judge(dialect, STRONGEST)
    lies = {name: st.sampled_from(values) | GARBAGE for name, values in LIES.items()}

    @examples(3)
    @given(st.sampled_from([*DIALECTS]), st.fixed_dictionaries({}, optional=lies))
    def law(dialect: str, values: Data) -> None:
        judge(dialect, values)

    law()


def says_nothing(account: Account, seen: Seen, forward: Forward) -> Action:
    """A service that leaves out what it does not take: addresses, rows, lists of another shape."""
    asked, body = parse_qs(seen.query), json.loads(seen.body or b"null")
    if seen.path == SEARCH:
        filters = body["contactSpecification"]["filters"][:BATCH]
        body = {**body, "contactSpecification": {"filters": filters}}
        return reply(account.call("POST", "contact/search", body))
    if seen.path.endswith("/lists") and "size" in asked:
        size, page = (int(asked[key][0]) for key in ("size", "page"))
        every = account.call("GET", f"{seen.path[5:]}?page=1&size=1000")["records"]
        return reply(every[(page - 1) * size :][: min(size, PAGE)])
    if body and "lists" in body:
        body = {**body, "lists": [each for each in body["lists"] if isinstance(each, str)]}
        return reply(account.call(seen.method, seen.path.removeprefix("/api/"), body))
    return forward()


def breaks(account: Account, seen: Seen, forward: Forward) -> Action:
    """A service that breaks in its own ways on what it does not take."""
    body = json.loads(seen.body or b"null")
    if seen.path == SEARCH and len(body["contactSpecification"]["filters"]) > BATCH:
        return Reply(504, b"<html>Gateway Timeout</html>")
    if "size=1000&" in f"{seen.query}&":
        return RESET
    if body and any(isinstance(each, dict) for each in body.get("lists", ())):
        return refusal(400, "ValidationError", "Cast to ObjectId failed")
    return forward()


@pytest.mark.parametrize("service", [says_nothing, breaks])
def test_nor_on_a_service_that_does_not_say_what_it_does_not_take(
    account: Account, project: Project, cut: Cut, service: Any
) -> None:
    project.write("bmeconf.yaml", 'version: 1\npolicy: {seeds: ["*@acme.example"]}\n')
    project.declare(**MANIFEST)
    cut(Rule(".*", lambda seen, forward: service(account, seen, forward)))
    wide = dict.fromkeys(("search_max_groups", "search_max_size", "page_max_size"), 0)
    dialect = {**wide, "contact_lists_write": "ids"}
    *told, _ = lived(account, project, dialect, {})
    *same, _ = lived(account, project, dialect, STRONGEST)
    assert same == told


@dataclass
class Sly:
    """A service that looks at the first 200 addresses of a search, and heeds ids of lists alone."""

    contacts: list[Data]
    breaks: bool = False
    dialect: Dialect = field(default_factory=partial(Dialect.of, STRONGEST))

    def search(self, body: Any, size: int) -> Sequence[Data]:
        filters = body["contactSpecification"]["filters"][:BATCH]
        asked = {value for each in filters for value in each["criterias"][0]["values"]}
        return [contact for contact in self.contacts if contact["key"] in asked]

    def together(self, calls: Any) -> list[Any]:
        return [call() for call in calls]

    def get(self, path: str) -> Data:
        return self.contacts[-1]

    def send(self, method: str, path: str, body: Data) -> Data:
        if self.breaks and any(isinstance(each, dict) for each in body["lists"]):
            raise OutcomeUnknown("500")
        lists = [each for each in body["lists"] if isinstance(each, str)]
        contact = {"tags": [], **body, "_id": ident(2, len(self.contacts)), "lists": lists}
        self.contacts[-1:] = [contact] if method == "PUT" else [*self.contacts[-1:], contact]
        return contact


FIELDS: Data = {"email": EMAILS[0], "lists": (Address("lists", "News"),)}
ID_MAP = IdMap({"_id": STRUCTURE}, {Address("lists", "News"): ident(1, 1)})


def test_of_an_address_in_two_spellings_both_are_found() -> None:
    live = [*EMAILS[:100], EMAILS[-1].upper(), EMAILS[-1]]
    service = Sly([{"_id": ident(2, n), "key": key} for n, key in enumerate(live)])
    rows = only(Searched).reread(cast(Any, service), ID_MAP, [*EMAILS, *live])
    assert sorted(row["key"] for row in rows.values()) == sorted(live)
    assert service.dialect.search_batch == BATCH


def test_a_created_contact_is_on_its_lists() -> None:
    service = Sly([])
    for _ in range(2):
        only(Searched).create(cast(Any, service), ID_MAP, FIELDS, Intent())
        assert service.contacts[-1]["lists"] == [ident(1, 1)]
    assert service.dialect.contact_lists == "ids"
    assert len(service.contacts) == 2


def test_a_shape_on_which_a_service_breaks_is_tried_once() -> None:
    service = Sly([], breaks=True)
    with pytest.raises(OutcomeUnknown):
        only(Searched).create(cast(Any, service), ID_MAP, FIELDS, Intent())
    assert service.dialect.changed(Dialect.of(STRONGEST)) == {"contact_lists": "ids"}
    only(Searched).create(cast(Any, service), ID_MAP, FIELDS, Intent())


class Clamping(Listings):
    """A service that puts 100 hits on a page, and counts pages as large as they were asked for."""

    def __init__(self, shown: Data) -> None:
        super().__init__(Dialect.of(STRONGEST), most_pages=10)
        self.shown = shown

    def get(self, path: str, params: Any = None) -> Any:
        raise AssertionError(path)

    def hits(self, body: Mapping[str, Any]) -> Any:
        start = (body["page"] - 1) * body["pageSize"]
        rows = [{"_id": ident(2, n)} for n in range(len(EMAILS))]
        return {"contacts": rows[start:][: min(body["pageSize"], PAGE)], **self.shown}

    def together(self, calls: Sequence[Callable[[], Any]]) -> list[Any]:
        return [call() for call in calls]


@pytest.mark.parametrize("shown", [{"totalRecords": len(EMAILS)}, {}], ids=["counted", "uncounted"])
def test_no_member_of_a_list_is_missed(shown: Data) -> None:
    service = Clamping(shown)
    assert len(members_of(cast(Any, service), ID_MAP, ident(1, 1))) == len(EMAILS)
    assert service.dialect.search_batch == BATCH
