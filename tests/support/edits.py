"""One edit of every sort of field, by the manifest and by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.driver import Account

ANN, VIP = "ann@example.com", "VIP"
WELCOME, SENT = "campaigns/Welcome", "campaigns/2026-10 Newsletter"


Case = tuple[str, str, str, Any, Any, Callable[[Account], Any], str]
CASES: dict[str, Case] = {
    # kind, name, field, declared, declared later, what a person makes of it, path
    "scalar": (
        *("campaigns", "Welcome", "subject", "Hello", "Hi"),
        *(lambda account: {"subject": "Ho"}, "subject"),
    ),
    "cleared": (
        *("campaigns", "Welcome", "preview_text", None, "Hi"),
        *(lambda account: {"previewText": "Ho"}, "preview_text"),
    ),
    "set": (
        *("campaigns", "Welcome", "reply_to", ["a@acme.example"], ["b@acme.example"]),
        *(lambda account: {"replyToAddresses": ["c@acme.example"]}, "reply_to"),
    ),
    "set of references": (
        *("campaigns", "Welcome", "lists", ["Newsletter"], ["Newsletter", "Customers"]),
        *(lambda account: {"lists": account.list_ids("Old list")}, "lists"),
    ),
    "body": (
        *("campaigns", "Welcome", "body", {"html": "<p>A</p>"}, {"html": "<p>B</p>"}),
        *(lambda account: {"body": "<p>C</p>"}, "body"),
    ),
    "mapping": (
        *("contacts", ANN, "fields", {"First Name": "Anna"}, {"First Name": "Anne"}),
        *(lambda account: {"fields": {account.field_id("First Name"): "Nan"}}, "fields.First Name"),
    ),
    "set declared in part": (
        *("contacts", ANN, "lists", ["Newsletter", "Customers"], ["Newsletter"]),
        *(lambda account: {"lists": account.list_ids("Product updates")}, "lists"),
    ),
    "tags": (
        *("contacts", ANN, "tags", [VIP], []),
        *(lambda account: {"tags": []}, "tags"),
    ),
}
