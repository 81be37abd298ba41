"""How a plan is carried out, beside what it says itself. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bmeconf.kinds import Raw

MOVED = "the account moved since the plan was made"


@dataclass(frozen=True)
class CopyEvidence:
    """The account before a copy was made: all ids, and the marks of the object that was copied.

    A copy whose answer was lost is known by them: it is new, it looks as its source did then, and
    it was made at that time, `at` (design 7.13). Where the answer came, `made` is the id in it.
    """

    ids: tuple[str, ...] = ()
    source: Raw = field(default_factory=dict)
    at: str = ""
    made: str = ""


@dataclass(frozen=True)
class ApplyOptions:
    """How a plan is carried out.

    `strict` makes each pin a compare-and-swap, as a saved plan asks for (design 7.14). `moved`
    then says, by step id, what moved before the first write, and a stale step ends the run unless
    `skip_stale`. `done` and `doubtful` are what journals tell of earlier runs: applied steps with
    the ids they made, and steps whose writes may have landed, with the evidence for a copy.
    """

    strict: bool = False
    skip_stale: bool = True
    moved: Mapping[str, str] = field(default_factory=dict)
    done: Mapping[str, str] = field(default_factory=dict)
    doubtful: Mapping[str, CopyEvidence | None] = field(default_factory=dict)
    resumed: bool = False
