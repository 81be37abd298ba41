"""The JSON Schemas that bmeconf publishes, as text and as data.

They lie in `schemas/` at the root of the repository, where editors point at them, and in the
package once it is installed from a wheel.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from bmeconf.model import did_you_mean
from bmeconf.model.errors import InvalidInput

SUFFIX = ".schema.json"


def schema_names() -> tuple[str, ...]:
    """The names of all schemas: `manifest`, `project` and so on, sorted."""
    names = (entry.name for entry in _folder().iterdir() if entry.name.endswith(SUFFIX))
    return tuple(sorted(name.removesuffix(SUFFIX) for name in names))


def schema_text(name: str) -> str:
    """A schema as it is published; raises InvalidInput: there is none of this name."""
    names = schema_names()
    if name not in names:
        hint = did_you_mean(name, names)
        raise InvalidInput(f'there is no schema "{name}"{hint}', f"there are: {', '.join(names)}")
    return (_folder() / f"{name}{SUFFIX}").read_text(encoding="utf-8")


def load_schema(name: str) -> dict[str, Any]:
    """A schema as data."""
    schema: dict[str, Any] = json.loads(schema_text(name))
    return schema


def _folder() -> Path:
    package = Path(__file__).resolve().parent.parent
    packaged = package / "schemas"
    return packaged if packaged.is_dir() else package.parent / "schemas"
