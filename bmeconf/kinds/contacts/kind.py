"""Seed contacts: read by batched search, written by read-modify-write (API contract 4.2)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.api import Raw, ReadApi, WriteApi, Written
from bmeconf.kinds.base import Managed, blocked
from bmeconf.kinds.capabilities import (
    Batched,
    Member,
    NaturalKey,
    PartialSets,
    Personal,
    Searched,
    Touch,
    Traceable,
    Unique,
    UsesLabels,
)
from bmeconf.kinds.contacts import reading, writing
from bmeconf.kinds.contacts.writing import PATH
from bmeconf.kinds.id_map import IdMap, list_address, set_of
from bmeconf.model import (
    CONTACTS,
    LISTS,
    NOTHING,
    Call,
    Change,
    Fields,
    Finding,
    Intent,
    Resource,
    Value,
    canonical_email,
    canonical_name,
    canonical_text,
    dotted,
    spellings,
    written_email,
)
from bmeconf.model.errors import Rejected

STATUS = ("status",)
UNTOUCHABLE = ("Bounce", "Complaint-FBL")


class Contacts(
    Searched, NaturalKey, Unique, Personal, Member, UsesLabels, PartialSets, Batched, Traceable
):
    """Exact over the lists and tags that manifests name; everything else on a contact stays."""

    name = CONTACTS
    noun = "contact"
    identity = "email"
    root = PATH
    sets = frozenset({"lists", "tags"})
    shapes = MappingProxyType(
        {
            "email": written_email,
            "fields": lambda values: {
                canonical_name(label): canonical_text(value)
                for label, value in (values or {}).items()
            },
            "lists": set_of(list_address),
            "tags": set_of(canonical_name),
            "status": str,
        }
    )
    refers = MappingProxyType({"lists": LISTS})
    emails = ("email", "renamed_from")
    shown_as = "key"
    membership = "lists"
    finishes = frozenset({"status", "tags"})

    def written(self, text: str) -> str:
        return written_email(text)

    def stored(self, raw: Raw) -> str:
        key = replies.key_of(raw, self.shown_as, "the contact").strip()
        return key if key.lower() == self.called(raw) else self.called(raw)

    def spellings(self, text: str) -> tuple[str, ...]:
        return spellings(text)

    def canonical(self, text: str) -> str:
        return canonical_email(text)

    def key(self, raw: Raw) -> str:
        return canonical_email(replies.key_of(raw, self.shown_as, "the contact"))

    def live_fields(self, raw: Raw, id_map: IdMap) -> Fields:
        fields: dict[str, Any] = {"email": self.called(raw)}
        if "fields" in raw:
            fields["fields"] = writing.values(raw, id_map)
        sets = ("lists", id_map.lists_of(raw)), ("tags", id_map.tags_of(raw))
        for key, value in (*sets, ("status", replies.status_of(raw)[0])):
            if value is not None:
                fields[key] = value
        return fields

    def facts(self, raw: Raw, id_map: IdMap) -> Mapping[str, Any]:
        _, secondary = replies.status_of(raw)
        return {"sub_status": secondary} if secondary else NOTHING

    def pin_content(self, raw: Raw) -> Any:
        fields = replies.objects_of(raw.get("fields"), "the fields of a contact")
        values = {str(f.get("_id")): replies.text_of(f.get("value")) for f in fields}
        primary, secondary = replies.status_of(raw)
        return {
            "key": self.key(raw),
            "fields": {id: value for id, value in values.items() if value},
            "lists": sorted(replies.ids_of(raw, "lists") or ()),
            "tags": sorted(replies.ids_of(raw, "tags") or ()),
            # An Active contact may carry a secondary status, or not: it says nothing.
            "status": [primary, secondary] if primary == "Inactive" else [primary],
        }

    def part(self, field: str, declared: Value, live: Value, managed: Managed) -> Value:
        if field == "fields":
            # An empty mapping clears: then every value that is there counts.
            return {label: live.get(label) for label in declared or live}
        if field in self.sets:
            exact: Collection[Value] = managed.lists if field == "lists" else managed.tags
            return tuple(member for member in live if member in exact or member in declared)
        return super().part(field, declared, live, managed)

    def exact_over(self, change: Change, managed: Managed) -> Collection[Value] | None:
        own = super().exact_over(change, managed)
        everywhere = {"lists": managed.lists, "tags": managed.tags}
        return None if own is None else {*own, *everywhere[change.path[0]]}

    def enforces(self, changes: Sequence[Change]) -> bool:
        # A status goes in a PATCH of its own, without a version.
        return any(change.path != STATUS for change in changes)

    def refusal(
        self, desired: Resource, live: Resource, changes: Sequence[Change]
    ) -> Finding | None:
        secondary = live.facts.get("sub_status")
        if secondary in UNTOUCHABLE:
            return blocked(
                desired,
                f"the service made this contact Inactive ({secondary}); it is left as it is",
                "use another seed address, or declare only what holds: status: Inactive",
            )
        if any(c.path == STATUS and c.after == "Active" for c in changes):
            return blocked(
                desired,
                f"is Inactive ({secondary or 'no reason given'}) and cannot be made Active:"
                " only the person can opt in again",
                "opt in with a form of the account, or declare status: Inactive",
            )
        merged = live.facts.get("merged", ())
        if kept := [each for c in changes if c.path[0] in merged for each in _removed(c)]:
            return blocked(
                desired,
                f"cannot lose {', '.join(kept)}: to these parts of a contact the API of this"
                " account only adds, as an earlier apply has found",
                "take it away in the web app, or declare it; if the API does take it away by"
                ' now, remove "merged" from bmeconf.lock.json',
            )
        return None

    def unreached(self, desired: Resource, live: Resource) -> str:
        primary, secondary = live.fields.get("status"), live.facts.get("sub_status")
        stopped = primary not in (None, "Active") or secondary in UNTOUCHABLE
        meant = desired.fields.get("status") == "Inactive"
        reason = f" ({secondary})" if secondary else ""
        return f"{primary or 'Inactive'}{reason}" if stopped and not meant else ""

    def usage(self, live: Resource) -> str:
        lists = live.fields.get("lists", ())
        return "on " + ", ".join(a.name or f"#{a.id}" for a in lists) if lists else ""

    # --- reading

    def rows(self, api: ReadApi, id_map: IdMap, wanted: Sequence[Resource]) -> Sequence[Raw]:
        # Also the own address of a pinned contact, which another may have by now.
        keys = {key for r in wanted for key in (*self.match_keys(r), *r.intent.spelled)}
        calls: list[Callable[[], Any]] = [partial(self.reread, api, id_map, sorted(keys))]
        calls += [partial(self._pinned, api, id_map, r) for r in wanted if r.id]
        found, *pinned = api.together(calls)
        return list({**found, **{replies.id_of(row): row for row in pinned if row}}.values())

    def _pinned(self, api: ReadApi, id_map: IdMap, resource: Resource) -> Raw | None:
        try:
            found = self.fetch(api, id_map, resource.id)
        except Rejected as error:
            if error.status not in (400, 404):
                raise
            return None
        # A contact of another structure is none of this run's: its fields have other ids.
        here = found.get("contactStructureId", id_map.structure_id) == id_map.structure_id
        return found if here else None

    def reread(self, api: ReadApi, id_map: IdMap, keys: Sequence[str]) -> Mapping[str, Raw]:
        # A search may tell capitals apart (API contract 6, question 18).
        asked: dict[str, set[str]] = {}
        for key in keys:
            forms = self.spellings(key)
            asked.setdefault(forms[0], {*forms}).add(key.strip())
        found = reading.by_email(api, id_map, asked, self.key)
        return {replies.id_of(row): row for row in found}

    def batch_price(self, count: int, batch: int) -> int:
        return -(-count // batch)

    def last_write(self, api: ReadApi, id: str) -> Touch | None:
        return reading.last_write(api.get(f"{PATH}/{id}/events", reading.EVENTS))

    # --- writing

    def create_calls(self, id_map: IdMap, fields: Fields, intent: Intent) -> Sequence[Call]:
        inactive = fields.get("status") == "Inactive"
        return [Call("POST", PATH), *([Call("PATCH", f"{PATH}/{{id}}")] if inactive else [])]

    def create(self, api: WriteApi, id_map: IdMap, fields: Fields, intent: Intent) -> Written:
        id = replies.id_of(writing.create(api, id_map, fields))
        if fields.get("status") == "Inactive":
            writing.unsubscribe(api, id)
        return Written(id)

    def update_calls(self, id_map: IdMap, id: str, changes: Sequence[Change]) -> Sequence[Call]:
        path = self.path(id_map, id)
        calls = [Call("GET", path)]
        if self.enforces(changes):
            calls.append(Call("PUT", path))
        if any(change.path == STATUS for change in changes):
            calls.append(Call("PATCH", path))
        return calls

    def update(self, api: WriteApi, id_map: IdMap, raw: Raw, changes: Sequence[Change]) -> Written:
        if kept := [change for change in changes if change.path != STATUS]:
            writing.replace(api, id_map, raw, kept)
        if len(kept) < len(changes):
            writing.unsubscribe(api, replies.id_of(raw))
        return Written(replies.id_of(raw))


def _removed(change: Change) -> list[str]:
    """What a change takes away, in words: members of a set, or a value."""
    if isinstance(change.before, tuple):
        return sorted(map(str, {*change.before} - {*(change.after or ())}))
    return [dotted(change.path)] if change.after is None else []
