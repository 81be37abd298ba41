"""Plan, Step, Pin, Preconditions: everything an apply will do and a reader should know, as data."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from bmeconf.kinds import KINDS, Audience, IdMap, Managed
from bmeconf.model import (
    NOTHING,
    Address,
    Call,
    Change,
    Difference,
    Finding,
    Intent,
    Manual,
    Place,
    references,
)
from bmeconf.plan.diff import plain

FINGERPRINT = 32
"""Hexadecimal digits of a fingerprint."""


class Pin(NamedTuple):
    """A live object as it was when planning: its id, its `__v` where shown, a content digest.

    `uses` counts what refers to an object that is to be deleted, by kind.
    """

    id: str
    version: int | None
    digest: str
    uses: Mapping[str, int] = NOTHING


class Step(NamedTuple):
    """One resource to create, update or delete. `depends_on` names steps by id.

    `check` is `enforced` where the server itself rejects a stale version, else `checked`.
    `intent` carries only the origin of a create, `source` is the pin of the object it copies,
    where that can be pinned. `usage` tells people what a delete takes along.
    """

    id: str
    address: Address
    action: str
    depends_on: tuple[str, ...] = ()
    pin: Pin | None = None
    check: str = "checked"
    changes: tuple[Change, ...] = ()
    calls: tuple[Call, ...] = ()
    intent: Intent = Intent()
    usage: str = ""
    source: Pin | None = None

    @property
    def pinned(self) -> Pin:
        """The pin of a step that updates or deletes an object."""
        assert self.pin is not None, f"{self.address} is to be created"
        return self.pin

    def mentioned(self) -> Iterator[Address]:
        """Every other resource that the step names."""
        for change in self.changes:
            yield from references(change.before)
            yield from references(change.after)
        yield from self.intent.origins

    def recipients(self) -> set[Address]:
        """The lists that the object refers to once the step is done."""
        named = (address for change in self.changes for address in references(change.after))
        return {address for address in named if isinstance(KINDS[address.kind], Audience)}


@dataclass(frozen=True)
class AccountId:
    """Which account a plan is for: base URL, and a digest of stable facts (design 5).

    `name` is the project's own, empty where it declares no account; it proves nothing.
    """

    base_url: str
    fingerprint: str
    name: str = field(default="", compare=False)


class Since(NamedTuple):
    """The commit whose manifests a plan was compared with, and the user's name for it.

    Where it is not `complete`, not all that was declared then could be read.
    """

    revision: str
    commit: str
    complete: bool = True


class Source(NamedTuple):
    """The files that a plan was made from: digest of their content, Git commit where known.

    `root` is the root of the project, relative to the folder in which the plan lies.
    """

    digest: str
    commit: str | None = None
    root: str = "."
    since: Since | None = None


class Price(NamedTuple):
    """Requests: spent on reading, to be spent on writing and verifying, and left.

    `check` is what a saved plan spends before its first write, to see that nothing moved.
    """

    read: int = 0
    write: int = 0
    verify: int = 0
    check: int = 0
    hour_remaining: int | None = None
    month_remaining: int | None = None


class Preconditions(NamedTuple):
    """Preconditions of a saved plan outside its pins: the ids behind every name it mentions.

    `ids` has every address that the steps mention and every managed list, None for what does
    not exist yet; `fields` and `tags` have the ids of the labels that contact steps write by.
    `protect` says of each resource that is to be protected, or was, whether it is to be.
    """

    structure: str = ""
    ids: Mapping[Address, str | None] = NOTHING
    fields: Mapping[str, str] = NOTHING
    tags: Mapping[str, str] = NOTHING
    managed: Managed = Managed()
    protect: Mapping[Address, bool] = NOTHING

    def id_map(self, now: IdMap) -> IdMap:
        """`now`, which knows the structure as it is, with the ids that were planned upon."""
        return now.with_ids({address: id for address, id in self.ids.items() if id})


class Reach(NamedTuple):
    """The people on the recipient lists of one draft, as live and as planned.

    Who is on several of the lists counts once for each, so that both numbers are upper bounds; None
    where the account does not show the size of a list. Of a draft that is `new`, nothing is live.
    """

    address: Address
    lists_before: tuple[Address, ...]
    lists_after: tuple[Address, ...]
    before: int | None
    after: int | None
    new: bool = False


@dataclass(frozen=True)
class Plan:
    """Everything an apply will do and a reader should know.

    `unmanaged` counts by kind what is live and not declared; `unmanaged_names` names it, where
    that was asked for. `places` is where resources are declared, by address. `differences` are all
    comparisons behind the plan; a plan that was read from a file has none. `audience` has each
    draft whose recipients change.
    """

    created_at: datetime
    account: AccountId
    source: Source
    steps: tuple[Step, ...]
    manual: tuple[Manual, ...]
    findings: tuple[Finding, ...]
    in_sync: int
    unmanaged: Mapping[str, int]
    left_out: tuple[Address, ...]
    price: Price
    preconditions: Preconditions
    unmanaged_names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False, repr=False)
    differences: tuple[Difference, ...] = field(default=(), compare=False, repr=False)
    audience: tuple[Reach, ...] = ()

    @property
    def meaning(self) -> str:
        """A digest of what the steps do to which account, not of their order, wording or time."""
        ids = self.preconditions.ids
        meaning = sorted(
            [
                str(step.address),
                step.action,
                step.pin.id if step.pin else "",
                [[list(c.path), plain(c.before), plain(c.after)] for c in step.changes],
                [str(address) for address in step.intent.origins],
                sorted([str(address), ids.get(address) or ""] for address in step.mentioned()),
            ]
            for step in self.steps
        )
        whole = [self.account.fingerprint, meaning]
        text = json.dumps(whole, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def fingerprint(self) -> str:
        """As much of the meaning as people carry about, and nobody can forge: 128 bits."""
        return self.meaning[:FINGERPRINT]

    @property
    def errors(self) -> tuple[Finding, ...]:
        """The findings for which an apply refuses the plan."""
        return tuple(finding for finding in self.findings if finding.level == "error")
