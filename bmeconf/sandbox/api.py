"""The way of one API request: key, limits, scope, body, handler, headers, log.

In: Flask's request and the `Route` it matched. Out: the `Response`, and one log entry. Two
transactions: one admits the request, the other holds all that the handler does.
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
    lists,
    reports,
    search,
    structures,
    templates,
    wire,
)
from bmeconf.sandbox.calls import Call, Route
from bmeconf.sandbox.errors import ApiError, SandboxError, not_found
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
    now: float = field(default_factory=time.time)
    key: Doc | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def serve(runtime: Runtime, route: Route, args: Mapping[str, str], request: Request) -> Response:
    """Answer one request; every outcome, a bug included, is a reply in the API's form."""
    passage = _Passage(request)
    response = _outcome(runtime, route, args, passage)
    if response.status_code < 400 or runtime.switches.error_limit_headers:
        for name, value in passage.headers.items():
            response.headers.setdefault(name, value)
    _note(runtime, passage, response)
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
    passage.key = auth.admit(
        runtime.store,
        runtime.blocks,
        passage.request.remote_addr or "",
        passage.request.headers.get("X-API-Key"),
        runtime.switches,
        passage.now,
    )
    passage.headers = runtime.limits.take(runtime.switches, passage.now)
    auth.check_scope(passage.key, route.scope)


def _handled(
    runtime: Runtime, route: Route, args: Mapping[str, str], passage: _Passage
) -> Response:
    call = Call(
        store=runtime.store,
        switches=runtime.switches,
        now=passage.now,
        args=args,
        query=passage.request.args.to_dict(),
        body=wire.parse(passage.request.get_data()),
        key=passage.key,
    )
    # Room for a fault before anything happened.
    with runtime.store.transaction():
        result = route.handler(call)
    # Room for a fault after the commit: done, but the client never learns.
    return wire.reply(result, route.status)


def _note(runtime: Runtime, passage: _Passage, response: Response) -> None:
    body = None
    with contextlib.suppress(ApiError):
        body = wire.parse(passage.request.get_data())
    runtime.log.add(
        method=passage.request.method,
        path=passage.request.path,
        query=passage.request.args.to_dict(),
        status=response.status_code,
        body=body,
        key_ok=passage.key is not None,
    )
