"""Email campaigns: draft, change, copy, delete; never send (API contract 4.4).

In: calls. Out: campaigns. Stored campaigns have every key of `BLANK`; null means "never set", and
the API omits such keys. Only the page and the side door change a status, like the web app.
"""

from __future__ import annotations

from typing import Any

from bmeconf.sandbox import body, clock, contacts, queries, reactions, records, reports, rewriting
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import duplicate as duplicate_error
from bmeconf.sandbox.errors import forbidden, invalid
from bmeconf.sandbox.store import Doc
from bmeconf.sandbox.switches import Switches

STATUSES = ("draft", "scheduled", "sending", "sent", "paused", "failed", "cancelled")
SORTS = ("name", "createdAt", "updatedAt", "scheduledAt")

CONTENT: body.Checks = {
    "from": body.email,
    "fromName": body.text(most=100),
    "subject": body.text(),
    "previewText": body.text(most=100),
    "body": body.text(),
    "plainTextBody": body.text(),
    "replyToAddresses": body.each(body.email),
    "contactStructureId": body.object_id,
    "lists": body.each(body.object_id),
}

_SERVER = (
    "status",
    "subStatus",
    "scheduledAt",
    "cancelledAt",
    "sentCount",
    "failedCount",
    "totalRecipients",
    "previewImageUrl",
)

#: every stored key save id, name, timestamps and version, with its first value
BLANK: Doc = {
    **dict.fromkeys((*CONTENT, *_SERVER, "report")),
    "replyToAddresses": [],
    "lists": [],
    "status": "draft",
}

_MINIMAL = ("_id", *_SERVER, "createdAt", "updatedAt")
_FULL = ("_id", "name", *CONTENT, *_MINIMAL[1:], "__v")
_RECORD = ("_id", "name", "from", "subject", "previewText", *_MINIMAL[1:])
# Both are declared nullable, and null is their ordinary value (API contract 4.4).
_NULLABLE = ("subStatus", "cancelledAt")

_NAME: body.Checks = {"name": body.text(least=1)}
_DUPLICATES: body.Checks = {"allowDuplicates": body.flag}


def view(campaign: Doc, switches: Switches) -> Doc:
    """A campaign with all fields or only the OpenAPI's, by switch `campaign_body`."""
    shown = _shown(campaign, _FULL if switches.campaign_body == "full" else _MINIMAL)
    if "lists" in shown and switches.campaign_lists_read == "objects":
        shown["lists"] = contacts.list_refs(shown["lists"], "objects")
    return shown


def _shown(campaign: Doc, names: tuple[str, ...]) -> Doc:
    return {
        name: campaign[name] for name in names if campaign[name] is not None or name in _NULLABLE
    }


def _record(campaign: Doc) -> Doc:
    shown = _shown(campaign, _RECORD)
    if campaign["report"]:
        shown["stats"] = reports.brief(campaign["report"])
    return shown


def page(call: Call) -> Doc:
    """GET /api/email/campaign: `{"total", "records"}`; `statuses` takes one value."""
    status = queries.one_of(call, "statuses", STATUSES)
    matching = [
        campaign for campaign in call.store.all("campaign") if status in (None, campaign["status"])
    ]
    return queries.page(call, queries.arranged(call, matching, SORTS), _record)


def get(call: Call) -> Doc:
    """GET /api/email/campaign/{campaignId}."""
    return view(records.addressed(call, "campaign"), call.switches)


def create(call: Call) -> Doc:
    """POST /api/email/campaign: 200 with a draft; only `name` is required.

    A known name is DuplicateFieldError unless `allowDuplicates` is true.
    """
    optional = {**CONTENT, **_DUPLICATES}
    values = body.read(call.body, _NAME, optional, call.switches.unknown_keys)
    stored = rewriting.rewritten(values, call.switches.body_rewriting)
    return view(add(call, stored), call.switches)


def add(call: Call, values: Doc) -> Doc:
    """Store a draft with these values, and return it. Raises ApiError 400 as `edit`."""
    _check_name(call, values)
    values = {name: value for name, value in values.items() if name != "allowDuplicates"}
    draft = records.new(call.now, **{**BLANK, **values})
    _check_references(call, draft, values)
    call.store.put("campaign", draft)
    return draft


def patch(call: Call) -> Doc:
    """PATCH /api/email/campaign/{campaignId}: changes the keys in the body, drafts only.

    Needs the current `__v`. Raises ConcurrencyError if it is stale.
    """
    campaign = records.addressed(call, "campaign")
    optional = {**_NAME, **CONTENT, **_DUPLICATES, "__v": body.whole()}
    values = body.read(call.body, {}, optional, call.switches.unknown_keys)
    required = call.switches.campaign_patch_version == "required"
    records.check_version(campaign, values, required=required)
    if campaign["status"] != "draft" and not call.switches.edit_non_draft:
        raise invalid("status", f"is {campaign['status']}; only drafts can be edited")
    stored = rewriting.rewritten(values, call.switches.body_rewriting)
    return view(edit(call, campaign, stored), call.switches)


def edit(call: Call, campaign: Doc, values: Doc) -> Doc:
    """Change name and content to `values` in any status, and return the stored campaign.

    Raises ApiError 400 for a taken name, or for lists outside the structure.
    """
    _check_name(call, values, campaign)
    changes = {name: value for name, value in values.items() if name in ("name", *CONTENT)}
    after = records.changed(campaign, call.now, **changes)
    _check_references(call, after, changes)
    call.store.put("campaign", after)
    return after


