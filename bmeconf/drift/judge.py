"""Both sides, the plan of the moment, policy -> Drift. Pure.

Every field that is not as declared becomes an item that says who moved, as far as a baseline tells
(design 7.17), and whether somebody answers for it until a day (design 2). Where neither does,
every difference counts as drift. What cannot be compared is a finding, as in a plan; what cannot
be applied is one, and has its items all the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bmeconf.desired.scope import OtherManifests
from bmeconf.drift import items as drift_items
from bmeconf.drift import known
from bmeconf.drift.model import Drift, DriftItem
from bmeconf.kinds import Singleton, only
from bmeconf.live import Reading
from bmeconf.model import Address, Cause, Difference, Finding
from bmeconf.plan import Plan, build
from bmeconf.project import Policy


def find_drift(
    reading: Reading,
    plan: Plan,
    policy: Policy,
    others: OtherManifests,
    new_names: Mapping[Address, str],
) -> Drift:
    """Everything in `reading` that is not as declared, and who moved; `plan` was made of it.

    Namesakes in `reading` are resolved already. `others` are the manifests that this run was not
    given, `new_names` the names under which lost resources were found by their ids.
    """
    items: list[DriftItem] = []
    findings = [f for f in plan.findings if not (f.is_about_steps or f.is_frozen)]
    in_sync = 0
    for difference in now(plan):
        found = drift_items.items(difference, reading, new_names)
        blocked = drift_items.is_blocked(difference) or _is_blocked(reading, difference.address)
        items += found
        in_sync += not (found or blocked or difference.unreadable)
    if not others.complete:
        findings.append(_unread(reading))
    left_out = tuple(sorted({*plan.left_out, *others.beyond(reading.scope.whole)}))
    covered, notes = known.judged(
        items,
        policy.known_drift,
        plan.created_at,
        {*left_out, *_unsure(findings, reading)},
        whole=others.complete,
    )
    return Drift(
        plan,
        tuple(item if item.cause else _untold(item, reading) for item in covered),
        build.by_severity((*findings, *notes)),
        in_sync,
        bool(reading.section.entries),
        left_out,
        partial=not others.complete,
    )


def now(plan: Plan) -> Iterable[Difference]:
    """The comparisons of a plan with the account as it is, and not as its steps will find it."""
    return (difference.now or difference for difference in plan.differences)


def _untold(item: DriftItem, reading: Reading) -> DriftItem:
    """`item` with a cause that no baseline tells: drift, as nothing is remembered of the resource.

    A resource that neither side has known yet is still to be created: pending.
    """
    section = reading.section
    entry = section.of(item.address, item.id) if item.id else None
    known_yet = not entry.bare if entry else not item.id
    pending = known_yet and bool(section.entries)
    return replace(item, cause=Cause.PENDING if pending else Cause.DRIFT, untold=not pending)


def _is_blocked(reading: Reading, address: Address) -> bool:
    return reading.matches.blocked(address) and address not in reading.comparable


def _unsure(findings: Iterable[Finding], reading: Reading) -> set[Address]:
    """Resources that were not compared whole, so that a difference may be there unseen."""
    unread = {f.address for f in findings if f.is_unproven or f.is_left_alone}
    unread -= reading.comparable
    blocked = {r.address for r in reading.desired if _is_blocked(reading, r.address)}
    return unread | blocked


def _unread(reading: Reading) -> Finding:
    return Finding(
        "note",
        "elsewhere_unread",
        min((r.address for r in reading.scope.whole), default=only(Singleton).address),
        "this and what is declared beside it was looked at; what the project declares in other"
        " files is not known, since they have errors or do not go together",
        "bmeconf validate tells of them; manifests: in bmeconf.yaml says which files are the"
        " project's",
    )
