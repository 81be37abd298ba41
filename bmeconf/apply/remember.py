"""The lock file after an apply: basis, outcomes, proof -> a section. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from bmeconf.apply.model import APPLIED, Outcome, Proof
from bmeconf.baseline import LockBaseline, ProvenWrite, Section, record
from bmeconf.kinds import KINDS, Detailed, IdMap, replies
from bmeconf.live import Account
from bmeconf.model import CREATE, DELETE, Difference
from bmeconf.model.errors import NotRemoved
from bmeconf.plan import Plan


@dataclass(frozen=True)
class Basis:
    """The account and the comparisons behind a plan, as far as they are at hand.

    A plan that was made elsewhere has no `differences`. `section` is as it was read; `gone` are
    its keys of what is neither declared nor live any more.
    """

    account: Account
    section: Section
    differences: tuple[Difference, ...] = ()
    gone: frozenset[str] = frozenset()


def section_after(
    basis: Basis,
    plan: Plan,
    id_map: IdMap,
    outcomes: Sequence[Outcome],
    proof: Proof,
) -> Section:
    """The section as it is to be after an apply; `id_map` knows the ids of what was created."""
    failed = {outcome.step.address for outcome in outcomes if outcome.state != APPLIED}
    protect = plan.preconditions.protect
    merged = {*basis.section.merged}
    for outcome in outcomes:
        merged |= {*outcome.error.parts} if isinstance(outcome.error, NotRemoved) else set()
    section = replace(basis.section.dropping(basis.gone), merged=tuple(sorted(merged)))
    return record.after(
        LockBaseline(id_map, section=section),
        basis.differences,
        _writes(basis, id_map, outcomes, proof),
        unread=basis.account.unread,
        manual=plan.manual,
        protect={address: protect[address] for address in protect if address not in failed},
    )


def _writes(
    basis: Basis,
    id_map: IdMap,
    outcomes: Iterable[Outcome],
    proof: Proof,
) -> Iterable[ProvenWrite]:
    """The steps that were applied and do not read back as something else."""
    if proof.rows is None:
        return
    shown: dict[str, set[str]] = {}
    for resource in basis.account.resources:
        shown.setdefault(resource.address.kind, set()).update(resource.raw)
    for address, raw in proof.rows.items():
        shown.setdefault(address.kind, set()).update(raw)
    for outcome in outcomes:
        step, kind = outcome.step, KINDS[outcome.step.address.kind]
        if outcome.state != APPLIED or step.address in proof.unproven:
            continue
        row = proof.rows.get(step.address)
        if step.action == DELETE:
            yield ProvenWrite(step.address, outcome.object_id, step.changes, None)
        elif row is not None:
            filled = kind.filled(row, shown[kind.name]) if isinstance(kind, Detailed) else row
            live = kind.live(filled, step.address, id_map)
            alone = replies.same_moment(outcome.reply, row) or None
            yield ProvenWrite(
                step.address,
                live.id,
                step.changes,
                live,
                outcome.before,
                False if replies.moved(outcome.reply, row) else alone,
                is_new=step.action == CREATE and not step.intent.origins,
            )
