"""What a page shows of a campaign. Frozen data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bmeconf.model import Address, Problem, Resource, Snapshot, Value


class Link(NamedTuple):
    """A link of a mail: its text, where it leads, and what is worth a look about that.

    `tracked` are its parameters for statistics, `odd` a few words, either empty where there is
    nothing to tell.
    """

    text: str
    target: str
    tracked: str = ""
    odd: str = ""


class Tag(NamedTuple):
    """A merge tag that a mail uses, with what stands in its place; `source` says where from.

    Without a `value` the tag stands as it is written.
    """

    name: str
    value: str | None
    source: str


class Mail(NamedTuple):
    """A campaign as mail, with its merge tags filled.

    `body` is its HTML with harmless pictures; `words` is the text that a reader sees of it.
    """

    sender: str
    address: str
    subject: str
    preview_text: str
    body: str
    words: tuple[str, ...]
    plain_text: str


class Live(NamedTuple):
    """What the account has of a campaign: `mail` is None where it shows no whole one.

    `differs` are the fields that are not as declared, with the declared and the live value.
    """

    status: str
    scheduled_at: str = ""
    mail: Mail | None = None
    differs: tuple[tuple[str, Value, Value], ...] = ()


class Preview(NamedTuple):
    """A declared campaign: the mail, and what a reviewer needs beside it.

    `name` is its name as it may be shown, `page` that of its file. `template` is set where only
    the account has the body. `seed` is the contact whose values are filled in, empty for none.
    `live` is None where the account was not asked, or has no such campaign.
    """

    address: Address
    name: str
    page: str
    mail: Mail
    lists: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    due: datetime | None = None
    owner: str = ""
    note: str = ""
    template: str = ""
    seed: str = ""
    tags: tuple[Tag, ...] = ()
    links: tuple[Link, ...] = ()
    problems: tuple[Problem, ...] = ()
    live: Live | None = None


@dataclass(frozen=True)
class Standing:
    """What stands in an account `at` a time: live campaigns, and declared bodies.

    `bodies` have templates as their HTML; `problems` are what only the account could tell of the
    manifests.
    """

    account: str
    at: datetime
    resources: Snapshot
    bodies: Mapping[Address, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def of(self, address: Address) -> Resource | None:
        """The live campaign of this address."""
        return self.resources.get(address)


@dataclass(frozen=True)
class Gallery:
    """All previews of a run; `problems` are those of the manifests that belong to none of them.

    `standing` is None where the account was not asked; then `offline` says why.
    """

    previews: tuple[Preview, ...]
    made_at: datetime
    problems: tuple[Problem, ...] = ()
    standing: Standing | None = None
    offline: str = ""

    @property
    def all_problems(self) -> list[Problem]:
        """Every problem by its place."""
        every = [*self.problems, *(p for each in self.previews for p in each.problems)]
        return sorted(every, key=lambda problem: (problem.place, problem.address))
