"""API keys in files: found wherever they stand, and never shown (design 2). Pure."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from bmeconf.desired.manifest.nodes import Node, Scalar, place_in, walk, whole_text
from bmeconf.model import Place, Problem
from bmeconf.model.errors import KEY

CODE: Final = "key_in_file"
MOST_NAMED = 20


def in_text(text: str, file: str) -> Iterator[Problem]:
    """A problem for each of the first keys in the text of a file, comments included."""
    for match in islice(KEY.finditer(text), MOST_NAMED):
        yield problem(place_in(text, file, match.start()))


def in_tree(tree: Node) -> Iterator[Problem]:
    """A problem for each value that is a key once its escapes and variables are filled in."""
    for _, node in walk(tree) if KEY.search(whole_text(tree)) else ():
        if isinstance(node, Scalar) and KEY.search(node.text):
            yield problem(node.place)


def problem(place: Place) -> Problem:
    """The problem of a key that stands at `place`."""
    message = (
        "this looks like an API key; a key itself in any file is an error: replace the "
        "key in the account, and keep the new one in an environment variable"
    )
    return Problem(place, "", message, CODE)
