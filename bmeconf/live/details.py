"""Rows of listings -> live Resources, in few requests.

A row shows less than its object does, so each object is read on its own. It is not where the row
and the baseline together tell that nothing moved on either side (design 7.17).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from bmeconf.baseline import LockBaseline
from bmeconf.kinds import KINDS, Detailed, Kind, Raw, ReadApi
from bmeconf.model import Address, Resource, Snapshot

Rows = Mapping[Address, Raw]


def read(
    api: ReadApi,
    baseline: LockBaseline,
    desired: Snapshot,
    rows: Rows,
    unmanaged: Mapping[str, tuple[Raw, ...]],
    whole: Collection[str],
) -> tuple[Mapping[Address, Resource], frozenset[Address]]:
    """The live objects of `rows` by desired address, and the addresses that were not read.

    Of the kinds in `whole` everything is read: more is asked of them than what is declared.

    Raises:
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    resources: dict[Address, Resource] = {}
    unread: set[Address] = set()
    for name, kind in KINDS.items():
        mine = {r.address: rows[r.address] for r in desired.of_kind(name) if r.address in rows}
        raws: Rows = mine
        if isinstance(kind, Detailed):
            known = set() if name in whole else _known(baseline, desired, mine)
            raws = _details(api, baseline, kind, desired, mine, known, unmanaged.get(name, ()))
        for address in mine:
            if address in raws:
                resources[address] = kind.live(raws[address], address, baseline.id_map)
            else:
                row = kind.live(mine[address], address, baseline.id_map)
                declared = desired.resources[address].fields
                resources[address] = replace(row, fields={**row.fields, **declared})
                unread.add(address)
    ordered = {r.address: resources[r.address] for r in desired if r.address in resources}
    return ordered, frozenset(unread)


def _known(baseline: LockBaseline, desired: Snapshot, rows: Rows) -> set[Address]:
    """The objects that need no read of their own."""
    return {a for a, row in rows.items() if baseline.settled(desired.resources[a], row)}


def _details(
    api: ReadApi,
    baseline: LockBaseline,
    kind: Detailed,
    desired: Snapshot,
    rows: Rows,
    unread: Collection[Address],
    unmanaged: tuple[Raw, ...],
) -> Rows:
    """All that the API shows of the objects in `rows`, but for what is `unread`.

    A key that is missing from one reply and there in another is empty, not hidden. Where those
    of the declared objects do not tell, the unread ones may, and then one more object does.
    """
    id_map = baseline.id_map
    raws = {a: kind.detail(api, id_map, row) for a, row in rows.items() if a not in unread}
    filled = _filled(kind, raws)
    if unread and _hidden(kind, baseline, desired, filled):
        raws |= {a: kind.detail(api, id_map, rows[a]) for a in unread}
        filled = _filled(kind, raws)
    if not _hidden(kind, baseline, desired, filled):
        return filled
    other = kind.complete_row(unmanaged)
    return _filled(kind, raws, kind.detail(api, id_map, other)) if other else filled


def _filled(kind: Detailed, raws: Rows, other: Collection[str] = ()) -> Rows:
    shown = {key for raw in raws.values() for key in raw} | {*other}
    return {a: kind.filled(raw, shown) for a, raw in raws.items()}


def _hidden(kind: Kind, baseline: LockBaseline, desired: Snapshot, raws: Rows) -> bool:
    return any(
        desired.resources[a].fields.keys() - kind.live_fields(raw, baseline.id_map).keys()
        for a, raw in raws.items()
    )
