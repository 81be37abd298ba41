"""YAML text -> trees, or the problems that stand in the way. The only module that imports yaml.

It is built from parser events, not from PyYAML's loaders: only events tell a quoted text from a
plain one and a written tag from a guessed one, and a loop over events cannot run out of stack.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bmeconf.desired.manifest import syntax
from bmeconf.desired.manifest.nodes import Block, Items, Node, Scalar
from bmeconf.model import Place, Problem

if TYPE_CHECKING:
    import yaml

MAX_DEPTH = 50
MAX_NODES = 100_000
LONG_TEXT = 100
"""Every so many characters of a text count as one more value, so that aliases cannot multiply
a long text either."""

CORE = "tag:yaml.org,2002:"
TEXT_TAGS = ("!", CORE + "str")
HARMLESS_TAGS = TEXT_TAGS + tuple(
    CORE + tag for tag in ("int", "float", "bool", "null", "map", "seq")
)
UNPRINTABLE = re.compile(
    "[^\t\n\r\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def parse(text: str, file: str) -> tuple[list[Node], list[Problem]]:
    """The tree of each document in `text`, empty documents left out, and what is wrong.

    A fault of syntax ends the file: documents before it are kept, the fault is the last problem.
    """
    import yaml

    unprintable = UNPRINTABLE.search(text)
    if unprintable:
        return [], [_unprintable(text, unprintable, file)]
    builder = _Builder(file)
    error = builder.read(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    if error is not None and syntax.explained(error, text, file) is None:
        # libyaml scans ahead of its events and has limits of its own, in words that change with
        # its version. The parser in Python does not: ours are met first, or its words are known.
        builder = _Builder(file)
        error = builder.read(text, yaml.SafeLoader)
    if error is not None:
        builder.problems.append(syntax.problem(error, text, file))
    return builder.roots, builder.problems


class _Refused(Exception):
    """Ends the reading of one file."""

    def __init__(self, place: Place, message: str, code: str = "yaml") -> None:
        super().__init__(message)
        self.problem = Problem(place, "", message, code)


@dataclass
class _Frame:
    """A block or list that is still open; `key` waits for its value."""

    place: Place
    is_block: bool
    anchor: str | None
    children: list[Node] = field(default_factory=list)
    entries: dict[str, tuple[Scalar, Node]] = field(default_factory=dict)
    key: Scalar | None = None
    expects_value: bool = False
    size: int = 1
    height: int = 1


@dataclass(frozen=True)
class _Measured:
    """A finished node with what it costs where it is repeated."""

    node: Node
    size: int
    height: int


class _Builder:
    """Takes parser events one by one; `roots` and `problems` are what comes out."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.roots: list[Node] = []
        self.problems: list[Problem] = []
        self._open: list[_Frame] = []
        self._anchors: dict[str, _Measured] = {}
        self._size = 0

    def read(self, text: str, loader: Any) -> yaml.YAMLError | None:
        """Take every event that `loader` makes of `text`; the fault of syntax that ends it."""
        import yaml

        try:
            for event in yaml.parse(text, Loader=loader):
                self.take(event)
        except _Refused as refused:
            self.problems.append(refused.problem)
        except yaml.YAMLError as error:
            return error
        return None

    def take(self, event: yaml.Event) -> None:
        """Adds what `event` says; raises _Refused where the file cannot be read on."""
        import yaml

        place = self._place(event)
        if isinstance(event, yaml.DocumentStartEvent):
            self._anchors = {}
        elif isinstance(event, yaml.AliasEvent):
            self._add(self._alias(event.anchor or "", place))
        elif isinstance(event, yaml.ScalarEvent):
            self._check_tag(event.tag, place)
            node = Scalar(event.value, place, not event.style and event.tag not in TEXT_TAGS)
            self._finish(_Measured(node, 1 + len(event.value) // LONG_TEXT, 1), event.anchor)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._check_tag(event.tag, place)
            self._start(_Frame(place, isinstance(event, yaml.MappingStartEvent), event.anchor))
        elif isinstance(event, yaml.CollectionEndEvent):
            self._end()

    def _place(self, event: yaml.Event) -> Place:
        mark = event.start_mark
        return Place(self.file, mark.line + 1, mark.column + 1) if mark else Place(self.file)

    def _check_tag(self, tag: str | None, place: Place) -> None:
        if tag and tag not in HARMLESS_TAGS:
            short = tag.replace(CORE, "!!")
            raise _Refused(
                place, f'the YAML tag "{short}" means nothing here; remove it', "yaml_tag"
            )

    def _start(self, frame: _Frame) -> None:
        if len(self._open) >= MAX_DEPTH:
            raise _Refused(
                frame.place, f"nested more than {MAX_DEPTH} levels deep; flatten it", "too_deep"
            )
        self._open.append(frame)

    def _end(self) -> None:
        frame = self._open.pop()
        node: Node = (
            Block(tuple(frame.entries.values()), frame.place)
            if frame.is_block
            else Items(tuple(frame.children), frame.place)
        )
        self._finish(_Measured(node, frame.size, frame.height), frame.anchor)

    def _alias(self, anchor: str, place: Place) -> _Measured:
        if any(frame.anchor == anchor for frame in self._open):
            raise _Refused(
                place, f'the alias "*{anchor}" stands inside what it repeats', "yaml_alias"
            )
        if anchor not in self._anchors:
            raise _Refused(
                place,
                f'the alias "*{anchor}" repeats an anchor that does not exist; '
                "put the text in quotes if it merely begins with *",
                "yaml_alias",
            )
        return self._anchors[anchor]

    def _finish(self, measured: _Measured, anchor: str | None) -> None:
        if anchor:
            self._anchors[anchor] = measured
        self._add(measured)

    def _add(self, measured: _Measured) -> None:
        self._bound(measured)
        if not self._open:
            if not _is_empty(measured.node):
                self.roots.append(measured.node)
            return
        frame = self._open[-1]
        if not frame.is_block:
            frame.children.append(measured.node)
        elif not frame.expects_value:
            frame.key = self._key(frame, measured.node)
            frame.expects_value = True
        else:
            if frame.key is not None:
                frame.entries[frame.key.text] = (frame.key, measured.node)
            frame.expects_value = False

    def _bound(self, measured: _Measured) -> None:
        """Refuses a file whose aliases, written out, would be too many values or too deep."""
        if self._open:
            frame = self._open[-1]
            frame.size += measured.size
            frame.height = max(frame.height, measured.height + 1)
            size = frame.size
        else:
            size = self._size = self._size + measured.size
        if size > MAX_NODES:
            raise _Refused(
                measured.node.place,
                f"this file comes to more than {MAX_NODES:,} values once its aliases are "
                "written out; split it",
                "too_many_values",
            )
        if len(self._open) + measured.height > MAX_DEPTH + 1:
            raise _Refused(
                measured.node.place,
                f"nested more than {MAX_DEPTH} levels deep once its aliases are written out",
                "too_deep",
            )

    def _key(self, frame: _Frame, node: Node) -> Scalar | None:
        """The key if it can be used; else a problem, and its value will be passed over."""
        if not isinstance(node, Scalar):
            self._problem(node.place, "a key must be a plain text", "yaml_key")
        elif node.plain and node.text == "<<":
            self._problem(
                node.place,
                'the merge key "<<" is not part of YAML 1.2; repeat the lines, '
                "or use an alias as a whole value",
                "yaml_merge_key",
            )
        elif not node.text:
            self._problem(node.place, "a value without a key", "yaml_key")
        elif node.text in frame.entries:
            first = frame.entries[node.text][0].place
            self._problem(
                node.place,
                f'"{node.text}" is given twice; first at line {first.line}, column {first.column}',
                "duplicate_key",
            )
        else:
            return node
        return None

    def _problem(self, place: Place, message: str, code: str) -> None:
        self.problems.append(Problem(place, "", message, code))


def _is_empty(node: Node) -> bool:
    return isinstance(node, Scalar) and node.plain and not node.text


def _unprintable(text: str, match: re.Match[str], file: str) -> Problem:
    before = text[: match.start()]
    line, column = before.count("\n") + 1, match.start() - before.rfind("\n")
    return Problem(
        Place(file, line, column),
        "",
        f"the character U+{ord(match[0]):04X} may not stand in a YAML file; remove it, "
        f'or write it as "\\u{ord(match[0]):04x}" inside double quotes',
        "unprintable",
    )
