"""Draft campaigns: content, sender and recipients; only drafts are written (API contract 4.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.api import ReadApi, WriteApi
from bmeconf.kinds.base import Written, blocked, versioned
from bmeconf.kinds.campaigns import content, schedules
from bmeconf.kinds.campaigns.content import CONTENTS, KEYS, TEXTS
from bmeconf.kinds.capabilities import (
    Copyable,
    Dependent,
    Detailed,
    Mailing,
    Patchable,
    Rewritten,
    Scheduled,
    ScheduleEvidence,
    Versioned,
)
from bmeconf.kinds.id_map import IdMap, declared_lists
from bmeconf.kinds.lists import everything
from bmeconf.kinds.replies import Raw
from bmeconf.mail import is_footed, is_rewriting, keeps_page_words, keeps_words
from bmeconf.model import (
    CAMPAIGNS,
    FINISHED,
    LISTS,
    Address,
    Call,
    CampaignStatus,
    Change,
    Fields,
    Finding,
    Intent,
    Manual,
    Resource,
    Value,
    canonical_email,
    canonical_name,
    canonical_text,
    dotted,
    nested,
    stamp,
)
from bmeconf.model.errors import Rejected

PATH = "/api/email/campaign"
LISTED = ("from", "subject", "previewText")
"""Documented of the listing, so that what is missing from it is empty (API contract 4.4)."""


class Campaigns(Scheduled, Mailing, Dependent, Copyable, Detailed, Rewritten, Patchable, Versioned):
    """Recipients are exact; a schedule is a manual step that the live status proves."""

    name = CAMPAIGNS
    noun = "campaign"
    identity = "name"
    sets = frozenset({"reply_to", "lists"})
    refers = MappingProxyType({"lists": LISTS, "copy_of": CAMPAIGNS})
    emails = ("from", "reply_to")
    sender = "from"
    pins_source = True
    rewritable = frozenset(CONTENTS)

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
            fields["body"] = content.declared(spec["body"])
        if "plain_text" in spec:
            fields["plain_text"] = content.canonical((spec["plain_text"] or {}).get("text"))
        if "lists" in spec:
            fields["lists"] = declared_lists(spec["lists"])
        return fields

    def live_fields(self, raw: Raw, id_map: IdMap) -> Fields:
        fields: dict[str, Any] = {"name": self.key(raw)} if "name" in raw else {}
        if "from" in raw:
            fields["from"] = canonical_email(replies.text_of(raw["from"]) or "") or None
        for key, theirs in TEXTS.items():
            if theirs in raw:
                fields[key] = canonical_text(replies.text_of(raw[theirs]))
        for key, theirs in CONTENTS.items():
            if theirs in raw:
                fields[key] = content.canonical(replies.text_of(raw[theirs]))
        if isinstance(raw.get("replyToAddresses"), list):
            addresses = (replies.text_of(a) for a in raw["replyToAddresses"])
            fields["reply_to"] = tuple(sorted(canonical_email(a) for a in addresses if a))
        lists = id_map.lists_of(raw)
        if lists is not None:
            fields["lists"] = lists
        return fields

    def facts(self, raw: Raw) -> Mapping[str, Any]:
        facts = {"status": replies.text_of(raw.get("status"))}
        if raw.get("scheduledAt"):
            facts["scheduled_at"] = replies.text_of(raw["scheduledAt"])
        return facts

    def pin_content(self, raw: Raw) -> Any:
        shown = {key: raw[key] for key in sorted(KEYS.values()) if raw.get(key) is not None}
        lists = replies.ids_of(raw["lists"]) if "lists" in raw else None
        return {
            **shown,
            # One reply leaves out what is empty, where another shows it as empty.
            "lists": sorted(lists) if lists else None,
            "status": raw.get("status"),
            "scheduledAt": raw.get("scheduledAt"),
        }

    def live(self, raw: Raw, address: Address, id_map: IdMap) -> Resource:
        live = super().live(raw, address, id_map)
        theirs = raw.get("contactStructureId") or id_map.structure_id
        return replace(live, facts={**live.facts, "foreign": theirs != id_map.structure_id})

    # --- judging

    def rewrote(self, field: str, declared: Value, live: Value) -> bool:
        known = {"body": is_rewriting, "plain_text": is_footed}.get(field)
        if known is None or declared == live:
            return False
        # Of a body that was nothing but active elements the service leaves none.
        return isinstance(declared, str) and known(declared, live or "")

    def reworded(self, field: str, declared: Value, live: Value) -> bool:
        kept = {"body": keeps_page_words, "plain_text": keeps_words}.get(field)
        texts = isinstance(declared, str) and isinstance(live, str)
        return kept is not None and texts and kept(declared, live)

    def refusal(
        self, desired: Resource, live: Resource, changes: Sequence[Change]
    ) -> Finding | None:
        if live.facts.get("foreign") and changes:
            return blocked(
                desired,
                "is a campaign of another contact structure, whose lists and contacts this run"
                " does not see",
                "declare it in a project for that structure",
            )
        status = live.facts.get("status")
        if status == CampaignStatus.DRAFT:
            return None
        told = ", ".join(dotted(change.path) for change in changes)
        return Finding(
            "warning",
            "frozen",
            desired.address,
            f"is {status or 'of no known status'}, not a draft:"
            f" {told + ' cannot change' if changes else 'it cannot be deleted'} any more",
            "bring the manifest in line with what is live, or declare a campaign of another name",
        )

    def breaks_without(self, live: Resource) -> bool:
        return live.facts.get("status") not in FINISHED

    def marks(self, raw: Raw) -> Raw:
        return {key: raw.get(key) for key in ("name", *LISTED)} if raw else {}

    def copied(self, marks: Raw, raw: Raw, at: str) -> bool:
        same = all(marks.get(key) == raw.get(key) for key in LISTED)
        return same and raw.get("status") == CampaignStatus.DRAFT and super().copied(marks, raw, at)

    def manual(
        self, desired: Resource, evidence: ScheduleEvidence, now: datetime
    ) -> Iterable[Manual]:
        schedule = desired.intent.schedule
        if schedule is None:
            return
        yield Manual(
            address=desired.address,
            what="schedule",
            state=schedules.state(schedule, evidence, now),
            due=schedule.at,
            owner=schedule.owner,
            note=schedule.note,
            expect={"status": [*schedules.EXPECTED], "scheduled_at": stamp(schedule.at)},
            observed=schedules.observed(evidence, desired.address.name),
        )

    def tells_when(self, raw: Raw) -> bool:
        return raw.get("status") == CampaignStatus.DRAFT or bool(raw.get("scheduledAt"))

    # --- reading

    def folder(self, id_map: IdMap) -> str:
        return PATH

    def fetch(self, api: ReadApi, id_map: IdMap, id: str) -> Raw:
        raw = super().fetch(api, id_map, id)
        if "name" in raw:
            return raw
        # The documented reply of one campaign shows less than its row in the listing does.
        return {**self.reread(api, id_map, ()).get(id, {}), **raw}

    def detail(self, api: ReadApi, id_map: IdMap, row: Raw) -> Raw:
        return {**row, **super().fetch(api, id_map, replies.id_of(row))}

    def listed(self, raw: Raw) -> Any:
        return [replies.text_of(raw.get(key)) or None for key in ("name", "status", *LISTED)]

    def touched(self, raw: Raw) -> str:
        return replies.text_of(raw.get("updatedAt")) or ""

    def filled(self, raw: Raw, shown: Collection[str]) -> Raw:
        empty = {key: None for key in (*KEYS.values(), "lists") if key in shown or key in LISTED}
        return {**empty, **raw}

    def complete_row(self, rows: Sequence[Raw]) -> Raw | None:
        return next((row for row in rows if row.get("status") == CampaignStatus.SENT), None)

    def taken(self, api: ReadApi, id_map: IdMap, key: str) -> tuple[str, ...]:
        # The filter takes 50 characters, and how it matches is not documented (contract 3.4).
        rows = api.pages(PATH, {"criteria": key} if len(key) <= 50 else None)
        return tuple(replies.id_of(row) for row in rows if self.key(row) == key)

    # --- writing

    def create_calls(self, id_map: IdMap, fields: Fields, intent: Intent) -> Sequence[Call]:
        look = _last_look(id_map, fields)
        if intent.copy_of is None:
            return (*look, Call("POST", PATH))
        known = id_map.id(intent.copy_of)
        source = known or f"{{{intent.copy_of}}}"
        copied = f"{PATH}/{{id}}"
        return (
            *look,
            Call("GET", PATH),
            *((Call("GET", self.path(id_map, known)),) if known else ()),
            Call("POST", f"{PATH}/{source}/duplicate"),
            Call("GET", copied),
            Call("PATCH", copied),
        )

    def create(self, api: WriteApi, id_map: IdMap, fields: Fields, intent: Intent) -> Written:
        body = content.written(fields, id_map)
        what = f"campaigns/{fields['name']}"
        if intent.copy_of is None:
            body["contactStructureId"] = id_map.structure_id
            made = replies.made_of(api.send("POST", PATH, body), what)
            return Written(replies.id_of(made), made)
        source = self.path(id_map, id_map.require(intent.copy_of))
        # The body of a duplicate is undocumented; the copy is named by the PATCH after it.
        made = replies.made_of(api.send("POST", f"{source}/duplicate", {}), what)
        id = replies.id_of(made)
        try:
            return self._patch(api, id_map, self.fetch(api, id_map, id), body)
        except Rejected as error:
            self._name_at_least(api, id_map, id, body["name"], error)
            raise

    def _patch(self, api: WriteApi, id_map: IdMap, raw: Raw, body: Mapping[str, Any]) -> Written:
        id = replies.id_of(raw)
        reply = api.send("PATCH", self.path(id_map, id), versioned(body, raw))
        return Written(id, reply if isinstance(reply, Mapping) else {})

    def _name_at_least(
        self, api: WriteApi, id_map: IdMap, id: str, name: str, error: Rejected
    ) -> None:
        """Name a copy that `error` keeps from being more: unnamed, it would be copied again."""
        try:
            self._patch(api, id_map, self.fetch(api, id_map, id), {"name": name})
        except Rejected:
            error.message += f"; the copy it made stays, with the id {id}"
            error.remedy = "name or delete that copy in the web app before the next apply"

    def update_calls(self, id_map: IdMap, id: str, changes: Sequence[Change]) -> Sequence[Call]:
        path = self.path(id_map, id)
        renamed = any(change.path == ("name",) for change in changes)
        names_too = (Call("GET", PATH),) if renamed else ()
        return (
            *_last_look(id_map, nested(changes)),
            *names_too,
            Call("GET", path),
            Call("PATCH", path),
        )

    def update(self, api: WriteApi, id_map: IdMap, raw: Raw, changes: Sequence[Change]) -> Written:
        return self._patch(api, id_map, raw, content.written(nested(changes), id_map))


def _last_look(id_map: IdMap, fields: Fields) -> Sequence[Call]:
    """The lists are looked at once more before a draft is made to go to them."""
    return (Call("GET", everything(id_map)),) if fields.get("lists") else ()
