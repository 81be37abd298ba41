"""Live Resources -> manifest entries. Pure.

Only what is set is written: a field that is empty in the account is left out, and so is not
managed. What a manifest cannot say is taken out again, field by field.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from bmeconf.kinds import KINDS
from bmeconf.kinds.id_map import IdMap
from bmeconf.model import (
    CONTACTS,
    LISTS,
    STRUCTURE,
    Address,
    CampaignStatus,
    Finding,
    Resource,
    Value,
    stamp,
)
from bmeconf.model.errors import KEY
from bmeconf.pull.pulled import LeftOut

CONTENTS = {"body": ".html", "plain_text": ".txt"}
ORDER = ("email", "from", "from_name", "subject", "preview_text", "reply_to")


@dataclass(frozen=True)
class PulledEntry:
    """One resource as a manifest has it: plain data, in the order in which a person writes it.

    `contents` are bodies, which get files of their own.
    """

    address: Address
    spec: Mapping[str, Any]
    contents: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Objection:
    """Why what stands at `path` of an entry cannot stay; at the empty path the whole of it."""

    address: Address
    path: tuple[str | int, ...]
    code: str
    message: str
    remedy: str = ""


def entries(
    resources: Iterable[Resource], id_map: IdMap, several: bool
) -> tuple[list[PulledEntry], list[LeftOut]]:
    """What manifests are to say of live resources, and what they cannot refer to.

    `names` are the labels that the structure has; where there are `several` structures, it is
    declared in any case, as a plan has to know which one is meant.
    """
    made: list[PulledEntry] = []
    left: list[LeftOut] = []
    for resource in resources:
        if resource.address.kind == STRUCTURE:
            made.append(PulledEntry(resource.address, _structure(resource, several)))
        else:
            one, beside = _entry(resource, id_map)
            made.append(one)
            left += beside
    if several and not any(each.address.kind == STRUCTURE for each in made):
        made.append(PulledEntry(Address(STRUCTURE), {"id": id_map.structure_id}))
    return made, left


def _entry(resource: Resource, id_map: IdMap) -> tuple[PulledEntry, tuple[LeftOut, ...]]:
    kind, fields = resource.address.kind, resource.fields
    if kind == LISTS:
        return PulledEntry(resource.address, _identity(resource)), ()
    spec = _identity(resource)
    left: list[LeftOut] = []
    for key in ORDER[1:]:
        if fields.get(key):
            spec[key] = _said(fields[key])
    if fields.get("fields"):
        values = fields["fields"]
        spec["fields"] = {k: _line(values[k]) for k in id_map.fields if k in values}
    contents = {key: str(fields[key]) for key in CONTENTS if fields.get(key)}
    spec |= dict.fromkeys(contents)
    if fields.get("lists"):
        reason = _unnameable(fields["lists"])
        if reason:
            left.append(_left(Objection(resource.address, ("lists",), *reason)))
        else:
            spec["lists"] = [_line(address.name) for address in fields["lists"]]
    if fields.get("tags"):
        spec["tags"] = [_line(tag) for tag in fields["tags"] if tag in id_map.tags]
    if kind == CONTACTS and fields.get("status"):
        spec["status"] = fields["status"]
    spec |= _schedule(resource)
    return PulledEntry(resource.address, spec, contents), tuple(left)


def _structure(resource: Resource, several: bool) -> dict[str, Any]:
    fields = resource.fields
    spec: dict[str, Any] = {}
    if several:
        spec |= {"id": resource.id, "label": _line(fields["label"])}
    if fields["fields"]:
        spec["fields"] = [
            {"label": _line(name), "type": _line(f["type"]), "required": f["required"]}
            for name, f in fields["fields"].items()
        ]
    if fields["tags"]:
        spec["tags"] = [_line(tag) for tag in fields["tags"]]
    return spec


def _identity(resource: Resource) -> dict[str, Any]:
    identity = KINDS[resource.address.kind].identity
    spec = {identity: _line(resource.address.name)}
    return {**spec, "id": resource.id} if resource.address.id else spec


def _schedule(resource: Resource) -> Mapping[str, Any]:
    """The time of a campaign that somebody scheduled, so that drift can prove it still is."""
    if resource.facts.get("status") != CampaignStatus.SCHEDULED:
        return {}
    try:
        at = datetime.fromisoformat(str(resource.facts.get("scheduled_at")))
    except ValueError:
        return {}
    return {"schedule": {"at": stamp(at if at.tzinfo else at.replace(tzinfo=UTC))}}


def _unnameable(lists: Iterable[Address]) -> tuple[str, str, str] | None:
    """Why a manifest cannot refer to one of these lists: a code, words, what would mend it."""
    for address in lists:
        if not address.name:
            told = f"lists: names the list {address.id}, which the account does not show"
            return (
                "unknown_list",
                told,
                "save it in the web app with lists that exist",
            )
        if address.id:
            told = f"lists: several lists are called {address.name!r}; no reference can tell which"
            return "ambiguous", told, "rename one of those lists, then pull again"
    return None


def _said(value: Value) -> Any:
    return [_line(each) for each in value] if isinstance(value, tuple) else _line(value)


def _line(text: str) -> str:
    """A text that a manifest reads as `text`: what looks like a variable is none."""
    return kept(text).replace("${", "$${")


def kept(text: str) -> str:
    """A text that comparing brings to `text`."""
    # Reading makes one LF of a CR and an LF, so that two CRs are needed to keep one.
    return text.replace("\n", "\r\n") if "\r\n" in text else text


def _left(objection: Objection) -> LeftOut:
    """An objection as the reader of a pull sees it."""
    told = Finding(
        "warning", objection.code, objection.address, objection.message, objection.remedy
    )
    return LeftOut(told, 0 if objection.path else 1)


# --- what cannot stay


def unsafe(entries: Iterable[PulledEntry]) -> Iterator[Objection]:
    """What must not or cannot be written into any file: API keys, half characters, NULs."""
    for each in entries:
        contents = (((key,), text) for key, text in each.contents.items())
        for path, text in (*texts(each.spec), *contents):
            reason = ""
            if KEY.search(text):
                reason = "holds what looks like an API key"
            elif any("\ud800" <= character <= "\udfff" for character in text):
                reason = "holds half of a character"
            if reason:
                where = f"{path[0]}: " if path else ""
                yield Objection(each.address, path, "unsafe", f"{where}{reason}")


def texts(spec: Mapping[str, Any]) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Every text in an entry, keys of blocks included, with its path."""
    for key, value in spec.items():
        for path, text in _inner(value):
            yield (key, *path), text


