"""Identity: which live object each desired resource is (design 7.3). Pure.

In: the desired resources of one kind, the live rows among which to look, the ids that the
baseline remembers. Out: a `Match` for each resource, and the rows that none of them is. This is
the only place that decides identity; everything else reads a match's status.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import NamedTuple

from bmeconf.baseline import RememberedIds
from bmeconf.kinds import Audience, Kind, NaturalKey, Raw, Searched, replies
from bmeconf.model import Address, Resource

MOST_ORPHANS = 3
"""More live objects that lost their declaration say nothing about which one was renamed."""
NO_IDS = RememberedIds()


class Status(Enum):
    """How a desired resource stands to the live objects; the value is the finding's code."""

    FOUND = "found"
    MISSING = "missing"
    RENAMED_IN_MANIFESTS = "renamed_in_manifests"
    RENAMED_NOT_DELETED = "renamed_not_deleted"
    REPLACED = "replaced"
    # What follows is not planned: a person has to tell first which object is meant.
    AMBIGUOUS = "ambiguous"
    ID_NOT_FOUND = "id_not_found"
    CLAIMED_TWICE = "claimed_twice"
    ID_NAMES_ANOTHER = "id_names_another"
    NAME_TAKEN = "name_taken"
    RENAMED_IN_ACCOUNT = "renamed_in_account"
    REPLACED_UNSEEN = "replaced_unseen"


PLANNED = (
    Status.FOUND,
    Status.MISSING,
    Status.RENAMED_IN_MANIFESTS,
    Status.RENAMED_NOT_DELETED,
    Status.REPLACED,
)


class Namesakes(NamedTuple):
    """Several live objects of one name, by their ids."""

    name: str
    ids: tuple[str, ...]


class Match(NamedTuple):
    """Which live object one desired resource is.

    `row` is the object, None where there is none. `remembered` is another row, which the baseline
    knows by the id `known_id`. `candidates` are the ids of the rows in question, and `names` the
    live names that the status is about. `rival` is a resource that claims the same object,
    `leftover` the name of an object that a rename would have taken over. `referred_to` are objects
    among which a reference of the resource does not choose, whatever its own status is.
    """

    status: Status
    row: Raw | None = None
    remembered: Raw | None = None
    candidates: tuple[str, ...] = ()
    known_id: str = ""
    names: tuple[str, ...] = ()
    rival: Address | None = None
    leftover: str = ""
    referred_to: Namesakes | None = None

    @property
    def identified(self) -> bool:
        """True where it is known which live object the resource is, or that it is none."""
        return self.status in PLANNED

    @property
    def ambiguous(self) -> bool:
        """True where namesakes, and nothing else, stand against a comparison."""
        return self.status is Status.AMBIGUOUS or (self.identified and self.referred_to is not None)

    @property
    def blocked(self) -> bool:
        """True where nothing may be planned for the resource."""
        return not self.identified or self.referred_to is not None

    @property
    def replaced(self) -> bool:
        """True where the row is another object than the baseline remembers."""
        return self.status in (Status.REPLACED, Status.REPLACED_UNSEEN)


MISSING = Match(Status.MISSING)


