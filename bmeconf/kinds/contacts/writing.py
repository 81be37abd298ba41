"""Writes of contacts: read-modify-write, in the shapes that the account takes (contract 4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.api import WriteApi
from bmeconf.kinds.contacts import content
from bmeconf.kinds.contacts.content import PATH
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.model import Change, Fields
from bmeconf.model.errors import LossyWrite, Rejected

UNSUBSCRIBED = {"status": {"primary": "Inactive", "secondary": "Unsubscribe"}}


def create(api: WriteApi, id_map: IdMap, fields: Fields) -> Raw:
    """Create a contact with all of `fields` but its status; the reply of the create."""
    body = {
        "key": fields["email"],
        "contactStructureId": id_map.structure_id,
        "fields": content.field_values({}, fields.get("fields") or {}, id_map),
    }
    if fields.get("tags"):
        body["tags"] = content.tags(fields["tags"], id_map)
    lists = content.lists(fields.get("lists"), id_map)
    made = replies.made_of(_posted(api, body, lists), f"contacts/{fields['email']}")
    if fields.get("tags"):
        _add_tags(api, id_map, made, fields["tags"])
    return made


def replace(api: WriteApi, id_map: IdMap, raw: Raw, changes: Sequence[Change]) -> None:
    """Write back all of a contact, read as `raw`, with `changes` made.

    Raises:
        LossyWrite: where the API does not keep a part of it.
    """
    path = f"{PATH}/{replies.id_of(raw)}"
    sent = content.replaced(raw, changes, id_map)
    reply = _with_lists(api, "PUT", path, sent.body, sent.lists, sent.left)
    if api.dialect.replacement_proven >= content.PARTS:
        return
    shown = isinstance(reply, Mapping) and reply.keys() >= content.PARTS
    read = reply if shown else api.get(path)
    lost, proven = content.kept(sent, replies.object_of(read, path))
    if lost:
        raise LossyWrite(f"PUT {path}: the API did not keep the {' and '.join(lost)}")
    api.dialect.replacement_proven |= proven


def unsubscribe(api: WriteApi, id: str) -> None:
    """Make a contact Inactive."""
    api.send("PATCH", f"{PATH}/{id}", UNSUBSCRIBED)


def _posted(api: WriteApi, body: Mapping[str, Any], lists: Sequence[str]) -> Any:
    # Whether a create takes tags is not documented; a replacement does (contract 4.2).
    try:
        return _with_lists(api, "POST", PATH, body, lists)
    except Rejected as error:
        if "tags" not in body or not error.names_field("tags"):
            raise
    bare = {key: value for key, value in body.items() if key != "tags"}
    return _with_lists(api, "POST", PATH, bare, lists)


def _add_tags(api: WriteApi, id_map: IdMap, made: Raw, tags: Sequence[str]) -> None:
    """Add the `tags` that a create did not take."""
    path = f"{PATH}/{replies.id_of(made)}"
    shown = made if "tags" in made else replies.object_of(api.get(path), path)
    live = content.tag_labels(shown, id_map) or ()
    if not set(tags) <= set(live):
        raw = replies.object_of(api.get(path), path)
        replace(api, id_map, raw, [Change(("tags",), live, tags)])


def _with_lists(
    api: WriteApi,
    method: str,
    path: str,
    body: Mapping[str, Any],
    ids: Sequence[str],
    left: Sequence[str] = (),
) -> Any:
    """Send `body` with its lists in the shape that the account takes (contract 6, question 1).

    `ids` are all lists that the contact is to be on, `left` those that it is to leave.
    """
    dialect = api.dialect
    shape = dialect.contact_lists
    try:
        reply = api.send(method, path, {**body, "lists": content.shaped(ids, left, shape)})
    except Rejected as error:
        if dialect.contact_lists_known or not (ids or left) or not error.names_field("lists"):
            raise
        shape = "actions"
        reply = api.send(method, path, {**body, "lists": content.shaped(ids, left, shape)})
    if ids:
        # Only a write that was taken tells: a refusal may be about one list that is gone.
        dialect.contact_lists, dialect.contact_lists_known = shape, True
    return reply
