"""Declared campaigns, and what stands in the account -> a `Gallery`. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from bmeconf.kinds import Mailing, Member, only
from bmeconf.mail import visible_lines
from bmeconf.model import (
    Address,
    Fields,
    LintPolicy,
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
from bmeconf.preview.model import Gallery, Live, Mail, Preview, Standing, State
from bmeconf.preview.pictures import Embedded, without_requests
from bmeconf.preview.tags import Tags

LONGEST_NAME = 60
"""Characters of a page's file name."""
SHOWN = ("from_name", "subject", "preview_text", "body", "plain_text")
"""The fields in which merge tags are filled."""


Text = Callable[[str], str]
"""Makes a text fit to be shown."""


def _as_it_is(text: str) -> str:
    return text


def _none(_: str) -> str:
    return ""


def _nowhere(_: Resource) -> Embedded:
    return _none


@dataclass(frozen=True)
class Query:
    """What a gallery is to show, and how.

    `seed` fills the merge tags, by default the first one that each campaign goes to. `policy` has
    the fields that tags stand for, and what is asked of links. `show` makes values of contacts fit
    to be shown, and `text` all other texts. `pictures` finds the pictures of a campaign that are
    files of the project. `offline` says why the account was not asked.
    """

    made_at: datetime
    seed: Resource | None = None
    policy: LintPolicy = field(default_factory=LintPolicy)
    show: Text = _as_it_is
    text: Text = _as_it_is
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
    pages = page_names(desired, query.text)
    about: dict[str, list[Problem]] = defaultdict(list)
    for problem in problems:
        about[problem.address].append(problem)
    previews = tuple(
        _preview(r, pages[r.address], desired, about[str(r.address)], standing, query)
        for r in chosen
    )
    shown = {str(each.address) for each in previews}
    kind = only(Mailing).name
    others = tuple(p for p in problems if not p.address.startswith(f"{kind}/"))
    # What keeps a campaign from being shown stands on no page of its own.
    others += tuple(
        p
        for p in problems
        if p.level == "error" and p.address.startswith(f"{kind}/") and p.address not in shown
    )
    return Gallery(previews, query.made_at, (*once(others),), standing, query.offline)


def page_names(desired: Snapshot, text: Text = _as_it_is) -> Mapping[Address, str]:
    """The file of each declared campaign: its name in the letters that every system takes.

    `text` makes a name fit to be shown.
    """
    names: dict[Address, str] = {}
    taken = {"index"}
    for resource in desired.of_kind(only(Mailing).name):
        if not resource.intent.absent:
            plain = unicodedata.normalize("NFKD", text(resource.address.name)).encode(
                "ascii", "ignore"
            )
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
    declared = (standing and standing.declared(address)) or declared
    body = declared.fields.get("body")
    template = f"{body.name} ({body.lang})" if isinstance(body, Template) else ""
    seed = query.seed or _first_seed(declared, desired)
    tags, embedded = Tags(seed, query.policy.merge_tags, query.show), query.pictures(declared)

    def as_seen(body: str) -> str:
        # Texts are filled before pictures are made of them, in which nothing finds them again.
        return without_requests(query.text(tags.markup(body)), embedded)

    mail, schedule = _mail(declared.fields, tags, query.text, as_seen), declared.intent.schedule
    return Preview(
        address,
        query.text(address.name),
        page,
        mail,
        as_seen,
        lists=_told(declared.fields.get(kind.recipients) or (), query.text),
        reply_to=_told(declared.fields.get("reply_to") or (), query.text),
        due=schedule.at if schedule else None,
        owner=query.text((schedule and schedule.owner) or ""),
        note=query.text((schedule and schedule.note) or ""),
        template=template,
        seed=query.show(seed.address.name) if seed else "",
        tags=tuple(tags.used(_text(declared.fields.get(name)) for name in SHOWN)),
        links=tuple(links(mail.body, query.policy)),
        problems=tuple(once(problems)),
        live=_live(address, standing, query.text) if standing else None,
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


def _mail(fields: Fields, tags: Tags, text: Text, as_seen: Text) -> Mail:
    def line(name: str) -> str:
        return text(tags.text(_text(fields.get(name))))

    body = as_seen(_text(fields.get("body")))
    return Mail(
        sender=line("from_name"),
        address=text(_text(fields.get(only(Mailing).sender))),
        subject=line("subject"),
        preview_text=line("preview_text"),
        body=body,
        words=tuple(visible_lines(body)),
        plain_text=line("plain_text"),
    )


def _live(address: Address, standing: Standing, text: Text) -> Live:
    difference = standing.differences.get(address)
    if difference is None:
        known = standing.declared(address)
        return Live(State.UNCOMPARED if known else State.LATER)
    if difference.live is None:
        return Live(State.NEW)
    return Live(
        State.DIFFERS if difference.changes else State.AS_DECLARED,
        difference.live.facts.get("status") or "of no known status",
        tuple(
            replace(each, before=_told(each.before, text), after=_told(each.after, text))
            for each in difference.changes
        ),
        difference.unreadable,
    )


def _told(value: Value, text: Text) -> Value:
    """A value with its texts as they may be shown; of an address the name."""
    if isinstance(value, tuple):
        return tuple(_told(member, text) for member in value)
    name = value.name if isinstance(value, Address) else value
    return text(name) if isinstance(name, str) else value


def _text(value: Value) -> str:
    return value if isinstance(value, str) else ""
