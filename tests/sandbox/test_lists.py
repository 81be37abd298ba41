"""Contact structures and lists (API contract 4.1, 4.3)."""

from __future__ import annotations

from typing import Any

from tests.support.api import ABSENT, STRUCTURES, Api, refused

NAMES = ["Newsletter", "Product updates", "Customers", "Old list"]


def totals(api: Api) -> dict[str, int]:
    """The number of contacts by list."""
    return {row["name"]: row["totalContacts"] for row in api.get(api.lists)["records"]}


# --- structures


def test_structures_are_a_bare_array(api: Api) -> None:
    (structure,) = api.get(STRUCTURES)
    assert structure == api.get(api.structure_path)
    shown = {"label": "Default Contacts", "keyName": "Email", "keyType": "email", "__v": 0}
    assert shown.items() <= structure.items()
    fields = {field["label"]: field.get("predefinedField") for field in structure["fields"]}
    assert fields == {"First Name": "firstName", "Last Name": "lastName", "Company": None}
    assert [tag["label"] for tag in structure["tags"]] == ["VIP"]


def test_creating_a_structure_is_not_for_keys(api: Api) -> None:
    message = api.error("ForbiddenError", "POST", STRUCTURES, {"label": "New", "fields": []})
    assert message == "This endpoint is not accessible via API key"


def test_creating_a_structure_can_be_switched_on(api: Api) -> None:
    api.switch(structure_create="accept")
    body = {"label": "New", "fields": [{"label": "City"}], "tags": [{"label": "A"}]}
    made = api.ok("POST", STRUCTURES, body)
    assert api.get(f"{STRUCTURES}/{made['_id']}") == made
    assert made["fields"][0]["dataType"] == "text"
    assert len(api.get(STRUCTURES)) == 2


def test_put_adds_fields_and_tags_and_gives_them_ids(api: Api) -> None:
    path = api.structure_path
    body = api.get(path)
    body["fields"].append({"label": "City", "dataType": "text", "required": False})
    body["tags"].append({"label": "Press"})
    after = api.ok("PUT", path, body)
    assert after["fields"][:3] == body["fields"][:3]
    assert after["fields"][3]["label"] == "City"
    assert len(after["fields"][3]["_id"]) == len(after["tags"][1]["_id"]) == 24
    assert after["__v"] == body["__v"] + 1
    assert api.get(path) == after


def test_put_renames_a_field(api: Api) -> None:
    body = api.get(api.structure_path)
    body["fields"][0]["label"] = "Given Name"
    assert api.ok("PUT", api.structure_path, body)["fields"] == body["fields"]


def test_a_field_left_out_is_gone_with_its_values(api: Api) -> None:
    company, body = api.field_id("Company"), api.get(api.structure_path)
    body |= {"fields": body["fields"][:2], "tags": []}
    assert len(api.ok("PUT", api.structure_path, body)["fields"]) == 2
    ann = api.named("contacts", "ann@example.com")
    assert company not in ann["fields"]
    assert (len(ann["fields"]), ann["tags"]) == (2, [])


def test_a_field_in_a_form_cannot_be_left_out(api: Api) -> None:
    path, company = api.structure_path, api.field_id("Company")
    form = api.ok("POST", "/_sandbox/forms", {"name": "Sign up", "fieldIds": [company]})
    body = api.get(path)
    body["fields"] = body["fields"][:2]
    api.error("ContactFieldInUseError", "PUT", path, body)
    (error,) = api.send("PUT", path, body).json()["errors"]
    assert error["debug"] == {"affectedForms": [{"_id": form["_id"], "name": "Sign up"}]}
    assert error["fieldId"] == company
    assert len(api.get(path)["fields"]) == 3


def test_put_with_a_field_twice(api: Api) -> None:
    body = api.get(api.structure_path)
    body["fields"].append(body["fields"][0])
    api.invalid("fields", "PUT", api.structure_path, body)


def test_the_version_of_structures_can_be_left_out_and_hidden(api: Api) -> None:
    path = api.structure_path
    body = api.get(path)
    del body["__v"]
    assert "__v" in api.ok("PUT", path, body)
    api.switch(structure_version=False)
    assert "__v" not in api.get(path)
    assert "__v" not in api.ok("PUT", path, body)


# --- lists


def test_create_a_list(api: Api) -> None:
    made = api.ok("POST", api.lists, {"name": "New"}, status=201)
    assert set(made) == {"_id", "name", "type", "createdAt", "updatedAt", "__v"}
    assert (made["name"], made["type"], made["__v"]) == ("New", "static", 0)
    assert api.get(f"{api.lists}/{made['_id']}") == made


def test_a_name_may_have_a_thousand_characters_and_criteria_fifty(api: Api) -> None:
    api.ok("POST", api.lists, {"name": "x" * 1000}, status=201)
    assert api.names(api.lists, criteria="x" * 50) == ["x" * 1000]


def test_a_page_of_lists_has_totals(api: Api) -> None:
    page = api.get(api.lists)
    assert page["total"] == 4
    assert page["records"][0]["totalCampaigns"] == 2
    assert [*totals(api).items()] == [*zip(NAMES, (8, 5, 6, 2), strict=True)]


