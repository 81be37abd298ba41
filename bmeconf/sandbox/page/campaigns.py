"""Campaigns as a person sees them in the web app: who would get them, how they look.

In: calls. Out: pages to be seen; what can be done with a campaign is in `campaign_forms`.
"""

from __future__ import annotations

from collections import Counter

from bmeconf.sandbox import campaigns, clock, records, sending
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.page import moments, quiet
from bmeconf.sandbox.page.answers import Raw, Shown
from bmeconf.sandbox.page.transitions import TRANSITIONS, Transition
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.store import Doc

_PEOPLE_SHOWN = 12

# Pictures in the text itself are all a preview may show: what a mail would fetch could tell
# somebody that it was looked at.
_PREVIEW = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def rows(call: Call, found: list[Doc]) -> list[Doc]:
    """Campaigns, each with how many contacts it would reach and the names of its lists."""
    active: dict[str, set[str]] = {}
    for contact in call.store.all("contact"):
        if contact["status"]["primary"] == "Active":
            for ident in contact["lists"]:
                active.setdefault(ident, set()).add(contact["_id"])
    return [
        {**one, "reach": len(set().union(*(active.get(ident, ()) for ident in one["lists"])))}
        for one in found
    ]


def index(runtime: Runtime, call: Call) -> Shown:
    """GET /campaigns: those that `q` and `status` leave."""
    everything = call.store.all("campaign")
    words, status = call.query.get("q", ""), call.query.get("status", "")
    found = [
        one
        for one in everything
        if words.strip().lower() in f"{one['name']} {one['subject'] or ''}".lower()
        and status in ("", one["status"])
    ]
    values = {
        "campaigns": rows(call, found),
        "total": len(everything),
        "statuses": Counter(one["status"] for one in everything),
        "asked": {"q": words, "status": status},
    }
    return Shown("campaigns.html", values)


def one(runtime: Runtime, call: Call) -> Shown:
    """GET /campaigns/<id>."""
    found = asked(call)
    people = campaigns.recipients(call, found)
    members = call.store.count_by_list("contact")
    lists = call.store.all("list", found["contactStructureId"])
    values = {
        "campaign": found,
        "people": people[:_PEOPLE_SHOWN],
        "reach": len(people),
        "lists": [{**each, "contacts": members.get(each["_id"], 0)} for each in lists],
        "gone_lists": len(set(found["lists"]) - {each["_id"] for each in lists}),
        "lacks": lacks(found),
        "sender_ready": _sender_ready(call, found),
        "transitions": _open(found),
        "outcomes": sending.OUTCOMES,
        "offsets": list(moments.CHOICES),
        "entry": moments.entry(found["scheduledAt"]),
        "now": moments.shown(clock.iso(call.now))[:16],
    }
    return Shown("campaign.html", values)


def preview(runtime: Runtime, call: Call) -> Raw:
    """GET /campaigns/<id>/preview: the body itself, which can run nothing and fetch nothing."""
    return Raw(quiet.body(asked(call)["body"] or ""), "text/html; charset=utf-8", _PREVIEW)


def lacks(campaign: Doc) -> list[str]:
    """What a campaign must have before it can go out, and has not."""
    needed = {"from": "a sender", "subject": "a subject", "body": "a body", "lists": "a list"}
    return [words for name, words in needed.items() if not campaign[name]]


def asked(call: Call) -> Doc:
    """The campaign that the path names. Raises ApiError 404."""
    return records.find(call.store, "campaign", call.args["campaign_id"])


def _sender_ready(call: Call, campaign: Doc) -> bool:
    domain = (campaign["from"] or "").rpartition("@")[2]
    ready = (one["domain"] for one in call.store.all("domain") if one["isReadyForSending"])
    return not domain or domain in ready


def _open(campaign: Doc) -> dict[str, Transition]:
    """The ways out of the status a campaign is in, by the name of their button."""
    return {name: way for name, way in TRANSITIONS.items() if campaign["status"] in way.since}