def _inner(value: Any) -> Iterator[tuple[tuple[str | int, ...], str]]:
    if isinstance(value, str):
        yield (), value
    elif isinstance(value, Mapping):
        for key, below in value.items():
            yield (key,), key
            for path, text in _inner(below):
                yield (key, *path), text
    elif isinstance(value, Sequence):
        for index, below in enumerate(value):
            for path, text in _inner(below):
                yield (index, *path), text


def without(
    entries: Sequence[PulledEntry], objections: Iterable[Objection]
) -> tuple[list[PulledEntry], list[LeftOut]]:
    """`entries` without what is objected to, and what that was, each thing told of once."""
    cuts: dict[Address, dict[tuple[str | int, ...], Objection]] = {}
    for objection in objections:
        path = _cut(objection)
        found = replace(objection, path=path)
        cuts.setdefault(objection.address, {}).setdefault(path, found)
    kept: list[PulledEntry] = []
    left: list[LeftOut] = []
    for each in entries:
        wrong = cuts.get(each.address, {})
        told = [wrong[()]] if () in wrong else list(wrong.values())
        left += map(_left, told)
        if () not in wrong:
            kept.append(_shortened(each, set(wrong)))
    return kept, left


def _cut(objection: Objection) -> tuple[str | int, ...]:
    """How much has to go: a set is exact, so that it is whole or not there at all."""
    kind, path = objection.address.kind, objection.path
    if kind == STRUCTURE:
        return path[: 0 if path[:1] == ("id",) else 1 if path[:1] == ("label",) else 2]
    if path[:1] in ((), ("id",), (KINDS[kind].identity,)):
        return ()
    return path[:2] if path[:1] == ("fields",) else path[:1]


def _shortened(whole: PulledEntry, cuts: set[tuple[str | int, ...]]) -> PulledEntry:
    spec: dict[str, Any] = {}
    for key, value in whole.spec.items():
        inner = {path[1] for path in cuts if path[0] == key and len(path) > 1}
        if (key,) in cuts:
            continue
        if inner and isinstance(value, Mapping):
            value = {k: v for k, v in value.items() if k not in inner}
        elif inner:
            value = [v for n, v in enumerate(value) if n not in inner]
        if value or not inner:
            spec[key] = value
    return replace(
        whole, spec=spec, contents={k: v for k, v in whole.contents.items() if k in spec}
    )
