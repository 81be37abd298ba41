"""The way of one API request: key, limits, scope, body, handler, headers, log.

In: Flask's request and the `Route` it matched. Out: the `Response`, and one log entry for each
time it was carried out, as a fault may have it. Two transactions: one admits the request, the
other holds all that the handler does.
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


def nowhere(call: Call) -> object:
    """Any other path under /api: 404 RecordNotFound."""
    raise not_found("Resource")


@dataclass
class _Passage:
    """One request on its way: filled in step by step."""

    request: Request
    fault: Fault | None
    now: float = field(default_factory=time.time)
    key: Doc | None = None
    key_ok: bool | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = False


def serve(runtime: Runtime, route: Route, args: Mapping[str, str], request: Request) -> Response:
    """Answer one request; every outcome, a bug included, is a reply in the API's form.

    Unless a fault hits it: then it is carried out not at all, or twice, and the reply is another
    or none.
    """
    fault = runtime.faults.take(request.method, request.path, lambda one: not one.does.page)
    runs = 1 if fault is None else fault.does.runs
    passage = _Passage(request, fault)
    honest = _answered(runtime, route, args, passage) if runs else None
    # A page is seen to be one, and to lie about, only now.
    fault = passage.fault
    reply = fault_replies.told(fault, honest, runtime.switches, passage.now)
    _note(runtime, passage, reply)
    for _ in range(1, runs):
        again = _Passage(request, fault)
        _note(runtime, again, _answered(runtime, route, args, again))
    return fault_endings.ended(fault, reply, runtime.stopping)


def _answered(
    runtime: Runtime, route: Route, args: Mapping[str, str], passage: _Passage
) -> Response:
    response = _outcome(runtime, route, args, passage)
    if response.status_code < 400 or runtime.switches.error_limit_headers:
        for name, value in passage.headers.items():
            response.headers.setdefault(name, value)
    return response


def _outcome(
    runtime: Runtime, route: Route, args: Mapping[str, str], passage: _Passage
) -> Response:
    try:
        with runtime.store.transaction():
            _admit(runtime, route, passage)
        return _handled(runtime, route, args, passage)
    except ApiError as error:
        return wire.refusal(error)
    except SandboxError as error:
        return wire.refusal(ApiError(503, "ServiceUnavailableError", str(error)))
    except Exception:
        _LOGGER.exception("%s %s failed", passage.request.method, passage.request.path)
        return wire.refusal(ApiError(500, "InternalServerError", "Internal server error"))


def _admit(runtime: Runtime, route: Route, passage: _Passage) -> None:
    """Key, standing, limits, scope. Raises ApiError 401, 403 or 429."""
    passage.key_ok = False
    passage.key = auth.admit(
        runtime.store,
        runtime.blocks,
        passage.request.remote_addr or "",
        passage.request.headers.get("X-API-Key"),
        runtime.switches,
        passage.now,
    )
    passage.key_ok = True
    passage.headers = runtime.limits.take(runtime.switches, passage.now)
    auth.check_scope(passage.key, route.scope)


def _handled(
    runtime: Runtime, route: Route, args: Mapping[str, str], passage: _Passage
) -> Response:
    call = Call(
        store=runtime.store,
        switches=fault_effects.switches(passage.fault, runtime.switches),
        now=passage.now,
        args=args,
        query=passage.request.args.to_dict(),
        body=wire.parse(passage.request.get_data()),
        key=passage.key,
    )
    if passage.fault is not None and passage.fault.kind == "stale-race":
        # In a transaction of its own: it stays when the request is refused for it.
        with runtime.store.transaction():
            fault_effects.overtake(route, call)
    with runtime.store.transaction():
        result = _shown(runtime, route, call, passage)
    passage.done = True
    return wire.reply(result, route.status)


def _shown(runtime: Runtime, route: Route, call: Call, passage: _Passage) -> object:
    """The handler's result, or the lie that a fault makes of it."""
    result = route.handler(call)
    if passage.fault is None and isinstance(result, dict):
        request = passage.request
        fault = runtime.faults.take(
            request.method, request.path, lambda one: fault_effects.can_lie(one, call, result)
        )
        if fault is not None:
            passage.fault = fault
            return fault_effects.lie(fault, route, call, result)
    return result


def _note(runtime: Runtime, passage: _Passage, response: Response | None) -> None:
    body = None
    with contextlib.suppress(ApiError):
        body = wire.parse(passage.request.get_data())
    runtime.log.add(
        method=passage.request.method,
        path=passage.request.path,
        query=passage.request.args.to_dict(),
        status=None if response is None else response.status_code,
        body=body,
        key_ok=passage.key_ok,
        fault=passage.fault and passage.fault.kind,
        done=passage.done,
    )
