"""A tree and the schema that it is to meet -> plain data. Pure.

Which values a plain scalar may be depends on what is expected there (design 1): where a text is
expected it is that text, `no`, `0123` and `~` included, and only the bare word `null` is null.
Everywhere else it is read as YAML 1.2 core.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
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
        self._flat: dict[int, tuple[Schema, ...]] = {}

    def data(self, node: Node, schema: Schema) -> Any:
        """`node` as None, bool, int, float, str, list or dict, as `schema` expects it."""
        if isinstance(node, Scalar):
            return self._scalar(node, schema)
        if isinstance(node, Items):
            below = self._below(schema, "items")
            return [self.data(item, below) for item in node.items]
        return {
            key.text: self.data(value, self._member(schema, key)) for key, value in node.entries
        }

    def _scalar(self, scalar: Scalar, schema: Schema) -> Any:
        if not scalar.plain:
            return scalar.text
        if self.takes_text(schema):
            return None if scalar.text == "null" else scalar.text
        return _core(scalar.text)

    def takes_text(self, schema: Schema) -> bool:
        """Whether `schema` accepts a text."""
        types = (part.get("type", ()) for part in self._parts(schema))
        return any("string" in ([kind] if isinstance(kind, str) else kind) for kind in types)

    def _member(self, schema: Schema, key: Scalar) -> Schema:
        for part in self._parts(schema):
            below = part.get("properties", {}).get(key.text)
            if isinstance(below, Mapping):
                return below
        return self._below(schema, "additionalProperties")

    def _below(self, schema: Schema, keyword: str) -> Schema:
        found = (part.get(keyword) for part in self._parts(schema))
        return next((below for below in found if isinstance(below, Mapping)), ANYTHING)

    def _parts(self, schema: Schema) -> tuple[Schema, ...]:
        """`schema` and all it refers to or combines. Cached by identity: schemas outlive calls."""
        if id(schema) not in self._flat:
            self._flat[id(schema)] = tuple(self._unfold(schema))
        return self._flat[id(schema)]

    def _unfold(self, schema: Schema) -> Iterator[Schema]:
        yield schema
        if "$ref" in schema:
            yield from self._unfold(self._definitions[schema["$ref"].rpartition("/")[2]])
        for keyword in ("allOf", "anyOf", "oneOf"):
            for part in schema.get(keyword, ()):
                yield from self._unfold(part)


def _core(text: str) -> Any:
    if text in CONSTANTS:
        return CONSTANTS[text]
    if len(text) > LONGEST_NUMBER:
        return text
    if INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    if FLOAT.fullmatch(text):
        return float(text)
    return text
