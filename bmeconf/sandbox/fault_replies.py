"""Effects of a fault on the reply.

In: a fault, and the honest reply (None if the request was not carried out). Out: the reply to send
(None if there is none).
"""

from __future__ import annotations

import math

from flask import Response

from bmeconf.sandbox import auth, limits, wire
from bmeconf.sandbox.errors import ApiError
from bmeconf.sandbox.faults import Fault
from bmeconf.sandbox.switches import Switches

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


def apply(
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
