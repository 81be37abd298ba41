"""Seed contacts: read by batched search, written by read-modify-write (API contract 4.2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bmeconf.kinds.base import Kind
from bmeconf.model import (
    CONTACTS,
    LISTS,
    Address,
    Fields,
    canonical_email,
    canonical_name,
    canonical_text,
)


class Contacts(Kind):
    name = CONTACTS
    identity = "email"

    def declared(self, spec: Mapping[str, Any]) -> Fields:
        fields: dict[str, Any] = {"email": canonical_email(spec["email"])}
        if "fields" in spec:
            fields["fields"] = {
                canonical_name(label): canonical_text(value)
                for label, value in (spec["fields"] or {}).items()
            }
        if "lists" in spec:
            fields["lists"] = tuple(
                sorted({Address(LISTS, canonical_name(name)) for name in spec["lists"] or ()})
            )
        if "tags" in spec:
            fields["tags"] = tuple(sorted({canonical_name(tag) for tag in spec["tags"] or ()}))
        if spec.get("status"):
            fields["status"] = spec["status"]
        return fields
