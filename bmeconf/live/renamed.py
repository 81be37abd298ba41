"""What looks like a rename that nobody told of, by the ids that the lock file knows. Pure.

A list renamed by hand, or in the manifests without `renamed_from`, looks like one that is gone
and one to create: the new one would be empty, and the audience would stay on the old.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from bmeconf.baseline.lock import Section, kind_of
from bmeconf.kinds import KINDS, replies
from bmeconf.kinds.base import Kind
from bmeconf.kinds.id_map import IdMap
from bmeconf.kinds.replies import Raw
from bmeconf.live.match import Binding
from bmeconf.model import LISTS, Address, Finding, Resource, Snapshot

MOST_CANDIDATES = 3
"""More of them say nothing."""


def judge(kind: Kind, wanted: Sequence[Resource], binding: Binding, section: Section) -> None:
    """Add to `binding` what is withheld, and what is to be known, since ids tell of a rename."""
    rows = {replies.id_of(row): row for row in (*binding.unmanaged, *binding.rows.values())}
    free = {replies.id_of(row): row for row in binding.unmanaged}
    orphans = _orphans(kind, wanted, free, section)
    for resource in wanted:
        address, entry = resource.address, section.at(resource.address)
        bound = binding.rows.get(address)
        if resource.id or address in binding.withheld:
            continue
        if bound is not None:
            if entry and replies.id_of(bound) != entry.id:
                found = _replaced(kind, resource, bound, rows.get(entry.id), entry.id)
                if found.level == "error":
                    binding.withheld[address] = found
                else:
                    binding.notes.append(found)
        elif resource.intent.absent:
            continue
        elif not kind.lags and entry and entry.id in free:
            binding.withheld[address] = _in_the_account(kind, resource, free[entry.id])
        elif not kind.lags and not resource.intent.origins and orphans:
            binding.notes.append(_in_the_manifests(kind, resource, orphans))


def doubtful(
    bindings: Mapping[str, Binding], desired: Snapshot, section: Section, id_map: IdMap
) -> Mapping[Address, Resource | None]:
    """What is withheld and bound to nothing, each as the live object that the lock file knows.

    None where that is not listed, or where the manifest names an id, which says more.
    """
    found: dict[Address, Resource | None] = {}
    for kind_name, binding in bindings.items():
        free = {replies.id_of(row): row for row in binding.unmanaged}
        for address in binding.withheld.keys() - binding.rows.keys():
            entry, resource = section.at(address), desired.get(address)
            pinned = resource is not None and resource.id
            row = free.get(entry.id) if entry and not pinned else None
            found[address] = KINDS[kind_name].live(row, address, id_map) if row else None
    return found


def _orphans(
    kind: Kind, wanted: Sequence[Resource], free: Mapping[str, Raw], section: Section
) -> list[str]:
    """The live names of what was declared and is no more, none where there are many."""
    declared = {section.key(r.address) for r in wanted}
    ids = {
        entry.id
        for key, entry in section.entries.items()
        if kind_of(key) == kind.name and key not in declared and entry.id in free
    }
    return sorted(kind.key(free[id]) for id in ids) if len(ids) <= MOST_CANDIDATES else []


def _in_the_account(kind: Kind, resource: Resource, row: Raw) -> Finding:
    name = kind.key(row)
    return Finding(
        "error",
        "looks_renamed",
        resource.address,
        f"looks like a rename in the account: it is now called {name!r}, and nothing is created"
        " beside it",
        f"add renamed_from: {flow([name])} to rename it back, or declare the new name",
    )


def _in_the_manifests(kind: Kind, resource: Resource, names: Sequence[str]) -> Finding:
    told = " or ".join(repr(name) for name in names)
    choice = " or ".join(f"renamed_from: {flow([name])}" for name in names)
    return Finding(
        "warning",
        "looks_renamed",
        resource.address,
        f"looks like a rename in the manifests: {told} was declared before and is still live",
        f"if it is the same one, add {choice}",
    )


def _replaced(kind: Kind, resource: Resource, row: Raw, old: Raw | None, id: str) -> Finding:
    if old is not None:
        told = f"which is now called {kind.key(old)!r}"
    else:
        told = "which is not to be seen any more" if kind.lags else "which is gone"
    # An audience is nobody's to swap unseen: drafts would go to it. Nor is what comes after to be
    # deleted for it; only a contact is the same one again, by its email address.
    doomed = resource.intent.absent and not kind.lags
    refused = kind.name == LISTS or doomed
    pin = f"id: {replies.id_of(row)}" if refused else "id: <its id>"
    how = "if this one is to go, pin it with" if doomed else "pin the one that is meant with"
    return Finding(
        "error" if refused else "warning",
        "replaced",
        resource.address,
        f"is another object than before: {replies.id_of(row)} in place of {id}, {told}",
        f"look whether that was meant; {how} {pin}",
    )


def flow(names: Sequence[str]) -> str:
    """Names as a list that a manifest takes: `["One", "Two"]`."""
    return json.dumps(names, ensure_ascii=False)
