"""The keys of manifests and of the project file, out of their schemas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from bmeconf.guide.topic import Topic
from bmeconf.project import load_schema

Schema = Mapping[str, Any]
FILES = {"manifest": "Keys of manifests", "project": "Keys of bmeconf.yaml"}
TYPES = {
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
    "array": "list",
    "object": "block",
    "null": "null",
}
CODE = ("One of", "Default", "Example")
"""Facts that are written as they stand in a file."""
ANY = "NAME"
"""What stands in a path for a key that the user chooses."""
BOUNDS = {
    "minimum": "at least {}",
    "maximum": "at most {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} members",
    "maxItems": "at most {} members",
}


def of_files() -> Iterator[Topic]:
    """A topic for each key, in the order of the schemas: `campaigns.subject`."""
    for name, group in FILES.items():
        schema = load_schema(name)
        yield from _keys(schema, schema["$defs"], "", group)


def _keys(schema: Schema, defs: Schema, path: str, group: str) -> Iterator[Topic]:
    required = schema.get("required", ())
    rest = schema.get("additionalProperties")
    chosen = {ANY: rest} if isinstance(rest, Mapping) and path else {}
    for key, raw in {**schema.get("properties", {}), **chosen}.items():
        value = _resolved(raw, defs)
        name = f"{path}.{key}" if path else key
        words = (value.get(each, "").rstrip(".") for each in ("title", "description"))
        text = "".join(f"{each}. " for each in words if each).rstrip()
        yield Topic(name, "field", group, text, tuple(_facts(value, defs, key in required)))
        if key != "lint":
            # Its keys are codes.
            below = _resolved(value.get("items", value), defs)
            yield from _keys(below, defs, name, group)


def _resolved(schema: Schema, defs: Schema) -> Schema:
    """A schema with what it refers to and consists of; its own words come first."""
    reference = schema.get("$ref")
    parts = [*schema.get("allOf", ()), *([defs[reference.rpartition("/")[2]]] if reference else [])]
    found: Schema = {}
    for part in parts:
        found = {**found, **_resolved(part, defs)}
    return {**found, **schema}


def _facts(schema: Schema, defs: Schema, required: bool) -> Iterator[tuple[str, str]]:
    yield "Type", _type(schema, defs)
    yield from [("Needed", "yes")] if required else []
    values = schema.get("enum", [schema["const"]] if "const" in schema else [])
    if values:
        yield "One of", ", ".join(_shown(value) for value in values)
    bounds = [words.format(schema[key]) for key, words in BOUNDS.items() if key in schema]
    if bounds:
        yield "Bounds", ", ".join(bounds)
    if "default" in schema:
        yield "Default", _shown(schema["default"])
    for example in schema.get("examples", ())[:1]:
        yield "Example", _shown(example)


def _type(schema: Schema, defs: Schema) -> str:
    types = schema.get("type", "string" if "enum" in schema else "object")
    names = [TYPES[each] for each in ([types] if isinstance(types, str) else types)]
    if "items" in schema and "list" in names:
        member = _type(_resolved(schema["items"], defs), defs)
        names[names.index("list")] = f"list of {member}s" if member in ("text", "block") else "list"
    return " or ".join(names)


def _shown(value: Any) -> str:
    """A value as YAML takes it, on one line."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def keys_page() -> str:
    """The page `keys`, in Markdown: every key of the files, as their schemas have it."""
    lines = [
        "# Keys of the files",
        "",
        "Made from the schemas: `bmeconf schema` prints them whole.",
    ]
    group = ""
    for topic in of_files():
        if topic.group != group:
            group = topic.group
            lines += ["", f"## {group}"]
        facts = (_line(label, text) for label, text in topic.facts)
        lines += ["", f"### `{topic.name}`", "", topic.text, "", *(f"- {fact}" for fact in facts)]
    return "\n".join(lines) + "\n"


def _line(label: str, text: str) -> str:
    return f"{label.lower()}: " + (f"`{text}`" if label in CODE else text)
