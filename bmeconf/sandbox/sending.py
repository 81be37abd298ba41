"""A sending, as it would have gone: who got it, opened it, clicked, bounced, complained.

In: a campaign, its time, and how well it did. Out: the sent campaign with its report, the events of
each recipient, and recipients who are Inactive for it. Nothing is sent to anybody. The same
account and outcome always give the same figures.
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
    """How a sending went: `hard`, `soft` as parts of those sent, the rest of those delivered."""

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
    """Who was sent it, and what became of them; those who clicked opened, too."""

    sent: Sequence[Doc]
    hard: Sequence[Doc]
    soft: Sequence[Doc]
    delivered: Sequence[Doc]
    complained: Sequence[Doc]
    left: Sequence[Doc]
    opened: Sequence[Doc]
    clicked: Sequence[Doc]


def send(call: Call, campaign: Doc, at: str, outcome: Outcome) -> Doc:
    """Make a campaign sent at `at`; gives the stored campaign. Raises ApiError 400."""
    groups = _grouped(campaigns.recipients(call, campaign), outcome)
    report = _report(call, campaign, groups)
    _tell(call, campaign, groups, report["links"])
    counts = {
        "sentCount": len(groups.sent),
        "failedCount": len(groups.hard) + len(groups.soft),
        "totalRecipients": len(groups.sent),
    }
    return campaigns.set_status(call, campaign | counts | {"report": report}, "sent", at)


def _grouped(people: Sequence[Doc], outcome: Outcome) -> _Groups:
    # Trouble comes from the front and interest from the back, so that they seldom meet.
    hard, rest = _cut(people, len(people), outcome.hard)
    soft, delivered = _cut(rest, len(people), outcome.soft)
    complained, rest = _cut(delivered, len(delivered), outcome.complained)
    left, _ = _cut(rest, len(delivered), outcome.unsubscribed)
    eager = delivered[::-1]
    opened, _ = _cut(eager, len(delivered), outcome.opened)
    clicked, _ = _cut(opened, len(delivered), outcome.clicked)
    return _Groups(people, hard, soft, delivered, complained, left, opened, clicked)


def _cut(people: Sequence[Doc], whole: int, part: float) -> tuple[Sequence[Doc], Sequence[Doc]]:
    """The first ones, as many as are `part` of `whole`, and the others."""
    count = int(whole * part + 0.5)
    return people[:count], people[count:]


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
        "unsubscribes": len(groups.left),
        "lastOpenAt": stamp if groups.opened else None,
        "lastClickAt": stamp if groups.clicked else None,
        "links": _links(campaign, len(groups.clicked)),
    }


def _tell(call: Call, campaign: Doc, groups: _Groups, links: Sequence[Doc]) -> None:
    """The events of every recipient; whoever bounced, complained or left is Inactive now."""
    mail = _mail(campaign)
    clicked = mail | ({"emailTargetUrl": links[0]["path"]} if links else {})
    _note(call, "email-sent", groups.sent, mail)
    _note(call, "email-delivered", groups.delivered, mail)
    _note(call, "email-bounced", groups.soft, mail | {"emailBounceType": "Transient"})
    _note(call, "email-opened", groups.opened, mail)
    _note(call, "email-clicked", groups.clicked, clicked)
    _end(call, groups.hard, "Bounce", mail | {"emailBounceType": "Permanent"})
    _end(call, groups.complained, "Complaint-FBL", mail)
    _end(call, groups.left, "Unsubscribe", mail)


def _note(call: Call, kind: str, people: Sequence[Doc], mail: Doc) -> None:
    for contact in people:
        said = mail | {"emailTo": contact["key"]}
        events.note(call.store, call.now, kind, contact["_id"], source="web", **said)


def _end(call: Call, people: Sequence[Doc], reason: str, mail: Doc) -> None:
    for contact in people:
        said = mail | {"emailTo": contact["key"]}
        contacts.set_status(call, contact, {"primary": "Inactive", "secondary": reason}, **said)


def _mail(campaign: Doc) -> Doc:
    """What the events of a mail say of it."""
    said = {
        "emailCampaignId": campaign["_id"],
        "emailCampaignName": campaign["name"],
        "emailSubject": campaign["subject"],
        "emailSender": campaign["from"],
        "emailSenderName": campaign["fromName"],
    }
    return {name: value for name, value in said.items() if value is not None}


def _links(campaign: Doc, clickers: int) -> list[Doc]:
    """The body's links; whoever clicked clicked the first, and half of them the second."""
    found = dict.fromkeys(html.unescape(link) for link in _LINK.findall(campaign["body"] or ""))
    counts = [clickers, clickers // 2] + [0] * _MOST_LINKS
    return [
        {"id": ids.fixed(f"{campaign['_id']} {path}"), "path": path}
        | {"clicks": {"total": unique + unique // 2, "unique": unique}}
        for path, unique in zip(list(found)[:_MOST_LINKS], counts, strict=False)
    ]
