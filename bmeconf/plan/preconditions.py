"""Grounds: what a plan's steps take for granted beside their pins. Pure.

A saved plan is carried out without its manifests, maybe on another machine. The ids behind the
names it mentions, and what is managed at all, come along with it and are held against the
account before anything is written (design 7.14).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bmeconf.baseline.lock import Section
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.base import Managed
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.model import CONTACTS, LISTS, Address, Snapshot, Value, nested, references

if TYPE_CHECKING:
    from bmeconf.plan.model import Step


@dataclass(frozen=True)
class Preconditions:
    """The live ids behind names, as they were when planning.

    `ids` has every address that the steps mention and every managed list, None for what does
    not exist yet; `fields` and `tags` the labels that contact steps write by. `protect` says of
    what is to be protected, or was, whether it is to be.
    """

    structure: str = ""
    ids: Mapping[Address, str | None] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    managed: Managed = field(default_factory=Managed)
    protect: Mapping[Address, bool] = field(default_factory=dict)

    def id_map(self, id_map: IdMap) -> IdMap:
        """`names`, which know the structure as it is now, with the ids that were planned upon."""
        return id_map.with_ids({address: id for address, id in self.ids.items() if id})

    def gone(
        self,
        step: Step,
        now: IdMap,
        lists: Mapping[str, Raw] | None,
        pinned: Collection[Address],
    ) -> str:
        """What of the grounds of `step` does not hold any more, in words; empty where all does.

        `lists` are the live lists by id, None where no step mentions any; those of `pinned`
        resources are held against their own pins.
        """
        for label in _labels(step):
            if label in self.fields and _field_id(now, label) != self.fields[label]:
                return f"the field {label} is not the one it was"
        for tag in _tags(step):
            if tag in self.tags and now.tags.get(tag) != self.tags[tag]:
                return f"the tag {tag} is not the one it was"
        for address in mentioned(step):
            id = self.ids.get(address)
            if lists is None or id is None or address.kind != LISTS or address in pinned:
                continue
            if told := not_meant(address, id, lists):
                return f"{address} {told}"
        return ""


def not_meant(address: Address, id: str | None, lists: Mapping[str, Raw]) -> str:
    """What became of a list that is not the one meant any more, in words; empty where it is.

    `id` is what `address` stood for, `lists` are the live ones by id.
    """
    row = lists.get(id or "")
    if row is None:
        return "is gone"
    name = KINDS[LISTS].key(row)
    return f"is called {name!r} by now" if address.name not in ("", name) else ""


def of(
    steps: Sequence[Step],
    id_map: IdMap,
    managed: Managed,
    protect: Mapping[Address, bool],
    watched: Iterable[Address],
) -> Preconditions:
    """What `steps` stand on, in an account that was read as `names`.

    Of what is `watched` the ids come along too: the lock file will tell of it.
    """
    addresses = {step.address for step in steps} | managed.lists | {*protect, *watched}
    addresses.update(address for step in steps for address in mentioned(step))
    labels = {label for step in steps for label in _labels(step)}
    tags = {tag for step in steps for tag in _tags(step)}
    return Preconditions(
        structure=id_map.structure_id,
        ids={address: id_map.id(address) for address in sorted(addresses)},
        fields={label: id for label in sorted(labels) if (id := _field_id(id_map, label))},
        tags={tag: id_map.tags[tag] for tag in sorted(tags) if tag in id_map.tags},
        managed=managed,
        protect={address: protect[address] for address in sorted(protect)},
    )


def protection(desired: Snapshot, id_map: IdMap, section: Section) -> Mapping[Address, bool]:
    """Of what is declared as protected, or was when it was last applied: whether it is to be."""
    said = {}
    for resource in desired:
        id = id_map.id(resource.address)
        entry = section.of(resource.address, id) if id else None
        wanted = resource.intent.protect
        if not resource.intent.absent and (wanted or (entry and entry.protect)):
            said[resource.address] = wanted
    return said


def mentioned(step: Step) -> Iterable[Address]:
    """Every other resource that a step names."""
    for change in step.changes:
        yield from references(change.before)
        yield from references(change.after)
    yield from step.intent.origins


def _labels(step: Step) -> set[str]:
    if step.address.kind != CONTACTS:
        return set()
    return set(_mapping(nested(step.changes).get("fields")))


def _tags(step: Step) -> set[str]:
    if step.address.kind != CONTACTS:
        return set()
    sides = [s for c in step.changes if c.path == ("tags",) for s in (c.before, c.after)]
    return {tag for side in sides for tag in side or ()}


def _mapping(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}


def _field_id(id_map: IdMap, label: str) -> str | None:
    return replies.id_of(id_map.fields[label]) if label in id_map.fields else None
