"""YAML text -> trees, or problems. With `spans` the only module that imports yaml.

A tree is built from parser events, not by PyYAML's loaders: only events tell a quoted text from a
plain one and a written tag from a guessed one, and a loop over events cannot run out of stack.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bmeconf.desired.manifest.nodes import Block, Items, Node, Scalar
from bmeconf.model import Code, Place, Problem

if TYPE_CHECKING:
    import yaml

MAX_DEPTH = 50
MAX_REPEATED = 100_000
"""Values that the aliases of a file may add to those that are written in it."""
LONG_TEXT = 100
"""So many characters of a text count as one value, so that aliases cannot multiply it either."""

CORE = "tag:yaml.org,2002:"
TEXT_TAGS = ("!", CORE + "str")
HARMLESS_TAGS = TEXT_TAGS + tuple(
    CORE + tag for tag in ("int", "float", "bool", "null", "map", "seq")
)
UNPRINTABLE = re.compile(
    r"[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]"
)
COMMENT = re.compile(r"(?:^|(?<=[ \t]))(#.*)")
STUCK_DASH = re.compile(r"\s*-[A-Za-z_]+:")
INDENTATION = (
    "the indentation does not line up with the lines above, or something follows a closing "
    "quote or bracket"
)
BRACKETS = (
    "a bracket or brace that is not closed, or a missing comma; inside { } and [ ] write "
    '"${NAME}" in quotes'
)
WORDINGS = (
    (
        "mapping values are not allowed",
        'a second ": " in one value, or an indentation that does not line up; '
        'put a text that holds ": " in quotes',
    ),
    ("could not find expected ':'", 'a key without its ":", or an indentation that is off'),
    ("did not find expected key", INDENTATION),
    ("<block end>", INDENTATION),
    ("did not find expected '-' indicator", INDENTATION),
    ("<document start>", "this line belongs to no key; check the quotes and brackets before it"),
    ("unexpected end of stream", "a quote that is opened and never closed"),
    ("comment or line break", "a plain text may not begin with > or |; put it in quotes"),
    ("alphabetic or numeric", "a plain text may not begin with & or *; put it in quotes"),
    ("escape c", 'a "\\" that double quotes do not know; write "\\\\", or use single quotes'),
    ("expected ',' or", BRACKETS),
    (
        "did not find expected node content",
        "a value is missing or is not closed; inside { } and [ ] put texts with special "
        "characters in quotes",
    ),
)
"""Parts of the parser's message, and how to mend the file; the first that fits counts."""


def parse(text: str, file: str) -> tuple[list[Node], list[Problem]]:
    """The tree of each document in `text` that is not empty, and the problems of the file.

    An error of syntax ends the file: documents before it are kept, the error is the last problem.
    """
    import yaml

    if unprintable := UNPRINTABLE.search(text):
        line = text.count("\n", 0, unprintable.start()) + 1
        column = unprintable.start() - text.rfind("\n", 0, unprintable.start())
        message = (
            f"the character U+{ord(unprintable[0]):04X} may not stand in a YAML file; remove it, "
            f'or write it as "\\u{ord(unprintable[0]):04x}" inside double quotes'
        )
        return [], [Problem(Place(file, line, column), "", message, "unprintable")]
    # libyaml scans ahead of its events, and has limits of its own in words that change with its
    # version. The parser in Python has none: ours come first, or its words are known.
    for loader in (getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader):
        builder = _Builder(file)
        error = builder.read(text, loader)
        if error is None:
            break
        problem, is_known = _explained(error, text, file)
        builder.problems.append(problem)
        if is_known:
            break
    return builder.roots, builder.problems


def comments(text: str, file: str) -> dict[str, Place]:
    """Each comment of a sound file, and where it stands first."""
    import yaml

    parts, position = [], 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        if isinstance(event, yaml.ScalarEvent) and event.start_mark and event.end_mark:
            start, end = event.start_mark.index, event.end_mark.index
            parts += [text[position:start], re.sub(r"[^\n]", "x", text[start:end])]
            position = end
    found: dict[str, Place] = {}
    for number, line in enumerate("".join([*parts, text[position:]]).split("\n"), start=1):
        if match := COMMENT.search(line):
            found.setdefault(match[1].strip(), Place(file, number, match.start(1) + 1))
    return found


class _Refused(Exception):
    """Ends the reading of one file."""

    def __init__(self, place: Place, message: str, code: Code) -> None:
        super().__init__(message)
        self.problem = Problem(place, "", message, code)


@dataclass(slots=True)
class _Frame:
    """A block or list that is still open; `key` waits for its value.

    `size` and `height` are its values and levels, aliases written out.
    """

    place: Place
    is_block: bool
    anchor: str | None
    children: list[Node] = field(default_factory=list)
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    key: Scalar | None = None
    expects_value: bool = False
    size: int = 1
    height: int = 1


