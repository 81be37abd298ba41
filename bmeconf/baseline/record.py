"""The lock file after a run: a section, comparisons, proven writes -> a section. Pure.

Remembered is what was found in sync, and what was written and reads back as it should. What was
left alone or failed stays remembered as it was; what is gone is forgotten (design 7.17). That the
account shows a field in other words than were sent is remembered only where that was judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from bmeconf.baseline.classify import leaves
from bmeconf.baseline.lock_baseline import LockBaseline, row_state, unmoved
from bmeconf.baseline.section import Draft, LockEntry, Section
from bmeconf.kinds import KINDS, Raw, replies
from bmeconf.model import (
    Address,
    Change,
    Difference,
    Manual,
    Resource,
    dotted,
    lookup,
    nested,
    overlap,
    stamp,
    undotted,
)


class ProvenWrite(NamedTuple):
    """One write that reads back as it should: `live` is the object, None where it was deleted.

    `before` is the object as an update found it. `alone` says whether nobody wrote between the
    write and its reading back, None where nothing tells. `is_new`: made from nothing.
    """

    address: Address
    id: str
    changes: tuple[Change, ...]
    live: Resource | None
    before: Raw | None = None
    alone: bool | None = None
    is_new: bool = False


def after(
    baseline: LockBaseline,
    differences: Iterable[Difference],
    writes: Iterable[ProvenWrite] = (),
    *,
    unread: Collection[Address] = (),
    manual: Iterable[Manual] = (),
    protect: Mapping[Address, bool] | None = None,
) -> Section:
    """The section as it is to be after a run.

    `differences` are the comparisons that the run was planned upon. There are none for a plan that
    was made elsewhere, and a write then tells only of the fields that it wrote. `unread` resources
    were not read, since nothing moved. The baseline knows the ids of what was created.
    """
    draft = baseline.section.draft()
    baseline = replace(baseline, section=draft)
    planned = {difference.address: difference for difference in differences}
    writes = [*writes]
    gone = {write.address for write in writes if write.live is None}
    for difference in planned.values():
        live = _without(difference.live, gone)
        _found(baseline, draft, difference, live, difference.address in unread)
    for write in writes:
        live = _without(write.live, gone)
        if live is None:
            draft.forget(write.address.kind, write.id)
            continue
        compared = planned.get(write.address)
        if compared is not None:
            entry = _applied(baseline, write, live, compared)
        else:
            entry = _written(baseline, write, live)
        draft.keep(write.address, entry)
    _intend(baseline, draft, planned.values(), manual, protect or {})
    return draft.done()


def _without(live: Resource | None, gone: Collection[Address]) -> Resource | None:
    """`live` once the resources `gone` are deleted: it was read before, and is on none of them."""
    if live is None or not gone:
        return live
    fields = {
        name: tuple(each for each in value if each not in gone)
        if isinstance(value, tuple)
        else value
        for name, value in live.fields.items()
    }
    return replace(live, fields=fields)


def _found(
    baseline: LockBaseline,
    draft: Draft,
    difference: Difference,
    live: Resource | None,
    unread: bool,
) -> None:
    """Remember a resource for which there was nothing to do.

    One that differs stays as it was, under the name it had.
    """
    desired = difference.desired
    if live is None:
        entry = draft.at(desired.address) if desired.intent.absent else None
        if entry is not None and not baseline.id_map.knows(desired.address.kind, entry.id):
            # It is to be absent and is, under any name.
            draft.forget(desired.address.kind, entry.id)
        return
    if desired.intent.absent or difference.action is not None:
        return
    old = baseline.entry(live)
    if old is not None and unread:
        draft.keep(desired.address, old)
        return
    entry = _entry(baseline, desired, live, difference.unreadable)
    if old is not None:
        # What was once read back of fields that this reading does not show.
        same = {key for key in entry.sent if entry.sent[key] == old.sent.get(key)}
        seen = {key: digest for key, digest in old.seen.items() if key in same}
        entry = _kept(entry, old)._replace(seen={**seen, **entry.seen})
    draft.keep(desired.address, entry)


def _applied(
    baseline: LockBaseline, write: ProvenWrite, live: Resource, compared: Difference
) -> LockEntry:
    """The entry of a write that was planned just now.

    What it did not write is as it was planned upon, or reading back would have told. Of hidden
    fields only the versions tell: that nobody wrote between the plan and this write, nor since.
    """
    desired, planned = compared.desired, compared.live
    if write.is_new:
        # What was made new and empty is empty, whether replies have a key for it or not.
        empty = {k: v for k, v in desired.fields.items() if v in (None, (), {})}
        live = replace(live, fields={**empty, **live.fields})
    hidden = desired.fields.keys() - live.fields.keys()
    sent = {change.path[0] for change in write.changes}
    unproven = {*compared.unreadable} - sent
    if planned is not None:
        still = write.alone and replies.same_moment(planned.raw, write.before or {})
        unproven |= set() if still else hidden - sent
    if write.alone is False:
        unproven |= hidden
    return _kept(_entry(baseline, desired, live, unproven), baseline.entry(live))


def _written(baseline: LockBaseline, write: ProvenWrite, live: Resource) -> LockEntry:
    """The entry of a write whose comparison is not at hand: of what it wrote.

    The rest stays as it was. That it still is so is proven only where what was pinned is what is
    remembered, and nobody wrote since. Where nothing was remembered, nobody knows whether the rest
    was declared: else an edit by hand would pass for a manifest that moved.
    """
    old, proven = baseline.entry(live), write.alone is not False
    paths = [change.path for change in write.changes]
    rest = () if write.is_new else [name for name in live.fields if (name,) not in paths]
    entry = _entry(baseline, Resource(write.address, nested(write.changes)), live, rest)
    if old is not None and not old.bare:
        proven = bool(write.before is not None and unmoved(old, write.before) and write.alone)
        kept = {
            key
            for key in (*old.sent, *old.seen)
            if not any(overlap(undotted(key), path) for path in paths)
        }
        entry = entry._replace(
            sent={**{k: v for k, v in old.sent.items() if k in kept}, **entry.sent},
            seen={**{k: v for k, v in old.seen.items() if k in kept}, **entry.seen},
            unproven=tuple(name for name in old.unproven if (name,) not in paths),
        )
    entry = _kept(entry, old)
    return entry if proven else entry._replace(version=None, updated_at="", listed="")


def _kept(entry: LockEntry, old: LockEntry | None) -> LockEntry:
    """`entry` with what no reading tells."""
    return entry._replace(protect=old.protect, scheduled=old.scheduled) if old else entry


def _entry(
    baseline: LockBaseline, desired: Resource, live: Resource, unproven: Collection[str]
) -> LockEntry:
    kind = KINDS[desired.address.kind]
    declared = [*leaves(desired.fields)]
    shown = [path for path, _ in declared if path[0] in live.fields]
    row, updated_at = row_state(kind, baseline.section, live.raw)
    return LockEntry(
        id=live.id,
        sent={dotted(path): baseline.sent(kind, path, value) for path, value in declared},
        seen={dotted(p): baseline.live(kind, p, lookup(live.fields, p)) for p in shown},
        unproven=tuple(sorted(unproven)),
        version=replies.version_of(live.raw),
        updated_at=updated_at,
        listed=row,
    )


def _intend(
    baseline: LockBaseline,
    draft: Draft,
    planned: Iterable[Difference],
    manual: Iterable[Manual],
    protect: Mapping[Address, bool],
) -> None:
    """Remember protection, and schedules that were seen, beside all fields."""
    schedules = {d.address: "" for d in planned if d.live and not d.desired.intent.absent}
    done = set()
    for step in manual:
        schedules[step.address] = stamp(step.due)
        done |= {step.address} if step.state == "done" else set()
    for address, at in schedules.items():
        old = baseline.named(address)
        was = old is not None and old.scheduled == at
        _note(baseline, draft, address, scheduled=at if was or address in done else "")
    for address, wanted in protect.items():
        _note(baseline, draft, address, protect=wanted)


def _note(baseline: LockBaseline, draft: Draft, address: Address, **values: Any) -> None:
    """Remember `values` of what lives at `address`, whatever else is known of it."""
    id, old = baseline.id_map.id(address), baseline.named(address)
    if id is not None and (old is not None or any(values.values())):
        key = draft.key_of(address, id) or draft.key(address)
        draft.hold(key, (old or LockEntry(id))._replace(**values))
