"""Seed contacts: read by batched search, written by read-modify-write (API contract 4.2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.api import ReadApi, WriteApi
from bmeconf.kinds.base import Kind, Managed
from bmeconf.kinds.contacts import body as contact_body
from bmeconf.kinds.id_map import IdMap, declared_lists
from bmeconf.kinds.replies import Raw
from bmeconf.model import (
    CONTACTS,
    LISTS,
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
)
from bmeconf.model.errors import LossyWrite, Rejected

PATH = "/api/contact"
UNSUBSCRIBED = {"status": {"primary": "Inactive", "secondary": "Unsubscribe"}}
SOURCE = ["_id", "key", "fields", "lists", "tags", "contactStatus", "contactSubStatus"]
BATCH = 50
"""Emails per search: one filter group each (API contract 6, question 4)."""
UNTOUCHABLE = ("Bounce", "Complaint-FBL")


class Contacts(Kind):
    """Exact over the lists and tags that manifests name; everything else on a contact stays."""

    name = CONTACTS
    identity = "email"
    sets = frozenset({"lists", "tags"})
    refers = MappingProxyType({"lists": LISTS})
    partial = True
    lags = True
    finishes = frozenset({"status", "tags"})

    def declared(self, spec: Mapping[str, Any]) -> Fields:
        fields: dict[str, Any] = {"email": canonical_email(spec["email"])}
        if "fields" in spec:
            fields["fields"] = {
                canonical_name(label): canonical_text(value)
                for label, value in (spec["fields"] or {}).items()
            }
        if "lists" in spec:
            fields["lists"] = declared_lists(spec["lists"])
        if "tags" in spec:
            fields["tags"] = tuple(sorted({canonical_name(tag) for tag in spec["tags"] or ()}))
        if spec.get("status"):
            fields["status"] = spec["status"]
        return fields

    def canonical(self, text: str) -> str:
        return canonical_email(text)

    def key(self, raw: Raw) -> str:
        return canonical_email(replies.key_of(raw, "key", "the contact"))

    def live_fields(self, raw: Raw, id_map: IdMap) -> Fields:
        fields: dict[str, Any] = {"email": self.key(raw)}
        if "fields" in raw:
            fields["fields"] = contact_body.values(raw, id_map)
        lists = id_map.lists_of(raw)
        if lists is not None:
            fields["lists"] = lists
        tags = replies.ids_of(raw["tags"]) if "tags" in raw else None
        if tags is not None:
            labels = {id: label for label, id in id_map.tags.items()}
            fields["tags"] = tuple(sorted(labels.get(id, f"#{id}") for id in tags))
        status, _ = replies.status_of(raw)
        if status is not None:
            fields["status"] = status
        return fields

    def facts(self, raw: Raw) -> Mapping[str, Any]:
        _, secondary = replies.status_of(raw)
        return {"sub_status": secondary} if secondary else {}

    def pin_content(self, raw: Raw) -> Any:
        fields = replies.objects_of(raw.get("fields"), "the fields of a contact")
        values = {str(f.get("_id")): replies.text_of(f.get("value")) for f in fields}
        primary, secondary = replies.status_of(raw)
        return {
            "key": self.key(raw),
            "fields": {id: value for id, value in values.items() if value},
            "lists": sorted(replies.ids_of(raw.get("lists")) or ()),
            "tags": sorted(replies.ids_of(raw.get("tags")) or ()),
            # An Active contact may carry a secondary status, or not: it says nothing.
            "status": [primary, secondary] if primary == "Inactive" else [primary],
        }

    def resolved(self, desired: Resource, id_map: IdMap) -> Resource:
        if not desired.fields.get("fields"):
            return desired
        fields = {id_map.label(k) or k: v for k, v in desired.fields["fields"].items()}
        return replace(desired, fields={**desired.fields, "fields": fields})

    def observed(self, desired: Resource, live: Resource, managed: Managed) -> Fields:
        seen = dict(super().observed(desired, live, managed))
        if seen.get("fields") is not None:
            wanted = desired.fields["fields"]
            # An empty mapping clears: then every value that is there counts.
            labels = wanted or seen["fields"]
            seen["fields"] = {label: seen["fields"].get(label) for label in labels}
        if "lists" in seen:
            wanted_lists = managed.lists.union(desired.fields["lists"])
            seen["lists"] = tuple(a for a in seen["lists"] if a in wanted_lists)
        if "tags" in seen:
            wanted_tags = managed.tags.union(desired.fields["tags"])
            seen["tags"] = tuple(tag for tag in seen["tags"] if tag in wanted_tags)
        return seen

    def exact_over(self, change: Change, managed: Managed) -> set[Value]:
        everywhere = {"lists": managed.lists, "tags": managed.tags}[change.path[0]]
        return super().exact_over(change, managed) | everywhere

    def refusal(
        self, desired: Resource, live: Resource, changes: Sequence[Change]
    ) -> Finding | None:
        secondary = live.facts.get("sub_status")
        if secondary in UNTOUCHABLE:
            return Finding(
                "warning",
                "blocked",
                desired.address,
                f"the service made this contact Inactive ({secondary}); it is left as it is",
                "use another seed address, or declare only what holds: status: Inactive",
            )
        if any(c.path == ("status",) and c.after == "Active" for c in changes):
            return Finding(
                "warning",
                "blocked",
                desired.address,
                f"is Inactive ({secondary or 'no reason given'}) and cannot be made Active:"
                " only the person can opt in again",
                "opt in with a form of the account, or declare status: Inactive",
            )
        return None

    def usage(self, live: Resource) -> str:
        lists = live.fields.get("lists", ())
        return "on " + ", ".join(a.name or f"#{a.id}" for a in lists) if lists else ""

    # --- reading

    def rows(self, api: ReadApi, id_map: IdMap, wanted: Sequence[Resource]) -> Sequence[Raw]:
        pinned = [self._pinned(api, id_map, resource) for resource in wanted if resource.id]
        # Also the own address of a pinned contact, which another may have by now.
        keys = sorted({key for resource in wanted for key in self.match_keys(resource)})
        found = {replies.id_of(row): row for row in pinned if row}
        return list({**self.reread(api, id_map, keys), **found}.values())

    def _pinned(self, api: ReadApi, id_map: IdMap, resource: Resource) -> Raw | None:
        try:
            found = self.fetch(api, id_map, resource.id)
        except Rejected as error:
            if error.status in (400, 404):
                return None
            raise
        # A contact of another structure is none of this run's: its fields have other ids.
        here = found.get("contactStructureId", id_map.structure_id) == id_map.structure_id
        return found if here else None

    def _search(self, api: ReadApi, id_map: IdMap, keys: Sequence[str]) -> list[Raw]:
        body = {
            "contactStructureId": id_map.structure_id,
            "source": SOURCE,
            "contactSpecification": {"filters": [equal("KEY", key) for key in keys]},
        }
        try:
            rows = api.search(body, len(keys))
        except Rejected as error:
            if error.status != 400 or len(keys) == 1:
                raise
            # How many groups one search may have is not documented: halve until it fits.
            middle = len(keys) // 2
            return self._search(api, id_map, keys[:middle]) + self._search(
                api, id_map, keys[middle:]
            )
        return [row for row in rows if self.key(row) in keys]

    def taken(self, api: ReadApi, id_map: IdMap, key: str) -> tuple[str, ...]:
        return tuple(replies.id_of(row) for row in self._search(api, id_map, [key]))

    def path(self, id_map: IdMap, id: str) -> str:
        return f"{PATH}/{id}"

    def reread(self, api: ReadApi, id_map: IdMap, keys: Sequence[str]) -> Mapping[str, Raw]:
        found = [
            row
            for start in range(0, len(keys), BATCH)
            for row in self._search(api, id_map, keys[start : start + BATCH])
        ]
        return {replies.id_of(row): row for row in found}

    def batch_price(self, count: int) -> int:
        return -(-count // BATCH)

    def look_price(self, ids: int, keys: int) -> int:
        return ids + self.batch_price(keys)

    # --- writing

    def create_calls(self, id_map: IdMap, fields: Fields, intent: Intent) -> Sequence[Call]:
        calls = [Call("POST", PATH)]
        if fields.get("status") == "Inactive":
            calls.append(Call("PATCH", f"{PATH}/{{id}}"))
        return calls

    def create(self, api: WriteApi, id_map: IdMap, fields: Fields, intent: Intent) -> str:
        base = {"key": fields["email"], "contactStructureId": id_map.structure_id}
        body = {**base, "fields": contact_body.field_values({}, fields.get("fields") or {}, id_map)}
        if fields.get("tags"):
            body["tags"] = contact_body.tags(fields["tags"], id_map)
        lists = contact_body.lists(fields.get("lists"), id_map)
        made = replies.made_of(self._posted(api, body, lists), f"contacts/{fields['email']}")
        id = replies.id_of(made)
        if fields.get("tags"):
            self._complete(api, id_map, made, fields)
        if fields.get("status") == "Inactive":
            api.send("PATCH", f"{PATH}/{id}", UNSUBSCRIBED)
        return id

    def _posted(self, api: WriteApi, body: Mapping[str, Any], lists: list[str]) -> Any:
        # Whether a create takes tags is not documented; a replacement does (contract 4.2).
        try:
            return self._with_lists(api, "POST", PATH, body, lists)
        except Rejected as error:
            if "tags" not in body or not error.names_field("tags"):
                raise
        bare = {key: value for key, value in body.items() if key != "tags"}
        return self._with_lists(api, "POST", PATH, bare, lists)

    def _complete(self, api: WriteApi, id_map: IdMap, made: Raw, fields: Fields) -> None:
        seen = made if "tags" in made else self.fetch(api, id_map, replies.id_of(made))
        live = self.live_fields(seen, id_map)
        if set(fields["tags"]) <= set(live.get("tags", ())):
            return
        seen = self.fetch(api, id_map, replies.id_of(made))
        change = Change(("tags",), live.get("tags", ()), fields["tags"])
        self.update(api, id_map, seen, [change])

    def update_calls(self, id_map: IdMap, id: str, changes: Sequence[Change]) -> Sequence[Call]:
        path = self.path(id_map, id)
        calls = [Call("GET", path)]
        if any(change.path != ("status",) for change in changes):
            calls.append(Call("PUT", path))
        if any(change.path == ("status",) for change in changes):
            calls.append(Call("PATCH", path))
        return calls

    def update(
        self, api: WriteApi, id_map: IdMap, seen: Raw, changes: Sequence[Change]
    ) -> Raw | None:
        path = self.path(id_map, replies.id_of(seen))
        content = [change for change in changes if change.path != ("status",)]
        if content:
            self._replace(api, id_map, path, seen, content)
        if len(content) < len(changes):
            api.send("PATCH", path, UNSUBSCRIBED)
        return None

    def _replace(
        self, api: WriteApi, id_map: IdMap, path: str, seen: Raw, changes: Sequence[Change]
    ) -> None:
        sent, lists, left = contact_body.replaced(seen, changes, id_map)
        reply = self._with_lists(api, "PUT", path, sent, lists, left)
        if api.dialect.replacement_proven >= contact_body.PARTS:
            return
        shown = isinstance(reply, Mapping) and {"fields", "lists", "tags"} <= reply.keys()
        kept = reply if shown else api.get(path)
        lost, proven = contact_body.kept(sent, lists, replies.object_of(kept, path))
        if lost:
            raise LossyWrite(f"PUT {path}: the API did not keep the {' and '.join(lost)}")
        api.dialect.replacement_proven |= proven

    def _with_lists(
        self,
        api: WriteApi,
        method: str,
        path: str,
        body: Mapping[str, Any],
        ids: Sequence[str],
        left: Sequence[str] = (),
    ) -> Any:
        """Send `body` with its lists in the shape the account takes (contract 6, question 1).

        `ids` are all lists that it is to be on, `left` those that it is not to be on any more.
        """
        dialect = api.dialect
        shape = dialect.contact_lists
        try:
            reply = api.send(method, path, {**body, "lists": contact_body.shaped(ids, left, shape)})
        except Rejected as error:
            if dialect.contact_lists_known or not (ids or left) or not error.names_field("lists"):
                raise
            shape = "actions"
            reply = api.send(method, path, {**body, "lists": contact_body.shaped(ids, left, shape)})
        if ids:
            # Only a write that was taken tells: a refusal may be about one list that is gone.
            dialect.contact_lists, dialect.contact_lists_known = shape, True
        return reply


def equal(column: str, value: str) -> dict[str, Any]:
    """A search's filter group with one criterion (API contract 4.2.1)."""
    return {"criterias": [{"columnToFilter": column, "operator": "EQ", "values": [value]}]}
