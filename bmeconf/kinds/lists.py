"""Contact lists: a name, and the contacts on them (API contract 4.3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bmeconf.kinds.base import Kind
from bmeconf.model import LISTS, Fields, canonical_name


class Lists(Kind):
    name = LISTS
    identity = "name"

    def declared(self, spec: Mapping[str, Any]) -> Fields:
        return {"name": canonical_name(spec["name"])}
