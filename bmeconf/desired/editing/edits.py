"""New values in the text of a manifest or a table, and all else as it stands: comments, order,
layout. Pure.

The edits of a file are replacements of stretches of its text; a stretch is found by the place of
the value in it. What cannot be edited without a look by a person is `Unedited`, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bmeconf.desired.editing.writing import flow, is_list, scalar
from bmeconf.desired.manifest import table
from bmeconf.desired.manifest.spans import Span, SpanSort, spans
from bmeconf.desired.manifest.variables import names_variable
from bmeconf.model import Place, canonical_name

COMMENTED = re.compile(r"(^|\s)#", re.MULTILINE)
TAGGED = re.compile(r"(!\S*[ \t]+)?")
REPEATED = "an anchor or alias writes it in several places: write the value itself here"
VARIABLE = "a variable writes it: change the variable, or write the value here"
COMMENTS = "there are comments inside it: edit it by hand"
NO_VALUE = "its manifest does not write it as a value of its own: edit it by hand"
Canonical = Callable[[str], str]
"""The form in which two members of a list compare."""


class Unedited(Exception):
    """A value that stays as it is written; the message says why."""


@dataclass(frozen=True, order=True)
class Edit:
    """The text from `start` to `end`, two offsets of a file, becomes `new`."""

    start: int
    end: int
    new: str


class Editor:
    """Makes the edits of one manifest with the text `text`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._spans = {(span.line, span.column, span.sort): span for span in spans(text)}
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def value(self, place: Place, value: Any, canonical: Canonical = str) -> Iterator[Edit]:
        """What makes `value` of the scalar or list at `place`.

        Members of a list that stay, in whatever spelling, stay as they are written.

        Raises:
            Unedited: it is a variable or an alias, has comments in it, or is no such value.
        """
        several = is_list(value)
        span = self._span(place, *(("list", "text") if several else ("text", "list")))
        if span.sort == "list" and several:
            yield from self._members(span, value, canonical)
        elif span.sort == "list":
            yield self._whole(span, scalar(value))
        else:
            yield Edit(span.start, span.end, self._scalar(span, value))

    def clear(self, place: Place) -> Iterator[Edit]:
        """What makes null of the block at `place`; raises Unedited where there is none."""
        yield self._whole(self._span(place, "block"), scalar(None))

    def written(self, place: Place) -> str:
        """The text of the scalar at a place; raises Unedited where there is none."""
        return self._span(place, "text").text

    def _span(self, place: Place, *sorts: SpanSort) -> Span:
        """The stretch of the value at a place: of the first of these sorts that is there."""
        for sort in sorts:
            if span := self._spans.get((place.line, place.column, sort)):
                break
        else:
            raise Unedited(NO_VALUE)
        self._refuse_shared(span.start, span.end)
        return span

    def _refuse_shared(self, start: int, end: int) -> None:
        """Refuse a stretch that other places share in, or that a variable writes."""
        written = self.text[start:end]
        if _untagged(written).startswith(("&", "*")):
            raise Unedited(REPEATED)
        if names_variable(written):
            raise Unedited(VARIABLE)

    def _scalar(self, span: Span, value: Any) -> str:
        """A value in place of a scalar: a literal block stays one where it can."""
        written = self.text[span.start : span.end]
        if not _untagged(written).startswith(("|", ">")):
            return str(flow(value))
        head, rest = written.partition("\n")[0].rstrip("\r"), written[len(written.rstrip()) :]
        sign = _untagged(head).partition("#")[0]
        # The blank lines below it are part of its text only where it keeps them.
        below = "" if "+" in sign else rest.partition("\n")[2]
        below = (self._newline if "\n" in rest else "") + below
        lines = value.removesuffix("\n").split("\n") if isinstance(value, str) else [""]
        indented = re.search(r"\n( +)\S", written)
        margin = indented[1] if indented else ""
        plain = all(line == line.rstrip() and (line.isprintable() or not line) for line in lines)
        stays = margin and plain and lines[0][:1].strip() and lines[-1]
        if not stays or ">" in sign or re.search(r"\d", sign):
            bare = head.partition("#")[0].rstrip()
            return f"{flow(value)}{head[len(bare) :] if '#' in head else ''}{below}"
        inner = (f"{margin}{line}" if line else "" for line in lines)
        return self._newline.join((head, *inner)) + below

    def _members(self, span: Span, wanted: Sequence[str], canonical: Canonical) -> Iterator[Edit]:
        """What makes a list of `wanted`: members that stay keep their lines and comments."""
        if any(member.sort == "alias" for member in span.members):
            raise Unedited(REPEATED)
        if any(member.sort != "text" for member in span.members):
            raise Unedited("its members are not plain texts: edit it by hand")
        keys = {canonical(text) for text in wanted}
        there = {canonical(member.text) for member in span.members}
        new = [scalar(text) for text in wanted if canonical(text) not in there]
        gone = [canonical(member.text) not in keys for member in span.members]
        for member, goes in zip(span.members, gone, strict=True):
            if goes:
                self._refuse_shared(member.start, member.end)
        if not wanted or (all(gone) and span.is_flow):
            yield self._whole(span, f"[{', '.join(new)}]")
        elif span.is_flow:
            yield from self._on_one_line(span, gone, new)
        else:
            yield from self._on_lines(span, gone, new)

    def _on_lines(self, span: Span, gone: Sequence[bool], new: Sequence[str]) -> Iterator[Edit]:
        """The edits of a list whose members stand on lines of their own, behind dashes."""
        starts = [self.text.rfind("\n", 0, member.start) + 1 for member in span.members]
        ends = [self._line_end(member.end) for member in span.members]
        leads = [
            self.text[start : member.start]
            for start, member in zip(starts, span.members, strict=True)
        ]
        # The new ones stand behind the last that stays, else in the place of all.
        last = max((n for n, goes in enumerate(gone) if not goes), default=-1)
        touched = [n for n, goes in enumerate(gone) if goes or n == max(last, 0)]
        if any(leads[n].strip(" \t") != "-" for n in touched):
            raise Unedited("its members do not stand on lines of their own: edit it by hand")
        at = ends[last] if last >= 0 else starts[0]
        added = [f"{leads[max(last, 0)]}{text}" for text in new]
        if added and self.text.endswith("\n", 0, at):
            yield Edit(at, at, "".join(f"{line}{self._newline}" for line in added))
        elif added:
            yield Edit(at, at, "".join(f"{self._newline}{line}" for line in added))
        for n in (n for n, goes in enumerate(gone) if goes):
            yield Edit(starts[n], ends[n], "")

    def _on_one_line(self, span: Span, gone: Sequence[bool], new: Sequence[str]) -> Iterator[Edit]:
        """The edits of a list in brackets, of which some members stay."""
        members = span.members
        last = max(n for n, goes in enumerate(gone) if not goes)
        first = gone.index(False)
        between = self.text[members[0].end : members[1].start] if len(members) > 1 else ", "
        comma = ", " if COMMENTED.search(between) else between
        added = "".join(f"{comma}{text}" for text in new)
        if added:
            yield Edit(members[last].end, members[last].end, added)
        for n in (n for n, goes in enumerate(gone) if goes):
            here = members[n]
            if n < first:
                start, end = here.start, members[n + 1].start
            else:
                start, end = members[n - 1].end, here.end
            around = (start, here.start), (here.end, end)
            if any(COMMENTED.search(self.text, *gap) for gap in around):
                raise Unedited(COMMENTS)
            yield Edit(start, end, "")

    def _whole(self, span: Span, new: str) -> Edit:
        """A list or block as a whole, written anew beside its key."""
        # The line break that ends a text in it is that of the line.
        end = span.start + len(self.text[span.start : span.end].rstrip())
        if self._has_comments(span):
            raise Unedited(COMMENTS)
        if span.is_flow:
            return Edit(span.start, end, new)
        key = span.start
        while self.text[key - 1].isspace():
            key -= 1
        if self.text[key - 1] != ":":
            raise Unedited(COMMENTS)
        return Edit(key, end, f" {new}")

    def _has_comments(self, span: Span) -> bool:
        """Whether there is a comment in a list or block, outside of its texts."""
        at, ahead = span.start, [span]
        while ahead:
            inner = ahead.pop()
            ahead += reversed(inner.members)
            if inner.sort == "text":
                is_block = _untagged(self.text[inner.start : inner.end]).startswith(("|", ">"))
                head = self.text.find("\n", inner.start) if is_block else inner.start
                if COMMENTED.search(self.text, at, head):
                    return True
                at = inner.end
        return bool(COMMENTED.search(self.text, at, span.end))

    def _line_end(self, at: int) -> int:
        """The offset after the line of a value that ends at `at`: that of a block ends there."""
        if self.text[at - 1] == "\n":
            return at
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1


