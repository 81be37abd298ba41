"""New values in the text of a YAML file, and all else as it stands: comments, order, layout. Pure.

The edits of a file are replacements of stretches of its text; a stretch is found by the place of
the value in it. What cannot be edited without a look by a person is `Unedited`, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from bmeconf.desired.manifest.writing import scalar
from bmeconf.desired.manifest.yaml_tree import Span, spans
from bmeconf.model import Place

COMMENTED = re.compile(r"(^|\s)#", re.MULTILINE)


class Unedited(Exception):
    """A value that stays as it is written; the message says why."""


@dataclass(frozen=True, order=True)
class Edit:
    """The text from `start` to `end`, two offsets of a file, becomes `new`."""

    start: int
    end: int
    new: str


class Editor:
    """Makes the edits of one file with the text `text`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._spans = {(span.line, span.column, span.is_list): span for span in spans(text)}
        self._newline = "\r\n" if "\r\n" in text else "\n"

    def value(self, place: Place, value: Any) -> Iterator[Edit]:
        """What makes `value` of the value at `place`: None, a boolean, a number, a text, or texts.

        Raises:
            Unedited: it is a variable or an alias, has comments in it, or is no such value.
        """
        is_list = isinstance(value, Sequence) and not isinstance(value, str)
        span = self._span(place, is_list)
        if is_list and not span.is_list:
            yield Edit(span.start, span.end, _flow(map(scalar, value)))
        elif span.is_list and is_list:
            yield from self._members(span, value)
        elif span.is_list:
            yield self._whole(span, scalar(value))
        else:
            yield Edit(span.start, span.end, self._scalar(span, value))

    def written(self, place: Place) -> str:
        """The text of the scalar at a place; raises Unedited where there is none."""
        return self._span(place, False).text

    def _span(self, place: Place, is_list: bool) -> Span:
        """The stretch of the value at a place: of the sort that is wanted, else of the other."""
        for sort in (is_list, not is_list):
            if span := self._spans.get((place.line, place.column, sort)):
                break
        else:
            raise Unedited("it is not written as a value of its own")
        written = self.text[span.start : span.end]
        if written.startswith(("&", "*")):
            raise Unedited("an anchor or alias writes it in several places")
        if "${" in written.replace("$${", ""):
            raise Unedited("a variable writes it")
        return span

    def _scalar(self, span: Span, value: Any) -> str:
        """A value in place of a scalar: a literal block stays one where it can."""
        written = self.text[span.start : span.end]
        if not written.startswith(("|", ">")):
            return scalar(value)
        head, rest = written.partition("\n")[0].rstrip("\r"), written[len(written.rstrip()) :]
        # The blank lines below it are part of its text only where it keeps them.
        below = "" if "+" in head.partition("#")[0] else rest.partition("\n")[2]
        lines = value.removesuffix("\n").split("\n") if isinstance(value, str) else [""]
        margin = re.search(r"\n( +)\S", written)
        plain = all(line == line.rstrip() and (line.isprintable() or not line) for line in lines)
        if written[0] == ">" or not (margin and plain and lines[0][:1].strip() and lines[-1]):
            comment = re.search(r"\s+#.*", head)
            return scalar(value) + (comment[0] if comment else "") + self._newline + below
        inner = (f"{margin[1]}{line}" if line else "" for line in lines)
        return self._newline.join((head, *inner)) + self._newline + below

    def _members(self, span: Span, wanted: Sequence[str]) -> Iterator[Edit]:
        """What makes a list of `wanted`: members that stay keep their lines and comments."""
        kept = [member for member in span.members if member.text in wanted]
        texts = {member.text for member in span.members}
        new = [scalar(text) for text in wanted if text not in texts]
        if any(not member.is_text for member in span.members):
            raise Unedited("its members are not plain texts")
        if span.is_flow or not kept:
            raw = [self.text[member.start : member.end] for member in kept]
            yield self._whole(span, _flow([*raw, *new]))
            return
        for member in span.members:
            if member not in kept:
                start = self.text.rfind("\n", 0, member.start) + 1
                yield Edit(start, self._line_end(member.end), "")
        last = kept[-1]
        start = self.text.rfind("\n", 0, last.start) + 1
        lead = self.text[start : last.start]
        if lead.strip(" ") != "-":
            raise Unedited("its members do not stand on lines of their own")
        end = self._line_end(last.end)
        missing = "" if self.text[:end].endswith("\n") else self._newline
        yield Edit(end, end, missing + "".join(f"{lead}{text}{self._newline}" for text in new))

    def _whole(self, span: Span, new: str) -> Edit:
        """A list as a whole, written anew beside its key."""
        end = span.end if span.is_flow else span.members[-1].end
        if COMMENTED.search(self.text, span.start, end):
            raise Unedited("it has comments in it")
        if span.is_flow:
            return Edit(span.start, end, new)
        key = len(self.text[: span.start].rstrip())
        if self.text[key - 1] != ":":
            raise Unedited("it has comments in it")
        return Edit(key, end, f" {new}")

    def _line_end(self, at: int) -> int:
        """The offset after the line of a value that ends at `at`: that of a block ends there."""
        if self.text[at - 1] == "\n":
            return at
        end = self.text.find("\n", at)
        return len(self.text) if end < 0 else end + 1


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after all edits; raises Unedited where two of them meet."""
    parts, at = [], 0
    for edit in sorted(set(edits)):
        if edit.start < at:
            raise Unedited("two changes of it meet")
        parts += [text[at : edit.start], edit.new]
        at = edit.end
    return "".join((*parts, text[at:]))


def _flow(texts: Iterable[str]) -> str:
    return f"[{', '.join(texts)}]"
