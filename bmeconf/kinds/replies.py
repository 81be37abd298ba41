"""The API's reply shapes, brought to one form (API contract 6.1). Pure.

Several shapes of the same thing are documented or seen; every kind reads them through here.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from bmeconf.model.errors import OutcomeUnknown, ReplyUnreadable

Raw = Mapping[str, Any]
CLOCKS = timedelta(minutes=10)
"""How far the service's clock and this machine's may be apart, and how long a write may take."""
ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""An id becomes part of a path, so nothing else is taken for one (API contract 4)."""


def object_of(reply: Any, what: str) -> Raw:
    """`reply` as a JSON object with an id.

    Raises:
        ReplyUnreadable: where it is anything else.
    """
    if isinstance(reply, Mapping):
        id_of(reply, what)
        return reply
    raise ReplyUnreadable(f"{what}: the API answered with {_kind_of(reply)}, not with an object")


def made_of(reply: Any, what: str) -> Raw:
    """The object that a create answers with.

    Raises:
        OutcomeUnknown: where the answer does not show it: it is there, but under which id?
    """
    try:
        return object_of(reply, what)
    except ReplyUnreadable as error:
        raise OutcomeUnknown(error.message) from error


def objects_of(value: Any, what: str) -> tuple[Raw, ...]:
    """The objects in a part of a reply; none where it is missing or null.

    Raises:
        ReplyUnreadable: where it is anything but a list of objects.
    """
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in value):
        return tuple(value)
    raise ReplyUnreadable(f"{what} come from the API as something that is no list of objects")


def made_at(raw: Raw, at: str) -> bool:
    """Whether an object says that it was made at `at`, as far as two clocks agree."""
    try:
        made = datetime.fromisoformat(str(raw.get("createdAt")))
        return abs(made - datetime.fromisoformat(at)) <= CLOCKS
    except (ValueError, TypeError):
        return False


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
    """Ids out of a list of strings, `{_id}`, `{listId}` or `{id}`; None where not a list.

    A null counts as an empty list; a missing key must be told apart by the caller.
    """
    if value is None:
        return ()
    if not isinstance(value, list):
        return None
    found = []
    for item in value:
        if isinstance(item, str):
            found.append(item)
        elif isinstance(item, Mapping):
            named = [item[k] for k in ("_id", "listId", "id") if isinstance(item.get(k), str)]
            if not named:
                return None
            found.append(named[0])
        else:
            return None
    return tuple(dict.fromkeys(found))


def key_of(raw: Raw, key: str, what: str) -> str:
    """The text by which an object is known.

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


def version_of(raw: Raw) -> int | None:
    """The object's `__v`, None where the reply does not show it."""
    version = raw.get("__v")
    if isinstance(version, bool) or not isinstance(version, int):
        return None
    return version


def same_moment(one: Raw, other: Raw) -> bool:
    """Whether two replies show one object with nothing written between them.

    By its version and its time of change, where both show them; what shows neither proves nothing.
    """
    shown = _moments(one, other)
    return bool(shown) and all(was == now for was, now in shown)


def moved(one: Raw, other: Raw) -> bool:
    """Whether two replies show that one object was written between them."""
    return any(was != now for was, now in _moments(one, other))


def _moments(one: Raw, other: Raw) -> list[tuple[Any, Any]]:
    pairs = [
        (version_of(one), version_of(other)),
        (text_of(one.get("updatedAt")), text_of(other.get("updatedAt"))),
    ]
    return [(was, now) for was, now in pairs if was is not None and now is not None]


def hidden(what: str, key: str) -> ReplyUnreadable:
    """The refusal to replace an object of which the API does not show everything."""
    return ReplyUnreadable(
        f"the API does not show the {key} of this {what}, and writing it back without would"
        " clear them",
        f"nothing was written; change this {what} in the web app",
    )


def text_of(value: Any) -> str | None:
    """A scalar as text: numbers are accepted where strings are documented."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return None
    return str(value) if isinstance(value, int | float) else None


def count_of(value: Any) -> int | None:
    """A count, given as a number or as a numeric string."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,15}", value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if math.isfinite(value) and value >= 0 else None


def status_of(raw: Raw) -> tuple[str | None, str | None]:
    """A contact's status and sub-status, from `status{}` or from a search hit's two strings."""
    status = raw.get("status")
    if isinstance(status, Mapping):
        return text_of(status.get("primary")), text_of(status.get("secondary"))
    primary = status if isinstance(status, str) else raw.get("contactStatus")
    return text_of(primary), text_of(raw.get("contactSubStatus"))


def digest(value: Any) -> str:
    """`sha256:...` over the canonical JSON of `value`."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _kind_of(reply: Any) -> str:
    names = {list: "an array", str: "a string", bool: "a boolean", type(None): "nothing"}
    return names.get(type(reply), "a number")
