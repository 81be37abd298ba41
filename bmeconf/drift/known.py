"""Known drift: differences that somebody answers for until a day (design 2). Pure.

In: items and the policy's entries. Out: the items, each with its entry, and notes on entries
that are of no use any more. An entry names a resource by address or glob and a field, with
everything below it; it holds through its day, in UTC. It says that the account differs on purpose,
so that it never covers what is not applied yet, nor what moved on both sides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from bmeconf.desired.scope import matches
from bmeconf.drift.model import DriftItem
from bmeconf.model import Address, Cause, Finding, undotted
from bmeconf.project import KnownDrift


def judged(
    items: Sequence[DriftItem],
    entries: Sequence[KnownDrift],
    now: datetime,
    unsure: Collection[Address],
    *,
    whole: bool,
) -> tuple[list[DriftItem], list[Finding]]:
    """`items` with the entries that cover them, and a note on every entry that covers nothing.

    An entry on an `unsure` resource, one that was not compared whole, may still be of use. So may
    any where it is not known what the `whole` of the project declares.
    """
    today = now.astimezone(UTC).date()
    covered = [_with_entry(item, entries, today) for item in items]
    idle = [entry for entry in entries if not any(_meets(entry, item) for item in items)]
    unused = [e for e in idle if not any(matches(e.address, address) for address in unsure)]
    return covered, [*map(_unused, unused)] if whole else []


def _with_entry(item: DriftItem, entries: Iterable[KnownDrift], today: date) -> DriftItem:
    """The entry that holds longest decides."""
    mine = [entry for entry in entries if _meets(entry, item)]
    if not mine or item.cause in (Cause.PENDING, Cause.CONFLICT):
        return item
    entry = max(mine, key=lambda one: one.expires)
    # Where the lock file does not tell who moved, the entry does.
    cause = item.cause or Cause.DRIFT
    return replace(item, known=entry, expired=entry.expires < today, cause=cause)


def _meets(entry: KnownDrift, item: DriftItem) -> bool:
    """Whether an entry is about the field of an item, or about what that is a part of."""
    path = undotted(entry.field)
    return item.path[: len(path)] == path and matches(entry.address, item.address)


def _unused(entry: KnownDrift) -> Finding:
    kind, _, name = entry.address.partition("/")
    return Finding(
        "note",
        "known_drift_unused",
        Address(kind, name),
        f"policy.known_drift has an entry for {entry.field} ({entry.reason}), and nothing differs"
        " there any more",
        "it can be removed from bmeconf.yaml",
    )
