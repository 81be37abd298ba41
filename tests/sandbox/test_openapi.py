"""The sandbox against the vendor's OpenAPI document, which is read and never kept here.

Every operation is called once; its reply must have a declared success status, satisfy the
declared schema, and hold nothing undeclared but what the vendor's guides add.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator, oas30_format_checker

from tests.support.api import Api, ids_of, refused, valid

_NEAR = Path(__file__).parents[3] / "shared" / "reference" / "benchmark-email-openapi.json"
DOCUMENT = Path(os.environ.get("BMECONF_VENDOR_OPENAPI") or _NEAR)

pytestmark = pytest.mark.skipif(
    not DOCUMENT.is_file(),
    reason=f"the vendor's OpenAPI document is not at {DOCUMENT}; name it in BMECONF_VENDOR_OPENAPI",
)

# The document shows paged lists as a bare array and lets keys create structures; the guides
# say {total, records} and 403, which the sandbox follows by default.
SWITCHES = ("lists_page=array", "structure_create=accept")

# What the guides show beyond the document: contacts in a search, complete campaigns.
CAMPAIGN = {
    *("name", "from", "fromName", "subject", "previewText", "body", "plainTextBody"),
    *("replyToAddresses", "contactStructureId", "lists", "__v"),
}
BEYOND = {
    "POST /api/contact/search": {"lists", "contactStatus", "contactSubStatus"},
    "POST /api/email/campaign": CAMPAIGN,
    "GET /api/email/campaign/{campaignId}": CAMPAIGN,
    "PATCH /api/email/campaign/{campaignId}": CAMPAIGN,
    "POST /api/email/campaign/{campaignId}/duplicate": CAMPAIGN,
}


def operations() -> dict[str, dict[str, Any]]:
    """`{"GET /api/contact": operation}`."""
    if not DOCUMENT.is_file():
        return {}
    paths = json.loads(DOCUMENT.read_text(encoding="utf-8"))["paths"]
    return {
        f"{method.upper()} {path}": operation
        for path, methods in paths.items()
        for method, operation in methods.items()
        if method in ("get", "post", "put", "patch", "delete")
    }


OPERATIONS = operations()


@pytest.fixture
def api() -> Iterator[Api]:
    with Api(*SWITCHES) as running:
        running.add("domains", domain="grey.example", type="grey-label")
        yield running


def query_of(operation: dict[str, Any]) -> dict[str, Any]:
    """Every declared query parameter, with a value that its schema allows."""
    known: dict[str, Any] = {
        "lang": "en",
        "pastDays": 90,
        "sort": "name:asc",
        "criteria": "e",
        "timezone": "Europe/Berlin",
        "searchTerm": "e",
        "page": 1,
        "size": 5,
        "internal": "false",
    }
    query = {}
    for parameter in operation.get("parameters", []):
        if parameter["in"] != "query" or parameter["name"] == "attributeIds":
            continue
        schema = parameter["schema"]
        values = schema.get("enum") or schema.get("items", {}).get("enum")
        query[parameter["name"]] = values[0] if values else known[parameter["name"]]
    return query


def call(api: Api, operation: str, **more: Any) -> Any:
    """The reply to an operation, with every parameter that it has."""
    state = api.state()
    reports = "/api/reports" in operation
    report_or_template = state["campaigns"][0]["_id"] if reports else state["templates"][0]["id"]
    ids = {**ids_of(state), "domainId": state["domains"][0]["_id"], "id": report_or_template}
    method, path = operation.format(**ids).split()
    _, _, body = valid(api).get(operation, (method, path, None))
    return api.send(method, path, body, **query_of(OPERATIONS[operation]), **more)


def undeclared(schema: dict[str, Any], value: Any) -> set[str]:
    """Names in `value` that the schema's properties do not have, at any depth."""
    if isinstance(value, list):
        return {name for item in value for name in undeclared(schema.get("items", {}), item)}
    known = schema.get("properties")
    if not isinstance(value, dict) or known is None:
        return set()
    inner = (undeclared(known[name], value[name]) for name in value if name in known)
    return (set(value) - set(known)).union(*inner)


def test_the_document_is_the_one_the_tests_know() -> None:
    assert len(OPERATIONS) == 40
    with_bodies = {name for name, spec in OPERATIONS.items() if "requestBody" in spec}
    with Api() as api:
        assert set(valid(api)) == with_bodies


@pytest.mark.parametrize("operation", OPERATIONS)
def test_success_has_a_declared_status_and_shape(api: Api, operation: str) -> None:
    response = call(api, operation)
    declared = OPERATIONS[operation]["responses"]
    assert response.status_code < 300, response.text
    assert str(response.status_code) in declared
    content = declared[str(response.status_code)].get("content", {})
    if "text/csv" in content:
        assert response.headers["Content-Type"].startswith("text/csv")
    schema = content.get("application/json", {}).get("schema")
    if schema:
        OAS30Validator(schema, format_checker=oas30_format_checker).validate(response.json())
        assert undeclared(schema, response.json()) <= BEYOND.get(operation, set())


@pytest.mark.parametrize("operation", [name for name in OPERATIONS if "/email/campaign" in name])
def test_minimal_campaigns_have_nothing_undeclared(api: Api, operation: str) -> None:
    api.switch(campaign_body="minimal")
    response = call(api, operation)
    success = OPERATIONS[operation]["responses"][str(response.status_code)]
    if "content" in success:
        schema = success["content"]["application/json"]["schema"]
        assert undeclared(schema, response.json()) == set()


@pytest.mark.parametrize("operation", OPERATIONS)
def test_scopes_are_the_declared_ones(api: Api, operation: str) -> None:
    scope = OPERATIONS[operation]["x-api-key-scope"]
    state: dict[str, Any] = api.state()
    every = state["keys"][0]["scopes"]
    # A write scope would include the read scope, so the poor key has neither.
    others = [name for name in every if name.partition(":")[0] != scope.partition(":")[0]]
    reading = [scope.replace(":write", ":read")] if scope.endswith(":write") else []
    poor = {"key": "bme_poor", "scopes": others + reading}
    right = {"key": "bme_right", "scopes": [scope]}
    api.put_state(**{**state, "keys": [*state["keys"], poor, right]})
    message = refused(call(api, operation, key="bme_poor"), 403, "ForbiddenError")
    assert message == f"API key missing required scope: {scope}"
    assert call(api, operation, key="bme_right").status_code < 300


def test_the_error_with_affected_forms(api: Api) -> None:
    operation = "PUT /api/contact-structure/{contactStructureId}"
    schema = OPERATIONS[operation]["responses"]["400"]["content"]["application/json"]["schema"]
    api.ok("POST", "/_sandbox/forms", {"name": "F", "fieldIds": [api.field_id("Company")]})
    method, path, body = valid(api)[operation]
    response = api.send(method, path, {**body, "fields": body["fields"][:2]})
    assert response.status_code == 400
    OAS30Validator(schema).validate(response.json())
