"""The contact structure: the fields and tags that contacts may use (API contract 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bmeconf.kinds.base import Kind
from bmeconf.model import STRUCTURE, Fields, canonical_name


class Structure(Kind):
    """Additive: a declared field or tag must exist, what is not declared stays."""

    name = STRUCTURE
    identity = "label"

    def declared(self, spec: Mapping[str, Any]) -> Fields:
        fields: dict[str, Any] = {}
        if spec.get("fields"):
            fields["fields"] = {
                canonical_name(entry["label"]): {
                    key: entry[key] for key in ("type", "required") if key in entry
                }
                for entry in spec["fields"]
            }
        if spec.get("tags"):
            fields["tags"] = tuple(sorted({canonical_name(tag) for tag in spec["tags"]}))
        return fields
