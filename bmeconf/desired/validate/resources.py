"""Sound entries -> the desired Snapshot: canonical fields from the kinds, and the intent. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bmeconf.desired.validate import references, times
from bmeconf.desired.validate.entries import ManifestEntry, places
from bmeconf.desired.validate.rules import Texts, threshold
from bmeconf.kinds import KINDS
from bmeconf.model import Address, Intent, Resource, Schedule, Snapshot, canonical_name


def snapshot(entries: Sequence[ManifestEntry], texts: Texts) -> Snapshot:
    """The resources of all sound entries, sorted by address; of two at one address the first.

    The entries are sorted by place.
    """
    declared = references.by_name(entries)
    found: dict[Address, Resource] = {}
    for entry in entries:
        if entry.sound:
            address = references.address(entry, declared)
            fields = KINDS[entry.kind].declared(_with_contents(entry, texts))
            resource = Resource(
                address, MappingProxyType(dict(fields)), id=entry.id, intent=_intent(entry)
            )
            found.setdefault(address, resource)
    return Snapshot(dict(sorted(found.items())))


def _with_contents(entry: ManifestEntry, texts: Texts) -> Mapping[str, Any]:
    """The data of an entry with `file` replaced by the content of the file."""
    spec = dict(entry.spec)
    for key, name in (("body", "html"), ("plain_text", "text")):
        content = spec.get(key)
        if isinstance(content, Mapping) and "file" in content:
            file = texts.get((entry.file, content["file"]))
            spec[key] = {name: file.text if file else ""}
    return spec


def _intent(entry: ManifestEntry) -> Intent:
    spec, refers = entry.spec, KINDS[entry.kind].refers
    copied = spec.get("copy_of")
    return Intent(
        absent=entry.absent,
        protect=bool(spec.get("protect")),
        renamed_from=tuple(entry.canonical(name) for name in entry.texts("renamed_from")),
        copy_of=Address(refers["copy_of"], canonical_name(copied)) if copied else None,
        merge_of=tuple(
            Address(refers["merge_of"], canonical_name(name)) for name in entry.texts("merge_of")
        ),
        schedule=_schedule(spec.get("schedule")),
        expect=MappingProxyType(
            {metric: threshold(t) or t for metric, t in (spec.get("expect") or {}).items()}
        ),
        place=entry.node.place,
        places=places(entry),
    )


def _schedule(spec: Mapping[str, Any] | None) -> Schedule | None:
    at = times.instant(spec["at"]) if spec else None
    return Schedule(at, spec.get("owner"), spec.get("note")) if spec and at else None
