"""Contact lists: a name, and the contacts on them (API contract 4.3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.api import Dialect, Raw, ReadApi, WriteApi, Written
from bmeconf.kinds.capabilities import Audience, Batched, Copyable, SharedNames
from bmeconf.kinds.id_map import IdMap
from bmeconf.model import LISTS, Call, Change, Fields, Intent, Resource, canonical_name, nested
from bmeconf.model.errors import DuplicateName, Rejected


def everything(id_map: IdMap) -> str:
    """The path under which all lists come at once, by id and name."""
    return f"/api/contact-structure/{id_map.structure_id}/lists/all"


class Lists(Audience, SharedNames, Copyable, Batched):
    """Created by name, by duplicating another list, or by merging several; renamed in place."""

    name = LISTS
    noun = "list"
    identity = "name"
    root = "/api/contact-structure"
    shapes = MappingProxyType({"name": canonical_name})
    refers = MappingProxyType({"copy_of": LISTS, "merge_of": LISTS})

    def facts(self, raw: Raw, id_map: IdMap) -> Mapping[str, Any]:
        shown = {"contacts": raw.get("totalContacts"), "campaigns": raw.get("totalCampaigns")}
        counts = {key: replies.count_of(value) for key, value in shown.items()}
        return {key: count for key, count in counts.items() if count is not None}

    def size(self, raw: Raw) -> int | None:
        return replies.count_of(raw.get("totalContacts"))

    def pin_content(self, raw: Raw) -> Any:
        return {"name": raw.get("name")}

    def usage(self, live: Resource) -> str:
        counts = [f"{count} {what}" for what, count in live.facts.items()]
        return " and ".join(counts) + " use it" if counts else ""

    def marks(self, raw: Raw) -> Raw:
        return {**super().marks(raw), "contacts": raw.get("totalContacts")} if raw else {}

    def copied(self, marks: Raw, raw: Raw, at: str) -> bool:
        # A list that a campaign uses, or that others were put on, became somebody's own.
        counts = [
            replies.count_of(each) for each in (marks.get("contacts"), raw.get("totalContacts"))
        ]
        members = None in counts or counts[0] == counts[1]
        unused = not replies.count_of(raw.get("totalCampaigns"))
        return members and unused and super().copied(marks, raw, at)

    def folder(self, id_map: IdMap) -> str:
        return f"{self.root}/{id_map.structure_id}/lists"

    def rows(self, api: ReadApi, id_map: IdMap, wanted: Sequence[Resource]) -> Sequence[Raw]:
        def names_suffice(rows: Sequence[Raw]) -> bool:
            # A list has nothing but its name: what has it already will not be written.
            live = set(map(self.key, rows))
            return all(self._as_named(each, live) for each in wanted)

        return api.pages(self.folder(id_map), None, everything(id_map), names_suffice)

    def _as_named(self, wanted: Resource, live: Collection[str]) -> bool:
        """True if a list of `live` names is as it is wanted, by its name alone."""
        intent, name = wanted.intent, wanted.fields.get(self.identity)
        known = bool(wanted.id or intent.absent or intent.renamed_from)
        return not known and name is not None and self.canonical(str(name)) in live

    def all_rows(self, api: ReadApi, id_map: IdMap) -> Sequence[Raw]:
        return api.pages(self.folder(id_map), None, everything(id_map))

    def reread(self, api: ReadApi, id_map: IdMap, keys: Sequence[str]) -> Mapping[str, Raw]:
        return {replies.id_of(row): row for row in api.listing(everything(id_map))}

    def batch_price(self, count: int, batch: int) -> int:
        return 1

    def look(
        self, api: ReadApi, id_map: IdMap, ids: Sequence[str], keys: Sequence[str]
    ) -> Mapping[str, Raw]:
        # The paged rows show the version too, so that no list needs a request of its own.
        rows = self.all_rows(api, id_map) if ids or keys else ()
        return {replies.id_of(row): row for row in rows}

    def look_price(self, ids: int, keys: int, live: int, dialect: Dialect) -> int:
        return replies.page_price(live, dialect.page_size) if ids or keys else 0

    def create_calls(self, id_map: IdMap, fields: Fields, intent: Intent) -> Sequence[Call]:
        # Names of lists may not be unique to the server, so a create looks before it writes.
        return (Call("GET", everything(id_map)), Call("POST", self._create_path(id_map, intent)))

    def _create_path(self, id_map: IdMap, intent: Intent) -> str:
        if intent.copy_of:
            source = id_map.id(intent.copy_of) or f"{{{intent.copy_of}}}"
            return f"{self.folder(id_map)}/{source}/duplicate"
        return self.folder(id_map) + ("/merge" if intent.merge_of else "")

    def create(self, api: WriteApi, id_map: IdMap, fields: Fields, intent: Intent) -> Written:
        body: dict[str, Any] = {"name": fields["name"]}
        if intent.merge_of:
            body["listIds"] = [id_map.require(address) for address in intent.merge_of]
        path = self._create_path(id_map, intent)
        try:
            reply = api.send("POST", path, body)
        except Rejected as error:
            taken = isinstance(error, DuplicateName)
            if taken or not (intent.copy_of and error.names_field("name")):
                raise
            # The body of a duplicate is undocumented: without a name, then (contract 4.3).
            reply = api.send("POST", path, {})
        made = replies.made_of(reply, f"lists/{fields['name']}")
        id = replies.id_of(made)
        if canonical_name(replies.text_of(made.get("name")) or "") != fields["name"]:
            seen = self.fetch(api, id_map, id)
            if self.key(seen) != fields["name"]:
                api.send(
                    "PATCH",
                    self.path(id_map, id),
                    replies.versioned({"name": fields["name"]}, seen),
                )
        return Written(id)

    def delete_calls(self, id_map: IdMap, id: str) -> Sequence[Call]:
        # Only the paged rows show what uses a list.
        return (Call("GET", self.folder(id_map)), Call("DELETE", self.path(id_map, id)))

    def update_calls(self, id_map: IdMap, id: str, changes: Sequence[Change]) -> Sequence[Call]:
        path = self.path(id_map, id)
        return (Call("GET", everything(id_map)), Call("GET", path), Call("PATCH", path))

    def update(self, api: WriteApi, id_map: IdMap, raw: Raw, changes: Sequence[Change]) -> Written:
        id = replies.id_of(raw)
        api.send("PATCH", self.path(id_map, id), replies.versioned(nested(changes), raw))
        return Written(id)
