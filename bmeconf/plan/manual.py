"""Differences -> manual steps: which live object each is held against, and how far it is. Pure.

A name alone does not tell which campaign a schedule is about: another may have it by now. The lock
file knows the id, and what it knows is judged even where nothing can be planned (design 7.3, 7.9).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from bmeconf.baseline.lock import LockEntry
from bmeconf.kinds import KINDS
from bmeconf.kinds.capabilities import ScheduleEvidence
from bmeconf.live.read import Live
from bmeconf.model import Address, Manual
from bmeconf.plan.diff import Difference


def steps(differences: Sequence[Difference], live: Live, now: datetime) -> Iterable[Manual]:
    """What people have to do for what is declared, in the order of the differences."""
    for difference in differences:
        desired = difference.desired
        if not desired.intent.absent:
            kind = KINDS[desired.address.kind]
            yield from kind.manual(desired, _sight(difference, live), now)


def _sight(difference: Difference, live: Live) -> ScheduleEvidence:
    address, section = difference.address, live.section
    seen, doubt = difference.live, ""
    if address in live.doubtful:
        seen, doubt = live.doubtful[address], live.withheld[address].code
    named = section.at(address)
    entry = (section.of(address, seen.id) if seen else None) or named
    if entry is None:
        return ScheduleEvidence(seen, doubt=doubt)
    replaced = seen is None or entry.id != seen.id
    former = _former(address, entry, live) if replaced else ""
    return ScheduleEvidence(seen, entry.scheduled, doubt, replaced, former)


def _former(address: Address, entry: LockEntry, live: Live) -> str:
    """The name by now of what the lock file knows under `address`, empty where it is gone."""
    known = live.id_map.knows(address.kind, entry.id)
    return live.id_map.address(address.kind, entry.id).name or entry.id if known else ""
