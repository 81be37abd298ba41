"""Change: one field that differs, and the paths that lead to fields. Frozen data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from bmeconf.model.resources import Value


@dataclass(frozen=True)
class Change:
    """One field that differs: `path` into the resource's fields, live value, declared value.

    `truth` is who moved, as far as the lock file tells: `pending`, `drift` or `conflict`.
    """

    path: tuple[str, ...]
    before: Value
    after: Value
    cause: str = field(default="", compare=False)


@dataclass(frozen=True)
class Call:
    """One request a step will make, for the reader of a plan; ids not yet known stay symbolic."""

    method: str
    path: str


def dotted(path: tuple[str, ...]) -> str:
    """A path as one text: `fields.City`; a dot or backslash inside a key has a backslash."""
    return ".".join(key.replace("\\", "\\\\").replace(".", "\\.") for key in path)


def undotted(text: str) -> tuple[str, ...]:
    """The path that `dotted` made `text` of."""
    keys, escaped = [""], False
    for char in text:
        if not escaped and char == ".":
            keys.append("")
        elif escaped or char != "\\":
            keys[-1] += char
        escaped = char == "\\" and not escaped
    return tuple(keys)


def overlap(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
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
