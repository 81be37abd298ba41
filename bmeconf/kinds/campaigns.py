"""Draft campaigns: content, sender and recipients; only drafts are written (API contract 4.4)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from bmeconf.kinds import replies
from bmeconf.kinds.api import Raw, ReadApi, WriteApi, Written
from bmeconf.kinds.base import blocked
from bmeconf.kinds.capabilities import Copyable, Detailed, Mailing, Patchable
from bmeconf.kinds.id_map import IdMap, list_address, set_of
from bmeconf.kinds.lists import everything
from bmeconf.kinds.schedules import Scheduled
from bmeconf.model import (
    CAMPAIGNS,
    FINISHED,
    LISTS,
    Call,
    CampaignStatus,
    Change,
    Fields,
    Finding,
    Intent,
    Resource,
    Template,
    Value,
    canonical_email,
    canonical_name,
    canonical_text,
    dotted,
    nested,
    written_email,
)
from bmeconf.model.errors import IncompleteRead, Rejected, Stale

PATH = "/api/email/campaign"
KEYS = {
    "name": "name",
    "from": "from",
    "from_name": "fromName",
    "subject": "subject",
    "preview_text": "previewText",
    "body": "body",
    "plain_text": "plainTextBody",
    "reply_to": "replyToAddresses",
}
"""Manifest field -> API field; `lists` goes beside them, as ids."""
LISTED = ("from", "subject", "previewText")
"""Documented of the listing, so that what is missing from it is empty (API contract 4.4)."""


def _content(text: str | None) -> str | None:
    """A body as comparison sees it: LF line ends, outer blanks trimmed, empty is None."""
    return (text or "").replace("\r\n", "\n").strip() or None


def _body(spec: Mapping[str, Any] | None) -> Value:
    """A manifest's `body` as a field value: its HTML, or the template that has it."""
    if spec and "template" in spec:
        return Template(spec["template"]["name"], spec["template"]["lang"])
    return _content(spec["html"]) if spec else None


def _addresses(emails: Iterable[str]) -> Value:
    """A set of addresses, each once, in whichever way it is written first."""
    return tuple(sorted({canonical_email(e): written_email(e) for e in [*emails][::-1]}.values()))


LINES = {
    "from": lambda text: written_email(text or "") or None,
    **dict.fromkeys(("from_name", "subject", "preview_text"), canonical_text),
}
TEXTS = {**LINES, "body": _content, "plain_text": _content}
"""Fields that replies show as one text -> what makes it canonical."""


