"""The published schemas: valid in themselves, complete for editors, true in their examples."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bmeconf import model
from bmeconf.mail import lint
from bmeconf.model.errors import InvalidInput
from bmeconf.project import load_schema, schema_names, schema_text

NAMES = ("manifest", "project")


def subschemas(schema: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every place of a schema that describes a value, with the path to it."""
    if not isinstance(schema, dict):
        return
    yield path, schema
    for group in ("properties", "$defs"):
        for name, below in schema.get(group, {}).items():
            yield from subschemas(below, f"{path}/{group}/{name}")
    for keyword in ("items", "additionalProperties", "propertyNames"):
        yield from subschemas(schema.get(keyword), f"{path}/{keyword}")


ALL = [
    pytest.param(name, path, part, id=f"{name}{path}")
    for name in NAMES
    for path, part in subschemas(load_schema(name))
]


@pytest.mark.parametrize("name", NAMES)
def test_is_a_valid_schema_in_ascii(name: str) -> None:
    Draft202012Validator.check_schema(load_schema(name))
    assert schema_text(name).isascii()
    assert schema_text(name).endswith("}\n")


@pytest.mark.parametrize(("name", "path", "part"), ALL)
def test_each_part_is_closed_and_has_true_examples_and_words_for_an_editor(
    name: str, path: str, part: dict[str, Any]
) -> None:
    definitions = load_schema(name)["$defs"]
    checker = Draft202012Validator({**part, "$defs": definitions})
    for example in part.get("examples", []):
        assert [error.message for error in checker.iter_errors(example)] == []
    shown = part | definitions.get(part.get("$ref", "").rpartition("/")[2], {})
    assert {"title", "description", "examples"} <= shown.keys()
    assert "properties" not in part or part["additionalProperties"] is False
    assert ("pattern" in part) == ("patternErrorMessage" in part)


def test_every_document_has_its_schema() -> None:
    formats = [value for name, value in vars(model).items() if name.endswith("_FORMAT")]
    assert len(formats) >= 6
    for format in formats:
        kind = re.fullmatch(r"bmeconf\.(\w+)/1", format)
        assert kind
        schema = load_schema(kind[1])
        Draft202012Validator.check_schema(schema)
        assert schema["properties"]["format"]["const"] == format


def test_an_unknown_schema() -> None:
    assert set(NAMES) <= set(schema_names())
    with pytest.raises(InvalidInput, match='no schema "nothing"'):
        schema_text("nothing")


def test_heavy_libraries_are_imported_late() -> None:
    program = (
        "import sys, json;"
        "import bmeconf.desired.manifest, bmeconf.desired.validate, bmeconf.project.settings;"
        "print(json.dumps([n for n in ('yaml', 'jsonschema', 'requests') if n in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert json.loads(ran.stdout) == []


def test_levels_of_lint_are_those_of_its_codes() -> None:
    words = {code: entry.finds for code, entry in lint.CODES.items()}
    aside = {"dead_seed", "empty_audience", "undeclared_schedule"}
    for name, others in (("project", aside), ("manifest", {"reason"})):
        listed = load_schema(name)["$defs"]["lint"]["properties"]
        assert listed.keys() == words.keys() | others
        assert {code: listed[code]["description"] for code in words} == words
