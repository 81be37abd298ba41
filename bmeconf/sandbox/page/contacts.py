"""Contacts as a person sees them in the web app, and what they or their mailbox do themselves.

In: calls, sent forms. Out: pages, and the contacts changed, each with its event.
"""

from __future__ import annotations

from bmeconf.sandbox import body, contact_input, contacts, events, records
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.errors import invalid
from bmeconf.sandbox.page import wording
from bmeconf.sandbox.page.answers import Done, Form, Path, Shown
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.store import Doc

_ALL, _ONE = "/contacts", "/contacts/<contact_id>"
_PAGE = 50
_EVENTS_SHOWN = 20

#: what a form may ask for: the status it leads to, and the word for having done it
_STATUSES: dict[str, tuple[Doc, str]] = {
    "unsubscribe": ({"primary": "Inactive", "secondary": "Unsubscribe"}, "unsubscribed"),
    "opt-in": ({"primary": "Active"}, "reactivated"),
    "bounce": ({"primary": "Inactive", "secondary": "Bounce"}, "bounced"),
    "complain": ({"primary": "Inactive", "secondary": "Complaint-FBL"}, "complained"),
}


def index(runtime: Runtime, call: Call) -> Shown:
    """GET /contacts: a page of those that `q`, `list` and `status` leave."""
    everybody = call.store.all("contact")
    found = [one for one in everybody if _matches(one, call)]
    pages = max(1, -(-len(found) // _PAGE))
    number = min(_number(call.query.get("page", "")), pages)
    asked = {name: call.query.get(name, "") for name in ("q", "list", "status")}
    values = {
        "contacts": found[(number - 1) * _PAGE : number * _PAGE],
        "found": len(found),
        "total": len(everybody),
        "page": number,
        "pages": pages,
        "asked": asked,
        "lists": call.store.all("list"),
        "list_names": _names(call, "list"),
        "statuses": sorted({wording.status(one) for one in everybody}),
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


def _names(call: Call, kind: str) -> dict[str, str]:
    return {one["_id"]: one["name"] for one in call.store.all(kind)}


def one(runtime: Runtime, call: Call) -> Shown:
    """GET /contacts/<id>."""
    found = _asked(call)
    feed = call.store.all("event", found["_id"])
    values = {
        "contact": found,
        "structure": contact_input.structure(call.store, found["contactStructureId"]),
        "lists": call.store.all("list", found["contactStructureId"]),
        "events": feed[: -_EVENTS_SHOWN - 1 : -1],
        "event_count": len(feed),
    }
    return Shown("contact.html", values)


def add(call: Call, form: Form) -> Done:
    """POST /contacts/add: an active contact on no list."""
    owner = contact_input.structure(call.store, form.one("structure"))
    blank: Doc = {"fields": {}, "lists": [], "tags": []}
    fresh = records.born(
        call.now,
        key=contact_input.key(call.store, body.email(form.one("key"), "key"), owner["_id"]),
        contactStructureId=owner["_id"],
        **blank,
        status=contacts.ACTIVE,
    )
    events.note(call.store, call.now, "contact-created", fresh["_id"], source="web")
    return Done(f"/contacts/{contacts.save(call, fresh)['_id']}", "added")


def status(call: Call, form: Form) -> Done:
    """POST /contacts/<id>/status: unsubscribe, opt in again, bounce, complain."""
    found = _asked(call)
    wanted, said = _STATUSES[form.choice("act", *_STATUSES)]
    where = f"/contacts/{found['_id']}"
    if found["status"] == wanted:
        return Done(where, "same")
    contacts.set_status(call, found, wanted)
    return Done(where, said)


def edit(call: Call, form: Form) -> Done:
    """POST /contacts/<id>/edit: address, field values, lists and tags; what was not touched stays.

    A field that is empty and had no value gets none.
    """
    found = _asked(call)
    where = f"/contacts/{found['_id']}"
    form.check_version(found)
    changes = _changes(call, found, form)
    if not changes:
        return Done(where, "same")
    contacts.edit(call, found, changes)
    return Done(where, "saved")


def _changes(call: Call, found: Doc, form: Form) -> Doc:
    owner = contact_input.structure(call.store, found["contactStructureId"])
    entered: Doc = {"fields": found["fields"] | _touched(owner, found, form)}
    if "boxes" in form.values:
        tags = [tag["_id"] for tag in owner["tags"]]
        entered["lists"] = _ticked(found["lists"], form.all("lists"), _known(call, owner), "lists")
        entered["tags"] = _ticked(found["tags"], form.all("tags"), tags, "tags")
    if form.one("key") != wording.entered(found["key"]):
        entered["key"] = body.email(form.one("key"), "key")
    return {name: value for name, value in entered.items() if value != found[name]}


def _known(call: Call, owner: Doc) -> list[str]:
    return [one["_id"] for one in call.store.all("list", owner["_id"])]


def _touched(owner: Doc, found: Doc, form: Form) -> dict[str, str]:
    """The values of fields that are not as the form showed them."""
    names = {one["_id"]: f"field-{one['_id']}" for one in owner["fields"]}
    return {
        ident: str(body.text()(form.one(name), "fields"))
        for ident, name in names.items()
        if name in form.values and form.one(name) != wording.entered(found["fields"].get(ident))
    }


def _ticked(before: list[str], ticked: list[str], known: list[str], field: str) -> list[str]:
    """What is ticked, in the order it was in; new ones after it."""
    for ident in ticked:
        if ident not in known:
            raise invalid(field, "contains something that is not there any more")
    kept = [ident for ident in before if ident in ticked or ident not in known]
    return kept + [ident for ident in known if ident in ticked and ident not in kept]


def delete(call: Call, form: Form) -> Done:
    """POST /contacts/<id>/delete."""
    contacts.remove(call, _asked(call))
    return Done(_ALL, "deleted")


def _asked(call: Call) -> Doc:
    return records.find(call.store, "contact", call.args["contact_id"])


PATHS = (
    Path(_ALL, index),
    Path(f"{_ALL}/add", index, add),
    Path(_ONE, one),
    Path(f"{_ONE}/status", one, status),
    Path(f"{_ONE}/edit", one, edit),
    Path(f"{_ONE}/delete", one, delete),
)
