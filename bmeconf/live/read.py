"""API -> the account as it is, and which live object each desired resource is.

Only what the manifests need is read: contacts by batched search on their keys, lists and
campaigns by pages, a campaign's content by id. Everything is listed first and named then, so that
no reading order is needed (design 7.2, 7.3).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from bmeconf.baseline import CommitManifests, Lock, Section, kind_of
from bmeconf.desired import Scope
from bmeconf.kinds import (
    KINDS,
    Audience,
    IdMap,
    Kind,
    PartialSets,
    Raw,
    ReadApi,
    Scheduled,
    Searched,
    Singleton,
    only,
    replies,
)
from bmeconf.live import details, doubts, orphans
from bmeconf.live.account import Account, Reading
from bmeconf.live.match import Match, Matches, Namesakes, Status, apart, match
from bmeconf.live.orphans import Removed
from bmeconf.model import Address, Resource, Snapshot, once
from bmeconf.model.errors import NotFound


def read(
    api: ReadApi,
    scope: Scope,
    lock: Lock,
    base_url: str,
    commit: CommitManifests | None = None,
    *,
    sparing: bool = False,
    sizes: bool = False,
) -> Reading:
    """Read what the scope needs, with `sizes` also how many contacts each list has.

    `base_url` and the structure tell whose section of `lock` it is. A lock file is a file under
    review, and may be forged. It spares requests only where the run is `sparing`, since nothing is
    concluded from it: else every declared object is read whole.

    Also live objects that only the manifests of `commit` declare are looked for. With problems it
    goes no further than it takes to tell of them.

    Raises:
        ApiError, Refused, LimitReached: a read that is not complete is an error.
        InvalidInput: where the manifests do not say which contact structure is meant.
    """
    removed = orphans.removed(commit, scope) if commit else Removed()
    id_map, matches = _structure(api, scope)
    section = lock.section_of(id_map.account, base_url)
    listing = _Listing(api, scope, section, removed, id_map, matches)
    needed = [KINDS[name] for name in _kinds_needed(scope, removed, sizes, section)]
    # Nothing that is read here depends on anything else of it.
    wave: list[Callable[[], Any]] = [partial(listing.rows, kind, sizes) for kind in needed]
    wave.append(partial(details.with_templates, api, scope.desired))
    wave.append(partial(details.ready_domains, api, scope.desired))
    *rows, (with_bodies, unknown), (ready, unchecked) = api.together(wave)
    for kind, listed in zip(needed, rows, strict=True):
        listing.take(kind, listed)
    id_map, unclear = _name_unmanaged(listing.id_map, listing.matches, scope.desired)
    matches = listing.matches.referring(unclear)
    desired = Snapshot.of(id_map.relabelled(r) for r in with_bodies)
    unmanaged = {
        name: tuple(sorted(map(KINDS[name].key, rows)))
        for name, rows in matches.unmanaged.items()
        if not isinstance(KINDS[name], Searched | Singleton)
    }
    reading = Reading(
        scope,
        desired,
        Account(id_map, unmanaged=unmanaged, ready_domains=ready),
        matches,
        section,
        gone=frozenset(listing.gone),
        problems=(*once((*doubts.problems(scope.desired, id_map, unclear), *unknown)),),
        findings=unchecked,
        orphans=listing.orphans,
        commit=commit,
    )
    if commit:
        notes = orphans.findings(removed, commit, reading)
        reading = reading._replace(findings=(*unchecked, *notes))
    whole = {name for name, kind in KINDS.items() if not sparing or _may_lose(kind, scope)}
    return reading if reading.problems else _with_details(api, reading, listing.dependents, whole)


@dataclass
class _Listing:
    """The listings of all kinds, and what their rows are matched with, one kind after the other.

    `dependents` are rows of objects out of scope that a delete in scope could take something from.
    `gone` are the lock's keys of what is neither declared nor live any more.
    """

    api: ReadApi
    scope: Scope
    section: Section
    removed: Removed
    id_map: IdMap
    matches: Matches
    orphans: Matches = field(default_factory=Matches)
    gone: set[str] = field(default_factory=set)
    dependents: dict[Address, Raw] = field(default_factory=dict)

    def rows(self, kind: Kind, sizes: bool) -> Sequence[Raw]:
        """Read the rows of one kind."""
        removed = self.removed.of_kind(kind)
        # As of what is to be deleted, findings say what depends on it.
        going = [replace(r, intent=r.intent._replace(absent=True)) for r in removed]
        if sizes and isinstance(kind, Audience):
            return kind.all_rows(self.api, self.id_map)
        return kind.rows(self.api, self.id_map, [*_claimants(kind, self.scope), *going])

    def take(self, kind: Kind, rows: Sequence[Raw]) -> None:
        """Match the rows of one kind."""
        claimants, removed = _claimants(kind, self.scope), self.removed.of_kind(kind)
        own, others = apart(kind, claimants, rows) if removed else (rows, ())
        ids = self.section.remembered(kind.name, self.scope.whole.of_kind(kind.name))
        matches = match(kind, claimants, own, ids)
        left = [*matches.unmanaged[kind.name], *others]
        self.orphans |= match(kind, removed, left)
        if not isinstance(kind, Searched):
            # A complete listing does not show them, and no part of the project declares them.
            declared = {r.address for r in claimants if not r.intent.absent}
            kept, listed = set(map(self.section.key, declared)), set(map(replies.id_of, own))
            self.gone |= {
                key
                for key, entry in self.section.entries.items()
                if kind_of(key) == kind.name and key not in kept and entry.id not in listed
            }
        found = matches.rows(kind.name)
        self.id_map = self.id_map.with_ids({a: replies.id_of(row) for a, row in found.items()})
        self.matches |= matches
        if _may_lose(kind, self.scope):
            outside = {a: row for a, row in found.items() if self.scope.desired.get(a) is None}
            self.dependents |= outside


def _with_details(
    api: ReadApi, reading: Reading, dependents: Mapping[Address, Raw], whole: Collection[str]
) -> Reading:
    """`reading` with all that the API shows of the objects that were matched.

    `remembered` are the rows that the baseline knows of blocked resources without an object, and
    `namesakes` those of them that are among the objects which the name may mean.
    """
    desired, id_map, matches = reading.desired, reading.account.id_map, reading.matches
    rows, remembered, namesakes = {}, {}, {}
    for resource in desired:
        address, kind = resource.address, KINDS[resource.address.kind]
        match = matches[address]
        if match.row is not None:
            rows[address] = match.row
        elif match.blocked and match.remembered is not None:
            remembered[address] = match.remembered
            named = kind.key(match.remembered) in kind.match_keys(resource)
            if named and match.status is Status.AMBIGUOUS:
                namesakes[address] = match.remembered
    rows |= namesakes
    listed, copied = details.listed(reading, rows), details.copied(reading)
    wave: list[Callable[[], Any]] = [
        partial(details.read, api, reading, rows, whole, copied),
        partial(_read_again, api, reading, {a: listed[a] for a in listed.keys() - namesakes}),
        partial(details.whole, api, id_map, dependents),
        # What is declared is read anyway.
        partial(details.sources, api, id_map, copied.difference(rows)),
    ]
    (read, unread), again, dependents, sources = api.together(wave)
    shown = {a: r for a, r in {**listed, **again, **read}.items() if r is not None}
    known = {a: KINDS[a.kind].live(row, a, id_map) for a, row in remembered.items()}
    account = reading.account._replace(
        resources=Snapshot({a: r for a, r in shown.items() if a not in namesakes}),
        unread=unread,
        remembered={**known, **{a: shown[a] for a in namesakes}},
        dependents=tuple(KINDS[a.kind].live(raw, a, id_map) for a, raw in dependents.items()),
        sources=sources | {a: shown[a] for a in copied if a in shown},
    )
    unlisted = doubts.unlisted(account.resources, id_map, matches.unmanaged)
    gone = [desired.resources[address] for address, found in again.items() if found is None]
    matches = matches.without(gone)
    findings = (*reading.findings, *unlisted)
    return reading._replace(account=account, matches=matches, findings=findings)


def _read_again(
    api: ReadApi, reading: Reading, listed: Mapping[Address, Resource]
) -> Mapping[Address, Resource | None]:
    """Those of the `listed` objects that differ and that only a search has shown, read by id.

    A search may lag behind and never shows `__v` (API contract 4.2.1), so an object that is about
    to be changed is read once more before the change is planned. None where it is gone.
    """
    id_map, managed = reading.account.id_map, reading.scope.managed
    ahead = details.members_ahead(reading, Snapshot.of(listed.values()))

    def differs(desired: Resource) -> bool:
        kind, live = KINDS[desired.address.kind], listed.get(desired.address)
        if live is None or not isinstance(kind, Searched):
            return False
        planned_on = ahead.get(desired.address, live)
        in_sync = kind.observed(desired, planned_on, managed) == desired.fields
        return desired.intent.absent or not in_sync

    def by_id(address: Address) -> Resource | None:
        kind = KINDS[address.kind]
        try:
            return kind.live(kind.fetch(api, id_map, listed[address].id), address, id_map)
        except NotFound:
            return None

    addresses = sorted(desired.address for desired in reading.desired if differs(desired))
    again = api.together([partial(by_id, address) for address in addresses])
    return dict(zip(addresses, again, strict=True))


def _structure(api: ReadApi, scope: Scope) -> tuple[IdMap, Matches]:
    """The contact structure in use; every run begins by reading it."""
    kind = only(Singleton)
    meant = (scope.structure,) if scope.structure else ()
    raw = kind.pick(kind.rows(api, IdMap(), meant), meant)
    found = {r.address: Match(Status.FOUND, raw) for r in scope.desired.of_kind(kind.name)}
    return IdMap.of(raw), Matches(found)


def _claimants(kind: Kind, scope: Scope) -> Sequence[Resource]:
    """The resources that have a say in which live object is whose, in scope or not.

    A resource that is found by its name alone has none over others, and need not be searched for.
    """
    everyone = scope.whole.of_kind(kind.name)
    if not isinstance(kind, Searched):
        return everyone
    return tuple(
        r for r in everyone if scope.desired.get(r.address) or r.id or r.intent.renamed_from
    )


def _kinds_needed(scope: Scope, removed: Removed, sizes: bool, section: Section) -> list[str]:
    """The kinds that are declared or referred to, or were; lists first, as others name them.

    Also those whose objects a plan names when a reference to them is to go, so that a plan does
    not depend on what else was read; and what may be scheduled, though nothing declares it now.
    """
    needed = {n for n, k in KINDS.items() if _may_lose(k, scope) or (sizes and k is only(Audience))}
    needed |= {resource.address.kind for resource in removed.declared}
    remembered = () if scope.left_out else map(kind_of, section.entries)
    needed |= {only(Scheduled).name}.intersection(remembered)
    for kind in KINDS.values():
        most = {kind.name, *kind.refers.values()}
        for resource in scope.desired.of_kind(kind.name):
            if needed >= most:
                break
            needed.add(kind.name)
            needed.update([address.kind for address in resource.mentioned()])
            # What stays of a set that is declared empty has a name too.
            partly = isinstance(kind, PartialSets)
            names = kind.refers.keys() & resource.fields.keys()
            needed |= {kind.refers[n] for n in names if not (partly and resource.fields[n])}
    return [name for name, k in KINDS.items() if name in needed and not isinstance(k, Singleton)]


def _may_lose(kind: Kind, scope: Scope) -> bool:
    """True where a delete in scope could take something from a declared object of this kind."""
    deleted = {r.address.kind for r in scope.desired if r.intent.absent}
    referred = deleted.intersection(kind.refers.values()) and not isinstance(kind, PartialSets)
    return bool(referred and scope.whole.of_kind(kind.name))


def _name_unmanaged(
    id_map: IdMap, matches: Matches, desired: Snapshot
) -> tuple[IdMap, Mapping[Address, Namesakes]]:
    """Name the live objects that nothing declares: plans show them, and references meet them.

    Also the namesakes for each desired resource that refers to a name of several of them.
    """
    unmanaged: dict[Address, list[str]] = defaultdict(list)
    for kind, rows in matches.unmanaged.items():
        for row in rows:
            unmanaged[Address(kind, KINDS[kind].key(row))].append(replies.id_of(row))
    ids: dict[Address, str] = {}
    for address, of_name in unmanaged.items():
        alone = len(of_name) == 1 and address.name and address not in id_map.ids
        ids |= {address if alone else replace(address, id=id): id for id in of_name}
    unclear = {}
    several = any(len(of_name) > 1 for of_name in unmanaged.values())
    for resource in desired if several else ():
        for address in doubts.mentions(resource, id_map):
            if address not in id_map.ids and len(unmanaged.get(address, ())) > 1:
                unclear[resource.address] = Namesakes(address.name, tuple(unmanaged[address]))
    return id_map.with_ids(ids), unclear
