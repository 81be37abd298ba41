"""Query parameters (page, size, sort, criteria, enums, time zones), and pages of documents.

In: a `Call`. Out: checked values or a page of documents, or `ApiError` 400 naming the parameter
(API contract 3.4). Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import UTC, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.errors import invalid
from bmeconf.sandbox.store import Doc

DEFAULT_SIZE = 25

_SORT = re.compile(r"([a-zA-Z0-9_]+):(asc|desc)")
_DIGITS = re.compile(r"[0-9]{1,9}")


def whole(call: Call, name: str, default: int | None, most: int = 10**9) -> int:
    """An integer of 1 to `most`; without a default the parameter is required."""
    text = call.query.get(name)
    if text is None:
        if default is None:
            raise invalid(name, "is required")
        return default
    if not _DIGITS.fullmatch(text) or not 1 <= int(text) <= most:
        raise invalid(name, f"must be an integer between 1 and {most}")
    return int(text)


def one_of(call: Call, name: str, allowed: Sequence[str]) -> str | None:
    """One of `allowed`, or None when the parameter is absent."""
    value = call.query.get(name)
    if value is not None and value not in allowed:
        raise invalid(name, f"must be one of: {', '.join(allowed)}")
    return value


def needed(call: Call, name: str) -> str:
    """A required parameter that must not be empty."""
    if not call.query.get(name):
        raise invalid(name, "is required")
    return call.query[name]


def zone(call: Call) -> tzinfo:
    """`timezone`, an IANA name; UTC by default."""
    name = call.query.get("timezone", "UTC")
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid("timezone", "must be an IANA time zone") from None


def arranged(call: Call, docs: list[Doc], fields: Sequence[str]) -> list[Doc]:
    """Documents whose name contains `criteria`, sorted by parameter `sort`, one of `fields`."""
    criteria = call.query.get("criteria", "")
    if len(criteria) > 50:
        raise invalid("criteria", "must be at most 50 characters long")
    matching = [doc for doc in docs if criteria.lower() in doc["name"].lower()]
    sort = call.query.get("sort")
    if sort is None:
        return matching
    match = _SORT.fullmatch(sort)
    if not match or match[1] not in fields:
        raise invalid("sort", f"must be one of {', '.join(fields)} and :asc or :desc")
    return sorted(matching, key=lambda doc: doc[match[1]] or "", reverse=match[2] == "desc")


def page(call: Call, docs: list[Doc], view: Callable[[Doc], Doc]) -> Doc:
    """`{"total", "records"}` for parameters `page` and `size`; `view` shapes each record."""
    number = whole(call, "page", 1)
    limits = call.switches
    size = bounded(
        whole(call, "size", DEFAULT_SIZE), limits.page_max_size, limits.page_max_size_mode, "size"
    )
    start = (number - 1) * size
    return {"total": len(docs), "records": [view(doc) for doc in docs[start : start + size]]}


def bounded(size: int, most: int, mode: str, name: str) -> int:
    """A page size limited to its maximum; mode "error" raises ApiError 400 instead."""
    if not most or size <= most:
        return size
    if mode == "error":
        raise invalid(name, f"must not be greater than {most}")
    return most
