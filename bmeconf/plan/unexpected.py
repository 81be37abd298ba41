"""What a reader of the manifests does not expect: what stays, goes out, or is undone. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from bmeconf.desired import matches
from bmeconf.kinds import Scheduled, only, replies
from bmeconf.live import Matches, Reading, Status
from bmeconf.model import (
    STILL_MEMBER,
    UNDECLARED_SCHEDULE,
    UPDATE,
    Address,
    CampaignStatus,
    Cause,
    Difference,
    Finding,
    Path,
    dotted,
    stamp,
    undotted,
)
from bmeconf.plan.model import Step
from bmeconf.project import KnownDrift, Policy

NAME_IT = "to take it away, name it once more, as under lists: or under tags: of structure:"


def check(
    planned: Sequence[Difference],
    steps: Sequence[Step],
    reading: Reading,
    policy: Policy,
    now: datetime,
) -> Iterator[Finding]:
    """Warnings of all three sorts."""
    yield from _staying(planned, reading.matches)
    yield from _going_out(planned, reading)
    yield from _undone(steps, policy, now)


def _staying(planned: Sequence[Difference], matches: Matches) -> Iterator[Finding]:
    every = matches.by_address.values()
    renamed = {n for m in every if m.status is Status.RENAMED_IN_MANIFESTS for n in m.names}
    for difference in planned:
        if names := [f'"{name}"' for name in difference.staying if name not in renamed]:
            message = f"keeps {', '.join(names)}, declared of it before, since no manifest names"
            message += " that any more"
            yield Finding("warning", STILL_MEMBER, difference.address, message, NAME_IT)


def _going_out(planned: Sequence[Difference], reading: Reading) -> Iterator[Finding]:
    """Warnings on campaigns that go out, and that no manifest declares a schedule of (any more).

    Of those without an entry only what the lock file knows is told.
    """
    kind = only(Scheduled)
    rows = {
        d.address: d.live.raw
        for d in planned
        if d.address.kind == kind.name
        and d.live
        and not (d.desired.intent.schedule or d.desired.intent.absent)
    }
    declared = reading.scope.whole.of_kind(kind.name)
    orphans = reading.section.remembered(kind.name, declared).orphans
    for row in reading.matches.unmanaged.get(kind.name, ()):
        if replies.id_of(row) in orphans and not reading.scope.left_out:
            rows[Address(kind.name, kind.key(row))] = row
    for address, row in rows.items():
        if row.get("status") == CampaignStatus.SCHEDULED:
            at = replies.instant_of(row.get("scheduledAt"))
            when = f" for {stamp(at)}, and goes out then" if at else ", and goes out"
            message = f"is scheduled{when}, though no manifest declares that"
            remedy = "to call it off, take its schedule back in the web app; if it is meant,"
            remedy += f" declare schedule: {{at: {stamp(at)}}}" if at else " declare its schedule:"
            yield Finding("warning", UNDECLARED_SCHEDULE, address, message, remedy)


def covers(entry: KnownDrift, address: Address, path: Path) -> bool:
    """Whether an entry is about a field, or about what that is a part of."""
    about = undotted(entry.field)
    return path[: len(about)] == about and matches(entry.address, address)


def _undone(steps: Sequence[Step], policy: Policy, now: datetime) -> Iterator[Finding]:
    """Warnings on edits by hand that the policy accepts, and that an apply would undo."""
    today = now.astimezone(UTC).date()
    for entry in policy.known_drift:
        if entry.expires < today:
            continue
        who = f", {entry.owner}" if entry.owner else ""
        for step in steps:
            moved = [c for c in step.changes if c.cause is not Cause.PENDING]
            fields = [dotted(c.path) for c in moved if covers(entry, step.address, c.path)]
            if fields and step.action == UPDATE:
                message = f"{', '.join(fields)}: undoes what is accepted until {entry.expires}:"
                message += f" {entry.reason}{who}"
                remedy = "declare what is live first, as `bmeconf drift --adopt` does; if it is"
                remedy += " over, remove the entry of policy: known_drift"
                yield Finding("warning", "undoes_known_drift", step.address, message, remedy)
