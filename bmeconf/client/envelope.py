"""Replies that are errors, brought to the error tree: by `errorType` first, then by status. Pure.

Sources: API contract 2.1 (envelope), 2.2 (catalogue), 3.2 and 3.3 (429), 6 (questions 15, 16).
"""

from __future__ import annotations

import email.utils
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bmeconf.client.pace import LONGEST_WAIT
from bmeconf.model.errors import (
    ApiError,
    BmeconfError,
    DuplicateName,
    ErrorDetail,
    LimitReached,
    NetworkError,
    NotFound,
    Refused,
    Rejected,
    ReplyUnreadable,
    ScopeMissing,
    VersionConflict,
)

LONGEST_MESSAGE = 500
BY_TYPE: Mapping[str, type[Rejected]] = {
    "ConcurrencyError": VersionConflict,
    "DuplicateFieldError": DuplicateName,
    "RecordNotFound": NotFound,
}


@dataclass(frozen=True)
class Answer:
    """An HTTP reply, free of the library that fetched it; `request` is `METHOD /path`."""

    request: str
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def decoded(answer: Answer) -> Any:
    """The JSON of a successful reply, None for an empty one.

    Raises:
        ReplyUnreadable: where the body is not JSON in UTF-8.
    """
    if not answer.body.strip():
        return None
    try:
        return json.loads(
            answer.body.decode("utf-8"), parse_constant=_refuse_constant, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        raise ReplyUnreadable(
            f"{answer.request}: the answer is not the JSON that the API documents"
            f" ({_shown(answer)})",
            "look whether a proxy or a maintenance page answers in place of the API",
        ) from error


def fate(answer: Answer) -> tuple[str, str]:
    """What an answer says of a write, and the id of the object that a success shows, if any.

    The first is `taken`, `refused`, or `unknown` where it cannot be told.
    """
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


def failure(answer: Answer) -> BmeconfError:
    """The error that a reply with a status of 300 or more stands for."""
    details = _details(answer)
    told = "; ".join(d.message for d in details) or _shown(answer)
    said = f"{answer.request}: {answer.status}: {told}"
    if 300 <= answer.status < 400:
        return ApiError(
            f"{answer.request}: {answer.status}: the host answers with a redirect, which is"
            " not followed, so that the key goes nowhere else",
            "give the base URL exactly as the API Keys page of the account shows it",
        )
    if answer.status in (401, 403) or any(
        d.error_type in ("UnauthorizedError", "ForbiddenError") for d in details
    ):
        kind = ScopeMissing if "required scope" in told else Refused
        return kind(said, _access_remedy(answer.status, told))
    if answer.status == 429 or any(d.error_type == "TooManyRequestsError" for d in details):
        return _limit(answer, said, told)
    if answer.status >= 500:
        return NetworkError(said, "the service has a problem of its own; run again later")
    for detail in details:
        if detail.error_type in BY_TYPE:
            return BY_TYPE[detail.error_type](said, status=answer.status, details=details)
    by_status = NotFound if answer.status == 404 else Rejected
    return by_status(said, status=answer.status, details=details)


def retry_after(answer: Answer, now: float) -> float | None:
    """Seconds to wait by `Retry-After`: whole, fractional or an HTTP date; None where absent."""
    text = answer.headers.get("Retry-After", "").strip()
    try:
        seconds = float(text)
        return None if math.isnan(seconds) else max(0.0, seconds)
    except ValueError:
        pass
    try:
        return max(0.0, email.utils.parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def backoff(answer: Answer, attempt: int, now: float) -> float | None:
    """Seconds before a 429 may be repeated, by the vendor's formula (API contract 3.3).

    None where it does not pass within the run: the hour or minute does, month and block do not.
    """
    told = " ".join(d.message for d in _details(answer)).lower()
    wait = retry_after(answer, now)
    if answer.status != 429 or "monthly" in told or "authentication attempts" in told:
        return None
    if wait is not None and wait > LONGEST_WAIT:
        return None
    return float(min((1.0 if wait is None else wait) * 2**attempt, LONGEST_WAIT))


def _details(answer: Answer) -> tuple[ErrorDetail, ...]:
    try:
        body = json.loads(answer.body.decode("utf-8"))
    except (ValueError, RecursionError):
        return ()
    errors = body.get("errors") if isinstance(body, dict) else None
    if not isinstance(errors, list):
        return ()
    return tuple(
        ErrorDetail(
            str(e.get("errorType") or ""),
            _text(e.get("message") or e.get("errorType") or "no message") + _affected(e),
            str(e.get("field") or e.get("fieldId") or ""),
        )
        for e in errors
        if isinstance(e, dict)
    )


def _affected(error: Mapping[str, Any]) -> str:
    debug = error.get("debug")
    forms = debug.get("affectedForms") if isinstance(debug, dict) else None
    if not isinstance(forms, list):
        return ""
    names = [str(f.get("name")) for f in forms if isinstance(f, dict)]
    return _text(f" (used by the forms {', '.join(names)})") if names else ""


def _access_remedy(status: int, told: str) -> str:
    if "required scope" in told:
        return "give the key the scope it names (Settings > API Keys), or use another key"
    if "not accessible via API key" in told:
        return "the API does not offer this to keys; do it in the web app"
    if status == 401:
        return "check that the key is whole, active and not expired (Settings > API Keys)"
    return "ask the owner of the account whether it may use the API"


def _limit(answer: Answer, said: str, told: str) -> BmeconfError:
    if "authentication attempts" in told.lower():
        return Refused(said, "wait, and mend the key first: each attempt prolongs the block")
    if "monthly" in told.lower():
        return LimitReached(said, "wait for the next billing period; the quota is the account's")
    return LimitReached(said, f"run again {_when(answer)}; all keys of the account share the limit")


def _when(answer: Answer) -> str:
    """When to come back, in words, as far as `Retry-After` says."""
    wait = retry_after(answer, 0.0)
    if wait is None or math.isinf(wait):
        return "later"
    text = answer.headers["Retry-After"].strip()
    return f"after {text}" if text[:1].isalpha() else f"in {wait:.0f} seconds"


def _text(value: object) -> str:
    text = str(value)
    return text if len(text) <= LONGEST_MESSAGE else text[:LONGEST_MESSAGE] + "…"


def _shown(answer: Answer) -> str:
    text = " ".join(answer.body[:300].decode("utf-8", "replace").split())
    return f"it begins {text[:80]!r}" if text else "its body is empty"


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number
