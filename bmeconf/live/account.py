"""The account as it was read, and both sides of a comparison brought together. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from bmeconf.baseline import CommitManifests, LockBaseline, Section, commit_baseline
from bmeconf.desired import Scope
from bmeconf.kinds import KINDS, IdMap
from bmeconf.live.doubts import mentions
from bmeconf.live.match import Matches, Status
from bmeconf.model import (
    NOTHING,
    Address,
    Finding,
    Problem,
    Resource,
    Snapshot,
    Template,
    Value,
)


class Account(NamedTuple):
    """The live objects that desired resources were matched with, under the desired addresses.

    `unread` are those that were not read whole, since the baseline tells that nothing moved.
    `remembered` are objects that the baseline knows by id where no name tells which is meant.
    `dependents` are matched objects out of scope, where a delete in scope could take something
    from them. `sources` are objects that are to be copied, under their own addresses.
    `unmanaged` are the names of what no manifest declares, by kind. `ready_domains` is None where
    the sending domains were not asked for, or could not be read. `upcoming` are campaigns that are
    about to be sent, where that matters.
    """

    id_map: IdMap
    resources: Snapshot = Snapshot()
    unread: frozenset[Address] = frozenset()
    remembered: Mapping[Address, Resource] = NOTHING
    dependents: tuple[Resource, ...] = ()
    sources: Mapping[Address, Resource] = NOTHING
    unmanaged: Mapping[str, tuple[str, ...]] = NOTHING
    ready_domains: frozenset[str] | None = None
    upcoming: tuple[Resource, ...] = ()


class Reading(NamedTuple):
    """The desired and the live side of a run.

    `desired` is the part in scope, in the account's own words: field labels as the account has
    them, templates as their HTML. `section` is the part of the lock file on this account, `gone`
    its keys of what is neither declared nor live any more. `problems` are references to what
    neither side has. `comparable` are resources that must not be planned, and whose live object
    is known all the same. `commit` has the manifests of an earlier commit, where the run compares
    with those; `orphans` are the matches of what they declare and no manifest does now.
    """

    scope: Scope
    desired: Snapshot
    account: Account
    matches: Matches
    section: Section = Section()
    gone: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    findings: tuple[Finding, ...] = ()
    comparable: frozenset[Address] = frozenset()
    orphans: Matches = Matches()
    commit: CommitManifests | None = None

    def baseline(self) -> LockBaseline:
        """Everything that is remembered of this account, in the words of this run."""
        id_map, managed = self.account.id_map, self.scope.managed
        behind = None
        if self.commit is not None:
            sides = self.scope.whole, self.desired, self.account.resources
            behind = commit_baseline.of_commit(self.commit, id_map, managed, *sides)
        return LockBaseline(id_map, managed, behind, section=self.section)

    def knows(self, resource: Resource) -> bool:
        """True where the account was asked for all that `resource` is compared with.

        It was not for a resource that is declared since, nor for one that means another object,
        another list or another template since.
        """
        before, kind = self.scope.desired.get(resource.address), KINDS[resource.address.kind]
        if before is None:
            return False
        asked = {*before.mentioned(), *self.matches.by_address, *self.account.id_map.ids}
        return (
            resource.id == before.id
            and kind.match_keys(resource) == kind.match_keys(before)
            and _templates(resource) <= _templates(before)
            and asked.issuperset(resource.mentioned())
        )

    def redeclared(self, scope: Scope) -> Reading:
        """This reading of the account beside manifests that were edited since.

        The resources of `scope` are in the account's own words; a template stays the HTML that was
        read. What the reading does not know is not in it.
        """
        return self._replace(scope=scope, desired=Snapshot.of(map(self._as_read, scope.desired)))

    def _as_read(self, resource: Resource) -> Resource:
        known = self.desired.get(resource.address)
        fields = {
            key: known.fields.get(key, value) if known and isinstance(value, Template) else value
            for key, value in resource.fields.items()
        }
        return self.account.id_map.relabelled(replace(resource, fields=fields))

    @property
    def out_of_scope(self) -> Mapping[tuple[str, str], Address]:
        """By kind and live name, the declared resources that are live and out of scope."""
        outside = (
            (address, match.row)
            for address, match in self.matches.by_address.items()
            if match.row is not None and self.desired.get(address) is None
        )
        return {(a.kind, KINDS[a.kind].key(row)): a for a, row in outside}


def _templates(resource: Resource) -> set[Value]:
    """The templates that a declared resource has in place of texts."""
    return {value for value in resource.fields.values() if isinstance(value, Template)}


def resolve_namesakes(reading: Reading) -> Reading:
    """`reading` with those of several namesakes that the lock file knows, under their addresses.

    A plan touches neither of them, nor resources that refer to them. A drift report must not end
    there: one object of the same name, made by hand, would hide any change to the other one.
    References then lead to the remembered objects. `comparable` are all resources but namesakes
    none of which is remembered, and unremembered resources that refer to such. This reading is for
    a look alone: no apply may follow from it.
    """
    ambiguous = [r for r in reading.desired if reading.matches[r.address].ambiguous]
    if not ambiguous:
        return reading
    account, alike = reading.account, _namesakes(reading.account.id_map)
    namesakes = {}
    for resource in ambiguous:
        known, kind = account.remembered.get(resource.address), KINDS[resource.address.kind]
        if known and kind.key(known.raw) in kind.match_keys(resource):
            namesakes[resource.address] = known
    ids = {address: known.id for address, known in namesakes.items()}
    id_map = account.id_map.with_ids({**_referred_to(reading, alike), **ids})
    resources = {
        a: r if a in account.unread else KINDS[a.kind].live(r.raw, a, id_map)
        for a, r in {**account.resources.resources, **namesakes}.items()
    }
    resolved = account._replace(id_map=id_map, resources=Snapshot(resources))
    comparable = {r.address for r in ambiguous if not _unclear(r, reading, id_map, alike)}
    return reading._replace(account=resolved, comparable=frozenset(comparable))


def _unclear(
    resource: Resource, reading: Reading, id_map: IdMap, alike: Mapping[Address, Sequence[str]]
) -> bool:
    """True where `resource` cannot be compared; for a reference its own entry tells enough."""
    if reading.matches[resource.address].status is Status.AMBIGUOUS:
        return resource.address not in id_map.ids
    doubtful = (a for a in mentions(resource, id_map) if a in alike and a not in id_map.ids)
    return reading.section.at(resource.address) is None and any(doubtful)


def _namesakes(id_map: IdMap) -> Mapping[Address, Sequence[str]]:
    """The ids of live objects that no name tells apart, by the address that all of them have."""
    ids: dict[Address, list[str]] = defaultdict(list)
    for address, id in id_map.ids.items():
        if address.id and address.name:
            ids[replace(address, id="")].append(id)
    return {**ids}


def _referred_to(reading: Reading, alike: Mapping[Address, Sequence[str]]) -> Mapping[Address, str]:
    """Namesakes that are only referred to, as a resource that refers to them was applied last."""
    meant: dict[Address, str] = {}
    for resource in reading.desired:
        entry, kind = reading.section.at(resource.address), KINDS[resource.address.kind]
        if entry is None:
            continue
        for field_ in kind.refers:
            sent = {*entry.sent.get(field_, ())}
            for address in resource.fields.get(field_) or ():
                if address in meant or address in reading.account.id_map.ids:
                    continue
                fit = []
                for id in alike.get(address, ()):
                    # The digest of the reference, if its address were that of the object `id`.
                    baseline = LockBaseline(IdMap(ids={address: id}), section=reading.section)
                    if sent.issuperset(baseline.sent(kind, (field_,), (address,))):
                        fit.append(id)
                if len(fit) == 1:
                    meant[address] = fit[0]
    return meant
