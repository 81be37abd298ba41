"""What is refused of every object alike: bad values, unknown ids, names taken, old versions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.api import ABSENT, CAMPAIGNS, CONTACTS, Api, by, ids_of, valid

LISTS = "/api/contact-structure/{contactStructureId}/lists"
OVERALL = "/api/reports/email/overall"
MISSING = "missing"
"""The value of a field that is left out."""
CONTACT: dict[str, list[Any]] = {
    "key": [MISSING, "no address", 3, None, "\ud800@example.com"],
    "contactStructureId": [MISSING, ABSENT, "x", 3],
    "fields": ["x", [{"_id": ABSENT, "value": "x"}], [{"_id": ABSENT}], ["x"]],
    "lists": [[ABSENT], ["x"], [3], "x", None],
    "tags": [[{"_id": ABSENT}], [ABSENT]],
}
STATUSES: list[Any] = [
    {"primary": "active"},
    {"primary": "inactive", "secondary": "Unsubscribe"},
    {"primary": "Inactive"},
    {"primary": "Inactive", "secondary": None},
    {"primary": "Inactive", "secondary": "Bounce"},
    {"primary": "Inactive", "secondary": "Complaint-FBL"},
    {"primary": "Inactive", "secondary": "unsubscribe"},
    {"primary": "Active", "secondary": "Unsubscribe"},
    {"secondary": "Unsubscribe"},
    {"primary": 3},
    "Inactive",
    None,
    [],
]
CAMPAIGN: dict[str, list[Any]] = {
    "name": ["", 3, None],
    "from": ["nobody"],
    "fromName": ["x" * 101],
    "previewText": ["x" * 101],
    "subject": [["x"]],
    "body": [{"html": "x"}],
    "plainTextBody": [1],
    "replyToAddresses": ["hello@acme.example", ["nobody"]],
    "contactStructureId": [ABSENT, "x"],
    "lists": [[ABSENT], [{"_id": ABSENT}], "x"],
}
CRITERIA: list[Any] = [
    [],
    [by("NAME", "x")],
    [by("KEY")],
    [by("KEY", "\ud800")],
    [by("FIELD_ID", "x")],
    [by("KEY", "x", values="x")],
    [by("KEY", "x", operator="CONTAINS")],
]
PAGE: dict[str, list[Any]] = {
    "page": ["0", "-1", "x", "1.5"],
    "size": ["0", "", "9" * 30],
    "sort": ["name", "name:up", "colour:asc", "name:asc,createdAt:desc"],
    "criteria": ["x" * 51],
}
MORE: list[dict[str, Any]] = [
    {"email": "x"},
    {"lists": [ABSENT]},
    {"fields": {ABSENT: "x"}},
    {"fields": {ABSENT: 3}},
    {"fields": []},
    {"contactStructureId": ABSENT},
    {"createdAt": "soon"},
]
"""What a contact of the state cannot have."""
NAMES: list[Any] = ["", 3, None, "x" * 1001]
BAD: dict[str, dict[str, list[Any]]] = {
    "POST /api/contact": CONTACT,
    "PUT /api/contact/{contactId}": {
        "key": [MISSING],
        "contactStructureId": [MISSING],
        "__v": [MISSING, "1"],
        "status": STATUSES,
    },
    "PATCH /api/contact/{contactId}": {"status": [MISSING, *STATUSES], "key": ["x@example.com"]},
    "POST /api/contact/search": {
        "source": [MISSING, [], ["key", "__v"], ["Key"], ["status"], "key", [["key"]]],
        "page": [MISSING, 0, "1", 10**30],
        "pageSize": [MISSING, 0, True],
        "contactStructureId": [MISSING, ABSENT],
        "contactSpecification": [
            *(MISSING, {}, [], {"filters": [{}]}),
            *({"filters": [{"criterias": criteria}]} for criteria in CRITERIA),
        ],
    },
    "PUT /api/contact-structure/{contactStructureId}": {
        "label": [MISSING, "", 3],
        "fields": [
            *(MISSING, None, [{"_id": ABSENT, "label": "x"}], [{"dataType": "text"}]),
            [{"label": "x", "required": "no"}],
        ],
        "tags": [[{"_id": ABSENT, "label": "x"}]],
        "keyType": ["phone"],
        "__v": ["0"],
    },
    f"POST {LISTS}": {"name": [MISSING, *NAMES], "type": ["dynamic"]},
    f"PATCH {LISTS}/{{listId}}": {"name": [MISSING], "__v": [MISSING]},
    f"DELETE {LISTS}": {"listIds": [MISSING, []]},
    f"POST {LISTS}/merge": {"listIds": [["one"]]},
    "POST /api/email/campaign": {
        **CAMPAIGN,
        "name": [MISSING, "", 3, None],
        "allowDuplicates": ["yes"],
    },
    "PATCH /api/email/campaign/{campaignId}": {
        **CAMPAIGN,
        "allowDuplicates": ["yes"],
        "__v": [MISSING],
    },
    f"GET {LISTS}": PAGE,
    f"GET {CAMPAIGNS}": {**PAGE, "statuses": ["done", "Draft", "draft,sent", ""]},
    "GET /api/contact/events": {
        "types": ["nonsense", ""],
        "page": ["0"],
        "size": ["x"],
        "pastDays": ["91"],
    },
    "GET /api/email/template": {"lang": [MISSING]},
    "GET /api/email/template/categories": {"lang": [MISSING]},
    f"GET /api/email/template/{ABSENT}": {"lang": [MISSING]},
    "GET /api/reports/dashboard": {"pastDays": [MISSING, "0", "91", "x"]},
    f"GET {OVERALL}": {
        "pastDays": [MISSING, "0", "91", "x"],
        "timezone": ["Mars/Base", "../../etc/passwd", ""],
    },
    f"GET {OVERALL}/histogram": {
        "pastDays": [MISSING, "0", "91", "x"],
        "eventType": [MISSING, "opened"],
    },
    "PUT /_sandbox/state": {
        "contact": [[]],
        "contacts": [{}, [{}], *([{"key": "a@example.com", **more}] for more in MORE)],
        "lists": [
            [{"_id": "news", "name": "x"}],
            [{"_id": ABSENT, "name": "x"}, {"_id": ABSENT, "name": "y"}],
        ],
        "campaigns": [
            [{"name": "x", **more}]
            for more in (
                {"status": "done"},
                {"contactStructureId": ABSENT},
                {"report": {"opens": 3}},
            )
        ],
        "standing": ["great"],
        "keys": [[{"key": "bme_x", "scopes": ["all"]}]],
    },
}
QUERY = {"pastDays": "7", "eventType": "email-sent"}
"""What the reports have to be asked for."""
VERSIONED = [
    "PUT /api/contact/{contactId}",
    "PUT /api/contact-structure/{contactStructureId}",
    f"PATCH {LISTS}/{{listId}}",
    "PATCH /api/email/campaign/{campaignId}",
]


def asked(api: Api, operation: str) -> tuple[str, str, dict[str, Any]]:
    """Method, path and body, or query, of an operation."""
    method, path = operation.format(**ids_of(api.state())).split()
    return valid(api).get(operation, (method, path, QUERY if method == "GET" else {}))


@pytest.fixture(scope="module")
def still() -> Iterator[Api]:
    """An account that nothing changes."""
    with Api("hour_limit=0") as running:
        yield running


@pytest.mark.parametrize(
    ("operation", "field", "value"),
    [
        pytest.param(operation, field, value, id=f"{operation}: {field} = {value!r}"[:90])
        for operation, fields in BAD.items()
        for field, values in fields.items()
        for value in values
    ],
)
def test_a_bad_value_is_named_and_changes_nothing(
    still: Api, operation: str, field: str, value: Any
) -> None:
    before = still.state()
    method, path, body = asked(still, operation)
    given = {**body, field: value}
    if value is MISSING:
        del given[field]
    message = still.invalid(field, method, path, **(given if method == "GET" else {"body": given}))
    if value is MISSING and path == CONTACTS:
        assert message == f"{field} is required"
    assert still.state() == before


@pytest.mark.parametrize("ident", [ABSENT, "x"])
@pytest.mark.parametrize(
    ("methods", "path", "message"),
    [
        ("GET PUT PATCH DELETE", "/api/contact/{}", "Contact not found"),
        ("GET", "/api/contact/{}/events", "Contact not found"),
        ("GET PUT", "/api/contact-structure/{}", "Contact structure not found"),
        ("GET PATCH DELETE", "{lists}/{}", "List not found"),
        ("POST", "{lists}/{}/duplicate", "List not found"),
        ("GET PATCH DELETE", "/api/email/campaign/{}", "Campaign not found"),
        ("POST", "/api/email/campaign/{}/duplicate", "Campaign not found"),
        ("GET", "/api/email/domain/{}", ""),
        ("GET", "/api/email/template/{}?lang=en", ""),
        ("GET", "/api/reports/email/{}", ""),
        ("GET", "/api/reports/email/{}/engagement", ""),
        ("POST", "/_sandbox/contacts/{}/status", ""),
        ("POST", "/_sandbox/campaigns/{}/status", ""),
    ],
)
def test_an_unknown_id_is_not_found(
    still: Api, methods: str, path: str, message: str, ident: str
) -> None:
    for method in methods.split():
        body = {"name": "x", "__v": 0, "status": "draft"}
        there = path.format(ident, lists=still.lists)
        told = still.error("RecordNotFound", method, there, None if method == "GET" else body)
        assert message in told


@pytest.mark.parametrize(
    ("operation", "field", "value"),
    [
        ("POST /api/contact", "key", "ANN@example.com"),
        ("PUT /api/contact/{contactId}", "key", "bob@example.com"),
        ("POST /api/email/campaign", "name", "Welcome"),
        ("PATCH /api/email/campaign/{campaignId}", "name", "2026-10 Newsletter"),
        ("POST /api/email/campaign/{campaignId}/duplicate", "name", "Welcome"),
        ("PUT /_sandbox/state", "contacts", [{"key": "a@example.com"}, {"key": "A@example.com"}]),
    ],
)
def test_what_another_object_is_called_is_refused(
    still: Api, operation: str, field: str, value: Any
) -> None:
    method, path, body = asked(still, operation)
    before = still.state()
    still.error("DuplicateFieldError", method, path, {**body, field: value}, field=field)
    assert still.state() == before


@pytest.mark.parametrize("operation", VERSIONED)
def test_a_write_needs_the_current_version(api: Api, operation: str) -> None:
    method, path, body = valid(api)[operation]
    api.ok(method, path, body)
    assert api.error("ConcurrencyError", method, path, body) == "Document version mismatch"
    api.ok(method, path, {**body, "__v": body["__v"] + 1})
