"""One document -> its data, checked against a schema, and its flaws. Pure.

The only module that imports jsonschema, which says what is wrong with a document that `rules` does
not find sound. It is shown the entries that are in doubt, and takes 200 us for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

from bmeconf.desired.manifest import Node, Scalar, walk
from bmeconf.desired.validate.flaws import Flaw, dotted, inside, violated
from bmeconf.desired.validate.rules import Rules
from bmeconf.project import load_schema

OF_VALUE = ("value", "version")
"""Codes of flaws that are not worth telling of a value that has the wrong type to begin with."""


@cache
def _compiled(name: str) -> tuple[dict[str, Any], Rules]:
    """A schema and its rules, made once a process: each account is validated by them."""
    schema = load_schema(name)
    return schema, Rules(schema)


class Shape:
    """A schema, ready to read and check any number of trees."""

    def __init__(self, name: str) -> None:
        self._schema, self._rules = _compiled(name)

    def check(self, tree: Node) -> tuple[Any, list[Flaw]]:
        """The data of a tree and its flaws; a place left empty has no other flaw than that."""
        data, is_sound = self._rules.read(tree)
        if is_sound:
            return data, []
        # Loaded here: sound files need none of it.
        from jsonschema import Draft202012Validator

        flaws = dict.fromkeys(_empty_values(tree))
        empty = {flaw.place for flaw in flaws}
        doubtful = self._rules.doubtful(tree)
        rest = {key: [data[key][index] for index in items] for key, items in doubtful.items()}
        some = {**data, **rest} if rest else data
        for error in Draft202012Validator(self._schema).iter_errors(some):
            path = error.relative_path
            if len(path) > 1 and path[0] in doubtful:
                path[1] = doubtful[path[0]][path[1]]
            flaws |= dict.fromkeys(f for f in violated(error, tree) if f.place not in empty)
        mistyped = {flaw.place for flaw in flaws if flaw.code == "type"}
        return data, [f for f in flaws if f.code not in OF_VALUE or f.place not in mistyped]


def _empty_values(tree: Node) -> Iterator[Flaw]:
    """Keys and dashes with nothing after them: whether to clear or to leave must be written."""
    for path, node in walk(tree):
        if isinstance(node, Scalar) and node.plain and not node.text and len(path) > 1:
            message = (
                f'{dotted(inside(path))}: nothing is written here; write a value, "" for an empty '
                "text, null to clear an optional field, or leave the key out"
            )
            yield Flaw(path, node.place, message, "empty_value")


def flaw(document: Any, name: str) -> str:
    """The first fault of one of our own documents by the schema `name`, empty without one."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(load_schema(name)).iter_errors(document))
    return f"{error.json_path}: {error.message[:200]}" if error else ""
