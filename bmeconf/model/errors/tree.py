"""The errors themselves; the guide of this folder has the tree."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from bmeconf import __version__


class BmeconfError(Exception):
    """The base of every expected error: `message` says what, `remedy` how to mend it.

    `code` is a stable word for machines (JSON `error.code`); `advice` the remedy where none
    was given.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "error"
    advice: ClassVar[str] = ""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy or self.advice


class InvalidInput(BmeconfError):
    """What the user handed in cannot be used: manifests, project file, plan file, options."""

    exit_code = 3
    code = "invalid_input"


class Refused(BmeconfError):
    """The API refused the key, its scope or the account (API contract 1.3, 1.4, 2.2)."""

    exit_code = 4
    code = "refused"


class ScopeMissing(Refused):
    """The key is good but lacks the scope that the message names (API contract 1.3)."""

    code = "scope_missing"


class LimitReached(BmeconfError):
    """A limit would not let the run finish (API contract 3, design 7.16)."""

    exit_code = 5
    code = "limit_reached"


class Stale(BmeconfError):
    """The live account moved since the plan was made; nothing was written to what moved."""

    exit_code = 6
    code = "stale"


class Guarded(BmeconfError):
    """A guard refused: deletes, protection, seed policy, a foreign host, another account."""

    exit_code = 7
    code = "guarded"


class JournalLost(BmeconfError):
    """The journal cannot be written any more: no write may be sent that it does not know of."""

    code = "journal_lost"
    advice = "make room on the disk, then apply again: what was done is found"


class Bug(BmeconfError):
    """An exception that nothing expected; its cause says where."""

    code = "bug"
    advice = "report it with the lines above"

    @classmethod
    def of(cls, error: Exception) -> Bug:
        """`error` as the end of a run, its traceback kept as the cause."""
        bug = cls(f"bmeconf {__version__}: {type(error).__name__}: this is a bug of bmeconf")
        bug.__cause__ = error
        return bug


class NotConverged(BmeconfError):
    """Every step was applied, and the account does not show all of it."""

    exit_code = 8
    code = "not_converged"
    advice = "look at the findings, then plan again"


class Interrupted(BmeconfError):
    """The person pressed Ctrl-C; nothing is half done, the report says where things stand."""

    exit_code = 130
    code = "interrupted"


class ApiError(BmeconfError):
    """The API, or the way to it, failed."""

    code = "api_error"


class NetworkError(ApiError):
    """No usable answer came back: refused, reset, timed out, or a server error to the end."""

    code = "network"


class OutcomeUnknown(NetworkError):
    """A write left this machine and no answer came back: it may have landed or not."""

    code = "outcome_unknown"
    advice = "run again: what did land is found, nothing is done twice"


class ReplyUnreadable(ApiError):
    """An answer came back that is not what the API documents; it is never taken for 'nothing'."""

    code = "reply_unreadable"
    advice = "nothing is concluded from it; run again, and report it if it stays"


class LossyWrite(ApiError):
    """A full replacement did not keep what was sent back with it: no other may follow."""

    code = "lossy_write"
    advice = "look at this object in the web app before anything else is written"


class IncompleteRead(ApiError):
    """Pages and totals of a listing do not agree (design 7.2)."""

    code = "incomplete_read"


@dataclass(frozen=True)
class ErrorDetail:
    """One element of the API's `errors[]` envelope (API contract 2.1), as far as it was given."""

    error_type: str
    message: str
    field: str = ""


class Rejected(ApiError):
    """The API answered with an error; `details` holds its envelope, `status` the HTTP code."""

    code = "rejected"
    advice = "correct what the API names, then plan again"

    def __init__(
        self,
        message: str,
        remedy: str = "",
        *,
        status: int = 400,
        details: Iterable[ErrorDetail] = (),
    ) -> None:
        super().__init__(message, remedy)
        self.status = status
        self.details = tuple(details)

    def names_field(self, field: str) -> bool:
        """Whether the refusal is about `field`: by its `field`, else by a word of its message."""
        return any(
            detail.field.split(".")[0].split("[")[0] == field
            or (not detail.field and field in detail.message.split())
            for detail in self.details
        )


class NotFound(Rejected):
    """The object is gone or never was (404, or 400 with RecordNotFound)."""

    code = "not_found"
    advice = "it was removed meanwhile: plan again"


class VersionConflict(Rejected):
    """`__v` was stale (400 ConcurrencyError)."""

    code = "version_conflict"
    advice = "somebody changed it meanwhile: plan again"


class DuplicateName(Rejected):
    """The natural key is taken (400 DuplicateFieldError)."""

    code = "duplicate"
    advice = "the name is taken by now: plan again"
