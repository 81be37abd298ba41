"""Draft campaigns: content, sender and recipients; only drafts are written (API contract 4.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bmeconf.kinds.base import Kind
from bmeconf.model import (
    CAMPAIGNS,
    LISTS,
    Address,
    Fields,
    Template,
    Value,
    canonical_email,
    canonical_name,
    canonical_text,
)

TEXTS = ("from_name", "subject", "preview_text")


class Campaigns(Kind):
    name = CAMPAIGNS
    identity = "name"

    def declared(self, spec: Mapping[str, Any]) -> Fields:
        fields: dict[str, Any] = {"name": canonical_name(spec["name"])}
        if "from" in spec:
            fields["from"] = canonical_email(spec["from"] or "") or None
        for key in TEXTS:
            if key in spec:
                fields[key] = canonical_text(spec[key])
        if "reply_to" in spec:
            fields["reply_to"] = tuple(sorted({canonical_email(a) for a in spec["reply_to"] or ()}))
        if "body" in spec:
            fields["body"] = _body(spec["body"])
        if "plain_text" in spec:
            fields["plain_text"] = canonical_content((spec["plain_text"] or {}).get("text"))
        if "lists" in spec:
            fields["lists"] = tuple(
                sorted({Address(LISTS, canonical_name(name)) for name in spec["lists"] or ()})
            )
        return fields


def canonical_content(text: str | None) -> str | None:
    """A body as comparison sees it: LF line ends, outer blanks trimmed, empty is None."""
    return (text or "").replace("\r\n", "\n").strip() or None


def _body(spec: Mapping[str, Any] | None) -> Value:
    if spec is None:
        return None
    if "template" in spec:
        return Template(spec["template"]["name"], spec["template"]["lang"])
    return canonical_content(spec["html"])
