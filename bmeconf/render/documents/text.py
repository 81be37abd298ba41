"""A document as it is printed. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from bmeconf.model.errors import masked


def text(document: Mapping[str, Any]) -> str:
    """Indented JSON, ASCII only, with one line end and no API key."""
    return masked(json.dumps(document, indent=2, ensure_ascii=True)) + "\n"
