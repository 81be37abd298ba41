"""Both sides of a comparison -> a Plan: the only maker of one, and of a whole one. Pure.

The order comes from references, never from the files; deletes come after everything else, in
reverse. References stay symbolic until `apply` knows the id (design 5, 7.11).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from bmeconf.kinds import (
    KINDS,
    Audience,
    Batched,
    Dialect,
    Kind,
    Member,
    Raw,
    Scheduled,
    ScheduleEvidence,
    replies,
)
from bmeconf.live import Matches, Reading, doubts
from bmeconf.model import (
    DEAD_SEED,
    DELETE,
    DONE,
    NOWHERE,
    OFF,
    UPDATE,
    Address,
    Difference,
    Finding,
    Intent,
    Manual,
    Place,
    first_of,
    nested,
)
from bmeconf.plan import audience, diff, guard, mails, moment, order, preconditions, unexpected
from bmeconf.plan.model import AccountId, Pin, Plan, Price, Source, Step
from bmeconf.project import Policy

MOST_NAMED = 3
DEAD_SEED_REMEDY = "use another seed address, or declare what holds: status: Inactive"
LOOK = "compare in the web app where it matters"
LONG_AGO, FAR_AHEAD = timedelta(days=2 * 365), timedelta(days=10 * 365)
"""How far off the time of a manual step is, that nobody is likely to mean."""


def build(
    reading: Reading,
    policy: Policy,
    base_url: str,
    source: Source,
    spent: Price,
    now: datetime,
    *,
    account_name: str = "",
    dialect: Dialect | None = None,
    show_unmanaged: bool = False,
    lint: Sequence[Finding] = (),
) -> Plan:
    """The plan of what was read, with everything that an apply or a reader needs.

    `base_url` and `account_name` tell the account, `source` the files; `spent` are the requests of
    the reading. `dialect` has the sizes in which it was read. `lint` is what is wrong with the
    mails that the files declare.
    """
    id_map, unmanaged = reading.account.id_map, reading.account.unmanaged
    differences = diff.compare(reading)
    planned = [d for d in differences if not reading.matches[d.address].blocked]
    possible = [d for d in planned if d.action is not None and refusal(d) is None]
    kept, unreachable = order.reachable(possible, reading)
    steps = _steps(order.ordered(kept, id_map), reading)
    reaches = audience.planned(steps, reading)
    manual = tuple(step for each in differences for step in _manual(each, reading, now))
    findings = (
        *reading.findings,
        *(f for r in reading.desired for f in doubts.every(r, reading.matches[r.address])),
        *_leveled((f for each in planned for f in _findings(each)), policy),
        *_believed(planned),
        *(finding for step in manual for finding in _far_off(step, now)),
        *unreachable,
        *_leveled(audience.empty(steps, reading), policy),
        *guard.check(steps, reading, policy),
        *_leveled(unexpected.check(planned, steps, reading, policy, now), policy),
        *moment.fresh(steps, reading, policy, reaches, now),
        *mails.findings(lint, reading, policy.lint),
    )
    watched = {step.address for step in manual}
    for reach in reaches:
        watched.update((reach.address, *reach.lists_before, *reach.lists_after))
    return Plan(
        created_at=now,
        account=AccountId(base_url, id_map.account(base_url), account_name),
        source=source,
        steps=steps,
        manual=manual,
        findings=by_severity(findings),
        in_sync=sum(not (d.action or d.unreadable) for d in planned),
        unmanaged={kind: len(names) for kind, names in unmanaged.items()},
        left_out=reading.scope.left_out,
        price=_price(steps, spent, reading.matches, dialect or Dialect()),
        preconditions=preconditions.of(steps, reading, watched),
        unmanaged_names=unmanaged if show_unmanaged else {},
        places={str(r.address): r.intent.place for r in reading.desired if r.intent.place},
        differences=differences,
        audience=reaches,
    )


def _leveled(findings: Iterable[Finding], policy: Policy) -> Iterator[Finding]:
    """`findings`, those beside steps at the levels of `policy.lint`."""
    for finding in findings:
        level = finding.level
        if finding.is_aside:
            level = policy.lint.levels.get(finding.code, level)
        if level != OFF:
            yield finding._replace(level=level)


def by_severity(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once, errors first."""
    levels = ("error", "warning", "note")

    def rank(finding: Finding) -> tuple[int, str, str, Place, str]:
        place = finding.place or NOWHERE
        address = str(finding.address)
        return levels.index(finding.level), address, finding.code, place, finding.message

    return tuple(sorted(set(findings), key=rank))


def rewritten(address: Address, fields: Sequence[str]) -> Finding:
    """The finding on declared fields that the service changed into words of its own."""
    message = (
        f"the service rewrote {', '.join(fields)} of it in the way it is known to, and so it counts"
        " as in sync; where links were rewritten, a changed link could not be told apart"
    )
    return Finding("warning", "rewritten", address, message, LOOK)


def refusal(difference: Difference) -> Finding | None:
    """Why the kind refuses this update or delete, None where it does not."""
    if difference.action not in (UPDATE, DELETE) or difference.live is None:
        return None
    kind = KINDS[difference.address.kind]
    return kind.refusal(difference.desired, difference.live, difference.changes)


def _findings(difference: Difference) -> Iterator[Finding]:
    address, hidden = difference.address, ", ".join(difference.unreadable)
    if hidden:
        message = f"the API does not show {hidden} of it, so that a difference there is not seen"
        yield Finding("warning", "unreadable", address, message, LOOK)
    if difference.rewritten:
        yield rewritten(address, difference.rewritten)
    if found := refusal(difference):
        yield found
    elif status := _unreached(difference):
        message = f"gets no mail any more: the account has it as {status}"
        yield Finding("warning", DEAD_SEED, address, message, DEAD_SEED_REMEDY)


