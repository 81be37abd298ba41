"""Email templates and their categories, read only (API contract 4.5).

In: calls with `lang`. Out: templates of that language; `id`, not `_id`, throughout.
"""

from __future__ import annotations

from bmeconf.sandbox import queries
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


ROUTES = (
    Route("GET", "/api/email/template", "campaigns:read", page),
    Route("GET", "/api/email/template/categories", "campaigns:read", categories),
    Route("GET", "/api/email/template/<template_id>", "campaigns:read", get),
)
