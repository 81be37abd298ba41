"""Live resources -> manifest entries. Pure.

Only fields that are set are written. A field that is empty in the account is left out, and so
is not managed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from bmeconf.kinds import KINDS, IdMap, Singleton
from bmeconf.model import Address, CampaignStatus, Resource, stamp

CONTENTS = {"body": ".html", "plain_text": ".txt"}
"""Fields that get files of their own, and the suffix of these."""
ADDRESSING = ("from", "from_name", "subject", "preview_text", "reply_to")
Path = tuple[str | int, ...]
"""The way to a value inside an entry: keys and indexes."""


@dataclass(frozen=True)
class PulledEntry:
    """One resource as a manifest has it: plain data, in the order in which a person writes it.

    `contents` are bodies by field; `spec` has None in their places.
    """

    address: Address
    spec: Mapping[str, Any]
    contents: Mapping[str, str] = field(default_factory=dict)


def entry_of(resource: Resource, id_map: IdMap, several: bool) -> PulledEntry:
    """The entry of one live resource.

    `several` says that the account has more than one contact structure: then the structure needs
    its id.
    """
    kind, fields = resource.address.kind, resource.fields
    if isinstance(KINDS[kind], Singleton):
        return PulledEntry(resource.address, _structure(resource, several))
    spec: dict[str, Any] = {KINDS[kind].identity: _literal(resource.address.name)}
    if resource.address.id:
        spec["id"] = resource.id
    for key in ADDRESSING:
        value = fields.get(key)
        if value:
            is_list = isinstance(value, tuple)
            spec[key] = [_literal(each) for each in value] if is_list else _literal(value)
    if fields.get("fields"):
        values = fields["fields"]
        spec["fields"] = {k: _literal(values[k]) for k in id_map.fields if k in values}
    contents = {key: str(fields[key]) for key in CONTENTS if fields.get(key)}
    spec |= dict.fromkeys(contents)
    if fields.get("lists"):
        spec["lists"] = [_literal(address.name) for address in fields["lists"]]
    if fields.get("tags"):
        spec["tags"] = [_literal(tag) for tag in fields["tags"] if tag in id_map.tags]
    if fields.get("status"):
        spec["status"] = fields["status"]
    return PulledEntry(resource.address, {**spec, **_schedule(resource)}, contents)


def _structure(resource: Resource, several: bool) -> dict[str, Any]:
    fields = resource.fields
    spec: dict[str, Any] = {}
    if several:
        spec |= {"id": resource.id, "label": _literal(fields["label"])}
    if fields["fields"]:
        spec["fields"] = [
            {"label": _literal(name), "type": _literal(f["type"]), "required": f["required"]}
            for name, f in fields["fields"].items()
        ]
    if fields["tags"]:
        spec["tags"] = [_literal(tag) for tag in fields["tags"]]
    return spec


def _schedule(resource: Resource) -> Mapping[str, Any]:
    """The time of a campaign that somebody scheduled, so that drift can prove it still is."""
    if resource.facts.get("status") != CampaignStatus.SCHEDULED:
        return {}
    try:
        at = datetime.fromisoformat(str(resource.facts.get("scheduled_at")))
    except ValueError:
        return {}
    return {"schedule": {"at": stamp(at if at.tzinfo else at.replace(tzinfo=UTC))}}


def _literal(text: str) -> str:
    """A text that a manifest reads as `text`: `${...}` in it is no variable."""
    return with_line_ends(text).replace("${", "$${")


def with_line_ends(text: str) -> str:
    """A text that reading brings back to `text`."""
    # Reading makes one LF of a CR and an LF, so that two CRs are needed to keep one.
    return text.replace("\n", "\r\n") if "\r\n" in text else text


def texts(value: Any, path: Path = ()) -> Iterator[tuple[Path, str]]:
    """Every text in an entry's data with its path, keys of inner blocks included."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if path:
                yield (*path, key), key
            yield from texts(inner, (*path, key))
    elif isinstance(value, Sequence):
        for index, inner in enumerate(value):
            yield from texts(inner, (*path, index))
