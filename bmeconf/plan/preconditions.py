"""Preconditions of a saved plan outside its pins: steps, ids -> Preconditions. Pure.

A saved plan is carried out without its manifests, maybe on another machine. The ids behind the
names it mentions, and what is managed at all, come along with it and are compared with the account
before anything is written (design 7.14).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from bmeconf.kinds import KINDS, IdMap, Kind, UsesLabels, replies
from bmeconf.live import Reading
from bmeconf.model import Address, nested
from bmeconf.plan.model import Preconditions, Step


def of(steps: Sequence[Step], reading: Reading, watched: Iterable[Address]) -> Preconditions:
    """The preconditions of `steps`; the ids of `watched` resources are for others to look at.

    `protect` has each resource that is declared as protected, or was last applied so.
    """
    id_map, managed = reading.account.id_map, reading.scope.managed
    protect = {}
    for resource in reading.desired.in_order:
        id, wanted = id_map.id(resource.address), resource.intent.protect
        entry = reading.section.of(resource.address, id) if id else None
        if not resource.intent.absent and (wanted or (entry and entry.protect)):
            protect[resource.address] = wanted
    addresses = {step.address for step in steps} | managed.lists | {*protect, *watched}
    addresses.update(address for step in steps for address in step.mentioned())
    used_labels = {label for step in steps for label in labels(step)}
    used_tags = {tag for step in steps for tag in tags(step)}
    return Preconditions(
        structure=id_map.structure_id,
        ids={address: id_map.id(address) for address in sorted(addresses)},
        fields={label: id for label in sorted(used_labels) if (id := field_id(id_map, label))},
        tags={tag: id_map.tags[tag] for tag in sorted(used_tags) if tag in id_map.tags},
        managed=managed,
        protect=protect,
    )


def labels(step: Step) -> set[str]:
    """The labels of the contact fields that a step writes."""
    uses_labels = isinstance(KINDS[step.address.kind], UsesLabels)
    fields = nested(step.changes).get("fields") if uses_labels else None
    return set(fields) if isinstance(fields, Mapping) else set()


def tags(step: Step) -> set[str]:
    """The contact tags that a step names."""
    if not isinstance(KINDS[step.address.kind], UsesLabels):
        return set()
    sides = [side for c in step.changes if c.path == ("tags",) for side in (c.before, c.after)]
    return {tag for side in sides for tag in side or ()}


def field_id(id_map: IdMap, label: str) -> str | None:
    """The id of a contact field, None where the account has none of that label."""
    return replies.id_of(id_map.fields[label]) if label in id_map.fields else None


def looked_at(kind: Kind, steps: Sequence[Step]) -> tuple[list[str], list[str]]:
    """The pinned ids of one kind, and the identities that the steps take or mention."""
    mine = [step for step in steps if step.address.kind == kind.name]
    keys = {str(c.after) for step in mine for c in step.changes if c.path == (kind.identity,)}
    keys |= {a.name for step in steps for a in step.mentioned() if a.kind == kind.name}
    pins = [pin for step in mine for pin in (step.pin, step.source) if pin]
    return sorted({pin.id for pin in pins}), sorted(keys)
