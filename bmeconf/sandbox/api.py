"""Handling of an API request: key, limits, scope, body, handler, headers, log.

In: Flask's request and the `Route` that matched. Out: the `Response`, and a log entry for each
time that a fault has it carried out. There are two transactions: the first admits the request,
the second holds the whole work of the handler.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Request, Response

from bmeconf.sandbox import (
    auth,
    campaigns,
    contacts,
    domains,
    events,
    fault_effects,
    fault_endings,
    fault_replies,
    lists,
    reports,
    search,
    structures,
    templates,
    wire,
)
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import ApiError, SandboxError, not_found
from bmeconf.sandbox.faults import Fault
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.store import Doc

ROUTES: tuple[Route, ...] = (
    *search.ROUTES,
    *events.ROUTES,
    *contacts.ROUTES,
    *structures.ROUTES,
    *lists.ROUTES,
    *campaigns.ROUTES,
    *templates.ROUTES,
    *domains.ROUTES,
    *reports.ROUTES,
)

_LOGGER = logging.getLogger(__name__)


def unknown_path(call: Call) -> object:
    """Answer any other path under /api with 404 RecordNotFound."""
    raise not_found("Resource")


@dataclass
class _Exchange:
    """A request with the state of its handling; filled in step by step."""

    request: Request
    fault: Fault | None
    now: float = field(default_factory=time.time)
    key: Doc | None = None
    key_ok: bool | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = False


def serve(runtime: Runtime, route: Route, args: Mapping[str, str], request: Request) -> Response:
    """Answer a request; every outcome, also of a bug, is a reply in the API's form.

    A fault may have the request carried out never or twice, and replace or drop its reply.
    """
    fault = runtime.faults.take(
        request.method, request.path, lambda candidate: not candidate.does.page
    )
    runs = 1 if fault is None else fault.does.runs
    exchange = _Exchange(request, fault)
    honest = _answered(runtime, route, args, exchange) if runs else None
    # Faults of pages are chosen by the handler's result, so only now.
    fault = exchange.fault
    reply = fault_replies.apply(fault, honest, runtime.switches, exchange.now)
    _log(runtime, exchange, reply)
    for _ in range(1, runs):
        again = _Exchange(request, fault)
        _log(runtime, again, _answered(runtime, route, args, again))
    return fault_endings.apply(fault, reply, runtime.stopping)


def _answered(
    runtime: Runtime, route: Route, args: Mapping[str, str], exchange: _Exchange
) -> Response:
    response = _outcome(runtime, route, args, exchange)
    if response.status_code < 400 or runtime.switches.error_limit_headers:
        for name, value in exchange.headers.items():
            response.headers.setdefault(name, value)
    return response


def _outcome(
    runtime: Runtime, route: Route, args: Mapping[str, str], exchange: _Exchange
) -> Response:
    try:
        with runtime.store.transaction():
            _admit(runtime, route, exchange)
        return _handled(runtime, route, args, exchange)
    except ApiError as error:
        return wire.refusal(error)
    except SandboxError as error:
        return wire.refusal(ApiError(503, "ServiceUnavailableError", str(error)))
    except Exception:
        _LOGGER.exception("%s %s failed", exchange.request.method, exchange.request.path)
        return wire.refusal(ApiError(500, "InternalServerError", "Internal server error"))


def _admit(runtime: Runtime, route: Route, exchange: _Exchange) -> None:
    """Check key, account standing, limits and scope. Raises ApiError 401, 403 or 429."""
    exchange.key_ok = False
    exchange.key = auth.admit(
        runtime.store,
        runtime.blocks,
        exchange.request.remote_addr or "",
        exchange.request.headers.get("X-API-Key"),
        runtime.switches,
        exchange.now,
    )
    exchange.key_ok = True
    exchange.headers = runtime.limits.take(runtime.switches, exchange.now)
    auth.check_scope(exchange.key, route.scope)


def _handled(
    runtime: Runtime, route: Route, args: Mapping[str, str], exchange: _Exchange
) -> Response:
    call = Call(
        store=runtime.store,
        switches=fault_effects.switches(exchange.fault, runtime.switches),
        now=exchange.now,
        args=args,
        query=exchange.request.args.to_dict(),
        body=wire.parse(exchange.request.get_data()),
        key=exchange.key,
    )
    if exchange.fault is not None and exchange.fault.kind == "stale-race":
        # Its own transaction keeps this change when the request is then refused as stale.
        with runtime.store.transaction():
            fault_effects.overtake(route, call)
    with runtime.store.transaction():
        result = _result(runtime, route, call, exchange)
    exchange.done = True
    return wire.reply(result, route.status)


def _result(runtime: Runtime, route: Route, call: Call, exchange: _Exchange) -> object:
    """The handler's result, which a fault may falsify."""
    result = route.handler(call)
    if exchange.fault is None and isinstance(result, dict):
        request = exchange.request
        fault = runtime.faults.take(
            request.method,
            request.path,
            lambda candidate: fault_effects.can_falsify(candidate, call, result),
        )
        if fault is not None:
            exchange.fault = fault
            return fault_effects.falsify(fault, route, call, result)
    return result


def _log(runtime: Runtime, exchange: _Exchange, response: Response | None) -> None:
    body = None
    with contextlib.suppress(ApiError):
        body = wire.parse(exchange.request.get_data())
    runtime.log.add(
        method=exchange.request.method,
        path=exchange.request.path,
        query=exchange.request.args.to_dict(),
        status=None if response is None else response.status_code,
        body=body,
        key_ok=exchange.key_ok,
        fault=exchange.fault and exchange.fault.kind,
        done=exchange.done,
    )
