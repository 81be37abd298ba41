"""What a page shows of a campaign. Frozen data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from bmeconf.model import Address, Change, Difference, Problem, Resource, Snapshot


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


class State(StrEnum):
    """How a campaign stands to an account that was asked, in the words of a page.

    `UNCOMPARED` has a finding that says why. `LATER` is declared, or means something else, since
    the account was read.
    """

    AS_DECLARED, DIFFERS, NEW = "as declared", "not as declared", "not in the account yet"
    UNCOMPARED, LATER = "not compared", "declared since"


class Live(NamedTuple):
    """A campaign in the account; the `changes` lead from there to what is declared.

    `unreadable` are declared fields that the API does not show.
    """

    state: State
    status: str = ""
    changes: tuple[Change, ...] = ()
    unreadable: tuple[str, ...] = ()


class Preview(NamedTuple):
    """A declared campaign: the mail, and what a reviewer needs beside it.

    `name` is its name as it may be shown, `page` that of its file. `template` is set where only
    the account has the body. `seed` is the contact whose values are filled in, empty for none.
    `live` is None where the account was not asked. `as_seen` makes of any body of the campaign
    the HTML that a reader sees: filled, and with harmless pictures.
    """

    address: Address
    name: str
    page: str
    mail: Mail
    as_seen: Callable[[str], str]
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
    """What stands in an account `at` a time, beside what is declared now.

    `desired` is what the account was asked for, with templates as their HTML, and `differences`
    are those of it that could be compared. `problems` are what only the account could tell of the
    manifests.
    """

    account: str
    at: datetime
    desired: Snapshot
    differences: Mapping[Address, Difference]
    problems: tuple[Problem, ...] = ()

    def declared(self, address: Address) -> Resource | None:
        """The declared campaign in the account's own words, None where it was not asked for."""
        return self.desired.get(address)


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