class _Builder:
    """Takes parser events one by one; `roots` and `problems` are what comes out."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.problems: list[Problem] = []
        # The documents are the items of a list that stays open.
        self._open = [_Frame(Place(file), is_block=False, anchor=None, size=0)]
        self.roots = self._open[0].children
        self._anchors: dict[str, tuple[Node, int, int]] = {}
        self._repeated = 0
        # Keys, names of lists and many values stand in a file thousands of times.
        self._texts: dict[str, str] = {}

    def read(self, text: str, loader: Any) -> yaml.YAMLError | None:
        """Take every event that `loader` makes of `text`; returns the error that ends them."""
        import yaml

        file, takes = self.file, self._takes(yaml)
        try:
            next_event = loader(text).get_event
            while event := next_event():
                if isinstance(event, yaml.CollectionEndEvent):
                    self._end()
                    continue
                mark = event.start_mark
                place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
                tag = getattr(event, "tag", None)
                if tag and tag not in HARMLESS_TAGS:
                    short = tag.replace(CORE, "!!")
                    message = f'the YAML tag "{short}" means nothing here; remove it'
                    raise _Refused(place, message, "yaml_tag")
                if take := takes.get(type(event)):
                    take(event, place)
        except _Refused as refused:
            self.problems.append(refused.problem)
        except yaml.YAMLError as error:
            return error
        return None

    def _takes(self, yaml: Any) -> Mapping[type, Callable[[Any, Place], None]]:
        """What is done with the events that mean something."""
        return {
            yaml.DocumentStartEvent: lambda event, place: self._anchors.clear(),
            yaml.AliasEvent: lambda event, place: self._add(*self._alias(event.anchor, place)),
            yaml.ScalarEvent: self._scalar,
            yaml.SequenceStartEvent: lambda event, place: self._begin(event, place, False),
            yaml.MappingStartEvent: lambda event, place: self._begin(event, place, True),
        }

    def _scalar(self, event: yaml.ScalarEvent, place: Place) -> None:
        text = self._texts.setdefault(event.value, event.value)
        node = Scalar(text, place, not event.style and event.tag not in TEXT_TAGS)
        self._add(node, 1 + len(text) // LONG_TEXT, 1, event.anchor)

    def _begin(self, event: yaml.CollectionStartEvent, place: Place, is_block: bool) -> None:
        if len(self._open) > MAX_DEPTH:
            message = f"nested more than {MAX_DEPTH} levels deep; flatten it"
            raise _Refused(place, message, "too_deep")
        self._open.append(_Frame(place, is_block, event.anchor))

    def _end(self) -> None:
        frame = self._open.pop()
        closed = (
            Block(tuple(frame.entries.values()), frame.place)
            if frame.is_block
            else Items(tuple(frame.children), frame.place)
        )
        self._add(closed, frame.size, frame.height, frame.anchor)

    def _alias(self, anchor: str, place: Place) -> tuple[Node, int, int]:
        """What an alias repeats: the node, its size and its height."""
        if any(frame.anchor == anchor for frame in self._open):
            message = f'the alias "*{anchor}" stands inside what it repeats'
        elif anchor not in self._anchors:
            message = (
                f'the alias "*{anchor}" repeats an anchor that does not exist; '
                "put the text in quotes if it merely begins with *"
            )
        else:
            node, size, height = self._anchors[anchor]
            self._repeated += size
            if self._repeated > MAX_REPEATED:
                message = (
                    f"the aliases of this file repeat more than {MAX_REPEATED:,} values; write out"
                    " what differs, or split the file"
                )
                raise _Refused(place, message, "too_many_values")
            return node, size, height
        raise _Refused(place, message, "yaml_alias")

    def _add(self, node: Node, size: int, height: int, anchor: str | None = None) -> None:
        """Put a finished node where it belongs; refuses what is too deep, aliases written out."""
        if anchor:
            self._anchors[anchor] = node, size, height
        frame = self._open[-1]
        if height >= frame.height:
            frame.height = height + 1
        frame.size += size
        if len(self._open) + height > MAX_DEPTH + 2:
            message = f"nested more than {MAX_DEPTH} levels deep once its aliases are written out"
            raise _Refused(node.place, message, "too_deep")
        if not frame.is_block:
            is_empty = isinstance(node, Scalar) and node.plain and not node.text
            if len(self._open) > 1 or not is_empty:
                frame.children.append(node)
        elif not frame.expects_value:
            frame.key, frame.expects_value = self._key(frame, node), True
        else:
            if frame.key is not None:
                frame.entries[frame.key.text] = (frame.key, node)
            frame.expects_value = False

    def _key(self, frame: _Frame, node: Node) -> Scalar | None:
        """The key if it can be used; else a problem, and its value will be passed over."""
        code: Code
        if not isinstance(node, Scalar):
            message, code = "a key must be a plain text", "yaml_key"
        elif node.plain and node.text == "<<":
            code = "yaml_merge_key"
            message = (
                'the merge key "<<" is not part of YAML 1.2; repeat the lines, '
                "or use an alias as a whole value"
            )
        elif not node.text:
            message, code = "a value without a key", "yaml_key"
        elif node.text in frame.entries:
            code, first = "duplicate_key", frame.entries[node.text][0].place
            message = (
                f'"{node.text}" is given twice; first at line {first.line}, column {first.column}'
            )
        else:
            return node
        self.problems.append(Problem(node.place, "", message, code))
        return None


def _explained(error: yaml.YAMLError, text: str, file: str) -> tuple[Problem, bool]:
    """The problem behind an error in `text`, and whether the parser's message is known."""
    message = f"{getattr(error, 'context', '') or ''} {getattr(error, 'problem', '') or ''}"
    unclosed = any(part in message for part in ("quoted scalar", "flow mapping", "flow sequence"))
    first, second = ("context_mark", "problem_mark")[:: 1 if unclosed else -1]
    mark = getattr(error, first, None) or getattr(error, second, None)
    place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
    lines = text.split("\n")
    character = "".join(lines[place.line - 1 : place.line])[place.column - 1 : place.column]
    words = next((wording for part, wording in WORDINGS if part in message), "")
    if character == "\t":
        words = "a tab; YAML is indented with spaces only"
    elif "cannot start any token" in message:
        words = f'a plain text may not begin with "{character}"; put it in quotes'
    said = words or f"this is not valid YAML ({message.strip()})"
    if any(STUCK_DASH.match(line) for line in lines[max(place.line - 2, 0) : place.line]):
        said += '; a dash needs a blank after it: "- name: ..."'
    return Problem(place, "", said, "yaml"), bool(words)
