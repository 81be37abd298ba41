"""What replies show of an object's history: when it was made, and whether it moved. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from bmeconf.kinds.replies.objects import Raw
from bmeconf.kinds.replies.scalars import text_of

CLOCKS = timedelta(minutes=10)
"""How far the service's clock and this machine's may be apart, and how long a write may take."""


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


def same_moment(one: Raw, other: Raw) -> bool:
    """True if two replies show one object with nothing written between them.

    By its version and its time of change, where both show them; replies that show neither prove
    nothing.
    """
    shown = _moments(one, other)
    return bool(shown) and all(was == now for was, now in shown)


def moved(one: Raw, other: Raw) -> bool:
    """True if two replies show that one object was written between them."""
    return any(was != now for was, now in _moments(one, other))


def _moments(one: Raw, other: Raw) -> list[tuple[Any, Any]]:
    pairs = [
        (version_of(one), version_of(other)),
        (text_of(one.get("updatedAt")), text_of(other.get("updatedAt"))),
    ]
    return [(was, now) for was, now in pairs if was is not None and now is not None]
