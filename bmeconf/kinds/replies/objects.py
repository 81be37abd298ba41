"""Objects and ids out of replies. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from bmeconf.kinds.replies.scalars import text_of
from bmeconf.model.errors import OutcomeUnknown, ReplyUnreadable

Raw = Mapping[str, Any]
"""A JSON object as the API sends it."""
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""An id becomes part of a path, so nothing else is taken for one (API contract 4)."""


def object_of(reply: Any, what: str) -> Raw:
    """`reply` as a JSON object with an id; `what` names it in messages.

    Raises:
        ReplyUnreadable: where it is anything else.
    """
    if isinstance(reply, Mapping):
        id_of(reply, what)
        return reply
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "nothing"}
    shape = names.get(type(reply), "a number")
    raise ReplyUnreadable(f"{what}: the API answered with {shape}, not with an object")


def made_of(reply: Any, what: str) -> Raw:
    """The object that a create answers with.

    Raises:
        OutcomeUnknown: where the answer does not show it: it exists, but under which id?
    """
    try:
        return object_of(reply, what)
    except ReplyUnreadable as error:
        raise OutcomeUnknown(error.message) from error


def objects_of(value: Any, what: str) -> tuple[Raw, ...]:
    """The objects in a part of a reply; none where the part is missing or null.

    Raises:
        ReplyUnreadable: where the part is anything but a list of objects.
    """
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        return tuple(value)
    raise ReplyUnreadable(f"{what} come from the API as something that is no list of objects")


def id_of(raw: Raw, what: str = "an object") -> str:
    """The object's id, under `_id` or `id`.

    Raises:
        ReplyUnreadable: where there is none.
    """
    for key in ("_id", "id"):
        if isinstance(raw.get(key), str) and ID.fullmatch(raw[key]):
            return str(raw[key])
    raise ReplyUnreadable(f"{what}: the API answered with an object that has no usable id")


def ids_of(value: Any) -> tuple[str, ...] | None:
    """Ids out of a list of strings, `{_id}`, `{listId}` or `{id}`; None where `value` is no list.

    A null counts as an empty list; the caller tells a missing key apart.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        return None
    ids: list[str] = []
    for item in value:
        named = (
            [item.get(k) for k in ("_id", "listId", "id")] if isinstance(item, Mapping) else [item]
        )
        found = [each for each in named if isinstance(each, str)]
        if not found:
            return None
        ids.append(found[0])
    return tuple(dict.fromkeys(ids))


def key_of(raw: Raw, key: str, what: str) -> str:
    """The text under `key`, by which an object is known.

    Raises:
        ReplyUnreadable: where the reply does not show it: then nothing can be said to be absent.
    """
    text = text_of(raw.get(key))
    if text is None:
        raise ReplyUnreadable(
            f"{what} {id_of(raw, what)}: the API does not show its {key}",
            "nothing is concluded from it; run again, and report it if it stays",
        )
    return text


def hidden(what: str, key: str) -> ReplyUnreadable:
    """The refusal to replace an object of which the API does not show everything."""
    return ReplyUnreadable(
        f"the API does not show the {key} of this {what}, and writing it back without would"
        " clear them",
        f"nothing was written; change this {what} in the web app",
    )
