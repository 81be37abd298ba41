"""One document -> its data, checked against a schema, and its flaws. Pure.

The only module that imports jsonschema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from bmeconf.desired.manifest import Node, Scalar, walk
from bmeconf.desired.validate import violations
from bmeconf.desired.validate.flaws import Flaw, dotted, inside
from bmeconf.desired.validate.resolve import Resolver
from bmeconf.desired.validate.violations import Violation
from bmeconf.model import Place, Problem
from bmeconf.model.errors import KEY
from bmeconf.project import load_schema

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

OF_VALUE = ("value", "version")
"""Codes of flaws that are not worth telling of a value that has the wrong type to begin with."""


class Shape:
    """A schema, ready to read and check any number of trees."""

    def __init__(self, name: str) -> None:
        from jsonschema import Draft202012Validator

        self._schema = load_schema(name)
        self._resolver = Resolver(self._schema)
        self._validator = Draft202012Validator(self._schema)

    def check(self, tree: Node) -> tuple[Any, list[Flaw]]:
        """The data of a tree and its flaws; a place left empty has no other flaw than that."""
        data = self._resolver.data(tree, self._schema)
        flaws = dict.fromkeys(_empty_values(tree))
        empty = {flaw.place for flaw in flaws}
        for error in self._validator.iter_errors(data):
            found = violations.flaws(_violation(error), tree)
            flaws |= dict.fromkeys(flaw for flaw in found if flaw.place not in empty)
        mistyped = {flaw.place for flaw in flaws if flaw.code == "type"}
        return data, [f for f in flaws if f.code not in OF_VALUE or f.place not in mistyped]


def _violation(error: ValidationError) -> Violation:
    of_key = "propertyNames" in error.absolute_schema_path
    last = (str(error.instance),) if of_key else ()
    return Violation(
        str(error.validator),
        (*error.absolute_path, *last),
        error.instance,
        error.validator_value,
        error.schema if isinstance(error.schema, Mapping) else {},
        of_key,
    )


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


def keys_in_file(tree: Node) -> Iterator[Problem]:
    """A problem for each text that looks like an API key; the text is never shown (design 2)."""
    for _, node in walk(tree):
        if isinstance(node, Scalar) and KEY.search(node.text):
            yield key_in_file(node.place)


def key_in_file(place: Place) -> Problem:
    """The problem of an API key that stands at `place`."""
    message = (
        "this looks like an API key; a key itself in any file is an error: replace the "
        "key in the account, and keep the new one in an environment variable"
    )
    return Problem(place, "", message, "key_in_file")
