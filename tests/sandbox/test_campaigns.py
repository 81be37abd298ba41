"""Campaigns (API contract 4.4)."""

from __future__ import annotations

from typing import Any

from tests.support.api import CAMPAIGNS, Api, valid

SENT = "2026-10 Newsletter"


def set_status(api: Api, name: str, status: str, **more: Any) -> Any:
    """The campaign after what a person does in the web app."""
    return api.campaign_status(api.id_of("campaigns", name), status=status, **more)


def test_a_name_is_enough(api: Api) -> None:
    made = api.ok("POST", CAMPAIGNS, {"name": "Bare"})
    assert (made["name"], made["status"], made["__v"]) == ("Bare", "draft", 0)
    assert (made["lists"], made["replyToAddresses"]) == ([], [])
    assert (made["subStatus"], made["cancelledAt"]) == (None, None)
    assert not {"scheduledAt", "subject", "from", "sentCount"} & set(made)
    assert api.get(f"{CAMPAIGNS}/{made['_id']}") == made


def test_all_writable_fields_come_back(api: Api) -> None:
    method, path, body = valid(api)["POST /api/email/campaign"]
    made = api.ok(method, path, {**body, "allowDuplicates": False})
    assert body.items() <= made.items()
    assert "allowDuplicates" not in made
    assert api.get(f"{CAMPAIGNS}/{made['_id']}") == made


def test_a_hundred_characters_are_fine(api: Api) -> None:
    api.ok("POST", CAMPAIGNS, {"name": "x", "fromName": "x" * 100, "previewText": "é" * 100})


def test_names_other_apis_use_are_not_known_here(api: Api) -> None:
    body = {"name": "x", "html": "<p>", "replyTo": "a@b.example", "scheduledAt": "2026-01-01"}
    assert not {"html", "replyTo", "scheduledAt"} & set(api.ok("POST", CAMPAIGNS, body))
    api.switch(unknown_keys="error")
    api.invalid("html", "POST", CAMPAIGNS, {**body, "name": "y"})


def test_a_known_name_needs_allow_duplicates(api: Api) -> None:
    api.ok("POST", CAMPAIGNS, {"name": "Welcome", "allowDuplicates": True})
    assert api.names(CAMPAIGNS, criteria="Welcome") == ["Welcome"] * 2


def test_patch_changes_only_what_it_names(api: Api) -> None:
    path, customers = api.campaign_path("Welcome"), api.list_id("Customers")
    before = api.get(path)
    changes = {"name": "Welcome", "subject": "Hello", "lists": [customers]}
    after = api.ok("PATCH", path, {**changes, "__v": before["__v"]})
    moved = {"__v": before["__v"] + 1, "updatedAt": after["updatedAt"]}
    assert after == {**before, **changes, **moved}
    assert api.get(path) == after


def test_the_version_of_a_patch_can_be_optional(api: Api) -> None:
    path = api.campaign_path("Welcome")
    api.switch(campaign_patch_version="optional")
    assert api.ok("PATCH", path, {"subject": "b"})["__v"] == 1
    api.error("ConcurrencyError", "PATCH", path, {"subject": "c", "__v": 0})


def test_only_drafts_are_editable(api: Api) -> None:
    path = api.campaign_path(SENT)
    body = {"subject": "late", "__v": api.get(path)["__v"]}
    api.invalid("status", "PATCH", path, body)
    api.switch(edit_non_draft=True)
    assert api.ok("PATCH", path, body)["subject"] == "late"


def test_delete(api: Api) -> None:
    path = api.campaign_path("Welcome")
    api.ok("DELETE", path, status=204)
    for method in ("GET", "PATCH", "DELETE"):
        assert api.error("RecordNotFound", method, path, {}) == "Campaign not found"


def test_scheduled_campaigns_are_not_deleted(api: Api) -> None:
    path = api.campaign_path("Welcome")
    set_status(api, "Welcome", "scheduled", scheduledAt="2027-01-01T08:00:00Z")
    api.invalid("status", "DELETE", path)
    api.switch(delete_live_campaigns=True)
    api.ok("DELETE", path, status=204)


def test_duplicate_is_a_new_draft_of_the_same_content(api: Api) -> None:
    path = api.campaign_path(SENT)
    source = api.get(path)
    copy, second, own = (
        api.ok("POST", f"{path}/duplicate", body) for body in ({}, None, {"name": "Own"})
    )
    assert (copy["name"], copy["status"], copy["__v"]) == (f"Copy of {SENT}", "draft", 0)
    assert "scheduledAt" not in copy
    for name in ("subject", "body", "lists", "from", "replyToAddresses"):
        assert copy[name] == source[name]
    assert (second["name"], own["name"]) == (f"Copy of {SENT} (2)", "Own")


