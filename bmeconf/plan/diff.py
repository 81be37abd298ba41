"""What would have to change: desired and live Snapshot -> Differences. Pure; only user of deepdiff.

Both sides arrive in canonical form, so that comparing needs to know no kind and has no edge
cases; what is declared but hidden by the API is told apart from what differs (design 7.4).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from bmeconf.baseline.classify import Baseline, SideStatus
from bmeconf.kinds import KINDS
from bmeconf.kinds.base import Kind
from bmeconf.model import (
    CONTACTS,
    LISTS,
    Address,
    Change,
    Fields,
    Resource,
    Snapshot,
    Template,
    Value,
    lookup,
)

CREATE, UPDATE, DELETE = "create", "update", "delete"


@dataclass(frozen=True)
class Difference:
    """One desired resource beside its live one; `action` None where it is in sync.

    `unreadable` are declared fields that the API does not show, `rewritten` those that it shows
    in words of its own; `normalised` too, but nothing moved since that was read back.
    """

    desired: Resource
    live: Resource | None
    action: str | None
    changes: tuple[Change, ...] = ()
    unreadable: tuple[str, ...] = ()
    rewritten: tuple[str, ...] = ()
    normalised: tuple[str, ...] = ()

    @property
    def address(self) -> Address:
        return self.desired.address


def compare(desired: Snapshot, live: Snapshot, known: Baseline) -> tuple[Difference, ...]:
    """Every desired resource with what differs, in address order."""
    ordered = sorted(desired, key=lambda resource: resource.address)
    return tuple(_difference(r, live.get(r.address), known) for r in ordered)


def foreseen(desired: Snapshot, live: Snapshot, withheld: Collection[Address]) -> Snapshot:
    """`live` as the steps on contacts will find it, once the lists are made.

    A list made of others has their members (API contract 4.3): without this a contact would
    end on a list that it does not declare.
    """
    made = {
        r.address: r.intent.origins
        for r in desired.of_kind(LISTS)
        if not (r.intent.absent or live.get(r.address) or r.address in withheld)
    }
    if not any(made.values()):
        return live
    absent = {r.address for r in desired if r.intent.absent}
    return Snapshot.of(r if r.address in absent else _taken_along(r, made) for r in live)


def _taken_along(resource: Resource, made: Mapping[Address, tuple[Address, ...]]) -> Resource:
    if resource.address.kind != CONTACTS or "lists" not in resource.fields:
        return resource
    lists = set(resource.fields["lists"])
    while joined := {a for a, origins in made.items() if lists & set(origins)} - lists:
        lists |= joined
    return replace(resource, fields={**resource.fields, "lists": tuple(sorted(lists))})


def _difference(desired: Resource, live: Resource | None, known: Baseline) -> Difference:
    if desired.intent.absent:
        return Difference(desired, live, DELETE if live else None)
    if live is None:
        return Difference(desired, None, CREATE, tuple(known.again([*_initial(desired)], desired)))
    kind = KINDS[desired.address.kind]
    observed = kind.observed(desired, live, known.managed)
    sides = {key: known.rewriting(key, desired, live) for key in observed}
    theirs = {k: v for k, v in observed.items() if _theirs(kind, k, desired.fields[k], v, sides[k])}
    shown = {key: theirs.get(key, desired.fields[key]) for key in observed}
    changes = known.judged([*field_changes(observed, shown)], desired, live)
    hidden = sorted(desired.fields.keys() - observed.keys())
    unseen, unreadable = known.unseen(hidden, desired, live)
    changes = sorted([*changes, *unseen], key=lambda change: change.path)
    normalised = tuple(sorted(key for key in theirs if sides[key].still))
    return Difference(
        desired,
        live,
        action=UPDATE if changes else None,
        changes=tuple(changes),
        unreadable=unreadable,
        rewritten=tuple(sorted(theirs.keys() - {*normalised})),
        normalised=normalised,
    )


def _theirs(kind: Kind, field: str, declared: Value, live: Value, sides: SideStatus) -> bool:
    """Whether a live value is what the service made of the declared one.

    It is where nothing moved since it was read back, and is not where either side did: a link
    that a service hides behind one of its own tells nothing of the one that is declared, nor
    who put it there. What a service is known to do only tells where nothing is remembered.
    """
    if declared == live or False in (sides.manifest, sides.account):
        return False
    return sides.still or kind.rewrote(field, declared, live)


def _initial(desired: Resource) -> Iterator[Change]:
    """What a create has to write; what a copy brings along may have to be cleared."""
    if desired.intent.origins:
        return (Change((key,), None, value) for key, value in sorted(desired.fields.items()))
    changes = field_changes({}, desired.fields)
    return (change for change in changes if change.after not in (None, (), {}))


def field_changes(before: Fields, after: Fields) -> Iterator[Change]:
    """The fields that differ, in path order; a set or a text is one field, a mapping is not."""
    if before == after:
        return
    # Loaded here: a plan that finds nothing to change never needs it.
    from deepdiff import DeepDiff

    tree = DeepDiff(
        plain(before),
        plain(after),
        view="tree",
        # By default two mappings with few keys in common count as one change of the whole,
        threshold_to_diff_deeper=0,
        # and a label such as `__city` is taken for the private part of an object.
        ignore_private_variables=False,
    )
    found = {tuple(item.path(output_format="list")) for items in tree.values() for item in items}
    fields = {_field_path(path) for path in found}
    for path in sorted(leaf for field in fields for leaf in _leaves(field, before, after)):
        yield Change(path, lookup(before, path), lookup(after, path))


def plain(value: Value) -> Any:
    """A field value as JSON: an address as its text, a set as a list."""
    if isinstance(value, Mapping):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple):
        return [plain(inner) for inner in value]
    if isinstance(value, Template):
        return {"template": {"name": value.name, "lang": value.lang}}
    return str(value) if isinstance(value, Address) else value


def _field_path(path: tuple[Any, ...]) -> tuple[str, ...]:
    """`path` up to the first list index: a set changes as a whole."""
    names = []
    for step in path:
        if not isinstance(step, str):
            break
        names.append(step)
    return tuple(names)


def _leaves(path: tuple[str, ...], before: Fields, after: Fields) -> Iterator[tuple[str, ...]]:
    """The one field at `path`, or those of a whole mapping that came or went with it."""
    values = [value for side in (before, after) if isinstance(value := lookup(side, path), Mapping)]
    if len(path) > 1 or not values:
        yield path
        return
    for key in sorted({key for value in values for key in value}):
        yield (*path, key)
