"""JSON requests and replies, as API and side door share them.

In: request bodies, results, errors. Out: parsed JSON, `Response`s. No rules of the API.
"""

from __future__ import annotations

import json
from typing import Any

from flask import Response

from bmeconf.sandbox.errors import ApiError, malformed


def parse(raw: bytes) -> Any:
    """JSON text -> value; empty text -> None. Raises ApiError 400 if malformed."""
    if not raw.strip():
        return None
    try:
        return json.loads(raw, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise malformed("The request body is not valid JSON") from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON value")


def reply(result: object, status: int = 200) -> Response:
    """A result as JSON, text as CSV, or an empty 204."""
    if status == 204:
        return Response(status=204)
    if isinstance(result, str):
        return Response(result, status, content_type="text/csv; charset=utf-8")
    return Response(json.dumps(result), status, content_type="application/json")


def refusal(error: ApiError) -> Response:
    """An error's envelope with its status and headers."""
    response = reply(error.envelope(), error.status)
    response.headers.update(error.headers)
    return response
