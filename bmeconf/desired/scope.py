"""Which resources a run may look at and touch: --target, and what the targets depend on. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from bmeconf.kinds import KINDS, Audience, Managed, Singleton, UsesLabels
from bmeconf.kinds import only as only_kind
from bmeconf.model import Address, Resource, Snapshot, references
from bmeconf.model.errors import InvalidInput, did_you_mean


@dataclass(frozen=True)
class OtherManifests:
    """What the project declares in files that this run was not given.

    It is not `complete` where some of them cannot be read, or do not go together.
    """

    declared: Snapshot = field(default_factory=Snapshot)
    complete: bool = True

    def beyond(self, here: Snapshot) -> tuple[Address, ...]:
        """What only those files declare."""
        return tuple(r.address for r in self.declared if here.get(r.address) is None)


@dataclass(frozen=True)
class Scope:
    """The desired resources of this run, what --target left out, and what is managed at all.

    `whole` is everything declared: what is left out still says which live object is whose, and
    which contact structure is meant. What is declared `elsewhere` is only not forgotten.
    """

    desired: Snapshot
    whole: Snapshot
    managed: Managed
    elsewhere: OtherManifests = field(default_factory=OtherManifests)

    @property
    def left_out(self) -> tuple[Address, ...]:
        """What is declared and not looked at."""
        return tuple(r.address for r in self.whole if self.desired.get(r.address) is None)

    @property
    def structure(self) -> Resource | None:
        """The declared contact structure, looked at or not."""
        return next(iter(self.whole.of_kind(only_kind(Singleton).name)), None)


def limit(desired: Snapshot, targets: Sequence[str]) -> Scope:
    """The part of `desired` that `targets` (globs on addresses) name, and its dependencies.

    Raises:
        InvalidInput: where a target matches nothing that is declared.
    """
    if not targets:
        return Scope(desired, desired, managed(desired))
    chosen: set[Address] = set()
    for target in targets:
        found = named(target, desired.resources)
        if not found:
            raise InvalidInput(
                f"--target {target}: no declared resource matches{_near(target, desired)}"
            )
        chosen |= found
    while more := {a for r in desired if r.address in chosen for a in needed(r, desired)} - chosen:
        chosen |= more
    kept = Snapshot.of(r for r in desired if r.address in chosen)
    return Scope(kept, desired, managed(desired))


def only(kind: str, desired: Snapshot, globs: Sequence[str]) -> Snapshot:
    """The resources of one kind that are to exist: all of them, or those that `globs` name.

    Raises:
        InvalidInput: where a glob names none of them.
    """
    there = {r.address: r for r in desired.of_kind(kind) if not r.intent.absent}
    if not globs:
        return Snapshot(there)
    chosen: set[Address] = set()
    for glob in globs:
        found = named(glob, there)
        if not found:
            raise InvalidInput(_none_of(kind, glob, desired, Snapshot(there)))
        chosen |= found
    return Snapshot({a: r for a, r in there.items() if a in chosen})


def managed(desired: Snapshot) -> Managed:
    """The lists and tags that the manifests name anywhere (design 7.5)."""
    kind = only_kind(Audience).name
    lists = {r.address for r in desired.of_kind(kind) if not r.intent.absent}
    tags: set[str] = set()
    for resource in desired:
        lists.update(a for a in references(resource.fields) if a.kind == kind)
        tags.update(resource.fields.get("tags") or ())
    return Managed(frozenset(lists), frozenset(tags))


def needed(resource: Resource, desired: Snapshot) -> Iterable[Address]:
    """The declared resources that `resource` refers to, by name or by labels of the structure."""
    mentioned = [*references(resource.fields), *resource.intent.origins]
    if isinstance(KINDS[resource.address.kind], UsesLabels):
        mentioned += [r.address for r in desired.of_kind(only_kind(Singleton).name)]
    return [address for address in mentioned if desired.get(address)]


def named(glob: str, addresses: Iterable[Address]) -> set[Address]:
    """The addresses that `glob` names: the one it spells out, else those it matches."""
    known = set(addresses)
    exact = {address for address in known if str(address) == glob}
    return exact or {address for address in known if matches(glob, address)}


def matches(glob: str, address: Address) -> bool:
    """Whether `glob` names `address`: `*` is any text, `/` included; the kind is always written."""
    kind, slash, name = glob.partition("/")
    if kind != address.kind:
        return False
    if isinstance(KINDS[kind], Singleton):
        return not slash
    wanted = address.name + (f"#{address.id}" if address.id else "")
    name = KINDS[kind].canonical(name)
    pattern = ".*".join(re.escape(part) for part in name.split("*"))
    return any(re.fullmatch(pattern, text, re.DOTALL) for text in {wanted, address.name})


def _near(target: str, desired: Snapshot) -> str:
    near = did_you_mean(target, (str(r.address) for r in desired))
    return (
        near or "; an address is its kind and name, as in lists/Newsletter or contacts/*@x.example"
    )


def _none_of(kind: str, glob: str, desired: Snapshot, there: Snapshot) -> str:
    what, other = KINDS[kind].noun, named(glob, desired.resources)
    if any(address.kind == kind for address in other):
        return f"{glob}: is declared with `state: absent`, so that nothing is to be told of it"
    if other:
        return f"{glob}: names no {what}, and only {kind} are told of here"
    return f"{glob}: no declared {what} matches{_near(glob, there)}"
