"""A schema, compiled: a tree -> its data, and whether that is sound for certain. Pure.

Which values a plain scalar may be depends on what the schema expects there (design 1): where a
text is expected it is that text, `no`, `0123` and `~` included, and only the bare word `null` is
null. Everywhere else it is read as YAML 1.2 core.

The walk that reads the data checks it as well. It knows the keywords that the schemas use, and
decides strictly: what it calls sound is sound for jsonschema, which has the last word on the rest.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from bmeconf.desired.manifest import Block, Items, Node, Scalar

Schema = Mapping[str, Any]

INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")
CONSTANTS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
LONGEST_NUMBER = 100
TYPES = {type(None): "null", bool: "boolean", int: "integer", str: "string"}
"""The types of scalars; a float is no type of any schema."""
SAY_NOTHING = {"title", "description", "examples", "default", "patternErrorMessage"}
REFER = {"$schema", "$defs", "$ref", "allOf"}
MANY = {"type", "pattern", "maxLength", "minItems", "minimum", "maximum", "required"}
ONCE = {"enum", "const", "items", "properties", "additionalProperties", "propertyNames"}
VALUES = {"const": "enum"}
"""Both say what a value may be."""
KNOWN = SAY_NOTHING | REFER | MANY | ONCE


@dataclass(slots=True)
class Rule:
    """What a schema, with all it refers to, says of one value."""

    expects_text: bool = False
    types: frozenset[str] = frozenset(("null", "boolean", "integer", "string", "array", "object"))
    values: tuple[Any, ...] | None = None
    patterns: tuple[Callable[[str], object], ...] = ()
    longest: int = sys.maxsize
    least: float = -math.inf
    greatest: float = math.inf
    fewest_items: int = 0
    required: tuple[str, ...] = ()
    items: Rule | None = None
    properties: Mapping[str, Rule] = field(default_factory=dict)
    others: Rule | None = None
    names: Rule | None = None

    def allows(self, value: Any) -> bool:
        """Whether a scalar is sound for certain."""
        if TYPES.get(type(value)) not in self.types:
            return False
        # `True == 1`, which no schema means.
        if self.values is not None and not any(
            value == each and type(value) is type(each) for each in self.values
        ):
            return False
        if isinstance(value, str):
            for fits in self.patterns:
                if not fits(value):
                    return False
            return len(value) <= self.longest
        return not isinstance(value, int) or self.least <= value <= self.greatest


class Rules:
    """The rules of a schema, ready to read any number of trees."""

    def __init__(self, schema: Schema) -> None:
        self._schema = schema
        self._made: dict[int, Rule] = {}
        self._anything, self._nothing = Rule(), Rule(types=frozenset())
        self._top = self._rule(schema)
        self._sound = True

    def read(self, tree: Node) -> tuple[Any, bool]:
        """`tree` as None, bool, int, float, str, list or dict; and whether it is surely sound."""
        self._sound = True
        return self._read(tree, self._top), self._sound

    def doubtful(self, tree: Node) -> dict[str, list[int]]:
        """The items of each section that is a list, but for those that are surely sound."""
        found: dict[str, list[int]] = {}
        for key, section in tree.entries if isinstance(tree, Block) else ():
            whole = self._top.properties.get(key.text, self._nothing)
            if isinstance(section, Items) and (rule := whole.items) and not whole.fewest_items:
                items = enumerate(section.items)
                found[key.text] = [n for n, item in items if not self._is_sound(item, rule)]
        return found

    def _is_sound(self, node: Node, rule: Rule) -> bool:
        self._sound = True
        self._read(node, rule)
        return self._sound

    def _read(self, node: Node, rule: Rule) -> Any:
        if isinstance(node, Scalar):
            text = node.text
            value: Any = text
            if node.plain:
                if not rule.expects_text:
                    value = _core(text)
                elif text == "null":
                    value = None
                # Nothing is written there: that is a flaw of its own.
                self._sound = self._sound and bool(text)
            self._sound = self._sound and rule.allows(value)
            return value
        if isinstance(node, Items):
            if "array" not in rule.types or len(node.items) < rule.fewest_items:
                self._sound = False
            return [self._read(item, rule.items or self._anything) for item in node.items]
        data = {}
        known, others = rule.properties, rule.others or self._anything
        for key, value in node.entries:
            name = key.text
            data[name] = self._read(value, known.get(name, others))
            if rule.names and not rule.names.allows(name):
                self._sound = False
        if "object" not in rule.types:
            self._sound = False
        for name in rule.required:
            self._sound = self._sound and name in data
        return data

    def _rule(self, schema: Any) -> Rule:
        """The rule of a schema, made once: the schemas outlive the calls.

        Where it says what is not known here, or says one thing twice, nothing is surely sound.
        """
        if not isinstance(schema, Mapping):
            return self._nothing if schema is False else self._anything
        if id(schema) not in self._made:
            rule = self._made[id(schema)] = Rule()
            parts = [*self._parts(schema)]
            rule.expects_text = any("string" in part.get("type", ()) for part in parts)
            for part in parts:
                self._add(rule, part)
            once = [VALUES.get(key, key) for part in parts for key in part if key in ONCE]
            if len(once) > len({*once}) or any(not KNOWN.issuperset(part) for part in parts):
                rule.types = frozenset()
        return self._made[id(schema)]

    def _add(self, rule: Rule, part: Schema) -> None:
        """What one part says, which holds beside all others."""
        if "type" in part:
            types = part["type"]
            rule.types &= {types} if isinstance(types, str) else {*types}
        if "enum" in part or "const" in part:
            rule.values = tuple(part.get("enum", [part.get("const")]))
        if "pattern" in part:
            rule.patterns = (*rule.patterns, re.compile(part["pattern"]).search)
        rule.longest = min(rule.longest, part.get("maxLength", sys.maxsize))
        rule.least = max(rule.least, part.get("minimum", -math.inf))
        rule.greatest = min(rule.greatest, part.get("maximum", math.inf))
        rule.fewest_items = max(rule.fewest_items, part.get("minItems", 0))
        rule.required = (*rule.required, *part.get("required", ()))
        if "items" in part:
            rule.items = self._rule(part["items"])
        if "properties" in part:
            rule.properties = {key: self._rule(each) for key, each in part["properties"].items()}
        if "additionalProperties" in part:
            rule.others = self._rule(part["additionalProperties"])
        if "propertyNames" in part:
            rule.names = self._rule(part["propertyNames"])

    def _parts(self, schema: Schema) -> Iterator[Schema]:
        """`schema` and all it refers to or combines."""
        yield schema
        if "$ref" in schema:
            yield from self._parts(self._schema["$defs"][schema["$ref"].rpartition("/")[2]])
        for part in schema.get("allOf", ()):
            yield from self._parts(part)


def _core(text: str) -> Any:
    if text in CONSTANTS:
        return CONSTANTS[text]
    if len(text) > LONGEST_NUMBER:
        return text
    if INTEGER.fullmatch(text):
        return int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return float(text) if FLOAT.fullmatch(text) else text
