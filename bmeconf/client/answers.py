"""Answers of the API: their JSON, when to ask again, and the error that each stands for. Pure.

The only place that brings failures of requests to the error tree. An answer is mapped by its
`errorType` first, then by its status. Sources: API contract 2.1 (envelope), 2.2 (catalogue), 3.2
and 3.3 (429), 6 (questions 15, 16).
"""

from __future__ import annotations

import json
import math
import ssl
from collections.abc import Iterator, Mapping
from http.client import BadStatusLine, RemoteDisconnected
from typing import Any, NamedTuple

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from bmeconf.client.hour import http_date
from bmeconf.client.pace import LONGEST_WAIT
from bmeconf.client.route import Route
from bmeconf.model import NOTHING
from bmeconf.model.errors import (
    ApiError,
    BmeconfError,
    DuplicateName,
    ErrorDetail,
    LimitReached,
    NetworkError,
    NotFound,
    OutcomeUnknown,
    Refused,
    Rejected,
    ReplyUnreadable,
    ScopeMissing,
    VersionConflict,
)

LONGEST_MESSAGE = 500
PAUSE = 0.5
"""Seconds before a read is repeated for the first time; twice as long before each other time."""
BY_TYPE: Mapping[str, type[Rejected]] = {
    "ConcurrencyError": VersionConflict,
    "DuplicateFieldError": DuplicateName,
    "RecordNotFound": NotFound,
}
NEVER_LEFT = (
    NewConnectionError,
    ConnectTimeoutError,
    ProxyError,
    ssl.SSLCertVerificationError,
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
)
"""Failures that come before a request is sent; any other may come after it landed."""


class Answer(NamedTuple):
    """An HTTP answer, free of the library that fetched it; `request` is `METHOD /path`."""

    request: str
    status: int
    body: bytes
    headers: Mapping[str, str] = NOTHING


def decoded(answer: Answer) -> Any:
    """The JSON of a successful answer, None for an empty one.

    Raises:
        ReplyUnreadable: where the body is not JSON in UTF-8.
    """
    if not answer.body.strip():
        return None
    try:
        text = answer.body.decode("utf-8")
        return json.loads(text, parse_constant=_finite, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ReplyUnreadable(
            f"{answer.request}: the answer is not the JSON that the API documents"
            f" ({_beginning(answer)})",
            "look whether a proxy or a maintenance page answers in place of the API",
        ) from error


def fate(answer: Answer) -> tuple[str, str]:
    """What became of a write: `taken`, `refused` or `unknown`, and the id that a success shows."""
    if answer.status >= 500:
        return "unknown", ""
    if answer.status >= 300:
        return "refused", ""
    try:
        shown = decoded(answer)
    except ReplyUnreadable:
        return "unknown", ""
    id = shown.get("_id") if isinstance(shown, dict) else None
    return "taken", id if isinstance(id, str) else ""


def backoff(answer: Answer, attempt: int, now: float, repeatable: bool) -> float | None:
    """Seconds before a request is sent again, None where it must not be, or need not be.

    A 429 by the vendor's formula (API contract 3.3), unless it does not pass within the run: the
    limits of the hour and the minute do, the month and a block do not. A 5xx only where the
    request is `repeatable`.
    """
    if answer.status >= 500:
        return PAUSE * 2**attempt if repeatable else None
    if answer.status != 429:
        return None
    reasons = " ".join(detail.message for detail in _details(answer)).lower()
    wait = _retry_after(answer, now)
    if "monthly" in reasons or "authentication attempts" in reasons:
        return None
    if wait is not None and wait > LONGEST_WAIT:
        return None
    return float(min((1.0 if wait is None else wait) * 2**attempt, LONGEST_WAIT))


def error_of(answer: Answer) -> BmeconfError:
    """The error that an answer with a status of 300 or more stands for."""
    found, status = _details(answer), answer.status
    reason = "; ".join(detail.message for detail in found) or _beginning(answer)
    message = f"{answer.request}: {status}: {reason}"
    types = {detail.error_type for detail in found}
    if 300 <= status < 400:
        return ApiError(
            f"{answer.request}: {status}: the host answers with a redirect, which is"
            " not followed, so that the key goes nowhere else",
            "give the base URL exactly as the API Keys page of the account shows it",
        )
    if status in (401, 403) or types & {"UnauthorizedError", "ForbiddenError"}:
        kind = ScopeMissing if "required scope" in reason else Refused
        return kind(message, _access_remedy(status, reason))
    if status == 429 or "TooManyRequestsError" in types:
        return _limit(answer, message, reason.lower())
    if status >= 500:
        return NetworkError(message, "the service has a problem of its own; run again later")
    by_type = (BY_TYPE[detail.error_type] for detail in found if detail.error_type in BY_TYPE)
    by_status: type[Rejected] = NotFound if status == 404 else Rejected
    return next(by_type, by_status)(message, status=status, details=found)


def error_on_wire(
    request: str, base: str, error: requests.RequestException, route: Route
) -> NetworkError:
    """The error for a request that got no whole answer: whether it left makes the difference."""
    causes = list(_causes(error))
    told = f"from {base}{route.through}: {route.masked(_plain(causes[-1]))}"
    if any(isinstance(cause, NEVER_LEFT) for cause in causes):
        return NetworkError(f"{request}: no answer {told}", route.remedy(causes))
    return OutcomeUnknown(f"{request}: no whole answer {told}")


# --- the parts of an answer


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


def _beginning(answer: Answer) -> str:
    """How the body of an answer begins, in words."""
    text = " ".join(answer.body[:300].decode("utf-8", "replace").split())
    return f"it begins {text[:80]!r}" if text else "its body is empty"


def _details(answer: Answer) -> tuple[ErrorDetail, ...]:
    """The elements of an error envelope, none where the answer has no such envelope."""
    try:
        body = json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError):
        return ()
    errors = body.get("errors") if isinstance(body, dict) else None
    return tuple(
        ErrorDetail(
            str(e.get("errorType") or ""),
            _shortened(e.get("message") or e.get("errorType") or "no message") + _affected(e),
            str(e.get("field") or e.get("fieldId") or ""),
        )
        for e in (errors if isinstance(errors, list) else ())
        if isinstance(e, dict)
    )


