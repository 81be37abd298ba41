"""What an apply leaves in the lock file: a section, and what was found and done -> a section. Pure.

Remembered is what was found in sync, and what was written and reads back as it should. What was
left alone or failed stays remembered as it was; what is gone is forgotten (design 7.17).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bmeconf.diff import CREATE, DELETE, Difference
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.names import Names
from bmeconf.kinds.replies import Raw
from bmeconf.live import Live
from bmeconf.lock import Digest, Entry, Section
from bmeconf.model import Address, Finding, Manual, Resource, dotted, lookup, nested, stamp
from bmeconf.outcome import APPLIED, NOT_CONVERGED, Outcome
from bmeconf.plan import Step
from bmeconf.truth import Known, leaves, listed


@dataclass(frozen=True)
class Done:
    """What an apply did: how the steps ended, what was read back, and what is amiss with that."""

    outcomes: Sequence[Outcome]
    read_back: Mapping[Address, Raw]
    findings: Sequence[Finding]

    @property
    def proven(self) -> list[Step]:
        """The steps that were applied and do not read back as something else."""
        amiss = {f.address for f in self.findings if f.code == NOT_CONVERGED}
        applied = [o.step for o in self.outcomes if o.state == APPLIED]
        return [step for step in applied if step.address not in amiss]


def after(
    seen: Live,
    differences: Iterable[Difference],
    manual: Iterable[Manual],
    done: Done,
    names: Names,
) -> Section:
    """The section as it is to be after an apply.

    `seen` and `differences` are what was planned upon: with a plan that was made elsewhere there
    are no differences, and a step then tells only of the fields that it writes. `names` knows
    the ids of what was created.
    """
    known = Known(seen.section.dropping(seen.gone), names)
    scheduled = {m.address: stamp(m.due) for m in manual if m.state == "done"}
    planned = {d.address: d for d in differences if d.address not in seen.withheld}
    for difference in planned.values():
        known = _found(known, seen, difference, scheduled.get(difference.address, ""))
    shown = _shown(seen, done)
    for step in done.proven:
        raw = done.read_back.get(step.address)
        if step.action == DELETE:
            pin = step.pin
            section = known.section.without(step.address.kind, pin.id) if pin else known.section
            known = replace(known, section=section)
        elif raw is not None:
            kind = KINDS[step.address.kind]
            filled = kind.filled(raw, shown.get(kind.name, ()))
            live = kind.live(filled, step.address, names)
            known = _written(known, step, planned.get(step.address), live)
    return known.section


def _shown(seen: Live, done: Done) -> Mapping[str, set[str]]:
    """The keys that replies of each kind are known to have."""
    shown: dict[str, set[str]] = {}
    read = [(resource.address, resource.raw) for resource in seen.snapshot]
    for address, raw in (*read, *done.read_back.items()):
        shown.setdefault(address.kind, set()).update(raw)
    return shown


def _found(known: Known, seen: Live, difference: Difference, scheduled: str) -> Known:
    """What is remembered of a resource for which there was nothing to do, or not by an apply."""
    desired, live = difference.desired, difference.live
    if live is None:
        return _without(known, desired.address) if desired.intent.absent else known
    if desired.intent.absent:
        return known
    old = known.entry(live)
    if difference.action is None and difference.address not in seen.settled:
        entry = _as_seen(_entry(known, desired, live, difference.unreadable), old)
    elif old is None:
        return known
    else:
        entry = old
    protect = old.protect if old and difference.action else desired.intent.protect
    entry = replace(entry, protect=protect, scheduled=scheduled or _as_scheduled(desired, old))
    return _having(known, desired.address, entry, old)


def _without(known: Known, address: Address) -> Known:
    """What is remembered, but for what is to be absent and is, under any name."""
    entry = known.section.at(address)
    if entry is None or known.names.knows(address.kind, entry.id):
        return known
    return replace(known, section=known.section.without(address.kind, entry.id))


def _written(known: Known, step: Step, difference: Difference | None, live: Resource) -> Known:
    old = known.entry(live)
    sent = {change.path[0] for change in step.changes}
    if difference is None:
        part = _entry(known, Resource(step.address, nested(step.changes)), live, ())
        kept = old or Entry(live.id)
        unproven = tuple(name for name in kept.unproven if name not in sent)
        entry = replace(
            part,
            sent={**kept.sent, **part.sent},
            seen={**kept.seen, **part.seen},
            unproven=unproven,
            protect=kept.protect,
            scheduled=kept.scheduled,
        )
    else:
        desired = difference.desired
        if step.action == CREATE and not step.intent.origins:
            # What was made new and empty is empty, whether replies have a key for it or not.
            empty = {k: v for k, v in desired.fields.items() if v in (None, (), {})}
            live = replace(live, fields={**empty, **live.fields})
        unproven = tuple(name for name in difference.unreadable if name not in sent)
        entry = replace(
            _entry(known, desired, live, unproven),
            protect=desired.intent.protect,
            scheduled=_as_scheduled(desired, old),
        )
    return _having(known, step.address, entry, old)


def _entry(known: Known, desired: Resource, live: Resource, unproven: Collection[str]) -> Entry:
    kind = KINDS[desired.address.kind]
    sent: dict[str, Digest] = {}
    seen: dict[str, Digest] = {}
    for path, value in leaves(desired.fields):
        sent[dotted(path)] = known.declared(path, value)
        if path[0] in live.fields:
            seen[dotted(path)] = known.live(path, lookup(live.fields, path))
    return Entry(
        id=live.id,
        sent=sent,
        seen=seen,
        unproven=tuple(sorted(unproven)),
        version=replies.version_of(live.raw),
        updated_at=kind.touched(live.raw),
        listed=listed(kind, known.section, live.raw),
    )


def _as_seen(entry: Entry, old: Entry | None) -> Entry:
    """`entry`, with what was once read back of what this reading does not show."""
    same = (
        {k: d for k, d in old.seen.items() if entry.sent.get(k) == old.sent.get(k)} if old else {}
    )
    kept = {key: digest for key, digest in same.items() if key in entry.sent}
    return replace(entry, seen={**kept, **entry.seen})


def _having(known: Known, address: Address, entry: Entry, old: Entry | None) -> Known:
    """Remember `entry`, unless it tells no more than what is remembered."""
    at = known.section.at(address)
    if old is not None and at == old and _same(entry, old):
        return known
    return replace(known, section=known.section.having(address, entry))


def _same(entry: Entry, old: Entry) -> bool:
    # Not every way of reading shows a version, which alone is no change to commit.
    version = old.version if None in (entry.version, old.version) else entry.version
    return replace(entry, version=version) == old


def _as_scheduled(desired: Resource, old: Entry | None) -> str:
    """The schedule that was once seen, as long as the manifest asks for the same."""
    schedule = desired.intent.schedule
    wanted = stamp(schedule.at) if schedule else ""
    return wanted if old and old.scheduled == wanted else ""
