"""Email templates with their categories, and sending domains, read only (API contract 4.5, 4.6).

In: calls, for templates with `lang`. Out: templates of that language, with `id` instead of `_id`
throughout; domains as stored, of which at most one is a grey-label domain.
"""

from __future__ import annotations

from bmeconf.sandbox import queries, records
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import not_found
from bmeconf.sandbox.store import Doc

_DETAILS = ("html", "design", "internal")


def page(call: Call) -> Doc:
    """GET /api/email/template: `{"records", "total"}`, unpaged, without html and design."""
    lang = queries.needed(call, "lang")
    term = call.query.get("searchTerm", "").lower()
    attributes = {name for name in call.query.get("attributeIds", "").split(",") if name}
    internal = queries.one_of(call, "internal", ("true", "false")) == "true"
    rows = [
        _row(template)
        for template in call.store.all("template")
        if template["lang"] == lang
        and term in f"{template['name']} {template['subject']}".lower()
        and attributes <= set(template["attributeIds"])
        and (template["internal"] or not internal)
    ]
    return {"records": rows, "total": len(rows)}


def categories(call: Call) -> Doc:
    """GET /api/email/template/categories: `{"records", "total"}`."""
    lang = queries.needed(call, "lang")
    rows = [category for category in call.store.all("category") if category["lang"] == lang]
    return {"records": rows, "total": len(rows)}


def get(call: Call) -> Doc:
    """GET /api/email/template/{id}: the record with `html`, and `design` as JSON text."""
    lang = queries.needed(call, "lang")
    template = call.store.get("template", call.args["template_id"])
    if template is None or template["lang"] != lang:
        raise not_found("Template")
    return _row(template) | {name: template[name] for name in ("html", "design")}


def _row(template: Doc) -> Doc:
    return {name: value for name, value in template.items() if name not in _DETAILS}


def domains(call: Call) -> list[Doc]:
    """GET /api/email/domain: a bare array."""
    return call.store.all("domain")


def grey_label(call: Call) -> Doc:
    """GET /api/email/domain/grey-label: without `validationResults`."""
    for doc in call.store.all("domain"):
        if doc["type"] == "grey-label":
            return {name: part for name, part in doc.items() if name != "validationResults"}
    raise not_found("Domain")


def domain(call: Call) -> Doc:
    """GET /api/email/domain/{domainId}."""
    return records.addressed(call, "domain")


ROUTES = (
    Route("GET", "/api/email/template", "campaigns:read", page),
    Route("GET", "/api/email/template/categories", "campaigns:read", categories),
    Route("GET", "/api/email/template/<template_id>", "campaigns:read", get),
    Route("GET", "/api/email/domain", "domains:read", domains),
    Route("GET", "/api/email/domain/grey-label", "domains:read", grey_label),
    Route("GET", "/api/email/domain/<domain_id>", "domains:read", domain),
)
