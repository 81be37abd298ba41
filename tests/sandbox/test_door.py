"""The side door: state, log, switches, what a person does; and who may not use it."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest
import requests

from bmeconf.sandbox import DEFAULT_KEY, Switches, switches
from tests.support.api import ABSENT, CONTACTS, EVENTS, TEMPLATES, Api, refused

SOURCE = Path(switches.__file__).read_text(encoding="utf-8")


def knock(api: Api, method: str, part: str, **request: Any) -> requests.Response:
    """A request at the door, with any headers or data."""
    return requests.request(method, f"{api.sandbox.url}/_sandbox/{part}", timeout=10, **request)


# --- state


def test_the_state_is_the_whole_account(api: Api) -> None:
    state = api.state()
    assert set(state) == {
        *("standing", "structures", "lists", "contacts", "campaigns", "templates"),
        *("templateCategories", "domains", "forms", "keys"),
    }
    ann = api.named("contacts", "ann@example.com")
    assert ann["fields"][api.field_id("First Name")] == "Ann"
    assert ann["lists"][0] == api.list_id("Newsletter")
    assert ann["tags"] == [api.structure["tags"][0]["_id"]]
    assert ann["status"] == {"primary": "Active"}
    assert [key["key"] for key in state["keys"]] == [DEFAULT_KEY]


def test_a_state_put_back_is_the_same_also_where_a_sent_campaign_outlives_its_lists(
    api: Api,
) -> None:
    before = api.state()
    assert api.put_state(**before) == api.state() == before
    api.ok("DELETE", api.list_path("Newsletter"), status=204)
    sent = api.campaign_path("2026-10 Newsletter")
    assert api.ok("POST", f"{sent}/duplicate", {})["lists"] == []
    before = api.state()
    assert api.put_state(**before) == before


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
    plain = {"key": "a@example.com", "status": {"primary": "Active"}, "__v": 0}
    assert plain.items() <= first.items()
    assert second["status"]["secondary"] == "Bounce"
    assert state["campaigns"][0]["status"] == "draft"
    assert state["campaigns"][1]["scheduledAt"]
    assert state["templates"] == state["domains"] == []
    assert [key["key"] for key in state["keys"]] == [DEFAULT_KEY]
    assert api.get(api.lists)["records"][0]["totalContacts"] == 1
    assert len(api.get(CONTACTS)) == 2


def test_an_empty_document_is_an_empty_account(api: Api) -> None:
    state = api.put_state()
    assert all(not state[part] for part in state if part not in ("keys", "standing"))
    assert state["standing"] == "open"
    assert api.get("/api/contact-structure") == []


def test_keys_and_events_are_replaced(api: Api) -> None:
    owner = api.structure["_id"]
    api.ok("POST", CONTACTS, {"key": "x@example.com", "contactStructureId": owner})
    assert api.get(EVENTS)["total"] == 1
    api.put_state(keys=[{"key": "bme_other"}])
    api.error("UnauthorizedError", "GET", CONTACTS)
    assert api.get(EVENTS, key="bme_other") == {"total": 0, "records": []}


# --- log


def test_the_log_has_api_requests_only(api: Api) -> None:
    api.state()
    api.get(TEMPLATES, lang="en")
    api.ok("POST", api.lists, {"name": "New"}, status=201)
    api.send("GET", "/api/nowhere", key="bad")
    first, second, third = api.log()
    assert {key: first.pop(key) for key in ("at", "seconds")}.keys() == {"at", "seconds"}
    assert first == {
        "n": 1,
        "method": "GET",
        "path": TEMPLATES,
        "query": {"lang": "en"},
        "status": 200,
        "body": None,
        "key_ok": True,
        "fault": None,
        "done": True,
    }
    assert (second["n"], second["status"], second["body"]) == (2, 201, {"name": "New"})
    assert (third["status"], third["key_ok"], third["done"]) == (401, False, False)
    api.ok("DELETE", "/_sandbox/log", status=204)
    assert api.log() == []
    api.get(CONTACTS)
    assert [entry["n"] for entry in api.log()] == [1]


# --- people


def test_a_person_opts_in_again(api: Api) -> None:
    eva = api.named("contacts", "eva@example.com")
    path = f"/_sandbox/contacts/{eva['_id']}/status"
    after = api.ok("POST", path, {"status": {"primary": "Active"}})
    assert after == api.named("contacts", "eva@example.com")
    assert (after["status"], after["__v"]) == ({"primary": "Active"}, eva["__v"] + 1)
    bounced = {"primary": "Inactive", "secondary": "Bounce"}
    assert api.ok("POST", path, {"status": bounced})["status"] == bounced
    for body in ({"status": "Active"}, None):
        api.invalid("status", "POST", path, body)


def test_a_form_needs_known_fields(api: Api) -> None:
    api.invalid("fieldIds", "POST", "/_sandbox/forms", {"name": "x", "fieldIds": [ABSENT]})


# --- who may not


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "127.0.0.1.evil.example", "192.168.1.2:8080", ""]
)
def test_only_loopback_host_names_are_answered(api: Api, host: str) -> None:
    refused(knock(api, "GET", "state", headers={"Host": host}), 403, "ForbiddenError")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost:8080", "[::1]", "[::1]:8080"])
def test_loopback_host_names(api: Api, host: str) -> None:
    assert knock(api, "GET", "state", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1"])
def test_other_origins_cannot_write(api: Api, origin: str) -> None:
    before = api.state()
    for method, part in (("PUT", "state"), ("DELETE", "log"), ("PATCH", "switches")):
        response = knock(api, method, part, json={}, headers={"Origin": origin})
        refused(response, 403, "ForbiddenError")
    assert api.state() == before


def test_the_own_origin_can(api: Api) -> None:
    own = {"Origin": api.sandbox.url}
    assert knock(api, "PATCH", "switches", json={}, headers=own).status_code == 200


def test_malformed_json_at_the_door(api: Api) -> None:
    refused(knock(api, "PUT", "state", data=b"{"), 400, "ValidationError")


# --- switches: their texts, their errors, and changing them at run time


def test_parse_reads_each_type() -> None:
    texts = ["contact-lists-write=both", "search_lag_ms = 250", "hour_seconds=2", "verify_from=ON"]
    assert Switches.parse(texts) == Switches(
        contact_lists_write="both", search_lag_ms=250, hour_seconds=2.0, verify_from=True
    )
    assert Switches.parse([]) == Switches()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("colour=red", ('"colour"', "known", "contact_lists_write")),
        ("verify_form=on", ("verify_form", 'did you mean "verify_from"?')),
        ("verify_from", ("verify_from", "name=value")),
        ("verify_from=maybe", ("verify_from", "on or off")),
        ("hour_limit=many", ("hour_limit", "number")),
        ("hour_limit=1.5", ("hour_limit", "number")),
        ("hour_limit=-1", ("hour_limit", "range")),
        ("hour_seconds=0", ("hour_seconds", "range")),
        ("hour_seconds=nan", ("hour_seconds", "range")),
        ("lists_page=xml", ("lists_page", "envelope, array")),
    ],
)
def test_parse_errors_name_the_switch(text: str, words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=words[0]) as caught:
        Switches.parse([text])
    assert all(word in str(caught.value) for word in words)


def test_an_unknown_switch_shows_each_with_its_values_on_its_own_line() -> None:
    with pytest.raises(ValueError, match="unknown switch") as caught:
        Switches.parse(["colour=red"])
    first, *lines = str(caught.value).splitlines()
    assert first == 'unknown switch "colour"; known are:'
    assert len(lines) == len(dataclasses.fields(Switches))
    assert set(lines) >= {
        "  contact_lists_write=ids (default), actions, both",
        "  verify_from=off (default), on",
        "  hour_limit=3600 (default), or a number",
        "  month_seconds=2592000 (default), or a number",
    }


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hour_limit", True),
        ("hour_limit", "5"),
        ("verify_from", 1),
        ("lists_page", None),
        ("lists_page", ["array"]),
    ],
)
def test_values_are_checked_however_they_come(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=name):
        Switches(**{name: value})


@pytest.mark.parametrize("spec", dataclasses.fields(Switches), ids=lambda spec: spec.name)
def test_every_switch_is_documented_and_round_trips(spec: dataclasses.Field[Any]) -> None:
    before = SOURCE.partition(f"\n    {spec.name}: ")[0]
    # Its own comment, or that of the switch right above it.
    assert any(line.strip().startswith("#:") for line in before.splitlines()[-2:])
    for value in spec.metadata.get("choices", (spec.default,)):
        assert getattr(Switches.parse([f"{spec.name}={value}"]), spec.name) == value


def test_switches_are_read_and_changed_at_run_time() -> None:
    with Api("lists_page=array") as api:
        shown = api.get("/_sandbox/switches")
        assert shown["lists_page"] == "array"
        assert set(shown) == {spec.name for spec in dataclasses.fields(Switches)}
        body = {"lists_page": "envelope"}
        assert api.ok("PATCH", "/_sandbox/switches", body)["lists_page"] == "envelope"
        assert api.get(api.lists)["total"] == 4


@pytest.mark.parametrize("body", [{"colour": "red"}, {"lists_page": "xml"}, [], None])
def test_bad_changes_change_nothing(api: Api, body: Any) -> None:
    api.invalid("", "PATCH", "/_sandbox/switches", body)
    assert api.get("/_sandbox/switches") == Switches().as_dict()
