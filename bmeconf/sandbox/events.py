"""Events of contacts (API contract 4.2.3).

In: events from the other modules. Out: pages of an account's or a contact's events, newest first.
"""

from __future__ import annotations

from typing import Any

from bmeconf.sandbox import clock, ids, queries, records
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import invalid
from bmeconf.sandbox.store import Doc, Store

TYPES = (
    "contact-created",
    "contact-updated",
    "contact-update-failed",
    "contact-unsubscribed",
    "contact-reactivated",
    "email-sent",
    "email-bounced",
    "email-delivered",
    "email-delayed",
    "email-rejected",
    "email-complaint",
    "email-opened",
    "email-clicked",
    "email-skipped",
)


def note(
    store: Store, now: float, kind: str, contact_id: str, source: str = "api", **more: Any
) -> None:
    """Record an event; `source` is "api", or "web" for an act of a person in the web app.

    `more` has details that only some types have, by the API's names.
    """
    event = {
        "_id": ids.new(),
        "contactId": contact_id,
        "type": kind,
        "timestamp": clock.iso(now),
        "source": source,
        "triggeredBy": {"type": "api-key" if source == "api" else "user"},
        **more,
    }
    store.put("event", event)


def of_account(call: Call) -> Doc:
    """GET /api/contact/events: `{"total", "records"}` of the last `pastDays` (1-90, else 30)."""
    days = queries.whole(call, "pastDays", 30, most=90)
    since = clock.iso(call.now - days * clock.DAY)
    return _page(call, [event for event in call.store.all("event") if event["timestamp"] >= since])


def of_contact(call: Call) -> Doc:
    """GET /api/contact/{contactId}/events: the same for one contact, however old."""
    contact = records.addressed(call, "contact")
    return _page(call, call.store.all("event", contact["_id"]))


def _page(call: Call, events: list[Doc]) -> Doc:
    names = call.query.get("types")
    types = names.split(",") if names is not None else list(TYPES)
    for name in types:
        if name not in TYPES:
            raise invalid("types", f"must each be one of: {', '.join(TYPES)}")
    matching = [event for event in reversed(events) if event["type"] in types]
    return queries.page(call, matching, _view)


def _view(event: Doc) -> dict[str, Any]:
    return {name: value for name, value in event.items() if name != "_id"}


ROUTES = (
    Route("GET", "/api/contact/events", "contacts:read", of_account),
    Route("GET", "/api/contact/<contact_id>/events", "contacts:read", of_contact),
)
