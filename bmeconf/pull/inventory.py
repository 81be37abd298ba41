"""The account as a whole, for adoption: API -> live Resources, whatever any manifest declares.

Lists and campaigns come by pages, each campaign's content by id; contacts only those that are
asked for, since an audience is not to get into a repository by accident. A read that is not
complete is an error (design 7.2).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bmeconf.desired.scope import matches
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.api import ReadApi
from bmeconf.kinds.base import Kind
from bmeconf.kinds.contacts import members
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.kinds.structure import Structure
from bmeconf.model import (
    CAMPAIGNS,
    CONTACTS,
    LISTS,
    STRUCTURE,
    Address,
    CampaignStatus,
    Finding,
    Resource,
    canonical_email,
    canonical_name,
)
from bmeconf.model.errors import InvalidInput, counted, did_you_mean
from bmeconf.plan import guard
from bmeconf.project.settings import Policy
from bmeconf.pull.pulled import LeftOut

SURE = ("body", "lists")
"""What a campaign that was sent is sure to have, so that a reply without hides it."""


@dataclass(frozen=True)
class PullQuery:
    """What is wanted of an account: all of it, or what `targets` (globs on addresses) name.

    `structure` is a label or an id; contacts are those on `lists` (names or ids), and `contacts`;
    campaigns of the `statuses` given, of any where none is.
    """

    targets: tuple[str, ...] = ()
    structure: str = ""
    lists: tuple[str, ...] = ()
    contacts: tuple[str, ...] = ()
    statuses: tuple[str, ...] = ()

    def wants(self, address: Address) -> bool:
        """Whether a live object is in scope; contacts are that were asked for, unless narrowed."""
        targets = self.targets
        if address.kind == CONTACTS:
            targets = tuple(t for t in targets if t.startswith(f"{CONTACTS}/"))
        return not targets or any(matches(target, address) for target in targets)

    def reads(self, *kinds: str) -> bool:
        """Whether any of these kinds is in scope."""
        asked = {t.partition("/")[0] for t in self.targets}
        asked |= {CONTACTS} if self.lists or self.contacts else set()
        return not self.targets or bool(asked.intersection(kinds))


@dataclass(frozen=True)
class Watch:
    """Who is told while it goes on: `confirm` of how many contacts are to be written, raising
    where that is not wanted; `progress` of how many campaigns were read, and of how many.
    """

    confirm: Callable[[int], None]
    progress: Callable[[int, int], None]


@dataclass(frozen=True)
class Survey:
    """What was read; `several` where the account has more structures than the one in use.

    Two live objects of one name have their ids in their addresses.
    """

    id_map: IdMap
    several: bool
    resources: tuple[Resource, ...]
    left_out: tuple[LeftOut, ...]


def read(api: ReadApi, asked: PullQuery, policy: Policy, watch: Watch) -> Survey:
    """Read all that is asked for.

    Raises:
        InvalidInput: where something that was named is not there, or is not the only one.
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    raw, several = _structure(api, asked)
    names = IdMap(raw, {Address(STRUCTURE): replies.id_of(raw)})
    found = [KINDS[STRUCTURE].live(raw, Address(STRUCTURE), names)]
    left: list[LeftOut] = []
    if asked.reads(LISTS, CONTACTS, CAMPAIGNS):
        lists = _addressed(KINDS[LISTS], KINDS[LISTS].rows(api, names, ()))
        names = names.with_ids({address: replies.id_of(row) for address, row in lists.items()})
        found += [KINDS[LISTS].live(row, address, names) for address, row in lists.items()]
        found += _contacts(api, names, asked, policy, watch, lists, left)
    if asked.reads(CAMPAIGNS):
        found += _campaigns(api, names, asked, watch, left)
    _check(asked, [r.address for r in found])
    kept = tuple(r for r in found if asked.wants(r.address))
    return Survey(names, several, kept, tuple(left))


def _structure(api: ReadApi, asked: PullQuery) -> tuple[Raw, bool]:
    kind = KINDS[STRUCTURE]
    assert isinstance(kind, Structure)
    rows = kind.rows(api, IdMap(), ())
    if asked.structure:
        by_id = [row for row in rows if replies.id_of(row) == asked.structure]
        meant = [row for row in rows if kind.key(row) == canonical_name(asked.structure)]
        if len(by_id or meant) != 1:
            raise _which(kind, rows, f"--structure {asked.structure}: ")
        return (by_id or meant)[0], len(rows) > 1
    if len(rows) > 1:
        raise _which(kind, rows, "")
    return kind.pick(rows, ()), False


def _which(kind: Structure, rows: Sequence[Raw], given: str) -> InvalidInput:
    labels = ", ".join(f"{kind.key(row)!r} ({replies.id_of(row)})" for row in rows)
    return InvalidInput(
        f"{given}the account has {counted(len(rows), 'contact structure')}: {labels}",
        "say which one is meant: --structure, with its label or its id",
    )


