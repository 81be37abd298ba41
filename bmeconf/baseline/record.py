"""What an apply leaves in the lock file: a section, and what was found and done -> a section. Pure.

Remembered is what was found in sync, and what was written and reads back as it should. What was
left alone or failed stays remembered as it was; what is gone is forgotten (design 7.17). That the
account shows a field in other words than were sent is remembered only where that was judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bmeconf.apply.result import APPLIED, NOT_CONVERGED, Outcome
from bmeconf.baseline.classify import Baseline, leaves, listed, unmoved
from bmeconf.baseline.lock import Digest, LockEntry, Section
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.live.read import Live
from bmeconf.model import (
    Address,
    Finding,
    Resource,
    dotted,
    lookup,
    nested,
    overlap,
    stamp,
    undotted,
)
from bmeconf.plan.diff import CREATE, DELETE, Difference
from bmeconf.plan.model import Plan


@dataclass(frozen=True)
class Done:
    """What an apply did: how the steps ended, what was read back, and what is amiss with that.

    `read_back` is None where that could not be done; `answers` are the replies to the last write
    of each object, by id.
    """

    outcomes: Sequence[Outcome] = ()
    read_back: Mapping[Address, Raw] | None = field(default_factory=dict)
    findings: Sequence[Finding] = ()
    answers: Mapping[str, Raw] = field(default_factory=dict)

    @property
    def proven(self) -> list[Outcome]:
        """The steps that were applied and do not read back as something else."""
        if self.read_back is None:
            return []
        amiss = {f.address for f in self.findings if f.code == NOT_CONVERGED}
        applied = [o for o in self.outcomes if o.state == APPLIED]
        return [outcome for outcome in applied if outcome.step.address not in amiss]

    @property
    def undone(self) -> set[Address]:
        """What there are steps for that were not applied."""
        return {o.step.address for o in self.outcomes if o.state != APPLIED}

    def alone(self, live: Resource) -> bool | None:
        """Whether nobody wrote between our write and its reading back; None where nothing tells."""
        answer = self.answers.get(live.id, {})
        return replies.same_moment(answer, live.raw) or (
            False if replies.moved(answer, live.raw) else None
        )


def after(
    seen: Live, differences: Iterable[Difference], plan: Plan, done: Done, id_map: IdMap
) -> Section:
    """The section as it is to be after an apply.

    `seen` and `differences` are what was planned upon: with a plan that was made elsewhere there
    are no differences, and a step then tells only of the fields that it writes. `names` knows
    the ids of what was created.
    """
    known = Baseline(seen.section.dropping(seen.gone), id_map)
    planned = {d.address: d for d in differences if d.address not in seen.withheld}
    for found in planned.values():
        known = _found(known, seen, found)
    shown = _shown(seen, done)
    for outcome in done.proven:
        step, difference = outcome.step, planned.get(outcome.step.address)
        raw = (done.read_back or {}).get(step.address)
        if step.action == DELETE and step.pin:
            known = replace(known, section=known.section.without(step.address.kind, step.pin.id))
        elif raw is not None:
            kind = KINDS[step.address.kind]
            filled = kind.filled(raw, shown.get(kind.name, ()))
            live = kind.live(filled, step.address, id_map)
            if difference is None:
                entry = _written(known, outcome, live, done.alone(live))
            else:
                entry = _applied(known, outcome, difference, live, done.alone(live))
            known = _having(known, step.address, entry, known.entry(live))
    return _intended(known, planned.values(), plan, done).section


def _shown(seen: Live, done: Done) -> Mapping[str, set[str]]:
    """The keys that replies of each kind are known to have."""
    shown: dict[str, set[str]] = {}
    read = [(resource.address, resource.raw) for resource in seen.snapshot]
    for address, raw in (*read, *(done.read_back or {}).items()):
        shown.setdefault(address.kind, set()).update(raw)
    return shown


def _found(known: Baseline, seen: Live, difference: Difference) -> Baseline:
    """What is remembered of a resource for which there was nothing to do.

    One that differs stays as it was, under the name it had.
    """
    desired, live = difference.desired, difference.live
    if live is None:
        return _without(known, desired.address) if desired.intent.absent else known
    if desired.intent.absent or difference.action is not None:
        return known
    old = known.entry(live)
    if old is not None and difference.address in seen.settled:
        return _having(known, desired.address, old, old)
    entry = _entry(known, desired, live, difference.unreadable)
    return _having(known, desired.address, _as_seen(entry, old), old)


def _without(known: Baseline, address: Address) -> Baseline:
    """What is remembered, but for what is to be absent and is, under any name."""
    entry = known.section.at(address)
    if entry is None or known.id_map.knows(address.kind, entry.id):
        return known
    return replace(known, section=known.section.without(address.kind, entry.id))


def _applied(
    known: Baseline, outcome: Outcome, difference: Difference, live: Resource, alone: bool | None
) -> LockEntry:
    """What is remembered of a step that was planned just now.

    What it did not write is as it was planned upon, or verify would have told. Of what is
    hidden only the versions tell: that nobody wrote between the plan and this write, nor since.
    """
    step, desired, planned = outcome.step, difference.desired, difference.live
    if step.action == CREATE and not step.intent.origins:
        # What was made new and empty is empty, whether replies have a key for it or not.
        empty = {k: v for k, v in desired.fields.items() if v in (None, (), {})}
        live = replace(live, fields={**empty, **live.fields})
    hidden = desired.fields.keys() - live.fields.keys()
    sent = {change.path[0] for change in step.changes}
    unproven = {*difference.unreadable} - sent
    if planned is not None:
        still = alone and replies.same_moment(planned.raw, outcome.before or {})
        unproven |= set() if still else hidden - sent
    if alone is False:
        unproven |= hidden
    return _kept(_entry(known, desired, live, unproven), known.entry(live))


def _written(known: Baseline, outcome: Outcome, live: Resource, alone: bool | None) -> LockEntry:
    """What is remembered of a step whose making is not at hand: of what it wrote.

    The rest stays as it was; that it still is so is proven only where what was pinned is what
    is remembered, and nobody wrote since.
    """
    changes, old = outcome.step.changes, known.entry(live)
    part = _entry(known, Resource(outcome.step.address, nested(changes)), live, ())
    if old is None:
        return part if alone is not False else _unmoored(part)
    rest, paths = {*old.sent, *old.seen}, [change.path for change in changes]
    rest -= {key for key in rest if any(overlap(undotted(key), path) for path in paths)}
    entry = replace(
        _kept(part, old),
        sent={**{k: v for k, v in old.sent.items() if k in rest}, **part.sent},
        seen={**{k: v for k, v in old.seen.items() if k in rest}, **part.seen},
        unproven=tuple(n for n in old.unproven if n not in {path[0] for path in paths}),
    )
    proven = outcome.before is not None and unmoved(old, outcome.before) and alone
    return entry if proven else _unmoored(entry)


def _unmoored(entry: LockEntry) -> LockEntry:
    """`entry` without what would prove that the account still is as it tells."""
    return replace(entry, version=None, updated_at="", listed="")


def _kept(entry: LockEntry, old: LockEntry | None) -> LockEntry:
    """`entry` with what no reading tells."""
    return replace(entry, protect=old.protect, scheduled=old.scheduled) if old else entry


def _entry(
    known: Baseline, desired: Resource, live: Resource, unproven: Collection[str]
) -> LockEntry:
    kind = KINDS[desired.address.kind]
    sent: dict[str, Digest] = {}
    seen: dict[str, Digest] = {}
    for path, value in leaves(desired.fields):
        sent[dotted(path)] = known.sent(kind, path, value)
        if path[0] in live.fields:
            seen[dotted(path)] = known.live(kind, path, lookup(live.fields, path))
    return LockEntry(
        id=live.id,
        sent=sent,
        seen=seen,
        unproven=tuple(sorted(unproven)),
        version=replies.version_of(live.raw),
        updated_at=kind.touched(live.raw),
        listed=listed(kind, known.section, live.raw),
    )


def _as_seen(entry: LockEntry, old: LockEntry | None) -> LockEntry:
    """`entry`, with what was once read back of what this reading does not show."""
    same = (
        {k: d for k, d in old.seen.items() if entry.sent.get(k) == old.sent.get(k)} if old else {}
    )
    kept = {key: digest for key, digest in same.items() if key in entry.sent}
    return replace(_kept(entry, old), seen={**kept, **entry.seen})


def _having(known: Baseline, address: Address, entry: LockEntry, old: LockEntry | None) -> Baseline:
    """Remember `entry`, unless it tells no more than what is remembered."""
    at = known.section.at(address)
    if old is not None and at == old and _same(entry, old):
        return known
    return replace(known, section=known.section.having(address, entry))


def _same(entry: LockEntry, old: LockEntry) -> bool:
    # Not every way of reading shows a version, which alone is no change to commit.
    version = old.version if None in (entry.version, old.version) else entry.version
    return replace(entry, version=version) == old


def _intended(known: Baseline, planned: Iterable[Difference], plan: Plan, done: Done) -> Baseline:
    """What is remembered of protection, and of schedules that were seen, beside all fields."""
    schedules = {d.address: "" for d in planned if d.live and not d.desired.intent.absent}
    schedules |= {manual.address: stamp(manual.due) for manual in plan.manual}
    seen = {manual.address for manual in plan.manual if manual.state == "done"}
    for address, at in schedules.items():
        old = known.named(address)
        was = old is not None and old.scheduled == at
        known = _noted(known, address, scheduled=at if was or address in seen else "")
    for address, protect in plan.grounds.protect.items():
        if address not in done.undone:
            known = _noted(known, address, protect=protect)
    return known


def _noted(known: Baseline, address: Address, **values: Any) -> Baseline:
    """Remember `values` of what lives at `address`, whatever else is known of it."""
    id, old = known.id_map.id(address), known.named(address)
    if id is None or (old is None and not any(values.values())):
        return known
    entry, section = replace(old or LockEntry(id), **values), known.section
    key = section.key_of(address, id) or section.key(address)
    return replace(known, section=section.holding(key, entry))
