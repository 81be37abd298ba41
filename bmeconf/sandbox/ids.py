"""Object ids in the API's form: 24 lower-case hex digits, time first."""

from __future__ import annotations

import hashlib
import re
import secrets
import time

_PATTERN = re.compile(r"[0-9a-fA-F]{24}")


def new() -> str:
    """A fresh id: eight digits of the present second, sixteen random ones."""
    return f"{int(time.time()):08x}{secrets.token_hex(8)}"


def fixed(name: str) -> str:
    """The id derived from a name, for the seeded account."""
    return "66f1a6e4" + hashlib.sha256(name.encode()).hexdigest()[:16]


def is_id(value: object) -> bool:
    """True if `value` has the form of an id."""
    return isinstance(value, str) and _PATTERN.fullmatch(value) is not None
