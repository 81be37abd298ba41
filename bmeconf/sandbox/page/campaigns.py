"""Pages that show campaigns: a table, a single campaign with recipients, a preview.

In: calls. Out: pages; the forms that change campaigns are in `campaign_forms`.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from bmeconf.sandbox import campaigns, clock, records, sending
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.page import inert, moments
from bmeconf.sandbox.page.answers import Orders, Raw, Shown, ordering
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.store import Doc


@dataclass(frozen=True)
class Transition:
    """A button: its words, the statuses in which it is shown, the new status."""

    words: str
    since: tuple[str, ...]
    to: str


#: by the name of the button; `resume` leads to `scheduled` if the time is still to come
TRANSITIONS = {
    "start": Transition("Begin sending", ("scheduled",), "sending"),
    "pause": Transition("Pause", ("scheduled", "sending"), "paused"),
    "resume": Transition("Resume", ("paused",), "sending"),
    "cancel": Transition("Cancel", ("scheduled", "sending", "paused"), "cancelled"),
    "fail": Transition("Let it fail", ("sending",), "failed"),
    "unschedule": Transition(
        "Back to draft", ("scheduled", "paused", "cancelled", "failed"), "draft"
    ),
}

SCHEDULABLE = ("draft", "scheduled")
SENDABLE = ("draft", "scheduled", "sending")
EDITABLE = ("draft", "scheduled", "paused")
DELETABLE = ("draft", "paused", "failed", "cancelled", "sent")

_RECIPIENTS_SHOWN = 12

# A preview may show only pictures inside the body: a fetched picture could tell its server that
# somebody looked at the mail.
_PREVIEW = (
    "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)


def rows(call: Call, docs: list[Doc]) -> list[Doc]:
    """Campaigns, each with `reach`: the number of active contacts on its lists."""
    active: dict[str, set[str]] = {}
    for contact in call.store.all("contact"):
        if contact["status"]["primary"] == "Active":
            for ident in contact["lists"]:
                active.setdefault(ident, set()).add(contact["_id"])
    return [
        {
            **campaign,
            "reach": len(set().union(*(active.get(ident, ()) for ident in campaign["lists"]))),
        }
        for campaign in docs
    ]


#: what campaigns can be sorted by
_ORDERS: Orders = {
    "name": lambda campaign: campaign["name"].casefold(),
    "status": lambda campaign: campaign["status"],
    "time": lambda campaign: campaign["scheduledAt"] or "",
    "changed": lambda campaign: campaign["updatedAt"] or "",
}


def index(runtime: Runtime, call: Call) -> Shown:
    """GET /campaigns: the campaigns that match `q` and `status`, in the order `sort`."""
    everything = call.store.all("campaign")
    words, status = call.query.get("q", ""), call.query.get("status", "")
    order, key = ordering(call, _ORDERS)
    matching = [
        campaign
        for campaign in everything
        if words.strip().lower() in f"{campaign['name']} {campaign['subject'] or ''}".lower()
        and status in ("", campaign["status"])
    ]
    if key:
        matching.sort(key=key, reverse=order.startswith("-"))
    values = {
        "campaigns": rows(call, matching),
        "order": order,
        "total": len(everything),
        "statuses": Counter(campaign["status"] for campaign in everything),
        "filters": {"q": words, "status": status},
    }
    return Shown("campaigns.html", values)


def show(runtime: Runtime, call: Call) -> Shown:
    """GET /campaigns/<id>."""
    campaign = records.addressed(call, "campaign")
    recipients = campaigns.recipients(call, campaign)
    members = call.store.count_by_list("contact")
    lists = call.store.all("list", campaign["contactStructureId"])
    values = {
        "campaign": campaign,
        "people": recipients[:_RECIPIENTS_SHOWN],
        "reach": len(recipients),
        "lists": [
            {**contact_list, "contacts": members.get(contact_list["_id"], 0)}
            for contact_list in lists
        ],
        "gone_lists": len(set(campaign["lists"]) - {contact_list["_id"] for contact_list in lists}),
        "lacks": lacks(campaign),
        "sender_ready": _sender_ready(call, campaign),
        "transitions": _transitions(campaign),
        "outcomes": sending.OUTCOMES,
        "offsets": list(moments.CHOICES),
        "entry": moments.entry(campaign["scheduledAt"]),
        "now": moments.shown(clock.iso(call.now))[:16],
    }
    return Shown("campaign.html", values)


def preview(runtime: Runtime, call: Call) -> Raw:
    """GET /campaigns/<id>/preview: the body, made unable to run or fetch anything."""
    campaign = records.addressed(call, "campaign")
    return Raw(inert.body(campaign["body"] or ""), "text/html; charset=utf-8", _PREVIEW)


def lacks(campaign: Doc) -> list[str]:
    """Words for the parts that a campaign still needs before it can be sent."""
    needed = {"from": "a sender", "subject": "a subject", "body": "a body", "lists": "a list"}
    return [words for name, words in needed.items() if not campaign[name]]


def _sender_ready(call: Call, campaign: Doc) -> bool:
    sender_domain = (campaign["from"] or "").rpartition("@")[2]
    ready = (domain["domain"] for domain in call.store.all("domain") if domain["isReadyForSending"])
    return not sender_domain or sender_domain in ready


def _transitions(campaign: Doc) -> dict[str, Transition]:
    """The transitions from the status of a campaign, by the name of their button."""
    return {
        name: transition
        for name, transition in TRANSITIONS.items()
        if campaign["status"] in transition.since
    }
