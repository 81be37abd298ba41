"""Handling of an API request: key, limits, scope, body, handler, headers, log.

In: Flask's request and the `Route` that matched. Out: the `Response`, and a log entry for each
time that a fault has it carried out. There are two transactions: the first admits the request,
the second holds the whole work of the handler.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask import Request, Response

from bmeconf.sandbox import (
    auth,
    campaigns,
    clock,
    contacts,
    events,
    fault_effects,
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
    *reports.ROUTES,
)

_LOGGER = logging.getLogger(__name__)


def unknown_path(call: Call) -> object:
    """Answer any other path under /api with 404 RecordNotFound."""
    raise not_found("Resource")


@dataclass
class _Exchange:
    """One time that a request is carried out; the fields after `fault` are filled in on the way."""

    runtime: Runtime
    route: Route
    args: Mapping[str, str]
    request: Request
    fault: Fault | None
    now: float
    key: Doc | None = None
    key_ok: bool | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    done: bool = False

    def answer(self) -> Response:
        """The reply, with the headers of the limits."""
        response = self._outcome()
        if response.status_code < 400 or self.runtime.switches.error_limit_headers:
            for name, value in self.headers.items():
                response.headers.setdefault(name, value)
        return response

    def _outcome(self) -> Response:
        try:
            with self.runtime.store.transaction():
                self._admit()
            return self._handled()
        except ApiError as error:
            return wire.refusal(error)
        except SandboxError as error:
            return wire.refusal(ApiError(503, "ServiceUnavailableError", str(error)))
        except Exception:
            _LOGGER.exception("%s %s failed", self.request.method, self.request.path)
            return wire.refusal(ApiError(500, "InternalServerError", "Internal server error"))

    def _admit(self) -> None:
        """Check key, account standing, limits and scope. Raises ApiError 401, 403 or 429."""
        runtime, request = self.runtime, self.request
        address, key = request.remote_addr or "", request.headers.get("X-API-Key")
        self.key_ok = False
        self.key = auth.admit(
            runtime.store, runtime.blocks, address, key, runtime.switches, self.now
        )
        self.key_ok = True
        self.headers = runtime.limits.take(runtime.switches, self.now)
        auth.check_scope(self.key, self.route.scope)

    def _handled(self) -> Response:
        store = self.runtime.store
        call = Call(
            store=store,
            switches=fault_effects.switches(self.fault, self.runtime.switches),
            now=self.now,
            args=self.args,
            query=self.request.args.to_dict(),
            body=wire.parse(self.request.get_data()),
            key=self.key,
        )
        if self.fault is not None and self.fault.kind == "stale-race":
            # Its own transaction keeps this change when the request is then refused as stale.
            with store.transaction():
                fault_effects.overtake(self.route, call)
        with store.transaction():
            result = self._result(call)
        self.done = True
        return wire.reply(result, self.route.status)

    def _result(self, call: Call) -> object:
        """The handler's result, which a fault may falsify."""
        result = self.route.handler(call)
        if self.fault is None and isinstance(result, dict):
            self.fault = self.runtime.faults.take(
                self.request.method,
                self.request.path,
                lambda candidate: fault_effects.can_falsify(candidate, call, result),
            )
            if self.fault is not None:
                return fault_effects.falsify(self.fault, self.route, call, result)
        return result

    def log(self, response: Response | None) -> None:
        """Note the request with its reply, if there was one."""
        body = None
        with contextlib.suppress(ApiError):
            body = wire.parse(self.request.get_data())
        self.runtime.log.add(
            method=self.request.method,
            path=self.request.path,
            query=self.request.args.to_dict(),
            status=None if response is None else response.status_code,
            body=body,
            key_ok=self.key_ok,
            fault=self.fault and self.fault.kind,
            done=self.done,
            at=clock.iso(self.now),
            seconds=round(self.runtime.now() - self.now, 4),
        )


def serve(runtime: Runtime, route: Route, args: Mapping[str, str], request: Request) -> Response:
    """Answer a request; every outcome, also of a bug, is a reply in the API's form.

    A fault may have the request carried out never or twice, and replace or drop its reply.
    """
    fault = runtime.faults.take(
        request.method, request.path, lambda candidate: not candidate.does.page
    )
    runs = 1 if fault is None else fault.does.runs
    exchange = _Exchange(runtime, route, args, request, fault, runtime.now())
    honest = exchange.answer() if runs else None
    # Faults of pages are chosen by the handler's result, so only now.
    fault = exchange.fault
    reply = fault_effects.reply(fault, honest, runtime.switches, exchange.now)
    exchange.log(reply)
    for _ in range(1, runs):
        again = _Exchange(runtime, route, args, request, fault, runtime.now())
        again.log(again.answer())
    return fault_effects.ending(fault, reply, runtime.stopping)
