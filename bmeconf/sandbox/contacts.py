"""Contacts: create, read, replace, change status, delete (API contract 4.2).

In: calls. Out: contacts as the API shows them. Only `save` and
`remove` write contacts to the store, so that the search index gets every change.
"""

from __future__ import annotations

from typing import Any

from bmeconf.sandbox import body, contact_input, events, index, records
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import invalid
from bmeconf.sandbox.store import Doc
from bmeconf.sandbox.switches import Switches

ACTIVE: Doc = {"primary": "Active"}

_OWNED: body.Checks = {"key": body.address, "contactStructureId": body.object_id}
# Bodies made from a GET reply have these keys too; they are accepted, and change nothing.
_ECHO: body.Checks = dict.fromkeys(("_id", "createdAt", "updatedAt"), body.anything)
_VERSION: body.Checks = {"__v": body.whole()}


def view(contact: Doc, switches: Switches) -> Doc:
    """A stored contact as the API shows it."""
    shown = {
        "fields": [{"_id": ident, "value": value} for ident, value in contact["fields"].items()],
        "lists": list_refs(contact["lists"], switches.contact_lists_read),
        "tags": [{"_id": ident} for ident in contact["tags"]],
        "status": shown_status(contact["status"], switches),
    }
    return {**contact, **shown}


def list_refs(idents: list[str], shape: str) -> list[Any]:
    """List ids in a read shape: "ids", "objects" (`_id`) or "listId"."""
    if shape == "ids":
        return list(idents)
    return [{"_id" if shape == "objects" else "listId": ident} for ident in idents]


def shown_status(status: Doc, switches: Switches) -> Doc:
    """A status as read; the switch adds the secondary "confirmed" to active contacts."""
    if switches.active_secondary and status["primary"] == "Active":
        return {**status, "secondary": "confirmed"}
    return status


def save(call: Call, contact: Doc) -> Doc:
    """Store a contact and update the search index; returns the contact."""
    call.store.put("contact", contact)
    index.note(call.store, contact["_id"], contact, call.now, call.switches.search_lag_ms)
    return contact


def remove(call: Call, contact: Doc) -> None:
    """Delete a contact and update the search index."""
    call.store.delete("contact", contact["_id"])
    index.note(call.store, contact["_id"], None, call.now, call.switches.search_lag_ms)


def every(call: Call) -> object:
    """GET /api/contact: all contacts in one reply, in the form of switch `contact_all`."""
    shown = [view(contact, call.switches) for contact in call.store.all("contact")]
    form = call.switches.contact_all
    return shown if form == "array" else {form: shown}


def get(call: Call) -> Doc:
    """GET /api/contact/{contactId}."""
    return view(records.addressed(call, "contact"), call.switches)


def create(call: Call) -> Doc:
    """POST /api/contact: 200 with the contact; a known key is refused, not updated."""
    values = body.read(call.body, _OWNED, contact_input.SHAPES, call.switches.unknown_keys)
    _drop(values, "tags", call.switches.create_tags)
    _drop(values, "status", call.switches.create_status)
    structure = contact_input.structure(call.store, values["contactStructureId"])
    contact = records.new(
        call.now,
        key=contact_input.key(call.store, _cased(call, values["key"]), structure["_id"]),
        contactStructureId=structure["_id"],
        **_content(call, values, structure),
        status=contact_input.status(values.get("status", ACTIVE), ACTIVE),
    )
    events.note(call.store, call.now, "contact-created", contact["_id"])
    return view(save(call, contact), call.switches)


def _cased(call: Call, address: str) -> str:
    return address.lower() if call.switches.contact_key_case == "lower" else address


def _drop(values: Doc, name: str, policy: str) -> None:
    if name in values and policy == "error":
        raise invalid(name, "cannot be set on create")
    if policy == "ignore":
        values.pop(name, None)


def _content(call: Call, values: Doc, structure: Doc, old: Doc | None = None) -> Doc:
    """Fields, lists and tags after a write; with `old`, the body only adds to them."""
    before: Doc = old or {"fields": {}, "lists": [], "tags": []}
    changes = contact_input.lists(
        values.get("lists", []), call.switches.contact_lists_write, call.store, structure["_id"]
    )
    fields = before["fields"] | contact_input.fields(values.get("fields", []), structure)
    tags = before["tags"] + contact_input.tags(values.get("tags", []), structure)
    joined = dict.fromkeys(before["lists"], True) | changes
    return {
        "fields": contact_input.complete(fields, structure),
        "lists": [ident for ident, member in joined.items() if member],
        "tags": list(dict.fromkeys(tags)),
    }


