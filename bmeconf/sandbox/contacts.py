"""Contacts: create, read, replace, change status, delete (API contract 4.2).

In: calls. Out: contacts as the API shows them. `save` and `remove` are the only ways a
contact gets into the store or out of it, so that the search index never misses one.
"""

from __future__ import annotations

from typing import Any

from bmeconf.sandbox import body, contact_input, events, index, records
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import invalid
from bmeconf.sandbox.store import Doc
from bmeconf.sandbox.switches import Switches

ACTIVE: Doc = {"primary": "Active"}

_OWNED: body.Checks = {"key": body.email, "contactStructureId": body.object_id}
# A body that starts from GET carries these along; they are not writable, only tolerated.
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
    """A status as read: active ones may carry the secondary "confirmed"."""
    if switches.active_secondary and status["primary"] == "Active":
        return {**status, "secondary": "confirmed"}
    return status


def save(call: Call, contact: Doc) -> Doc:
    """Store a contact and tell the search index."""
    call.store.put("contact", contact)
    index.note(call.store, contact["_id"], contact, call.now, call.switches.search_lag_ms)
    return contact


def remove(call: Call, contact: Doc) -> None:
    """Delete a contact and tell the search index."""
    call.store.delete("contact", contact["_id"])
    index.note(call.store, contact["_id"], None, call.now, call.switches.search_lag_ms)


def every(call: Call) -> object:
    """GET /api/contact: all contacts in one reply, in the form of switch `contact_all`."""
    shown = [view(contact, call.switches) for contact in call.store.all("contact")]
    form = call.switches.contact_all
    return shown if form == "array" else {form: shown}


def get(call: Call) -> Doc:
    """GET /api/contact/{contactId}."""
    return view(_asked(call), call.switches)


def create(call: Call) -> Doc:
    """POST /api/contact: 200 with the contact; no upsert, a known key is refused."""
    values = body.read(call.body, _OWNED, contact_input.SHAPES, call.switches.unknown_keys)
    _drop(values, "tags", call.switches.create_tags)
    _drop(values, "status", call.switches.create_status)
    owner = contact_input.structure(call.store, values["contactStructureId"])
    fresh = records.born(
        call.now,
        key=contact_input.key(call.store, values["key"], owner["_id"]),
        contactStructureId=owner["_id"],
        **_content(call, values, owner),
        status=contact_input.status(values.get("status", ACTIVE), ACTIVE),
    )
    events.note(call.store, call.now, "contact-created", fresh["_id"])
    return view(save(call, fresh), call.switches)


def _drop(values: Doc, name: str, policy: str) -> None:
    if name in values and policy == "error":
        raise invalid(name, "cannot be set on create")
    if policy == "ignore":
        values.pop(name, None)


def _content(call: Call, values: Doc, owner: Doc, old: Doc | None = None) -> Doc:
    """Fields, lists and tags after a write; `old` is there when the body only adds to it."""
    kept: Doc = old or {"fields": {}, "lists": [], "tags": []}
    changes = contact_input.lists(
        values.get("lists", []), call.switches.contact_lists_write, call.store, owner["_id"]
    )
    fields = kept["fields"] | contact_input.fields(values.get("fields", []), owner)
    tags = kept["tags"] + contact_input.tags(values.get("tags", []), owner)
    joined = dict.fromkeys(kept["lists"], True) | changes
    return {
        "fields": contact_input.complete(fields, owner),
        "lists": [ident for ident, member in joined.items() if member],
        "tags": list(dict.fromkeys(tags)),
    }


def replace(call: Call) -> Doc:
    """PUT /api/contact/{contactId}: what the body omits is gone, save the status.

    Needs the current `__v`. Raises ConcurrencyError when it is stale.
    """
    contact = _asked(call)
    optional = {**contact_input.SHAPES, **_ECHO}
    values = body.read(call.body, {**_OWNED, **_VERSION}, optional, call.switches.unknown_keys)
    records.check_version(contact, values)
    if contact["status"]["primary"] == "Inactive" and call.switches.put_inactive == "refuse":
        raise invalid("status", "of the contact is Inactive; it cannot be updated")
    if values["contactStructureId"] != contact["contactStructureId"]:
        raise invalid("contactStructureId", "of a contact cannot be changed")
    owner = contact_input.structure(call.store, contact["contactStructureId"])
    merged = contact if call.switches.contact_put == "merge" else None
    status = contact_input.status(values.get("status", contact["status"]), contact["status"])
    after = records.changed(
        contact,
        call.now,
        key=contact_input.key(call.store, values["key"], owner["_id"], contact["_id"]),
        **_content(call, values, owner, merged),
        status=status,
    )
    _note_update(call, contact, after)
    return view(save(call, after), call.switches)


def patch(call: Call) -> Doc:
    """PATCH /api/contact/{contactId}: takes `status` alone, and no `__v`."""
    contact = _asked(call)
    wanted = body.read(
        call.body, {"status": contact_input.SHAPES["status"]}, {}, call.switches.status_patch_extras
    )
    status = contact_input.status(wanted["status"], contact["status"])
    after = records.changed(contact, call.now, status=status)
    _note_update(call, contact, after)
    return view(save(call, after), call.switches)


def _note_update(call: Call, before: Doc, after: Doc) -> None:
    was, now = (contact["status"]["primary"] for contact in (before, after))
    ended = was == "Active" and now == "Inactive"
    kind = "contact-unsubscribed" if ended else "contact-updated"
    events.note(call.store, call.now, kind, after["_id"])


def set_status(call: Call, contact: Doc, status: Doc, **mail: Any) -> Doc:
    """What a person or a mailbox does: unsubscribe, opt in again, bounce, complain.

    Any status, Active again included. `mail` are details for the event. Gives the stored contact.
    """
    events.note(call.store, call.now, _cause(status), contact["_id"], source="web", **mail)
    return save(call, records.changed(contact, call.now, status=status))


def _cause(status: Doc) -> str:
    if status["primary"] == "Active":
        return "contact-reactivated"
    made_by_mail = {"Bounce": "email-bounced", "Complaint-FBL": "email-complaint"}
    return made_by_mail.get(status.get("secondary", ""), "contact-unsubscribed")


def edit(call: Call, contact: Doc, values: Doc) -> Doc:
    """Change `key`, `fields`, `lists` or `tags`, in stored form, as a person in the web app does.

    Gives the stored contact. Raises ApiError 400 for a taken address or a missing required field.
    """
    owner = contact_input.structure(call.store, contact["contactStructureId"])
    if "key" in values:
        contact_input.key(call.store, values["key"], owner["_id"], contact["_id"])
    contact_input.complete({**contact, **values}["fields"], owner)
    events.note(call.store, call.now, "contact-updated", contact["_id"], source="web")
    return save(call, records.changed(contact, call.now, **values))


def delete(call: Call) -> Doc:
    """DELETE /api/contact/{contactId}: 200 with what was deleted."""
    contact = _asked(call)
    remove(call, contact)
    return view(contact, call.switches)


def _asked(call: Call) -> Doc:
    return records.find(call.store, "contact", call.args["contact_id"])


ROUTES = (
    Route("GET", "/api/contact", "contacts:read", every),
    Route("POST", "/api/contact", "contacts:write", create),
    Route("GET", "/api/contact/<contact_id>", "contacts:read", get),
    Route("PUT", "/api/contact/<contact_id>", "contacts:write", replace),
    Route("PATCH", "/api/contact/<contact_id>", "contacts:write", patch),
    Route("DELETE", "/api/contact/<contact_id>", "contacts:write", delete),
)
