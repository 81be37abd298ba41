"""Our own documents, read back: whether they have the shape that their schema promises. Pure."""

from __future__ import annotations

from typing import Any

from bmeconf.project import schemas


def flaw(document: Any, name: str) -> str:
    """The first thing wrong with a document by the schema `name`, empty where nothing is."""
    from jsonschema import Draft202012Validator
    from jsonschema.exceptions import best_match

    error = best_match(Draft202012Validator(schemas.load(name)).iter_errors(document))
    return f"{error.json_path}: {error.message[:200]}" if error else ""
