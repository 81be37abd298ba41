"""The account -> live Resources, whatever any manifest declares.

Lists and campaigns are read by pages, the content of each campaign by id. Contacts are read only
where they are asked for, so that no audience gets into a repository by accident. A read that is
not complete is an error (design 7.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from bmeconf.desired import matches
from bmeconf.kinds import (
    KINDS,
    Audience,
    Detailed,
    IdMap,
    Kind,
    Personal,
    Raw,
    ReadApi,
    Singleton,
    only,
    replies,
)
from bmeconf.kinds.contacts import members_of
from bmeconf.model import (
    Address,
    CampaignStatus,
    Finding,
    Resource,
    canonical_email,
    canonical_name,
    counted,
    did_you_mean,
)
from bmeconf.model.errors import InvalidInput
from bmeconf.plan import guard
from bmeconf.project import Policy
from bmeconf.pull.model import Consent, LeftOut, PullQuery

SURE = ("body", "lists")
"""Fields that every sent campaign has: a reply without them hides them."""


@dataclass(frozen=True)
class Inventory:
    """What was read; `several` where the account has more than one contact structure.

    Two live objects of one name have their ids in their addresses.
    """

    id_map: IdMap
    several: bool
    resources: tuple[Resource, ...]
    left_out: tuple[LeftOut, ...]


def read(
    api: ReadApi,
    query: PullQuery,
    policy: Policy,
    consent: Consent,
) -> Inventory:
    """Read everything that `query` asks for.

    Raises:
        InvalidInput: where something that was named is not there, or is not the only one.
        BmeconfError: as `Consent.covering`.
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    structure = only(Singleton)
    rows = structure.rows(api, IdMap(), ())
    raw = _structure(query, rows)
    reader = _Reader(api, query, IdMap.of(raw))
    reader.add(structure, {structure.address: raw})
    if query.reads(*(kind for kind in KINDS.values() if kind is not structure)):
        reader.contacts(reader.lists(), policy, consent)
    if query.reads(only(Detailed)):
        reader.campaigns()
    _refuse_missed_targets(query, [resource.address for resource in reader.resources])
    wanted = tuple(resource for resource in reader.resources if query.wants(resource.address))
    return Inventory(reader.id_map, len(rows) > 1, wanted, tuple(reader.left_out))


def _structure(query: PullQuery, rows: Sequence[Raw]) -> Raw:
    """The contact structure that is meant."""
    kind = only(Singleton)
    if not query.structure and len(rows) <= 1:
        return kind.pick(rows, ())
    by_id = [row for row in rows if replies.id_of(row) == query.structure]
    meant = by_id or [row for row in rows if kind.key(row) == canonical_name(query.structure)]
    if query.structure and len(meant) == 1:
        return meant[0]
    given = f"--structure {query.structure}: " if query.structure else ""
    labels = ", ".join(f"{kind.key(row)!r} ({replies.id_of(row)})" for row in rows)
    raise InvalidInput(
        f"{given}the account has {counted(len(rows), 'contact structure')}: {labels}",
        "say which one is meant: --structure, with its label or its id",
    )


