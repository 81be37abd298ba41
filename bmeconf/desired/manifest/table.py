"""A CSV text (RFC 4180) -> its cells, each a scalar that knows its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TypeAlias

from bmeconf.desired.manifest.nodes import Scalar
from bmeconf.model import Place, Problem

CELL = re.compile(r'[ \t]*"((?:[^"]|"")*)"[ \t]*|([^",\r\n][^,\r\n]*|)')
BREAK = re.compile(r"\r\n|\n|\r")
END = re.compile(r",|\r\n|\n|\r|\Z")
BLANKS = " \t\r\n"
"""What may stand around a value: other blanks are seen by nobody, and belong to it."""
SEPARATOR = ";"
"""What stands between the names in a cell by default: no CSV needs quotes for it."""
Row: TypeAlias = Sequence[Scalar]
"""The cells of one line of a table, which has at least one."""


def text_of(cell: re.Match[str]) -> str:
    """What a cell says that CELL has found."""
    return cell[2].strip(BLANKS) if cell[1] is None else cell[1].replace('""', '"')


def quoted(text: str) -> str:
    """A text as a cell in quotes."""
    return '"' + text.replace('"', '""') + '"'


def rows(text: str, file: str) -> list[Row] | Problem:
    """The rows of a CSV text (RFC 4180), blank ones left out; or its first stray quote."""
    position, line, start = 0, 1, 0
    table: list[list[Scalar]] = [[]]
    while position < len(text):
        place = Place(file, line, position - start + 1)
        cell = CELL.match(text, position)
        end = END.match(text, cell.end()) if cell else None
        if cell is None or end is None:
            message = 'a quote that does not fit; write a cell that holds one as "a ""b"" c"'
            return Problem(place, "", message, "csv")
        table[-1].append(Scalar(text_of(cell), place))
        breaks = BREAK.findall(cell[0])
        line += len(breaks)
        if breaks:
            start = cell.start() + max(cell[0].rfind("\n"), cell[0].rfind("\r")) + 1
        position = end.end()
        if end[0] != ",":
            table.append([])
            line, start = line + 1, position
        elif position == len(text):
            table[-1].append(Scalar("", Place(file, line, position - start + 1)))
    return [row for row in table if any(cell.text for cell in row)]
