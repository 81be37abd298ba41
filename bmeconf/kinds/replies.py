"""The API's reply shapes, brought to one form (API contract 6.1). Pure.

Several shapes of the same thing are documented or seen; every kind reads them through here.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from bmeconf.kinds.api import OBJECT, Raw
from bmeconf.model import CampaignStatus
from bmeconf.model.errors import OutcomeUnknown, ReplyUnreadable

ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
"""An id becomes part of a path, so nothing else is taken for one (API contract 4)."""
CLOCKS = timedelta(minutes=10)
"""How far the service's clock and this machine's may be apart, and how long a write may take."""


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
    if isinstance(value, list) and all(isinstance(item, OBJECT) for item in value):
        return tuple(value)
    raise ReplyUnreadable(f"{what} come from the API as something that is no list of objects")


def id_of(raw: Raw, what: object = "an object") -> str:
    """The object's id, under `_id` or `id`; `what` names it in messages.

    Raises:
        ReplyUnreadable: where there is none.
    """
    for key in ("_id", "id"):
        id = raw.get(key)
        if isinstance(id, str) and ID.fullmatch(id):
            return id
    raise ReplyUnreadable(f"{what}: the API answered with an object that has no usable id")


def ids_of(raw: Raw, key: str) -> tuple[str, ...] | None:
    """Ids out of a list of strings, `{_id}`, `{listId}` or `{id}`; None where `key` shows none.

    A null counts as an empty list.
    """
    value = raw.get(key, False)
    if value is None:
        return ()
    if not isinstance(value, list):
        return None
    ids: dict[str, None] = {}
    for item in value:
        named = map(item.get, ("_id", "listId", "id")) if isinstance(item, OBJECT) else (item,)
        id = next((each for each in named if isinstance(each, str)), None)
        if id is None:
            return None
        ids[id] = None
    return tuple(ids)


def key_of(raw: Raw, key: str, what: str) -> str:
    """The text under `key`, by which an object is known.

    Raises:
        ReplyUnreadable: where the reply does not show it: then nothing can be said to be absent.
    """
    text = text_of(raw.get(key))
    if text is None:
        raise ReplyUnreadable(f"{what} {id_of(raw, what)}: the API does not show its {key}")
    return text


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
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if is_number else None


def count_of(value: Any) -> int | None:
    """A count, given as a number or as a numeric string."""
    if isinstance(value, str) and re.fullmatch("[0-9]{1,15}", value):
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return int(value) if math.isfinite(value) and value >= 0 else None


def instant_of(value: Any) -> datetime | None:
    """An instant, in UTC where it names no zone (API contract 4); None for anything else."""
    try:
        at = datetime.fromisoformat(text_of(value) or "")
    except ValueError:
        return None
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def status_of(raw: Raw) -> tuple[str | None, str | None]:
    """A contact's status and sub-status, from `status{}` or from a search hit's two strings."""
    status = raw.get("status")
    if isinstance(status, OBJECT):
        return text_of(status.get("primary")), text_of(status.get("secondary"))
    primary = status if isinstance(status, str) else raw.get("contactStatus")
    return text_of(primary), text_of(raw.get("contactSubStatus"))


def digest(value: Any) -> str:
    """`sha256:...` over the canonical JSON of `value`."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def page_price(rows: int, size: int) -> int:
    """How many requests a listing of so many rows takes: its pages, and one that proves several.

    Pages have `size` rows.
    """
    pages = max(1, -(-rows // size))
    return pages + (pages > 1)


# --- the history of an object

EDITED = (
    *("name", "key", "__v", "status", "contactStatus", "contactSubStatus"),
    *("fields", "lists", "tags", "from", "subject", "previewText"),
)


def edited(row: Raw) -> list[Any]:
    """What people change of a listed object: its counts and rates move by themselves.

    So does, of a campaign that goes out, the time of its last change.
    """
    at = row.get("updatedAt") if row.get("status") in (None, CampaignStatus.DRAFT) else None
    return [id_of(row), *map(row.get, EDITED), at]


def made_at(raw: Raw, at: str) -> bool:
    """True if an object shows that it was made at `at`, as far as two clocks agree."""
    try:
        made = datetime.fromisoformat(str(raw.get("createdAt")))
        return abs(made - datetime.fromisoformat(at)) <= CLOCKS
    except (ValueError, TypeError):
        return False


def version_of(raw: Raw) -> int | None:
    """The object's `__v`, None where the reply does not show it."""
    version = raw.get("__v")
    return version if type(version) is int else None


def versioned(body: Mapping[str, Any], raw: Raw) -> dict[str, Any]:
    """`body` with the version that `raw` shows, where it does (API contract 6, question 11)."""
    version = version_of(raw)
    return dict(body) if version is None else {**body, "__v": version}


def same_moment(one: Raw, other: Raw) -> bool:
    """True if two replies show one object with nothing written between them.

    By its version and its time of change, where both show them; replies that show neither prove
    nothing.
    """
    return _stayed(one, other) == {True}


def moved(one: Raw, other: Raw) -> bool:
    """True if two replies show that one object was written between them."""
    return False in _stayed(one, other)


def _stayed(one: Raw, other: Raw) -> set[bool]:
    """Whether version and time of change are the same, of those that both replies show."""
    pairs = [
        (version_of(one), version_of(other)),
        (text_of(one.get("updatedAt")), text_of(other.get("updatedAt"))),
    ]
    return {was == now for was, now in pairs if was is not None and now is not None}
