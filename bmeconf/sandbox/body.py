"""Declared checks of JSON bodies.

In: a parsed body and a table of checks. Out: the checked values, or an `ApiError` 400 whose
`field` is the top-level key at fault. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from bmeconf.sandbox import clock, ids
from bmeconf.sandbox.errors import invalid, malformed

Check = Callable[[object, str], Any]
Checks = Mapping[str, Check]

_EMAIL = re.compile(r"[^\s@<>\"',;]+@[^\s@<>\"',;]+\.[^\s@<>\"',;.]+")


def read(body: object, required: Checks, optional: Checks, unknown: str = "ignore") -> Any:
    """The checked values of an object body.

    Unknown keys are dropped, or raise ApiError 400 if `unknown` is "error". An absent body counts
    as `{}`, so that the reply names the first missing key.
    """
    if body is None:
        body = {}
    if not isinstance(body, dict):
        raise malformed("The request body must be a JSON object")
    return _object(body, "", required, optional, unknown)


def _object(value: Any, path: str, required: Checks, optional: Checks, unknown: str) -> Any:
    for name in required:
        if name not in value:
            raise invalid(path + name, "is required")
    checks = {**required, **optional}
    if unknown == "error":
        for name in value:
            if name not in checks:
                raise invalid(path + name, "is not a known property")
    return {
        name: check(value[name], path + name) for name, check in checks.items() if name in value
    }


def record(required: Checks, optional: Checks, unknown: str = "ignore") -> Check:
    """An object with these keys."""

    def check(value: object, path: str) -> Any:
        if not isinstance(value, dict):
            raise invalid(path, "must be an object")
        return _object(value, f"{path}.", required, optional, unknown)

    return check


def each(item: Check, least: int = 0) -> Check:
    """An array of at least `least` items that all pass `item`."""

    def check(value: object, path: str) -> list[Any]:
        if not isinstance(value, list):
            raise invalid(path, "must be an array")
        if len(value) < least:
            raise invalid(path, f"must contain at least {least} elements")
        return [item(entry, f"{path}.{n}") for n, entry in enumerate(value)]

    return check


def text(least: int = 0, most: int | None = None) -> Check:
    """A string of `least` to `most` characters."""

    def check(value: object, path: str) -> str:
        if not isinstance(value, str):
            raise invalid(path, "must be a string")
        # Half of a surrogate pair parses as JSON but cannot be stored.
        if not value.isascii() and any("\ud800" <= char <= "\udfff" for char in value):
            raise invalid(path, "must be valid Unicode text")
        if len(value) < least:
            raise invalid(path, "should not be empty")
        if most is not None and len(value) > most:
            raise invalid(path, f"must be at most {most} characters long")
        return value

    return check


def whole(least: int = 0, most: int = 10**9) -> Check:
    """An integer within bounds."""

    def check(value: object, path: str) -> int:
        if isinstance(value, bool) or not isinstance(value, int):
            raise invalid(path, "must be an integer")
        if not least <= value <= most:
            raise invalid(path, f"must be between {least} and {most}")
        return value

    return check


def one_of(*allowed: str) -> Check:
    """One of these strings, in exactly this spelling."""

    def check(value: object, path: str) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise invalid(path, f"must be one of: {', '.join(allowed)}")
        return value

    return check


def nullable(inner: Check) -> Check:
    """null, or a value that `inner` accepts."""
    return lambda value, path: None if value is None else inner(value, path)


def flag(value: object, path: str) -> bool:
    """true or false."""
    if not isinstance(value, bool):
        raise invalid(path, "must be a boolean")
    return value


def anything(value: object, path: str) -> Any:
    """Any JSON value, for keys that are checked elsewhere."""
    return value


def object_id(value: object, path: str) -> str:
    """24 hex digits, returned in lower case."""
    if not isinstance(value, str) or not ids.is_id(value):
        raise invalid(path, "must be a mongodb id")
    return value.lower()


def email(value: object, path: str) -> str:
    """An address, returned trimmed and in lower case."""
    return address(value, path).lower()


def address(value: object, path: str) -> str:
    """An address, returned trimmed."""
    given = str(text()(value, path)).strip()
    if not _EMAIL.fullmatch(given.lower()):
        raise invalid(path, "must be an email")
    return given


def moment(value: object, path: str) -> str:
    """An ISO 8601 time, returned in UTC with milliseconds."""
    try:
        return clock.iso(clock.seconds(text()(value, path)))
    except (ValueError, OverflowError):
        raise invalid(path, "must be an ISO 8601 time") from None
