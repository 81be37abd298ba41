"""What a file says, before any meaning: scalars, blocks and items that know their place.

Values stay the text that was written; `validate` reads them along the schema. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, TypeAlias

from bmeconf.model import Place


class Scalar(NamedTuple):
    """One text; `plain` when it was written without quotes, so that it may be a bare `null`."""

    text: str
    place: Place
    plain: bool = False


@dataclass(frozen=True)
class Block:
    """`key: value` pairs in the order they were written; keys are unique."""

    entries: tuple[tuple[Scalar, Node], ...]
    place: Place

    def get(self, name: str) -> Node | None:
        """The value of the key `name`, or None where it is not given."""
        return found[1] if (found := self._by_name.get(name)) else None

    def key(self, name: str) -> Scalar | None:
        """The key `name` itself, or None where it is not given."""
        return found[0] if (found := self._by_name.get(name)) else None

    @cached_property
    def _by_name(self) -> Mapping[str, tuple[Scalar, Node]]:
        return {key.text: (key, value) for key, value in self.entries}


class Items(NamedTuple):
    """A list of values."""

    items: tuple[Node, ...]
    place: Place


Node: TypeAlias = Scalar | Block | Items
Path: TypeAlias = tuple[str | int, ...]


def whole_text(node: Node) -> str:
    """All scalars of a tree, keys among them, each on lines of its own, in no order."""
    texts: list[str] = []
    ahead = [node]
    while ahead:
        node = ahead.pop()
        if isinstance(node, Scalar):
            texts.append(node.text)
        elif isinstance(node, Items):
            ahead += node.items
        else:
            for key, value in node.entries:
                texts.append(key.text)
                ahead.append(value)
    return "\n".join(texts)


def place_in(text: str, file: str, index: int) -> Place:
    """The place of the character at `index` of a file's text."""
    return Place(file, text.count("\n", 0, index) + 1, index - text.rfind("\n", 0, index))


def at(node: Node, path: Sequence[str | int]) -> Node:
    """The node at `path`, or the deepest one on the way to it that exists."""
    for step in path:
        below = node.get(str(step)) if isinstance(node, Block) else None
        if isinstance(node, Items) and isinstance(step, int) and step < len(node.items):
            below = node.items[step]
        if below is None:
            return node
        node = below
    return node


def walk(node: Node, path: Path = ()) -> Iterator[tuple[Path, Node]]:
    """A node that stands at `path`, and all below it; each key comes with its value's path."""
    yield path, node
    if isinstance(node, Items):
        for index, item in enumerate(node.items):
            yield from walk(item, (*path, index))
    elif isinstance(node, Block):
        for key, value in node.entries:
            yield (*path, key.text), key
            yield from walk(value, (*path, key.text))
