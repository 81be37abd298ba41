"""Guards that the moment decides: how many people drafts reach, and when nothing is written. Pure.

A plan is judged by them when it is made, and again at the moment of an apply (design 10).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from bmeconf.kinds import KINDS, Audience, IdMap, Mailing, Member, Raw, only
from bmeconf.live import Reading
from bmeconf.model import Address, Finding, Resource
from bmeconf.plan import audience, freeze
from bmeconf.plan.audience import Lists
from bmeconf.plan.model import Pin, Plan, Reach, Step
from bmeconf.project import Policy


def fresh(
    steps: Sequence[Step],
    reading: Reading,
    policy: Policy,
    reaches: Sequence[Reach],
    now: datetime,
) -> tuple[Finding, ...]:
    """The findings on a plan that is made of `reading` now."""
    return (*audience.findings(reaches, policy), *_timed(steps, reading, policy, now))


def later(
    plan: Plan, reading: Reading, policy: Policy, now: datetime, lists: Iterable[Raw] | None
) -> tuple[Finding, ...]:
    """The findings on a plan that was made of `reading`, and may have taken time to confirm.

    `lists` are the live ones, where they were read again.
    """
    reaches = audience.planned(plan.steps, reading, lists)
    limited = audience.findings(reaches, policy, plan.audience)
    return (*limited, *_timed(plan.steps, reading, policy, now))


def saved(
    plan: Plan,
    left: Sequence[Step],
    policy: Policy,
    now: datetime,
    id_map: IdMap,
    looked: Mapping[str, Mapping[str, Raw]],
    upcoming: Sequence[Resource],
) -> tuple[Finding, ...]:
    """The findings on the steps that are `left` of a saved plan, by what the account is by now.

    `looked` has live objects by kind and id, `upcoming` the campaigns that are about to be sent.
    """
    mailing, member = only(Mailing), only(Member)
    pins = {step.address: step.pin for step in plan.steps if step.pin}
    for step in plan.steps:
        if step.intent.copy_of and step.source:
            pins[step.intent.copy_of] = step.source

    def held(address: Address, pin: Pin | None, kind: Mailing | Member, field: str) -> Lists | None:
        row = looked.get(kind.name, {}).get(pin.id) if pin else None
        return kind.live(row, address, id_map).fields.get(field) if row else None

    sizes = audience.Sizes(looked[only(Audience).name].values(), id_map.id)
    reaches = audience.now(
        plan, left, lambda a: held(a, pins.get(a), mailing, mailing.recipients), sizes
    )
    quiet = freeze.quiet(
        left,
        policy,
        now,
        upcoming,
        id_map,
        lambda step: held(step.address, step.pin, member, member.membership),
    )
    return (
        *audience.findings(reaches, policy, plan.audience),
        *freeze.windows(left, policy, now),
        *quiet,
    )


def needs_sizes(plan: Plan, policy: Policy) -> bool:
    """True if a saved plan can only be judged by the sizes of the lists of this moment."""
    drafts = any(isinstance(KINDS[step.address.kind], Mailing) for step in plan.steps)
    return audience.is_limited(policy) and bool(drafts or plan.audience)


def _timed(
    steps: Sequence[Step], reading: Reading, policy: Policy, now: datetime
) -> tuple[Finding, ...]:
    account, field = reading.account, only(Member).membership

    def memberships(step: Step) -> Lists | None:
        live = account.resources.get(step.address)
        return live.fields.get(field) if live else None

    quiet = freeze.quiet(steps, policy, now, account.upcoming, account.id_map, memberships)
    return (*freeze.windows(steps, policy, now), *quiet)