def delete(call: Call) -> None:
    """DELETE /api/email/campaign/{campaignId}: 204; refused while scheduled or sending."""
    campaign = records.addressed(call, "campaign")
    live = campaign["status"] in ("scheduled", "sending")
    if live and not call.switches.delete_live_campaigns:
        raise invalid("status", f"is {campaign['status']}; the campaign cannot be deleted")
    call.store.delete("campaign", campaign["_id"])


def duplicate(call: Call) -> Doc:
    """POST .../duplicate: 200 with a new draft of the same content.

    The body's `name` is optional: "Copy of X" by default.
    """
    campaign = records.addressed(call, "campaign")
    values = body.read(call.body, {}, {**_NAME, **_DUPLICATES}, call.switches.unknown_keys)
    _check_name(call, values)
    taken_names = {other["name"] for other in call.store.all("campaign")}
    name = values.get("name") or records.copy_name(campaign["name"], taken_names)
    content = {part: campaign[part] for part in (*CONTENT, "previewImageUrl")}
    # A sent campaign may refer to lists that were deleted since.
    content["lists"] = [ident for ident in campaign["lists"] if call.store.get("list", ident)]
    draft = records.new(call.now, **{**BLANK, **content, "name": name})
    call.store.put("campaign", draft)
    return view(draft, call.switches)


def forbid(call: Call) -> Any:
    """Schedule, send and the like: 403 to every key (API contract 5)."""
    raise forbidden()


def set_status(call: Call, campaign: Doc, status: str, scheduled_at: str | None) -> Doc:
    """Set a status as a person does in the web app, and return the stored campaign.

    Raises ApiError 400 if a campaign without lists would be scheduled or sent.
    """
    timed = status in ("scheduled", "sending", "sent")
    if timed and not campaign["lists"]:
        raise invalid("lists", "must name at least one list before the campaign is scheduled")
    stamp = clock.iso(call.now)
    values: Doc = {"status": status}
    if status == "draft":
        values |= {name: BLANK[name] for name in (*_SERVER, "report") if name != "previewImageUrl"}
    else:
        values["scheduledAt"] = (
            scheduled_at or campaign["scheduledAt"] or (stamp if timed else None)
        )
        values["cancelledAt"] = stamp if status in ("cancelled", "failed") else None
    if status == "sent" and not campaign["report"]:
        values |= _results(call, campaign | values)
    after = records.changed(campaign, call.now, **values)
    call.store.put("campaign", after)
    return after


def recipients(call: Call, campaign: Doc) -> list[Doc]:
    """The contacts that the campaign would reach now: Active, on any of its lists, each once."""
    list_ids = set(campaign["lists"])
    return [
        contact
        for contact in call.store.all("contact")
        if contact["status"]["primary"] == "Active" and not list_ids.isdisjoint(contact["lists"])
    ]


def _results(call: Call, campaign: Doc) -> Doc:
    count = len(recipients(call, campaign))
    report = reports.blank() | {"sent": count, "delivered": count}
    report |= reactions.results(campaign, count, call.now)
    return {"sentCount": count, "failedCount": 0, "totalRecipients": count, "report": report}


def _check_name(call: Call, values: Doc, own: Doc | None = None) -> None:
    name = values.get("name")
    if name is None or values.get("allowDuplicates") or (own and own["name"] == name):
        return
    if call.store.named("campaign", name) is not None:
        raise duplicate_error("name", "Campaign name is already in use")


def _check_references(call: Call, campaign: Doc, values: Doc) -> None:
    """Check that structure and lists exist and belong together; check `from` by switch."""
    structure_id = campaign["contactStructureId"]
    if structure_id and call.store.get("structure", structure_id) is None:
        raise invalid("contactStructureId", "is not a known contact structure")
    if "lists" in values or "contactStructureId" in values:
        for ident in campaign["lists"]:
            contact_list = call.store.get("list", ident)
            if contact_list is None or structure_id not in (
                None,
                contact_list["contactStructureId"],
            ):
                raise invalid("lists", f"contains the unknown list {ident}")
    if call.switches.verify_from and "from" in values:
        _check_sender(call, values["from"])


def _check_sender(call: Call, address: str) -> None:
    ready = {domain["domain"] for domain in call.store.all("domain") if domain["isReadyForSending"]}
    if address.rpartition("@")[2] not in ready:
        raise invalid("from", "must be on a verified sending domain")


_ALL = "/api/email/campaign"
_ONE = f"{_ALL}/<campaign_id>"
_WEB_ONLY = "schedule, send, cancel, test, pause, resume"

ROUTES = (
    Route("GET", _ALL, "campaigns:read", page),
    Route("POST", _ALL, "campaigns:write", create),
    Route("GET", _ONE, "campaigns:read", get),
    Route("PATCH", _ONE, "campaigns:write", patch),
    Route("DELETE", _ONE, "campaigns:write", delete, 204),
    Route("POST", f"{_ONE}/duplicate", "campaigns:write", duplicate),
    Route("POST PUT PATCH DELETE", f"{_ONE}/<any({_WEB_ONLY}):action>", None, forbid),
)
