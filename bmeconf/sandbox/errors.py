"""Errors of the simulated API, and of the simulator itself.

In: a reason. Out: an `ApiError` with its HTTP status and error envelope (API contract 2.1), or a
`SandboxError` for an error of the simulator.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

NOT_ACCESSIBLE = "This endpoint is not accessible via API key"


def shown(value: object) -> str:
    """A value from outside as JSON text, to quote in a message."""
    return json.dumps(value, ensure_ascii=False, default=repr)


class SandboxError(OSError):
    """The simulator cannot start or go on: port taken, foreign file, already stopped."""


class SandboxBusy(SandboxError):
    """Another simulator holds the file."""


class ApiError(Exception):
    """A refused request: `status`, the single element of the envelope, extra headers."""

    def __init__(
        self,
        status: int,
        error_type: str,
        message: str,
        *,
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.error = {"errorType": error_type, "message": message} | {
            name: value for name, value in extra.items() if value is not None
        }

    def envelope(self) -> dict[str, Any]:
        """`{"errors": [{errorType, message, field?, fieldId?, debug?}]}`."""
        return {"errors": [self.error]}


def invalid(path: str, problem: str, *, field_id: str | None = None) -> ApiError:
    """400 ValidationError; `path` is dotted, and `field` names its first part."""
    return ApiError(
        400, "ValidationError", f"{path} {problem}", field=path.split(".")[0], fieldId=field_id
    )


def malformed(problem: str) -> ApiError:
    """400 ValidationError about a whole body, so without `field`."""
    return ApiError(400, "ValidationError", problem)


def duplicate(field: str, message: str) -> ApiError:
    """400 DuplicateFieldError: the API never answers 409 (API contract 2.2)."""
    return ApiError(400, "DuplicateFieldError", message, field=field)


def stale() -> ApiError:
    """400 ConcurrencyError: the `__v` sent is not the stored one."""
    return ApiError(400, "ConcurrencyError", "Document version mismatch", field="__v")


def in_use(message: str, field_id: str, forms: list[dict[str, Any]]) -> ApiError:
    """400 ContactFieldInUseError; `forms` are `{_id, name}` and go under `debug`."""
    return ApiError(
        400, "ContactFieldInUseError", message, fieldId=field_id, debug={"affectedForms": forms}
    )


def unauthorized(message: str = "Invalid API key") -> ApiError:
    """401 UnauthorizedError."""
    return ApiError(401, "UnauthorizedError", message)


def forbidden(message: str = NOT_ACCESSIBLE) -> ApiError:
    """403 ForbiddenError; by default, of an endpoint that no key may call."""
    return ApiError(403, "ForbiddenError", message)


def not_found(noun: str, status: int = 404) -> ApiError:
    """RecordNotFound, which has no suffix `Error`; usually a 404."""
    return ApiError(status, "RecordNotFound", f"{noun} not found")


def too_many(message: str, retry_after: int, headers: Mapping[str, str] | None = None) -> ApiError:
    """429 TooManyRequestsError; `retry_after` in whole seconds."""
    return ApiError(
        429,
        "TooManyRequestsError",
        message,
        headers={"Retry-After": str(retry_after), **(headers or {})},
    )
