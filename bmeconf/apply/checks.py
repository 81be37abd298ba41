"""Does what was planned still hold? Asked on every way to a write, and always in the same words.

The first look at a saved plan, each write, the recovery of a lost answer and a resumed run all ask
a `StepCheck`. `first_look` and the two `hold_...` functions read what it takes to know.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

from bmeconf import kinds
from bmeconf.apply.model import NOTHING_DONE, ApplyOptions, Doing
from bmeconf.kinds import KINDS, IdMap, Kind, Managed, Raw, ReadApi, Singleton, only, replies
from bmeconf.model import DELETE, Address, Change, Resource, dotted, nested
from bmeconf.model.errors import Stale
from bmeconf.plan import Pin, Plan, Preconditions, Step, looked_at, preconditions

Looked = Mapping[str, Mapping[str, Raw]]
"""Live objects that were looked at before the first write, by kind and id."""


@dataclass(frozen=True)
class StepCheck:
    """One step beside its live object `row`, as it was just read.

    What the plan itself did is no move of somebody else's (see `Doing`).
    """

    step: Step
    row: Raw
    id_map: IdMap
    managed: Managed
    doing: Doing = NOTHING_DONE

    @property
    def kind(self) -> Kind:
        return KINDS[self.step.address.kind]

    @cached_property
    def live(self) -> Resource:
        return self.kind.live(self.row, self.step.address, self.id_map)

    def unmet(self) -> tuple[Change, ...]:
        """The changes of the step that do not hold in the object."""
        return tuple(
            c for c in self.step.changes if not self.kind.holds(c, c.after, self.live, self.managed)
        )

    def moved(self) -> tuple[Change, ...]:
        """The changes whose values from planning do not hold any more."""
        return tuple(
            c
            for c in self.step.changes
            if not self.kind.holds(c, c.before, self.live, self.managed)
        )

    def hidden(self) -> Sequence[str]:
        """The fields that the step writes and the API does not show."""
        return sorted({change.path[0] for change in self.step.changes} - self.live.fields.keys())

    def differs(self) -> bool:
        return differs(self.kind, self.step.pinned, self.row, self.doing)

    def another(self) -> str:
        """Why the object is not the one that the step names, in words; empty where it is."""
        step, kind = self.step, self.kind
        if step.pin is None:
            return ""
        if isinstance(kind, Singleton):
            mine = step.pin.id == self.id_map.structure_id
            return "" if mine else f"{step.address} is another one than this account uses"
        before = [str(c.before) for c in step.changes if c.path == (kind.identity,)]
        if kind.key(self.row) in map(kind.canonical, [step.address.name, *before]):
            return ""
        called = f"is called {kind.called(self.row)!r} by now"
        return f"{step.address}: the object with its id, {step.pin.id}, {called}"

    def refusal(self) -> str:
        """Why the object may not be written any more, in words; empty where it may."""
        if another := self.another():
            return another
        wanted = Resource(self.step.address, nested(self.step.changes))
        changes = () if self.step.action == DELETE else self.step.changes
        finding = self.kind.refusal(wanted, self.live, changes)
        return f"{self.step.address} {finding.message}" if finding else ""

    def stale(self) -> str:
        """The moves since the pin, in words; empty where nothing moved."""
        changed = self._changed(self.moved()) if self.differs() else self._more_uses()
        return self.refusal() or changed

    def hold_for_update(self, strict: bool) -> None:
        """Raise Stale if the object moved right before an update of it (design 7.6, 7.14).

        Where that is `strict`, the object must be as it was pinned; else it is enough that the
        planned values hold.
        """
        self.hold_against_rules()
        if not self.differs():
            return
        moved = self.moved()
        if moved or strict:
            raise Stale(self._changed(moved))

    def hold_for_delete(self) -> None:
        """Raise Stale if the object moved, or came into use, right before it is deleted."""
        self.hold_against_rules()
        version = replies.version_of(self.row)
        # One reply may show less than the plan saw of it; the same version settles it.
        same = version is not None and version == self.step.pinned.version
        if not same and self.differs():
            raise Stale(f"{self.step.address} changed since it was planned")
        if uses := self._more_uses():
            raise Stale(uses)

    def hold_against_rules(self) -> None:
        """Raise Stale if the object may not be written any more, whatever was planned."""
        if refusal := self.refusal():
            raise Stale(refusal)

    def _changed(self, moved: Sequence[Change]) -> str:
        fields = ", ".join(dotted(change.path) for change in moved) or "it"
        return f"{self.step.address}: {fields} changed since it was planned"

    def _more_uses(self) -> str:
        """Uses of an object that its planned delete did not know, in words; empty if none."""
        uses, now = self.step.pinned.uses, self.kind.facts(self.row, self.id_map)
        more = [f"{now[kind]} {kind}" for kind in uses if now.get(kind, 0) > uses[kind]]
        return f"{self.step.address}: {' and '.join(more)} use it by now" if more else ""


def differs(kind: Kind, pin: Pin, row: Raw, doing: Doing = NOTHING_DONE) -> bool:
    """True where an object is another than the one that was pinned; see `StepCheck`."""
    lists = replies.ids_of(row, "lists") or ()
    kept = [id for id in lists if id not in doing.made]
    taken_along = len(kept) < len(lists)
    version, ours = replies.version_of(row), taken_along or pin.id in doing.touched
    if not ours and None not in (pin.version, version) and version != pin.version:
        return True
    content = {**row, "lists": kept} if taken_along else row
    return replies.digest(kind.pin_content(content)) != pin.digest


def first_look(
    api: ReadApi,
    id_map: IdMap,
    plan: Plan,
    options: ApplyOptions,
) -> tuple[Mapping[str, str], Looked]:
    """The moves before the first write, in words, by the id of the step that must not be done.

    Steps that are done are not looked at, and of those in doubt only what they refer to. Also the
    objects that were looked at.
    """
    left = [step for step in plan.steps if step.id not in options.done]
    open_ = [step for step in left if step.id not in options.doubtful]
    begun = {*options.done, *options.doubtful}
    touched = {step.address for step in plan.steps if step.id in begun}
    managed = plan.preconditions.managed
    moved: dict[str, str] = {}
    lists: Mapping[str, Raw] | None = None
    looked: dict[str, Mapping[str, Raw]] = {}
    asked = [(kind, *looked_at(kind, left)) for kind in KINDS.values()]
    asked = [(kind, ids, keys) for kind, ids, keys in asked if ids or keys]
    looks = [partial(kind.look, api, id_map, ids, keys) for kind, ids, keys in asked]
    for (kind, *_), rows in zip(asked, api.together(looks), strict=True):
        looked[kind.name] = rows
        if isinstance(kind, kinds.Audience):
            lists = rows
        mine = [step for step in open_ if step.address.kind == kind.name]
        for step in mine:
            stale = _name_taken(kind, step, rows, mine)
            if not stale and step.pin:
                row = rows.get(step.pin.id)
                check = row and StepCheck(step, row, id_map, managed, options.doing)
                stale = check.stale() if check else f"{step.address} is gone"
            if not stale and step.intent.copy_of not in touched:
                stale = _source_moved(step, rows, options.doing)
            moved |= {step.id: stale} if stale else {}
    made = {s.address: options.done[s.id] for s in plan.steps if options.done.get(s.id)}
    planned = plan.preconditions._replace(ids={**plan.preconditions.ids, **made})
    pins = {step.address: step.pin.id for step in left if step.pin}
    for step in left:
        broken = _violation(planned, step, id_map, lists, pins)
        if broken and step.id not in moved:
            moved[step.id] = f"{step.address}: {broken}"
    return moved, looked


def _violation(
    planned: Preconditions,
    step: Step,
    now: IdMap,
    lists: Mapping[str, Raw] | None,
    pins: Mapping[Address, str],
) -> str:
    """The precondition of `step` that does not hold any more, in words; empty where all do.

    `lists` are the live lists by id, None where no step mentions any. `pins` are the ids of what
    has a step of its own, which looks at its name.
    """
    for label in preconditions.labels(step):
        if label in planned.fields and preconditions.field_id(now, label) != planned.fields[label]:
            return f"the field {label} is not the one it was"
    for tag in preconditions.tags(step):
        if tag in planned.tags and now.tags.get(tag) != planned.tags[tag]:
            return f"the tag {tag} is not the one it was"
    for address in step.mentioned():
        id = planned.ids.get(address)
        audience = isinstance(KINDS[address.kind], kinds.Audience)
        if lists is None or id is None or not audience or pins.get(address) == id:
            continue
        if other := not_meant(address, id, lists):
            return f"{address} {other}"
    return ""


def not_meant(address: Address, id: str | None, rows: Mapping[str, Raw]) -> str:
    """Why the object `id` is not the one that `address` meant, in words; empty where it is."""
    row = rows.get(id or "")
    if row is None:
        return "is gone"
    name = KINDS[address.kind].key(row)
    return f"is called {name!r} by now" if address.name not in ("", name) else ""


def _source_moved(step: Step, rows: Mapping[str, Raw], doing: Doing) -> str:
    """Why the object that a step copies is not as planned, in words; empty where it is."""
    if step.source is None:
        return ""
    row, address = rows.get(step.source.id), step.intent.copy_of
    if row is not None and not differs(KINDS[step.address.kind], step.source, row, doing):
        return ""
    moved = "changed since it was planned" if row else "is gone"
    return f"{step.address}: {address}, which it copies, {moved}"


def hold_origins(
    api: ReadApi, id_map: IdMap, plan: Plan, step: Step, rows: Mapping[str, Raw], doing: Doing
) -> None:
    """Raise Stale if an object that a create starts from is gone, or is another one by now.

    All of what is copied comes along: it must be as it was pinned, unless the plan changes it.
    """
    for address in step.intent.origins:
        if other := not_meant(address, id_map.id(address), rows):
            raise Stale(f"{step.address}: {address}, which it starts from, {other}")
    if step.source is None:
        return
    found = KINDS[step.address.kind].look(api, id_map, [step.source.id], [])
    ours = any(other.address == step.intent.copy_of for other in plan.steps)
    if moved := "" if ours else _source_moved(step, found, doing):
        raise Stale(moved)


def hold_recipients(api: ReadApi, id_map: IdMap, step: Step) -> None:
    """Raise Stale if a list that a draft goes to is gone, or has another name by now."""
    meant = step.recipients() if isinstance(KINDS[step.address.kind], kinds.Mailing) else set()
    lists = only(kinds.Audience).reread(api, id_map, ()) if meant else {}
    for address in sorted(meant):
        if other := not_meant(address, id_map.id(address), lists):
            raise Stale(f"{step.address}: {address} {other}")


def _name_taken(kind: Kind, step: Step, rows: Mapping[str, Raw], steps: Sequence[Step]) -> str:
    """Why the name that a step gives is taken by now, in words; empty where it is not."""
    wanted = {kind.canonical(str(c.after)) for c in step.changes if c.path == (kind.identity,)}
    # An object of this plan that gives its name up does so first.
    given_up = {
        s.pin.id for s in steps if s.pin and any(c.path == (kind.identity,) for c in s.changes)
    }
    others = [row for id, row in rows.items() if id not in given_up]
    if not any(kind.key(row) in wanted for row in others):
        return ""
    return f"{step.address} exists {'beside it ' if step.pin else ''}by now"
