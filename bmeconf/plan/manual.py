"""Differences -> manual steps: which live object each is about, and its state. Pure.

A name alone does not tell which campaign a schedule is about: another may have it by now. The lock
file knows the id, and what it knows is judged even where nothing can be planned (design 7.3, 7.9).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from bmeconf.baseline import LockEntry
from bmeconf.kinds import KINDS, Scheduled, ScheduleEvidence
from bmeconf.live import Reading, doubts
from bmeconf.model import Address, Difference, Manual


def steps(differences: Iterable[Difference], reading: Reading, now: datetime) -> tuple[Manual, ...]:
    """The manual steps of all that is declared, in the order of the differences."""
    return tuple(
        manual
        for difference in differences
        if isinstance(kind := KINDS[difference.address.kind], Scheduled)
        and not difference.desired.intent.absent
        for manual in kind.manual(difference.desired, _evidence(difference, reading), now)
    )


def _evidence(difference: Difference, reading: Reading) -> ScheduleEvidence:
    address, section, match = (
        difference.address,
        reading.section,
        reading.matches[difference.address],
    )
    live, doubt = difference.live, ""
    if not match.identified and match.row is None:
        live, doubt = reading.account.remembered.get(address), doubts.code(match.status)
    named = section.at(address)
    entry = (section.of(address, live.id) if live else None) or named
    if entry is None:
        return ScheduleEvidence(live, doubt=doubt)
    replaced = live is None or entry.id != live.id
    former = _former_name(address, entry, reading) if replaced else ""
    return ScheduleEvidence(live, entry.scheduled, doubt, replaced, former)


def _former_name(address: Address, entry: LockEntry, reading: Reading) -> str:
    """The name by now of the object that the lock file knows by `address`, empty if gone."""
    id_map = reading.account.id_map
    if not id_map.knows(address.kind, entry.id):
        return ""
    return id_map.address(address.kind, entry.id).name or entry.id