def _addressed(kind: Kind, rows: Sequence[Raw]) -> Mapping[Address, Raw]:
    """Rows under their addresses, in the order of those: with an id where a name is not enough."""
    shared = Counter(kind.key(row) for row in rows)
    found = {}
    for row in rows:
        name = kind.key(row)
        id = "" if name and shared[name] == 1 else replies.id_of(row)
        found[Address(kind.name, name, id)] = row
    return dict(sorted(found.items(), key=lambda pair: pair[0]))


# --- contacts


def _contacts(
    api: ReadApi,
    id_map: IdMap,
    asked: PullQuery,
    policy: Policy,
    watch: Watch,
    lists: Mapping[Address, Raw],
    left: list[LeftOut],
) -> Iterable[Resource]:
    kind = KINDS[CONTACTS]
    chosen = [_list(name, lists) for name in asked.lists]
    if policy.seeds is None and not asked.targets:
        # Before a whole audience is read, at a request a second, and not after.
        totals = [KINDS[LISTS].facts(lists[address]).get("contacts", 0) for address in chosen]
        watch.confirm(max(totals, default=0))
    rows = {replies.id_of(r): r for a in chosen for r in members.of(api, id_map, id_map.require(a))}
    keys = sorted({canonical_email(email) for email in asked.contacts})
    if keys:
        named = kind.reread(api, id_map, keys)
        rows |= named
        absent = sorted(set(keys) - {kind.key(row) for row in named.values()})
        if absent:
            raise InvalidInput(
                f"--contacts: the account has no {', '.join(absent)}", "correct the address"
            )
    addressed = _addressed(kind, list(rows.values()))
    wanted = {a: row for a, row in addressed.items() if asked.wants(a)}
    seeds = {a: row for a, row in wanted.items() if guard.is_seed(a.name, policy)}
    if len(seeds) < len(wanted):
        left.append(_outside(len(wanted) - len(seeds)))
    watch.confirm(len(seeds))
    return [kind.live(row, address, id_map) for address, row in seeds.items()]


def _outside(number: int) -> LeftOut:
    told = Finding(
        "note",
        "not_a_seed",
        Address(CONTACTS, "*"),
        f"{counted(number, 'contact')} outside the seed policy of this project",
        "widen policy: seeds in bmeconf.yaml, if they are to be declared",
    )
    return LeftOut(told, number)


def _list(name: str, lists: Mapping[Address, Raw]) -> Address:
    """The list that --contacts-list means: by name, by name and id as addresses have it, by id."""
    wanted = canonical_name(name)
    found = [a for a in lists if wanted in (a.name, str(a).partition("/")[2])]
    found = found or [a for a, row in lists.items() if replies.id_of(row) == wanted]
    if len(found) == 1:
        return found[0]
    if found:
        ids = ", ".join(a.id for a in found)
        raise InvalidInput(
            f"--contacts-list {name}: {len(found)} lists are called that: {ids}",
            "give the id of the one that is meant",
        )
    hint = did_you_mean(wanted, [a.name for a in lists])
    raise InvalidInput(f"--contacts-list {name}: the account has no such list{hint}")


# --- campaigns


def _campaigns(
    api: ReadApi, id_map: IdMap, asked: PullQuery, watch: Watch, left: list[LeftOut]
) -> Iterable[Resource]:
    kind = KINDS[CAMPAIGNS]
    rows = {
        address: row
        for address, row in _addressed(kind, kind.rows(api, id_map, ())).items()
        if asked.wants(address) and (not asked.statuses or row.get("status") in asked.statuses)
    }
    found = []
    for number, (address, row) in enumerate(rows.items(), start=1):
        seen = kind.live(kind.detail(api, id_map, row), address, id_map)
        watch.progress(number, len(rows))
        if seen.facts.get("foreign"):
            left.append(_foreign(address))
        else:
            found.append(seen)
    sent = [seen for seen in found if seen.facts.get("status") == CampaignStatus.SENT]
    hidden = [key for key in SURE if sent and not any(key in seen.fields for seen in sent)]
    if hidden:
        left.append(_hidden(hidden))
    return found


def _foreign(address: Address) -> LeftOut:
    told = Finding(
        "note",
        "foreign",
        address,
        "is a campaign of another contact structure, whose lists this run does not see",
        "pull it into a project of its own: --structure",
    )
    return LeftOut(told, 1)


def _hidden(keys: Sequence[str]) -> LeftOut:
    told = Finding(
        "warning",
        "unreadable",
        Address(CAMPAIGNS, "*"),
        f"the API of this account does not show the {' and '.join(keys)} of its campaigns",
        "declare them by hand where they are to be managed",
    )
    return LeftOut(told)


def _check(asked: PullQuery, addresses: Sequence[Address]) -> None:
    for target in asked.targets:
        if any(matches(target, address) for address in addresses):
            continue
        if target.startswith(f"{CONTACTS}/") and not (asked.lists or asked.contacts):
            raise InvalidInput(
                f"--target {target}: contacts are only pulled where they are asked for",
                "add --contacts EMAIL or --contacts-list NAME",
            )
        near = did_you_mean(target, map(str, addresses))
        raise InvalidInput(f"--target {target}: nothing in the account matches{near}")
