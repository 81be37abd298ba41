"""The content of a contact, as the API reads and writes it (API contract 4.2). Pure.

A replacement loses whatever it leaves out, so everything that was read goes back, with the
declared changes made to it. Where a reply hides a part, nothing is written at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.base import versioned
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.model import Address, Change, canonical_text, nested
from bmeconf.model.errors import Stale

PATH = "/api/contact"
PARTS = frozenset({"fields", "lists", "tags"})
READ_ONLY = ("_id", "id", "createdAt", "updatedAt")


def values(raw: Raw, id_map: IdMap) -> dict[str, str]:
    """The field values of a reply by label, without empty ones."""
    labels = {str(live.get("_id")): label for label, live in id_map.fields.items()}
    texts = {id: canonical_text(replies.text_of(value)) for id, value in _raw_values(raw)}
    return {labels.get(id, f"#{id}"): text for id, text in texts.items() if text is not None}


def tag_labels(raw: Raw, id_map: IdMap) -> tuple[str, ...] | None:
    """The tags that a reply names, by label; None where it does not show them."""
    ids = replies.ids_of(raw["tags"]) if "tags" in raw else None
    if ids is None:
        return None
    labels = {id: label for label, id in id_map.tags.items()}
    return tuple(sorted(labels.get(id, f"#{id}") for id in ids))


@dataclass(frozen=True)
class Replacement:
    """All of a contact as a PUT sends it, but for its lists.

    `lists` are the ids of the lists that it is to be on, `left` of those that it leaves.
    """

    body: Mapping[str, Any]
    lists: Sequence[str]
    left: Sequence[str]


def replaced(raw: Raw, changes: Sequence[Change], id_map: IdMap) -> Replacement:
    """The contact that was read as `raw`, with `changes` made.

    Raises:
        ReplyUnreadable: where `raw` does not show all that a replacement must carry.
        Stale: where a list, field or tag that is referred to is gone.
    """
    before = _members(raw, "lists")
    members = {"lists": before, "tags": _members(raw, "tags")}
    after = nested(changes)
    for change in changes:
        field = change.path[0]
        if field in members:
            ids = lists if field == "lists" else _tag_ids
            leave, join = ids(change.before, id_map), ids(change.after, id_map)
            members[field] = _edited(members[field], leave, join)
    body = {
        **{key: value for key, value in raw.items() if key not in READ_ONLY},
        "key": after.get("email", raw.get("key")),
        "fields": field_values(dict(_raw_values(raw)), after.get("fields") or {}, id_map),
        "tags": [{"_id": id} for id in members["tags"]],
    }
    left = [id for id in before if id not in members["lists"]]
    return Replacement(versioned(body, raw), members["lists"], left)


def kept(sent: Replacement, raw: Raw) -> tuple[list[str], frozenset[str]]:
    """Which parts of a replacement `raw` lacks, and which the API is proven to keep.

    A part that was sent empty proves nothing (API contract 6, question 3).
    """
    written = {
        "fields": {str(f["_id"]) for f in sent.body["fields"] if replies.text_of(f["value"])},
        "lists": set(sent.lists),
        "tags": {tag["_id"] for tag in sent.body["tags"]},
    }
    read = {
        "fields": {id for id, value in _raw_values(raw) if replies.text_of(value)},
        "lists": set(_members(raw, "lists")),
        "tags": set(_members(raw, "tags")),
    }
    lost = [part for part in written if written[part] - read[part]]
    return lost, frozenset(part for part in written if written[part] and part not in lost)


def field_values(
    live: Mapping[str, Any], declared: Mapping[str, Any], id_map: IdMap
) -> list[dict[str, Any]]:
    """The `live` values by field id, with the `declared` ones by label written over them.

    A declared None removes the value.

    Raises:
        Stale: where the account has no field of a declared label.
    """
    merged = dict(live)
    for label, value in declared.items():
        if label not in id_map.fields:
            raise Stale(f"the account has no field {label!r} any more")
        id = replies.id_of(id_map.fields[label], f"the field {label!r}")
        merged.pop(id, None)
        if value is not None:
            merged[id] = value
    return [{"_id": id, "value": value} for id, value in merged.items()]


def tags(labels: Iterable[str] | None, id_map: IdMap) -> list[dict[str, str]]:
    """Tags as the API writes them."""
    return [{"_id": id} for id in _tag_ids(labels, id_map)]


def lists(addresses: Iterable[Address] | None, id_map: IdMap) -> list[str]:
    """The ids of lists, each of which must exist by now."""
    return [id_map.require(address) for address in addresses or ()]


def shaped(ids: Sequence[str], left: Sequence[str], shape: str) -> list[Any]:
    """Lists in one of the two shapes that writes may take (API contract 6, question 1).

    The service may read actions as the whole set, or as the changes to it: these serve as both.
    """
    if shape == "ids":
        return list(ids)
    adds = [{"_id": id, "action": "add"} for id in ids]
    return adds + [{"_id": id, "action": "remove"} for id in left]


def _raw_values(raw: Raw) -> list[tuple[str, Any]]:
    fields = raw.get("fields", False)
    if fields is None:
        return []
    if not isinstance(fields, list) or not all(isinstance(f, Mapping) for f in fields):
        raise replies.hidden("contact", "fields")
    named = ((replies.id_of(f, "a field value"), f.get("value")) for f in fields)
    return [(id, value) for id, value in named if value is not None]


def _members(raw: Raw, key: str) -> list[str]:
    ids = replies.ids_of(raw[key]) if key in raw else None
    if ids is None:
        raise replies.hidden("contact", key)
    return list(ids)


def _tag_ids(labels: Iterable[str] | None, id_map: IdMap) -> list[str]:
    return [id_map.tag(label) for label in labels or ()]


def _edited(members: list[str], leave: list[str], join: list[str]) -> list[str]:
    kept = [id for id in members if id not in leave or id in join]
    return kept + [id for id in join if id not in members]
