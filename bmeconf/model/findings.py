"""Problems of files, findings on resources, and manual steps. Frozen data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple, TypeVar

from bmeconf.model.codes import Code
from bmeconf.model.resources import Address, Place
from bmeconf.model.words import counted


class Problem(NamedTuple):
    """Something wrong in the files: where, about which resource, what, and how to mend it.

    `level` is `error`, `warning` or `note`; `code` a stable word for machines; `field` the declared
    field that it is about, if one.
    """

    place: Place
    address: str
    message: str
    code: Code = "invalid"
    level: str = "error"
    field: str = ""

    @classmethod
    def of(cls, finding: Finding) -> Problem:
        """A finding on the files alone, which knows its place."""
        assert finding.place is not None
        message = f"{finding.message}; {finding.remedy}"
        return cls(finding.place, str(finding.address), message, finding.code, finding.level)


DONE = "done"
"""The state of a manual step that the account proves."""
FROZEN: Final = "frozen"
NOT_CONVERGED: Final = "not_converged"
DEAD_SEED: Final = "dead_seed"
EMPTY_AUDIENCE: Final = "empty_audience"
RENAMED_NOT_DELETED: Final = "renamed_not_deleted"
STILL_MEMBER: Final = "still_member"
UNDECLARED_SCHEDULE: Final = "undeclared_schedule"
ASIDE = (DEAD_SEED, EMPTY_AUDIENCE, RENAMED_NOT_DELETED, STILL_MEMBER, UNDECLARED_SCHEDULE)
LEFT_ALONE = (FROZEN, "blocked", "ambiguous")
UNPROVEN = frozenset({"unreadable"})
ABOUT_STEPS = frozenset(
    {"protected", "too_many_deletes", "in_use", "name_ring", "undoes_known_drift"}
    | {"audience", "audience_growth", "audience_unknown", "freeze_window", "quiet_time"}
)


class Finding(NamedTuple):
    """Something a person should know about a resource; `error` level refuses an apply.

    `level` is `error`, `warning` or `note`; `code` a stable word; `remedy` how to mend it,
    `field` the declared field that it is about, if one. `allow` is the option of `apply`, and its
    value, that lets an error through; empty where nothing does. `place` is where it is mended,
    where that is not the entry of the resource. `tag` is the merge tag that no file declares, which
    the account may know. Only this class tells what a code means.
    """

    level: str
    code: Code
    address: Address
    message: str
    remedy: str = ""
    field: str = ""
    allow: tuple[str, ...] = ()
    place: Place | None = None
    tag: str = ""

    @property
    def is_frozen(self) -> bool:
        """True for a campaign that differs and is no draft any more."""
        return self.code == FROZEN

    @property
    def is_not_converged(self) -> bool:
        """True for what was written and does not read back as declared."""
        return self.code == NOT_CONVERGED

    @property
    def is_left_alone(self) -> bool:
        """True for a resource that is not as declared, and that no apply changes."""
        return self.code in LEFT_ALONE

    @property
    def is_unproven(self) -> bool:
        """True for a resource that cannot be compared whole."""
        return self.code in UNPROVEN

    @property
    def is_aside(self) -> bool:
        """True for a warning on something that is as declared all the same."""
        return self.code in ASIDE

    @property
    def is_about_steps(self) -> bool:
        """True for a finding on the steps of a plan, and not on the account."""
        return self.code in ABOUT_STEPS


BROKEN = ("overdue", "undone", "wrong")
"""States of manual steps that somebody has to look after now; a `todo` has its time."""


class Manual(NamedTuple):
    """What a person must do because the API cannot (design 7.9), and how far it is.

    `state` is `todo`, `done`, `wrong`, `undone` or `overdue`; `expect` and `observed` are the
    live facts that prove it, as JSON values; `due` is an aware instant.
    """

    address: Address
    what: str
    state: str
    due: datetime
    owner: str | None
    note: str | None
    expect: Mapping[str, Any]
    observed: Mapping[str, Any]

    @property
    def is_broken(self) -> bool:
        return self.state in BROKEN


Told = TypeVar("Told", Problem, Finding)
NOWHERE = Place("")


def left_alone(findings: Iterable[Finding]) -> tuple[int, int]:
    """How many resources are frozen, and how many are blocked or ambiguous."""
    alone = {f.address: f.is_frozen for f in findings if f.is_left_alone}
    frozen = sum(alone.values())
    return frozen, len(alone) - frozen


def waiting(manual: Iterable[Manual]) -> int:
    """How many manual steps are not done."""
    return sum(step.state != DONE for step in manual)


def once(problems: Iterable[Told]) -> Iterator[Told]:
    """One problem or finding for each cause, at its first place, with the number of the others."""
    alike: dict[tuple[str, str], list[Told]] = defaultdict(list)
    for each in problems:
        alike[each.code, each.message].append(each)
    for same in alike.values():
        first = min(same, key=lambda each: (each.place or NOWHERE, str(each.address)))
        more = len({each.place for each in same}) - 1
        rest = f"; the same at {counted(more, 'more place')}" if more else ""
        yield first._replace(message=first.message + rest)
