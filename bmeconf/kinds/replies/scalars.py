"""Texts, counts and statuses out of replies, and the digest of any JSON value. Pure."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any


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


def status_of(raw: Mapping[str, Any]) -> tuple[str | None, str | None]:
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
