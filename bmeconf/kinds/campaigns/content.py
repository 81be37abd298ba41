"""The content of a campaign: what manifests declare of it, and what requests carry. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bmeconf.kinds.id_map import IdMap
from bmeconf.model import Fields, Template, Value

TEXTS = {"from_name": "fromName", "subject": "subject", "preview_text": "previewText"}
CONTENTS = {"body": "body", "plain_text": "plainTextBody"}
KEYS = {"name": "name", "from": "from", "reply_to": "replyToAddresses", **TEXTS, **CONTENTS}
"""Manifest field -> API field; `lists` goes beside them, as ids."""


def canonical(text: str | None) -> str | None:
    """A body as comparison sees it: LF line ends, outer blanks trimmed, empty is None."""
    return (text or "").replace("\r\n", "\n").strip() or None


def declared(spec: Mapping[str, Any] | None) -> Value:
    """A manifest's `body` as a field value: its HTML, or the template that has it."""
    if spec is None:
        return None
    if "template" in spec:
        return Template(spec["template"]["name"], spec["template"]["lang"])
    return canonical(spec["html"])


def written(fields: Fields, id_map: IdMap) -> dict[str, Any]:
    """What a create or an update sends for `fields`; an empty text clears."""
    body: dict[str, Any] = {}
    for key, value in fields.items():
        if key == "lists":
            body["lists"] = [id_map.require(address) for address in value]
            body["contactStructureId"] = id_map.structure_id
        elif key == "reply_to":
            body[KEYS[key]] = list(value)
        else:
            body[KEYS[key]] = "" if value is None else value
    return body
