"""The stages of `drift` after the plan: what moved, who moved it, what is remembered of it.

In: a planned run. Out: a Drift; with `remember` also the lock file. Nothing here can write to
the account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from bmeconf import drift, pipeline, record
from bmeconf.client import Reader
from bmeconf.drift import Drift
from bmeconf.errors import BmeconfError, Interrupted, LimitReached, Refused
from bmeconf.kinds import events, replies
from bmeconf.kinds.events import Touch
from bmeconf.model import CONTACTS, Address
from bmeconf.pipeline import Planned
from bmeconf.settings import Policy
from bmeconf.truth import CONFLICT, DRIFT

MOST_ASKED = 5
"""So many contacts are asked for their events, each in one request."""
AGAIN = "run drift --record again"


def surveyed(planned: Planned, policy: Policy, reader: Reader) -> Drift:
    """What of a planned run is not as declared, and who last wrote to what was changed by hand.

    At most `MOST_ASKED` requests go beyond those of the plan, and none of them can fail the run.

    Raises:
        Interrupted: Ctrl-C during a wait.
    """
    found = drift.judge(planned.live, planned.plan, policy)
    touches = _touches(reader, planned, found)
    return replace(found, touches=touches, requests=reader.budget.used)


def _touches(reader: Reader, planned: Planned, found: Drift) -> Mapping[Address, Touch]:
    ids = drift.moved_by_hand(found)
    shown = {}
    for address in ids:
        seen = planned.live.snapshot.get(address)
        at = replies.text_of(seen.raw.get("updatedAt")) if seen else None
        if at:
            shown[address] = Touch(at)
    contacts = {address: id for address, id in ids.items() if address.kind == CONTACTS}
    return {**shown, **_by_events(reader, contacts)}


def _by_events(reader: Reader, contacts: Mapping[Address, str]) -> Mapping[Address, Touch]:
    told = {}
    for address, id in [*contacts.items()][:MOST_ASKED]:
        if reader.budget.hour_remaining == 0:
            # Nothing that is only nice to know is worth a wait of minutes.
            break
        try:
            touch = events.last_write(reader, id)
        except Interrupted:
            raise
        except (Refused, LimitReached):
            break
        except BmeconfError:
            continue
        if touch:
            told[address] = touch
    return told


def unfit(found: Drift) -> str:
    """Why nothing should be remembered of this look, empty where it may be.

    A first memory of an account that differs would turn drift into what is only not applied yet,
    since nothing tells any more who moved: drift must not be blessed.
    """
    if found.locked or not any(item.counts_as in (DRIFT, CONFLICT) for item in found.items):
        return ""
    return (
        "nothing was remembered: the lock file knows nothing of this account, and a first memory of"
        " one that differs could not tell any more who moved; apply first, or bring the manifests"
        " in line"
    )


def remember(path: Path, planned: Planned, found: Drift) -> bool:
    """Put down in the lock file what was seen in sync, and schedules seen as done.

    What differs stays as it was remembered. False where nothing may be remembered (`unfit`).

    Raises:
        BmeconfError: where the file cannot be written, or moved meanwhile.
        InvalidInput: where it cannot be used any more.
    """
    if unfit(found):
        return False
    seen = planned.live
    differing = {item.address for item in found.items}
    fit = [d for d in drift.compared(seen, planned.plan) if d.action or d.address not in differing]
    # Whether a protection is lifted is for an apply to say, not for a look.
    made = replace(planned.plan, grounds=replace(planned.plan.grounds, protect={}))
    section = record.after(seen, fit, made, record.Done(), seen.names)
    if pipeline.locked(path).section(section.account, section.base_url) != seen.section:
        raise BmeconfError(f"{path} moved meanwhile; nothing was remembered", AGAIN)
    try:
        pipeline.keep(path, section)
    except OSError as error:
        told = f"{path} could not be written: {error.strerror}; nothing was remembered"
        raise BmeconfError(told, f"mend that, then {AGAIN}") from error
    return True
