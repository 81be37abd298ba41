"""The requests of a drift report beside those of a plan: a few, none of which can fail it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from bmeconf.drift.model import Drift
from bmeconf.kinds import KINDS, Searched, Touch, Traceable, identity, only, replies
from bmeconf.live import Reading, resolve_namesakes
from bmeconf.model import Address, Cause, Resource, Snapshot
from bmeconf.model.errors import BmeconfError, Interrupted, LimitReached, NetworkError, Refused

if TYPE_CHECKING:
    # Not at run time, since results are also shown where nothing is asked for.
    from bmeconf.client import Reader

MOST_ASKED = 5
"""Contacts to look for by id, and contacts to ask for events, at one request each."""
Answer = TypeVar("Answer")


def closer(reader: Reader, reading: Reading) -> tuple[Reading, Mapping[Address, str]]:
    """`reading` with namesakes resolved, and with contacts that only a search did not show yet.

    Also the new addresses of contacts that were given another one by hand.

    Raises:
        Interrupted: Ctrl-C during a wait.
    """
    reading = resolve_namesakes(reading)
    id_map = reading.account.id_map

    def look(address: Address, id: str) -> tuple[str, Resource] | None:
        kind = KINDS[address.kind]
        raw = kind.fetch(reader, id_map, id)
        here = raw.get("contactStructureId", id_map.structure_id) == id_map.structure_id
        return (kind.called(raw), kind.live(raw, address, id_map)) if here else None

    # Only of kinds that are searched by name: a listing shows the others.
    lost = {
        resource.address: entry.id
        for resource in reading.desired
        if isinstance(KINDS[resource.address.kind], Searched)
        and not (resource.intent.absent or reading.matches.blocked(resource.address))
        and reading.account.resources.get(resource.address) is None
        and (entry := reading.section.at(resource.address))
    }
    found = _asked(reader, lost, look)
    late = {
        address: live
        for address, (name, live) in found.items()
        if identity(replace(address, name=name)) == identity(address)
    }
    resources = Snapshot({**reading.account.resources.resources, **late})
    account = reading.account._replace(resources=resources)
    new_names = {address: key for address, (key, _) in found.items() if address not in late}
    return reading._replace(account=account), new_names


def touches(reader: Reader, reading: Reading, found: Drift) -> Mapping[Address, Touch]:
    """The last change of each resource that was changed by hand, where the API tells.

    Raises:
        Interrupted: Ctrl-C during a wait.
    """
    kind, by_hand = only(Traceable), (Cause.DRIFT, Cause.CONFLICT)
    moved = {item.address: item.id for item in found.items if item.id and item.cause in by_hand}
    there = [live for address in moved if (live := reading.account.resources.get(address))]
    updates = {live.address: replies.text_of(live.raw.get("updatedAt")) for live in there}
    shown = {address: Touch(at) for address, at in updates.items() if at}
    traceable = {a: id for a, id in moved.items() if a.kind == kind.name}
    return {**shown, **_asked(reader, traceable, lambda _, id: kind.last_write(reader, id))}


def _asked(
    reader: Reader, ids: Mapping[Address, str], ask: Callable[[Address, str], Answer | None]
) -> dict[Address, Answer]:
    """The answers of `ask` for the first few ids, as far as they can be had."""

    def answer(address: Address, id: str) -> Answer | BmeconfError | None:
        try:
            return ask(address, id)
        except Interrupted:
            raise
        except BmeconfError as error:
            return error

    # Nothing that is only nice to know is worth a wait of minutes.
    left = reader.budget.hour_left
    first = [*ids.items()][: MOST_ASKED if left is None else min(left, MOST_ASKED)]
    answers: dict[Address, Answer] = {}
    # The first one alone: what keeps it from its answer may keep all others from theirs.
    for some in (first[:1], first[1:]):
        results = reader.together([partial(answer, address, id) for address, id in some])
        for (address, _), result in zip(some, results, strict=True):
            if isinstance(result, Refused | LimitReached | NetworkError):
                return answers
            if result is not None and not isinstance(result, BmeconfError):
                answers[address] = result
    return answers
