"""Every error a user can meet, as one tree; each branch has its own frozen exit code (design 4).

Only `cli` exits. An error says what happened, and how to mend it in `remedy`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import ClassVar, NamedTuple

from bmeconf import __version__

KEY = re.compile(r"bme_[A-Za-z0-9_-]{36,}")
"""What an API key looks like (API contract 1.2): the shortest form known has 41 characters."""

SHORTEST_SECRET = 16
"""Shorter than any key: what is given as one hides nothing, and would hide ordinary words."""


GRAVEST_FIRST = (130, 3, 8, 4, 5, 1, 6, 7, 9, 2, 0)
"""Every exit code; where several hold, a run ends with the first of them (design 4)."""


def gravest(codes: Iterable[int]) -> int:
    """The exit code of a run of several parts; 0 for none."""
    return min(codes, key=GRAVEST_FIRST.index, default=0)


def masked(text: str, key: str = "") -> str:
    """`text` without what looks like a key, and without `key`; for every way out of the program."""
    text = text.replace(key, "***") if len(key) >= SHORTEST_SECRET else text
    return KEY.sub("***", text)


class BmeconfError(Exception):
    """The base of every expected error: `message` says what, `remedy` how to mend it.

    `code` is a stable word for machines (JSON `error.code`); `advice` the remedy where none
    was given. A class has those of its base where it names none.
    """

    exit_code: ClassVar[int] = 1
    code: ClassVar[str] = "error"
    advice: ClassVar[str] = ""

    def __init_subclass__(cls, code: str = "", exit_code: int = 0, advice: str = "") -> None:
        cls.code = code or cls.code
        cls.exit_code = exit_code or cls.exit_code
        cls.advice = advice or cls.advice

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy or self.advice


class InvalidInput(BmeconfError, code="invalid_input", exit_code=3):
    """What the user handed in cannot be used: manifests, project file, plan file, options."""


class Refused(BmeconfError, code="refused", exit_code=4):
    """The API refused the key, its scope or the account (API contract 1.3, 1.4, 2.2)."""


class ScopeMissing(Refused, code="scope_missing"):
    """The key is good but lacks the scope that the message names (API contract 1.3)."""


class LimitReached(BmeconfError, code="limit_reached", exit_code=5):
    """Rate limit, monthly quota or --max-requests (API contract 3, design 7.16)."""


class Stale(BmeconfError, code="stale", exit_code=6, advice="plan again"):
    """The live account moved since the plan was made; nothing was written to what moved."""


class Guarded(BmeconfError, code="guarded", exit_code=7):
    """A guard refused: deletes, protection, seed policy, a foreign host, another account."""


class NotConverged(
    BmeconfError, code="not_converged", exit_code=8, advice="look at the findings, then plan again"
):
    """Every step was applied, and the account does not show all of it."""


class LeftBehind(
    BmeconfError,
    code="left_behind",
    exit_code=8,
    advice="remove it with `bmeconf probe --clean`, or in the web app",
):
    """A probe made something in the account, and could not remove it again."""


class Interrupted(BmeconfError, code="interrupted", exit_code=130):
    """The person pressed Ctrl-C; nothing is half done, the report says where things stand."""


class Busy(
    BmeconfError,
    code="busy",
    advice="wait until it has ended, or give it more time with --lock-timeout",
):
    """Another run writes to this project, and did not end in time."""


class JournalLost(
    BmeconfError,
    code="journal_lost",
    advice="make room on the disk, then apply again: what was done is found",
):
    """The journal cannot be written any more: no write may be sent that it does not know of."""


class ForgeFailed(BmeconfError, code="forge_failed"):
    """GitHub or GitLab refused a request; `status` is that of its answer, 0 without one.

    `reason` is what the answer says.
    """

    status = 0
    reason = ""


class ForgeUnanswered(ForgeFailed, code="forge_unanswered"):
    """A server error of GitHub or GitLab, or no answer: the request may have been carried out."""


class Bug(BmeconfError, code="bug", advice="report it with the lines above"):
    """An exception that nothing expected; its cause says where."""

    @classmethod
    def of(cls, error: Exception) -> Bug:
        """`error` as the end of a run, its traceback kept as the cause."""
        bug = cls(f"bmeconf {__version__}: {type(error).__name__}: this is a bug of bmeconf")
        bug.__cause__ = error
        return bug


class ApiError(BmeconfError, code="api_error"):
    """The API, or the way to it, failed."""


class NetworkError(ApiError, code="network"):
    """No usable answer came back: refused, reset, timed out, or a server error to the end."""


class OutcomeUnknown(
    NetworkError,
    code="outcome_unknown",
    advice="run again: what did land is found, nothing is done twice",
):
    """A write left this machine and no answer came back: it may have landed or not."""


class ReplyUnreadable(
    ApiError,
    code="reply_unreadable",
    advice="nothing is concluded from it; run again, and report it if it stays",
):
    """An answer came back that is not what the API documents; it is never taken for 'nothing'."""


class LossyWrite(
    ApiError,
    code="lossy_write",
    advice="look at this object in the web app before anything else is written",
):
    """A full replacement did not keep what was sent back with it: no other may follow."""


class NotRemoved(
    ApiError,
    code="not_removed",
    advice="take it away in the web app; plans say so from now on, and do not try again",
):
    """The API adds `parts` of an object to those it has, and takes none away."""

    def __init__(self, message: str, parts: Iterable[str]) -> None:
        super().__init__(message)
        self.parts = tuple(sorted(parts))


class IncompleteRead(ApiError, code="incomplete_read"):
    """Pages and totals of a listing do not agree (design 7.2)."""


class ErrorDetail(NamedTuple):
    """One element of the API's `errors[]` envelope (API contract 2.1), as far as it was given."""

    error_type: str
    message: str
    field: str = ""


class Rejected(ApiError, code="rejected", advice="correct what the API names, then plan again"):
    """The API answered with an error; `details` holds its envelope, `status` the HTTP code."""

    def __init__(
        self, message: str, *, status: int = 400, details: Iterable[ErrorDetail] = ()
    ) -> None:
        super().__init__(message)
        self.status = status
        self.details = tuple(details)

    def names_field(self, field: str) -> bool:
        """Whether the refusal is about `field`: by its `field`, else by a word of its message."""
        return any(
            detail.field.split(".")[0].split("[")[0] == field
            or (not detail.field and field in detail.message.split())
            for detail in self.details
        )


class NotFound(Rejected, code="not_found", advice="it was removed meanwhile: plan again"):
    """The object is gone or never was (404, or 400 with RecordNotFound)."""


class VersionConflict(
    Rejected, code="version_conflict", advice="somebody changed it meanwhile: plan again"
):
    """`__v` was stale (400 ConcurrencyError)."""


class DuplicateName(Rejected, code="duplicate", advice="the name is taken by now: plan again"):
    """The natural key is taken (400 DuplicateFieldError)."""
