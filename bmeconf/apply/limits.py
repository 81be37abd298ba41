"""The limits of the policy at the moment of a saved plan's first write (design 10).

In: the plan, and the live objects of the first look. Out: the plan with the findings of now.
"""

from __future__ import annotations

from collections.abc import Mapping

from bmeconf.apply.checks import Looked
from bmeconf.kinds import Audience, IdMap, ReadApi, only
from bmeconf.plan import Acknowledged, Plan, acknowledge, guard
from bmeconf.project import Policy


def hold(
    api: ReadApi,
    policy: Policy,
    allowed: Acknowledged,
    plan: Plan,
    id_map: IdMap,
    done: Mapping[str, str],
    looked: Looked,
) -> Plan:
    """`plan` with the findings of this moment in the place of those it was made with.

    `done` are the steps of earlier runs, with the ids they made.

    Raises:
        Guarded: where one of them is not acknowledged.
        InvalidInput: where an acknowledgement matches nothing.
        ApiError, Refused, LimitReached: where they cannot be told.
    """
    left = [step for step in plan.steps if step.id not in done]
    made = {step.address: done[step.id] for step in plan.steps if done.get(step.id)}
    id_map, audience = id_map.with_ids(made), only(Audience)
    lists = looked.get(audience.name)
    if lists is None:
        unread = guard.needs_sizes(plan, policy)
        lists = audience.look(api, id_map, [id_map.structure_id], []) if unread else {}
    fresh = guard.now(plan, left, policy, id_map, {**looked, audience.name: lists})
    held = acknowledge.lowered(plan, allowed, fresh)
    acknowledge.hold(held, allowed, plan.findings)
    return held