def test_paging_sorting_and_filtering(api: Api) -> None:
    path, in_order = api.lists, sorted(NAMES)
    assert api.names(path, sort="name:asc") == in_order
    assert api.names(path, sort="name:desc") == in_order[::-1]
    assert api.names(path, sort="name:asc", page=2, size=3) == in_order[3:]
    assert api.names(path, page=9) == []
    assert api.names(path, criteria="LIST") == ["Old list"]
    assert api.get(path, criteria="e", size=1)["total"] == 3


def test_all_lists(api: Api) -> None:
    rows = api.get(f"{api.lists}/all")
    assert [set(row) for row in rows] == [{"_id", "name", "type"}] * 4


def test_rename(api: Api) -> None:
    path = api.list_path("Product updates")
    after = api.ok("PATCH", path, {"name": "Product news", "__v": 0})
    assert (after["name"], after["__v"]) == ("Product news", 1)
    assert api.get(path) == after


def test_delete_keeps_the_contacts_and_frees_the_drafts(api: Api) -> None:
    news = api.list_id("Newsletter")
    before = api.named("contacts", "ann@example.com")
    api.ok("DELETE", f"{api.lists}/{news}", status=204)
    contacts = api.state()["contacts"]
    assert len(contacts) == 14
    assert not any(news in contact["lists"] for contact in contacts)
    after = api.named("contacts", "ann@example.com")
    assert after == {**before, "lists": [ident for ident in before["lists"] if ident != news]}
    assert api.named("campaigns", "Welcome")["lists"] == []
    assert api.named("campaigns", "2026-10 Newsletter")["lists"] == [news]


def test_unknown_lists_can_be_a_400(api: Api) -> None:
    api.switch(unknown_list="400")
    for ident in (ABSENT, "x"):
        for method in ("GET", "PATCH", "DELETE"):
            response = api.send(method, f"{api.lists}/{ident}", {"name": "x", "__v": 0})
            refused(response, 400, "RecordNotFound")


def test_a_list_is_looked_for_in_its_structure(api: Api) -> None:
    second, news = api.add_structure(), api.list_id("Newsletter")
    api.error("RecordNotFound", "GET", f"{STRUCTURES}/{second}/lists/{news}")
    api.error("RecordNotFound", "GET", f"{STRUCTURES}/{ABSENT}/lists")
    api.invalid("contactStructureId", "GET", f"{STRUCTURES}/nonsense/lists")


def test_delete_many(api: Api) -> None:
    gone = [api.list_id("Old list"), api.list_id("Customers")]
    api.error("RecordNotFound", "DELETE", api.lists, {"listIds": [*gone, ABSENT]})
    assert api.names(api.lists) == NAMES
    api.ok("DELETE", api.lists, {"listIds": gone}, status=204)
    assert api.names(api.lists) == NAMES[:2]


def test_duplicate_copies_the_members(api: Api) -> None:
    path = f"{api.list_path('Customers')}/duplicate"
    bodies: tuple[Any, ...] = ({}, {"name": "Clients"}, None)
    made = [api.ok("POST", path, body, status=201) for body in bodies]
    names = ["Copy of Customers", "Clients", "Copy of Customers (2)"]
    assert [(copy["name"], copy["__v"]) for copy in made] == [(name, 0) for name in names]
    assert {totals(api)[name] for name in ("Customers", *names)} == {6}


def test_merge_makes_a_new_list(api: Api) -> None:
    two, path = [api.list_id("Old list"), api.list_id("Customers")], f"{api.lists}/merge"
    api.ok("POST", path, {"name": "All", "listIds": two})
    assert totals(api).items() >= {"All": 8, "Old list": 2, "Customers": 6}.items()
    api.invalid("listIds", "POST", path, {"name": "One", "listIds": two[:1]})


# --- switches


def test_forms_of_a_page_and_of_all(api: Api) -> None:
    api.switch(lists_page="array", lists_all="envelope")
    assert len(api.get(api.lists, size=3)) == 3
    every = api.get(f"{api.lists}/all")
    assert every["total"] == len(every["records"]) == 4


def test_names_may_repeat_unless_switched(api: Api) -> None:
    api.ok("POST", api.lists, {"name": "Newsletter"}, status=201)
    api.switch(unique_list_names=True)
    path = api.list_path("Old list")
    taken = {"name": "Customers", "__v": 0}
    for method, there in (("POST", api.lists), ("PATCH", path)):
        api.error("DuplicateFieldError", method, there, taken, field="name")
    api.ok("PATCH", path, {**taken, "name": "Old list"})


def test_the_largest_page(api: Api) -> None:
    api.switch(page_max_size=3)
    page = api.get(api.lists, size=50)
    assert (page["total"], len(page["records"])) == (4, 3)
    assert api.names(api.lists, size=50, page=2) == NAMES[3:]
    api.switch(page_max_size_mode="error")
    api.invalid("size", "GET", api.lists, size=4)
    assert api.names(api.lists, size=3) == NAMES[:3]
