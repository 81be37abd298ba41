"""Simulated sending of a campaign: deliveries, opens, clicks, bounces, complaints.

In: a campaign, its time, and an outcome. Out: the sent campaign with its report, the events of each
recipient, and the recipients who become Inactive. Nothing is sent to anybody. The same account and
outcome always give the same figures.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass

from bmeconf.sandbox import campaigns, clock, contacts, events, ids
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.store import Doc

_LINK = re.compile(r"""<a\s[^>]*?\bhref\s*=\s*["'](https?://[^"']+)["']""", re.IGNORECASE)
_MOST_LINKS = 10


@dataclass(frozen=True)
class Outcome:
    """The rates of a sending: `hard`, `soft` of the sent mails, the others of the delivered."""

    words: str
    hard: float = 0.0
    soft: float = 0.0
    complained: float = 0.0
    unsubscribed: float = 0.0
    opened: float = 0.0
    clicked: float = 0.0


OUTCOMES = {
    "usual": Outcome("as usual: 42 % open, 8 % click", 0.005, 0.005, 0, 0.003, 0.42, 0.08),
    "poor": Outcome("badly: many bounce, few open", 0.1, 0.04, 0.02, 0.05, 0.08, 0.01),
    "unopened": Outcome("just gone out: delivered, nobody has opened it yet"),
}


@dataclass(frozen=True)
class _Groups:
    """Recipients by reaction; recipients in `clicked` are in `opened`, too."""

    sent: Sequence[Doc]
    hard: Sequence[Doc]
    soft: Sequence[Doc]
    delivered: Sequence[Doc]
    complained: Sequence[Doc]
    unsubscribed: Sequence[Doc]
    opened: Sequence[Doc]
    clicked: Sequence[Doc]


def send(call: Call, campaign: Doc, at: str, outcome: Outcome) -> Doc:
    """Mark a campaign as sent at `at`, and return the stored campaign. Raises ApiError 400."""
    groups = _grouped(campaigns.recipients(call, campaign), outcome)
    report = _report(call, campaign, groups)
    _record_events(call, campaign, groups, report["links"])
    counts = {
        "sentCount": len(groups.sent),
        "failedCount": len(groups.hard) + len(groups.soft),
        "totalRecipients": len(groups.sent),
    }
    return campaigns.set_status(call, campaign | counts | {"report": report}, "sent", at)


def _grouped(recipients: Sequence[Doc], outcome: Outcome) -> _Groups:
    # Bounces and complaints are taken from the front, opens from the back, to overlap seldom.
    hard, rest = _split(recipients, len(recipients), outcome.hard)
    soft, delivered = _split(rest, len(recipients), outcome.soft)
    complained, rest = _split(delivered, len(delivered), outcome.complained)
    unsubscribed, _ = _split(rest, len(delivered), outcome.unsubscribed)
    eager = delivered[::-1]
    opened, _ = _split(eager, len(delivered), outcome.opened)
    clicked, _ = _split(opened, len(delivered), outcome.clicked)
    return _Groups(recipients, hard, soft, delivered, complained, unsubscribed, opened, clicked)


def _split(
    recipients: Sequence[Doc], whole: int, fraction: float
) -> tuple[Sequence[Doc], Sequence[Doc]]:
    """The first recipients, as many as `fraction` of `whole`, and the others."""
    count = int(whole * fraction + 0.5)
    return recipients[:count], recipients[count:]


def _report(call: Call, campaign: Doc, groups: _Groups) -> Doc:
    stamp = clock.iso(call.now)
    return {
        "sent": len(groups.sent),
        "delivered": len(groups.delivered),
        "uniqueOpens": len(groups.opened),
        "uniqueClicks": len(groups.clicked),
        "hardBounces": len(groups.hard),
        "softBounces": len(groups.soft),
        "complaints": len(groups.complained),
        "unsubscribes": len(groups.unsubscribed),
        "lastOpenAt": stamp if groups.opened else None,
        "lastClickAt": stamp if groups.clicked else None,
        "links": _links(campaign, len(groups.clicked)),
    }


def _record_events(call: Call, campaign: Doc, groups: _Groups, links: Sequence[Doc]) -> None:
    """Record the events of all recipients; bounced, complained or unsubscribed become Inactive."""
    mail = _mail(campaign)
    clicked = mail | ({"emailTargetUrl": links[0]["path"]} if links else {})
    _record(call, "email-sent", groups.sent, mail)
    _record(call, "email-delivered", groups.delivered, mail)
    _record(call, "email-bounced", groups.soft, mail | {"emailBounceType": "Transient"})
    _record(call, "email-opened", groups.opened, mail)
    _record(call, "email-clicked", groups.clicked, clicked)
    _deactivate(call, groups.hard, "Bounce", mail | {"emailBounceType": "Permanent"})
    _deactivate(call, groups.complained, "Complaint-FBL", mail)
    _deactivate(call, groups.unsubscribed, "Unsubscribe", mail)


def _record(call: Call, kind: str, recipients: Sequence[Doc], mail: Doc) -> None:
    for contact in recipients:
        details = mail | {"emailTo": contact["key"]}
        events.note(call.store, call.now, kind, contact["_id"], source="web", **details)


def _deactivate(call: Call, recipients: Sequence[Doc], reason: str, mail: Doc) -> None:
    for contact in recipients:
        details = mail | {"emailTo": contact["key"]}
        contacts.set_status(call, contact, {"primary": "Inactive", "secondary": reason}, **details)


def _mail(campaign: Doc) -> Doc:
    """The details of a campaign in events of its mails."""
    details = {
        "emailCampaignId": campaign["_id"],
        "emailCampaignName": campaign["name"],
        "emailSubject": campaign["subject"],
        "emailSender": campaign["from"],
        "emailSenderName": campaign["fromName"],
    }
    return {name: value for name, value in details.items() if value is not None}


def _links(campaign: Doc, clickers: int) -> list[Doc]:
    """The links in the body: all clickers clicked the first, half of them the second."""
    paths = dict.fromkeys(html.unescape(link) for link in _LINK.findall(campaign["body"] or ""))
    counts = [clickers, clickers // 2] + [0] * _MOST_LINKS
    return [
        {"id": ids.fixed(f"{campaign['_id']} {path}"), "path": path}
        | {"clicks": {"total": unique + unique // 2, "unique": unique}}
        for path, unique in zip(list(paths)[:_MOST_LINKS], counts, strict=False)
    ]
