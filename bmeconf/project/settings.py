"""Project settings as data: accounts with their variables, policy, and keys as secrets."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from bmeconf.model import NOTHING, LintPolicy


class Secret:
    """A text that no repr, str, format or traceback shows; only `reveal()` returns it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    def __format__(self, spec: str) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __reduce__(self) -> str:
        raise TypeError("a secret is not to be copied or stored")


class KnownDrift(NamedTuple):
    """A drift that is accepted until a day, and who answers for it (design 2)."""

    address: str
    field: str
    reason: str
    expires: date
    owner: str | None = None


class Freeze(NamedTuple):
    """A window in which nothing is written, from `start` until right before `end`.

    `first` and `last` are the two as the project file has them; such a day is one of UTC.
    """

    start: datetime
    end: datetime
    first: str
    last: str
    reason: str


class Policy(NamedTuple):
    """What the project allows; None where the project file does not say.

    `reserve` is the percentage of the account's hour and month that is left to others.
    `parallel` is how many requests that only read may be under way at once. `max_audience` is the
    most people that a draft may reach, `audience_growth` by how many percent they may become more.
    In `quiet_before_send` before a campaign is sent, nothing that it uses is written. `lint` is
    what is asked of mails.
    """

    seeds: tuple[str, ...] | None = None
    max_deletes: int | None = None
    known_drift: tuple[KnownDrift, ...] = ()
    reserve: int = 0
    parallel: int | None = None
    max_audience: int | None = None
    audience_growth: int | None = None
    freeze: tuple[Freeze, ...] = ()
    quiet_before_send: timedelta | None = None
    lint: LintPolicy = LintPolicy()


class AccountEntry(NamedTuple):
    """An account as the project file declares it; `api_key_env` names the variable of its key."""

    name: str
    base_url: str
    api_key_env: str
    vars: Mapping[str, str] = NOTHING


class Project(NamedTuple):
    """The project file as data, if it `has_file`; `manifests` None: it does not say (design 2)."""

    root: Path
    manifests: tuple[str, ...] | None = None
    accounts: Mapping[str, AccountEntry] = NOTHING
    policy: Policy = Policy()
    has_file: bool = False


class Account(NamedTuple):
    """The account of a run: `base_url` is an origin without path; `notes` are for the user."""

    name: str | None
    base_url: str
    key: Secret
    vars: Mapping[str, str] = NOTHING
    notes: tuple[str, ...] = ()
