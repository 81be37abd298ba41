"""The account as it is: API -> live Snapshot, bound to the desired one.

Only what the manifests need is fetched: contacts by batched search on their keys, lists and
campaigns by pages, a campaign's content by id. Listed first, then named, so that no reading
order is needed (design 7.2, 7.3).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bmeconf import bind
from bmeconf.bind import Binding
from bmeconf.errors import ReplyUnreadable, ScopeMissing, did_you_mean
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.api import ReadApi
from bmeconf.kinds.base import Kind
from bmeconf.kinds.names import Names
from bmeconf.kinds.replies import Raw
from bmeconf.kinds.structure import Structure
from bmeconf.model import (
    CAMPAIGNS,
    CONTACTS,
    LISTS,
    STRUCTURE,
    Address,
    Finding,
    Place,
    Problem,
    Resource,
    Snapshot,
    Template,
    references,
)

TEMPLATES = "/api/email/template"
DOMAINS = "/api/email/domain"


@dataclass(frozen=True)
class Live:
    """What was read, under the desired addresses.

    `desired` is the desired side in the account's own words: field labels as the account has
    them, templates as their HTML. `withheld` resources must not be planned; `problems` are
    references to what neither side has. `ready_domains` is None where it could not be read.
    """

    desired: Snapshot
    snapshot: Snapshot
    names: Names
    withheld: Mapping[Address, Finding] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    problems: tuple[Problem, ...] = ()
    unmanaged: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ready_domains: frozenset[str] | None = None


def read(api: ReadApi, desired: Snapshot) -> Live:
    """Read all that `desired` needs.

    Raises:
        ApiError, Refused, LimitReached: a read that is not complete is an error.
        InvalidInput: where the manifests do not say which contact structure is meant.
    """
    names, bindings = _structure(api, desired)
    for kind in _kinds_needed(desired):
        wanted = desired.of_kind(kind.name)
        rows = kind.rows(api, names, wanted)
        bindings[kind.name] = binding = bind.bind(kind, wanted, rows)
        names = names.with_ids({a: replies.id_of(row) for a, row in binding.rows.items()})
    names, ambiguous = _name_the_rest(names, bindings, desired)
    problems = [*_unknown_references(desired, names, ambiguous), *_unknown_labels(desired, names)]
    resolved, more = _templates(api, desired)
    resolved = Snapshot.of(KINDS[r.address.kind].resolved(r, names) for r in resolved)
    withheld = {a: f for b in bindings.values() for a, f in b.withheld.items()}
    domains, unread = _ready_domains(api, desired)
    return Live(
        desired=resolved,
        snapshot=_snapshot(api, names, desired, bindings),
        names=names,
        withheld={**withheld, **ambiguous},
        findings=(*(n for b in bindings.values() for n in b.notes), *unread),
        problems=(*problems, *more),
        unmanaged=_unmanaged(bindings),
        ready_domains=domains,
    )


def confirm(api: ReadApi, live: Live, addresses: Iterable[Address]) -> Live:
    """Read again, by id, what a search only showed in part: its version, and its newest state.

    A search may lag behind and never shows `__v` (API contract 4.2.1), so what is about to be
    changed is read once more before it is planned.
    """
    fresh = {}
    for address in addresses:
        seen = live.snapshot.get(address)
        if seen is not None and seen.version is None and address.kind == CONTACTS:
            kind = KINDS[address.kind]
            fresh[address] = kind.live(kind.fetch(api, live.names, seen.id), address, live.names)
    return replace(live, snapshot=Snapshot({**live.snapshot.resources, **fresh}))


def _structure(api: ReadApi, desired: Snapshot) -> tuple[Names, dict[str, Binding]]:
    kind = KINDS[STRUCTURE]
    assert isinstance(kind, Structure)
    wanted = desired.of_kind(STRUCTURE)
    raw = kind.pick(kind.rows(api, Names(), wanted), wanted)
    names = Names(raw, {Address(STRUCTURE): replies.id_of(raw)})
    binding = Binding(rows={resource.address: raw for resource in wanted})
    return names, {STRUCTURE: binding}


def _kinds_needed(desired: Snapshot) -> list[Kind]:
    """The kinds that are declared or referred to; lists first, as others name them."""
    mentioned = {r.address.kind for r in desired}
    mentioned |= {a.kind for r in desired for a in _mentions(r)}
    return [kind for name, kind in KINDS.items() if name in mentioned and name != STRUCTURE]


def _mentions(resource: Resource) -> list[Address]:
    origin = [resource.intent.copy_of] if resource.intent.copy_of else []
    return [*references(resource.fields), *resource.intent.merge_of, *origin]


def _snapshot(
    api: ReadApi, names: Names, desired: Snapshot, bindings: Mapping[str, Binding]
) -> Snapshot:
    found = []
    for resource in desired:
        kind = KINDS[resource.address.kind]
        row = bindings[kind.name].rows.get(resource.address)
        if row is not None:
            found.append(kind.live(kind.detail(api, names, row), resource.address, names))
    return Snapshot.of(found)


def _name_the_rest(
    names: Names, bindings: Mapping[str, Binding], desired: Snapshot
) -> tuple[Names, dict[Address, Finding]]:
    """Name what is live but not declared, so that plans can show it and references can meet it."""
    rest: dict[Address, list[Raw]] = {}
    for kind_name, binding in bindings.items():
        for row in binding.unmanaged:
            rest.setdefault(Address(kind_name, KINDS[kind_name].key(row)), []).append(row)
    ids = {}
    for address, rows in rest.items():
        alone = len(rows) == 1 and address.name and address not in names.ids
        for id in map(replies.id_of, rows):
            ids[address if alone else replace(address, id=id)] = id
    withheld = {}
    for resource in desired:
        for address in _mentions(resource):
            if address not in names.ids and len(rest.get(address, ())) > 1:
                found = bind.ambiguous(resource.address, address.name, rest[address])
                withheld[resource.address] = found
    return names.with_ids(ids), withheld


def _unknown_references(
    desired: Snapshot, names: Names, ambiguous: Mapping[Address, Finding]
) -> Iterable[Problem]:
    known = {a.name for a in (*names.ids, *desired.resources)}
    for resource in desired:
        if resource.address in ambiguous or resource.intent.absent:
            continue
        for address in _mentions(resource):
            if address not in names.ids and desired.get(address) is None:
                yield Problem(
                    _place(resource, f"{address.kind}.{address.name}", address.kind),
                    str(resource.address),
                    f"refers to {address}, which neither the manifests nor the account have"
                    + did_you_mean(address.name, known),
                    "unknown_reference",
                )


def _unknown_labels(desired: Snapshot, names: Names) -> Iterable[Problem]:
    labels, tags = set(names.fields), set(names.tags)
    for structure in desired.of_kind(STRUCTURE):
        labels |= set(structure.fields.get("fields") or ())
        tags |= set(structure.fields.get("tags") or ())
    for contact in desired.of_kind(CONTACTS):
        for label in contact.fields.get("fields") or ():
            if label not in labels and names.label(label) is None:
                yield _unknown_label(contact, "fields", label, labels)
        for tag in contact.fields.get("tags") or ():
            if tag not in tags:
                yield _unknown_label(contact, "tags", tag, tags)


def _unknown_label(contact: Resource, field: str, label: str, known: Iterable[str]) -> Problem:
    return Problem(
        _place(contact, f"{field}.{label}", field),
        str(contact.address),
        f"{field}: the account has no {field[:-1]} {label!r}{did_you_mean(label, known)};"
        f" declare it under structure: {field}, or correct the name",
        f"unknown_{field[:-1]}",
    )


def _place(resource: Resource, *paths: str) -> Place:
    places = resource.intent.places
    found = next((places[path] for path in paths if path in places), resource.intent.place)
    return found or Place("the manifests")


def _templates(api: ReadApi, desired: Snapshot) -> tuple[Snapshot, list[Problem]]:
    resolved, problems = dict(desired.resources), []
    listed: dict[str, Sequence[Raw]] = {}
    for resource in desired.of_kind(CAMPAIGNS):
        template = resource.fields.get("body")
        if not isinstance(template, Template):
            continue
        if template.lang not in listed:
            listed[template.lang] = api.listing(TEMPLATES, {"lang": template.lang})
        rows = listed[template.lang]
        found = [row for row in rows if row.get("name") == template.name]
        if len(found) == 1:
            fields = {**resource.fields, "body": _template_html(api, template, found[0])}
            resolved[resource.address] = replace(resource, fields=fields)
            continue
        known = [str(row.get("name")) for row in rows]
        problems.append(
            Problem(
                _place(resource, "body"),
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


def _ready_domains(
    api: ReadApi, desired: Snapshot
) -> tuple[frozenset[str] | None, tuple[Finding, ...]]:
    """Domains ready for sending; asked only where a campaign declares a sender (design 7.10)."""
    senders = [r for r in desired.of_kind(CAMPAIGNS) if r.fields.get("from")]
    if not senders:
        return None, ()
    try:
        rows = api.listing(DOMAINS)
    except ScopeMissing as error:
        unread = Finding(
            "warning",
            "sender_unchecked",
            senders[0].address,
            f"whether the sender's domain is ready could not be checked: {error.message}",
            "give the key the scope domains:read",
        )
        return None, (unread,)
    return frozenset(str(row.get("domain", "")).lower() for row in rows if _ready(row)), ()


def _ready(domain: Raw) -> bool:
    ready = domain.get("isReadyForSending")
    return ready if isinstance(ready, bool) else domain.get("status") == "verified"


def _unmanaged(bindings: Mapping[str, Binding]) -> Mapping[str, tuple[str, ...]]:
    return {
        name: tuple(sorted(KINDS[name].key(row) for row in binding.unmanaged))
        for name, binding in bindings.items()
        if name in (LISTS, CAMPAIGNS)
    }
