"""What a fault does to the account, and to the pages read from it.

In: a fault and a call. Out: the switches it is answered under, an object that somebody else has
changed, a page that does not say what is there.
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


def switches(fault: Fault | None, given: Switches) -> Switches:
    """The readings for this request: a slow index has a lag of its own."""
    if fault is None or fault.kind != "slow-index":
        return given
    return dataclasses.replace(given, search_lag_ms=int(fault.lasts * 1000))


def overtake(route: Route, call: Call) -> None:
    """Change the object that a path ends with as somebody else would: version and time only."""
    last = route.path.rpartition("/")[2]
    kind = _ADDRESSED.get(last)
    found = kind and call.store.get(kind, call.args[last.strip("<>")].lower())
    if not kind or not found:
        return
    after = records.changed(found, call.now)
    if kind == "contact":
        contacts.save(call, after)
    else:
        call.store.put(kind, after)


def can_lie(fault: Fault, call: Call, result: object) -> bool:
    """Whether this is a fault for pages, and a result that it makes a difference to."""
    if not fault.does.page or not isinstance(result, dict):
        return False
    names = _page(result)
    if names is None:
        return False
    if fault.kind == "repeated-page":
        asked = call.body if isinstance(call.body, dict) else call.query
        return str(asked.get("page", 1)) != "1"
    return fault.kind == "lying-total" or bool(result[names[1]])


def lie(fault: Fault, route: Route, call: Call, result: Doc) -> Doc:
    """The page as this fault shows it."""
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
    """The names of a page's total and of its records."""
    for names in (("total", "records"), ("totalRecords", "contacts")):
        if result.keys() >= set(names):
            return names
    return None


def _first_page(route: Route, call: Call) -> Doc:
    asked = {**call.body, "page": 1} if isinstance(call.body, dict) else call.body
    first = dataclasses.replace(call, query={**call.query, "page": "1"}, body=asked)
    result = route.handler(first)
    return result if isinstance(result, dict) else {}
