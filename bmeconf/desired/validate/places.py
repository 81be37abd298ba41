"""Where each field of an entry is written, small enough to be kept for every resource. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bmeconf.desired.manifest import Block, Items, Node, Scalar
from bmeconf.model import Place, canonical_name


class Places(Mapping[str, Place]):
    """Places by field, each made when it is asked for.

    `order` says at which index each field is. There are three `numbers` for each: an index of
    `files`, the lines below `line`, and the column. Entries that are written alike share both.
    """

    __slots__ = ("files", "line", "numbers", "order")

    def __init__(
        self, order: Mapping[str, int], numbers: Sequence[int], files: Sequence[str], line: int
    ) -> None:
        self.order, self.numbers, self.files, self.line = order, numbers, files, line

    def __getitem__(self, field: str) -> Place:
        at = 3 * self.order[field]
        file, line, column = self.numbers[at : at + 3]
        return Place(self.files[file], self.line + line, column)

    def __iter__(self) -> Iterator[str]:
        return iter(self.order)

    def __len__(self) -> int:
        return len(self.order)


class Fields:
    """Finds the places of the fields of entries, and knows the orders that it has met."""

    def __init__(self) -> None:
        self._orders: dict[tuple[str, ...], Mapping[str, int]] = {}
        self._numbers: dict[tuple[int, ...], tuple[int, ...]] = {}
        self._files: list[str] = []
        self._indexes: dict[str, int] = {}

    def places(self, node: Block) -> Places:
        """The place of each field of an entry, by `field`, `field.key` and `field.item`.

        By `key:field.key` the place of the key itself.
        """
        found: dict[str, Place] = {}
        for key, value in node.entries:
            field = key.text
            found[field] = value.place
            if isinstance(value, Scalar):
                continue
            for label, _ in value.entries if isinstance(value, Block) else ():
                found.setdefault(f"key:{field}.{canonical_name(label.text)}", label.place)
            for name, below in _children(value):
                found.setdefault(f"{field}.{name}", below.place)
                for inner, innermost in _children(below):
                    found.setdefault(f"{field}.{name}.{inner}", innermost.place)
        names = (*found,)
        order = self._orders.get(names)
        if order is None:
            order = self._orders[names] = {name: index for index, name in enumerate(names)}
        line = node.place.line
        numbers: list[int] = []
        for place in found.values():
            file = self._indexes.setdefault(place.file, len(self._files))
            if file == len(self._files):
                self._files.append(place.file)
            numbers += (file, place.line - line, place.column)
        shared = self._numbers.setdefault((*numbers,), (*numbers,))
        return Places(order, shared, self._files, line)


def _children(node: Node) -> Iterator[tuple[str, Node]]:
    if isinstance(node, Block):
        yield from ((canonical_name(key.text), value) for key, value in node.entries)
    elif isinstance(node, Items):
        for item in node.items:
            label = item.get("label") if isinstance(item, Block) else item
            if isinstance(label, Scalar):
                yield canonical_name(label.text), item