class Campaigns(Scheduled, Mailing, Copyable, Detailed, Patchable):
    """Recipients are exact; a schedule is a manual step that the live status proves."""

    name = CAMPAIGNS
    noun = "campaign"
    identity = "name"
    root = PATH
    sets = frozenset({"reply_to", "lists"})
    shapes = MappingProxyType(
        {
            "name": canonical_name,
            **LINES,
            "reply_to": lambda emails: _addresses(emails or ()),
            "body": _body,
            "plain_text": lambda spec: _content((spec or {}).get("text")),
            "lists": set_of(list_address),
        }
    )
    refers = MappingProxyType({"lists": LISTS, "copy_of": CAMPAIGNS})
    emails = ("from", "reply_to")
    sender = "from"
    recipients = "lists"
    pins_source = True
    rewritable = frozenset({"body", "plain_text"})
    row_keys = ("name", "status", *LISTED)

    def live_fields(self, raw: Raw, id_map: IdMap) -> Fields:
        fields: dict[str, Any] = {"name": self.key(raw)} if "name" in raw else {}
        for key, shape in TEXTS.items():
            if KEYS[key] in raw:
                fields[key] = shape(replies.text_of(raw[KEYS[key]]))
        if isinstance(raw.get("replyToAddresses"), list):
            addresses = (replies.text_of(a) for a in raw["replyToAddresses"])
            fields["reply_to"] = _addresses(filter(None, addresses))
        lists = id_map.lists_of(raw)
        return fields if lists is None else {**fields, "lists": lists}

    def rewrote(self, field: str, declared: Value, live: Value) -> bool:
        from bmeconf import mail

        if field not in self.rewritable or declared == live or not isinstance(declared, str):
            return False
        known = mail.is_rewriting if field == "body" else mail.is_footed
        # Of a body that was nothing but active elements the service leaves none.
        return known(declared, live or "")

    def reworded(self, field: str, declared: Value, live: Value) -> bool:
        from bmeconf import mail

        texts = isinstance(declared, str) and isinstance(live, str)
        kept = mail.keeps_page_words if field == "body" else mail.keeps_words
        return field in self.rewritable and texts and kept(declared, live)

    def facts(self, raw: Raw, id_map: IdMap) -> Mapping[str, Any]:
        at, structure = raw.get("scheduledAt"), raw.get("contactStructureId")
        return {
            "status": replies.text_of(raw.get("status")),
            **({"scheduled_at": replies.text_of(at)} if at else {}),
            "foreign": (structure or id_map.structure_id) != id_map.structure_id,
        }

    def pin_content(self, raw: Raw) -> Any:
        lists = replies.ids_of(raw, "lists")
        return {
            **{key: raw[key] for key in KEYS.values() if raw.get(key) is not None},
            # One reply leaves out what is empty, where another shows it as empty.
            "lists": sorted(lists) if lists else None,
            "status": raw.get("status"),
            "scheduledAt": raw.get("scheduledAt"),
        }

    # --- judging

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
        draft = raw.get("status") == CampaignStatus.DRAFT and not raw.get("scheduledAt")
        return same and draft and super().copied(marks, raw, at)

    # --- reading

    def fetch(self, api: ReadApi, id_map: IdMap, id: str) -> Raw:
        raw = super().fetch(api, id_map, id)
        if "name" in raw:
            return raw
        # The documented reply of one campaign shows less than its row in the listing does.
        return {**self.reread(api, id_map, ()).get(id, {}), **raw}

    def detail(self, api: ReadApi, id_map: IdMap, row: Raw) -> Raw:
        raw = {**row, **super().fetch(api, id_map, replies.id_of(row))}
        if self.key(raw) != self.key(row):
            names = f"{self.key(row)!r} became {self.key(raw)!r}"
            raise IncompleteRead(f"{PATH}: {names} while it was read", "run again")
        return raw

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
        copied = f"{PATH}/{{id}}"
        return (
            *look,
            Call("GET", PATH),
            *((Call("GET", self.path(id_map, known)),) if known else ()),
            Call("POST", f"{PATH}/{known or f'{{{intent.copy_of}}}'}/duplicate"),
            Call("GET", copied),
            Call("PATCH", copied),
        )

    def create(self, api: WriteApi, id_map: IdMap, fields: Fields, intent: Intent) -> Written:
        body = _written(fields, id_map)
        what = f"campaigns/{fields['name']}"
        if intent.copy_of is None:
            body["contactStructureId"] = id_map.structure_id
            made = replies.made_of(api.send("POST", PATH, body), what)
            return Written(replies.id_of(made), made)
        source = self.path(id_map, id_map.require(intent.copy_of))
        # The body of a duplicate is undocumented; the copy is named by the PATCH after it.
        id = replies.id_of(replies.made_of(api.send("POST", f"{source}/duplicate", {}), what))
        copy = self.fetch(api, id_map, id)
        if copy.get("status") != CampaignStatus.DRAFT:
            raise Stale(
                f"{what}: its copy, {id}, is {copy.get('status')} by now, and stays as it is"
            )
        try:
            return self._patch(api, id_map, copy, body)
        except Rejected as error:
            # Named at least, where nobody else has changed it: unnamed, it would be copied again.
            try:
                now = self.fetch(api, id_map, id)
                if self.pin_content(now) != self.pin_content(copy):
                    raise error
                self._patch(api, id_map, now, {"name": body["name"]})
            except Rejected:
                error.message += f"; the copy it made stays, with the id {id}"
                error.remedy = "name or delete that copy in the web app before the next apply"
            raise

    def _patch(self, api: WriteApi, id_map: IdMap, raw: Raw, body: Mapping[str, Any]) -> Written:
        id = replies.id_of(raw)
        reply = api.send("PATCH", self.path(id_map, id), replies.versioned(body, raw))
        return Written(id, reply if isinstance(reply, Mapping) else {})

    def update_calls(self, id_map: IdMap, id: str, changes: Sequence[Change]) -> Sequence[Call]:
        path = self.path(id_map, id)
        renamed = any(change.path == ("name",) for change in changes)
        return (
            *_last_look(id_map, nested(changes)),
            *((Call("GET", PATH),) if renamed else ()),
            Call("GET", path),
            Call("PATCH", path),
        )

    def update(self, api: WriteApi, id_map: IdMap, raw: Raw, changes: Sequence[Change]) -> Written:
        return self._patch(api, id_map, raw, _written(nested(changes), id_map))


def _last_look(id_map: IdMap, fields: Fields) -> Sequence[Call]:
    """The lists are looked at once more before a draft is made to go to them."""
    return (Call("GET", everything(id_map)),) if fields.get("lists") else ()


def _written(fields: Fields, id_map: IdMap) -> dict[str, Any]:
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
