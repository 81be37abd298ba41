"""Faults: their kinds, the requests that they hit, and how often. Pure, save a lock and counters.

In: `Fault`s as text or JSON, and each API request as it arrives. Out: the fault that hits the
request, or None. The effects of a kind on account, reply and connection are in `fault_effects`.
"""

from __future__ import annotations

import difflib
import re
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from typing import Any

from bmeconf.sandbox.errors import shown
from bmeconf.sandbox.store import Doc

REPLY, HANG_UP, RESET = "reply", "hang up", "reset"

#: any, those that only read, those that change something, or a method of HTTP
METHODS = ("*", "READ", "WRITE", "GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD")

_READS = (("GET", re.compile(".*")), ("POST", re.compile("/api/contact/search")))

_MOST = 10**9


@dataclass(frozen=True)
class Kind:
    """A kind of fault: `runs` is the number of times that the request is carried out.

    `seconds` delay the ending; with `waits` False they are the value of Retry-After, or the lag of
    the search index. `only` narrows the methods. A `page` fault hits only requests whose result is
    a page with a total.
    """

    words: str
    runs: int = 1
    ending: str = REPLY
    seconds: float = 0.0
    waits: bool = True
    only: tuple[str, ...] = ("*",)
    page: bool = False


KINDS = {
    "hour-limit": Kind("429 of the hour, Retry-After = seconds", 0, seconds=1, waits=False),
    "month-limit": Kind("429 of the month", 0, seconds=2_000_000, waits=False),
    "auth-block": Kind("429 of a blocked address", 0, seconds=900, waits=False),
    "error-500": Kind("500, not done", 0),
    "error-502": Kind("502, not done", 0),
    "error-503": Kind("503, not done", 0),
    "error-500-after": Kind("done, then 500"),
    "error-502-after": Kind("done, then 502"),
    "error-503-after": Kind("done, then 503"),
    "gateway-page": Kind("502 with an HTML page, not done", 0),
    "gateway-page-after": Kind("done, then 502 with an HTML page"),
    "gateway-page-200": Kind("200 with an HTML page, not done", 0),
    "timeout-before": Kind("silence for seconds, then closed; not done", 0, HANG_UP, 90),
    "timeout-after": Kind("done, then silence for seconds, then closed", 1, HANG_UP, 90),
    "drop-before": Kind("closed without a reply, not done", 0, HANG_UP),
    "drop-after": Kind("done, then closed without a reply", 1, HANG_UP),
    "reset-after": Kind("done, then a TCP reset", 1, RESET),
    "half-answer": Kind("done, then closed in the middle of the reply"),
    "truncated-page": Kind("a page lacks its last record, its total counts it", page=True),
    "lying-total": Kind("a page's total is one too many", page=True),
    "repeated-page": Kind("a later page has the records of page 1", page=True),
    "slow": Kind("an honest reply after seconds", seconds=2),
    "slow-index": Kind(
        "a search sees the write seconds later", seconds=2, waits=False, only=("WRITE",)
    ),
    "stale-race": Kind(
        "somebody else changes the object just before", only=("PUT", "PATCH", "DELETE")
    ),
    "twice": Kind("done twice, the first reply is answered", 2),
    "twice-drop": Kind("done twice, then closed without a reply", 2, HANG_UP),
}


