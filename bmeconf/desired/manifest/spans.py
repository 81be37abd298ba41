"""A sound YAML text -> where each value in it is written. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

SpanSort: TypeAlias = Literal["text", "list", "block", "alias"]


@dataclass
class Span:
    """Where a value is written: its place, and the offsets of its text.

    `text` is the value of a scalar. `members` are the values in a list, or the keys and values in
    a block, with the last of which it ends where it has no brackets.
    """

    line: int
    column: int
    start: int
    end: int
    text: str = ""
    sort: SpanSort = "text"
    is_flow: bool = False
    members: list[Span] = field(default_factory=list)


def spans(text: str) -> list[Span]:
    """Where each value of a sound file is written."""
    import yaml

    # The parser in Python takes what is beyond the limits of the other one.
    for loader in (getattr(yaml, "CSafeLoader", yaml.SafeLoader), yaml.SafeLoader):
        with suppress(yaml.YAMLError):
            return _spans(yaml.parse(text, Loader=loader), yaml)
    return []


def _spans(events: Iterable[Any], yaml: Any) -> list[Span]:
    sorts: tuple[tuple[type, SpanSort], ...] = (
        (yaml.ScalarEvent, "text"),
        (yaml.SequenceStartEvent, "list"),
        (yaml.MappingStartEvent, "block"),
        (yaml.AliasEvent, "alias"),
    )
    found: list[Span] = []
    ahead: list[Span] = []
    for event in events:
        if isinstance(event, yaml.CollectionEndEvent):
            span = ahead.pop()
            # A block ends for the parser where the next value begins.
            span.end = event.end_mark.index if span.is_flow else span.members[-1].end
        elif sort := next((sort for type, sort in sorts if isinstance(event, type)), None):
            start, end = event.start_mark, event.end_mark
            value, flow = getattr(event, "value", ""), bool(getattr(event, "flow_style", False))
            span = Span(start.line + 1, start.column + 1, start.index, end.index, value, sort, flow)
            found.append(span)
            if ahead:
                ahead[-1].members.append(span)
            if sort in ("list", "block"):
                ahead.append(span)
    return found
