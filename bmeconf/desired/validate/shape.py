"""One document -> its data, checked against a schema, and its flaws. Pure.

Which values a plain scalar may be depends on what the schema expects there (design 1): where a
text is expected it is that text, `no`, `0123` and `~` included, and only the bare word `null` is
null. Everywhere else it is read as YAML 1.2 core. The only module that imports jsonschema.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from bmeconf.desired.manifest import Items, Node, Scalar, walk
from bmeconf.desired.validate.flaws import Flaw, dotted, inside, violated
from bmeconf.project import load_schema

Schema = Mapping[str, Any]

OF_VALUE = ("value", "version")
"""Codes of flaws that are not worth telling of a value that has the wrong type to begin with."""
INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
LONGEST_NUMBER = 100
ANYTHING: Schema = MappingProxyType({})


class Shape:
    """A schema, ready to read and check any number of trees."""

    def __init__(self, name: str) -> None:
        from jsonschema import Draft202012Validator

        self._schema = load_schema(name)
        self._validator = Draft202012Validator(self._schema)
        self._parts_of: dict[int, tuple[Schema, ...]] = {}

    def check(self, tree: Node) -> tuple[Any, list[Flaw]]:
        """The data of a tree and its flaws; a place left empty has no other flaw than that."""
        data = self._data(tree, self._schema)
        flaws = dict.fromkeys(_empty_values(tree))
        empty = {flaw.place for flaw in flaws}
        for error in self._validator.iter_errors(data):
            flaws |= dict.fromkeys(f for f in violated(error, tree) if f.place not in empty)
        mistyped = {flaw.place for flaw in flaws if flaw.code == "type"}
        return data, [f for f in flaws if f.code not in OF_VALUE or f.place not in mistyped]

    def _data(self, node: Node, schema: Schema) -> Any:
        """`node` as None, bool, int, float, str, list or dict, as `schema` expects it."""
        # By identity: the schemas outlive the calls.
        if id(schema) not in self._parts_of:
            self._parts_of[id(schema)] = tuple(self._parts(schema))
        parts = self._parts_of[id(schema)]
        if isinstance(node, Scalar):
            if not node.plain:
                return node.text
            if any("string" in part.get("type", ()) for part in parts):
                return None if node.text == "null" else node.text
            return _core(node.text)
        if isinstance(node, Items):
            below = _first(part.get("items") for part in parts)
            return [self._data(item, below) for item in node.items]
        others = _first(part.get("additionalProperties") for part in parts)
        known = [part.get("properties", {}) for part in parts]
        return {
            key.text: self._data(value, _first((*(p.get(key.text) for p in known), others)))
            for key, value in node.entries
        }

    def _parts(self, schema: Schema) -> Iterator[Schema]:
        """`schema` and all it refers to or combines."""
        yield schema
        if "$ref" in schema:
            yield from self._parts(self._schema["$defs"][schema["$ref"].rpartition("/")[2]])
        for keyword in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(keyword, ()):
                yield from self._parts(part)


def _first(schemas: Iterable[Any]) -> Schema:
    """The first that is a schema with keywords, or else the one that accepts anything."""
    return next((schema for schema in schemas if isinstance(schema, Mapping)), ANYTHING)


def _core(text: str) -> Any:
    if text in CONSTANTS:
        return CONSTANTS[text]
    if len(text) > LONGEST_NUMBER:
        return text
    if INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if FLOAT.fullmatch(text) else text


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