def replace(call: Call) -> Doc:
    """PUT /api/contact/{contactId}: parts that the body omits are removed, save the status.

    Needs the current `__v`. Raises ConcurrencyError if it is stale.
    """
    contact = records.addressed(call, "contact")
    optional = {**contact_input.SHAPES, **_ECHO}
    values = body.read(call.body, {**_OWNED, **_VERSION}, optional, call.switches.unknown_keys)
    records.check_version(contact, values)
    if contact["status"]["primary"] == "Inactive" and call.switches.put_inactive == "refuse":
        raise invalid("status", "of the contact is Inactive; it cannot be updated")
    if values["contactStructureId"] != contact["contactStructureId"]:
        raise invalid("contactStructureId", "of a contact cannot be changed")
    structure = contact_input.structure(call.store, contact["contactStructureId"])
    address = _cased(call, values["key"])
    merged = contact if call.switches.contact_put == "merge" else None
    status = contact_input.status(values.get("status", contact["status"]), contact["status"])
    after = records.changed(
        contact,
        call.now,
        key=contact_input.key(call.store, address, structure["_id"], contact["_id"]),
        **_content(call, values, structure, merged),
        status=status,
    )
    _note_update(call, contact, after)
    return view(save(call, after), call.switches)


def patch(call: Call) -> Doc:
    """PATCH /api/contact/{contactId}: takes only `status`, and no `__v`."""
    contact = records.addressed(call, "contact")
    values = body.read(
        call.body, {"status": contact_input.SHAPES["status"]}, {}, call.switches.status_patch_extras
    )
    status = contact_input.status(values["status"], contact["status"])
    after = records.changed(contact, call.now, status=status)
    _note_update(call, contact, after)
    return view(save(call, after), call.switches)


def _note_update(call: Call, before: Doc, after: Doc) -> None:
    was, now = (contact["status"]["primary"] for contact in (before, after))
    ended = was == "Active" and now == "Inactive"
    kind = "contact-unsubscribed" if ended else "contact-updated"
    events.note(call.store, call.now, kind, after["_id"])


def set_status(call: Call, contact: Doc, status: Doc, **mail: Any) -> Doc:
    """Set any status, as a person or a mailbox does: unsubscribe, opt in again, bounce, complain.

    `mail` has details for the event. Returns the stored contact.
    """
    events.note(call.store, call.now, _cause(status), contact["_id"], source="web", **mail)
    return save(call, records.changed(contact, call.now, status=status))


def _cause(status: Doc) -> str:
    if status["primary"] == "Active":
        return "contact-reactivated"
    mail_causes = {"Bounce": "email-bounced", "Complaint-FBL": "email-complaint"}
    return mail_causes.get(status.get("secondary", ""), "contact-unsubscribed")


def edit(call: Call, contact: Doc, values: Doc) -> Doc:
    """Change `key`, `fields`, `lists` or `tags`, in stored form, as a person in the web app does.

    Returns the stored contact. Raises ApiError 400 for a taken address or a missing required field.
    """
    structure = contact_input.structure(call.store, contact["contactStructureId"])
    if "key" in values:
        contact_input.key(call.store, values["key"], structure["_id"], contact["_id"])
    contact_input.complete({**contact, **values}["fields"], structure)
    events.note(call.store, call.now, "contact-updated", contact["_id"], source="web")
    return save(call, records.changed(contact, call.now, **values))


def delete(call: Call) -> Doc:
    """DELETE /api/contact/{contactId}: 200 with the deleted contact."""
    contact = records.addressed(call, "contact")
    remove(call, contact)
    return view(contact, call.switches)


ROUTES = (
    Route("GET", "/api/contact", "contacts:read", every),
    Route("POST", "/api/contact", "contacts:write", create),
    Route("GET", "/api/contact/<contact_id>", "contacts:read", get),
    Route("PUT", "/api/contact/<contact_id>", "contacts:write", replace),
    Route("PATCH", "/api/contact/<contact_id>", "contacts:write", patch),
    Route("DELETE", "/api/contact/<contact_id>", "contacts:write", delete),
)