def _believed(planned: Sequence[Difference]) -> Iterator[Finding]:
    """One note on all that only the lock file says is as declared: it may be forged."""
    told = [f"{d.address} ({', '.join(d.believed)})" for d in planned if d.believed]
    if told:
        first = next(d.address for d in planned if d.believed)
        message = "what the account shows is not what is declared, and only the lock file says that"
        message += f" the service made it so: {first_of(told, MOST_NAMED)}"
        yield Finding("note", "believed", first, message, f"{LOOK}, or delete the lock file")


def _unreached(difference: Difference) -> str:
    kind, desired, live = KINDS[difference.address.kind], difference.desired, difference.live
    if live is None or desired.intent.absent or not isinstance(kind, Member):
        return ""
    return kind.unreached(desired, live)


def _steps(ordered: Sequence[order.Waiting], reading: Reading) -> tuple[Step, ...]:
    ids = {difference.address: str(n) for n, (difference, _) in enumerate(ordered, 1)}
    return tuple(
        _step(difference, reading)._replace(
            id=ids[difference.address],
            depends_on=tuple(sorted((ids[address] for address in waits), key=int)),
        )
        for difference, waits in ordered
    )


def _step(difference: Difference, reading: Reading) -> Step:
    kind, id_map = KINDS[difference.address.kind], reading.account.id_map
    live, changes = difference.live, difference.changes
    step = Step("", difference.address, difference.action or "", changes=changes)
    if live is None:
        intent = difference.desired.intent
        origin = Intent(copy_of=intent.copy_of, merge_of=tuple(sorted(intent.merge_of)))
        calls = tuple(kind.create_calls(id_map, nested(changes), origin))
        copied = reading.account.sources.get(intent.copy_of) if intent.copy_of else None
        source = _pin(kind, copied.raw) if copied else None
        return step._replace(calls=calls, intent=origin, source=source)
    pin = _pin(kind, live.raw)
    if difference.action == DELETE:
        uses = {key: count for key, count in live.facts.items() if type(count) is int}
        calls = tuple(kind.delete_calls(id_map, pin.id))
        return step._replace(pin=pin._replace(uses=uses), calls=calls, usage=kind.usage(live))
    enforced = kind.enforces(changes) and pin.version is not None
    calls = tuple(kind.update_calls(id_map, pin.id, changes))
    return step._replace(pin=pin, calls=calls, check="enforced" if enforced else "checked")


def _pin(kind: Kind, raw: Raw) -> Pin:
    content = replies.digest(kind.pin_content(raw))
    return Pin(replies.id_of(raw), replies.version_of(raw), content)


def _manual(difference: Difference, reading: Reading, now: datetime) -> Iterable[Manual]:
    """The manual steps of one resource.

    A name alone does not tell which campaign a schedule is about: another may have it by now. The
    lock file knows the id, and what it knows is judged even where nothing can be planned
    (design 7.3, 7.9).
    """
    address, section, id_map = difference.address, reading.section, reading.account.id_map
    kind = KINDS[address.kind]
    if not isinstance(kind, Scheduled) or difference.desired.intent.absent:
        return ()
    match, live, doubt = reading.matches[address], difference.live, ""
    if not match.identified and match.row is None:
        live, doubt = reading.account.remembered.get(address), doubts.code(match.status)
    evidence = ScheduleEvidence(live, doubt=doubt)
    entry = (section.of(address, live.id) if live else None) or section.at(address)
    if entry is not None:
        replaced, former = live is None or entry.id != live.id, ""
        if replaced and id_map.knows(address.kind, entry.id):
            former = id_map.address(address.kind, entry.id).name or entry.id
        evidence = ScheduleEvidence(live, entry.scheduled, doubt, replaced, former)
    return kind.manual(difference.desired, evidence, now)


def _far_off(manual: Manual, now: datetime) -> Iterator[Finding]:
    """A note on a time that is years off, where the account does not prove it."""
    ahead = manual.due - now
    if manual.state != DONE and not -LONG_AGO < ahead < FAR_AHEAD:
        years, way = abs(ahead).days // 365, "ahead" if ahead > timedelta() else "ago"
        message = f"schedule.at is {manual.due.date()}, {years} years {way}"
        remedy = "correct the year, or take the schedule out if it is over"
        yield Finding("note", "far_schedule", manual.address, message, remedy, "schedule")


def _price(steps: Sequence[Step], spent: Price, matches: Matches, dialect: Dialect) -> Price:
    """The whole price; `spent` has the requests that reading took, and those that are left.

    Reading back costs as much as where all reads back as written. `matches` tell how long a
    listing is.
    """
    verify, check = 0, 1
    for kind in KINDS.values():
        count = sum(step.address.kind == kind.name for step in steps)
        together = count
        if isinstance(kind, Batched):
            together = kind.batch_price(count, dialect.search_batch)
        verify += min(count, together) if count else 0
        ids, keys = preconditions.looked_at(kind, steps)
        live = len(matches.rows(kind.name)) + len(matches.unmanaged.get(kind.name, ()))
        check += kind.look_price(len(ids), len(keys), live, dialect)
    if not any(isinstance(KINDS[step.address.kind], Audience) for step in steps):
        verify += any(step.recipients() for step in steps)
    return spent._replace(write=sum(len(s.calls) for s in steps), verify=verify, check=check)
