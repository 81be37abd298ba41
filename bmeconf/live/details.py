"""What is read beside the listings: objects whole, templates, copied objects, sending domains.

A row shows less than its object does, so each object is read on its own. It is not where the row
and the baseline together tell that nothing moved on either side (design 7.17).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

from bmeconf.baseline import LockBaseline
from bmeconf.kinds import (
    KINDS,
    Audience,
    Copyable,
    Detailed,
    IdMap,
    Kind,
    Mailing,
    Member,
    Raw,
    ReadApi,
    only,
    replies,
)
from bmeconf.live import doubts
from bmeconf.live.account import Reading
from bmeconf.model import Address, Finding, Problem, Resource, Snapshot, Template, did_you_mean
from bmeconf.model.errors import KEY, ReplyUnreadable, ScopeMissing

Rows = Mapping[Address, Raw]
DOMAINS, TEMPLATES = "/api/email/domain", "/api/email/template"


def listed(reading: Reading, rows: Rows) -> Mapping[Address, Resource]:
    """The live objects that their `rows` show whole, by desired address. Pure."""
    id_map = reading.account.id_map
    return {
        resource.address: kind.live(row, resource.address, id_map)
        for name, kind in KINDS.items()
        if not isinstance(kind, Detailed)
        for resource in reading.desired.of_kind(name)
        if (row := rows.get(resource.address)) is not None
    }


def read(
    api: ReadApi,
    reading: Reading,
    rows: Rows,
    entire: Collection[str],
    copied: Collection[Address],
) -> tuple[Mapping[Address, Resource], frozenset[Address]]:
    """The other live objects of `rows` by desired address, and the addresses that were not read.

    Of the kinds in `entire` everything is read: more is asked of them than what is declared. So is
    what is to be `copied`.

    Raises:
        ApiError, Refused, LimitReached: a read that is not complete is an error.
    """
    desired, id_map = reading.desired, reading.account.id_map
    baseline = LockBaseline(id_map, reading.scope.managed, section=reading.section)
    resources: dict[Address, Resource] = {}
    unread: set[Address] = set()
    for name, kind in KINDS.items():
        if not isinstance(kind, Detailed):
            continue
        mine = {r.address: rows[r.address] for r in desired.of_kind(name) if r.address in rows}
        spared = [
            address
            for address, row in mine.items()
            if not (name in entire or address in copied)
            and baseline.settled(desired.resources[address], row)
        ]
        raws = _details(api, reading, kind, mine, spared)
        for address, row in mine.items():
            live = kind.live(raws.get(address, row), address, id_map)
            if address not in raws:
                declared = desired.resources[address].fields
                live = replace(live, fields={**live.fields, **declared})
                unread.add(address)
            resources[address] = live
    return resources, frozenset(unread)


def _details(
    api: ReadApi, reading: Reading, kind: Detailed, rows: Rows, unread: Collection[Address]
) -> Rows:
    """All that the API shows of the objects in `rows`, but for what is `unread`.

    A key that is missing from one reply and there in another is empty, not hidden. Where those
    of the declared objects do not tell, the unread ones may, and then one more object does.
    """
    id_map = reading.account.id_map
    raws = whole(api, id_map, {a: row for a, row in rows.items() if a not in unread})
    filled = _filled(kind, raws)
    if unread and _hides(kind, reading, filled):
        raws |= whole(api, id_map, {a: rows[a] for a in unread})
        filled = _filled(kind, raws)
    if not _hides(kind, reading, filled):
        return filled
    other = kind.complete_row(reading.matches.unmanaged.get(kind.name, ()))
    return _filled(kind, raws, kind.detail(api, id_map, other)) if other else filled


def whole(api: ReadApi, id_map: IdMap, rows: Rows) -> dict[Address, Raw]:
    """All that the API shows of each object in `rows`."""
    calls = [partial(KINDS[a.kind].detail, api, id_map, row) for a, row in rows.items()]
    return dict(zip(rows, api.together(calls), strict=True))


def _filled(kind: Detailed, raws: Rows, other: Collection[str] = ()) -> Rows:
    shown = {key for raw in raws.values() for key in raw} | {*other}
    return {a: kind.filled(raw, shown) for a, raw in raws.items()}


def _hides(kind: Kind, reading: Reading, raws: Rows) -> bool:
    """True where `raws` do not show all that is declared."""
    return any(
        reading.desired.resources[address].fields.keys()
        - kind.live_fields(raw, reading.account.id_map).keys()
        for address, raw in raws.items()
    )


# --- what copies bring along


def members_ahead(reading: Reading, live: Snapshot) -> Mapping[Address, Resource]:
    """The live contacts that the plan's new lists change, each as its own step will find it.

    A list made of others has their members (API contract 4.3): without this a contact would end
    on a list that it does not declare.
    """
    lists = {
        resource.address: resource.intent.origins
        for resource in reading.desired.of_kind(only(Audience).name)
        if resource.intent.origins and _is_created(resource, reading)
    }
    ahead = {}
    kind = only(Member)
    for contact in live.of_kind(kind.name) if lists else ():
        before = contact.fields.get(kind.membership, ())
        held = set(before)
        while joined := {new for new, origins in lists.items() if held & set(origins)} - held:
            held |= joined
        if len(held) > len(before):
            fields = {**contact.fields, kind.membership: tuple(sorted(held))}
            ahead[contact.address] = replace(contact, fields=fields)
    return ahead


def copied(reading: Reading) -> set[Address]:
    """The live objects that a plan would copy: their copies bring along undeclared content."""
    return {
        resource.intent.copy_of
        for name, kind in KINDS.items()
        if isinstance(kind, Copyable) and kind.pins_source
        for resource in reading.desired.of_kind(name)
        if resource.intent.copy_of and _is_created(resource, reading)
    }


def sources(api: ReadApi, id_map: IdMap, copied: Collection[Address]) -> Mapping[Address, Resource]:
    """Those of the `copied` objects that are there."""
    ids = {address: id for address in sorted(copied) if (id := id_map.id(address))}
    calls = [partial(KINDS[a.kind].fetch, api, id_map, id) for a, id in ids.items()]
    raws = zip(ids, api.together(calls), strict=True)
    return {address: KINDS[address.kind].live(raw, address, id_map) for address, raw in raws}


def _is_created(resource: Resource, reading: Reading) -> bool:
    match = reading.matches[resource.address]
    return match.row is None and not (match.blocked or resource.intent.absent)


# --- what the account has beside its resources


def with_templates(api: ReadApi, desired: Snapshot) -> tuple[Snapshot, Sequence[Problem]]:
    """`desired` with the HTML of each template in its place (API contract 4.5), and problems.

    Raises:
        ApiError, Refused, LimitReached: where the templates could not be read.
    """

    bodies = {
        r.address: body for r in desired if isinstance(body := r.fields.get("body"), Template)
    }
    langs = sorted({template.lang for template in bodies.values()})
    listings = [partial(api.listing, TEMPLATES, {"lang": lang}) for lang in langs]
    listed = dict(zip(langs, api.together(listings), strict=True))
    found = {
        template: [row for row in listed[template.lang] if row.get("name") == template.name]
        for template in bodies.values()
    }
    ids = {template: replies.id_of(rows[0]) for template, rows in found.items() if len(rows) == 1}
    htmls = api.together([partial(_html, api, template, id) for template, id in ids.items()])
    html = dict(zip(ids, htmls, strict=True))
    resources, problems = dict(desired.resources), []
    for address, template in bodies.items():
        resource, body = resources[address], html.get(template, "")
        if KEY.search(body):
            message = (
                f"body: the template {template.name!r} holds what looks like an API key, and no"
                " draft may have one; replace the key, and take it out of the template"
            )
            problems.append(doubts.problem(resource, "key_in_template", message, "body"))
        elif body:
            fields = {**resource.fields, "body": body}
            resources[address] = replace(resource, fields=fields)
        else:
            names = [str(row.get("name")) for row in listed[template.lang]]
            message = (
                f"body: the account has {len(found[template]) or 'no'} templates {template.name!r}"
                f" in {template.lang!r}{did_you_mean(template.name, names)}"
            )
            problems.append(doubts.problem(resource, "unknown_template", message, "body"))
    return Snapshot(resources), problems


def _html(api: ReadApi, template: Template, id: str) -> str:
    path = f"{TEMPLATES}/{id}"
    html = replies.object_of(api.get(path, {"lang": template.lang}), path).get("html")
    if not isinstance(html, str) or not html.strip():
        raise ReplyUnreadable(f"{path}: the API shows no html of the template {template.name!r}")
    return html.replace("\r\n", "\n").strip()


def ready_domains(
    api: ReadApi, desired: Snapshot
) -> tuple[frozenset[str] | None, tuple[Finding, ...]]:
    """The domains that are ready for sending, None where they were not or could not be read.

    They are read only where a campaign declares a sender (design 7.10). A key without the scope
    for it is a finding, and no error.

    Raises:
        ApiError, Refused, LimitReached: where the domains could not be read.
    """
    kind = only(Mailing)
    senders = [r for r in desired.of_kind(kind.name) if r.fields.get(kind.sender)]
    if not senders:
        return None, ()
    try:
        rows = api.listing(DOMAINS)
    except ScopeMissing as error:
        message = f"whether the sender's domain is ready could not be checked: {error.message}"
        address, remedy = senders[0].address, "give the key the scope domains:read"
        return None, (Finding("warning", "sender_unchecked", address, message, remedy),)
    return frozenset(domain_name(row) for row in rows if is_ready(row)), ()


def domain_name(domain: Raw) -> str:
    """The name of a sending domain."""
    return str(domain.get("domain", "")).lower()


def is_ready(domain: Raw) -> bool:
    """Whether a sending domain can be sent from (API contract 4.6)."""
    ready = domain.get("isReadyForSending")
    return ready if isinstance(ready, bool) else domain.get("status") == "verified"
