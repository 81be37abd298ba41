"""Writes of contacts: read-modify-write, in the shapes that the account takes (contract 4.2).

A replacement loses whatever it leaves out, so everything documented that was read goes back, with
the declared changes made to it. Where a reply hides a part, nothing is written at all.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.api import OBJECT, SHAPES, Raw, WriteApi
from bmeconf.kinds.id_map import IdMap
from bmeconf.model import Change, Fields, canonical_text, nested
from bmeconf.model.errors import LossyWrite, NotRemoved, OutcomeUnknown, Rejected, Stale

PATH = "/api/contact"
UNSUBSCRIBED = {"status": {"primary": "Inactive", "secondary": "Unsubscribe"}}
PARTS = frozenset({"fields", "lists", "tags"})


def create(api: WriteApi, id_map: IdMap, fields: Fields) -> Raw:
    """Create a contact with all of `fields` but its status; the reply of the create."""
    dialect = api.dialect
    ids = {
        "lists": [id_map.require(address) for address in fields.get("lists") or ()],
        "tags": [id_map.tag(tag) for tag in fields.get("tags") or ()],
    }
    body = {
        "key": fields["email"],
        "contactStructureId": id_map.structure_id,
        "fields": _with_values({}, fields.get("fields") or {}, id_map),
        "lists": ids["lists"],
    }
    with_tags = {**body, "tags": _objects(ids["tags"])} if ids["tags"] else body
    doubtful = ("lists", "tags") if dialect.lists_unproven else ("tags",)
    try:
        reply = _send(api, "POST", PATH, with_tags if dialect.create_tags else body)
    except Rejected as error:
        # Whether a create takes tags is not documented; a replacement does (contract 4.2).
        if not (ids["tags"] and dialect.create_tags and error.names_field("tags")):
            raise
        dialect.create_tags = False
        reply = _send(api, "POST", PATH, body)
    made = replies.made_of(reply, f"contacts/{fields['email']}")
    if sent := {part: ids[part] for part in doubtful if ids[part]}:
        _complete(api, id_map, made, sent, fields)
    return made


def _complete(
    api: WriteApi, id_map: IdMap, made: Raw, sent: Mapping[str, Sequence[str]], fields: Fields
) -> None:
    """Write those of the sets `sent` which the create that answered with `made` has not heeded."""
    path = f"{PATH}/{replies.id_of(made)}"
    shown = made if made.keys() >= sent.keys() else replies.object_of(api.get(path), path)
    live = {part: replies.ids_of(shown, part) for part in sent}
    if live.get("lists", ()) is None:
        # Only of tags is it documented nowhere that a create takes them.
        live["lists"] = tuple(sent["lists"])
    lacking = [part for part in sent if not {*sent[part]} <= {*(live[part] or ())}]
    if "lists" in lacking:
        api.dialect.back_to_usual_lists()
    if lacking:
        raw = replies.object_of(api.get(path), path)
        replace(api, id_map, raw, [Change((part,), (), fields[part]) for part in lacking])


def replace(api: WriteApi, id_map: IdMap, raw: Raw, changes: Sequence[Change]) -> None:
    """Write back all of a contact, read as `raw`, with `changes` made.

    Raises:
        LossyWrite: where the API does not keep a part of it.
        NotRemoved: where the API keeps a part that it was to lose.
        ReplyUnreadable: where `raw` does not show all that a replacement must carry.
        Stale: where a list, field or tag that is referred to is gone.
    """
    path = f"{PATH}/{replies.id_of(raw)}"
    _put(api, path, _replaced(raw, changes, id_map), _parts(raw))


def _put(api: WriteApi, path: str, body: Mapping[str, Any], before: Mapping[str, set[str]]) -> None:
    """Replace a contact that had these parts `before`; `lists` of `body` are ids."""
    sent, unproven = _parts(body), api.dialect.lists_unproven
    left = {part: before[part] - sent[part] for part in sent}
    reply = _send(api, "PUT", path, body, sorted(left["lists"]))
    if api.dialect.replacement_proven >= PARTS and not any(left.values()):
        return
    shown = isinstance(reply, Mapping) and reply.keys() >= PARTS
    after = replies.object_of(reply if shown else api.get(path), path)
    kept = _parts(after)
    lost = [part for part in sent if sent[part] - kept[part]]

    def newest() -> Mapping[str, Any]:
        whole = after if replies.version_of(after) is not None else api.get(path)
        return replies.versioned(body, whole)

    if unproven and lost == ["lists"]:
        api.dialect.back_to_usual_lists()
        _put(api, path, newest(), before)
    elif lost:
        raise LossyWrite(f"PUT {path}: the API did not keep the {' and '.join(lost)}")
    else:
        # A part that was sent empty proves nothing (API contract 6, question 3).
        api.dialect.replacement_proven |= {part for part in sent if sent[part]}
        if stays := {part: kept[part] & left[part] for part in sent if kept[part] & left[part]}:
            _remove(api, path, newest(), stays)


def _remove(
    api: WriteApi, path: str, body: Mapping[str, Any], stays: Mapping[str, set[str]]
) -> None:
    """Take away what a replacement without it has left on a contact, by its part.

    Some services add what they are sent to what is there. Lists may then be left by actions, and
    a field be emptied; tags stay (API contract 6, questions 1 and 3).
    """
    if stays.keys() != {"tags"}:
        again = dict(body)
        again["fields"] = [*body["fields"], *_emptied(stays.get("fields", ()))]
        again["lists"] = _shaped(body["lists"], (), api.dialect.contact_lists)
        if "lists" in stays:
            again["lists"] = _shaped(body["lists"], sorted(stays["lists"]), "actions")
        try:
            api.send("PUT", path, again)
        except Rejected as error:
            if not any(error.names_field(part) for part in stays):
                raise
        after = _parts(replies.object_of(api.get(path), path))
        if "lists" in stays and not after["lists"] & stays["lists"]:
            api.dialect.contact_lists, api.dialect.contact_lists_known = "actions", True
        stays = {part: after[part] & ids for part, ids in stays.items() if after[part] & ids}
    if stays:
        parts = " and ".join(sorted(stays))
        raise NotRemoved(f"PUT {path}: the API keeps {parts} that were to be removed", stays)


def _objects(ids: Sequence[str]) -> list[dict[str, str]]:
    return [{"_id": id} for id in ids]


def _emptied(ids: Collection[str]) -> list[dict[str, str]]:
    return [{"_id": id, "value": ""} for id in sorted(ids)]


def unsubscribe(api: WriteApi, id: str) -> None:
    """Make a contact Inactive."""
    api.send("PATCH", f"{PATH}/{id}", UNSUBSCRIBED)


def values(raw: Raw, id_map: IdMap) -> dict[str, str]:
    """The field values of a reply by label, without empty ones."""
    labels, found = id_map.field_labels, {}
    for id, value in _values(raw).items():
        if (text := canonical_text(replies.text_of(value))) is not None:
            found[labels.get(id) or f"#{id}"] = text
    return found


def _replaced(raw: Raw, changes: Sequence[Change], id_map: IdMap) -> dict[str, Any]:
    """The contact that was read as `raw`, with `changes` made; `lists` are all its lists, by id."""
    parts = {part: _members(raw, part) for part in ("lists", "tags")}
    id_of: Mapping[str, Callable[[Any], str]] = {"lists": id_map.require, "tags": id_map.tag}
    for change in changes:
        part = change.path[0]
        if part in parts:
            before, after = change.before or (), change.after or ()
            leave, join = ([id_of[part](each) for each in side] for side in (before, after))
            kept = [id for id in parts[part] if id not in leave or id in join]
            parts[part] = kept + [id for id in join if id not in parts[part]]
    written, (primary, secondary) = nested(changes), replies.status_of(raw)
    status = {"primary": primary, **({"secondary": secondary} if secondary else {})}
    # Only what is known to be writable (API contract 4.2): a strict server refuses anything else.
    body = {
        "key": written.get("email", raw.get("key")),
        "contactStructureId": raw.get("contactStructureId", id_map.structure_id),
        **({"status": status} if primary else {}),
        "fields": _with_values(_values(raw), written.get("fields") or {}, id_map),
        "lists": parts["lists"],
        "tags": _objects(parts["tags"]),
    }
    return replies.versioned(body, raw)


def _with_values(
    live: Mapping[str, Any], declared: Mapping[str, Any], id_map: IdMap
) -> list[dict[str, Any]]:
    """The `live` values by field id, with the `declared` ones by label written over them.

    A declared None removes the value.
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