def test_a_page_of_campaigns(api: Api) -> None:
    page = api.get(CAMPAIGNS)
    assert page["total"] == 2
    sent, draft = page["records"]
    assert (sent["status"], sent["scheduledAt"]) == ("sent", "2026-10-06T08:00:00.000Z")
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
    assert api.names(CAMPAIGNS, statuses="draft") == ["Welcome"]
    assert api.names(CAMPAIGNS, statuses="paused") == []
    assert api.names(CAMPAIGNS, criteria="news") == [SENT]
    assert api.names(CAMPAIGNS, sort="name:desc") == ["Welcome", SENT]
    assert api.names(CAMPAIGNS, sort="scheduledAt:asc") == ["Welcome", SENT]
    assert api.names(CAMPAIGNS, size=1, page=2) == ["Welcome"]


# --- what a person does in the web app


def test_schedule_and_send(api: Api) -> None:
    before = api.named("campaigns", "Welcome")
    scheduled = set_status(api, "Welcome", "scheduled", scheduledAt="2027-01-01T09:00:00+01:00")
    assert scheduled == api.named("campaigns", "Welcome")
    assert scheduled["scheduledAt"] == "2027-01-01T08:00:00.000Z"
    assert scheduled["__v"] == before["__v"] + 1
    sent = set_status(api, "Welcome", "sent")
    assert (sent["status"], sent["scheduledAt"]) == ("sent", "2027-01-01T08:00:00.000Z")
    assert sent["sentCount"] == sent["totalRecipients"] == 5
    shown = api.get(api.campaign_path("Welcome"))
    assert (shown["status"], shown["__v"]) == ("sent", 2)


def test_cancel_and_back_to_draft(api: Api) -> None:
    set_status(api, "Welcome", "scheduled")
    path = api.campaign_path("Welcome")
    assert api.get(path)["scheduledAt"]
    assert set_status(api, "Welcome", "cancelled")["cancelledAt"]
    draft = set_status(api, "Welcome", "draft")
    assert (draft["scheduledAt"], draft["cancelledAt"]) == (None, None)
    api.ok("PATCH", path, {"subject": "Again", "__v": draft["__v"]})


def test_statuses_are_checked(api: Api) -> None:
    bare = api.ok("POST", CAMPAIGNS, {"name": "Nobody"})["_id"]
    welcome = api.id_of("campaigns", "Welcome")
    for field, ident, body in (
        ("status", welcome, {"status": "gone"}),
        ("scheduledAt", welcome, {"status": "scheduled", "scheduledAt": "soon"}),
        ("lists", bare, {"status": "scheduled"}),
    ):
        api.invalid(field, "POST", f"/_sandbox/campaigns/{ident}/status", body)


# --- switches


def test_minimal_bodies_are_what_the_openapi_shows(api: Api) -> None:
    api.switch(campaign_body="minimal")
    path = api.campaign_path(SENT)
    assert set(api.get(path)) == {
        *("_id", "status", "subStatus", "scheduledAt", "cancelledAt", "sentCount"),
        *("failedCount", "totalRecipients", "previewImageUrl", "createdAt", "updatedAt"),
    }
    assert "name" not in api.ok("POST", CAMPAIGNS, {"name": "x"})
    assert "name" not in api.ok("POST", f"{path}/duplicate", {})


def test_lists_as_objects(api: Api) -> None:
    api.switch(campaign_lists_read="objects")
    news = api.list_id("Newsletter")
    assert api.get(api.campaign_path("Welcome"))["lists"] == [{"_id": news}]
    assert api.named("campaigns", "Welcome")["lists"] == [news]


def test_unverified_senders(api: Api) -> None:
    pending = {"name": "x", "from": "a@pending.example"}
    api.ok("POST", CAMPAIGNS, pending)
    api.switch(verify_from=True)
    for sender in ("a@pending.example", "a@unknown.example"):
        api.invalid("from", "POST", CAMPAIGNS, {"name": "y", "from": sender})
    made = api.ok("POST", CAMPAIGNS, {"name": "y", "from": "a@acme.example"})
    api.invalid(
        "from", "PATCH", f"{CAMPAIGNS}/{made['_id']}", {"from": "a@pending.example", "__v": 0}
    )