@dataclass(frozen=True)
class Matches:
    """The matches of one kind or several, by desired address; `unmanaged` rows by kind."""

    by_address: Mapping[Address, Match] = field(default_factory=dict)
    unmanaged: Mapping[str, tuple[Raw, ...]] = field(default_factory=dict)

    def __getitem__(self, address: Address) -> Match:
        return self.by_address[address]

    def get(self, address: Address) -> Match | None:
        """The match of `address`, None where it was not looked for."""
        return self.by_address.get(address)

    def rows(self, kind: str) -> Mapping[Address, Raw]:
        """The live objects of one kind that a resource was matched with."""
        return {
            address: match.row
            for address, match in self.by_address.items()
            if address.kind == kind and match.row is not None
        }

    def blocked(self, address: Address) -> bool:
        """True where nothing may be planned for the resource at `address`."""
        match = self.get(address)
        return match is not None and match.blocked

    def __or__(self, more: Matches) -> Matches:
        unmanaged = {**self.unmanaged, **more.unmanaged}
        return Matches({**self.by_address, **more.by_address}, unmanaged)

    def without(self, resources: Iterable[Resource]) -> Matches:
        """These matches, where the objects of `resources` are gone since they were listed."""
        changed = {
            r.address: _of_none(r)._replace(referred_to=self[r.address].referred_to)
            for r in resources
        }
        return replace(self, by_address={**self.by_address, **changed})

    def referring(self, unclear: Mapping[Address, Namesakes]) -> Matches:
        """These matches, where those of `unclear` refer to a name of several objects."""
        changed = {a: self[a]._replace(referred_to=those) for a, those in unclear.items()}
        return replace(self, by_address={**self.by_address, **changed})


def match(
    kind: Kind, desired: Sequence[Resource], rows: Sequence[Raw], ids: RememberedIds = NO_IDS
) -> Matches:
    """Match by id, then by own name, then by `renamed_from`; no row serves two resources."""
    judge = _Judge(kind, desired, rows, ids)
    matches = {resource.address: judge.judge(resource) for resource in desired}
    return Matches(matches, {kind.name: tuple(judge.unmanaged.values())})


def apart(
    kind: Kind, claimants: Sequence[Resource], rows: Sequence[Raw]
) -> tuple[Sequence[Raw], Sequence[Raw]]:
    """The rows that `claimants` may mean, and those that only a removed resource may.

    What an earlier revision declared may not change what this run finds.
    """
    if not isinstance(kind, Searched):
        return rows, ()
    keys = {key for resource in claimants for key in kind.match_keys(resource)}
    ids = {resource.id for resource in claimants if resource.id}
    own = [row for row in rows if kind.key(row) in keys or replies.id_of(row) in ids]
    if len(own) == len(rows):
        return own, ()
    held = set(map(replies.id_of, own))
    return own, [row for row in rows if replies.id_of(row) not in held]


def _by_name(
    names: Mapping[Address, Sequence[str]], free: dict[str, list[Raw]]
) -> dict[Address, Match]:
    """Own names first, so that no rename takes an object that another resource is called by."""
    found = {address: _take(own, free) for address, (own, *_) in names.items()}
    for address, (_, *former) in names.items():
        own = found[address]
        if own.status is Status.AMBIGUOUS:
            continue
        for old in former:
            if own.status is not Status.MISSING:
                leftover = old if free.get(old) else ""
                found[address] = own._replace(leftover=leftover)
                break
            own = found[address] = _take(old, free)
    return found


def _take(name: str, free: dict[str, list[Raw]]) -> Match:
    """The match by one name; a row that is taken is not `free` any more."""
    rows = free.get(name)
    if not rows:
        return MISSING
    if len(rows) > 1:
        ids = tuple(map(replies.id_of, rows))
        return Match(Status.AMBIGUOUS, candidates=ids, names=(name,))
    return Match(Status.FOUND, free.pop(name)[0])


def _of_none(resource: Resource) -> Match:
    """The match of a resource that no live object is; one with an id is not made anew."""
    is_expected = resource.id and not resource.intent.absent
    return Match(Status.ID_NOT_FOUND) if is_expected else MISSING


