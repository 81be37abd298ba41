"""Sending domains, read only (API contract 4.6).

In: calls. Out: domains as stored; the account has at most one grey-label domain, or a 404.
"""

from __future__ import annotations

from bmeconf.sandbox import records
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import not_found
from bmeconf.sandbox.store import Doc


def every(call: Call) -> list[Doc]:
    """GET /api/email/domain: a bare array."""
    return call.store.all("domain")


def grey_label(call: Call) -> Doc:
    """GET /api/email/domain/grey-label: without `validationResults`."""
    for domain in call.store.all("domain"):
        if domain["type"] == "grey-label":
            return {name: part for name, part in domain.items() if name != "validationResults"}
    raise not_found("Domain")


def get(call: Call) -> Doc:
    """GET /api/email/domain/{domainId}."""
    return records.addressed(call, "domain")


ROUTES = (
    Route("GET", "/api/email/domain", "domains:read", every),
    Route("GET", "/api/email/domain/grey-label", "domains:read", grey_label),
    Route("GET", "/api/email/domain/<domain_id>", "domains:read", get),
)
