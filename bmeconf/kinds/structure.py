"""The contact structure: the fields and tags that contacts may use (API contract 4.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.api import Raw, ReadApi, WriteApi, Written
from bmeconf.kinds.base import Managed, blocked
from bmeconf.kinds.capabilities import PartialSets, Singleton
from bmeconf.kinds.id_map import IdMap, label_of, set_of
from bmeconf.model import (
    STRUCTURE,
    Call,
    Change,
    Fields,
    Finding,
    Resource,
    Value,
    canonical_name,
    nested,
)
from bmeconf.model.errors import InvalidInput, LossyWrite, Rejected, ReplyUnreadable

PATH = "/api/contact-structure"
VALUES = ("type", "required")
"""The keys of a field, beside its label."""
DOCUMENTED = ("label", "keyName", "keyType", "fields", "tags", "__v")
READ_ONLY = ("_id", "id", "createdAt", "updatedAt")


class Structure(Singleton, PartialSets):
    """Additive: a declared field or tag must exist, what is not declared stays.

    There is one in use per run, and a key cannot create another (API contract 4.1).
    """

    name = STRUCTURE
    noun = "structure"
    identity = "label"
    root = PATH
    sets = frozenset({"tags"})
    shapes = MappingProxyType(
        {
            "label": canonical_name,
            "fields": lambda entries: {
                canonical_name(entry["label"]): {k: entry[k] for k in VALUES if k in entry}
                for entry in entries
            },
            "tags": set_of(canonical_name),
        }
    )

    def declared(self, spec: Mapping[str, Any]) -> Fields:
        return super().declared({key: value for key, value in spec.items() if value})

    def called(self, raw: Raw) -> str:
        return label_of(raw)

    def live_fields(self, raw: Raw, id_map: IdMap) -> Fields:
        return {
            "label": self.key(raw),
            "fields": {
                label: {
                    "type": replies.text_of(f.get("dataType")) or "text",
                    "required": f.get("required") is True,
                }
                for label, f in IdMap(raw).fields.items()
            },
            "tags": tuple(sorted(IdMap(raw).tags)),
        }

    def pin_content(self, raw: Raw) -> Any:
        return {key: raw.get(key) for key in ("label", "keyName", "keyType", "fields", "tags")}

    def part(self, field: str, declared: Value, live: Value, managed: Managed) -> Value:
        if field == "fields":
            return {
                label: {k: v for k, v in live[label].items() if k in values}
                for label, values in declared.items()
                if label in live
            }
        if field in self.sets:
            return tuple(member for member in live if member in declared)
        return super().part(field, declared, live, managed)

    def refusal(
        self, desired: Resource, live: Resource, changes: Sequence[Change]
    ) -> Finding | None:
        for change in changes:
            if change.path[0] == "fields" and change.path[2:] == ("type",):
                return blocked(
                    desired,
                    f"field {change.path[1]} is of type {change.before} and cannot become"
                    f" {change.after}: the values that contacts hold could be lost",
                    "declare the type it has, or add a field under another label",
                )
        return None

    def rows(self, api: ReadApi, id_map: IdMap, wanted: Sequence[Resource]) -> Sequence[Raw]:
        return api.listing(PATH)

    def enforces(self, changes: Sequence[Change]) -> bool:
        return False

    def pick(self, rows: Sequence[Raw], wanted: Sequence[Resource]) -> Raw:
        if not rows:
            raise ReplyUnreadable("the account shows no contact structure; every account has one")
        labels = ", ".join(repr(self.key(row)) for row in rows)
        declared = wanted[0] if wanted else None
        label = declared.fields.get("label") if declared else None
        if declared and (declared.id or label):
            by_id = [row for row in rows if replies.id_of(row) == declared.id]
            matching = by_id if declared.id else [row for row in rows if self.key(row) == label]
            if len(matching) != 1:
                how = f"id {declared.id}" if declared.id else f"label {label!r}"
                raise InvalidInput(
                    f"{declared.intent.place or 'structure'}: structure: {len(matching)} contact"
                    f" structures of the account have the {how}; it has {labels}",
                    "name one that exists; an API key cannot create a structure",
                )
            return matching[0]
        if len(rows) > 1:
            raise InvalidInput(
                f"the account has {len(rows)} contact structures: {labels}",
                "say which one is meant: structure: {label: ...} in a manifest",
            )
        return rows[0]

    def update_calls(self, id_map: IdMap, id: str, changes: Sequence[Change]) -> Sequence[Call]:
        path = self.path(id_map, id)
        # Read once more afterwards: the ids of what is new are needed by the contacts.
        return (Call("GET", path), Call("PUT", path), Call("GET", path))

    def update(self, api: WriteApi, id_map: IdMap, raw: Raw, changes: Sequence[Change]) -> Written:
        body = _replaced(raw, changes)
        path = self.path(id_map, replies.id_of(raw))
        try:
            api.send("PUT", path, body)
        except Rejected as error:
            # All of it goes back, but for what is not documented and the API refuses to take.
            known = {key: value for key, value in body.items() if key in DOCUMENTED}
            if not any(error.names_field(key) for key in body.keys() - known.keys()):
                raise
            api.send("PUT", path, known)
        kept = self.fetch(api, id_map, replies.id_of(raw))
        for key in ("fields", "tags"):
            ids = {part["_id"] for part in body[key] if "_id" in part}
            if ids - set(replies.ids_of(kept, key) or ()):
                raise LossyWrite(f"PUT {path}: the API did not keep the {key} of the structure")
        return Written(replies.id_of(raw), read=kept)


def _replaced(raw: Raw, changes: Sequence[Change]) -> dict[str, Any]:
    """The whole structure with `changes` made.

    The PUT replaces everything: what is left out is lost, with the values that contacts hold.

    Raises:
        ReplyUnreadable: where `raw` does not show everything that must go back.
    """
    for key in ("fields", "tags"):
        if not isinstance(raw.get(key), list):
            raise replies.hidden("structure", key)
    after = nested(changes)
    fields = [dict(field) for field in replies.objects_of(raw.get("fields"), "fields")]
    for label, declared in after.get("fields", {}).items():
        known = next((field for field in fields if label_of(field) == label), None)
        if known is not None:
            known.update({k: v for k, v in declared.items() if k == "required"})
            continue
        kind, required = declared.get("type", "text"), declared.get("required", False)
        fields.append({"label": label, "dataType": kind, "required": required})
    tags = [dict(tag) for tag in replies.objects_of(raw.get("tags"), "tags")]
    tags += [{"label": tag} for tag in after.get("tags", ()) if tag not in IdMap(raw).tags]
    label = {"label": after["label"]} if "label" in after else {}
    kept = {key: value for key, value in raw.items() if key not in READ_ONLY}
    return replies.versioned({**kept, **label, "fields": fields, "tags": tags}, raw)