class _Judge:
    """Holds each first match against the other resources, the free rows, the remembered ids."""

    def __init__(
        self, kind: Kind, desired: Sequence[Resource], rows: Sequence[Raw], ids: RememberedIds
    ) -> None:
        self._every = {replies.id_of(row): row for row in rows}
        taken = {resource.id for resource in desired if resource.id in self._every}
        first = {}
        for resource in desired:
            if resource.id in taken:
                first[resource.address] = Match(Status.FOUND, self._every[resource.id])
            elif resource.id:
                first[resource.address] = _of_none(resource)
        free: dict[str, list[Raw]] = defaultdict(list)
        for id, row in self._every.items():
            if id not in taken:
                free[kind.key(row)].append(row)
        names = {r.address: kind.match_keys(r) for r in desired if not r.id}
        first |= _by_name(names, free)
        self._kind, self._free, self._first, self._ids = kind, free, first, ids
        self._by_name = {name: address for address, every in names.items() for name in every}
        self.unmanaged = {replies.id_of(row): row for rows in free.values() for row in rows}
        orphans = [kind.key(self.unmanaged[id]) for id in ids.orphans if id in self.unmanaged]
        self._orphans = tuple(sorted(orphans)) if len(orphans) <= MOST_ORPHANS else ()

    def judge(self, resource: Resource) -> Match:
        """The match of `resource`, as far as everything there is to know tells."""
        found = self._first[resource.address]
        if found.status is Status.AMBIGUOUS:
            known = self._ids.by_address.get(resource.address, "")
            return found._replace(remembered=self.unmanaged.get(known))
        if found.row is not None:
            # What was found by its own name is called by that.
            by_name = not (resource.id or resource.intent.renamed_from)
            if not by_name and (left_alone := self._claimed(resource, found, found.row)):
                return left_alone
            return found if resource.id else self._replaced(resource, found, found.row)
        if resource.id or isinstance(self._kind, Searched):
            return found
        return self._renamed(resource, found)

    def _claimed(self, resource: Resource, found: Match, row: Raw) -> Match | None:
        """`found` as an object that must be left alone, None where it need not be."""
        live, keys = self._kind.key(row), self._kind.match_keys(resource)
        left_alone = found._replace(names=(self._kind.called(row),))
        if not resource.intent.absent:
            if keys and live != keys[0] and (others := self._free.get(keys[0])):
                # No later run could tell two objects of one name apart.
                ids = tuple(map(replies.id_of, others))
                return left_alone._replace(status=Status.NAME_TAKEN, candidates=ids)
        elif resource.id and live in self._by_name:
            rival = self._by_name[live]
            return left_alone._replace(status=Status.CLAIMED_TWICE, rival=rival)
        elif resource.id and live != keys[0]:
            return left_alone._replace(status=Status.ID_NAMES_ANOTHER)
        return None

    def _replaced(self, resource: Resource, found: Match, row: Raw) -> Match:
        """`found`, as another object than the remembered one where the ids differ."""
        known = self._ids.by_address.get(resource.address, "")
        if not known or known == replies.id_of(row):
            return found
        # Drafts would go to an audience that nobody chose. What came later is not to be deleted
        # for what it replaced; only a contact is the same one again, by its email address.
        same_again = isinstance(self._kind, NaturalKey)
        unseen = isinstance(self._kind, Audience) or (resource.intent.absent and not same_again)
        status = Status.REPLACED_UNSEEN if unseen else Status.REPLACED
        old = self._every.get(known)
        return found._replace(status=status, remembered=old, known_id=known)

    def _renamed(self, resource: Resource, missing: Match) -> Match:
        """`missing`, as a rename where the ids tell of one that no manifest declares."""
        known = self._ids.by_address.get(resource.address, "")
        if known in self.unmanaged:
            row = self.unmanaged[known]
            names = (self._kind.key(row),)
            if resource.intent.absent:
                # What a person named anew may be wanted: it is told of, and never deleted.
                return missing._replace(status=Status.RENAMED_NOT_DELETED, names=names)
            return Match(Status.RENAMED_IN_ACCOUNT, None, row, known_id=known, names=names)
        if resource.intent.absent:
            return missing
        if self._orphans and not resource.intent.origins:
            return missing._replace(status=Status.RENAMED_IN_MANIFESTS, names=self._orphans)
        return missing