@dataclass(frozen=True)
class Fault:
    """A kind, the requests that it matches, and the number of requests that it hits.

    `path` matches the whole path, with `*` for any text. Of the matching requests, the first `skip`
    pass, and the next `times` are hit; 0 means all. Raises ValueError.
    """

    kind: str
    method: str = "*"
    path: str = "*"
    skip: int = 0
    times: int = 1
    seconds: float | None = None

    @staticmethod
    def listed() -> str:
        """All kinds, one on a line, with what each does."""
        return "\n".join(f"  {name}: {known.words}" for name, known in KINDS.items())

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise ValueError(_unknown_kind(self.kind))
        if self.method not in METHODS:
            raise ValueError(
                f"{self._where} method {shown(self.method)} is none of {', '.join(METHODS)}"
            )
        if not isinstance(self.path, str) or not self.path.startswith(("/api", "*")):
            raise ValueError(
                f"{self._where} path {shown(self.path)} begins with neither /api nor *"
            )
        self._check("skip", self.skip, int)
        self._check("times", self.times, int)
        if self.seconds is not None:
            self._check("seconds", self.seconds, int, float)

    @property
    def _where(self) -> str:
        return f"fault {self.kind}:"

    def _check(self, name: str, value: object, *types: type) -> None:
        if type(value) not in types or not isinstance(value, int | float):
            expected = "a number" if float in types else "a whole number"
            raise ValueError(f"{self._where} {name} {shown(value)} is not {expected}")
        if not 0 <= value <= _MOST:
            raise ValueError(f"{self._where} {name} {shown(value)} is out of range")

    @classmethod
    def parse(cls, text: str) -> Fault:
        """Read `KIND[@[METHOD ][PATH]][:NAME=VALUE,...]`. Raises ValueError."""
        head, colon, tail = text.partition(":")
        kind, _, requests = (part.strip() for part in head.partition("@"))
        if kind not in KINDS:
            raise ValueError(_unknown_kind(kind))
        first, _, rest = requests.partition(" ")
        method, path = ("*", first) if first.startswith(("/", "*")) and not rest else (first, rest)
        options = _options(kind, tail) if colon else {}
        return cls(kind, method.upper() or "*", path.strip() or "*", **options)

    @classmethod
    def read(cls, values: object) -> Fault:
        """Read the JSON object `{"kind", "method"?, "path"?, "skip"?, "times"?, "seconds"?}`.

        Raises ValueError.
        """
        if not isinstance(values, dict) or not isinstance(values.get("kind"), str):
            raise ValueError(f"fault {shown(values)} must be an object with a kind")
        for name in values:
            if name not in _NAMES:
                raise ValueError(
                    f"fault {values['kind']}: unknown {shown(name)}{_near(name, _NAMES)}"
                )
        return cls(**values)

    @property
    def does(self) -> Kind:
        """The kind of this fault."""
        return KINDS[self.kind]

    @property
    def lasts(self) -> float:
        """The seconds of this fault; by default those of its kind."""
        return self.does.seconds if self.seconds is None else self.seconds

    def matches(self, method: str, path: str) -> bool:
        """True if the fault is for this request."""
        glob = ".*".join(re.escape(part) for part in self.path.split("*"))
        return (
            _is_of(self.method, method, path)
            and any(_is_of(only, method, path) for only in self.does.only)
            and re.fullmatch(glob, path, re.DOTALL) is not None
        )


_NAMES = tuple(spec.name for spec in fields(Fault))


class Faults:
    """A fault schedule: at most one fault hits a request, the first that is due."""

    def __init__(self, faults: Iterable[Fault] = ()) -> None:
        self._lock = threading.Lock()
        self._planned = [_Planned(fault) for fault in faults]

    def replace(self, faults: Iterable[Fault]) -> None:
        """Start a new schedule of these faults."""
        planned = [_Planned(fault) for fault in faults]
        with self._lock:
            self._planned = planned

    def take(self, method: str, path: str, fits: Callable[[Fault], bool]) -> Fault | None:
        """The fault that hits this request, or None; only faults that pass `fits` are considered.

        A request that is hit by a fault still counts as a match of the others.
        """
        with self._lock:
            hit = None
            for planned in self._planned:
                if fits(planned.fault) and planned.fault.matches(method, path):
                    planned.matches += 1
                    if hit is None and planned.is_due():
                        planned.hits += 1
                        hit = planned.fault
            return hit

    def as_list(self) -> list[Doc]:
        """`[{kind, method, path, skip, times, seconds, hits}]`, ready for JSON."""
        with self._lock:
            return [planned.as_dict() for planned in self._planned]


@dataclass
class _Planned:
    """A fault of the schedule, with its numbers of matching requests and of hits."""

    fault: Fault
    matches: int = 0
    hits: int = 0

    def is_due(self) -> bool:
        left = not self.fault.times or self.hits < self.fault.times
        return left and self.matches > self.fault.skip

    def as_dict(self) -> Doc:
        values = {name: getattr(self.fault, name) for name in _NAMES}
        return {**values, "seconds": self.fault.lasts, "hits": self.hits}


def _is_of(wanted: str, method: str, path: str) -> bool:
    if wanted in ("READ", "WRITE"):
        reads = any(method == read and where.fullmatch(path) for read, where in _READS)
        return reads == (wanted == "READ")
    return wanted in ("*", method)


def _options(kind: str, text: str) -> dict[str, Any]:
    options: dict[str, Any] = {}
    for part in text.split(","):
        name, equals, value = (piece.strip() for piece in part.partition("="))
        if not equals or name not in ("skip", "times", "seconds"):
            raise ValueError(
                f"fault {kind}: {shown(part)} is none of skip=N, times=N, seconds=N"
                + _near(name, ("skip", "times", "seconds"))
            )
        try:
            options[name] = float(value) if name == "seconds" else int(value)
        except ValueError:
            raise ValueError(f"fault {kind}: {name} {shown(value)} is not a number") from None
    return options


def _near(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f'; did you mean "{near[0]}"?' if near and near[0] != name else ""


def _unknown_kind(kind: str) -> str:
    hint = _near(kind, KINDS).removeprefix("; ")
    return f"unknown fault {shown(kind)}; {f'{hint} ' if hint else ''}known are:\n{Fault.listed()}"
