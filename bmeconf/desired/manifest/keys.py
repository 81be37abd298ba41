"""API keys in files: found wherever they stand, and never shown (design 2). Pure."""

from __future__ import annotations

from collections.abc import Iterator

from bmeconf.desired.manifest.nodes import Node, Scalar, walk
from bmeconf.model import Place, Problem
from bmeconf.model.errors import KEY

CODE = "key_in_file"


def in_text(text: str, file: str) -> Iterator[Problem]:
    """A problem for each key in the text of a file, comments included."""
    for match in KEY.finditer(text):
        start = match.start()
        yield problem(
            Place(file, text.count("\n", 0, start) + 1, start - text.rfind("\n", 0, start))
        )


def in_tree(tree: Node) -> Iterator[Problem]:
    """A problem for each value that is a key once its escapes and variables are filled in."""
    for _, node in walk(tree):
        if isinstance(node, Scalar) and KEY.search(node.text):
            yield problem(node.place)


def problem(place: Place) -> Problem:
    """The problem of a key that stands at `place`."""
    message = (
        "this looks like an API key; a key itself in any file is an error: replace the "
        "key in the account, and keep the new one in an environment variable"
    )
    return Problem(place, "", message, CODE)