class TableEditor:
    """Makes the edits of one table with the text `text`."""

    def __init__(self, text: str, separator: str) -> None:
        self.text = text
        self._separator = separator
        self._lines = [0, *(line.end() for line in table.BREAK.finditer(text))]

    def value(self, place: Place, value: Any, canonical: Canonical = str) -> Iterator[Edit]:
        """What makes `value`, a text or texts, of the cell at `place`.

        Raises:
            Unedited: a variable writes the cell, or no cell can hold the value.
        """
        start, cell = self._cell(place)
        text = self._names(cell, value, canonical) if is_list(value) else value
        yield self._written(start, cell, text)

    def renamed(self, place: Place, names: Mapping[str, str]) -> Iterator[Edit]:
        """What makes other names of those in the cell at `place`, each where the old one stood.

        Raises:
            Unedited: a variable writes the cell, or no cell can hold the new names.
        """
        start, cell = self._cell(place)
        parts = [names.get(canonical_name(part), part) for part in self._parts(cell)]
        yield self._written(start, cell, self._joined(parts))

    def _cell(self, place: Place) -> tuple[int, re.Match[str]]:
        """The cell at a place, and where it begins."""
        start = self._lines[place.line - 1] + place.column - 1
        cell = table.CELL.match(self.text, start)
        if cell is None:
            raise Unedited(NO_VALUE)
        if names_variable(cell[0]):
            raise Unedited(VARIABLE)
        return start, cell

    def _written(self, start: int, cell: re.Match[str], text: Any) -> Edit:
        """The edit of a cell that becomes a text."""
        if not isinstance(text, str) or not text:
            raise Unedited(
                "a cell that is empty declares nothing: write the contact under `contacts:`"
            )
        if cell[1] is not None or text != text.strip(table.BLANKS) or re.search('[",\r\n]', text):
            text = table.quoted(text)
        written = cell[0].strip(table.BLANKS)
        start += cell[0].find(written)
        return Edit(start, start + len(written), text)

    def _parts(self, cell: re.Match[str]) -> Sequence[str]:
        """The names in a cell as they are written."""
        return [part.strip(table.BLANKS) for part in table.text_of(cell).split(self._separator)]

    def _names(self, cell: re.Match[str], wanted: Sequence[str], canonical: Canonical) -> str:
        """The names in a cell: those that stay as they are written, then the new ones."""
        parts = self._parts(cell)
        keys, there = {canonical(name) for name in wanted}, {canonical(part) for part in parts}
        names = [part for part in parts if canonical(part) in keys]
        names += [name for name in wanted if canonical(name) not in there]
        return self._joined(names)

    def _joined(self, names: Sequence[str]) -> str:
        """Names as one cell has them."""
        if any(self._separator in name or name != name.strip(table.BLANKS) for name in names):
            raise Unedited(
                f'a name in it holds "{self._separator}": write the contact under `contacts:`'
            )
        return self._separator.join(names)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after all edits; raises Unedited where two of them meet."""
    parts, at = [], 0
    for edit in sorted(set(edits)):
        if edit.start < at:
            raise Unedited("two changes of it meet: make them one after the other")
        parts += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join((*parts, text[at:]))


def _untagged(written: str) -> str:
    return TAGGED.sub("", written, count=1)
