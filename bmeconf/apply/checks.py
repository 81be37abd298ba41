"""Whether a saved plan still fits the account: every pin, before the first write (design 7.14).

Moved means: the version or the content of an object is another, even where the planned fields
still hold; it is gone, or no draft any more; or what is to be created exists by now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from bmeconf.apply import recovery as settle
from bmeconf.apply.options import ApplyOptions
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.api import ReadApi
from bmeconf.kinds.base import Kind, Managed
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.model import CAMPAIGNS, LISTS, Resource, dotted, nested
from bmeconf.model.errors import Stale
from bmeconf.plan.diff import DELETE
from bmeconf.plan.model import Pin, Plan, Step, looked_at, pinned, referred
from bmeconf.plan.preconditions import not_meant


def check(
    api: ReadApi, id_map: IdMap, plan: Plan, conduct: ApplyOptions, made: Collection[str] = ()
) -> Mapping[str, str]:
    """What moved, in words, by the id of the step that must not be done for it.

    What is done is not looked at, and of what is in doubt only what it refers to. `made` are
    lists that were made since, and that may have taken contacts along.

    Raises:
        ApiError, Refused, LimitReached: where it cannot be read whole.
    """
    left = [step for step in plan.steps if step.id not in conduct.done]
    open_ = [step for step in left if step.id not in conduct.doubtful]
    begun = {*conduct.done, *conduct.doubtful}
    touched = {step.address for step in plan.steps if step.id in begun}
    moved: dict[str, str] = {}
    lists: Mapping[str, Raw] | None = None
    for kind in KINDS.values():
        ids, keys = looked_at(kind, left)
        if not (ids or keys):
            continue
        seen = kind.look(api, id_map, ids, keys)
        if kind.name == LISTS:
            lists = seen
        mine = [step for step in open_ if step.address.kind == kind.name]
        for step in mine:
            told = _taken(kind, step, seen, mine) or _moved(kind, step, seen, id_map, plan, made)
            if not told and step.intent.copy_of not in touched:
                told = source_moved(kind, step, seen)
            moved |= {step.id: told} if told else {}
    own = {step.address for step in left if step.pin}
    for step in left:
        told = plan.grounds.gone(step, id_map, lists, own)
        if told and step.id not in moved:
            moved[step.id] = f"{step.address}: {told}"
    return moved


def differs(kind: Kind, pin: Pin, seen: Raw, made: Collection[str]) -> bool:
    """Whether an object is another than the one that was pinned.

    Lists that this very plan made may have taken it along: that is no move of somebody else's.
    """
    lists = replies.ids_of(seen.get("lists")) or ()
    kept = [id for id in lists if id not in made]
    along = len(kept) < len(lists)
    version = replies.version_of(seen)
    if not along and None not in (pin.version, version) and version != pin.version:
        return True
    content = {**seen, "lists": kept} if along else seen
    return replies.digest(kind.pin_content(content)) != pin.digest


def held(
    kind: Kind,
    step: Step,
    seen: Raw,
    id_map: IdMap,
    managed: Managed,
    made: Collection[str],
    strict: bool,
) -> Raw:
    """`seen`, the object right before it is updated, where what was planned upon still holds.

    Where that is `strict`, it must be as it was pinned; else the planned values are enough
    (design 7.6, 7.14).

    Raises:
        Stale: where it does not, or the object may not be written any more.
    """
    if not differs(kind, pinned(step), seen, made):
        return seen
    if told := _restrained(kind, step, kind.live(seen, step.address, id_map)):
        raise Stale(told, "plan again")
    gone = settle.undone(kind, step, seen, id_map, managed)
    if gone or strict:
        told = ", ".join(dotted(change.path) for change in gone) or "it"
        raise Stale(f"{step.address}: {told} changed since it was planned", "plan again")
    return seen


def source_moved(kind: Kind, step: Step, seen: Mapping[str, Raw]) -> str:
    """Whether what a step copies is another than it was, in words; empty where it is not."""
    if step.source is None:
        return ""
    raw, address = seen.get(step.source.id), step.intent.copy_of
    if raw is None:
        return f"{step.address}: {address}, which it copies, is gone"
    if differs(kind, step.source, raw, ()):
        return f"{step.address}: {address}, which it copies, changed since it was planned"
    return ""


def hold_source(api: ReadApi, id_map: IdMap, step: Step, ours: bool) -> None:
    """Hold what a step copies against its pin once more, unless this plan (`ours`) changes it.

    Raises:
        Stale: where it is another by now: a copy brings along what no manifest declares.
    """
    kind = KINDS[step.address.kind]
    seen = kind.look(api, id_map, [step.source.id], []) if step.source else {}
    if told := "" if ours else source_moved(kind, step, seen):
        raise Stale(told, "plan again")


def hold_recipients(api: ReadApi, id_map: IdMap, step: Step) -> None:
    """A draft goes to whoever is on its lists: they must still be the ones that were meant.

    Raises:
        Stale: where one is gone, or is called otherwise by now.
    """
    meant = referred(step) if step.address.kind == CAMPAIGNS else set()
    lists = KINDS[LISTS].reread(api, id_map, ()) if meant else {}
    for address in sorted(meant):
        if told := not_meant(address, id_map.id(address), lists):
            raise Stale(f"{step.address}: {address} {told}", "plan again")


def _more_use(kind: Kind, pin: Pin, raw: Raw) -> str:
    """What uses an object by now and did not when it was planned to be deleted, in words."""
    now = kind.facts(raw)
    more = [f"{now[what]} {what}" for what in pin.uses if now.get(what, 0) > pin.uses[what]]
    return f"{' and '.join(more)} use it by now" if more else ""


def deletable(kind: Kind, step: Step, seen: Raw, id_map: IdMap, made: Collection[str]) -> None:
    """Hold `seen`, the object right before it is deleted, against its pin.

    Raises:
        Stale: where it moved, or may not be deleted any more.
    """
    pin, live = pinned(step), kind.live(seen, step.address, id_map)
    # One reply may show less than the plan saw of it; a version settles it where there is one.
    known = pin.version is not None and live.version is not None
    moved = pin.version != live.version if known else differs(kind, pin, seen, made)
    if moved or _restrained(kind, step, live):
        raise Stale(f"{step.address} changed since it was planned", "plan again")
    if told := _more_use(kind, pin, seen):
        raise Stale(f"{step.address}: {told}", "plan again")


def _taken(kind: Kind, step: Step, seen: Mapping[str, Raw], steps: Sequence[Step]) -> str:
    """Whether what a step is to be called is the name of another object by now."""
    wanted = {str(c.after) for c in step.changes if c.path == (kind.identity,)}
    # An object of this plan that gives its name up does so first.
    given_up = {
        s.pin.id for s in steps if s.pin and any(c.path == (kind.identity,) for c in s.changes)
    }
    others = [raw for id, raw in seen.items() if id not in given_up]
    if not any(kind.key(raw) in wanted for raw in others):
        return ""
    return f"{step.address} exists {'beside it ' if step.pin else ''}by now"


def _moved(
    kind: Kind,
    step: Step,
    seen: Mapping[str, Raw],
    id_map: IdMap,
    plan: Plan,
    made: Collection[str],
) -> str:
    if step.pin is None:
        return ""
    raw = seen.get(step.pin.id)
    if raw is None:
        return f"{step.address} is gone"
    if told := _restrained(kind, step, kind.live(raw, step.address, id_map)):
        return told
    if not differs(kind, step.pin, raw, made):
        told = _more_use(kind, step.pin, raw)
        return f"{step.address}: {told}" if told else ""
    fields = [dotted(c.path) for c in settle.undone(kind, step, raw, id_map, plan.grounds.managed)]
    return f"{step.address}: {', '.join(fields) or 'it'} changed since it was planned"


def _restrained(kind: Kind, step: Step, live: Resource) -> str:
    """Why an object may not be written any more, in words; empty where it may."""
    wanted = Resource(step.address, nested(step.changes))
    changes = () if step.action == DELETE else step.changes
    refusal = kind.refusal(wanted, live, changes)
    return f"{step.address} {refusal.message}" if refusal else ""
