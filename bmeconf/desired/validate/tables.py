"""CSV text -> the same trees that contacts in YAML are, each cell at its line and column. Pure.

So a row meets the same rules as an entry under `contacts:`, and its errors name the CSV's place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from bmeconf.desired.manifest import Block, Items, Node, Scalar, at
from bmeconf.desired.validate import rules
from bmeconf.desired.validate.flaws import shown
from bmeconf.model import Place, Problem, canonical_name, counted, did_you_mean

CELL = re.compile(r'[ \t]*"((?:[^"]|"")*)"[ \t]*|([^",\r\n][^,\r\n]*|)')
END = re.compile(r",|\r\n|\n|\r|\Z")

Pair: TypeAlias = tuple[Scalar, Node]


@dataclass(frozen=True)
class Row:
    """One line of a table that holds anything; it begins at `place`."""

    cells: tuple[Scalar, ...]
    place: Place


class _Broken(Exception):
    """A table that cannot be read on from `place`."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.problem = Problem(place, "", message, "csv")


def rows(text: str, file: str) -> Iterator[Row]:
    """The rows of a CSV text (RFC 4180), blank ones left out; raises _Broken at a stray quote."""
    position, line, start = 0, 1, 0
    cells: list[Scalar] = []
    while position < len(text):
        place = Place(file, line, position - start + 1)
        cell = CELL.match(text, position)
        end = END.match(text, cell.end()) if cell else None
        if cell is None or end is None:
            raise _Broken(
                place, 'a quote that does not fit; write a cell that holds one as "a ""b"" c"'
            )
        quoted = cell[1]
        value = cell[2].strip() if quoted is None else quoted.replace('""', '"')
        cells.append(Scalar(value, place))
        breaks = re.findall(r"\r\n|\n|\r", cell[0])
        line += len(breaks)
        if breaks:
            start = cell.start() + max(cell[0].rfind("\n"), cell[0].rfind("\r")) + 1
        position = end.end()
        if end[0] != ",":
            yield from _row(cells)
            cells, line, start = [], line + 1, position
        elif position == len(text):
            cells.append(Scalar("", Place(file, line, position - start + 1)))
    yield from _row(cells)


def _row(cells: list[Scalar]) -> Iterator[Row]:
    if any(cell.text for cell in cells):
        yield Row(tuple(cells), cells[0].place)


def expand(
    tree: Node,
    data: Mapping[str, Any],
    index: int,
    texts: rules.Texts,
    fill: Callable[[Node], Node],
) -> tuple[Node | None, list[Problem]]:
    """The contacts of one entry under `contact_files` of a manifest, as a document of their own.

    `data` is that entry's sound data, `fill` fills the variables of a cell. There is no document
    where the file cannot be read or lacks a column.
    """
    node = at(tree, ("contact_files", index))
    place = at(node, ("csv",)).place
    text = texts.get((tree.place.file, data["csv"]), rules.missing(data["csv"]))
    if text.fault or not isinstance(node, Block):
        return None, [Problem(place, "", f"csv: {text.fault}", "file")]
    try:
        table = list(rows(text.text, text.file))
    except _Broken as broken:
        return None, [broken.problem]
    if not table:
        message = f"csv: {text.file} is empty; write a header line"
        return None, [Problem(place, "", message, "csv")]
    return _Table(node, data, table[0], fill).document(table[1:])


class _Table:
    """A header and what the manifest, in `node` and its `data`, says about its columns."""

    def __init__(
        self, node: Block, data: Mapping[str, Any], header: Row, fill: Callable[[Node], Node]
    ) -> None:
        self._node = node
        self._header = header
        self._fill = fill
        self._problems: list[Problem] = []
        self._email = self._column(("email",), data["email"])
        columns = data.get("fields", {})
        self._fields = {n: self._column(("fields", n), column) for n, column in columns.items()}

    def document(self, body: Sequence[Row]) -> tuple[Node | None, list[Problem]]:
        """The rows as a document with a `contacts` section."""
        if self._problems:
            return None, self._problems
        place = self._header.place
        contacts = Items(tuple(self._contact(row) for row in body if self._fits(row)), place)
        version = Scalar("version", place), Scalar("1", place, plain=True)
        return Block((version, (Scalar("contacts", place), contacts)), place), self._problems

    def _column(self, path: tuple[str, ...], column: str) -> int:
        """The index of a column, or -1 and a problem where the header does not have it once."""
        names = [canonical_name(cell.text) for cell in self._header.cells]
        wanted = canonical_name(column)
        if names.count(wanted) == 1:
            return names.index(wanted)
        file = self._header.place.file
        if wanted in names:
            message = f"{file} has several columns {shown(column)}; rename one"
        elif len(names) == 1 and ";" in names[0]:
            message = f"{file} is separated by semicolons; save it with commas"
        else:
            columns = f"; its columns: {shown(', '.join(names))}"
            hint = did_you_mean(wanted, names) or columns
            message = f"{file} has no column {shown(column)}{hint}"
        place = at(self._node, path).place
        self._problems.append(Problem(place, "", f"{'.'.join(path)}: {message}", "csv_column"))
        return -1

    def _fits(self, row: Row) -> bool:
        want, have = len(self._header.cells), len(row.cells)
        quotes = "put a cell that holds a comma in quotes"
        remedy = quotes if have > want else "add the missing commas"
        if want != have:
            cells = counted(have, "cell")
            message = f"this row has {cells}, the header has {want}; {remedy}"
            self._problems.append(Problem(row.place, "", message, "csv"))
        return want == have

    def _contact(self, row: Row) -> Node:
        """A row as a contact: its cells, then the defaults where a cell is empty."""
        email = row.cells[self._email]
        entries: dict[str, Pair] = {"email": (Scalar("email", email.place), self._fill(email))}
        defaults = self._node.get("defaults")
        if isinstance(defaults, Block):
            entries |= {key.text: (key, value) for key, value in defaults.entries}
        cells = {label: row.cells[column] for label, column in self._fields.items()}
        filled: dict[str, Pair] = {
            canonical_name(label): (Scalar(label, cell.place), self._fill(cell))
            for label, cell in cells.items()
            if cell.text
        }
        if filled:
            _, below = entries.get("fields", (None, None))
            given = below.entries if isinstance(below, Block) else ()
            values = {canonical_name(key.text): (key, value) for key, value in given} | filled
            entries["fields"] = (
                Scalar("fields", row.place),
                Block(tuple(values.values()), row.place),
            )
        return Block(tuple(entries.values()), row.place)
