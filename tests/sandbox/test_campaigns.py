"""Campaigns (API contract 4.4)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import ABSENT, Api, refused

ALL = "/api/email/campaign"


def content(api: Api) -> dict[str, Any]:
    return {
        "name": "May news",
        "from": "news@acme.example",
        "fromName": "Acme",
        "subject": "May at Acme",
        "previewText": "Three short stories",
        "body": "<html><body><p>Hello</p></body></html>",
        "plainTextBody": "Hello",
        "replyToAddresses": ["hello@acme.example"],
        "contactStructureId": api.structure["_id"],
        "lists": [api.list_id("Newsletter")],
    }


def path_of(api: Api, name: str) -> str:
    return f"{ALL}/{api.find('campaigns', name=name)['_id']}"


def set_status(api: Api, name: str, status: str, **more: Any) -> Any:
    ident = api.find("campaigns", name=name)["_id"]
    path = f"/_sandbox/campaigns/{ident}/status"
    return api.call("POST", path, {"status": status, **more})


def test_a_name_is_enough(api: Api) -> None:
    response = api.call("POST", ALL, {"name": "Bare"})
    assert response.status_code == 200
    made = response.json()
    assert (made["name"], made["status"], made["__v"]) == ("Bare", "draft", 0)
    assert (made["lists"], made["replyToAddresses"]) == ([], [])
    assert (made["subStatus"], made["cancelledAt"]) == (None, None)
    assert not {"scheduledAt", "subject", "from", "sentCount"} & set(made)
    assert api.get(f"{ALL}/{made['_id']}") == made


def test_all_writable_fields_come_back(api: Api) -> None:
    body = content(api)
    response = api.call("POST", ALL, {**body, "allowDuplicates": False})
    assert response.status_code == 200
    made = response.json()
    assert body.items() <= made.items()
    assert "allowDuplicates" not in made
    assert api.get(f"{ALL}/{made['_id']}") == made


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", ""),
        ("name", 3),
        ("name", None),
        ("from", "nobody"),
        ("fromName", "x" * 101),
        ("previewText", "x" * 101),
        ("subject", ["x"]),
        ("body", {"html": "x"}),
        ("plainTextBody", 1),
        ("replyToAddresses", "hello@acme.example"),
        ("replyToAddresses", ["nobody"]),
        ("contactStructureId", ABSENT),
        ("contactStructureId", "x"),
        ("lists", [ABSENT]),
        ("lists", [{"_id": ABSENT}]),
        ("lists", "x"),
        ("allowDuplicates", "yes"),
    ],
)
def test_bad_values_are_named(api: Api, name: str, value: Any) -> None:
    body = {**content(api), name: value}
    refused(api.call("POST", ALL, body), 400, "ValidationError", name)
    path = path_of(api, "Welcome")
    refused(api.call("PATCH", path, {name: value, "__v": 0}), 400, "ValidationError", name)
    assert api.get(path)["__v"] == 0


def test_the_name_is_required(api: Api) -> None:
    refused(api.call("POST", ALL, {"subject": "x"}), 400, "ValidationError", "name")


def test_a_hundred_characters_are_fine(api: Api) -> None:
    body = {"name": "x", "fromName": "x" * 100, "previewText": "é" * 100}
    assert api.call("POST", ALL, body).status_code == 200


def test_names_other_apis_use_are_not_known_here(api: Api) -> None:
    body = {"name": "x", "html": "<p>", "replyTo": "a@b.example", "scheduledAt": "2026-01-01"}
    made = api.call("POST", ALL, body).json()
    assert not {"html", "replyTo", "scheduledAt"} & set(made)
    api.switch(unknown_keys="error")
    refused(api.call("POST", ALL, {**body, "name": "y"}), 400, "ValidationError", "html")


def test_a_known_name_needs_allow_duplicates(api: Api) -> None:
    refused(api.call("POST", ALL, {"name": "Welcome"}), 400, "DuplicateFieldError", "name")
    body = {"name": "Welcome", "allowDuplicates": True}
    assert api.call("POST", ALL, body).status_code == 200
    assert api.get(ALL, criteria="Welcome")["total"] == 2


def test_patch_changes_only_what_it_names(api: Api) -> None:
    path = path_of(api, "Welcome")
    before = api.get(path)
    response = api.call("PATCH", path, {"subject": "Hello", "__v": before["__v"]})
    assert response.status_code == 200
    after = response.json()
    assert after["subject"] == "Hello"
    assert after["__v"] == before["__v"] + 1
    moving = ("subject", "__v", "updatedAt")
    assert all(after[name] == before[name] for name in before if name not in moving)
    assert api.get(path) == after


def test_patch_replaces_the_lists(api: Api) -> None:
    path = path_of(api, "Welcome")
    customers = api.list_id("Customers")
    after = api.call("PATCH", path, {"lists": [customers], "__v": 0}).json()
    assert after["lists"] == [customers]


def test_patch_needs_the_current_version(api: Api) -> None:
    path = path_of(api, "Welcome")
    assert api.call("PATCH", path, {"subject": "a", "__v": 0}).status_code == 200
    message = refused(api.call("PATCH", path, {"subject": "b", "__v": 0}), 400, "ConcurrencyError")
    assert message == "Document version mismatch"
    refused(api.call("PATCH", path, {"subject": "b"}), 400, "ValidationError", "__v")
    api.switch(campaign_patch_version="optional")
    assert api.call("PATCH", path, {"subject": "b"}).json()["__v"] == 2
    refused(api.call("PATCH", path, {"subject": "c", "__v": 0}), 400, "ConcurrencyError")


def test_patch_cannot_take_anothers_name(api: Api) -> None:
    path = path_of(api, "Welcome")
    body = {"name": "2026-10 Newsletter", "__v": 0}
    refused(api.call("PATCH", path, body), 400, "DuplicateFieldError", "name")
    assert api.call("PATCH", path, {"name": "Welcome", "__v": 0}).status_code == 200


def test_only_drafts_are_editable(api: Api) -> None:
    path = path_of(api, "2026-10 Newsletter")
    version = api.get(path)["__v"]
    body = {"subject": "late", "__v": version}
    refused(api.call("PATCH", path, body), 400, "ValidationError", "status")
    api.switch(edit_non_draft=True)
    assert api.call("PATCH", path, body).json()["subject"] == "late"


def test_delete(api: Api) -> None:
    path = path_of(api, "Welcome")
    response = api.call("DELETE", path)
    assert (response.status_code, response.content) == (204, b"")
    for method in ("GET", "PATCH", "DELETE"):
        response = api.call(method, path, {})
        assert refused(response, 404, "RecordNotFound") == "Campaign not found"


def test_scheduled_campaigns_are_not_deleted(api: Api) -> None:
    set_status(api, "Welcome", "scheduled", scheduledAt="2027-01-01T08:00:00Z")
    path = path_of(api, "Welcome")
    refused(api.call("DELETE", path), 400, "ValidationError", "status")
    api.switch(delete_live_campaigns=True)
    assert api.call("DELETE", path).status_code == 204


def test_duplicate_is_a_new_draft_of_the_same_content(api: Api) -> None:
    path = path_of(api, "2026-10 Newsletter")
    response = api.call("POST", f"{path}/duplicate", {})
    assert response.status_code == 200
    copy, source = response.json(), api.get(path)
    assert (copy["name"], copy["status"], copy["__v"]) == (
        "Copy of 2026-10 Newsletter",
        "draft",
        0,
    )
    assert "scheduledAt" not in copy
    for name in ("subject", "body", "lists", "from", "replyToAddresses"):
        assert copy[name] == source[name]
    second = api.call("POST", f"{path}/duplicate").json()
    assert second["name"] == "Copy of 2026-10 Newsletter (2)"
    assert api.call("POST", f"{path}/duplicate", {"name": "Own"}).json()["name"] == "Own"
    body = {"name": "Welcome"}
    refused(api.call("POST", f"{path}/duplicate", body), 400, "DuplicateFieldError", "name")
    refused(api.call("POST", f"{ALL}/{ABSENT}/duplicate", {}), 404, "RecordNotFound")


def test_a_page_of_campaigns(api: Api) -> None:
    page = api.get(ALL)
    assert page["total"] == 2
    sent, draft = page["records"]
    assert sent["status"] == "sent"
    assert sent["scheduledAt"] == "2026-10-06T08:00:00.000Z"
    assert (sent["sentCount"], sent["totalRecipients"]) == (8, 8)
    assert sent["stats"] == {
        "sent": 8,
        "delivered": 7,
        "opens": {"unique": 5, "rate": 71.43},
        "clicks": {"unique": 2, "rate": 28.57},
    }
    assert not {"stats", "sentCount", "scheduledAt"} & set(draft)
    assert not {"body", "lists", "__v", "fromName"} & (set(sent) | set(draft))


def test_pages_by_status_name_and_order(api: Api) -> None:
    def names(**query: Any) -> list[str]:
        return [row["name"] for row in api.get(ALL, **query)["records"]]

    assert names(statuses="draft") == ["Welcome"]
    assert names(statuses="paused") == []
    assert names(criteria="news") == ["2026-10 Newsletter"]
    assert names(sort="name:desc") == ["Welcome", "2026-10 Newsletter"]
    assert names(sort="scheduledAt:asc") == ["Welcome", "2026-10 Newsletter"]
    assert names(size=1, page=2) == ["Welcome"]


@pytest.mark.parametrize("value", ["done", "Draft", "draft,sent", ""])
def test_statuses_takes_one_known_value(api: Api, value: str) -> None:
    refused(api.call("GET", ALL, statuses=value), 400, "ValidationError", "statuses")


# --- what a person does in the web app


def test_schedule_and_send(api: Api) -> None:
    before = api.find("campaigns", name="Welcome")
    response = set_status(api, "Welcome", "scheduled", scheduledAt="2027-01-01T09:00:00+01:00")
    assert response.status_code == 200
    scheduled = response.json()
    assert scheduled == api.find("campaigns", name="Welcome")
    assert scheduled["scheduledAt"] == "2027-01-01T08:00:00.000Z"
    assert scheduled["__v"] == before["__v"] + 1
    sent = set_status(api, "Welcome", "sent").json()
    assert (sent["status"], sent["scheduledAt"]) == ("sent", "2027-01-01T08:00:00.000Z")
    assert sent["sentCount"] == sent["totalRecipients"] == 5
    shown = api.get(path_of(api, "Welcome"))
    assert (shown["status"], shown["__v"]) == ("sent", 2)


def test_cancel_and_back_to_draft(api: Api) -> None:
    set_status(api, "Welcome", "scheduled")
    assert api.get(path_of(api, "Welcome"))["scheduledAt"]
    assert set_status(api, "Welcome", "cancelled").json()["cancelledAt"]
    draft = set_status(api, "Welcome", "draft").json()
    assert (draft["scheduledAt"], draft["cancelledAt"]) == (None, None)
    body = {"subject": "Again", "__v": draft["__v"]}
    assert api.call("PATCH", path_of(api, "Welcome"), body).status_code == 200


def test_statuses_are_checked(api: Api) -> None:
    refused(set_status(api, "Welcome", "gone"), 400, "ValidationError", "status")
    response = set_status(api, "Welcome", "scheduled", scheduledAt="soon")
    refused(response, 400, "ValidationError", "scheduledAt")
    api.call("POST", ALL, {"name": "Nobody"})
    refused(set_status(api, "Nobody", "scheduled"), 400, "ValidationError", "lists")


# --- switches


def test_minimal_bodies_are_what_the_openapi_shows(api: Api) -> None:
    api.switch(campaign_body="minimal")
    path = path_of(api, "2026-10 Newsletter")
    shown = api.get(path)
    assert set(shown) == {
        *("_id", "status", "subStatus", "scheduledAt", "cancelledAt", "sentCount"),
        *("failedCount", "totalRecipients", "previewImageUrl", "createdAt", "updatedAt"),
    }
    assert "name" not in api.call("POST", ALL, {"name": "x"}).json()
    assert "name" not in api.call("POST", f"{path}/duplicate", {}).json()


def test_lists_as_objects(api: Api) -> None:
    api.switch(campaign_lists_read="objects")
    news = api.list_id("Newsletter")
    assert api.get(path_of(api, "Welcome"))["lists"] == [{"_id": news}]
    assert api.find("campaigns", name="Welcome")["lists"] == [news]


def test_unverified_senders(api: Api) -> None:
    body = {"name": "x", "from": "a@pending.example"}
    assert api.call("POST", ALL, body).status_code == 200
    api.switch(verify_from=True)
    for sender in ("a@pending.example", "a@unknown.example"):
        response = api.call("POST", ALL, {"name": "y", "from": sender})
        refused(response, 400, "ValidationError", "from")
    made = api.call("POST", ALL, {"name": "y", "from": "a@acme.example"}).json()
    path = f"{ALL}/{made['_id']}"
    response = api.call("PATCH", path, {"from": "a@pending.example", "__v": 0})
    refused(response, 400, "ValidationError", "from")
