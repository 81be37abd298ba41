"""Contact structures and lists (API contract 4.1, 4.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import ABSENT, Api, refused


def structure_path(api: Api) -> str:
    return f"/api/contact-structure/{api.structure['_id']}"


def form_on(api: Api, field_id: str) -> dict[str, Any]:
    body = {"name": "Sign up", "fieldIds": [field_id]}
    response = api.call("POST", "/_sandbox/forms", body)
    assert response.status_code == 200
    return dict(response.json())


# --- structures


def test_structures_are_a_bare_array(api: Api) -> None:
    (structure,) = api.get("/api/contact-structure")
    assert structure == api.get(structure_path(api))
    assert structure["label"] == "Default Contacts"
    assert (structure["keyName"], structure["keyType"]) == ("Email", "email")
    fields = {field["label"]: field.get("predefinedField") for field in structure["fields"]}
    assert fields == {"First Name": "firstName", "Last Name": "lastName", "Company": None}
    assert [tag["label"] for tag in structure["tags"]] == ["VIP"]
    assert structure["__v"] == 0


@pytest.mark.parametrize("method", ["GET", "PUT"])
@pytest.mark.parametrize("ident", [ABSENT, "x"])
def test_unknown_structures(api: Api, method: str, ident: str) -> None:
    path = f"/api/contact-structure/{ident}"
    assert refused(api.call(method, path, {}), 404, "RecordNotFound") == (
        "Contact structure not found"
    )


def test_creating_a_structure_is_not_for_keys(api: Api) -> None:
    response = api.call("POST", "/api/contact-structure", {"label": "New", "fields": []})
    message = refused(response, 403, "ForbiddenError")
    assert message == "This endpoint is not accessible via API key"


def test_creating_a_structure_can_be_switched_on(api: Api) -> None:
    api.switch(structure_create="accept")
    body = {"label": "New", "fields": [{"label": "City"}], "tags": [{"label": "A"}]}
    response = api.call("POST", "/api/contact-structure", body)
    assert response.status_code == 200
    made = response.json()
    assert api.get(f"/api/contact-structure/{made['_id']}") == made
    assert made["fields"][0]["dataType"] == "text"
    assert len(api.get("/api/contact-structure")) == 2


def test_put_adds_fields_and_tags_and_gives_them_ids(api: Api) -> None:
    path = structure_path(api)
    body = api.get(path)
    body["fields"].append({"label": "City", "dataType": "text", "required": False})
    body["tags"].append({"label": "Press"})
    response = api.call("PUT", path, body)
    assert response.status_code == 200
    after = response.json()
    assert after["fields"][:3] == body["fields"][:3]
    assert after["fields"][3]["label"] == "City"
    assert len(after["fields"][3]["_id"]) == 24
    assert len(after["tags"][1]["_id"]) == 24
    assert after["__v"] == body["__v"] + 1
    assert api.get(path) == after


def test_put_renames_a_field(api: Api) -> None:
    path = structure_path(api)
    body = api.get(path)
    body["fields"][0]["label"] = "Given Name"
    assert api.call("PUT", path, body).json()["fields"] == body["fields"]


def test_a_field_left_out_is_gone_with_its_values(api: Api) -> None:
    path, company = structure_path(api), api.field_id("Company")
    body = api.get(path)
    body["fields"] = body["fields"][:2]
    body["tags"] = []
    assert len(api.call("PUT", path, body).json()["fields"]) == 2
    ann = api.find("contacts", key="ann@example.com")
    assert company not in ann["fields"]
    assert len(ann["fields"]) == 2
    assert ann["tags"] == []


def test_a_field_in_a_form_cannot_be_left_out(api: Api) -> None:
    path, company = structure_path(api), api.field_id("Company")
    form = form_on(api, company)
    body = api.get(path)
    body["fields"] = body["fields"][:2]
    response = api.call("PUT", path, body)
    refused(response, 400, "ContactFieldInUseError")
    (error,) = response.json()["errors"]
    assert error["debug"] == {"affectedForms": [{"_id": form["_id"], "name": "Sign up"}]}
    assert error["fieldId"] == company
    assert len(api.get(path)["fields"]) == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("label", ""),
        ("label", 3),
        ("fields", None),
        ("fields", [{"_id": ABSENT, "label": "x"}]),
        ("fields", [{"dataType": "text"}]),
        ("fields", [{"label": "x", "required": "no"}]),
        ("tags", [{"_id": ABSENT, "label": "x"}]),
        ("keyType", "phone"),
        ("__v", "0"),
    ],
)
def test_put_names_what_is_wrong(api: Api, name: str, value: Any) -> None:
    path = structure_path(api)
    body = {**api.get(path), name: value}
    refused(api.call("PUT", path, body), 400, "ValidationError", name)


def test_put_with_a_field_twice(api: Api) -> None:
    path = structure_path(api)
    body = api.get(path)
    body["fields"].append(body["fields"][0])
    refused(api.call("PUT", path, body), 400, "ValidationError", "fields")


def test_put_needs_label_and_fields(api: Api) -> None:
    path = structure_path(api)
    for name in ("label", "fields"):
        body = api.get(path)
        del body[name]
        refused(api.call("PUT", path, body), 400, "ValidationError", name)


def test_put_with_a_stale_version(api: Api) -> None:
    path = structure_path(api)
    body = api.get(path)
    assert api.call("PUT", path, body).status_code == 200
    refused(api.call("PUT", path, body), 400, "ConcurrencyError")
    del body["__v"]
    assert api.call("PUT", path, body).status_code == 200


def test_the_version_of_structures_can_be_hidden(api: Api) -> None:
    api.switch(structure_version=False)
    path = structure_path(api)
    body = api.get(path)
    assert "__v" not in body
    assert "__v" not in api.call("PUT", path, body).json()


# --- lists


def test_create_a_list(api: Api) -> None:
    response = api.call("POST", api.lists, {"name": "New"})
    assert response.status_code == 201
    made = response.json()
    assert set(made) == {"_id", "name", "type", "createdAt", "updatedAt", "__v"}
    assert (made["name"], made["type"], made["__v"]) == ("New", "static", 0)
    assert api.get(f"{api.lists}/{made['_id']}") == made


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": 3}, {"name": None}, {"name": "x" * 1001}]
)
def test_a_list_needs_a_name_of_at_most_1000_characters(api: Api, body: Any) -> None:
    refused(api.call("POST", api.lists, body), 400, "ValidationError", "name")
    assert api.call("POST", api.lists, {"name": "x" * 1000}).status_code == 201


def test_lists_are_static(api: Api) -> None:
    body = {"name": "x", "type": "dynamic"}
    refused(api.call("POST", api.lists, body), 400, "ValidationError", "type")


def test_a_page_of_lists_has_totals(api: Api) -> None:
    page = api.get(api.lists)
    assert page["total"] == 4
    news = page["records"][0]
    assert (news["name"], news["totalContacts"], news["totalCampaigns"]) == ("Newsletter", 8, 2)
    assert [row["name"] for row in page["records"]][1:] == [
        "Product updates",
        "Customers",
        "Old list",
    ]


def test_paging_sorting_and_filtering(api: Api) -> None:
    def names(**query: Any) -> list[str]:
        return [row["name"] for row in api.get(api.lists, **query)["records"]]

    in_order = ["Customers", "Newsletter", "Old list", "Product updates"]
    assert names(sort="name:asc") == in_order
    assert names(sort="name:desc") == in_order[::-1]
    assert names(sort="name:asc", page=2, size=3) == in_order[3:]
    assert names(page=9) == []
    assert names(criteria="LIST") == ["Old list"]
    assert api.get(api.lists, criteria="e", size=1)["total"] == 3


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page", "0"),
        ("page", "-1"),
        ("page", "x"),
        ("page", "1.5"),
        ("size", "0"),
        ("size", ""),
        ("size", "9" * 30),
        ("sort", "name"),
        ("sort", "name:up"),
        ("sort", "colour:asc"),
        ("sort", "name:asc,createdAt:desc"),
        ("criteria", "x" * 51),
    ],
)
@pytest.mark.parametrize("what", ["lists", "campaigns"])
def test_queries_are_checked(api: Api, what: str, name: str, value: str) -> None:
    path = api.lists if what == "lists" else "/api/email/campaign"
    refused(api.call("GET", path, **{name: value}), 400, "ValidationError", name)


def test_fifty_characters_of_criteria_are_fine(api: Api) -> None:
    assert api.get(api.lists, criteria="x" * 50)["records"] == []


def test_all_lists(api: Api) -> None:
    rows = api.get(f"{api.lists}/all")
    assert len(rows) == 4
    assert all(set(row) == {"_id", "name", "type"} for row in rows)


def test_rename(api: Api) -> None:
    path = f"{api.lists}/{api.list_id('Product updates')}"
    response = api.call("PATCH", path, {"name": "Product news", "__v": 0})
    assert response.status_code == 200
    after = response.json()
    assert (after["name"], after["__v"]) == ("Product news", 1)
    assert api.get(path) == after
    refused(api.call("PATCH", path, {"name": "x", "__v": 0}), 400, "ConcurrencyError")
    refused(api.call("PATCH", path, {"name": "x"}), 400, "ValidationError", "__v")
    refused(api.call("PATCH", path, {"__v": 1}), 400, "ValidationError", "name")


def test_delete_keeps_the_contacts_and_frees_the_drafts(api: Api) -> None:
    news = api.list_id("Newsletter")
    before = api.find("contacts", key="ann@example.com")
    response = api.call("DELETE", f"{api.lists}/{news}")
    assert (response.status_code, response.content) == (204, b"")
    state = api.state()
    assert len(state["contacts"]) == 14
    assert not any(news in contact["lists"] for contact in state["contacts"])
    after = api.find("contacts", key="ann@example.com")
    assert after == {**before, "lists": [ident for ident in before["lists"] if ident != news]}
    assert api.find("campaigns", name="Welcome")["lists"] == []
    assert api.find("campaigns", name="2026-10 Newsletter")["lists"] == [news]


@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_unknown_lists(api: Api, method: str) -> None:
    for ident in (ABSENT, "x"):
        path = f"{api.lists}/{ident}"
        api.switch(unknown_list="404")
        response = api.call(method, path, {"name": "x", "__v": 0})
        assert refused(response, 404, "RecordNotFound") == "List not found"
        api.switch(unknown_list="400")
        refused(api.call(method, path, {"name": "x", "__v": 0}), 400, "RecordNotFound")


def test_a_malformed_structure_id_is_a_validation_error(api: Api) -> None:
    path = "/api/contact-structure/nonsense/lists"
    refused(api.call("GET", path), 400, "ValidationError", "contactStructureId")
    path = f"/api/contact-structure/{ABSENT}/lists"
    refused(api.call("GET", path), 404, "RecordNotFound")


def test_a_list_of_another_structure_is_not_found(api: Api) -> None:
    state = api.state()
    state["structures"].append({"label": "Second"})
    second = api.put_state(**state)["structures"][1]["_id"]
    news = api.list_id("Newsletter")
    path = f"/api/contact-structure/{second}/lists/{news}"
    refused(api.call("GET", path), 404, "RecordNotFound")


def test_delete_many(api: Api) -> None:
    gone = [api.list_id("Old list"), api.list_id("Customers")]
    refused(api.call("DELETE", api.lists), 400, "ValidationError", "listIds")
    refused(api.call("DELETE", api.lists, {"listIds": []}), 400, "ValidationError", "listIds")
    refused(api.call("DELETE", api.lists, {"listIds": [*gone, ABSENT]}), 404, "RecordNotFound")
    assert api.get(api.lists)["total"] == 4
    response = api.call("DELETE", api.lists, {"listIds": gone})
    assert (response.status_code, response.content) == (204, b"")
    assert api.get(api.lists)["total"] == 2


def test_duplicate_copies_the_members(api: Api) -> None:
    path = f"{api.lists}/{api.list_id('Customers')}/duplicate"
    response = api.call("POST", path, {})
    assert response.status_code == 201
    assert (response.json()["name"], response.json()["__v"]) == ("Copy of Customers", 0)
    named = api.call("POST", path, {"name": "Clients"}).json()
    totals = {row["name"]: row["totalContacts"] for row in api.get(api.lists)["records"]}
    assert totals["Copy of Customers"] == totals["Clients"] == totals["Customers"] == 6
    assert named["name"] == "Clients"
    assert api.call("POST", path).json()["name"] == "Copy of Customers (2)"
    refused(api.call("POST", f"{api.lists}/{ABSENT}/duplicate", {}), 404, "RecordNotFound")


def test_merge_makes_a_new_list(api: Api) -> None:
    two = [api.list_id("Old list"), api.list_id("Customers")]
    response = api.call("POST", f"{api.lists}/merge", {"name": "All", "listIds": two})
    assert response.status_code == 200
    totals = {row["name"]: row["totalContacts"] for row in api.get(api.lists)["records"]}
    assert (totals["All"], totals["Old list"], totals["Customers"]) == (8, 2, 6)
    body = {"name": "One", "listIds": two[:1]}
    refused(api.call("POST", f"{api.lists}/merge", body), 400, "ValidationError", "listIds")


# --- switches


def test_forms_of_a_page_and_of_all(api: Api) -> None:
    api.switch(lists_page="array", lists_all="envelope")
    assert len(api.get(api.lists, size=3)) == 3
    every = api.get(f"{api.lists}/all")
    assert every["total"] == len(every["records"]) == 4


def test_names_may_repeat_unless_switched(api: Api) -> None:
    assert api.call("POST", api.lists, {"name": "Newsletter"}).status_code == 201
    api.switch(unique_list_names=True)
    refused(api.call("POST", api.lists, {"name": "Newsletter"}), 400, "DuplicateFieldError", "name")
    path = f"{api.lists}/{api.list_id('Old list')}"
    body = {"name": "Customers", "__v": 0}
    refused(api.call("PATCH", path, body), 400, "DuplicateFieldError", "name")
    assert api.call("PATCH", path, {**body, "name": "Old list"}).status_code == 200


def test_the_largest_page(api: Api) -> None:
    api.switch(page_max_size=3)
    page = api.get(api.lists, size=50)
    assert (page["total"], len(page["records"])) == (4, 3)
    assert len(api.get(api.lists, size=50, page=2)["records"]) == 1
    api.switch(page_max_size_mode="error")
    refused(api.call("GET", api.lists, size=4), 400, "ValidationError", "size")
    assert len(api.get(api.lists, size=3)["records"]) == 3
