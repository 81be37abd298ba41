"""Which live campaign is whose, where the lock file remembers its id (design 7.17). Pure.

A name alone may lead to another campaign, or to none, once somebody renamed, deleted or made one
in the web app: the numbers of another one would be judged in its place, and what was deleted would
look as if it were still to be made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bmeconf.baseline.lock import Lock, Section
from bmeconf.kinds import replies
from bmeconf.kinds.base import Kind
from bmeconf.kinds.replies import Raw
from bmeconf.live.match import Binding
from bmeconf.model import Finding, Resource
from bmeconf.report import GONE

RENAMED, REPLACED = "looks_renamed", "replaced"


@dataclass(frozen=True)
class Memory:
    """The lock file, and the address of the account whose section of it is meant."""

    lock: Lock = field(default_factory=Lock)
    base_url: str = ""

    @property
    def sections(self) -> tuple[Section, ...]:
        """The sections that may be meant: accounts share an address.

        Raises:
            InvalidInput: where one is not what an apply writes.
        """
        return tuple(
            self.lock.section(account, self.base_url)
            for account, raw in self.lock.accounts.items()
            if raw["base_url"] == self.base_url
        )


def differs(kind: Kind, wanted: Iterable[Resource], binding: Binding, section: Section) -> bool:
    """Whether `section` knows any of `wanted` by another id than it was found by."""
    return any(_other(kind, resource, binding, section) for resource in wanted)


def correct(kind: Kind, wanted: Iterable[Resource], binding: Binding, section: Section) -> None:
    """Bind to `binding` what is remembered, and withhold what is gone or another one."""
    free = {replies.id_of(row): row for row in binding.unmanaged}
    bound = {replies.id_of(row): row for row in binding.rows.values()}
    for resource in wanted:
        address, id = resource.address, _other(kind, resource, binding, section)
        row = binding.rows.get(address)
        if not id:
            continue
        if row is not None:
            old = free.get(id) or bound.get(id)
            binding.withheld[address] = _replaced(kind, resource, row, id, old)
            del binding.rows[address]
        elif id in free:
            binding.rows[address] = free[id]
            binding.notes.append(_renamed(kind, resource, free[id]))
        elif id not in bound:
            binding.withheld[address] = _gone(resource, id)


def _other(kind: Kind, resource: Resource, binding: Binding, section: Section) -> str:
    """The remembered id of what was found by another or not at all, else empty."""
    if resource.id or resource.address in binding.withheld:
        return ""
    row = binding.rows.get(resource.address)
    keys = kind.match_keys(resource)
    if row is not None and kind.key(row) == keys[0]:
        # What has its name already is not what it was called before.
        keys = keys[:1]
    known = (section.at(replace(resource.address, name=key)) for key in keys)
    entry = next((entry for entry in known if entry), None)
    return entry.id if entry and (row is None or replies.id_of(row) != entry.id) else ""


def _renamed(kind: Kind, resource: Resource, row: Raw) -> Finding:
    name = kind.key(row)
    return Finding(
        "warning",
        RENAMED,
        resource.address,
        f"was renamed in the account: by its id, {replies.id_of(row)}, it is now called {name!r}",
        "declare the new name, or pin it with id: <its id>",
    )


def _replaced(kind: Kind, resource: Resource, row: Raw, id: str, old: Raw | None) -> Finding:
    told = "which is gone" if old is None else f"which is now called {kind.key(old)!r}"
    return Finding(
        "warning",
        REPLACED,
        resource.address,
        f"what has its name is another campaign than before: {replies.id_of(row)} in place of"
        f" {id}, {told}; the numbers of neither are taken for its own",
        "pin the one that is meant with id: <its id>",
    )


def _gone(resource: Resource, id: str) -> Finding:
    return Finding(
        "warning",
        GONE,
        resource.address,
        f"is gone: an apply knew it by the id {id}, and the account has no campaign with that id"
        " or of that name",
        "take it out of the manifests, or apply to make it anew",
    )
