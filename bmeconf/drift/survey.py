"""The stages of `drift` after the plan: what moved, who moved it, what is remembered of it.

In: a planned run. Out: a Drift; with `remember` also the lock file. Nothing here can write to
the account.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from bmeconf import drift
from bmeconf.baseline import record
from bmeconf.baseline.classify import CONFLICT, DRIFT
from bmeconf.client import Reader
from bmeconf.drift import Drift, twins
from bmeconf.drift.items import IDENTITY
from bmeconf.drift.known import UNREAD
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.contacts import events
from bmeconf.kinds.contacts.events import Touch
from bmeconf.live.read import Live
from bmeconf.model import CONTACTS, STRUCTURE, Address, Finding, Resource, Snapshot
from bmeconf.model.errors import BmeconfError, Interrupted, LimitReached, NetworkError, Refused
from bmeconf.plan import pipeline
from bmeconf.plan.model import Plan
from bmeconf.plan.pipeline import Planned
from bmeconf.project import Policy

MOST_ASKED = 5
"""So many contacts are looked for by their ids, and so many asked for their events, each in one
request: enough for a person to begin with.
"""
Answer = TypeVar("Answer")
AGAIN = "run drift --record again"


def surveyed(planned: Planned, policy: Policy, reader: Reader) -> Drift:
    """What of a planned run is not as declared, and who last wrote to what was changed by hand.

    At most twice `MOST_ASKED` requests go beyond those of the plan: by id for contacts that are
    not found by their address any more, and for the events of those that were changed by hand.
    None of them can fail the run.

    Raises:
        Interrupted: Ctrl-C during a wait.
    """
    seen, elsewhere = _found_by_id(reader, twins.told_apart(planned.live))
    found = drift.judge(seen, _in_the_project(planned), policy, elsewhere)
    touches = _touches(reader, planned, found)
    return replace(found, touches=touches, requests=reader.budget.used)


def _in_the_project(planned: Planned) -> Plan:
    """The plan, and what it leaves out of all that the project declares."""
    made, more = planned.plan, planned.elsewhere()
    left_out = sorted({*made.left_out, *more.beyond(planned.live.whole)})
    findings = made.findings if more.complete else (*made.findings, _unread(planned))
    return replace(made, left_out=tuple(left_out), findings=findings)


def _unread(planned: Planned) -> Finding:
    return Finding(
        "note",
        UNREAD,
        min((r.address for r in planned.live.whole), default=Address(STRUCTURE)),
        "this and what is declared beside it was looked at; what the project declares in other"
        " files is not known, since they have errors or do not go together",
        "bmeconf validate tells of them; manifests: in bmeconf.yaml says which files are the"
        " project's",
    )


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


def _found_by_id(reader: Reader, seen: Live) -> tuple[Live, Mapping[Address, str]]:
    """`seen` with the contacts that only a search did not show yet, and the addresses by now of
    those that were given another one by hand.
    """
    kind, names = KINDS[CONTACTS], seen.id_map

    def look(address: Address, id: str) -> tuple[str, Resource] | None:
        raw = kind.fetch(reader, names, id)
        here = raw.get("contactStructureId", names.structure_id) == names.structure_id
        return (kind.key(raw), kind.live(raw, address, names)) if here else None

    found = _asked(reader, drift.lost(seen), look)
    late = {address: live for address, (key, live) in found.items() if key == address.name}
    snapshot = Snapshot({**seen.snapshot.resources, **late})
    elsewhere = {address: key for address, (key, _) in found.items() if address not in late}
    return replace(seen, snapshot=snapshot), elsewhere


def _by_events(reader: Reader, contacts: Mapping[Address, str]) -> Mapping[Address, Touch]:
    return _asked(reader, contacts, lambda _, id: events.last_write(reader, id))


def _asked(
    reader: Reader, ids: Mapping[Address, str], ask: Callable[[Address, str], Answer | None]
) -> dict[Address, Answer]:
    """What `ask` tells of the first few, as far as it can be had."""
    told = {}
    for address, id in [*ids.items()][:MOST_ASKED]:
        if reader.budget.hour_remaining == 0:
            # Nothing that is only nice to know is worth a wait of minutes.
            break
        try:
            answer = ask(address, id)
        except Interrupted:
            raise
        except (Refused, LimitReached, NetworkError):
            break
        except BmeconfError:
            continue
        if answer is not None:
            told[address] = answer
    return told


def unfit(found: Drift) -> str:
    """Why nothing should be remembered of this look, empty where it may be.

    What the lock file does not know counts as not applied yet once it knows anything else of the
    account. So a first memory has to be a whole and a clean one: drift must not be blessed.
    """
    told = "nothing was remembered: the lock file knows nothing of this account yet, and"
    if found.locked:
        return ""
    if found.made.left_out or any(f.code == UNREAD for f in found.findings):
        whole = "a first look has to be at all that the project declares"
        return f"{told} {whole}; run it in the project's folder, without --target and PATH"
    if any(item.counts_as in (DRIFT, CONFLICT) for item in found.items):
        return f"{told} something drifted; apply first, or bring the manifests in line"
    return ""


def remember(path: Path, planned: Planned, found: Drift) -> bool:
    """Put down in the lock file what was seen in sync, and schedules seen as done.

    What differs stays as it was remembered; so does what the account shows in words of its own
    that nothing remembered tells of: whether the service put it so is not known. False where
    nothing may be remembered (`unfit`).

    Raises:
        BmeconfError: where the file cannot be written, or moved meanwhile.
        InvalidInput: where it cannot be used any more.
    """
    if unfit(found):
        return False
    seen, made = planned.live, planned.plan
    others = {item.address for item in found.items if item.path == IDENTITY}
    compared = [d for d in drift.compared(seen, made) if d.address not in others]
    fit = [difference for difference in compared if not difference.rewritten]
    protect = {a: True for a, on in made.grounds.protect.items() if on and a not in others}
    made = replace(
        made,
        manual=tuple(manual for manual in made.manual if manual.address not in others),
        # Whether a protection is lifted is for an apply to say, not for a look.
        grounds=replace(made.grounds, protect=protect),
    )
    section = record.after(seen, fit, made, record.Done(), seen.id_map)
    if pipeline.locked(path).section(section.account, section.base_url) != seen.section:
        raise BmeconfError(f"{path} moved meanwhile; nothing was remembered", AGAIN)
    try:
        pipeline.keep(path, section)
    except OSError as error:
        told = f"{path} could not be written: {error.strerror}; nothing was remembered"
        raise BmeconfError(told, f"mend that, then {AGAIN}") from error
    return True