class _Reader:
    """Gathers live resources, and why others are left out."""

    def __init__(self, api: ReadApi, query: PullQuery, id_map: IdMap) -> None:
        self._api, self._query, self.id_map = api, query, id_map
        self.resources: list[Resource] = []
        self.left_out: list[LeftOut] = []

    def add(self, kind: Kind, rows: Mapping[Address, Raw]) -> None:
        self.resources += [kind.live(row, address, self.id_map) for address, row in rows.items()]

    def lists(self) -> Mapping[Address, Raw]:
        kind = only(Audience)
        rows = _addressed(kind, kind.all_rows(self._api, self.id_map))
        self.id_map = self.id_map.with_ids({a: replies.id_of(row) for a, row in rows.items()})
        self.add(kind, rows)
        return rows

    def contacts(self, lists: Mapping[Address, Raw], policy: Policy, consent: Consent) -> None:
        """Add the contacts that are asked for and are seeds by `policy`."""
        kind, query = only(Personal), self._query
        chosen = [_list(name, lists) for name in query.lists]
        if policy.seeds is None and not query.targets:
            # Before a whole audience is read, at a request a second, and not after.
            audience = only(Audience)
            facts = [audience.facts(lists[address], self.id_map) for address in chosen]
            totals = [shown.get(kind.name, 0) for shown in facts]
            consent = consent.covering(max(totals, default=0))
        rows: dict[str, Raw] = {}
        for address in chosen:
            members = members_of(self._api, self.id_map, self.id_map.require(address))
            rows |= {replies.id_of(row): row for row in members}
        keys = sorted({canonical_email(email) for email in query.contacts})
        if keys:
            named = kind.reread(self._api, self.id_map, [*keys, *query.contacts])
            rows |= named
            absent = sorted(set(keys) - {kind.key(row) for row in named.values()})
            if absent:
                reason = f"--contacts: the account has no {', '.join(absent)}"
                raise InvalidInput(reason, "correct the address")
        addressed = _addressed(kind, list(rows.values()))
        wanted = {a: row for a, row in addressed.items() if query.wants(a)}
        seeds = {a: row for a, row in wanted.items() if guard.is_seed(a.name, policy)}
        consent.covering(len(seeds))
        self.add(kind, seeds)
        outside = len(wanted) - len(seeds)
        if outside:
            message = f"{counted(outside, 'contact')} outside the seed policy of this project"
            remedy = "widen policy: seeds in bmeconf.yaml, if they are to be declared"
            every = Address(kind.name, "*")
            finding = Finding("note", "not_a_seed", every, message, remedy)
            self.left_out.append(LeftOut(finding, outside))

    def campaigns(self) -> None:
        kind, query = only(Detailed), self._query
        rows = {
            address: row
            for address, row in _addressed(kind, kind.all_rows(self._api, self.id_map)).items()
            if query.wants(address) and (not query.statuses or row.get("status") in query.statuses)
        }
        sent: list[Resource] = []
        calls = [partial(kind.detail, self._api, self.id_map, row) for row in rows.values()]
        details = self._api.together(calls)
        for address, raw in zip(rows, details, strict=True):
            campaign = kind.live(raw, address, self.id_map)
            if campaign.facts.get("foreign"):
                message = "is of another contact structure, whose lists this run does not see"
                remedy = "pull it into a project of its own: --structure"
                finding = Finding("note", "foreign", address, message, remedy)
                self.left_out.append(LeftOut(finding, 1))
                continue
            self.resources.append(campaign)
            sent += [campaign] if campaign.facts.get("status") == CampaignStatus.SENT else []
        hidden = [key for key in SURE if sent and not any(key in each.fields for each in sent)]
        if hidden:
            keys = " and ".join(hidden)
            message = f"the API of this account does not show the {keys} of its campaigns"
            remedy = "declare them by hand where they are to be managed"
            every = Address(kind.name, "*")
            finding = Finding("warning", "unreadable", every, message, remedy)
            self.left_out.append(LeftOut(finding))


def _addressed(kind: Kind, rows: Sequence[Raw]) -> Mapping[Address, Raw]:
    """Rows by address, sorted; the address has an id where the name alone is not enough."""
    shared = Counter(kind.key(row) for row in rows)

    def address(row: Raw) -> Address:
        name, alone = kind.called(row), shared[kind.key(row)] == 1
        return Address(kind.name, name, "" if name and alone else replies.id_of(row))

    return {address(row): row for row in sorted(rows, key=address)}


def _list(name: str, lists: Mapping[Address, Raw]) -> Address:
    """The list that --contacts-list means: by name, by name and id as in an address, or by id."""
    wanted = canonical_name(name)
    meant = [a for a in lists if wanted in (a.name, str(a).partition("/")[2])]
    meant = meant or [a for a, row in lists.items() if replies.id_of(row) == wanted]
    if len(meant) == 1:
        return meant[0]
    if meant:
        ids = ", ".join(a.id for a in meant)
        raise InvalidInput(
            f"--contacts-list {name}: {len(meant)} lists are called that: {ids}",
            "give the id of the one that is meant",
        )
    hint = did_you_mean(wanted, [a.name for a in lists])
    raise InvalidInput(f"--contacts-list {name}: the account has no such list{hint}")


def _refuse_missed_targets(query: PullQuery, addresses: Sequence[Address]) -> None:
    missed = (t for t in query.targets if not any(matches(t, address) for address in addresses))
    for target in missed:
        if target.startswith(f"{only(Personal).name}/") and not (query.lists or query.contacts):
            raise InvalidInput(
                f"--target {target}: contacts are only pulled where they are asked for",
                "add --contacts EMAIL or --contacts-list NAME",
            )
        near = did_you_mean(target, map(str, addresses))
        raise InvalidInput(f"--target {target}: nothing in the account matches{near}")
