"""A tree and the schema that it is to meet -> plain data. Pure.

Which values a plain scalar may be depends on what is expected there (design 1): where a text is
expected it is that text, `no`, `0123` and `~` included, and only the bare word `null` is null.
Everywhere else it is read as YAML 1.2 core.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from bmeconf.desired.manifest import Items, Node, Scalar

Schema = Mapping[str, Any]

INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
LONGEST_NUMBER = 100
ANYTHING: Schema = MappingProxyType({})


class Resolver:
    """Reads trees along one schema."""

    def __init__(self, schema: Schema) -> None:
        self._definitions: Mapping[str, Schema] = schema.get("$defs", {})
        self._parts_of: dict[int, tuple[Schema, ...]] = {}

    def data(self, node: Node, schema: Schema) -> Any:
        """`node` as None, bool, int, float, str, list or dict, as `schema` expects it."""
        parts = self._parts(schema)
        if isinstance(node, Scalar):
            if not node.plain:
                return node.text
            if any("string" in part.get("type", ()) for part in parts):
                return None if node.text == "null" else node.text
            return _core(node.text)
        if isinstance(node, Items):
            below = _first(part.get("items") for part in parts)
            return [self.data(item, below) for item in node.items]
        others = _first(part.get("additionalProperties") for part in parts)
        known = [part.get("properties", {}) for part in parts]
        return {
            key.text: self.data(value, _first((*(p.get(key.text) for p in known), others)))
            for key, value in node.entries
        }

    def _parts(self, schema: Schema) -> tuple[Schema, ...]:
        """`schema` and all it refers to or combines. Cached by identity: schemas outlive calls."""
        if id(schema) not in self._parts_of:
            self._parts_of[id(schema)] = tuple(self._unfold(schema))
        return self._parts_of[id(schema)]

    def _unfold(self, schema: Schema) -> Iterator[Schema]:
        yield schema
        if "$ref" in schema:
            yield from self._unfold(self._definitions[schema["$ref"].rpartition("/")[2]])
        for keyword in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(keyword, ()):
                yield from self._unfold(part)


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
