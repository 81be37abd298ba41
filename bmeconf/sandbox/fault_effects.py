"""Effects of a fault on the account, and on pages read from it.

In: a fault and a call. Out: switches for the call, an object changed by another client, a false
page.
"""

from __future__ import annotations

import dataclasses

from bmeconf.sandbox import contacts, records
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.faults import Fault
from bmeconf.sandbox.store import Doc
from bmeconf.sandbox.switches import Switches

_ADDRESSED = {
    "<contact_id>": "contact",
    "<structure_id>": "structure",
    "<list_id>": "list",
    "<campaign_id>": "campaign",
}


def switches(fault: Fault | None, defaults: Switches) -> Switches:
    """The switches for this request: a slow index sets its own lag."""
    if fault is None or fault.kind != "slow-index":
        return defaults
    return dataclasses.replace(defaults, search_lag_ms=int(fault.lasts * 1000))


def overtake(route: Route, call: Call) -> None:
    """Change version and time of the object that the path ends with, like another client."""
    variable = route.path.rpartition("/")[2]
    kind = _ADDRESSED.get(variable)
    doc = kind and call.store.get(kind, call.args[variable.strip("<>")].lower())
    if not kind or not doc:
        return
    after = records.changed(doc, call.now)
    if kind == "contact":
        contacts.save(call, after)
    else:
        call.store.put(kind, after)


def can_falsify(fault: Fault, call: Call, result: object) -> bool:
    """True if this fault is for pages, and falsifies this result."""
    if not fault.does.page or not isinstance(result, dict):
        return False
    names = _page(result)
    if names is None:
        return False
    if fault.kind == "repeated-page":
        parameters = call.body if isinstance(call.body, dict) else call.query
        return str(parameters.get("page", 1)) != "1"
    return fault.kind == "lying-total" or bool(result[names[1]])


def falsify(fault: Fault, route: Route, call: Call, result: Doc) -> Doc:
    """The page as this fault falsifies it."""
    names = _page(result)
    if names is None:
        return result
    total, rows = names
    if fault.kind == "lying-total":
        return {**result, total: result[total] + 1}
    if fault.kind == "truncated-page":
        return {**result, rows: result[rows][:-1]}
    return {**result, rows: _first_page(route, call)[rows]}


def _page(result: Doc) -> tuple[str, str] | None:
    """The keys of a page's total and records; None if the result is no page."""
    for names in (("total", "records"), ("totalRecords", "contacts")):
        if result.keys() >= set(names):
            return names
    return None


def _first_page(route: Route, call: Call) -> Doc:
    body = {**call.body, "page": 1} if isinstance(call.body, dict) else call.body
    first_call = dataclasses.replace(call, query={**call.query, "page": "1"}, body=body)
    result = route.handler(first_call)
    return result if isinstance(result, dict) else {}
