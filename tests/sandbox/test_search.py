"""Contact search and export (API contract 4.2.1, 4.2.2)."""

from __future__ import annotations

import csv
import io
import time
from typing import Any

import pytest

from tests.support.api import ABSENT, Api, refused, search


def by(column: str, *values: str, **more: Any) -> dict[str, Any]:
    return {"columnToFilter": column, "operator": "EQ", "values": list(values), **more}


def found(api: Api, *groups: list[dict[str, Any]], **more: Any) -> list[str]:
    response = api.call("POST", "/api/contact/search", search(api, *groups, **more))
    assert response.status_code == 200, response.text
    hits = [hit["key"] for hit in response.json()["contacts"]]
    assert response.json()["totalRecords"] >= len(hits)
    return hits


def denied(api: Api, body: Any, field: str) -> None:
    response = api.call("POST", "/api/contact/search", body)
    refused(response, 400, "ValidationError", field)


@pytest.mark.parametrize(
    "missing", ["contactStructureId", "page", "pageSize", "source", "contactSpecification"]
)
def test_all_five_keys_are_required(api: Api, missing: str) -> None:
    body = search(api, [by("KEY", "ann@example.com")])
    del body[missing]
    denied(api, body, missing)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("source", []),
        ("source", ["key", "__v"]),
        ("source", ["Key"]),
        ("source", ["status"]),
        ("source", "key"),
        ("source", [["key"]]),
        ("page", 0),
        ("page", "1"),
        ("page", 10**30),
        ("pageSize", 0),
        ("pageSize", True),
        ("contactStructureId", ABSENT),
        ("contactSpecification", {}),
        ("contactSpecification", []),
        ("contactSpecification", {"filters": [{}]}),
        ("contactSpecification", {"filters": [{"criterias": []}]}),
        ("contactSpecification", {"filters": [{"criterias": [by("NAME", "x")]}]}),
        ("contactSpecification", {"filters": [{"criterias": [by("KEY")]}]}),
        ("contactSpecification", {"filters": [{"criterias": [by("KEY", "\ud800")]}]}),
        ("contactSpecification", {"filters": [{"criterias": [by("FIELD_ID", "x")]}]}),
        ("contactSpecification", {"filters": [{"criterias": [by("KEY", "x") | {"values": "x"}]}]}),
        (
            "contactSpecification",
            {"filters": [{"criterias": [by("KEY", "x") | {"operator": "CONTAINS"}]}]},
        ),
    ],
)
def test_bad_values_are_named(api: Api, key: str, value: Any) -> None:
    denied(api, search(api, [by("KEY", "ann@example.com")], **{key: value}), key)


def test_a_hit_has_the_sources_asked_for_and_never_a_version(api: Api) -> None:
    every = ["_id", "key", "fields", "lists", "tags", "contactStatus", "contactSubStatus"]
    body = search(api, [by("KEY", "eva@example.com")], source=[*every, "createdAt", "updatedAt"])
    (hit,) = api.call("POST", "/api/contact/search", body).json()["contacts"]
    contact = api.get(f"/api/contact/{hit['_id']}")
    assert set(hit) == {*every, "createdAt", "updatedAt", "contactStructureId"}
    assert hit["fields"] == contact["fields"]
    assert hit["lists"] == contact["lists"]
    assert (hit["contactStatus"], hit["contactSubStatus"]) == ("Inactive", "Unsubscribe")
    body["source"] = ["tags"]
    (hit,) = api.call("POST", "/api/contact/search", body).json()["contacts"]
    assert set(hit) == {"_id", "contactStructureId", "tags"}


def test_key_must_match_exactly(api: Api) -> None:
    assert found(api, [by("KEY", "ann@example.com")]) == ["ann@example.com"]
    assert found(api, [by("KEY", "ann@example")]) == []
    assert found(api, [by("KEY", "%")]) == []


def test_groups_are_alternatives_and_criteria_add_up(api: Api) -> None:
    news, customers = api.list_id("Newsletter"), api.list_id("Customers")
    ann, mona = by("KEY", "ann@example.com"), by("KEY", "mona@example.com")
    assert found(api, [ann], [mona]) == ["ann@example.com", "mona@example.com"]
    assert found(api, [mona, by("LIST_ID", news)]) == []
    both = found(api, [by("LIST_ID", news), by("LIST_ID", customers)])
    assert both == ["ann@example.com", "bob@example.com", "dieter@example.com"]
    mixed = found(api, [ann, by("LIST_ID", news)], [mona])
    assert mixed == ["ann@example.com", "mona@example.com"]


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
    body = search(api, page=5, pageSize=4)
    assert api.call("POST", "/api/contact/search", body).json()["totalRecords"] == 14


def test_only_one_structure_is_searched(api: Api) -> None:
    state = api.state()
    state["structures"].append({"label": "Second"})
    second = api.put_state(**state)["structures"][1]["_id"]
    assert found(api, contactStructureId=second) == []


