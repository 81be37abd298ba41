"""The limits of the policy at the moment of the first write (design 10).

In: the plan, and what is known of the account. Out: the plan with the findings of now.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bmeconf.apply.checks import Looked
from bmeconf.apply.model import ApplyOptions
from bmeconf.kinds import Audience, IdMap, ReadApi, only
from bmeconf.live import Reading, upcoming
from bmeconf.model import Finding
from bmeconf.plan import Acknowledged, Plan, acknowledge, moment
from bmeconf.project import Policy


@dataclass(frozen=True)
class Limits:
    """A policy, and what the operator lets through, at the time `now`."""

    policy: Policy
    allowed: Acknowledged
    now: datetime

    def on_fresh(self, plan: Plan, reading: Reading) -> Plan:
        """`plan`, made of `reading`, with the findings of this moment.

        Raises:
            Guarded: where one of them is not acknowledged.
            InvalidInput: where an acknowledgement matches nothing.
        """
        return self._held(plan, moment.later(plan, reading, self.policy, self.now))

    def on_saved(
        self, api: ReadApi, plan: Plan, id_map: IdMap, options: ApplyOptions, looked: Looked
    ) -> Plan:
        """`plan` with the findings of this moment, after a look at what its steps are about.

        Raises:
            Guarded, InvalidInput: as `on_fresh` does.
            ApiError, Refused, LimitReached: where they cannot be told.
        """
        policy, now, done = self.policy, self.now, options.done
        left = [step for step in plan.steps if step.id not in done]
        made = {step.address: done[step.id] for step in plan.steps if done.get(step.id)}
        id_map, audience = id_map.with_ids(made), only(Audience)
        lists = looked.get(audience.name)
        if lists is None:
            unread = moment.needs_sizes(plan, policy)
            lists = audience.look(api, id_map, [id_map.structure_id], []) if unread else {}
        soon = policy.quiet_before_send
        sent = upcoming.read(api, id_map, now, soon) if soon is not None and left else ()
        seen = {**looked, audience.name: lists}
        return self._held(plan, moment.saved(plan, left, policy, now, id_map, seen, sent))

    def _held(self, plan: Plan, fresh: Iterable[Finding]) -> Plan:
        held = acknowledge.lowered(plan, self.allowed, fresh)
        acknowledge.hold(held, self.allowed, plan.findings)
        return held
