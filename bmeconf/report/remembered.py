"""Which live campaign a declared one is, where the lock file remembers its id (design 7.17). Pure.

A name alone may lead to another campaign, or to none, once somebody renamed, deleted or made one
in the web app: the numbers of another one would be judged in its place, and a deleted campaign
would look as if it were still to be made.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bmeconf.baseline import Lock, RememberedIds, Section
from bmeconf.kinds import Kind, replies
from bmeconf.live import Matches, Status
from bmeconf.model import Address, Finding, Resource


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


def other_ids(
    kind: Kind, chosen: Iterable[Resource], matches: Matches, section: Section
) -> RememberedIds:
    """The remembered ids of what was found by another id, or not at all."""
    ids: dict[Address, str] = {}
    for resource in chosen:
        match = matches[resource.address]
        if resource.id or match.blocked:
            continue
        keys = kind.match_keys(resource)
        if match.row is not None and kind.key(match.row) == keys[0]:
            # An object that has its name already is not what it was called before.
            keys = keys[:1]
        known = (section.at(replace(resource.address, name=key)) for key in keys)
        entry = next((entry for entry in known if entry), None)
        if entry and (match.row is None or replies.id_of(match.row) != entry.id):
            ids[resource.address] = entry.id
    return RememberedIds(ids)


def finding(
    kind: Kind, resource: Resource, matches: Matches, known: Mapping[Address, str]
) -> Finding | None:
    """What to know of a campaign that is not, or not by its name, the remembered one."""
    match, id = matches[resource.address], known.get(resource.address, "")
    if match.status is Status.RENAMED_IN_ACCOUNT:
        return Finding(
            "warning",
            "looks_renamed",
            resource.address,
            f"was renamed in the account: by its id, {id}, it is now called {match.names[0]!r}",
            "declare the new name, or pin it with id: <its id>",
        )
    if match.replaced and match.row is not None:
        old = match.remembered
        then = "which is gone" if old is None else f"which is now called {kind.key(old)!r}"
        return Finding(
            "warning",
            "replaced",
            resource.address,
            f"its name is that of another campaign than before: {replies.id_of(match.row)} in place"
            f" of {id}, {then}; the numbers of neither are taken for its own",
            "pin the one that is meant with id: <its id>",
        )
    if id and match.status is Status.MISSING and not _is_taken(id, matches):
        return Finding(
            "warning",
            "gone",
            resource.address,
            f"is gone: an apply knew it by the id {id}, and the account has no campaign with that"
            " id or of that name",
            "take it out of the manifests, or apply to make it anew",
        )
    return None


def _is_taken(id: str, matches: Matches) -> bool:
    """True where the remembered object is another declared campaign by now."""
    rows = (match.row for match in matches.by_address.values() if match.row is not None)
    return any(replies.id_of(row) == id for row in rows)
