"""Faults of YAML syntax in the words of a person who writes manifests.

In: the error of a YAML parser, and the text it read. Out: a problem with its place, and what to
do about it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bmeconf.model import Place, Problem

if TYPE_CHECKING:
    import yaml

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
"""Parts of what the parser says, and what a person can do with it; the first that fits counts."""


def problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """The problem that `error` is, at its place in `file`."""
    place = _place_of(error, file)
    wording = explained(error, text, file) or f"this is not valid YAML ({_said(error).strip()})"
    return Problem(place, "", wording + _stuck_dash(text, place), "yaml")


def explained(error: yaml.YAMLError, text: str, file: str) -> str | None:
    """What a person can do about a fault of syntax, None where its words are not known."""
    return next(_wordings(_said(error), _character(text, _place_of(error, file))), None)


def _said(error: yaml.YAMLError) -> str:
    return f"{getattr(error, 'context', '') or ''} {getattr(error, 'problem', '') or ''}"


def _place_of(error: yaml.YAMLError, file: str) -> Place:
    said = _said(error)
    unclosed = any(part in said for part in ("quoted scalar", "flow mapping", "flow sequence"))
    first, second = ("context_mark", "problem_mark")[:: 1 if unclosed else -1]
    mark = getattr(error, first, None) or getattr(error, second, None)
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)


def _stuck_dash(text: str, place: Place) -> str:
    """What to add where the line at `place` or the one above begins with a dash and no blank."""
    lines = text.split("\n")[max(place.line - 2, 0) : place.line]
    stuck = any(STUCK_DASH.match(line) for line in lines)
    return '; a dash needs a blank after it: "- name: ..."' if stuck else ""


def _wordings(said: str, character: str) -> Iterator[str]:
    if character == "\t":
        yield "a tab; YAML is indented with spaces only"
    if "cannot start any token" in said:
        yield f'a plain text may not begin with "{character}"; put it in quotes'
    yield from (wording for part, wording in WORDINGS if part in said)


def _character(text: str, place: Place) -> str:
    lines = text.split("\n")
    line = lines[place.line - 1] if place.line <= len(lines) else ""
    return line[place.column - 1 : place.column]
