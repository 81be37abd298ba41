"""The JSON Schemas that come with bmeconf, as text and as data.

They stand in `schemas/` at the root of the repository, where editors point at them, and inside
the package once it is installed from a wheel; both places are looked at.
"""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

from bmeconf.model.errors import InvalidInput

SUFFIX = ".schema.json"


def names() -> tuple[str, ...]:
    """The schemas there are: `manifest`, `project` and so on, sorted."""
    folder = resources.files("bmeconf") / "schemas"
    if not folder.is_dir():
        folder = _checkout()
    found = (entry.name for entry in folder.iterdir() if entry.name.endswith(SUFFIX))
    return tuple(sorted(name.removesuffix(SUFFIX) for name in found))


def text(name: str) -> str:
    """The schema `name` as it is published; InvalidInput where there is none of that name."""
    packaged = resources.files("bmeconf") / "schemas" / f"{name}{SUFFIX}"
    source = packaged if packaged.is_file() else _checkout() / f"{name}{SUFFIX}"
    if name not in names():
        raise InvalidInput(f'there is no schema "{name}"', f"there are: {', '.join(names())}")
    return source.read_text(encoding="utf-8")


def load(name: str) -> dict[str, Any]:
    """The schema `name` as data."""
    schema: dict[str, Any] = json.loads(text(name))
    return schema


def _checkout() -> Path:
    return Path(__file__).resolve().parent.parent.parent / "schemas"