def _parts(raw: Raw) -> dict[str, set[str]]:
    """The ids of all that a contact has, by the part that has them."""
    filled = {id for id, value in _values(raw).items() if replies.text_of(value)}
    return {"fields": filled, **{part: {*_members(raw, part)} for part in ("lists", "tags")}}


def _values(raw: Raw) -> dict[str, Any]:
    fields = raw.get("fields", False)
    if fields is None:
        return {}
    shown = {}
    for field in fields if isinstance(fields, list) else (None,):
        if not isinstance(field, OBJECT):
            raise replies.hidden("contact", "fields")
        shown[replies.id_of(field, "a field value")] = field.get("value")
    return {id: value for id, value in shown.items() if value is not None}


def _members(raw: Raw, part: str) -> list[str]:
    ids = replies.ids_of(raw, part)
    if ids is None:
        raise replies.hidden("contact", part)
    return [*ids]


def _send(
    api: WriteApi, method: str, path: str, body: Mapping[str, Any], left: Sequence[str] = ()
) -> Any:
    """Send `body` with its lists in the shape that the account takes (contract 6, question 1).

    Its `lists` are the ids of all that the contact is to be on, `left` of those that it leaves.
    """
    dialect, ids = api.dialect, body["lists"]
    shape, unproven = dialect.contact_lists, dialect.lists_unproven
    try:
        reply = api.send(method, path, {**body, "lists": _shaped(ids, left, shape)})
    except Rejected as error:
        named = error.names_field("lists") or (unproven and type(error) is Rejected)
        if dialect.contact_lists_known or not (ids or left) or not named:
            raise
        shape = next(other for other in SHAPES if other != shape)
        reply = api.send(method, path, {**body, "lists": _shaped(ids, left, shape)})
    except OutcomeUnknown:
        if unproven:
            dialect.back_to_usual_lists()
        raise
    if ids:
        # Only a write that was taken tells: a refusal may be about one list that is gone.
        dialect.contact_lists, dialect.contact_lists_known = shape, True
    return reply


def _shaped(ids: Sequence[str], left: Sequence[str], shape: str) -> list[Any]:
    """Lists as ids or as actions: these serve as the whole set, and as the changes to it."""
    if shape == "ids":
        return [*ids]
    adds = [{"_id": id, "action": "add"} for id in ids]
    return adds + [{"_id": id, "action": "remove"} for id in left]
