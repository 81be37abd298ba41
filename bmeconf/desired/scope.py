"""Which resources a run looks at: all that is declared, or what --target names. Pure.

A target is a glob on addresses, as in `contacts/*@acme.example`; its dependencies come along.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from bmeconf.kinds import KINDS, Audience, Managed, Singleton, UsesLabels
from bmeconf.kinds import only as only_kind
from bmeconf.model import Address, Guesses, Resource, Snapshot, did_you_mean, first_of, references
from bmeconf.model.errors import InvalidInput

MOST_NAMED = 5


class Scope(NamedTuple):
    """The resources that a run looks at, among all that its manifests declare.

    `desired` are the resources in scope, `whole` is all that the project declares: a resource out
    of scope still claims its live object.
    """

    desired: Snapshot
    whole: Snapshot
    managed: Managed
    targets: tuple[str, ...] = ()

    @property
    def left_out(self) -> tuple[Address, ...]:
        """The declared addresses that are out of scope."""
        return tuple(r.address for r in self.whole if self.desired.get(r.address) is None)

    @property
    def structure(self) -> Resource | None:
        """The declared contact structure, in scope or not."""
        return next(iter(self.whole.of_kind(only_kind(Singleton).name)), None)

    def redeclared(self, whole: Snapshot, names: Collection[Address]) -> Scope:
        """The same run beside other manifests, which looks at the resources of these `names`."""
        some = Snapshot.of(r for r in whole if r.address in names)
        return self._replace(desired=some, whole=whole, managed=managed(whole))


def limit(
    desired: Snapshot, targets: Sequence[str], covers: Callable[[str], bool] = lambda file: True
) -> Scope:
    """The scope that `targets`, globs on addresses, make of `desired`, with all that they need.

    Only resources from files that the run was given (`covers`) are named by them, or without any.

    Raises:
        InvalidInput: a target names no such resource.
    """
    given = Snapshot.of(r for r in desired if r.intent.place is None or covers(r.intent.place.file))
    chosen: set[Address] = set() if targets else {*given.resources}
    for target in targets:
        if not (addresses := named(target, given.resources)):
            hint = _did_you_mean(target, given)
            raise InvalidInput(f"--target {target}: no declared resource matches{hint}")
        chosen |= addresses
    structures = [r.address for r in desired.of_kind(only_kind(Singleton).name)]
    ahead = [*chosen] if len(chosen) < len(desired) else []
    while ahead:
        needed = {*_needs(desired.resources[ahead.pop()], desired, structures)} - chosen
        chosen |= needed
        ahead += needed
    some = len(chosen) < len(desired)
    in_scope = Snapshot.of(r for r in desired if r.address in chosen) if some else desired
    return Scope(in_scope, desired, managed(desired), tuple(targets))


def only(kind: str, desired: Snapshot, globs: Sequence[str]) -> Snapshot:
    """The present resources of one kind, all of them or those that `globs` name.

    Raises:
        InvalidInput: a glob names none of them.
    """
    present = Snapshot.of(r for r in desired.of_kind(kind) if not r.intent.absent)
    chosen: set[Address] = set() if globs else {*present.resources}
    for glob in globs:
        if not (addresses := named(glob, present.resources)):
            raise InvalidInput(f"{glob}: {_why_none(kind, glob, desired, present)}")
        chosen |= addresses
    return Snapshot.of(r for r in present if r.address in chosen)


def managed(desired: Snapshot) -> Managed:
    """The lists and tags that the manifests name anywhere (design 7.5)."""
    kind = only_kind(Audience).name
    lists = {r.address for r in desired.of_kind(kind) if not r.intent.absent}
    tags: set[str] = set()
    for resource in desired:
        lists.update(a for a in references(resource.fields) if a.kind == kind)
        tags.update(resource.fields.get("tags") or ())
    return Managed(frozenset(lists), frozenset(tags))


def _needs(
    resource: Resource, desired: Snapshot, structures: Sequence[Address]
) -> Iterator[Address]:
    """The declared resources that one refers to, by name or by labels of the structure."""
    mentioned = resource.mentioned()
    if isinstance(KINDS[resource.address.kind], UsesLabels):
        mentioned = [*mentioned, *structures]
    return (address for address in mentioned if desired.get(address))


def _did_you_mean(glob: str, among: Snapshot) -> str:
    """What may be meant: a name that is near, else some of the same kind, else how to name one."""
    for resource in among:
        if glob in (f"{resource.address.kind}/{old}" for old in resource.intent.renamed_from):
            return f"; it is renamed to {resource.address}"
    kind, slash, name = glob.partition("/")
    alike = [r.address.name for r in among.of_kind(kind)] if slash else []
    if not alike:
        addresses = [str(r.address) for r in among]
        example = next((each for each in addresses if "/" in each), "lists/Newsletter")
        near = did_you_mean(glob, addresses)
        return near or f"; an address is its kind and name, as in {example}"
    some = first_of([f"{kind}/{each}" for each in alike], MOST_NAMED)
    return Guesses(alike).near(name, f"{kind}/") or f"; declared are: {some}"


def _why_none(kind: str, glob: str, desired: Snapshot, present: Snapshot) -> str:
    noun, others = KINDS[kind].noun, named(glob, desired.resources)
    if any(address.kind == kind for address in others):
        return "is declared with `state: absent`, so there is nothing to report"
    if others:
        return f"names no {noun}, and only {kind} are reported"
    return f"no declared {noun} matches{_did_you_mean(glob, present)}"


def named(glob: str, addresses: Iterable[Address]) -> set[Address]:
    """The addresses that a glob names: the one that it spells out, else those it matches."""
    known = set(addresses)
    exact = {address for address in known if str(address) == glob}
    return exact or {address for address in known if matches(glob, address)}


def matches(glob: str, address: Address) -> bool:
    """Whether a glob matches an address: `*` is any text, `/` included; kinds are spelled out."""
    kind, slash, name = glob.partition("/")
    if kind != address.kind:
        return False
    if isinstance(KINDS[kind], Singleton):
        return not slash
    # What is no domain as it stands, as `*b\u00fccher.example`, matches the address as written.
    patterns, names = (KINDS[kind].spellings(each) for each in (name, address.name))
    texts = [*names, *(f"{name}#{address.id}" for name in names if address.id)]
    return any(_fits(pattern, text) for pattern in patterns for text in texts)


def _fits(pattern: str, text: str) -> bool:
    """Whether a pattern fits a whole text: each part at its first place, so that no pattern that
    somebody proposes takes long.
    """
    first, *rest = pattern.split("*")
    if not rest:
        return pattern == text
    at, end = len(first), len(text) - len(rest[-1])
    for part in rest[:-1]:
        if (found := text.find(part, at, end)) < 0:
            return False
        at = found + len(part)
    return text.startswith(first) and text.endswith(rest[-1]) and at <= end