def _affected(error: Mapping[str, Any]) -> str:
    debug = error.get("debug")
    forms = debug.get("affectedForms") if isinstance(debug, dict) else None
    if not isinstance(forms, list):
        return ""
    names = [str(f.get("name")) for f in forms if isinstance(f, dict)]
    return _shortened(f" (used by the forms {', '.join(names)})") if names else ""


def _shortened(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "…"


def _retry_after(answer: Answer, now: float) -> float | None:
    """Seconds to wait by `Retry-After`: whole, fractional or an HTTP date; None where absent."""
    text = answer.headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
        return None if math.isnan(seconds) else max(0.0, seconds)
    except ValueError:
        pass
    if (until := http_date(text)) is None:
        return None
    # Both by the clock of the service, where it tells its own.
    there = http_date(answer.headers.get("Date", ""))
    return max(0.0, until - (now if there is None else there))


def _access_remedy(status: int, reason: str) -> str:
    if "required scope" in reason:
        return "give the key the scope it names (Settings > API Keys), or use another key"
    if "not accessible via API key" in reason:
        return "the API does not offer this to keys; do it in the web app"
    if status == 401:
        return "check that the key is whole, active and not expired (Settings > API Keys)"
    return "ask the owner of the account whether it may use the API"


def _limit(answer: Answer, message: str, reason: str) -> BmeconfError:
    if "authentication attempts" in reason:
        return Refused(message, "wait, and mend the key first: each attempt prolongs the block")
    if "monthly" in reason:
        remedy = "wait for the next billing period; the quota is the account's"
        return LimitReached(message, remedy)
    wait, text = _retry_after(answer, 0.0), answer.headers.get("Retry-After", "").strip()
    when = "later"
    if wait is not None and wait != math.inf:
        when = f"after {text}" if text[:1].isalpha() else f"in {wait:.0f} seconds"
    return LimitReached(message, f"run again {when}; all keys of the account share the limit")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error`, and the errors that it wraps, down to the first cause."""
    yield error
    wrapped = [getattr(error, "reason", None), *reversed(error.args), error.__cause__]
    inner = next((cause for cause in wrapped if isinstance(cause, BaseException)), None)
    if inner is not None:
        yield from _causes(inner)


def _plain(error: BaseException) -> str:
    """The first cause in a few human words."""
    text = getattr(error, "strerror", None) or str(error)
    if isinstance(error, BadStatusLine) and not isinstance(error, RemoteDisconnected):
        text = f"it does not speak HTTP but says {text}"
    return " ".join(str(text).split())[:200] or type(error).__name__
