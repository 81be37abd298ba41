"""Differences of a drift report -> PageItem. Pure.

Fields are shown with both their sides, in Git and in the account, and neither as what becomes of
the other: only a person can say which of them is right.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from bmeconf.drift import FROZEN, KNOWN, PRESENT, Drift, DriftItem
from bmeconf.kinds import KINDS, Mailing
from bmeconf.model import FINISHED, IDENTITY, PRESENCE, CampaignStatus, Cause
from bmeconf.render import values
from bmeconf.render.model import Field, PageItem
from bmeconf.render.page import plan as plan_page

MOVED = {**plan_page.MOVED, Cause.PENDING: "declared otherwise and not applied yet"}
TOO_LATE = "declared otherwise, and that cannot be applied any more"
DIFFERS = "not as declared"
STOP = (
    "if it must not go out like this, take its schedule back in the web app; else declare what is"
    " live"
)
QUIET = (KNOWN, Cause.PENDING)
OUT = (CampaignStatus.SCHEDULED, CampaignStatus.SENDING, CampaignStatus.SENT)
SENT_ASTRAY = (
    "it cannot be called back: decide whether to write to those who got it, then declare the lists"
    " that it went to"
)
TOO_LATE_FOR = "nothing can be written to it any more: declare what is live"
ANSWER = ", or accept it until a given day (policy: known_drift in bmeconf.yaml)"


def drift_item(items: Sequence[DriftItem], drift: Drift, fail_on: Collection[str]) -> PageItem:
    """The differences of one resource that one side made, as one item."""
    first = items[0]
    fails = any(item.counts_as in fail_on for item in items)
    gravest = sorted(items, key=_went_astray, reverse=True)
    misled = fails and _went_astray(gravest[0])
    return PageItem(
        sign=_sign(first),
        address=str(first.address),
        state=first.sort,
        head=_head(items, drift.remembers),
        fields=tuple(map(_field, (item for item in items if item.path != PRESENCE))),
        notes=tuple(_term(first)),
        history=tuple(_history(first, drift)),
        remedy=next(filter(None, map(_remedy, gravest)), ""),
        level="error" if misled else "note" if first.sort in QUIET else "warning",
        fails=fails,
        must=fails,
        place=first.place,
    )


def _went_astray(item: DriftItem) -> bool:
    """True for a mail that goes out, or went out, to other lists than those declared."""
    kind = KINDS[item.address.kind]
    to_others = isinstance(kind, Mailing) and item.path == (kind.recipients,)
    return to_others and item.sort == FROZEN and item.frozen in OUT


def _field(item: DriftItem) -> Field:
    """Both sides of an item, what is declared first."""
    field = plan_page.two_sides(item.path, item.desired, item.live, "the account")
    return field._replace(name=field_name(item))


def _remedy(item: DriftItem) -> str:
    """What can be done about a campaign that is no draft, if that is urgent."""
    if item.sort != FROZEN or item.counts_as == FROZEN:
        return ""
    if item.frozen not in FINISHED:
        return STOP
    if _went_astray(item):
        return SENT_ASTRAY
    return TOO_LATE_FOR + (ANSWER if item.cause == Cause.DRIFT else "")


def _sign(item: DriftItem) -> str:
    if item.sort in (FROZEN, KNOWN):
        return "!" if item.sort == FROZEN else "="
    if item.path != PRESENCE:
        return "~"
    if item.sort == Cause.PENDING:
        return "+" if item.desired == PRESENT else "-"
    return "-" if item.desired == PRESENT else "!"


def _head(items: Sequence[DriftItem], remembers: bool) -> str:
    first = items[0]
    if first.path != PRESENCE:
        cause = MOVED[first.cause]
        if first.untold or not remembers:
            cause = DIFFERS
        elif first.sort == FROZEN and first.cause == Cause.PENDING:
            cause = TOO_LATE
        head = f"{', '.join(map(field_name, items))} {cause}"
    elif first.desired == PRESENT:
        head = "is gone from the account"
        if first.untold or not remembers:
            head = "is not in the account"
        if first.cause == Cause.PENDING:
            head = "is not created yet"
    else:
        still = " still" if first.cause == Cause.PENDING else ""
        head = f"is declared absent, and is there{still}"
    return f"is {first.frozen}, not a draft; {head}" if first.frozen else head


def field_name(item: DriftItem) -> str:
    return "id of the live object" if item.path == IDENTITY else item.field


def _term(item: DriftItem) -> Iterator[str]:
    """Who answers for a difference, and until when."""
    if item.known:
        until = item.known.expires.isoformat()
        owner = f" ({item.known.owner})" if item.known.owner else ""
        term = f"was known until {until} and that is over" if item.expired else f"until {until}"
        yield f"{term}: {item.known.reason}{owner}"


def _history(item: DriftItem, drift: Drift) -> Iterator[str]:
    """Who changed both sides last, as far as known."""
    touch, written = drift.touches.get(item.address), item.place and drift.written.get(item.place)
    if touch:
        who = " ".join(word for word in (touch.by, touch.user) if word)
        parts = (
            f"last changed at {values.parsed(touch.at, values.utc)}",
            f"by {who}" if who else "",
            f"from {touch.source}" if touch.source else "",
            f"({touch.event})" if touch.event else "",
        )
        yield " ".join(filter(None, parts))
    if written:
        author = f" by {written.author}" if written.author else ""
        yield f"declared{author} at {values.utc(written.at)} (commit {written.commit[:12]})"
