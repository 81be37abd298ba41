"""Loose ends: copies that earlier runs may have made, as the journals of this machine tell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from bmeconf.apply.journal import JournalState, state_of
from bmeconf.apply.model import CopyEvidence
from bmeconf.apply.origin import Origin
from bmeconf.apply.sealed_lines import read_own
from bmeconf.model import SIMULATED, Address, Snapshot
from bmeconf.model.errors import Interrupted
from bmeconf.plan import Plan

LOOKED_AT = 50
"""The number of newest journals of this machine in which a later apply looks for loose ends."""


def loose_ends(folder: Path, plan: Plan, origin: Origin) -> Mapping[str, CopyEvidence]:
    """Copies of `plan` that earlier runs may have made, by step, with the evidence for each.

    They still have a name of the service's own, so that no name finds them (design 7.13). Nobody
    names the journals in `folder`, so that only those of this machine count.
    """
    copies = [step for step in plan.steps if step.intent.origins]
    ends: dict[str, CopyEvidence] = {}
    settled: set[str] = set()
    for _, state in islice(_ours(folder, origin), LOOKED_AT) if copies else ():
        if state.plan["account"]["fingerprint"] != plan.account.fingerprint:
            continue
        for step in state.plan["steps"]:
            address, evidence = step["address"], state.doubtful.get(step["id"])
            if evidence is not None and address not in settled:
                ends.setdefault(address, evidence)
            if step["id"] in state.done:
                settled.add(address)
    return {step.id: ends[str(step.address)] for step in copies if str(step.address) in ends}


def interrupted(folder: Path, origin: Origin, simulated: bool) -> Sequence[Path]:
    """The journals of applies that wrote something and did not come to their end, newest first.

    An apply that ended well after them, in the same account, has found what they left.
    """
    left, mended = list[Path](), set[str]()
    for path, state in islice(_ours(folder, origin), LOOKED_AT):
        account = state.plan["account"]
        if (account["base_url"] == SIMULATED) is not simulated or account["fingerprint"] in mended:
            continue
        if state.exit_code == 0:
            mended.add(account["fingerprint"])
        elif state.exit_code in (None, Interrupted.exit_code) and (state.written or state.done):
            left += [] if origin.is_tracked(path) else [path]
    return left


def _ours(folder: Path, origin: Origin) -> Iterator[tuple[Path, JournalState]]:
    """The journals of this machine with the states that they tell, the newest first."""
    for path in sorted(folder.glob("*.jsonl"), reverse=True):
        state = read_own(path, origin, state_of)
        if state and not (any(state.doubtful.values()) and origin.is_tracked(path)):
            yield path, state


def unclaimed(
    doubtful: Mapping[str, CopyEvidence | None],
    taken: Collection[str],
    declared: Callable[[], Snapshot],
) -> Mapping[str, CopyEvidence | None]:
    """The steps in doubt, where no copy is one of `taken`, or what a manifest names by now."""
    if not any(doubtful.values()):
        return doubtful
    ids, others = {*taken}, set[Address]()
    for resource in declared():
        kind, names = resource.address.kind, (resource.address.name, *resource.intent.renamed_from)
        ids.add(resource.id)
        others.update(Address(kind, name) for name in names)
        others.update(resource.mentioned())
    return {id: end and end.without(ids, others) for id, end in doubtful.items()}
