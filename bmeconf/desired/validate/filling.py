"""What is filled in before anything is checked: variables, and the rows of CSV tables. Pure.

- `${NAME}` in a tree -> the same tree with the account's values; `$${` is a literal `${`. A text
  that came out of a variable is never plain: `${x}` with the value `null` is the word.
- CSV text -> the same trees that contacts in YAML are, each cell at its line and column. So a row
  meets the same rules as an entry under `contacts:`, and its errors name the CSV's place.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Any

from bmeconf.desired.manifest import Block, Items, Node, Path, Scalar, Text, at, whole_text
from bmeconf.desired.manifest.table import BLANKS, BREAK, SEPARATOR, Row, rows
from bmeconf.desired.manifest.variables import MARK
from bmeconf.desired.validate.edited import Edited
from bmeconf.desired.validate.flaws import Flaw, dotted, shown
from bmeconf.desired.validate.formats import email_fault
from bmeconf.kinds import Member, only
from bmeconf.model import Guesses, Place, Problem, canonical_name, counted, did_you_mean

MOST_NAMED = 20
"""So many variables are named in a message."""
NAMES = (only(Member).membership, "tags")
"""What a cell may have several of."""


def uses_variables(tree: Node) -> bool:
    """Whether a tree holds any `${`."""
    return "${" in whole_text(tree)


@dataclass
class Filler:
    """Fills trees from `values`; what cannot be filled is left as written, and a flaw."""

    values: Mapping[str, str]
    flaws: list[Flaw] = field(default_factory=list)

    @cached_property
    def _guesses(self) -> Guesses:
        return Guesses(self.values)

    def fill(self, node: Node, path: Path = ()) -> Node:
        """The tree, which stands at `path`, with every value filled; keys are taken as written."""
        if isinstance(node, Scalar) and "${" not in node.text:
            return node
        if isinstance(node, Scalar):
            text = MARK.sub(lambda match: self._value(match, node.place, path), node.text)
            return Scalar(text, node.place)
        if isinstance(node, Items):
            items = tuple(self.fill(item, (*path, i)) for i, item in enumerate(node.items))
            return Items(items, node.place)
        entries = tuple((key, self.fill(value, (*path, key.text))) for key, value in node.entries)
        return Block(entries, node.place)

    def text(self, source: Text) -> Edited:
        """The text of a file with every value filled; each flaw stands at its first place."""
        whole, values = Edited.of(source), dict[str, str]()
        for match in MARK.finditer(whole.text):
            if match[0] not in values:
                values[match[0]] = self._value(match, whole.place(match.start()), ())
        return whole.change((*m.span(), values[m[0]]) for m in MARK.finditer(whole.text))

    def _value(self, match: re.Match[str], place: Place, path: Path) -> str:
        if match[0] == "$${":
            return "${"
        if match[1] in self.values:
            return self.values[match[1]]
        if match[1] is None:
            message = 'a "${" without a name and "}"; write "$${" for the characters themselves'
        else:
            some = [*sorted(self.values)[:MOST_NAMED], *["..."] * (len(self.values) > MOST_NAMED)]
            defined = f" (defined: {', '.join(some)})" if some else ""
            remedy = f"; define it under `vars:` of the account in bmeconf.yaml{defined}"
            hint = self._guesses.near(match[1]) or remedy
            message = f"the variable {match[0]} is not defined{hint}"
        self.flaws.append(Flaw(path, place, message, "variable"))
        return match[0]


def contacts(
    node: Block, data: Mapping[str, Any], text: Text, filler: Filler
) -> tuple[Node | None, list[Problem]]:
    """The contacts of one entry under `contact_files` of a manifest, as a document of their own.

    `data` is that entry's sound data, `text` its file. There is no document where the file cannot
    be read or lacks a column.
    """
    place = at(node, ("csv",)).place
    if text.fault:
        return None, [Problem(place, "", f"csv: {text.fault}", "file")]
    table = rows(text.text, text.file)
    if isinstance(table, Problem):
        return None, [table]
    if not table:
        message = f"csv: {text.file} is empty; write a header line"
        return None, [Problem(place, "", message, "csv")]
    header, *body = table
    names = [canonical_name(cell.text) for cell in header]
    columns: dict[Path, str] = {("email",): data["email"]}
    columns |= {("fields", label): column for label, column in data.get("fields", {}).items()}
    columns |= {(key,): data[key] for key in NAMES if key in data}
    problems = [
        Problem(at(node, path).place, "", f"{dotted(path)}: {fault}", "csv_column")
        for path, column in columns.items()
        if (fault := _column_fault(column, names, text.file))
    ]
    if problems:
        return None, problems
    indexes = {path: names.index(canonical_name(column)) for path, column in columns.items()}
    if wrong := _whole_table(node, data["email"], body, header, indexes["email",]):
        return None, [wrong]
    split = partial(
        _parts, separator=data.get("separator", SEPARATOR), lines=BREAK.split(text.text)
    )
    sound = [row for row in body if len(row) == len(header)]
    found = tuple(_contact(node, row, indexes, filler, split) for row in sound)
    place = header[0].place
    version = Scalar("version", place), Scalar("1", place, plain=True)
    document = Block((version, (Scalar("contacts", place), Items(found, place))), place)
    return document, [_misfit(row, header) for row in body if len(row) != len(header)]


def _column_fault(column: str, names: Sequence[str], file: str) -> str:
    """Why a header with these names does not have a column once; empty where it does."""
    wanted = canonical_name(column)
    if names.count(wanted) == 1:
        return ""
    if wanted in names:
        return f"{file} has several columns {shown(column)}; rename one"
    if len(names) == 1 and ";" in names[0]:
        return f"{file} is separated by semicolons; save it with commas"
    hint = did_you_mean(wanted, names) or f"; its columns: {shown(', '.join(names))}"
    return f"{file} has no column {shown(column)}{hint}"


def _whole_table(
    node: Block, column: str, body: Sequence[Row], header: Row, email: int
) -> Problem | None:
    """The one problem of a table whose header fits no row, or whose column has no address."""
    first, *more = body or [[]]
    if not more or (len(first) == len(header) and not email_fault(first[email].text)):
        return None
    if all(len(row) == len(first) != len(header) for row in body):
        message = f"each of the {len(body)} rows has {counted(len(first), 'cell')}, and the header"
        return Problem(header[0].place, "", f"{message} {len(header)}; correct it", "csv")
    if all(len(row) == len(header) and email_fault(row[email].text) for row in body):
        message = f"email: none of the {len(body)} cells of the column {shown(column)} is an email"
        message += f" address (the first is {shown(first[email].text)}); name the column that has"
        return Problem(at(node, ("email",)).place, "", f"{message} them", "csv_column")
    return None


def _misfit(row: Row, header: Row) -> Problem:
    quotes = "put a cell that holds a comma in quotes"
    remedy = quotes if len(row) > len(header) else "add the missing commas"
    message = f"this row has {counted(len(row), 'cell')}, the header has {len(header)}; {remedy}"
    return Problem(row[0].place, "", message, "csv")


def _mapped(node: Block, path: Path) -> Node:
    """The key under `fields:` of a table that a column is mapped to; else the table."""
    block = at(node, path[:-1])
    return (block.key(str(path[-1])) if isinstance(block, Block) else None) or node


def _parts(cell: Scalar, separator: str, lines: Sequence[str]) -> Items:
    """The names in a cell, each where it is written; `lines` are those of the file."""
    row, start = cell.place.line, cell.place.column - 1
    names: list[Scalar] = []
    for name in (part.strip(BLANKS) for part in cell.text.split(separator)):
        found = lines[row - 1].find(name, start)
        # In quotes, one may be written otherwise, or go on in the next line.
        names.append(Scalar(name, Place(cell.place.file, row, max(found, start) + 1)))
        start = max(found, start) + len(name + separator)
    return Items(tuple(names), cell.place)


def _contact(
    node: Block,
    row: Row,
    indexes: Mapping[Path, int],
    filler: Filler,
    split: Callable[[Scalar], Items],
) -> Node:
    """A row as a contact: its cells, then the defaults where a cell is empty."""
    place = row[0].place
    cells = {
        path: (
            Scalar(str(path[-1]), _mapped(node, path).place),
            filler.fill(split(row[index]) if path[0] in NAMES else row[index]),
        )
        for path, index in indexes.items()
        if row[index].text or path == ("email",)
    }
    entries: dict[str, tuple[Scalar, Node]] = {"email": cells.pop(("email",))}
    defaults = node.get("defaults")
    if isinstance(defaults, Block):
        entries |= {key.text: (key, value) for key, value in defaults.entries}
    entries |= {key: cells.pop((key,)) for key in NAMES if (key,) in cells}
    if cells:
        _, below = entries.get("fields", (None, None))
        given = below.entries if isinstance(below, Block) else ()
        values = {
            canonical_name(key.text): (key, value) for key, value in (*given, *cells.values())
        }
        entries["fields"] = Scalar("fields", place), Block(tuple(values.values()), place)
    return Block(tuple(entries.values()), place)
