"""The account as it is: API -> live Snapshot, bound to the desired one.

Only what the manifests need is fetched: contacts by batched search on their keys, lists and
campaigns by pages, a campaign's content by id. Listed first, then named, so that no reading
order is needed (design 7.2, 7.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bmeconf.baseline.classify import Baseline
from bmeconf.baseline.commit import CommitManifests
from bmeconf.baseline.lock import Lock, Section, kind_of
from bmeconf.desired.scope import Scope
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.api import ReadApi
from bmeconf.kinds.base import Kind
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.kinds.structure import Structure
from bmeconf.live import details, domains, renamed
from bmeconf.live import match as bind
from bmeconf.live import orphans as former
from bmeconf.live import references as dangling
from bmeconf.live.match import Binding
from bmeconf.live.orphans import Removed
from bmeconf.model import (
    CAMPAIGNS,
    LISTS,
    STRUCTURE,
    Address,
    Finding,
    Problem,
    Resource,
    Snapshot,
    Template,
)
from bmeconf.model.errors import NotFound, ReplyUnreadable, did_you_mean

TEMPLATES = "/api/email/template"
NOTHING_GONE = Removed()


@dataclass(frozen=True)
class Live:
    """What was read, under the desired addresses.

    `desired` is the desired side in the account's own words: field labels as the account has
    them, templates as their HTML. `withheld` resources must not be planned; `problems` are
    references to what neither side has. `ready_domains` is None where it could not be read.
    `left_out` are the live names, by kind, of what is declared and not in scope; `beside` the
    objects behind them, where a delete in scope could take something from them. `section` is
    what the lock remembers of this account, `settled` what was not read since nothing moved,
    `gone` the lock's keys of what is neither declared nor live any more. `former` is what is still
    live of what is declared no more, by kind; `past` what was declared once, where this run asks,
    and `whole` all that is declared now. `origins` is what is to be copied, under its own address.
    `doubtful` is what is withheld and bound to nothing, each with what the lock knows it by id.
    `twins` are, of what is ambiguous, the objects that the lock knows: no plan touches them.
    """

    desired: Snapshot
    snapshot: Snapshot
    id_map: IdMap
    withheld: Mapping[Address, Finding] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    unmanaged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ready_domains: frozenset[str] | None = None
    left_out: Mapping[tuple[str, str], Address] = field(default_factory=dict)
    beside: tuple[Resource, ...] = ()
    section: Section = field(default_factory=Section)
    settled: frozenset[Address] = frozenset()
    gone: frozenset[str] = frozenset()
    former: Mapping[str, Binding] = field(default_factory=dict)
    past: CommitManifests | None = None
    whole: Snapshot = field(default_factory=Snapshot)
    origins: Mapping[Address, Resource] = field(default_factory=dict)
    doubtful: Mapping[Address, Resource | None] = field(default_factory=dict)
    twins: Mapping[Address, Resource] = field(default_factory=dict)


def read(
    api: ReadApi, scope: Scope, lock: Lock, base_url: str, undeclared: Removed = NOTHING_GONE
) -> Live:
    """Read all that the scope needs; `base_url` and the structure say whose section is ours.

    What is `undeclared` is looked for along with it.

    Raises:
        ApiError, Refused, LimitReached: a read that is not complete is an error.
        InvalidInput: where the manifests do not say which contact structure is meant.
    """
    desired = scope.desired
    names, bindings = _structure(api, desired, scope.structure)
    section = lock.section(names.account(base_url), base_url)
    ours = section.dropping(map(section.key, scope.elsewhere.beyond(scope.whole)))
    gone: set[str] = set()
    left_out: dict[tuple[str, str], Address] = {}
    beside: dict[Address, Raw] = {}
    left: dict[str, Binding] = {}
    for kind in _kinds_needed(scope, undeclared):
        wanted = _claimants(kind, scope)
        found = kind.rows(api, names, [*wanted, *undeclared.of_kind(kind)])
        rows, others = former.apart(kind, wanted, found)
        binding = bind.bind(kind, wanted, rows)
        left[kind.name] = former.left(kind, undeclared, [*binding.unmanaged, *others])
        renamed.judge(kind, wanted, binding, ours)
        bind.find_twins(binding, kind, wanted, section)
        gone |= _gone(kind, wanted, rows, ours) if scope.elsewhere.complete else set()
        names = names.with_ids({a: replies.id_of(row) for a, row in binding.rows.items()})
        aside = {a: row for a, row in binding.rows.items() if desired.get(a) is None}
        left_out |= {(kind.name, kind.key(row)): a for a, row in aside.items()}
        if _may_lose(kind, scope):
            beside |= {a: kind.detail(api, names, row) for a, row in aside.items()}
        bindings[kind.name] = binding.within(desired)
    names, ambiguous = _name_the_rest(names, bindings, desired)
    written, more = _templates(api, desired)
    resolved = Snapshot.of(KINDS[r.address.kind].resolved(r, names) for r in written)
    withheld = {a: f for b in bindings.values() for a, f in b.withheld.items()}
    ready, unread = domains.ready(api, desired)
    known = Baseline(section, names, scope.managed)
    shown, settled = details.snapshot(api, known, resolved, _told(bindings), _losers(scope))
    snapshot, twins = _parted(shown, bindings)
    return Live(
        desired=resolved,
        snapshot=snapshot,
        id_map=names,
        withheld={**withheld, **ambiguous},
        findings=(*(n for b in bindings.values() for n in b.notes), *unread),
        problems=(*dangling.problems(desired, names, ambiguous), *more),
        unmanaged=_unmanaged(bindings),
        ready_domains=ready,
        left_out=left_out,
        beside=tuple(KINDS[a.kind].live(raw, a, names) for a, raw in beside.items()),
        section=section,
        settled=settled,
        gone=frozenset(gone),
        former=left,
        doubtful=renamed.doubtful(bindings, desired, section, names),
        twins=twins,
    )


def confirm(api: ReadApi, live: Live, addresses: Iterable[Address]) -> Live:
    """Read again, by id, what a search only showed in part: its version, and its newest state.

    A search may lag behind and never shows `__v` (API contract 4.2.1), so what is about to be
    changed is read once more before it is planned.
    """
    resources = dict(live.snapshot.resources)
    for address in addresses:
        kind, seen = KINDS[address.kind], resources.get(address)
        if seen is None or not kind.lags:
            continue
        try:
            raw = kind.fetch(api, live.id_map, seen.id)
            resources[address] = kind.live(raw, address, live.id_map)
        except NotFound:
            del resources[address]
    return replace(live, snapshot=Snapshot(resources))


def _structure(
    api: ReadApi, desired: Snapshot, meant: Resource | None
) -> tuple[IdMap, dict[str, Binding]]:
    kind = KINDS[STRUCTURE]
    assert isinstance(kind, Structure)
    wanted = (meant,) if meant else ()
    raw = kind.pick(kind.rows(api, IdMap(), wanted), wanted)
    names = IdMap(raw, {Address(STRUCTURE): replies.id_of(raw)})
    return names, {STRUCTURE: Binding({r.address: raw for r in desired.of_kind(STRUCTURE)})}


def _claimants(kind: Kind, scope: Scope) -> Sequence[Resource]:
    """All that have a say in which live object is whose, in scope or not.

    What is found by name alone has none over others, so that it need not be searched for.
    """
    everyone = scope.whole.of_kind(kind.name)
    if not kind.lags:
        return everyone
    return tuple(
        r for r in everyone if scope.desired.get(r.address) or r.id or r.intent.renamed_from
    )


def _gone(
    kind: Kind, wanted: Sequence[Resource], rows: Sequence[Raw], section: Section
) -> set[str]:
    """What the lock still knows, nothing declares, and a complete listing does not show.

    `section` has nothing of what is declared elsewhere: a look at a part forgets nothing of the
    rest.
    """
    if kind.lags:
        return set()
    kept = {section.key(r.address) for r in wanted if not r.intent.absent}
    ids = set(map(replies.id_of, rows))
    return {
        key
        for key, entry in section.entries.items()
        if kind_of(key) == kind.name and key not in kept and entry.id not in ids
    }


def _kinds_needed(scope: Scope, undeclared: Removed) -> list[Kind]:
    """The kinds that are declared or referred to, or were; lists first, as others name them."""
    mentioned = {r.address.kind for r in scope.desired} | undeclared.kinds
    mentioned |= {a.kind for r in scope.desired for a in dangling.mentions(r, IdMap())}
    mentioned |= {*_losers(scope), *_shown_by_name(scope)}
    return [kind for name, kind in KINDS.items() if name in mentioned and name != STRUCTURE]


def _shown_by_name(scope: Scope) -> Iterator[str]:
    """The kinds whose objects a plan names when a reference to them is to go.

    So that a plan does not depend on what else was read, not even where nothing is declared.
    """
    for resource in scope.desired:
        kind = KINDS[resource.address.kind]
        if not kind.partial:
            yield from (kind.refers[name] for name in resource.fields if name in kind.refers)


def _losers(scope: Scope) -> list[str]:
    return [name for name, kind in KINDS.items() if _may_lose(kind, scope)]


def _may_lose(kind: Kind, scope: Scope) -> bool:
    """Whether a delete in scope could take something from a declared object of this kind."""
    deleted = {r.address.kind for r in scope.desired if r.intent.absent}
    referred = deleted.intersection(kind.refers.values()) and not kind.partial
    return bool(referred and scope.whole.of_kind(kind.name))


def _name_the_rest(
    id_map: IdMap, bindings: Mapping[str, Binding], desired: Snapshot
) -> tuple[IdMap, dict[Address, Finding]]:
    """Name what is live but not declared, so that plans can show it and references can meet it."""
    rest: dict[Address, list[Raw]] = {}
    for kind_name, binding in bindings.items():
        for row in binding.unmanaged:
            rest.setdefault(Address(kind_name, KINDS[kind_name].key(row)), []).append(row)
    ids = {}
    for address, rows in rest.items():
        alone = len(rows) == 1 and address.name and address not in id_map.ids
        for id in map(replies.id_of, rows):
            ids[address if alone else replace(address, id=id)] = id
    withheld = {}
    for resource in desired:
        for address in dangling.mentions(resource, id_map):
            if address not in id_map.ids and len(rest.get(address, ())) > 1:
                found = bind.ambiguous(resource.address, address.name, rest[address])
                withheld[resource.address] = found
    return id_map.with_ids(ids), withheld


def _templates(api: ReadApi, desired: Snapshot) -> tuple[Snapshot, list[Problem]]:
    resolved, problems = dict(desired.resources), []
    listed: dict[str, Sequence[Raw]] = {}
    contents: dict[Template, str] = {}
    for resource in desired.of_kind(CAMPAIGNS):
        template = resource.fields.get("body")
        if not isinstance(template, Template):
            continue
        if template.lang not in listed:
            listed[template.lang] = api.listing(TEMPLATES, {"lang": template.lang})
        rows = listed[template.lang]
        found = [row for row in rows if row.get("name") == template.name]
        if len(found) == 1:
            if template not in contents:
                contents[template] = _template_html(api, template, found[0])
            fields = {**resource.fields, "body": contents[template]}
            resolved[resource.address] = replace(resource, fields=fields)
            continue
        known = [str(row.get("name")) for row in rows]
        problems.append(
            Problem(
                dangling.place(resource, "body"),
                str(resource.address),
                f"body: the account has {len(found) or 'no'} templates {template.name!r} in"
                f" {template.lang!r}{did_you_mean(template.name, known)}",
                "unknown_template",
            )
        )
    return Snapshot(resolved), problems


def _template_html(api: ReadApi, template: Template, row: Raw) -> str:
    path = f"{TEMPLATES}/{replies.id_of(row)}"
    html = replies.object_of(api.get(path, {"lang": template.lang}), path).get("html")
    if not isinstance(html, str) or not html.strip():
        raise ReplyUnreadable(f"{path}: the API shows no html of the template {template.name!r}")
    return html.replace("\r\n", "\n").strip()


def _told(bindings: Mapping[str, Binding]) -> Mapping[str, Binding]:
    return {name: binding.told for name, binding in bindings.items()}


def _parted(
    shown: Iterable[Resource], bindings: Mapping[str, Binding]
) -> tuple[Snapshot, Mapping[Address, Resource]]:
    """What is bound, and of what is ambiguous the objects that the lock knows."""
    every = list(shown)
    twins = {r.address: r for r in every if r.address in bindings[r.address.kind].twins}
    return Snapshot.of(r for r in every if r.address not in twins), twins


def _unmanaged(bindings: Mapping[str, Binding]) -> Mapping[str, tuple[str, ...]]:
    return {
        name: tuple(sorted(KINDS[name].key(row) for row in binding.unmanaged))
        for name, binding in bindings.items()
        if name in (LISTS, CAMPAIGNS)
    }
