"""The content of a contact, as the API reads and writes it (API contract 4.2). Pure.

A replacement loses whatever it leaves out, so everything that was seen goes back, with the
declared changes made to it. Where a reply hides something, nothing is written at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
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
    """Field values of a reply, by label; empty ones count as none."""
    labels = {str(live.get("_id")): label for label, live in id_map.fields.items()}
    found = {}
    for id, value in _raw_values(raw):
        text = canonical_text(replies.text_of(value))
        if text is not None:
            found[labels.get(id, f"#{id}")] = text
    return found


def tag_labels(raw: Raw, id_map: IdMap) -> tuple[str, ...] | None:
    """The tags that a reply names, by label; None where it does not show them."""
    ids = replies.ids_of(raw["tags"]) if "tags" in raw else None
    if ids is None:
        return None
    labels = {id: label for label, id in id_map.tags.items()}
    return tuple(sorted(labels.get(id, f"#{id}") for id in ids))


def replaced(
    seen: Raw, changes: Sequence[Change], id_map: IdMap
) -> tuple[dict[str, Any], list[str], list[str]]:
    """The whole contact with `changes` made, without its lists; the lists it is to be on, by id;
    and those that it leaves.

    Raises:
        ReplyUnreadable: where `seen` does not show all that a replacement must carry.
        Stale: where a list, field or tag that is referred to is gone.
    """
    held_lists, held_tags = _held(seen, "lists"), _held(seen, "tags")
    before = list(held_lists)
    after = nested(changes)
    for change in changes:
        if change.path == ("lists",):
            held_lists = _edited(
                held_lists, lists(change.before, id_map), lists(change.after, id_map)
            )
        if change.path == ("tags",):
            held_tags = _edited(
                held_tags, _tag_ids(change.before, id_map), _tag_ids(change.after, id_map)
            )
    body = {
        **{key: value for key, value in seen.items() if key not in READ_ONLY},
        "key": after.get("email", seen.get("key")),
        "fields": field_values(dict(_raw_values(seen)), after.get("fields") or {}, id_map),
        "tags": [{"_id": id} for id in held_tags],
    }
    return versioned(body, seen), held_lists, [id for id in before if id not in held_lists]


def kept(
    sent: Mapping[str, Any], lists: Sequence[str], seen: Raw
) -> tuple[list[str], frozenset[str]]:
    """Which parts of a replacement the API lost, and which it is proven to keep.

    What was sent without any content proves nothing (API contract 6, question 3).
    """
    wanted = {
        "fields": {str(f["_id"]) for f in sent["fields"] if replies.text_of(f["value"])},
        "lists": set(lists),
        "tags": {tag["_id"] for tag in sent["tags"]},
    }
    held = {
        "fields": {id for id, value in _raw_values(seen) if replies.text_of(value)},
        "lists": set(_held(seen, "lists")),
        "tags": set(_held(seen, "tags")),
    }
    lost = [part for part in wanted if wanted[part] - held[part]]
    return lost, frozenset(part for part in wanted if wanted[part] and part not in lost)


def field_values(
    held: Mapping[str, Any], wanted: Mapping[str, Any], id_map: IdMap
) -> list[dict[str, Any]]:
    """`held` values by field id, with `wanted` ones by label put in or, for None, taken out."""
    merged = dict(held)
    for label, value in wanted.items():
        if label not in id_map.fields:
            raise Stale(f"the account has no field {label!r} any more", "plan again")
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

    Actions may be read as the whole set or as what changes, so both are said.
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


def _held(seen: Raw, key: str) -> list[str]:
    ids = replies.ids_of(seen[key]) if key in seen else None
    if ids is None:
        raise replies.hidden("contact", key)
    return list(ids)


def _tag_ids(labels: Iterable[str] | None, id_map: IdMap) -> list[str]:
    return [id_map.tag(label) for label in labels or ()]


def _edited(held: list[str], before: list[str], after: list[str]) -> list[str]:
    kept = [id for id in held if id not in before or id in after]
    return kept + [id for id in after if id not in held]
