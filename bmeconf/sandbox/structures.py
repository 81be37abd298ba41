"""Contact structures: the account's schema of fields and tags (API contract 4.1).

In: calls. Out: structures. A PUT has the whole structure: fields and tags that it omits are
removed from the structure and its contacts, unless a form uses them.
"""

from __future__ import annotations

from bmeconf.sandbox import body, contacts, ids, records
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import ApiError, forbidden, in_use, invalid, not_found
from bmeconf.sandbox.store import Doc
from bmeconf.sandbox.switches import Switches

_NAME = body.text(least=1)
_FIELD_PARTS: body.Checks = {
    "_id": body.object_id,
    "dataType": _NAME,
    "required": body.flag,
    "predefinedField": _NAME,
}
_REQUIRED: body.Checks = {
    "label": _NAME,
    "fields": body.each(body.record({"label": _NAME}, _FIELD_PARTS)),
}
_OPTIONAL: body.Checks = {
    "keyName": _NAME,
    "keyType": body.one_of("email"),
    "tags": body.each(body.record({"label": _NAME}, {"_id": body.object_id})),
    "__v": body.whole(),
    "_id": body.anything,
}


def view(structure: Doc, switches: Switches) -> Doc:
    """A structure as the API shows it: no timestamps; `__v` as the switch says."""
    hidden = {"createdAt", "updatedAt"} | (set() if switches.structure_version else {"__v"})
    return {name: value for name, value in structure.items() if name not in hidden}


def field(values: Doc) -> Doc:
    """A field with its defaults: an id, text, not required."""
    defaults = {"_id": ids.new(), "label": "", "dataType": "text", "required": False}
    return {**defaults, **values}


def every(call: Call) -> list[Doc]:
    """GET /api/contact-structure: a bare array."""
    return [view(structure, call.switches) for structure in call.store.all("structure")]


def get(call: Call) -> Doc:
    """GET /api/contact-structure/{contactStructureId}."""
    return view(_asked(call), call.switches)


def create(call: Call) -> Doc:
    """POST /api/contact-structure: refused to keys, unless the switch accepts it."""
    if call.switches.structure_create == "refuse":
        raise forbidden()
    values = _read(call)
    values.pop("__v", None)
    values.setdefault("keyName", "Email")
    values.setdefault("keyType", "email")
    structure = records.new(call.now, **_parts(values, {"fields": [], "tags": []}))
    call.store.put("structure", structure)
    return view(structure, call.switches)


def replace(call: Call) -> Doc:
    """PUT /api/contact-structure/{contactStructureId}: 200 with the new fields' ids.

    Raises ContactFieldInUseError if a form uses an omitted field, and ConcurrencyError if the body
    has a stale `__v`; a body without `__v` is accepted.
    """
    structure = _asked(call)
    values = _read(call)
    records.check_version(structure, values, required=False)
    values.pop("__v", None)
    after = records.changed(structure, call.now, **_parts(values, structure))
    _check_forms(call, structure, after)
    call.store.put("structure", after)
    _clean_contacts(call, after)
    return view(after, call.switches)


def _read(call: Call) -> Doc:
    values: Doc = body.read(call.body, _REQUIRED, _OPTIONAL, call.switches.unknown_keys)
    values.pop("_id", None)
    return values


def _parts(values: Doc, before: Doc) -> Doc:
    """The body with ids for new fields and tags; a sent `_id` must exist already."""
    for part in ("fields", "tags"):
        unused_ids = {item["_id"] for item in before[part]}
        for ident in (item["_id"] for item in values.get(part, []) if "_id" in item):
            if ident not in unused_ids:
                raise invalid(part, f"contains the id {ident}, which is unknown or there twice")
            unused_ids.remove(ident)
    tags = [{"_id": ids.new(), **tag} for tag in values.get("tags", [])]
    return {**values, "fields": [field(item) for item in values["fields"]], "tags": tags}


def _check_forms(call: Call, before: Doc, after: Doc) -> None:
    kept_ids = {item["_id"] for item in after["fields"]}
    forms = call.store.all("form")
    for removed in (item for item in before["fields"] if item["_id"] not in kept_ids):
        users = [form for form in forms if removed["_id"] in form["fieldIds"]]
        if users:
            references = [{"_id": form["_id"], "name": form["name"]} for form in users]
            raise in_use(f"{removed['label']} is used by a form", removed["_id"], references)


def _clean_contacts(call: Call, structure: Doc) -> None:
    field_ids = {item["_id"] for item in structure["fields"]}
    tag_ids = {item["_id"] for item in structure["tags"]}
    for contact in call.store.all("contact", structure["_id"]):
        kept_values = {
            ident: value for ident, value in contact["fields"].items() if ident in field_ids
        }
        kept_tags = [ident for ident in contact["tags"] if ident in tag_ids]
        if (kept_values, kept_tags) != (contact["fields"], contact["tags"]):
            contacts.save(call, {**contact, "fields": kept_values, "tags": kept_tags})


def missing() -> ApiError:
    """404 for a structure that does not exist."""
    return not_found("Contact structure")


def _asked(call: Call) -> Doc:
    return records.addressed(call, "structure", missing())


_ONE = "/api/contact-structure/<structure_id>"

ROUTES = (
    Route("GET", "/api/contact-structure", "contacts:read", every),
    Route("POST", "/api/contact-structure", "contacts:write", create),
    Route("GET", _ONE, "contacts:read", get),
    Route("PUT", _ONE, "contacts:write", replace),
)
