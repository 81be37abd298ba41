"""Contacts: create, read, replace, status, delete, events (API contract 4.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import ABSENT, CONTACTS, EVENTS, UNSUBSCRIBED, Api

CONFIRMED = {"primary": "Active", "secondary": "confirmed"}


def new(api: Api, key: str = "new@example.com", **more: Any) -> dict[str, Any]:
    return {"key": key, "contactStructureId": api.structure["_id"], **more}


def replacement(api: Api, path: str, **changes: Any) -> dict[str, Any]:
    """What GET returns, in the form that PUT takes."""
    found = api.get(path)
    found["lists"] = [entry["_id"] for entry in found["lists"]]
    return {**found, **changes}


def test_create_gives_the_whole_contact(api: Api) -> None:
    first, news = api.field_id("First Name"), api.list_id("Newsletter")
    body = new(api, " New@Example.COM ", fields=[{"_id": first, "value": "Nia"}], lists=[news])
    made = api.ok("POST", CONTACTS, body)
    expected = {
        "key": "new@example.com",
        "fields": [{"_id": first, "value": "Nia"}],
        "lists": [{"_id": news}],
        "tags": [],
        "status": {"primary": "Active"},
        "__v": 0,
        "updatedAt": made["createdAt"],
    }
    assert expected.items() <= made.items()
    assert made["createdAt"].endswith("Z")
    assert (len(made["createdAt"]), len(made["_id"])) == (24, 24)
    assert api.get(f"{CONTACTS}/{made['_id']}") == made


def test_an_unknown_field_is_named_by_field_id(api: Api) -> None:
    response = api.send("POST", CONTACTS, new(api, fields=[{"_id": ABSENT, "value": "x"}]))
    assert response.json()["errors"][0]["fieldId"] == ABSENT


def test_field_values_are_strings(api: Api) -> None:
    body = new(api, fields=[{"_id": api.field_id("Company"), "value": 3}])
    api.invalid("fields", "POST", CONTACTS, body)


def test_the_same_key_may_be_in_another_structure(api: Api) -> None:
    second = api.add_structure()
    api.ok("POST", CONTACTS, {"key": "ann@example.com", "contactStructureId": second})
    other = new(api, contactStructureId=second, lists=[api.list_id("Newsletter")])
    api.invalid("lists", "POST", CONTACTS, other)


def test_a_required_field_must_have_a_value(api: Api) -> None:
    state = api.state()
    company = state["structures"][0]["fields"][2]
    company["required"] = True
    api.put_state(**{**state, "contacts": []})
    api.invalid("fields", "POST", CONTACTS, new(api))
    api.ok("POST", CONTACTS, new(api, fields=[{"_id": company["_id"], "value": "Acme"}]))


def test_delete_gives_the_contact_and_then_it_is_gone(api: Api) -> None:
    path = api.contact_path("ann")
    before = api.get(path)
    assert api.ok("DELETE", path) == before
    for method in ("DELETE", "GET"):
        api.error("RecordNotFound", method, path)


def test_all_contacts_come_in_one_reply(api: Api) -> None:
    every = api.get(CONTACTS)
    assert len(every) == len(api.state()["contacts"])
    inactive = [one["status"] for one in every if one["status"]["primary"] == "Inactive"]
    assert {one["secondary"] for one in inactive} == {"Unsubscribe", "Bounce", "Complaint-FBL"}


def test_put_replaces_everything_but_the_status(api: Api) -> None:
    path = api.contact_path("ann")
    before = api.get(path)
    assert all(before[part] for part in ("fields", "lists", "tags"))
    after = api.ok("PUT", path, new(api, "anna@example.com", __v=before["__v"]))
    assert after["updatedAt"] > before["updatedAt"]
    replaced = {"key": "anna@example.com", "fields": [], "lists": [], "tags": []}
    moved = {"__v": before["__v"] + 1, "updatedAt": after["updatedAt"]}
    assert after == {**before, **replaced, **moved}
    assert after["status"] == {"primary": "Active"}


def test_put_of_what_get_gave_changes_nothing_but_the_version(api: Api) -> None:
    path = api.contact_path("ann")
    before = api.get(path)
    after = api.ok("PUT", path, replacement(api, path))
    assert after == {**before, "__v": after["__v"], "updatedAt": after["updatedAt"]}


def test_unsubscribe_by_patch(api: Api) -> None:
    path = api.contact_path("bob")
    after = api.ok("PATCH", path, {"status": UNSUBSCRIBED})
    assert (after["status"], after["__v"]) == (UNSUBSCRIBED, 1)
    assert api.get(path) == after
    api.ok("PATCH", path, {"status": UNSUBSCRIBED})


@pytest.mark.parametrize("who", ["eva", "frank", "grace"])
def test_inactive_contacts_stay_inactive(api: Api, who: str) -> None:
    path = api.contact_path(who)
    before = api.get(path)
    assert before["status"]["primary"] == "Inactive"
    active = {"primary": "Active"}
    api.invalid("status", "PATCH", path, {"status": active})
    api.invalid("status", "PUT", path, replacement(api, path, status=active))
    assert api.get(path) == before
    assert api.ok("PUT", path, replacement(api, path))["status"] == before["status"]
    body = replacement(api, path)
    del body["status"]
    assert api.ok("PUT", path, body)["status"] == before["status"]


# --- switches


def test_other_keys_in_a_patch_can_be_ignored(api: Api) -> None:
    api.switch(status_patch_extras="ignore")
    body = {"status": UNSUBSCRIBED, "key": "x@example.com"}
    after = api.ok("PATCH", api.contact_path("bob"), body)
    assert (after["key"], after["status"]) == ("bob@example.com", UNSUBSCRIBED)


@pytest.mark.parametrize("shape", ["ids", "actions"])
@pytest.mark.parametrize("mode", ["ids", "actions", "both"])
def test_lists_write_shapes(api: Api, mode: str, shape: str) -> None:
    news = api.list_id("Newsletter")
    api.switch(contact_lists_write=mode)
    body = new(api, lists=[news] if shape == "ids" else [{"_id": news, "action": "add"}])
    if mode in (shape, "both"):
        assert api.ok("POST", CONTACTS, body)["lists"] == [{"_id": news}]
    else:
        api.invalid("lists", "POST", CONTACTS, body)


def test_actions_in_a_replacement(api: Api) -> None:
    api.switch(contact_lists_write="actions")
    path = api.contact_path("bob")
    news, old = api.list_id("Newsletter"), api.list_id("Old list")
    change = [{"_id": old, "action": "add"}, {"_id": news, "action": "remove"}]
    assert api.ok("PUT", path, replacement(api, path, lists=change))["lists"] == [{"_id": old}]
    dropped = [{"_id": old, "action": "drop"}]
    api.invalid("lists", "PUT", path, replacement(api, path, lists=dropped))


def test_lists_read_shapes(api: Api) -> None:
    path, news = api.contact_path("frank"), api.list_id("Newsletter")
    for shape, shown in [("ids", news), ("objects", {"_id": news}), ("listId", {"listId": news})]:
        api.switch(contact_lists_read=shape)
        assert api.get(path)["lists"] == [shown]


def test_active_secondary(api: Api) -> None:
    api.switch(active_secondary=True)
    path = api.contact_path("bob")
    assert api.get(path)["status"] == CONFIRMED
    api.ok("PUT", path, replacement(api, path))
    assert api.named("contacts", "bob@example.com")["status"] == {"primary": "Active"}
    assert api.get(api.contact_path("eva"))["status"]["secondary"] == "Unsubscribe"


def test_tags_and_status_on_create(api: Api) -> None:
    vip = {"_id": api.structure["tags"][0]["_id"]}
    body = new(api, tags=[vip], status=UNSUBSCRIBED)
    made = api.ok("POST", CONTACTS, body)
    assert (made["tags"], made["status"]) == ([vip], {"primary": "Active"})
    api.switch(create_tags="ignore", create_status="accept")
    made = api.ok("POST", CONTACTS, {**body, "key": "b@example.com"})
    assert (made["tags"], made["status"]) == ([], UNSUBSCRIBED)
    body["key"] = "c@example.com"
    api.switch(create_tags="error")
    api.invalid("tags", "POST", CONTACTS, body)
    api.switch(create_tags="accept", create_status="error")
    api.invalid("status", "POST", CONTACTS, body)


def test_put_can_merge(api: Api) -> None:
    api.switch(contact_put="merge")
    path = api.contact_path("ann")
    before = api.get(path)
    old, company = api.list_id("Old list"), {"_id": api.field_id("Company"), "value": "X"}
    body = new(api, "ann@example.com", __v=before["__v"], lists=[old], fields=[company])
    after = api.ok("PUT", path, body)
    assert after["lists"] == [*before["lists"], {"_id": old}]
    assert after["tags"] == before["tags"]
    assert after["fields"] == [*before["fields"][:2], company]


def test_put_of_an_inactive_contact_can_be_refused(api: Api) -> None:
    api.switch(put_inactive="refuse")
    path = api.contact_path("eva")
    api.invalid("status", "PUT", path, replacement(api, path))


@pytest.mark.parametrize("form", ["contacts", "data"])
def test_forms_of_all_contacts(api: Api, form: str) -> None:
    api.switch(contact_all=form)
    assert list(api.get(CONTACTS)) == [form]


def test_unknown_keys_are_ignored_or_refused(api: Api) -> None:
    body = new(api, listIds=[api.list_id("Newsletter")])
    assert api.ok("POST", CONTACTS, body)["lists"] == []
    api.switch(unknown_keys="error")
    api.invalid("listIds", "POST", CONTACTS, {**body, "key": "two@example.com"})
    path = api.contact_path("new")
    api.ok("PUT", path, replacement(api, path))


# --- events


def test_events_of_a_contact_newest_first(api: Api) -> None:
    id = api.ok("POST", CONTACTS, new(api))["_id"]
    path = f"{CONTACTS}/{id}"
    api.ok("PUT", path, replacement(api, path))
    api.ok("PATCH", path, {"status": UNSUBSCRIBED})
    api.ok("POST", f"/_sandbox/contacts/{id}/status", {"status": {"primary": "Active"}})
    kinds = ["contact-reactivated", "contact-unsubscribed", "contact-updated", "contact-created"]
    feed = api.get(f"{path}/events")
    assert feed["total"] == 4
    told = [(event["type"], event["contactId"]) for event in feed["records"]]
    assert told == [(kind, id) for kind in kinds]
    assert api.get(EVENTS) == feed
    some = api.get(f"{path}/events", types="contact-created,contact-updated", size=1, page=2)
    assert (some["total"], [event["type"] for event in some["records"]]) == (2, kinds[-1:])
