"""Change and Difference: what differs between a desired resource and its live one. Frozen data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from bmeconf.model.resources import NOTHING, Address, Resource, Value

CREATE, UPDATE, DELETE = "create", "update", "delete"
Path = tuple[str, ...]
PRESENCE: Path = ("state",)
"""Leads to whether a resource is there at all, in the words of manifests."""
IDENTITY: Path = ("id",)
"""Leads to which live object a resource is."""


class Cause(StrEnum):
    """Who moved, where the desired and the live side differ (design 7.17).

    Only the manifest did (`PENDING`), only the account did (`DRIFT`), or both did.
    """

    UNKNOWN = ""
    PENDING = "pending"
    DRIFT = "drift"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs: `path` into the resource's fields, live value, declared value."""

    path: Path
    before: Value
    after: Value
    cause: Cause = field(default=Cause.UNKNOWN, compare=False)


class Difference(NamedTuple):
    """One desired resource beside its live one; `action` None where they are in sync.

    `unreadable` are declared fields that the API does not show, `rewritten` those that it shows
    in words of its own, where not both sides stand as they were read back; `believed` are those of
    both sorts that only the lock file vouches for. `staying` are members of declared sets that were
    declared before and stay, since no manifest names them any more. `causes`
    say who moved for the paths that are no field: presence and identity. `now` is the comparison
    with the account as it is, where an earlier step of the plan will have changed that.
    """

    desired: Resource
    live: Resource | None
    action: str | None
    changes: tuple[Change, ...] = ()
    unreadable: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    believed: tuple[str, ...] = ()
    staying: tuple[str, ...] = ()
    causes: Mapping[Path, Cause] = NOTHING
    now: Difference | None = None

    @property
    def address(self) -> Address:
        return self.desired.address


class Call(NamedTuple):
    """One request a step will make, for the reader of a plan; ids not yet known stay symbolic."""

    method: str
    path: str


def dotted(path: Path) -> str:
    """A path as one text: `fields.City`; a dot or backslash inside a key has a backslash."""
    return ".".join(key.replace("\\", "\\\\").replace(".", "\\.") for key in path)


def undotted(text: str) -> Path:
    """The path that `dotted` made `text` of."""
    keys, escaped = [""], False
    for char in text:
        if not escaped and char == ".":
            keys.append("")
        elif escaped or char != "\\":
            keys[-1] += char
        escaped = char == "\\" and not escaped
    return tuple(keys)


def overlap(one: Path, other: Path) -> bool:
    """Whether one of two paths leads into what the other leads to."""
    return all(ours == theirs for ours, theirs in zip(one, other, strict=False))


def nested(changes: Iterable[Change]) -> dict[str, Value]:
    """The declared values of `changes` as fields again: `("fields", "City")` becomes a mapping."""
    fields: dict[str, Value] = {}
    for change in changes:
        inner = fields
        for key in change.path[:-1]:
            inner = inner.setdefault(key, {})
        inner[change.path[-1]] = change.after
    return fields
