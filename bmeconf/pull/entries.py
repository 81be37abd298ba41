"""Live resources -> manifest entries, and entries without what cannot stay in a manifest. Pure.

Only fields that are set are written. A field that is empty in the account is left out, and so
is not managed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bmeconf.desired.manifest import literal
from bmeconf.kinds import KINDS, IdMap, Searched, Singleton, replies
from bmeconf.model import Address, CampaignStatus, Code, Finding, Resource, stamp
from bmeconf.model.errors import KEY
from bmeconf.pull.model import LeftOut

CONTENTS = {"body": ".html", "plain_text": ".txt"}
"""Fields that get files of their own, and the suffix of these."""
ADDRESSING = ("from", "from_name", "subject", "preview_text", "reply_to")
ORDER = (*ADDRESSING, "fields", *CONTENTS, "lists", "tags", "status")
UNSAFE = {
    KEY: "holds what looks like an API key",
    re.compile("[\ud800-\udfff]"): "holds half of a character",
}
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


@dataclass(frozen=True)
class Objection:
    """Why the value at `path` of an entry cannot stay; the empty path means the whole entry."""

    address: Address
    path: Path
    code: Code
    message: str
    remedy: str = ""


def entry_of(resource: Resource, id_map: IdMap, several: bool) -> PulledEntry:
    """The entry of one live resource.

    `several` says that the account has more than one contact structure: then the structure needs
    its id.
    """
    kind, fields = KINDS[resource.address.kind], resource.fields
    if isinstance(kind, Singleton):
        return PulledEntry(resource.address, _structure(resource, several))
    found = isinstance(kind, Searched) and kind.stored(resource.raw)
    name = found or resource.address.name
    spec: dict[str, Any] = {kind.identity: _literal(name)}
    if resource.address.id:
        spec["id"] = resource.id
    for key in ORDER:
        value = fields.get(key)
        if not value:
            continue
        match key:
            case "fields":
                value = {label: value[label] for label in id_map.fields if label in value}
            case "lists":
                value = [address.name for address in value]
            case "tags":
                value = [tag for tag in value if tag in id_map.tags]
        spec[key] = None if key in CONTENTS else _literal(value)
    contents = {key: str(fields[key]) for key in CONTENTS if key in spec}
    return PulledEntry(resource.address, {**spec, **_schedule(resource)}, contents)


def _structure(resource: Resource, several: bool) -> dict[str, Any]:
    fields, tags = resource.fields["fields"], resource.fields["tags"]
    spec: dict[str, Any] = {}
    if several:
        spec |= {"id": resource.id, "label": _literal(resource.fields["label"])}
    if fields:
        spec["fields"] = [
            {"label": _literal(name), "type": _literal(f["type"]), "required": f["required"]}
            for name, f in fields.items()
        ]
    return {**spec, "tags": _literal(tags)} if tags else spec


def _schedule(resource: Resource) -> Mapping[str, Any]:
    """The time of a campaign that somebody scheduled, so that drift can prove it still is."""
    if resource.facts.get("status") != CampaignStatus.SCHEDULED:
        return {}
    at = replies.instant_of(resource.facts.get("scheduled_at"))
    return {"schedule": {"at": stamp(at)}} if at else {}


def _literal(value: Any) -> Any:
    """A value whose texts a manifest reads as they are: `${...}` in them is no variable."""
    if isinstance(value, str):
        return literal(with_line_ends(value))
    if isinstance(value, Mapping):
        return {key: _literal(inner) for key, inner in value.items()}
    return [_literal(each) for each in value]


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


# --- what cannot stay


def unnamed_lists(resources: Iterable[Resource]) -> Iterator[Objection]:
    """Object to lists that no manifest can name."""
    code: Code
    for resource in resources:
        for target in resource.fields.get("lists") or ():
            if not target.name:
                message = f"lists: names the list {target.id}, which the account does not show"
                code, remedy = "unknown_list", "save it in the web app with lists that exist"
            elif target.id:
                several = f"several lists are called {target.name!r}"
                message = f"lists: {several}; no reference can tell which"
                code, remedy = "ambiguous", "rename one of those lists, then pull again"
            else:
                continue
            yield Objection(resource.address, ("lists",), code, message, remedy)


def unsafe(entries: Iterable[PulledEntry]) -> Iterator[Objection]:
    """Object to what must not or cannot stand in any file: API keys, halves of characters."""
    for entry in entries:
        contents = (((key,), text) for key, text in entry.contents.items())
        for path, text in (*texts(entry.spec), *contents):
            for pattern, reason in UNSAFE.items():
                if pattern.search(text):
                    message = f"{path[0]}: {reason}" if path else reason
                    yield Objection(entry.address, path, "unsafe", message)


def without(
    entries: Sequence[PulledEntry], objections: Iterable[Objection]
) -> tuple[list[PulledEntry], list[LeftOut]]:
    """`entries` without the parts that are objected to, and these parts, each named once."""
    by_address: dict[Address, dict[Path, Objection]] = {}
    for objection in objections:
        by_address.setdefault(objection.address, {}).setdefault(_cut(objection), objection)
    kept: list[PulledEntry] = []
    left: list[LeftOut] = []
    for entry in entries:
        cuts = by_address.get(entry.address, {})
        gone = () in cuts
        for objection in [cuts[()]] if gone else cuts.values():
            code, message, remedy = objection.code, objection.message, objection.remedy
            finding = Finding("warning", code, entry.address, message, remedy)
            left.append(LeftOut(finding, resources=int(gone)))
        if not gone:
            kept.append(_shortened(entry, set(cuts)))
    return kept, left


def _cut(objection: Objection) -> Path:
    """How much must go: a set is exact, so that it stays whole or not at all."""
    kind, path = KINDS[objection.address.kind], objection.path
    if isinstance(kind, Singleton):
        return path[: 0 if path[:1] == ("id",) else 1 if path[:1] == ("label",) else 2]
    if path[:1] in ((), ("id",), (kind.identity,)):
        return ()
    return path[:2] if path[:1] == ("fields",) else path[:1]


def _shortened(entry: PulledEntry, cuts: set[Path]) -> PulledEntry:
    spec: dict[str, Any] = {}
    for key, value in entry.spec.items():
        inner = {path[1] for path in cuts if path[0] == key and len(path) > 1}
        if (key,) in cuts:
            continue
        if inner and isinstance(value, Mapping):
            value = {k: v for k, v in value.items() if k not in inner}
        elif inner:
            value = [v for n, v in enumerate(value) if n not in inner]
        if value or not inner:
            spec[key] = value
    contents = {key: text for key, text in entry.contents.items() if key in spec}
    return replace(entry, spec=spec, contents=contents)
