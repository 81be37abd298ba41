"""Contact lists, children of a structure (API contract 4.3).

In: calls. Out: lists, pages of lists with their totals. Deleting a list keeps its contacts,
and removes the list from them and from draft campaigns.
"""

from __future__ import annotations

from bmeconf.sandbox import body, contacts, queries, records, structures
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import duplicate as duplicate_error
from bmeconf.sandbox.errors import not_found
from bmeconf.sandbox.store import Doc

SORTS = ("name", "createdAt", "updatedAt")

_NAME: body.Checks = {"name": body.text(least=1, most=1000)}
_TYPE: body.Checks = {"type": body.one_of("static")}
_IDS: body.Checks = {"listIds": body.each(body.object_id, least=1)}
_TWO_IDS: body.Checks = {"listIds": body.each(body.object_id, least=2)}
_SHOWN = ("_id", "name", "type", "createdAt", "updatedAt", "__v")


def view(contact_list: Doc) -> Doc:
    """A list as the API shows it outside pages."""
    return {name: contact_list[name] for name in _SHOWN}


def page(call: Call) -> object:
    """GET .../lists: a page of lists with totals; switch `lists_page` chooses its form."""
    members = call.store.count_by_list("contact")
    uses = call.store.count_by_list("campaign")

    def row(contact_list: Doc) -> Doc:
        ident = contact_list["_id"]
        totals = {"totalContacts": members.get(ident, 0), "totalCampaigns": uses.get(ident, 0)}
        return view(contact_list) | totals

    result = queries.page(call, queries.arranged(call, _siblings(call), SORTS), row)
    return result if call.switches.lists_page == "envelope" else result["records"]


def every(call: Call) -> object:
    """GET .../lists/all: `{_id, name, type}` of each list, unpaged."""
    rows = [
        {name: contact_list[name] for name in ("_id", "name", "type")}
        for contact_list in _siblings(call)
    ]
    return rows if call.switches.lists_all == "array" else {"total": len(rows), "records": rows}


def get(call: Call) -> Doc:
    """GET .../lists/{listId}."""
    return view(_addressed(call))


def create(call: Call) -> Doc:
    """POST .../lists: 201 with the list."""
    structure = _structure(call)
    values = body.read(call.body, _NAME, _TYPE, call.switches.unknown_keys)
    return view(add(call, structure["_id"], values["name"]))


def rename(call: Call) -> Doc:
    """PATCH .../lists/{listId}: needs `name` and the current `__v`."""
    contact_list = _addressed(call)
    optional = {**_TYPE, "__v": body.whole()}
    values = body.read(call.body, _NAME, optional, call.switches.unknown_keys)
    records.check_version(contact_list, values)
    return view(set_name(call, contact_list, values["name"]))


def set_name(call: Call, contact_list: Doc, name: str) -> Doc:
    """Rename a list, and return the stored list. Raises ApiError 400 for a taken name."""
    _check_name(call, contact_list["contactStructureId"], name, contact_list["_id"])
    after = records.changed(contact_list, call.now, name=name)
    call.store.put("list", after)
    return after


def delete(call: Call) -> None:
    """DELETE .../lists/{listId}: 204."""
    remove(call, _addressed(call))


def delete_many(call: Call) -> None:
    """DELETE .../lists: 204; the body, which is undocumented, is `{"listIds": [...]}`."""
    structure = _structure(call)
    values = body.read(call.body, _IDS, {}, call.switches.unknown_keys)
    for contact_list in [
        _member(call, structure["_id"], ident) for ident in set(values["listIds"])
    ]:
        remove(call, contact_list)


def duplicate(call: Call) -> Doc:
    """POST .../lists/{listId}/duplicate: 201 with a new list of the same members.

    The body's `name` is optional: "Copy of X" by default. An unknown list is 404 here.
    """
    structure = _structure(call)
    contact_list = _member(call, structure["_id"], call.args["list_id"], status=404)
    values = body.read(call.body, {}, _NAME, call.switches.unknown_keys)
    taken_names = {sibling["name"] for sibling in _siblings(call)}
    copy = add(
        call,
        structure["_id"],
        values.get("name") or records.copy_name(contact_list["name"], taken_names),
    )
    _join(call, copy["_id"], [contact_list["_id"]])
    return view(copy)


