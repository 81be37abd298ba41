"""One document -> its data, checked against a schema, or its problems at their places. Pure.

The only module that imports jsonschema.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bmeconf.desired.manifest import Block, Items, Node, Scalar, at, scalars
from bmeconf.desired.validate import resolve, wording
from bmeconf.model import Place, Problem, errors
from bmeconf.project import load_schema

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

OF_VALUE = ("value", "version")
"""Flaws that are not worth telling of a value that has the wrong type to begin with."""


@dataclass(frozen=True)
class Flaw:
    """A problem that still knows the path to what it is about."""

    path: wording.Path
    place: Place
    message: str
    code: str

    def problem(self, address: str = "") -> Problem:
        """The flaw as a problem of the resource at `address`."""
        return Problem(self.place, address, self.message, self.code)


class Shape:
    """A schema, ready to read and check any number of trees."""

    def __init__(self, name: str) -> None:
        from jsonschema import Draft202012Validator

        self._schema = load_schema(name)
        self._resolver = resolve.Resolver(self._schema)
        self._validator = Draft202012Validator(self._schema)

    def check(self, tree: Node) -> tuple[Any, list[Flaw]]:
        """The data of `tree` and its flaws; a place left empty has no other flaw than that."""
        empty = {flaw.place: flaw for flaw in _empty_values(tree)}
        data = self._resolver.data(tree, self._schema)
        found: dict[Flaw, None] = dict.fromkeys(empty.values())
        for error in self._validator.iter_errors(data):
            for fault in wording.faults(_violation(error)):
                place = _place(tree, fault)
                if place not in empty:
                    found[Flaw(fault.path, place, fault.message, fault.code)] = None
        mistyped = {flaw.place for flaw in found if flaw.code == "type"}
        return data, [f for f in found if f.code not in OF_VALUE or f.place not in mistyped]


def flaw(document: Any, name: str) -> str:
    """The first fault of one of our own documents by the schema `name`, empty without one."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(load_schema(name)).iter_errors(document))
    return f"{error.json_path}: {error.message[:200]}" if error else ""


def keys_in_file(tree: Node) -> Iterator[Problem]:
    """A problem for each text that looks like an API key; the text is never shown (design 2)."""
    for scalar in scalars(tree):
        if errors.KEY.search(scalar.text):
            yield key_in_file(scalar.place)


def key_in_file(place: Place) -> Problem:
    """The problem of an API key that stands at `place`."""
    return Problem(
        place,
        "",
        "this looks like an API key; a key itself in any file is an error: replace the "
        "key in the account, and keep the new one in an environment variable",
        "key_in_file",
    )


def _empty_values(tree: Node) -> Iterator[Flaw]:
    """Keys and dashes with nothing after them: whether to clear or to leave must be written."""
    for path, scalar in _empties(tree, ()):
        where = wording.dotted(wording.inside(path))
        yield Flaw(
            path,
            scalar.place,
            f'{where}: nothing is written here; write a value, "" for an empty text, '
            "null to clear an optional field, or leave the key out",
            "empty_value",
        )


def _empties(node: Node, path: wording.Path) -> Iterator[tuple[wording.Path, Scalar]]:
    if isinstance(node, Block):
        for key, value in node.entries:
            yield from _empties(value, (*path, key.text))
    elif isinstance(node, Items):
        for index, item in enumerate(node.items):
            yield from _empties(item, (*path, index))
    elif node.plain and not node.text and len(path) > 1:
        yield path, node


def _violation(error: ValidationError) -> wording.Violation:
    """jsonschema's error in our words; a key's own error points at the block that holds it."""
    path: wording.Path = tuple(error.absolute_path)
    of_key = "propertyNames" in error.absolute_schema_path
    keyword, schema = str(error.validator), error.schema
    if not isinstance(schema, Mapping):
        keyword, schema = "false", {}
    return wording.Violation(
        keyword, (*path, str(error.instance)) if of_key else path, error.instance, schema, of_key
    )


def _place(tree: Node, fault: wording.Fault) -> Place:
    if fault.at_key and fault.path:
        parent = at(tree, fault.path[:-1])
        key = parent.key(str(fault.path[-1])) if isinstance(parent, Block) else None
        return key.place if key else at(tree, fault.path).place
    return at(tree, fault.path).place
