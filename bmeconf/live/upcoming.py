"""Campaigns that are about to be sent, and drafts that nobody declares, read whole."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from functools import partial

from bmeconf.kinds import IdMap, Kind, Raw, ReadApi, Scheduled, only, replies
from bmeconf.live.account import Reading
from bmeconf.model import Address, CampaignStatus, Resource


def beside(api: ReadApi, reading: Reading, now: datetime, soon: timedelta) -> tuple[Resource, ...]:
    """The live campaigns that are to be sent that `soon`, declared or not.

    What `reading` has is not read again.

    Raises:
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    kind, matches = only(Scheduled), reading.matches
    rows = (*matches.rows(kind.name).values(), *matches.unmanaged.get(kind.name, ()))
    own = {r.id: r for r in reading.account.resources.of_kind(kind.name)}
    others = [row for row in rows if replies.id_of(row) not in own]
    listed = kind.name in matches.unmanaged
    found = read(api, reading.account.id_map, now, soon, others if listed else None)
    return (*(r for r in own.values() if kind.due(r.raw, now, soon)), *found)


def read(
    api: ReadApi,
    id_map: IdMap,
    now: datetime,
    soon: timedelta,
    rows: Iterable[Raw] | None = None,
) -> tuple[Resource, ...]:
    """Those among `rows`, or among all campaigns; raises as `beside` does."""
    kind = only(Scheduled)
    return whole(api, id_map, kind, lambda row: kind.due(row, now, soon) is not None, rows)


def whole(
    api: ReadApi,
    id_map: IdMap,
    kind: Kind,
    wanted: Callable[[Raw], bool],
    rows: Iterable[Raw] | None,
) -> tuple[Resource, ...]:
    """The `wanted` ones among `rows`, or among all objects of a kind; raises as `beside` does."""
    rows = kind.all_rows(api, id_map) if rows is None else [*rows]
    names = Counter(map(kind.key, rows))

    def address(row: Raw) -> Address:
        id, name = replies.id_of(row), kind.key(row)
        if id_map.knows(kind.name, id):
            return id_map.address(kind.name, id)
        return Address(kind.name, name, "" if names[name] == 1 else id)

    some = [row for row in rows if wanted(row)]
    raws = api.together([partial(kind.detail, api, id_map, row) for row in some])
    return tuple(kind.live(raw, address(row), id_map) for row, raw in zip(some, raws, strict=True))


def drafts(api: ReadApi, reading: Reading) -> tuple[Resource, ...]:
    """The live drafts that no manifest declares; raises as `beside` does."""
    kind = only(Scheduled)
    rows = reading.matches.unmanaged.get(kind.name)

    def is_draft(row: Raw) -> bool:
        return replies.text_of(row.get("status")) == CampaignStatus.DRAFT

    return whole(api, reading.account.id_map, kind, is_draft, rows)
