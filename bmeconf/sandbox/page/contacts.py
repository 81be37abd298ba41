"""Pages of contacts: view, add, edit, delete, and status changes by recipients or mailboxes.

In: calls, sent forms. Out: pages; changed contacts, each change with its event.
"""

from __future__ import annotations

from bmeconf.sandbox import body, contact_input, contacts, events, records
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.errors import invalid
from bmeconf.sandbox.page import wording
from bmeconf.sandbox.page.answers import Done, Form, Orders, Path, Shown, ordering
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.store import Doc

_ALL, _ONE = "/contacts", "/contacts/<contact_id>"
_PAGE = 50
_EVENTS_SHOWN = 20

#: the value of `act` -> the new status, and the key of its message in `wording.SAID`
_STATUSES: dict[str, tuple[Doc, str]] = {
    "unsubscribe": ({"primary": "Inactive", "secondary": "Unsubscribe"}, "unsubscribed"),
    "opt-in": ({"primary": "Active"}, "reactivated"),
    "bounce": ({"primary": "Inactive", "secondary": "Bounce"}, "bounced"),
    "complain": ({"primary": "Inactive", "secondary": "Complaint-FBL"}, "complained"),
}

#: what contacts can be sorted by
_ORDERS: Orders = {
    "address": lambda contact: contact["key"].casefold(),
    "status": wording.status,
    "lists": lambda contact: len(contact["lists"]),
}


def index(runtime: Runtime, call: Call) -> Shown:
    """GET /contacts: a page of those that match `q`, `list` and `status`, in the order `sort`."""
    everyone = call.store.all("contact")
    order, key = ordering(call, _ORDERS)
    matching = [contact for contact in everyone if _matches(contact, call)]
    if key:
        matching.sort(key=key, reverse=order.startswith("-"))
    pages = max(1, -(-len(matching) // _PAGE))
    number = min(_number(call.query.get("page", "")), pages)
    filters = {name: call.query.get(name, "") for name in ("q", "list", "status")}
    lists = call.store.all("list")
    values = {
        "contacts": matching[(number - 1) * _PAGE : number * _PAGE],
        "match_count": len(matching),
        "total": len(everyone),
        "page": number,
        "pages": pages,
        "filters": filters,
        "lists": lists,
        "list_names": {doc["_id"]: doc["name"] for doc in lists},
        "order": order,
        "labels": {f["_id"]: f["label"] for s in call.store.all("structure") for f in s["fields"]},
        "statuses": sorted({wording.status(contact) for contact in everyone}),
        "structures": call.store.all("structure"),
    }
    return Shown("contacts.html", values)


def _matches(contact: Doc, call: Call) -> bool:
    words = call.query.get("q", "").strip().lower()
    where, status = call.query.get("list", ""), call.query.get("status", "")
    texts = (contact["key"], *contact["fields"].values())
    return (
        (not words or any(words in text.lower() for text in texts))
        and (not where or where in contact["lists"])
        and (not status or status == wording.status(contact))
    )


def _number(text: str) -> int:
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) < 7 else 1


def show(runtime: Runtime, call: Call) -> Shown:
    """GET /contacts/<id>."""
    contact = records.addressed(call, "contact")
    feed = call.store.all("event", contact["_id"])
    values = {
        "contact": contact,
        "structure": contact_input.structure(call.store, contact["contactStructureId"]),
        "lists": call.store.all("list", contact["contactStructureId"]),
        "events": feed[: -_EVENTS_SHOWN - 1 : -1],
        "event_count": len(feed),
    }
    return Shown("contact.html", values)


def add(call: Call, form: Form) -> Done:
    """POST /contacts/add: an active contact on no list."""
    structure = contact_input.structure(call.store, form.one("structure"))
    blank: Doc = {"fields": {}, "lists": [], "tags": []}
    fresh = records.new(
        call.now,
        key=contact_input.key(call.store, body.email(form.one("key"), "key"), structure["_id"]),
        contactStructureId=structure["_id"],
        **blank,
        status=contacts.ACTIVE,
    )
    events.note(call.store, call.now, "contact-created", fresh["_id"], source="web")
    return Done(f"/contacts/{contacts.save(call, fresh)['_id']}", "added")


def status(call: Call, form: Form) -> Done:
    """POST /contacts/<id>/status: unsubscribe, opt in again, bounce, complain."""
    contact = records.addressed(call, "contact")
    new_status, message = _STATUSES[form.choice("act", *_STATUSES)]
    where = f"/contacts/{contact['_id']}"
    if contact["status"] == new_status:
        return Done(where, "same")
    contacts.set_status(call, contact, new_status)
    return Done(where, message)


def edit(call: Call, form: Form) -> Done:
    """POST /contacts/<id>/edit: address, field values, lists and tags.

    Unchanged inputs change nothing. An empty field that had no value gets no value.
    """
    contact = records.addressed(call, "contact")
    where = f"/contacts/{contact['_id']}"
    form.check_version(contact)
    changes = _changes(call, contact, form)
    if not changes:
        return Done(where, "same")
    contacts.edit(call, contact, changes)
    return Done(where, "saved")


def _changes(call: Call, contact: Doc, form: Form) -> Doc:
    structure = contact_input.structure(call.store, contact["contactStructureId"])
    entered: Doc = {"fields": contact["fields"] | _touched(structure, contact, form)}
    if "boxes" in form.values:
        tags = [tag["_id"] for tag in structure["tags"]]
        lists = [doc["_id"] for doc in call.store.all("list", structure["_id"])]
        entered["lists"] = _ticked(contact["lists"], form.all("lists"), lists, "lists")
        entered["tags"] = _ticked(contact["tags"], form.all("tags"), tags, "tags")
    if form.one("key") != wording.entered(contact["key"]):
        entered["key"] = body.email(form.one("key"), "key")
    return {name: value for name, value in entered.items() if value != contact[name]}


def _touched(structure: Doc, contact: Doc, form: Form) -> dict[str, str]:
    """The values of the fields that differ from the form as it was shown."""
    names = {field["_id"]: f"field-{field['_id']}" for field in structure["fields"]}
    return {
        ident: str(body.text()(form.one(name), "fields"))
        for ident, name in names.items()
        if name in form.values and form.one(name) != wording.entered(contact["fields"].get(ident))
    }


def _ticked(before: list[str], ticked: list[str], known: list[str], field: str) -> list[str]:
    """The ids after the edit: kept ids in their order, then new ids.

    Raises ApiError 400 with `field` for an id that is not known any more.
    """
    for ident in ticked:
        if ident not in known:
            raise invalid(field, "contains something that is not there any more")
    kept = [ident for ident in before if ident in ticked or ident not in known]
    return kept + [ident for ident in known if ident in ticked and ident not in kept]


def delete(call: Call, form: Form) -> Done:
    """POST /contacts/<id>/delete."""
    contacts.remove(call, records.addressed(call, "contact"))
    return Done(_ALL, "deleted")


PATHS = (
    Path(_ALL, index),
    Path(f"{_ALL}/add", index, add),
    Path(_ONE, show),
    Path(f"{_ONE}/status", show, status),
    Path(f"{_ONE}/edit", show, edit),
    Path(f"{_ONE}/delete", show, delete),
)
