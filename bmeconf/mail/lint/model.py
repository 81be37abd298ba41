"""A mail to look at, and the places where it is wrong. Little more than data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from bmeconf.model import LintCode

SUBJECT, PREVIEW, BODY, PLAIN = "subject", "preview_text", "body", "plain_text"
MOST = 100
"""So many hits of one code are told of a field."""


class Hit(NamedTuple):
    """One thing that is wrong: in which field, at which character of it, and how to mend it.

    `tag` is the merge tag that nothing declares, which an account may know all the same.
    """

    code: LintCode
    field: str
    at: int
    message: str
    remedy: str
    tag: str = ""


class Fault(NamedTuple):
    """What is wrong, wherever it stands: a code, a message and a remedy."""

    code: LintCode
    message: str
    remedy: str


@dataclass
class Hits:
    """Gathers the hits in the field of a `name`, the first of each code."""

    name: str
    found: list[Hit] = field(default_factory=list)
    _counts: Counter[LintCode] = field(default_factory=Counter)

    def add(self, at: int, fault: Fault, tag: str = "") -> None:
        """One more hit, unless there are enough of its code."""
        self._counts[fault.code] += 1
        if self._counts[fault.code] <= MOST:
            self.found.append(Hit(fault.code, self.name, at, fault.message, fault.remedy, tag))


@dataclass(frozen=True)
class Mail:
    """The fields of a campaign that people read; None where nothing says what they are.

    `lacks_plain_text` says that there is none, and none to come.
    """

    subject: str | None = None
    preview_text: str | None = None
    from_name: str | None = None
    body: str | None = None
    plain_text: str | None = None
    lacks_plain_text: bool = False
