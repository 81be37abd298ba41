"""Known drift: differences that somebody answers for until a day (design 2). Pure.

In: items and the policy's entries. Out: the items, each with its entry, and notes on entries
that are of no use any more. An entry names a resource by address or glob and a field, with
everything below it; it holds through its day, in UTC. It says that the account differs on purpose,
so that it never covers what is not applied yet, nor what moved on both sides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date

from bmeconf.baseline.classify import CONFLICT, DRIFT, PENDING
from bmeconf.desired.scope import matches
from bmeconf.drift.items import DriftItem
from bmeconf.model import Address, Finding, undotted
from bmeconf.plan.model import Plan
from bmeconf.project import KnownDrift

UNUSED, UNREAD = "known_drift_unused", "elsewhere_unread"


def judged(
    items: Sequence[DriftItem],
    entries: Sequence[KnownDrift],
    made: Plan,
    unsure: Collection[Address],
) -> tuple[list[DriftItem], list[Finding]]:
    """`items` with the entries that cover them, and a note on every entry that covers nothing.

    `unsure` is what could not be compared whole: an entry on it may still be of use. So may any
    where it is not known what the rest of the project declares.
    """
    today = made.created_at.astimezone(UTC).date()
    covered = [_with_entry(item, entries, today) for item in items]
    beside = {*made.left_out, *unsure}
    idle = (e for e in entries if not any(_meets(e, item) for item in items))
    unused = [e for e in idle if not any(matches(e.address, address) for address in beside)]
    unread = any(finding.code == UNREAD for finding in made.findings)
    return covered, [] if unread else [*map(_unused, unused)]


def _with_entry(item: DriftItem, entries: Iterable[KnownDrift], today: date) -> DriftItem:
    """The entry that holds longest decides."""
    mine = [entry for entry in entries if _meets(entry, item)]
    if not mine or item.cause in (PENDING, CONFLICT):
        return item
    entry = max(mine, key=lambda one: one.expires)
    # Where the lock file does not tell who moved, the entry does.
    cause = item.cause or DRIFT
    return replace(item, known=entry, expired=entry.expires < today, cause=cause)


def _meets(entry: KnownDrift, item: DriftItem) -> bool:
    """Whether an entry is about the field of an item, or about what that is a part of."""
    path = undotted(entry.field)
    return item.path[: len(path)] == path and matches(entry.address, item.address)


def _unused(entry: KnownDrift) -> Finding:
    kind, _, name = entry.address.partition("/")
    return Finding(
        "note",
        UNUSED,
        Address(kind, name),
        f"policy.known_drift has an entry for {entry.field} ({entry.reason}), and nothing differs"
        " there any more",
        "it can be removed from bmeconf.yaml",
    )
