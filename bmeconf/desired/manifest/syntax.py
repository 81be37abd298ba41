"""An error of a YAML parser -> a problem at its place, with what to do about it. Pure."""

from __future__ import annotations

import re
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
"""Parts of the parser's message, and how to mend the file; the first that fits counts."""


def problem(error: yaml.YAMLError, text: str, file: str) -> Problem:
    """The problem behind an error in `text`, the content of `file`."""
    place = _place_of(error, file)
    message = explained(error, text, file)
    message = message or f"this is not valid YAML ({_message(error).strip()})"
    lines = text.split("\n")[max(place.line - 2, 0) : place.line]
    if any(STUCK_DASH.match(line) for line in lines):
        message += '; a dash needs a blank after it: "- name: ..."'
    return Problem(place, "", message, "yaml")


def explained(error: yaml.YAMLError, text: str, file: str) -> str | None:
    """What is wrong in a person's words, None where the parser's message is not known."""
    message, place = _message(error), _place_of(error, file)
    line = text.split("\n")[place.line - 1 : place.line]
    character = "".join(line)[place.column - 1 : place.column]
    if character == "\t":
        return "a tab; YAML is indented with spaces only"
    if "cannot start any token" in message:
        return f'a plain text may not begin with "{character}"; put it in quotes'
    return next((wording for part, wording in WORDINGS if part in message), None)


def _message(error: yaml.YAMLError) -> str:
    return f"{getattr(error, 'context', '') or ''} {getattr(error, 'problem', '') or ''}"


def _place_of(error: yaml.YAMLError, file: str) -> Place:
    message = _message(error)
    unclosed = any(part in message for part in ("quoted scalar", "flow mapping", "flow sequence"))
    first, second = ("context_mark", "problem_mark")[:: 1 if unclosed else -1]
    mark = getattr(error, first, None) or getattr(error, second, None)
    return Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
