"""Contact search and export (API contract 4.2.1, 4.2.2)."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import pytest

from tests.support.api import ABSENT, CONTACTS, SEARCH, UNSUBSCRIBED, Api, by, search
from tests.support.clocks import FakeClock

ANN, MONA = by("KEY", "ann@example.com"), by("KEY", "mona@example.com")


def answer(api: Api, *groups: list[dict[str, Any]], **more: Any) -> Any:
    """The reply to a search."""
    return api.ok("POST", SEARCH, search(api, *groups, **more))


def found(api: Api, *groups: list[dict[str, Any]], **more: Any) -> list[str]:
    """The keys of one page of a search."""
    reply = answer(api, *groups, **more)
    hits = [hit["key"] for hit in reply["contacts"]]
    assert reply["totalRecords"] >= len(hits)
    return hits


def denied(api: Api, field: str, *groups: list[dict[str, Any]], **more: Any) -> None:
    api.invalid(field, "POST", SEARCH, search(api, *groups, **more))


def test_a_hit_has_the_sources_asked_for_and_never_a_version(api: Api) -> None:
    every = ["_id", "key", "fields", "lists", "tags", "contactStatus", "contactSubStatus"]
    eva = by("KEY", "eva@example.com")
    (hit,) = answer(api, [eva], source=[*every, "createdAt", "updatedAt"])["contacts"]
    contact = api.get(f"{CONTACTS}/{hit['_id']}")
    assert set(hit) == {*every, "createdAt", "updatedAt", "contactStructureId"}
    assert (hit["fields"], hit["lists"]) == (contact["fields"], contact["lists"])
    assert (hit["contactStatus"], hit["contactSubStatus"]) == ("Inactive", "Unsubscribe")
    (hit,) = answer(api, [eva], source=["tags"])["contacts"]
    assert set(hit) == {"_id", "contactStructureId", "tags"}


def test_key_must_match_exactly(api: Api) -> None:
    assert found(api, [ANN]) == ["ann@example.com"]
    assert found(api, [by("KEY", "ann@example")]) == []
    assert found(api, [by("KEY", "%")]) == []


def test_groups_are_alternatives_and_criteria_add_up(api: Api) -> None:
    news, customers = (by("LIST_ID", api.list_id(name)) for name in ("Newsletter", "Customers"))
    assert found(api, [ANN], [MONA]) == ["ann@example.com", "mona@example.com"]
    assert found(api, [MONA, news]) == []
    assert found(api, [news, customers]) == [f"{w}@example.com" for w in ("ann", "bob", "dieter")]
    assert found(api, [ANN, news], [MONA]) == ["ann@example.com", "mona@example.com"]


def test_list_members(api: Api) -> None:
    assert len(found(api, [by("LIST_ID", api.list_id("Newsletter"))])) == 8
    assert found(api, [by("LIST_ID", ABSENT)]) == []


def test_field_values(api: Api) -> None:
    company = api.field_id("Company")
    assert found(api, [by("FIELD_ID", "Dorn GmbH", fieldId=company)]) == ["dieter@example.com"]


def test_pages_start_at_one_and_end_empty(api: Api) -> None:
    pages = [found(api, page=n, pageSize=4) for n in range(1, 6)]
    assert [len(page) for page in pages] == [4, 4, 4, 2, 0]
    assert len({key for page in pages for key in page}) == 14
    assert answer(api, page=5, pageSize=4)["totalRecords"] == 14


def test_only_one_structure_is_searched(api: Api) -> None:
    assert found(api, contactStructureId=api.add_structure()) == []


def test_search_follows_writes(api: Api) -> None:
    api.ok("DELETE", api.contact_path("ann"))
    assert found(api, [ANN]) == []
    old = api.list_id("Old list")
    api.ok("DELETE", f"{api.lists}/{old}", status=204)
    assert found(api, [by("LIST_ID", old)]) == []


# --- switches


def test_several_values_can_be_off(api: Api) -> None:
    both = by("KEY", "ann@example.com", "mona@example.com")
    assert found(api, [both]) == ["ann@example.com", "mona@example.com"]
    api.switch(search_multi_value=False)
    denied(api, "contactSpecification", [both])


def test_the_index_can_lag(timed: Api, clock: FakeClock) -> None:
    timed.switch(search_lag_ms=500)
    body = {"key": "late@example.com", "contactStructureId": timed.structure["_id"]}
    made = timed.ok("POST", CONTACTS, body)
    timed.ok("DELETE", timed.contact_path("ann"))
    late = by("KEY", "late@example.com")
    assert found(timed, [late], [ANN]) == ["ann@example.com"]
    timed.error("DuplicateFieldError", "POST", CONTACTS, body)
    assert timed.get(f"{CONTACTS}/{made['_id']}") == made
    clock.sleep(0.5)
    assert found(timed, [late], [ANN]) == ["late@example.com"]


def test_a_late_write_does_not_undo_a_prompt_one(timed: Api, clock: FakeClock) -> None:
    path = timed.contact_path("mona")
    timed.switch(search_lag_ms=100)
    timed.ok("PATCH", path, {"status": UNSUBSCRIBED})
    timed.switch(search_lag_ms=0)
    timed.ok("DELETE", path)
    clock.sleep(0.1)
    assert found(timed, [MONA]) == []


def test_the_ceiling(api: Api) -> None:
    api.switch(search_ceiling=6)
    assert len(found(api, page=1, pageSize=6)) == 6
    denied(api, "page", page=2, pageSize=6)
    api.switch(search_ceiling_mode="empty")
    assert len(found(api, page=2, pageSize=4)) == 2
    assert found(api, page=3, pageSize=4) == []


def test_the_largest_page(api: Api) -> None:
    api.switch(search_max_size=5)
    assert len(found(api, pageSize=50)) == 5
    assert len(found(api, pageSize=50, page=3)) == 4
    api.switch(search_max_size_mode="error")
    denied(api, "pageSize", pageSize=6)


def test_the_most_groups(api: Api) -> None:
    groups = [[by("KEY", f"{n}@example.com")] for n in range(101)]
    denied(api, "contactSpecification", *groups)
    assert found(api, *groups[:100]) == []
    api.switch(search_max_groups=0)
    assert found(api, *groups) == []
    denied(api, "contactSpecification", *groups * 10)


def test_no_filters(api: Api) -> None:
    assert len(found(api)) == 14
    api.switch(search_empty_filters="error")
    denied(api, "contactSpecification")


def test_shape_of_the_status(api: Api) -> None:
    (hit,) = answer(api, [ANN], source=["contactStatus"])["contacts"]
    assert hit["contactStatus"] == "Active"
    api.switch(search_status="object", contact_lists_read="ids")
    (hit,) = answer(api, [ANN], source=["contactStatus", "contactSubStatus", "lists"])["contacts"]
    assert hit["status"] == {"primary": "Active"}
    assert all(isinstance(entry, str) for entry in hit["lists"])


def test_export_is_csv(api: Api) -> None:
    body = search(api, [by("LIST_ID", api.list_id("Newsletter"))])
    response = api.send("POST", "/api/contact/export", body)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/csv")
    head, *rows = csv.reader(io.StringIO(response.text))
    assert head[:4] == ["Email", "First Name", "Last Name", "Company"]
    assert len(rows) == 8
    assert rows[0][:4] == ["ann@example.com", "Ann", "Archer", "Archer & Sons"]
    api.invalid("", "POST", "/api/contact/export", {})


@pytest.mark.long
def test_ten_thousand_contacts_stay_quick(api: Api) -> None:
    keys = [f"c{n}@example.com" for n in range(10_000)]
    news = "a" * 24
    api.put_state(
        lists=[{"_id": news, "name": "N"}], contacts=[{"key": key, "lists": [news]} for key in keys]
    )
    begun = time.process_time()
    assert len(found(api, *([by("KEY", key)] for key in keys[:50]))) == 50
    assert len(found(api, [by("LIST_ID", news)], page=90, pageSize=100)) == 100
    owner = api.structure["_id"]
    made = api.send("POST", "/api/contact", {"key": "x@example.com", "contactStructureId": owner})
    assert made.status_code == 200
    assert api.get(api.lists)["records"][0]["totalContacts"] == 10_000
    assert time.process_time() - begun < 6.0  # about 0.7, most of it reading the whole state
