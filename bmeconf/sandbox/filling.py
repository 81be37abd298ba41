"""Defaults for terse documents, and checks of their references.

In: a checked document of an account's state. Out: the complete document to store, or `ApiError`
400 naming the faulty part of the state.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bmeconf.sandbox import auth, campaigns, clock, ids, reports, structures
from bmeconf.sandbox.errors import duplicate, invalid
from bmeconf.sandbox.store import Doc, Store


@dataclass(frozen=True)
class Filling:
    """The inputs of defaults: the store so far, and the current time in Unix seconds."""

    store: Store
    now: float

    def stamped(self, values: Doc, **defaults: Any) -> Doc:
        """`values` over `defaults`, with id, timestamps and `__v` added if missing."""
        created = values.get("createdAt", clock.iso(self.now))
        meta = {"createdAt": created, "updatedAt": created, "__v": 0}
        given_meta = {name: values[name] for name in meta if name in values}
        rest = {name: value for name, value in values.items() if name not in meta}
        return {"_id": ids.new(), **defaults, **rest, **meta, **given_meta}

    def owner(self, values: Doc, part: str) -> Doc:
        """The structure that `values` names; by default the account's first, created if missing."""
        ident = values.get("contactStructureId")
        if ident is None:
            known = self.store.all("structure") or [self._default_structure()]
            return known[0]
        doc = self.store.get("structure", ident)
        if doc is None:
            raise invalid(part, f"names the unknown structure {ident}")
        return doc

    def _default_structure(self) -> Doc:
        doc = structure(self, {})
        self.store.put("structure", doc)
        return doc

    def check_lists(self, values: Doc, part: str) -> None:
        """Raises ApiError 400 for a list that does not exist."""
        for ident in values.get("lists", []):
            if self.store.get("list", ident) is None:
                raise invalid(part, f"names the unknown list {ident}")


def structure(fill: Filling, values: Doc) -> Doc:
    """A structure; by default "Default Contacts" without fields."""
    parts = {
        "fields": [structures.field(item) for item in values.get("fields", [])],
        "tags": [{"_id": ids.new(), **tag} for tag in values.get("tags", [])],
    }
    defaults = {"label": "Default Contacts", "keyName": "Email", "keyType": "email"}
    return fill.stamped({**values, **parts}, **defaults)


def contact_list(fill: Filling, values: Doc) -> Doc:
    """A list."""
    owner = fill.owner(values, "lists")
    return fill.stamped(values, name=values["name"], type="static", contactStructureId=owner["_id"])


def contact(fill: Filling, values: Doc) -> Doc:
    """A contact, active by default."""
    owner = fill.owner(values, "contacts")
    if fill.store.named("contact", values["key"], owner["_id"]):
        raise duplicate("contacts", f"key {values['key']} appears twice")
    fill.check_lists(values, "contacts")
    for part in ("fields", "tags"):
        unknown = set(values.get(part, ())) - {item["_id"] for item in owner[part]}
        if unknown:
            raise invalid("contacts", f"{values['key']} names unknown {part}: {sorted(unknown)}")
    status = {name: part for name, part in values.get("status", {}).items() if part is not None}
    defaults: Doc = {"fields": {}, "lists": [], "tags": []}
    return fill.stamped(
        {**values, "status": status or {"primary": "Active"}},
        key=values["key"],
        contactStructureId=owner["_id"],
        **defaults,
    )


def campaign(fill: Filling, values: Doc) -> Doc:
    """A campaign, a draft by default; a campaign with a report gets a time of sending."""
    if values.get("contactStructureId") is not None:
        fill.owner(values, "campaigns")
    if values.get("status", "draft") == "draft":
        # Other campaigns may refer to lists that were deleted since.
        fill.check_lists(values, "campaigns")
    doc = fill.stamped(values, **{"name": values["name"], **campaigns.BLANK})
    if doc["report"] is not None:
        doc["report"] = reports.blank() | doc["report"]
        doc["scheduledAt"] = doc["scheduledAt"] or clock.iso(fill.now)
    return doc


def template(fill: Filling, values: Doc) -> Doc:
    """A template, in English by default."""
    defaults = {"id": ids.new(), "subject": "", "lang": "en", "imageUrl": "", "unlayerId": ""}
    return {**defaults, "attributeIds": [], "internal": False, "html": "", "design": "{}", **values}


def category(fill: Filling, values: Doc) -> Doc:
    """A category of templates."""
    return {"id": ids.new(), "lang": "en", "order": 1, "attributes": [], **values}


def domain(fill: Filling, values: Doc) -> Doc:
    """A sending domain, verified by default, and then ready for sending."""
    doc = fill.stamped(values, domain=values["domain"], type="multi-record", status="verified")
    del doc["__v"]
    return {"isReadyForSending": doc["status"] == "verified", **doc}


def form(fill: Filling, values: Doc) -> Doc:
    """A form; its fields must exist."""
    known = {item["_id"] for owner in fill.store.all("structure") for item in owner["fields"]}
    for ident in values.get("fieldIds", []):
        if ident not in known:
            raise invalid("fieldIds", f"names the unknown field {ident}")
    return {"_id": ids.new(), "fieldIds": [], **values}


def key(fill: Filling, values: Doc) -> Doc:
    """An API key, active and with all scopes by default."""
    defaults = {"status": "Active", "scopes": list(auth.SCOPES), "expiresAt": None}
    return {"_id": ids.new(), "name": "Key", **defaults, **values}
