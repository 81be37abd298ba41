"""The people that drafts reach: steps, lists with their sizes -> `Reach`es, and findings. Pure.

Both numbers of a `Reach` are upper bounds: who is on several lists of a draft is on each of them
(API contract 4.3).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import NamedTuple

from bmeconf.kinds import KINDS, Audience, Mailing, Member, Raw, only, replies
from bmeconf.live import Reading
from bmeconf.model import (
    CREATE,
    DELETE,
    EMPTY_AUDIENCE,
    Address,
    CampaignStatus,
    Code,
    Finding,
    Snapshot,
    counted,
    shell_line,
)
from bmeconf.plan.model import Plan, Reach, Step
from bmeconf.project import Policy

ALLOW = "--allow-audience"
EMPTY_REMEDY = "put contacts on it, or name the list that has them"
Lists = tuple[Address, ...]
Recipients = Callable[[Address], Lists | None]
"""The lists that a live campaign goes to, None where they are not shown."""
Size = Callable[[Address], int | None]
"""How many contacts are on a list, None where that is not shown; 0 where there is no list."""


class Sizes(NamedTuple):
    """The live lists of this moment, as `rows` show them; `id` tells the id behind an address."""

    rows: Iterable[Raw]
    id: Callable[[Address], str | None]

    def live(self) -> Size:
        """The size of each list as it is."""
        kind = only(Audience)
        by_id = {replies.id_of(row): kind.size(row) for row in self.rows}

        def size(address: Address) -> int | None:
            known = self.id(address)
            return 0 if known is None else by_id.get(known)

        return size


def planned(
    steps: Sequence[Step], reading: Reading, rows: Iterable[Raw] | None = None
) -> tuple[Reach, ...]:
    """The declared drafts whose recipients a plan changes: the lists, or who is on these.

    `rows` are the live lists, where they were read again since `reading`.
    """
    kind, account = only(Mailing), reading.account
    known = {**account.sources, **account.resources.resources}

    def recipients(address: Address) -> Lists | None:
        campaign = known.get(address)
        return campaign.fields.get(kind.recipients) if campaign else None

    written = {step.address for step in steps}
    kept = [
        (campaign.address, recipients(campaign.address))
        for campaign in reading.desired.of_kind(kind.name)
        if campaign.address not in written
        and (there := account.resources.get(campaign.address))
        and there.facts.get("status") == CampaignStatus.DRAFT
    ]
    rows = _listed(reading) if rows is None else rows
    return _reaches(steps, kept, recipients, Sizes(rows, account.id_map.id).live())


def empty(steps: Sequence[Step], reading: Reading) -> Iterator[Finding]:
    """A warning on each declared draft with a list that nobody is on, also once all is applied.

    What is declared and out of scope is applied another time.
    """
    kind, account, own = only(Mailing), reading.account, {step.address: step for step in steps}
    member, desired = only(Member), reading.desired
    left_out = (r for r in reading.scope.whole.of_kind(member.name) if not desired.get(r.address))
    joined = {
        each
        for contact in left_out
        if not contact.intent.absent
        for each in contact.fields.get(member.membership) or ()
    }
    after = _Planned(steps, Sizes(_listed(reading), account.id_map.id).live())
    for campaign in reading.desired.of_kind(kind.name):
        address, live = campaign.address, account.resources.get(campaign.address)
        is_draft = live.facts.get("status") == CampaignStatus.DRAFT if live else address in own
        if campaign.intent.absent or not is_draft:
            continue
        shown = live.fields.get(kind.recipients) if live else None
        lists = campaign.fields.get(kind.recipients, shown) or ()
        names = [
            each.name
            for each in lists
            if each not in joined and after.is_empty(each, account.id_map.id(each))
        ]
        if names:
            yield nobody_there(address, names)


def nobody_there(campaign: Address, lists: Sequence[str]) -> Finding:
    """The finding on a draft that goes to lists without contacts."""
    message = f"goes to {', '.join(lists)}, and nobody is on {'it' if len(lists) == 1 else 'them'}"
    field = only(Mailing).recipients
    return Finding("warning", EMPTY_AUDIENCE, campaign, message, EMPTY_REMEDY, field)


def _listed(reading: Reading) -> Iterable[Raw]:
    matches, name = reading.matches, only(Audience).name
    return (*matches.rows(name).values(), *matches.unmanaged.get(name, ()))


def now(
    plan: Plan, left: Sequence[Step], recipients: Recipients, sizes: Sizes
) -> tuple[Reach, ...]:
    """The same of the steps that are `left` of a saved plan, at this moment.

    What a step writes counts, whatever the plan says of it; of drafts without a step only the plan
    can tell.
    """
    written = {step.address for step in plan.steps}
    kept = [(r.address, r.lists_after) for r in plan.audience if r.address not in written]
    return _reaches(left, kept, recipients, sizes.live())


def _reaches(
    steps: Sequence[Step],
    kept: Iterable[tuple[Address, Lists | None]],
    recipients: Recipients,
    size: Size,
) -> tuple[Reach, ...]:
    """The drafts that the steps write, and those that are `kept` as they are, with their lists."""
    after, own = _Planned(steps, size), {step.address: step for step in steps}

    known: dict[Address, Lists | None] = {}

    def goes_to(address: Address) -> Lists | None:
        found, passed = address, set()
        # A copy goes where its source goes, which may be a copy in turn.
        while found not in known:
            # A plan file may be forged: its copies may go round in a ring.
            step = None if found in passed else own.get(found)
            passed.add(found)
            sets = _set(step) if step else None
            source = step.intent.copy_of if step and step.action == CREATE else None
            if sets is None and source:
                found = source
            elif sets is None and (step is None or step.action != CREATE):
                known[found] = recipients(found)
            else:
                known[found] = sets[1] if sets else ()
        known.update(dict.fromkeys(passed, known[found]))
        return known[address]

    found = []
    sides: list[tuple[Address, Lists | None, Lists | None, bool]]
    sides = [(address, lists, lists, False) for address, lists in kept]
    for step in steps:
        if isinstance(KINDS[step.address.kind], Mailing) and step.action != DELETE:
            new, lists, address = step.action == CREATE, _set(step), step.address
            live = () if new else lists[0] if lists else recipients(address)
            sides.append((address, live, goes_to(address), new))
    for address, before, later, new in sides:
        if before != later or any(map(after.moves, later or ())):
            numbers = _total(before, size), _total(later, after.size)
            found.append(Reach(address, before or (), later or (), *numbers, new=new))
    return tuple(found)


class _Planned:
    """The sizes of lists once the steps are done."""

    def __init__(self, steps: Sequence[Step], size: Size) -> None:
        self._size, self._joined = size, _joined(steps)
        lists = [step for step in steps if isinstance(KINDS[step.address.kind], Audience)]
        self._made = {s.address: s.intent.origins for s in lists if s.action == CREATE}
        self._gone = {step.address for step in lists if step.action == DELETE}
        self._starts: dict[Address, int | None] = {}
        # The steps make a list after those that it is made of.
        for address, origins in self._made.items():
            self._starts[address] = _total(origins, self._begins)

    def size(self, address: Address) -> int | None:
        """The size of one list."""
        if address in self._gone:
            return 0
        before = self._begins(address)
        return None if before is None else max(0, before + self._joined[address])

    def _begins(self, address: Address) -> int | None:
        """The size of a list before a contact moves or a list is deleted.

        A new one begins with all who are on those that it is made of: it is made before that.
        """
        return self._starts[address] if address in self._starts else self._size(address)

    def is_empty(self, address: Address, id: str | None) -> bool:
        """True if a list is there, with this id or as the steps make it, and nobody is on it."""
        there = (id and address not in self._gone) or address in self._made
        return bool(there) and self.size(address) == 0

    def moves(self, address: Address) -> bool:
        """True if the steps change who is on a list that is there."""
        return bool(self._joined[address]) or address in self._gone


def _joined(steps: Iterable[Step]) -> Counter[Address]:
    """How many contacts the steps put on each list, less those that they take off."""
    joined: Counter[Address] = Counter()
    for step in steps:
        kind = KINDS[step.address.kind]
        for change in step.changes:
            if isinstance(kind, Member) and change.path == (kind.membership,):
                joined.update(change.after or ())
                joined.subtract(change.before or ())
    return joined


def _set(step: Step) -> tuple[Lists, Lists] | None:
    """The recipients that a step takes and gives, None where it sets none."""
    field = only(Mailing).recipients
    sides = [(c.before or (), c.after or ()) for c in step.changes if c.path == (field,)]
    return sides[0] if sides else None


def _total(lists: Lists | None, size: Size) -> int | None:
    counts = [size(address) for address in lists or ()]
    numbers = [count for count in counts if count is not None]
    return sum(numbers) if lists is not None and len(numbers) == len(counts) else None


# --- limits


def is_limited(policy: Policy) -> bool:
    """True if a policy limits how many people a draft may reach."""
    return policy.max_audience is not None or policy.audience_growth is not None


def needs_sizes(policy: Policy, desired: Snapshot) -> bool:
    """True if a plan of what is `desired` can only be judged by the sizes of all lists."""
    kind = only(Mailing)
    sent = (c.fields.get(kind.recipients) or c.intent.copy_of for c in desired.of_kind(kind.name))
    return is_limited(policy) and any(sent)


def findings(
    reaches: Iterable[Reach], policy: Policy, reviewed: Iterable[Reach] = ()
) -> Iterator[Finding]:
    """Errors for drafts that reach more people than the policy allows.

    From the numbers that were `reviewed` in a saved plan they must not have grown by more either.
    """
    before = {reach.address: reach for reach in reviewed}
    for reach in reaches:
        after, least = reach.after, _least(reach, before.get(reach.address))
        most, growth = policy.max_audience, policy.audience_growth
        set = reach.new or reach.lists_before != reach.lists_after
        if not is_limited(policy) or (not set and _shrinks(reach)):
            continue
        if after is None or (growth is not None and least is None and not reach.new):
            message = "the account does not show how many contacts its lists have, and the policy"
            yield _finding(reach, "audience_unknown", f"{message} limits how many it may reach")
            continue
        if most is not None and after > most:
            message = f"would reach {counted(after, 'contact')}, and the policy allows {most}"
            yield _finding(reach, "audience", message)
        if growth is not None and least is not None and after * 100 > least * (100 + growth):
            message = f"would reach {counted(after, 'contact')} in place of {least}, and the policy"
            yield _finding(reach, "audience_growth", f"{message} allows a growth of {growth}%")


def _shrinks(reach: Reach) -> bool:
    return None not in (reach.before, reach.after) and (reach.after or 0) <= (reach.before or 0)


def _least(reach: Reach, reviewed: Reach | None) -> int | None:
    """The smallest number from which a draft's audience must not grow too much; None if none is."""
    numbers = [] if reach.new else [reach.before]
    if reviewed:
        numbers += [reviewed.after] if reviewed.new else [reviewed.before, reviewed.after]
    known = [number for number in numbers if number is not None]
    return min(known) if known and reach.before is not None else None


def _finding(reach: Reach, code: Code, message: str) -> Finding:
    allow = (ALLOW, str(reach.address))
    remedy = "send to fewer, or raise the limit under policy: in bmeconf.yaml; once it is certain,"
    remedy += f" apply with {shell_line(allow)}"
    return Finding("error", code, reach.address, message, remedy, allow=allow)
