"""The lock file after an apply: basis, outcomes, proof -> a section. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bmeconf.apply.model import APPLIED, Outcome, Proof
from bmeconf.baseline import LockBaseline, ProvenWrite, Section, record
from bmeconf.kinds import KINDS, Detailed, IdMap, Raw, replies
from bmeconf.live import Account, Reading
from bmeconf.model import CREATE, DELETE, Address, Difference, Resource
from bmeconf.plan import Plan


@dataclass(frozen=True)
class Basis:
    """The account and the comparisons behind a plan, as far as they are at hand.

    A plan that was made elsewhere has no `differences`. `section` has nothing any more of what is
    neither declared nor live.
    """

    account: Account
    section: Section
    differences: tuple[Difference, ...] = ()

    @classmethod
    def of(cls, reading: Reading, plan: Plan) -> Basis:
        """The basis of a plan that was made just now."""
        planned = (d for d in plan.differences if not reading.matches.blocked(d.address))
        return cls(reading.account, reading.section.dropping(reading.gone), tuple(planned))


def section_after(
    basis: Basis,
    plan: Plan,
    id_map: IdMap,
    outcomes: Sequence[Outcome] = (),
    proof: Proof | None = None,
) -> Section:
    """The section as it is to be after an apply.

    `id_map` knows the ids of what was created. Where nothing was written there is no `proof`.
    """
    failed = {outcome.step.address for outcome in outcomes if outcome.state != APPLIED}
    protect = plan.preconditions.protect
    return record.after(
        LockBaseline(id_map, section=basis.section),
        basis.differences,
        _writes(basis, id_map, outcomes, proof) if proof else (),
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
    shown = _shown(basis.account.resources, proof.rows)
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
            yield ProvenWrite(
                step.address,
                live.id,
                step.changes,
                live,
                outcome.before,
                _alone(outcome.reply, row),
                is_new=step.action == CREATE and not step.intent.origins,
            )


def _alone(reply: Raw, row: Raw) -> bool | None:
    """Whether nobody wrote between a write and its reading back; None where nothing tells."""
    if replies.same_moment(reply, row):
        return True
    return False if replies.moved(reply, row) else None


def _shown(resources: Iterable[Resource], rows: Mapping[Address, Raw]) -> Mapping[str, set[str]]:
    """By kind, the keys that replies are known to have."""
    shown: dict[str, set[str]] = {}
    for address, raw in (*((r.address, r.raw) for r in resources), *rows.items()):
        shown.setdefault(address.kind, set()).update(raw)
    return shown
