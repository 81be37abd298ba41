"""Problems of files, findings on resources, and manual steps. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from bmeconf.model.resources import Address, Place


@dataclass(frozen=True)
class Problem:
    """Something wrong in the files: where, about which resource, what, and how to mend it.

    `level` is `error`, `warning` or `note`; `code` a stable word for machines.
    """

    place: Place
    address: str
    message: str
    code: str = "invalid"
    level: str = "error"


@dataclass(frozen=True)
class Finding:
    """Something a person should know about a resource; `error` level refuses an apply.

    `level` is `error`, `warning` or `note`; `code` a stable word; `remedy` how to mend it.
    """

    level: str
    code: str
    address: Address
    message: str
    remedy: str = ""


@dataclass(frozen=True)
class Manual:
    """What a person must do because the API cannot (design 7.9), and how far it is.

    `state` is `todo`, `done`, `wrong`, `undone` or `overdue`; `expect` and `observed` are the
    live facts that prove it, as JSON values; `due` is an aware instant.
    """

    address: Address
    what: str
    state: str
    due: datetime
    owner: str | None
    note: str | None
    expect: Mapping[str, Any]
    observed: Mapping[str, Any]


def stamp(instant: datetime) -> str:
    """An aware instant as `2026-12-01T08:00:00Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