def test_search_follows_writes(api: Api) -> None:
    ann = api.find("contacts", key="ann@example.com")
    api.call("DELETE", f"/api/contact/{ann['_id']}")
    assert found(api, [by("KEY", "ann@example.com")]) == []
    old = api.list_id("Old list")
    api.call("DELETE", f"{api.lists}/{old}")
    assert found(api, [by("LIST_ID", old)]) == []


# --- switches


def test_several_values_can_be_off(api: Api) -> None:
    both = by("KEY", "ann@example.com", "mona@example.com")
    assert found(api, [both]) == ["ann@example.com", "mona@example.com"]
    api.switch(search_multi_value=False)
    denied(api, search(api, [both]), "contactSpecification")


def test_the_index_can_lag(api: Api) -> None:
    api.switch(search_lag_ms=500)
    body = {"key": "late@example.com", "contactStructureId": api.structure["_id"]}
    made = api.call("POST", "/api/contact", body).json()
    ann = api.find("contacts", key="ann@example.com")
    api.call("DELETE", f"/api/contact/{ann['_id']}")
    assert found(api, [by("KEY", "late@example.com")]) == []
    assert found(api, [by("KEY", "ann@example.com")]) == ["ann@example.com"]
    refused(api.call("POST", "/api/contact", body), 400, "DuplicateFieldError")
    assert api.get(f"/api/contact/{made['_id']}") == made
    time.sleep(0.6)
    assert found(api, [by("KEY", "late@example.com")]) == ["late@example.com"]
    assert found(api, [by("KEY", "ann@example.com")]) == []


def test_a_late_write_does_not_undo_a_prompt_one(api: Api) -> None:
    mona = f"/api/contact/{api.find('contacts', key='mona@example.com')['_id']}"
    ended = {"status": {"primary": "Inactive", "secondary": "Unsubscribe"}}
    api.switch(search_lag_ms=100)
    api.call("PATCH", mona, ended)
    api.switch(search_lag_ms=0)
    api.call("DELETE", mona)
    time.sleep(0.2)
    assert found(api, [by("KEY", "mona@example.com")]) == []


def test_the_ceiling(api: Api) -> None:
    api.switch(search_ceiling=6)
    assert len(found(api, page=1, pageSize=6)) == 6
    denied(api, search(api, page=2, pageSize=6), "page")
    api.switch(search_ceiling_mode="empty")
    assert len(found(api, page=2, pageSize=4)) == 2
    assert found(api, page=3, pageSize=4) == []


def test_the_largest_page(api: Api) -> None:
    api.switch(search_max_size=5)
    assert len(found(api, pageSize=50)) == 5
    assert len(found(api, pageSize=50, page=3)) == 4
    api.switch(search_max_size_mode="error")
    denied(api, search(api, pageSize=6), "pageSize")


def test_the_most_groups(api: Api) -> None:
    groups = [[by("KEY", f"{n}@example.com")] for n in range(101)]
    denied(api, search(api, *groups), "contactSpecification")
    assert found(api, *groups[:100]) == []
    api.switch(search_max_groups=0)
    assert found(api, *groups) == []
    denied(api, search(api, *groups * 10), "contactSpecification")


def test_no_filters(api: Api) -> None:
    assert len(found(api)) == 14
    api.switch(search_empty_filters="error")
    denied(api, search(api), "contactSpecification")


def test_shape_of_the_status(api: Api) -> None:
    body = search(api, [by("KEY", "ann@example.com")], source=["contactStatus"])
    (hit,) = api.call("POST", "/api/contact/search", body).json()["contacts"]
    assert hit["contactStatus"] == "Active"
    api.switch(search_status="object", contact_lists_read="ids")
    body["source"] = ["contactStatus", "contactSubStatus", "lists"]
    (hit,) = api.call("POST", "/api/contact/search", body).json()["contacts"]
    assert hit["status"] == {"primary": "Active"}
    assert all(isinstance(entry, str) for entry in hit["lists"])


def test_export_is_csv(api: Api) -> None:
    body = search(api, [by("LIST_ID", api.list_id("Newsletter"))])
    response = api.call("POST", "/api/contact/export", body)
    assert response.status_code == 200
    assert response.headers["Content-Type"].startswith("text/csv")
    head, *rows = csv.reader(io.StringIO(response.text))
    assert head[:4] == ["Email", "First Name", "Last Name", "Company"]
    assert len(rows) == 8
    assert rows[0][:4] == ["ann@example.com", "Ann", "Archer", "Archer & Sons"]
    refused(api.call("POST", "/api/contact/export", {}), 400, "ValidationError")


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
    made = api.call("POST", "/api/contact", {"key": "x@example.com", "contactStructureId": owner})
    assert made.status_code == 200
    assert api.get(api.lists)["records"][0]["totalContacts"] == 10_000
    assert time.process_time() - begun < 6.0  # about 0.7, most of it reading the whole state
