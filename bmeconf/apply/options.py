"""How a plan is to be carried out, beside what it says itself: data for `apply`. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bmeconf.kinds.replies import Raw

MOVED = "the account moved since the plan was made"


@dataclass(frozen=True)
class CopyEvidence:
    """What was there before a copy was made: all ids, and the marks of what it is a copy of.

    A lost copy is known by them: it is new, it looks as its source did then, and it was made at
    that time, `at` (design 7.13). Where the answer came, `made` is its id, and nothing is in doubt.
    """

    ids: tuple[str, ...] = ()
    source: Raw = field(default_factory=dict)
    at: str = ""
    made: str = ""


@dataclass(frozen=True)
class ApplyOptions:
    """How a plan is carried out.

    `strict` makes each pin a compare-and-swap, as a saved plan asks for (design 7.14); then
    `moved` is what was seen to have moved before the first write, by step id, and a stale step
    ends the run unless `skip_stale`. `done` and `doubtful` are what journals tell of runs before:
    steps applied, with the ids they made; and steps whose writes may have landed, with what
    was there before a copy.
    """

    strict: bool = False
    skip_stale: bool = True
    moved: Mapping[str, str] = field(default_factory=dict)
    done: Mapping[str, str] = field(default_factory=dict)
    doubtful: Mapping[str, CopyEvidence | None] = field(default_factory=dict)
    resumed: bool = False
