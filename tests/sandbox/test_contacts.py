"""Contacts: create, read, replace, status, delete, events (API contract 4.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import ABSENT, Api, refused


def new(api: Api, key: str = "new@example.com", **more: Any) -> dict[str, Any]:
    return {"key": key, "contactStructureId": api.structure["_id"], **more}


def path_of(api: Api, key: str) -> str:
    return f"/api/contact/{api.find('contacts', key=key)['_id']}"


def replacement(api: Api, path: str, **changes: Any) -> dict[str, Any]:
    """What GET returns, in the form that PUT takes."""
    found = api.get(path)
    found["lists"] = [entry["_id"] for entry in found["lists"]]
    return {**found, **changes}


def test_create_gives_the_whole_contact(api: Api) -> None:
    first, news = api.field_id("First Name"), api.list_id("Newsletter")
    body = new(api, " New@Example.COM ", fields=[{"_id": first, "value": "Nia"}], lists=[news])
    response = api.call("POST", "/api/contact", body)
    assert response.status_code == 200
    made = response.json()
    assert made["key"] == "new@example.com"
    assert made["fields"] == [{"_id": first, "value": "Nia"}]
    assert made["lists"] == [{"_id": news}]
    assert made["tags"] == []
    assert made["status"] == {"primary": "Active"}
    assert made["__v"] == 0
    assert made["createdAt"] == made["updatedAt"]
    assert made["createdAt"].endswith("Z")
    assert len(made["createdAt"]) == 24
    assert len(made["_id"]) == 24
    assert api.get(f"/api/contact/{made['_id']}") == made


@pytest.mark.parametrize("missing", ["key", "contactStructureId"])
def test_create_needs_key_and_structure(api: Api, missing: str) -> None:
    body = new(api)
    del body[missing]
    message = refused(api.call("POST", "/api/contact", body), 400, "ValidationError", missing)
    assert message == f"{missing} is required"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key", "no address"),
        ("key", 3),
        ("key", None),
        ("key", "\ud800@example.com"),
        ("contactStructureId", ABSENT),
        ("contactStructureId", "x"),
        ("contactStructureId", 3),
        ("fields", "x"),
        ("fields", [{"_id": ABSENT, "value": "x"}]),
        ("fields", [{"_id": ABSENT}]),
        ("fields", ["x"]),
        ("lists", [ABSENT]),
        ("lists", ["x"]),
        ("lists", [3]),
        ("lists", "x"),
        ("lists", None),
        ("tags", [{"_id": ABSENT}]),
        ("tags", [ABSENT]),
    ],
)
def test_create_names_what_is_wrong(api: Api, field: str, value: Any) -> None:
    before = api.state()
    response = api.call("POST", "/api/contact", {**new(api), field: value})
    refused(response, 400, "ValidationError", field)
    assert api.state() == before


def test_an_unknown_field_is_named_by_field_id(api: Api) -> None:
    response = api.call("POST", "/api/contact", new(api, fields=[{"_id": ABSENT, "value": "x"}]))
    assert response.json()["errors"][0]["fieldId"] == ABSENT


def test_field_values_are_strings(api: Api) -> None:
    body = new(api, fields=[{"_id": api.field_id("Company"), "value": 3}])
    refused(api.call("POST", "/api/contact", body), 400, "ValidationError", "fields")


def test_a_known_key_is_refused_not_updated(api: Api) -> None:
    body = new(api, "ANN@example.com")
    refused(api.call("POST", "/api/contact", body), 400, "DuplicateFieldError", "key")


def test_the_same_key_may_be_in_another_structure(api: Api) -> None:
    state = api.state()
    state["structures"].append({"label": "Second"})
    second = api.put_state(**state)["structures"][1]["_id"]
    body = {"key": "ann@example.com", "contactStructureId": second}
    assert api.call("POST", "/api/contact", body).status_code == 200
    listed = api.list_id("Newsletter")
    other = {"key": "x@example.com", "contactStructureId": second, "lists": [listed]}
    refused(api.call("POST", "/api/contact", other), 400, "ValidationError", "lists")


def test_a_required_field_must_have_a_value(api: Api) -> None:
    state = api.state()
    company = state["structures"][0]["fields"][2]
    company["required"] = True
    state["contacts"] = []
    api.put_state(**state)
    refused(api.call("POST", "/api/contact", new(api)), 400, "ValidationError", "fields")
    body = new(api, fields=[{"_id": company["_id"], "value": "Acme"}])
    assert api.call("POST", "/api/contact", body).status_code == 200


@pytest.mark.parametrize("ident", [ABSENT, "short"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
def test_unknown_contacts(api: Api, method: str, ident: str) -> None:
    response = api.call(method, f"/api/contact/{ident}", {} if method[0] == "P" else None)
    assert refused(response, 404, "RecordNotFound") == "Contact not found"


def test_delete_gives_the_contact_and_then_it_is_gone(api: Api) -> None:
    path = path_of(api, "ann@example.com")
    before = api.get(path)
    response = api.call("DELETE", path)
    assert (response.status_code, response.json()) == (200, before)
    refused(api.call("DELETE", path), 404, "RecordNotFound")
    refused(api.call("GET", path), 404, "RecordNotFound")


def test_all_contacts_come_in_one_reply(api: Api) -> None:
    assert len(api.get("/api/contact")) == len(api.state()["contacts"])


def test_put_replaces_everything_but_the_status(api: Api) -> None:
    path = path_of(api, "ann@example.com")
    before = api.get(path)
    assert before["fields"]
    assert before["lists"]
    assert before["tags"]
    body = new(api, "anna@example.com", __v=before["__v"])
    response = api.call("PUT", path, body)
    assert response.status_code == 200
    after = response.json()
    assert (after["fields"], after["lists"], after["tags"]) == ([], [], [])
    assert after["key"] == "anna@example.com"
    assert after["status"] == {"primary": "Active"}
    assert after["__v"] == before["__v"] + 1
    assert after["createdAt"] == before["createdAt"]
    assert after["updatedAt"] > before["updatedAt"]


def test_put_of_what_get_gave_changes_nothing_but_the_version(api: Api) -> None:
    path = path_of(api, "ann@example.com")
    before = api.get(path)
    after = api.call("PUT", path, replacement(api, path)).json()
    for moving in ("__v", "updatedAt"):
        before.pop(moving)
        after.pop(moving)
    assert after == before


def test_put_needs_the_current_version(api: Api) -> None:
    path = path_of(api, "bob@example.com")
    body = replacement(api, path)
    assert api.call("PUT", path, body).status_code == 200
    message = refused(api.call("PUT", path, body), 400, "ConcurrencyError")
    assert message == "Document version mismatch"
    del body["__v"]
    refused(api.call("PUT", path, body), 400, "ValidationError", "__v")
    refused(api.call("PUT", path, {**body, "__v": "1"}), 400, "ValidationError", "__v")


@pytest.mark.parametrize("missing", ["key", "contactStructureId"])
def test_put_needs_the_complete_contact(api: Api, missing: str) -> None:
    path = path_of(api, "bob@example.com")
    body = replacement(api, path)
    del body[missing]
    refused(api.call("PUT", path, body), 400, "ValidationError", missing)


def test_put_cannot_take_anothers_key(api: Api) -> None:
    path = path_of(api, "bob@example.com")
    body = replacement(api, path, key="ann@example.com")
    refused(api.call("PUT", path, body), 400, "DuplicateFieldError", "key")


def test_unsubscribe_by_patch(api: Api) -> None:
    path = path_of(api, "bob@example.com")
    status = {"primary": "Inactive", "secondary": "Unsubscribe"}
    response = api.call("PATCH", path, {"status": status})
    assert response.status_code == 200
    assert response.json()["status"] == status
    assert response.json()["__v"] == 1
    assert api.get(path) == response.json()
    assert api.call("PATCH", path, {"status": status}).status_code == 200


@pytest.mark.parametrize(
    "status",
    [
        {"primary": "active"},
        {"primary": "inactive", "secondary": "Unsubscribe"},
        {"primary": "Inactive"},
        {"primary": "Inactive", "secondary": None},
        {"primary": "Inactive", "secondary": "Bounce"},
        {"primary": "Inactive", "secondary": "Complaint-FBL"},
        {"primary": "Inactive", "secondary": "unsubscribe"},
        {"primary": "Active", "secondary": "Unsubscribe"},
        {"secondary": "Unsubscribe"},
        {"primary": 3},
        "Inactive",
        None,
        [],
    ],
)
def test_statuses_that_a_key_cannot_set(api: Api, status: Any) -> None:
    path = path_of(api, "bob@example.com")
    refused(api.call("PATCH", path, {"status": status}), 400, "ValidationError", "status")
    body = replacement(api, path, status=status)
    refused(api.call("PUT", path, body), 400, "ValidationError", "status")


@pytest.mark.parametrize("who", ["eva", "frank", "grace"])
def test_inactive_contacts_stay_inactive(api: Api, who: str) -> None:
    path = path_of(api, f"{who}@example.com")
    before = api.get(path)
    assert before["status"]["primary"] == "Inactive"
    active = {"primary": "Active"}
    refused(api.call("PATCH", path, {"status": active}), 400, "ValidationError", "status")
    body = replacement(api, path, status=active)
    refused(api.call("PUT", path, body), 400, "ValidationError", "status")
    assert api.get(path) == before
    body = replacement(api, path)
    assert api.call("PUT", path, body).json()["status"] == before["status"]
    body = replacement(api, path)
    del body["status"]
    assert api.call("PUT", path, body).json()["status"] == before["status"]


def test_seeded_statuses(api: Api) -> None:
    found = {
        contact["status"]["secondary"]
        for contact in api.get("/api/contact")
        if contact["status"]["primary"] == "Inactive"
    }
    assert found == {"Unsubscribe", "Bounce", "Complaint-FBL"}


def test_patch_takes_status_alone(api: Api) -> None:
    path = path_of(api, "bob@example.com")
    status = {"primary": "Inactive", "secondary": "Unsubscribe"}
    refused(api.call("PATCH", path, {}), 400, "ValidationError", "status")
    body = {"status": status, "key": "x@example.com"}
    refused(api.call("PATCH", path, body), 400, "ValidationError", "key")
    api.switch(status_patch_extras="ignore")
    after = api.call("PATCH", path, body).json()
    assert (after["key"], after["status"]) == ("bob@example.com", status)


# --- switches


def test_lists_write_shapes(api: Api) -> None:
    news = api.list_id("Newsletter")
    shapes = {"ids": [news], "actions": [{"_id": news, "action": "add"}]}
    for n, (mode, accepted) in enumerate(
        [("ids", {"ids"}), ("actions", {"actions"}), ("both", {"ids", "actions"})]
    ):
        api.switch(contact_lists_write=mode)
        for shape, value in shapes.items():
            body = new(api, f"{n}{shape}@example.com", lists=value)
            response = api.call("POST", "/api/contact", body)
            if shape in accepted:
                assert response.json()["lists"] == [{"_id": news}], (mode, shape)
            else:
                refused(response, 400, "ValidationError", "lists")


def test_actions_in_a_replacement(api: Api) -> None:
    api.switch(contact_lists_write="actions")
    path = path_of(api, "bob@example.com")
    news, old = api.list_id("Newsletter"), api.list_id("Old list")
    change = [{"_id": old, "action": "add"}, {"_id": news, "action": "remove"}]
    after = api.call("PUT", path, replacement(api, path, lists=change)).json()
    assert after["lists"] == [{"_id": old}]
    refused(
        api.call("PUT", path, replacement(api, path, lists=[{"_id": old, "action": "drop"}])),
        400,
        "ValidationError",
        "lists",
    )


def test_lists_read_shapes(api: Api) -> None:
    path = path_of(api, "frank@example.com")
    news = api.list_id("Newsletter")
    for shape, shown in [("ids", news), ("objects", {"_id": news}), ("listId", {"listId": news})]:
        api.switch(contact_lists_read=shape)
        assert api.get(path)["lists"] == [shown]


def test_active_secondary(api: Api) -> None:
    api.switch(active_secondary=True)
    path = path_of(api, "bob@example.com")
    assert api.get(path)["status"] == {"primary": "Active", "secondary": "confirmed"}
    assert api.call("PUT", path, replacement(api, path)).status_code == 200
    assert api.find("contacts", key="bob@example.com")["status"] == {"primary": "Active"}
    eva = api.get(path_of(api, "eva@example.com"))
    assert eva["status"]["secondary"] == "Unsubscribe"


def test_tags_and_status_on_create(api: Api) -> None:
    vip = api.structure["tags"][0]["_id"]
    ended = {"primary": "Inactive", "secondary": "Unsubscribe"}
    body = new(api, tags=[{"_id": vip}], status=ended)
    made = api.call("POST", "/api/contact", body).json()
    assert (made["tags"], made["status"]) == ([{"_id": vip}], {"primary": "Active"})
    api.switch(create_tags="ignore", create_status="accept")
    made = api.call("POST", "/api/contact", {**body, "key": "b@example.com"}).json()
    assert (made["tags"], made["status"]) == ([], ended)
    api.switch(create_tags="error")
    body["key"] = "c@example.com"
    refused(api.call("POST", "/api/contact", body), 400, "ValidationError", "tags")
    api.switch(create_tags="accept", create_status="error")
    refused(api.call("POST", "/api/contact", body), 400, "ValidationError", "status")


def test_put_can_merge(api: Api) -> None:
    api.switch(contact_put="merge")
    path = path_of(api, "ann@example.com")
    before = api.get(path)
    old, company = api.list_id("Old list"), api.field_id("Company")
    body = new(
        api,
        "ann@example.com",
        __v=before["__v"],
        lists=[old],
        fields=[{"_id": company, "value": "X"}],
    )
    after = api.call("PUT", path, body).json()
    assert after["lists"] == [*before["lists"], {"_id": old}]
    assert after["tags"] == before["tags"]
    assert after["fields"] == [*before["fields"][:2], {"_id": company, "value": "X"}]


def test_put_of_an_inactive_contact_can_be_refused(api: Api) -> None:
    api.switch(put_inactive="refuse")
    path = path_of(api, "eva@example.com")
    refused(api.call("PUT", path, replacement(api, path)), 400, "ValidationError", "status")


def test_forms_of_all_contacts(api: Api) -> None:
    for form in ("contacts", "data"):
        api.switch(contact_all=form)
        assert list(api.get("/api/contact")) == [form]


def test_unknown_keys_are_ignored_or_refused(api: Api) -> None:
    body = new(api, listIds=[api.list_id("Newsletter")])
    assert api.call("POST", "/api/contact", body).json()["lists"] == []
    api.switch(unknown_keys="error")
    body["key"] = "two@example.com"
    refused(api.call("POST", "/api/contact", body), 400, "ValidationError", "listIds")
    path = path_of(api, "new@example.com")
    assert api.call("PUT", path, replacement(api, path)).status_code == 200


# --- events


def test_events_of_a_contact_newest_first(api: Api) -> None:
    made = api.call("POST", "/api/contact", new(api)).json()
    path = f"/api/contact/{made['_id']}"
    api.call("PUT", path, replacement(api, path))
    ended = {"primary": "Inactive", "secondary": "Unsubscribe"}
    api.call("PATCH", path, {"status": ended})
    api.call("POST", f"/_sandbox/contacts/{made['_id']}/status", {"status": {"primary": "Active"}})
    kinds = ["contact-reactivated", "contact-unsubscribed", "contact-updated", "contact-created"]
    feed = api.get(f"{path}/events")
    assert feed["total"] == 4
    assert [event["type"] for event in feed["records"]] == kinds
    assert {event["contactId"] for event in feed["records"]} == {made["_id"]}
    assert api.get("/api/contact/events") == feed
    some = api.get(f"{path}/events", types="contact-created,contact-updated", size=1, page=2)
    assert (some["total"], [event["type"] for event in some["records"]]) == (2, kinds[-1:])


@pytest.mark.parametrize(
    ("name", "value"),
    [("types", "nonsense"), ("types", ""), ("page", "0"), ("size", "x"), ("pastDays", "91")],
)
def test_event_queries_are_checked(api: Api, name: str, value: str) -> None:
    response = api.call("GET", "/api/contact/events", **{name: value})
    refused(response, 400, "ValidationError", name)


def test_events_of_an_unknown_contact(api: Api) -> None:
    refused(api.call("GET", f"/api/contact/{ABSENT}/events"), 404, "RecordNotFound")
