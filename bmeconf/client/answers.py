"""Answers of the API: their JSON, their error envelope, and when to ask again. Pure.

Sources: API contract 2.1 (envelope), 3.2 and 3.3 (429).
"""

from __future__ import annotations

import email.utils
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bmeconf.client.pace import LONGEST_WAIT
from bmeconf.model.errors import ErrorDetail, ReplyUnreadable

LONGEST_MESSAGE = 500
PAUSE = 0.5
"""Seconds before a read is repeated for the first time; twice as long before each other time."""


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, free of the library that fetched it; `request` is `METHOD /path`."""

    request: str
    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def decoded(answer: Answer) -> Any:
    """The JSON of a successful answer, None for an empty one.

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
            f" ({beginning(answer)})",
            "look whether a proxy or a maintenance page answers in place of the API",
        ) from error


def details(answer: Answer) -> tuple[ErrorDetail, ...]:
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


def beginning(answer: Answer) -> str:
    """How the body of an answer begins, in words."""
    text = " ".join(answer.body[:300].decode("utf-8", "replace").split())
    return f"it begins {text[:80]!r}" if text else "its body is empty"


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


def backoff(answer: Answer, attempt: int, now: float, repeatable: bool) -> float | None:
    """Seconds before a request is sent again, None where it must not be, or need not be.

    A 429 by the vendor's formula (API contract 3.3), unless it does not pass within the run: the
    limits of the hour and the minute do, the month and a block do not. A 5xx only where the
    request is `repeatable`.
    """
    if answer.status >= 500:
        return PAUSE * 2**attempt if repeatable else None
    reasons = " ".join(detail.message for detail in details(answer)).lower()
    wait = retry_after(answer, now)
    if answer.status != 429 or "monthly" in reasons or "authentication attempts" in reasons:
        return None
    if wait is not None and wait > LONGEST_WAIT:
        return None
    return float(min((1.0 if wait is None else wait) * 2**attempt, LONGEST_WAIT))


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


def _refuse_constant(name: str) -> Any:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number
