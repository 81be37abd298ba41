"""Checked documents -> entries, one for each resource that they declare. Pure.

An entry with flaws is still an entry: its name counts when others refer to it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from bmeconf.desired.manifest import Block, Items, Node, Path, Scalar, at
from bmeconf.desired.validate.flaws import Flaw
from bmeconf.kinds import KINDS, Singleton, having
from bmeconf.model import Address, Place, Problem, canonical_name

BLOCKS = frozenset(kind.name for kind in having(Singleton))
"""The kinds that a manifest declares as a block of their own, not in a list."""


@dataclass(frozen=True)
class ManifestEntry:
    """A declared resource: its data, its tree, and whether its shape is sound.

    `name` is canonical, and empty where it could not be read. `is_row` is True for one that a
    table declares.
    """

    kind: str
    name: str
    spec: Mapping[str, Any]
    node: Block
    sound: bool = True
    is_row: bool = False

    @property
    def address(self) -> Address:
        """The address by name alone."""
        return Address(self.kind, self.name)

    @property
    def shown(self) -> str:
        """The address as problems show it; empty where the name is not known."""
        return str(self.address) if self.name or self.is_block else ""

    @property
    def is_block(self) -> bool:
        return self.kind in BLOCKS

    @property
    def absent(self) -> bool:
        return bool(self.spec.get("state") == "absent")

    @property
    def id(self) -> str:
        """The live id that the entry is pinned to, or an empty text."""
        return str(self.spec.get("id") or "").lower()

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts under `key`: none, one or several."""
        value = self.spec.get(key)
        listed = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        return tuple(text for text in listed if isinstance(text, str))

    def canonical(self, text: str) -> str:
        """A name of this entry's kind as identity sees it (design 7.3)."""
        return KINDS[self.kind].canonical(text)

    def place(self, *path: str | int) -> Place:
        """The place of the value at `path`, or of the nearest that exists above it."""
        return at(self.node, path).place

    def problem(self, path: Path, message: str, code: str, level: str = "error") -> Problem:
        """A problem of this entry at `path`."""
        return Problem(self.place(*path), self.shown, message, code, level)


def of(
    tree: Node, data: Any, flaws: Sequence[Flaw], *, is_rows: bool
) -> tuple[list[ManifestEntry], list[Problem]]:
    """The entries of one document, and its flaws as problems with their addresses, in order."""
    flawed = {_entry_path(flaw) for flaw in flaws}
    entries: dict[Path, ManifestEntry] = {}
    for path, spec in _declared(data if isinstance(data, Mapping) else {}):
        kind, node = str(path[0]), at(tree, path)
        if isinstance(spec, Mapping) and isinstance(node, Block):
            name = "" if kind in BLOCKS else spec.get(KINDS[kind].identity)
            name = KINDS[kind].canonical(name) if isinstance(name, str) else ""
            entries[path] = ManifestEntry(kind, name, spec, node, path not in flawed, is_rows)
    addresses = {path: entry.shown for path, entry in entries.items()}
    problems = [flaw.problem(addresses.get(_entry_path(flaw), "")) for flaw in flaws]
    return list(entries.values()), problems


def _entry_path(flaw: Flaw) -> Path:
    return flaw.path[: 1 if flaw.path and flaw.path[0] in BLOCKS else 2]


def _declared(sections: Mapping[str, Any]) -> Iterator[tuple[Path, Any]]:
    for kind in (kind for kind in KINDS if kind in sections):
        if kind in BLOCKS:
            yield (kind,), sections[kind]
        elif isinstance(sections[kind], list):
            yield from (((kind, index), spec) for index, spec in enumerate(sections[kind]))


def places(entry: ManifestEntry) -> Mapping[str, Place]:
    """The place of each field of an entry, by `field`, `field.key` and `field.item`."""
    found: dict[str, Place] = {}
    for key, node in entry.node.entries:
        found[key.text] = node.place
        for name, below in _children(node):
            found.setdefault(f"{key.text}.{name}", below.place)
            for inner, innermost in _children(below):
                found.setdefault(f"{key.text}.{name}.{inner}", innermost.place)
    return MappingProxyType(found)


def _children(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node, Block):
        yield from ((canonical_name(key.text), value) for key, value in node.entries)
    elif isinstance(node, Items):
        for item in node.items:
            label = item.get("label") if isinstance(item, Block) else item
            if isinstance(label, Scalar):
                yield canonical_name(label.text), item
