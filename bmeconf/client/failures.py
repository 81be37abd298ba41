"""Failures of requests, brought to the error tree: the only place that maps them. Pure.

An answer is mapped by its `errorType` first, then by its status. Sources: API contract 2.1
(envelope), 2.2 (catalogue), 3.2 and 3.3 (429), 6 (questions 15, 16).
"""

from __future__ import annotations

import math
import ssl
from collections.abc import Iterator, Mapping, Sequence
from http.client import BadStatusLine, RemoteDisconnected

import requests
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from bmeconf.client.answers import Answer, beginning, details, retry_after
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
    ScopeMissing,
    VersionConflict,
)

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
)
"""Failures that come before a request is sent; any other may come after it landed."""


def of_answer(answer: Answer) -> BmeconfError:
    """The error that an answer with a status of 300 or more stands for."""
    found = details(answer)
    reason = "; ".join(detail.message for detail in found) or beginning(answer)
    message = f"{answer.request}: {answer.status}: {reason}"
    types = {detail.error_type for detail in found}
    if 300 <= answer.status < 400:
        return ApiError(
            f"{answer.request}: {answer.status}: the host answers with a redirect, which is"
            " not followed, so that the key goes nowhere else",
            "give the base URL exactly as the API Keys page of the account shows it",
        )
    if answer.status in (401, 403) or types & {"UnauthorizedError", "ForbiddenError"}:
        kind = ScopeMissing if "required scope" in reason else Refused
        return kind(message, _access_remedy(answer.status, reason))
    if answer.status == 429 or "TooManyRequestsError" in types:
        return _limit(answer, message, reason.lower())
    if answer.status >= 500:
        return NetworkError(message, "the service has a problem of its own; run again later")
    return _rejected(answer, message, found)


def of_wire(request: str, base: str, error: requests.RequestException) -> NetworkError:
    """The error for a request that got no whole answer: whether it left makes the difference."""
    causes = list(_causes(error))
    told = f"from {base}: {_plain(causes[-1])}"
    if any(isinstance(cause, NEVER_LEFT) for cause in causes):
        remedy = "check the base URL, the network of this machine, and its proxy where it has one"
        return NetworkError(f"{request}: no answer {told}", remedy)
    return OutcomeUnknown(f"{request}: no whole answer {told}")


def without_doubt(error: NetworkError) -> NetworkError:
    """The error for a read: without an answer, nothing is in doubt."""
    if not isinstance(error, OutcomeUnknown):
        return error
    return NetworkError(error.message, "run again; if it stays, check the network and the base URL")


def in_doubt(error: BmeconfError) -> OutcomeUnknown:
    """The error for a write that may have landed, for the reason that `error` gives."""
    return OutcomeUnknown(error.message, error.remedy)


def _rejected(answer: Answer, message: str, found: Sequence[ErrorDetail]) -> Rejected:
    by_type = (BY_TYPE[detail.error_type] for detail in found if detail.error_type in BY_TYPE)
    by_status: type[Rejected] = NotFound if answer.status == 404 else Rejected
    return next(by_type, by_status)(message, status=answer.status, details=found)


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
    remedy = f"run again {_when(answer)}; all keys of the account share the limit"
    return LimitReached(message, remedy)


def _when(answer: Answer) -> str:
    """When to come back, in words, as far as `Retry-After` says."""
    wait = retry_after(answer, 0.0)
    if wait is None or math.isinf(wait):
        return "later"
    text = answer.headers["Retry-After"].strip()
    return f"after {text}" if text[:1].isalpha() else f"in {wait:.0f} seconds"


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
