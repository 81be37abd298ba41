"""The limits of the policy at the moment of the first write (design 10).

In: the plan, and what is known of the account. Out: the plan with the findings of now.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bmeconf.apply.checks import Looked
from bmeconf.apply.model import ApplyOptions
from bmeconf.kinds import Audience, IdMap, Raw, ReadApi, only, replies
from bmeconf.live import Reading, upcoming
from bmeconf.model import Finding, Resource
from bmeconf.plan import Acknowledged, Plan, acknowledge, moment
from bmeconf.project import Policy

LATER = timedelta(minutes=1)
"""So long after its reading a plan is judged by another look at the account."""


@dataclass(frozen=True)
class Limits:
    """A policy, and what the operator lets through, by a clock."""

    policy: Policy
    allowed: Acknowledged
    clock: Callable[[], datetime]

    def on_fresh(self, api: ReadApi, plan: Plan, reading: Reading) -> Plan:
        """`plan`, made of `reading`, with the findings of this moment: somebody confirmed it.

        Raises:
            PlanRefused: where one of them is not acknowledged.
            InvalidInput: where an acknowledgement matches nothing.
            ApiError, Refused, LimitReached: where they cannot be told.
        """
        policy, now, lists = self.policy, self.clock(), None
        if now - plan.created_at > LATER:
            id_map = reading.account.id_map
            lists = self._lists(api, plan, id_map)
            sent = self._sent(api, id_map, now)
            reading = reading._replace(account=reading.account._replace(upcoming=sent))
        return self._held(plan, moment.later(plan, reading, policy, now, lists))

    def on_saved(
        self, api: ReadApi, plan: Plan, id_map: IdMap, options: ApplyOptions, looked: Looked
    ) -> Plan:
        """`plan` with the findings of this moment, after a look at what its steps are about.

        Raises:
            PlanRefused, InvalidInput, ApiError, Refused, LimitReached: as `on_fresh` does.
        """
        policy, now, done = self.policy, self.clock(), options.done
        left = [step for step in plan.steps if step.id not in done]
        made = {step.address: done[step.id] for step in plan.steps if done.get(step.id)}
        id_map, audience = id_map.with_ids(made), only(Audience)
        lists = looked.get(audience.name)
        if lists is None:
            lists = {replies.id_of(row): row for row in self._lists(api, plan, id_map) or ()}
        sent = self._sent(api, id_map, now) if left else ()
        seen = {**looked, audience.name: lists}
        return self._held(plan, moment.saved(plan, left, policy, now, id_map, seen, sent))

    def _lists(self, api: ReadApi, plan: Plan, id_map: IdMap) -> Sequence[Raw] | None:
        """The live lists, None where no limit depends on their sizes."""
        needed = moment.needs_sizes(plan, self.policy)
        return only(Audience).all_rows(api, id_map) if needed else None

    def _sent(self, api: ReadApi, id_map: IdMap, now: datetime) -> tuple[Resource, ...]:
        """The campaigns that are sent soon, where they have a quiet time."""
        soon = self.policy.quiet_before_send
        return () if soon is None else upcoming.read(api, id_map, now, soon)

    def _held(self, plan: Plan, fresh: Iterable[Finding]) -> Plan:
        held = acknowledge.lowered(plan, self.allowed, fresh)
        acknowledge.hold(held, self.allowed, plan.findings)
        return held
