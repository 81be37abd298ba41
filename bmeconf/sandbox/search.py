"""Contact search and export (API contract 4.2.1, 4.2.2).

In: a search body. Out: a page of hits with the requested sources, or CSV text. Groups are
OR-ed, the criteria within a group AND-ed.
"""

from __future__ import annotations

import csv
import io
from typing import Any

from bmeconf.sandbox import body, contact_input, contacts, index, queries
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import invalid
from bmeconf.sandbox.store import Doc
from bmeconf.sandbox.switches import Switches

SOURCES = (
    "_id",
    "key",
    "fields",
    "tags",
    "lists",
    "contactStatus",
    "contactSubStatus",
    "createdAt",
    "updatedAt",
)

_CRITERION = body.record(
    {
        "columnToFilter": body.one_of("KEY", "LIST_ID", "FIELD_ID"),
        "operator": body.one_of("EQ"),
        "values": body.each(body.text(), least=1),
    },
    {"fieldId": body.object_id},
)
_GROUP = body.record({"criterias": body.each(_CRITERION, least=1)}, {})
_QUERY: body.Checks = {
    "contactStructureId": body.object_id,
    "contactSpecification": body.record({"filters": body.each(_GROUP)}, {}),
}
_SOURCE: body.Checks = {"source": body.each(body.one_of(*SOURCES), least=1)}
_PAGE: body.Checks = {"page": body.whole(1), "pageSize": body.whole(1)}

# A column's condition on one row of the index; values are bound, never written into it.
_CONDITIONS = {
    "KEY": "name IN ({marks})",
    "LIST_ID": "EXISTS (SELECT 1 FROM json_each(doc, '$.lists') WHERE value IN ({marks}))",
    "FIELD_ID": "json_extract(doc, ?) IN ({marks})",
}

# Far beyond any documented use, and within what one SQL statement can hold.
_MOST_CRITERIA = 900
_MOST_VALUES = 20_000

Condition = tuple[str, list[str]]


def search(call: Call) -> Doc:
    """POST /api/contact/search: `{"contacts": [...], "totalRecords": n}`.

    All five keys are required. A hit never has `__v`, so that a PUT needs a GET first.
    """
    query = body.read(call.body, {**_QUERY, **_SOURCE, **_PAGE}, {}, call.switches.unknown_keys)
    contact_input.structure(call.store, query["contactStructureId"])
    where, values = _condition(query, call.switches)
    start, size = _span(query, call.switches)
    index.settle(call.store, call.now)
    hits = index.select(call.store, where, values, start, size)
    return {
        "contacts": [_hit(contact, query["source"], call.switches) for contact in hits],
        "totalRecords": index.count(call.store, where, values),
    }


def _span(query: Doc, switches: Switches) -> tuple[int, int]:
    mode = switches.search_max_size_mode
    size = queries.bounded(query["pageSize"], switches.search_max_size, mode, "pageSize")
    start = (query["page"] - 1) * size
    if switches.search_ceiling and start + size > switches.search_ceiling:
        if switches.search_ceiling_mode == "error":
            raise invalid("page", f"must stay within the first {switches.search_ceiling} results")
        size = max(0, switches.search_ceiling - start)
    return start, size


def _condition(query: Doc, switches: Switches) -> Condition:
    groups = query["contactSpecification"]["filters"]
    if switches.search_max_groups and len(groups) > switches.search_max_groups:
        raise invalid("contactSpecification", f"has more than {switches.search_max_groups} filters")
    if not groups and switches.search_empty_filters == "error":
        raise invalid("contactSpecification", "needs at least one filter")
    criterias = [criterion for group in groups for criterion in group["criterias"]]
    values_given = sum(len(criterion["values"]) for criterion in criterias)
    if len(criterias) > _MOST_CRITERIA or values_given > _MOST_VALUES:
        raise invalid("contactSpecification", "is too large")
    parts = [_group(group["criterias"], switches) for group in groups]
    either = " OR ".join(f"({sql})" for sql, _ in parts) or "1"
    values = [value for _, bound in parts for value in bound]
    return f"structure = ? AND ({either})", [query["contactStructureId"], *values]


def _group(criterias: list[Doc], switches: Switches) -> Condition:
    parts = [_criterion(criterion, switches) for criterion in criterias]
    return " AND ".join(sql for sql, _ in parts), [value for _, bound in parts for value in bound]


def _criterion(criterion: Doc, switches: Switches) -> Condition:
    values = list(criterion["values"])
    if len(values) > 1 and not switches.search_multi_value:
        raise invalid("contactSpecification", "allows one value with the operator EQ")
    sql = _CONDITIONS[criterion["columnToFilter"]].format(marks=", ".join("?" * len(values)))
    if switches.contact_key_case == "blind":
        sql = sql.replace("name IN", "name COLLATE NOCASE IN")
    if criterion["columnToFilter"] != "FIELD_ID":
        return sql, values
    if "fieldId" not in criterion:
        raise invalid("contactSpecification", "needs a fieldId with FIELD_ID")
    return sql, [f'$.fields."{criterion["fieldId"]}"', *values]


def _hit(contact: Doc, sources: list[str], switches: Switches) -> Doc:
    shown = contacts.view(contact, switches)
    # The guide's sample has the structure's id without a source for it.
    always = {"_id": contact["_id"], "contactStructureId": contact["contactStructureId"]}
    return {**always, **{name: shown[name] for name in sources if name in shown}} | _status(
        shown["status"], sources, switches
    )


def _status(status: Doc, sources: list[str], switches: Switches) -> dict[str, Any]:
    parts = {"contactStatus": "primary", "contactSubStatus": "secondary"}
    shown_parts = {name: part for name, part in parts.items() if name in sources and part in status}
    if switches.search_status == "strings":
        return {name: status[part] for name, part in shown_parts.items()}
    return {"status": {part: status[part] for part in shown_parts.values()}} if shown_parts else {}


def export(call: Call) -> str:
    """POST /api/contact/export: CSV of all hits of a search.

    The vendor documents neither body nor columns. Here the body is a search without paging, and
    the columns are key, fields by label, status and times.
    """
    query = body.read(call.body, _QUERY, {**_SOURCE, **_PAGE}, call.switches.unknown_keys)
    structure = contact_input.structure(call.store, query["contactStructureId"])
    where, values = _condition(query, call.switches)
    index.settle(call.store, call.now)
    text = io.StringIO()
    writer = csv.writer(text)
    labels = [field["label"] for field in structure["fields"]]
    writer.writerow([structure["keyName"], *labels, "Status", "Sub status", "Created", "Updated"])
    for contact in index.select(call.store, where, values, 0, -1):
        writer.writerow(_row(contact, structure))
    return text.getvalue()


def _row(contact: Doc, structure: Doc) -> list[str]:
    cells = [contact["fields"].get(field["_id"], "") for field in structure["fields"]]
    status = contact["status"]
    times = [contact["createdAt"], contact["updatedAt"]]
    return [contact["key"], *cells, status["primary"], status.get("secondary", ""), *times]


ROUTES = (
    Route("POST", "/api/contact/search", "contacts:read", search),
    Route("POST", "/api/contact/export", "contacts:read", export),
)
