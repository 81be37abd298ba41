"""The side door: state, log, switches, what a person does; and who may not use it."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from bmeconf.sandbox import DEFAULT_KEY
from tests.support.api import ABSENT, Api, refused


def put(api: Api, document: Any) -> requests.Response:
    return api.call("PUT", "/_sandbox/state", document)


# --- state


def test_the_state_is_the_whole_account(api: Api) -> None:
    state = api.state()
    assert set(state) == {
        *("standing", "structures", "lists", "contacts", "campaigns", "templates"),
        *("templateCategories", "domains", "forms", "keys"),
    }
    ann = api.find("contacts", key="ann@example.com")
    assert ann["fields"][api.field_id("First Name")] == "Ann"
    assert ann["lists"][0] == api.list_id("Newsletter")
    assert ann["tags"] == [api.structure["tags"][0]["_id"]]
    assert ann["status"] == {"primary": "Active"}
    assert [key["key"] for key in state["keys"]] == [DEFAULT_KEY]


def test_the_seeded_lists(api: Api) -> None:
    rows = api.get(api.lists)["records"]
    assert {row["name"]: row["totalContacts"] for row in rows} == {
        "Newsletter": 8,
        "Product updates": 5,
        "Customers": 6,
        "Old list": 2,
    }


def test_a_state_put_back_is_the_same(api: Api) -> None:
    before = api.state()
    assert put(api, before).json() == before
    assert api.state() == before


def test_a_sent_campaign_outlives_its_lists(api: Api) -> None:
    api.call("DELETE", f"{api.lists}/{api.list_id('Newsletter')}")
    sent = api.find("campaigns", name="2026-10 Newsletter")
    copy = api.call("POST", f"/api/email/campaign/{sent['_id']}/duplicate", {}).json()
    assert copy["lists"] == []
    before = api.state()
    assert put(api, before).json() == before


def test_the_state_does_not_depend_on_switches(api: Api) -> None:
    before = api.state()
    api.switch(contact_lists_read="listId", campaign_body="minimal", active_secondary=True)
    assert api.state() == before


def test_a_terse_account(api: Api) -> None:
    news = "a" * 24
    state = api.put_state(
        lists=[{"_id": news, "name": "News"}],
        contacts=[
            {"key": " A@example.com", "lists": [news]},
            {"key": "b@example.com", "status": {"primary": "Inactive", "secondary": "Bounce"}},
        ],
        campaigns=[{"name": "Draft"}, {"name": "Gone", "status": "sent", "report": {"sent": 3}}],
    )
    (structure,) = state["structures"]
    assert structure["label"] == "Default Contacts"
    assert state["lists"][0]["contactStructureId"] == structure["_id"]
    first, second = state["contacts"]
    assert (first["key"], first["status"], first["__v"]) == (
        "a@example.com",
        {"primary": "Active"},
        0,
    )
    assert second["status"]["secondary"] == "Bounce"
    assert state["campaigns"][0]["status"] == "draft"
    assert state["campaigns"][1]["scheduledAt"]
    assert state["templates"] == state["domains"] == []
    assert [key["key"] for key in state["keys"]] == [DEFAULT_KEY]
    assert api.get(api.lists)["records"][0]["totalContacts"] == 1
    assert len(api.get("/api/contact")) == 2


def test_an_empty_document_is_an_empty_account(api: Api) -> None:
    state = api.put_state()
    assert all(not state[part] for part in state if part not in ("keys", "standing"))
    assert state["standing"] == "open"
    assert api.get("/api/contact-structure") == []


def test_keys_and_events_are_replaced(api: Api) -> None:
    owner = api.structure["_id"]
    api.call("POST", "/api/contact", {"key": "x@example.com", "contactStructureId": owner})
    assert api.get("/api/contact/events")["total"] == 1
    api.put_state(keys=[{"key": "bme_other"}])
    refused(api.call("GET", "/api/contact"), 401, "UnauthorizedError")
    response = api.call("GET", "/api/contact/events", key="bme_other")
    assert response.json() == {"total": 0, "records": []}


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ({"contact": []}, "contact"),
        ({"contacts": {}}, "contacts"),
        ({"contacts": [{}]}, "contacts"),
        ({"contacts": [{"key": "a@example.com", "email": "x"}]}, "contacts"),
        ({"contacts": [{"key": "a@example.com"}, {"key": "A@example.com"}]}, "contacts"),
        ({"contacts": [{"key": "a@example.com", "lists": [ABSENT]}]}, "contacts"),
        ({"contacts": [{"key": "a@example.com", "fields": {ABSENT: "x"}}]}, "contacts"),
        ({"contacts": [{"key": "a@example.com", "fields": {ABSENT: 3}}]}, "contacts"),
        ({"contacts": [{"key": "a@example.com", "fields": []}]}, "contacts"),
        ({"contacts": [{"key": "a@example.com", "contactStructureId": ABSENT}]}, "contacts"),
        ({"contacts": [{"key": "a@example.com", "createdAt": "soon"}]}, "contacts"),
        ({"lists": [{"_id": "news", "name": "x"}]}, "lists"),
        ({"lists": [{"_id": ABSENT, "name": "x"}, {"_id": ABSENT, "name": "y"}]}, "lists"),
        ({"campaigns": [{"name": "x", "status": "done"}]}, "campaigns"),
        ({"campaigns": [{"name": "x", "contactStructureId": ABSENT}]}, "campaigns"),
        ({"campaigns": [{"name": "x", "report": {"opens": 3}}]}, "campaigns"),
        ({"standing": "great"}, "standing"),
        ({"keys": [{"key": "bme_x", "scopes": ["all"]}]}, "keys"),
    ],
)
def test_a_wrong_state_changes_nothing(api: Api, document: Any, field: str) -> None:
    before = api.state()
    response = put(api, document)
    assert response.status_code == 400, response.text
    assert response.json()["errors"][0]["field"] == field
    assert api.state() == before


# --- log


def test_the_log_has_api_requests_only(api: Api) -> None:
    api.state()
    api.call("GET", "/api/email/template", lang="en")
    api.call("POST", api.lists, {"name": "New"})
    api.call("GET", "/api/nowhere", key="bad")
    first, second, third = api.get("/_sandbox/log")
    assert first == {
        "n": 1,
        "method": "GET",
        "path": "/api/email/template",
        "query": {"lang": "en"},
        "status": 200,
        "body": None,
        "key_ok": True,
        "fault": None,
        "done": True,
    }
    assert (second["n"], second["status"], second["body"]) == (2, 201, {"name": "New"})
    assert (third["status"], third["key_ok"], third["done"]) == (401, False, False)
    assert api.call("DELETE", "/_sandbox/log").status_code == 204
    assert api.get("/_sandbox/log") == []
    api.get("/api/contact")
    assert [entry["n"] for entry in api.get("/_sandbox/log")] == [1]


# --- people


def test_a_person_opts_in_again(api: Api) -> None:
    eva = api.find("contacts", key="eva@example.com")
    path = f"/_sandbox/contacts/{eva['_id']}/status"
    after = api.call("POST", path, {"status": {"primary": "Active"}}).json()
    assert after == api.find("contacts", key="eva@example.com")
    assert after["status"] == {"primary": "Active"}
    assert after["__v"] == eva["__v"] + 1
    bounced = {"primary": "Inactive", "secondary": "Bounce"}
    assert api.call("POST", path, {"status": bounced}).json()["status"] == bounced
    refused(api.call("POST", path, {"status": "Active"}), 400, "ValidationError", "status")
    refused(api.call("POST", path), 400, "ValidationError", "status")


def test_unknown_campaigns_and_contacts(api: Api) -> None:
    for part in ("contacts", "campaigns"):
        response = api.call("POST", f"/_sandbox/{part}/{ABSENT}/status", {"status": "draft"})
        refused(response, 404, "RecordNotFound")


def test_a_form_needs_known_fields(api: Api) -> None:
    body = {"name": "x", "fieldIds": [ABSENT]}
    refused(api.call("POST", "/_sandbox/forms", body), 400, "ValidationError", "fieldIds")


# --- who may not


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.168.1.2:8080", ""]
)
def test_only_loopback_host_names_are_answered(api: Api, host: str) -> None:
    response = requests.get(f"{api.sandbox.url}/_sandbox/state", headers={"Host": host}, timeout=10)
    refused(response, 403, "ForbiddenError")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8080", "[::1]", "[::1]:8080"])
def test_loopback_host_names(api: Api, host: str) -> None:
    response = requests.get(f"{api.sandbox.url}/_sandbox/state", headers={"Host": host}, timeout=10)
    assert response.status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_other_origins_cannot_write(api: Api, origin: str) -> None:
    before = api.state()
    for method, path in (("PUT", "state"), ("DELETE", "log"), ("PATCH", "switches")):
        response = requests.request(
            method,
            f"{api.sandbox.url}/_sandbox/{path}",
            json={},
            headers={"Origin": origin},
            timeout=10,
        )
        refused(response, 403, "ForbiddenError")
    assert api.state() == before


def test_the_own_origin_can(api: Api) -> None:
    response = requests.patch(
        f"{api.sandbox.url}/_sandbox/switches",
        json={},
        headers={"Origin": api.sandbox.url},
        timeout=10,
    )
    assert response.status_code == 200


def test_malformed_json_at_the_door(api: Api) -> None:
    response = requests.put(f"{api.sandbox.url}/_sandbox/state", data=b"{", timeout=10)
    refused(response, 400, "ValidationError")
