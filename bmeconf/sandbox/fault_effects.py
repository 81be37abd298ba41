"""Effects of a fault on the account, on pages read from it, on the reply, and on the connection.

In: a fault and a call, or its honest reply. Out: switches for the call, an object changed by
another client, a false page, the reply to send, or a response that ends the connection instead.
The server takes the errors below for a client that left, and logs nothing.
"""

from __future__ import annotations

import dataclasses
import math
import socket
import struct
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Response

from bmeconf.sandbox import auth, contacts, limits, records, wire
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import ApiError
from bmeconf.sandbox.faults import REPLY, RESET, Fault
from bmeconf.sandbox.store import Doc
from bmeconf.sandbox.switches import Switches

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_ERRORS = {
    "error-500": (500, "InternalServerError", "Internal server error"),
    "error-502": (502, "BadGatewayError", "Bad gateway"),
    "error-503": (503, "ServiceUnavailableError", "Service unavailable"),
}
_GATEWAY = {"gateway-page": 502, "gateway-page-200": 200}
_HTML = """\
<!DOCTYPE html>
<html><head><title>We will be right back</title></head>
<body><h1>We will be right back</h1><p>Please log in again in a few minutes.</p></body></html>
"""
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


# --- the reply


def reply(
    fault: Fault | None, honest: Response | None, switches: Switches, now: float
) -> Response | None:
    """The reply under a fault; the honest reply if the kind does not change it."""
    if fault is None:
        return honest
    kind = fault.kind.removesuffix("-after")
    if kind in _ERRORS:
        return wire.refusal(ApiError(*_ERRORS[kind]))
    if kind in _GATEWAY:
        return Response(_HTML, _GATEWAY[kind], content_type="text/html; charset=utf-8")
    if kind == "half-answer" and honest is not None:
        return _half(honest)
    refusal = _limit(kind, math.ceil(fault.lasts), switches, now)
    return wire.refusal(refusal) if refusal else honest


def _limit(kind: str, wait: int, switches: Switches, now: float) -> ApiError | None:
    if kind == "hour-limit":
        return limits.hour_over(switches.hour_limit or Switches().hour_limit, wait, now + wait)
    if kind == "month-limit":
        return limits.month_over(wait)
    return auth.blocked(wait) if kind == "auth-block" else None


def _half(honest: Response) -> Response:
    """The first half of a reply that announces its whole length."""
    whole = honest.get_data()
    half = Response(whole[: len(whole) // 2], honest.status_code, dict(honest.headers))
    half.headers["Content-Length"] = str(max(1, len(whole)))
    return half


# --- the connection


class HungUp(ConnectionError):
    """The connection ends without a reply."""


class WasReset(HungUp):
    """The connection ends with a reset."""


class _Silence(Response):
    """A response that ends the connection instead of being sent."""

    def __init__(self, error: HungUp) -> None:
        super().__init__()
        self._error = error

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise self._error


def ending(fault: Fault | None, answer: Response | None, stopping: threading.Event) -> Response:
    """`answer` or silence, after the fault's delay; at once when `stopping` is set."""
    if fault is not None and fault.does.waits:
        stopping.wait(fault.lasts)
    end = REPLY if fault is None else fault.does.ending
    if answer is not None and end == REPLY:
        return answer
    return _Silence(WasReset() if end == RESET else HungUp())


def prepare_reset(connection: socket.socket) -> None:
    """Make the next `close` of this connection send a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
