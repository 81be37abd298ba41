"""Checks of a written contact: field values, lists, tags, status.

In: a part of a body, and the account. Out: the part in stored form, or `ApiError` 400 whose
`field` is the part (API contract 4.2). Only reads the account.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from bmeconf.sandbox import body
from bmeconf.sandbox.errors import duplicate, invalid
from bmeconf.sandbox.store import Doc, Store

_ITEM = {"_id": body.object_id}

SHAPES: body.Checks = {
    "fields": body.each(body.record(_ITEM | {"value": body.text()}, {})),
    "lists": body.each(body.anything),
    "tags": body.each(body.record(_ITEM, {})),
    "status": body.record(
        {"primary": body.one_of("Active", "Inactive")}, {"secondary": body.nullable(body.text())}
    ),
}

_ACTION = body.record(_ITEM | {"action": body.one_of("add", "remove")}, {})


def structure(store: Store, ident: str) -> Doc:
    """The structure of a contact. Raises ApiError 400 for an unknown id."""
    doc = store.get("structure", ident)
    if doc is None:
        raise invalid("contactStructureId", "is not a known contact structure")
    return doc


def key(store: Store, address: str, structure_id: str, own_id: str | None = None) -> str:
    """The address. Raises DuplicateFieldError if another contact of the structure has it."""
    holder = store.named("contact", address, structure_id, blind=True)
    if holder is not None and holder["_id"] != own_id:
        raise duplicate("key", f"key {address} is already in use")
    return address


def fields(items: Iterable[Doc], structure: Doc) -> dict[str, str]:
    """`[{_id, value}]` -> `{id: value}`; every id must be a field of the structure."""
    values = {item["_id"]: item["value"] for item in items}
    known = {field["_id"] for field in structure["fields"]}
    for ident in values:
        if ident not in known:
            raise invalid("fields", f"contains the unknown field {ident}", field_id=ident)
    return values


def complete(values: dict[str, str], structure: Doc) -> dict[str, str]:
    """The same values. Raises ApiError 400 if a required field is missing or empty."""
    for field in structure["fields"]:
        if field["required"] and not values.get(field["_id"]):
            raise invalid("fields", f"lacks the required {field['label']}", field_id=field["_id"])
    return values


def lists(items: list[object], write: str, store: Store, structure_id: str) -> dict[str, bool]:
    """`lists` in the accepted shape -> `{list id: True to add, False to remove}`, in order.

    `write` is the switch `contact_lists_write`. Each list must be one of the structure.
    """
    changes = dict(_list_change(item, write) for item in items)
    for ident in changes:
        contact_list = store.get("list", ident)
        if contact_list is None or contact_list["contactStructureId"] != structure_id:
            raise invalid("lists", f"contains the unknown list {ident}")
    return changes


def _list_change(item: object, write: str) -> tuple[str, bool]:
    if isinstance(item, str) and write in ("ids", "both"):
        return body.object_id(item, "lists"), True
    if isinstance(item, dict) and write in ("actions", "both"):
        change: Any = _ACTION(item, "lists")
        return change["_id"], change["action"] == "add"
    shapes = {"ids": "a list id", "actions": "an object with _id and action"}
    raise invalid("lists", f"must each be {shapes.get(write, ' or '.join(shapes.values()))}")


def tags(items: Iterable[Doc], structure: Doc) -> list[str]:
    """`[{_id}]` -> ids; every id must be a tag of the structure."""
    known = {tag["_id"] for tag in structure["tags"]}
    wanted = list(dict.fromkeys(item["_id"] for item in items))
    for ident in wanted:
        if ident not in known:
            raise invalid("tags", f"contains the unknown tag {ident}")
    return wanted


def status(wanted: Doc, current: Doc) -> Doc:
    """The status after a write: unchanged, or unsubscribed; never back to Active.

    `Unsubscribe` is the only secondary status a key may set (API contract 4.2).
    """
    secondary = wanted.get("secondary")
    if wanted["primary"] == "Active":
        if current["primary"] != "Active":
            raise invalid("status", "of an Inactive contact cannot be changed to Active")
        if secondary not in (None, "confirmed"):
            raise invalid("status.secondary", "is not allowed for an Active contact")
        return current
    if secondary is None:
        raise invalid("status.secondary", "is required when the primary status is Inactive")
    new = {"primary": "Inactive", "secondary": secondary}
    if new != current and secondary != "Unsubscribe":
        raise invalid("status.secondary", "can only be set to Unsubscribe")
    return new
