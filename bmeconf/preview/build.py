"""Declared campaigns, and what stands in the account -> a `Gallery`. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bmeconf.kinds import KINDS, Mailing, Member, only
from bmeconf.mail import visible_lines
from bmeconf.model import (
    Address,
    Problem,
    Resource,
    Snapshot,
    Template,
    Value,
    canonical_email,
    did_you_mean,
    once,
)
from bmeconf.model.errors import InvalidInput
from bmeconf.preview.links import links
from bmeconf.preview.model import Gallery, Live, Mail, Preview, Standing
from bmeconf.preview.pictures import Embedded, without_requests
from bmeconf.preview.tags import Tags

LONGEST_NAME = 60
"""Characters of a page's file name."""
SHOWN = ("from_name", "subject", "preview_text", "body", "plain_text")
"""The fields in which merge tags are filled."""


def _as_it_is(text: str) -> str:
    return text


def _none(_: str) -> str:
    return ""


def _nowhere(_: Resource) -> Embedded:
    return _none


@dataclass(frozen=True)
class Query:
    """What a gallery is to show, and how.

    `seed` fills the merge tags, by default the first one that each campaign goes to. `fields` maps
    tags to labels of fields. `show` makes values of contacts fit to be shown. `pictures` finds the
    pictures of a campaign that are files of the project.
    """

    made_at: datetime
    seed: Resource | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    show: Callable[[str], str] = _as_it_is
    pictures: Callable[[Resource], Embedded] = _nowhere
    offline: str = ""


def choose_seed(desired: Snapshot, email: str) -> Resource:
    """The declared contact with this address.

    Raises:
        InvalidInput: there is none.
    """
    contacts = [r for r in desired.of_kind(only(Member).name) if not r.intent.absent]
    for contact in contacts:
        if canonical_email(contact.address.name) == canonical_email(email):
            return contact
    names = [contact.address.name for contact in contacts]
    raise InvalidInput(
        f"--seed {email}: no declared contact has this address{did_you_mean(email, names)}",
        "declare it under contacts, or leave --seed out",
    )


def gallery(
    desired: Snapshot,
    chosen: Snapshot,
    problems: Sequence[Problem],
    standing: Standing | None,
    query: Query,
) -> Gallery:
    """The previews of the campaigns `chosen` among all that are `desired`."""
    pages = page_names(desired)
    previews = tuple(
        _preview(resource, pages[resource.address], desired, problems, standing, query)
        for resource in chosen
    )
    shown = {str(each.address) for each in previews}
    kind = only(Mailing).name
    others = tuple(p for p in problems if not p.address.startswith(f"{kind}/"))
    lost = tuple(p for p in problems if p.level == "error" and p not in others)
    others += tuple(problem for problem in lost if problem.address not in shown)
    return Gallery(previews, query.made_at, (*once(others),), standing, query.offline)


def page_names(desired: Snapshot) -> Mapping[Address, str]:
    """The file of each declared campaign: its name in the letters that every system takes."""
    names: dict[Address, str] = {}
    taken = {"index"}
    for resource in desired.of_kind(only(Mailing).name):
        if not resource.intent.absent:
            plain = unicodedata.normalize("NFKD", resource.address.name).encode("ascii", "ignore")
            slug = re.sub(r"[^a-z0-9]+", "-", plain.decode().lower()).strip("-")
            slug = slug[:LONGEST_NAME].strip("-") or only(Mailing).noun
            name, number = slug, 1
            while name in taken:
                number += 1
                name = f"{slug}-{number}"
            taken.add(name)
            names[resource.address] = f"{name}.html"
    return names


def _preview(
    declared: Resource,
    page: str,
    desired: Snapshot,
    problems: Iterable[Problem],
    standing: Standing | None,
    query: Query,
) -> Preview:
    kind, address = only(Mailing), declared.address
    body = declared.fields.get("body")
    template = f"{body.name} ({body.lang})" if isinstance(body, Template) else ""
    if template and standing and address in standing.bodies:
        fields = {**declared.fields, "body": standing.bodies[address]}
        declared, template = replace(declared, fields=fields), ""
    seed = query.seed or _first_seed(declared, desired)
    tags, embedded = Tags(seed, query.fields, query.show), query.pictures(declared)
    mail, schedule = _mail(declared.fields, tags, embedded), declared.intent.schedule
    return Preview(
        address,
        page,
        mail,
        lists=tuple(each.name for each in declared.fields.get(kind.recipients) or ()),
        reply_to=tuple(declared.fields.get("reply_to") or ()),
        due=schedule.at if schedule else None,
        owner=(schedule and schedule.owner) or "",
        note=(schedule and schedule.note) or "",
        template=template,
        seed=seed.address.name if seed else "",
        tags=tuple(tags.used(_text(declared.fields.get(name)) for name in SHOWN)),
        links=tuple(links(mail.body)),
        problems=tuple(once(each for each in problems if each.address == str(address))),
        live=_live(declared, standing, tags, embedded),
    )


def _first_seed(campaign: Resource, desired: Snapshot) -> Resource | None:
    """The first declared contact that the campaign goes to."""
    member, mailing = only(Member), only(Mailing)
    audience = {*(campaign.fields.get(mailing.recipients) or ())}
    for contact in desired.of_kind(member.name):
        held = contact.fields.get(member.membership) or ()
        if not contact.intent.absent and audience.intersection(held):
            return contact
    return None


def _mail(fields: Mapping[str, Value], tags: Tags, embedded: Embedded) -> Mail:
    body = without_requests(tags.markup(_text(fields.get("body"))), embedded)
    return Mail(
        sender=tags.text(_text(fields.get("from_name"))),
        address=_text(fields.get(only(Mailing).sender)),
        subject=tags.text(_text(fields.get("subject"))),
        preview_text=tags.text(_text(fields.get("preview_text"))),
        body=body,
        words=tuple(visible_lines(body)),
        plain_text=tags.text(_text(fields.get("plain_text"))),
    )


def _live(
    declared: Resource, standing: Standing | None, tags: Tags, embedded: Embedded
) -> Live | None:
    live = standing.of(declared.address) if standing else None
    if live is None:
        return None
    kind = KINDS[live.address.kind]
    both = ((n, v, live.fields[n]) for n, v in declared.fields.items() if n in live.fields)
    differs = tuple(
        (name, ours, theirs)
        for name, ours, theirs in both
        if kind.respelled(name, ours, theirs) != ours and not kind.rewrote(name, ours, theirs)
    )
    return Live(
        status=live.facts.get("status") or "",
        scheduled_at=live.facts.get("scheduled_at") or "",
        mail=_mail(live.fields, tags, embedded) if "body" in live.fields else None,
        differs=differs,
    )


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