def merge(call: Call) -> Doc:
    """POST .../lists/merge: 200 with a new list of all members; the source lists stay.

    The body, which is undocumented, is `{"name": text, "listIds": [two or more]}`.
    """
    structure = _structure(call)
    values = body.read(call.body, {**_NAME, **_TWO_IDS}, {}, call.switches.unknown_keys)
    sources = [_member(call, structure["_id"], ident)["_id"] for ident in values["listIds"]]
    merged = add(call, structure["_id"], values["name"])
    _join(call, merged["_id"], sources)
    return view(merged)


def _structure(call: Call) -> Doc:
    # The documents declare the structure's id a mongo-id only here, so a malformed id is a 400.
    ident = body.object_id(call.args["structure_id"], "contactStructureId")
    return records.find(call.store, "structure", ident, structures.missing())


def _siblings(call: Call) -> list[Doc]:
    return call.store.all("list", _structure(call)["_id"])


def _addressed(call: Call) -> Doc:
    return _member(call, _structure(call)["_id"], call.args["list_id"])


def _member(call: Call, structure_id: str, ident: str, status: int | None = None) -> Doc:
    missing = not_found("List", status or int(call.switches.unknown_list))
    contact_list = records.find(call.store, "list", ident, missing)
    if contact_list["contactStructureId"] != structure_id:
        raise missing
    return contact_list


def _check_name(call: Call, structure_id: str, name: str, own_id: str | None = None) -> None:
    if not call.switches.unique_list_names:
        return
    if any(
        other["name"] == name and other["_id"] != own_id
        for other in call.store.all("list", structure_id)
    ):
        raise duplicate_error("name", "List name is already in use")


def add(call: Call, structure_id: str, name: str) -> Doc:
    """Store an empty list, and return it. Raises ApiError 400 for a taken name."""
    _check_name(call, structure_id, name)
    contact_list = records.new(call.now, name=name, type="static", contactStructureId=structure_id)
    call.store.put("list", contact_list)
    return contact_list


def _join(call: Call, list_id: str, sources: list[str]) -> None:
    members = {
        contact["_id"]: contact
        for source in sources
        for contact in call.store.having_list("contact", source)
    }
    for contact in members.values():
        contacts.save(call, {**contact, "lists": [*contact["lists"], list_id]})


def remove(call: Call, contact_list: Doc) -> None:
    """Delete a list, and remove it from its contacts and from draft campaigns."""
    ident = contact_list["_id"]
    call.store.delete("list", ident)
    for contact in call.store.having_list("contact", ident):
        contacts.save(call, _without(contact, ident))
    for campaign in call.store.having_list("campaign", ident):
        if campaign["status"] == "draft":
            call.store.put("campaign", _without(campaign, ident))


def _without(doc: Doc, list_id: str) -> Doc:
    # The __v stays: only the list was written, not the contact or campaign.
    return {**doc, "lists": [ident for ident in doc["lists"] if ident != list_id]}


_LISTS = "/api/contact-structure/<structure_id>/lists"

ROUTES = (
    Route("GET", _LISTS, "contacts:read", page),
    Route("GET", f"{_LISTS}/all", "contacts:read", every),
    Route("POST", _LISTS, "contacts:write", create, 201),
    Route("GET", f"{_LISTS}/<list_id>", "contacts:read", get),
    Route("PATCH", f"{_LISTS}/<list_id>", "contacts:write", rename),
    Route("DELETE", f"{_LISTS}/<list_id>", "contacts:write", delete, 204),
    Route("DELETE", _LISTS, "contacts:write", delete_many, 204),
    Route("POST", f"{_LISTS}/<list_id>/duplicate", "contacts:write", duplicate, 201),
    Route("POST", f"{_LISTS}/merge", "contacts:write", merge),
)
