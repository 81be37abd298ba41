"""What the account tells, by four requests that only read, and what it takes to look at seeds.

The first is made alone: after a refused key no other is sent, since each attempt prolongs a block
(API contract 3.2). The others are made side by side. Scopes: API contract 1.3; headers: 3.2.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from bmeconf.client import Budget, Reader
from bmeconf.doctor import declared
from bmeconf.doctor.access import skipped
from bmeconf.doctor.model import Check, State, checked
from bmeconf.kinds import IdMap, Mailing, Raw, Singleton, only
from bmeconf.live import details
from bmeconf.model import Snapshot, counted
from bmeconf.model.errors import BmeconfError, Interrupted, LimitReached, Refused, ScopeMissing
from bmeconf.plan import guard

ACCEPTED, REPORTS = "key accepted", "/api/reports/dashboard"
MOST_SKEW = 60.0
"""Seconds that the clock of this machine may differ from that of the service."""
LITTLE = 0.1
"""The part of a limit below which little is left of it."""
UNKNOWN, UNTOLD = "not asked, since the first request failed", "no reply says how much is left"
WITHOUT_WRITING = "cannot be told without writing"
KEYS_PAGE = "Settings > API Keys shows the scopes of a key"
LACKS = {
    "contacts:read": "plans need it where anything is declared",
    "contacts:write": "`apply` needs it to write structure, lists and contacts",
    "campaigns:read": "plans need it where campaigns are declared",
    "campaigns:write": "`apply` needs it to write campaigns",
    "reports:read": "only `report` needs it",
    "domains:read": "without it plans cannot check the domains of senders",
}
"""Each scope, and who misses it."""
ACCOUNT = ("contact structure", "sending domains")
NAMES = (
    ACCEPTED,
    *(f"scope {scope}" for scope in LACKS),
    "hour",
    "month",
    "clock",
    *ACCOUNT,
    *declared.NAMES,
)


def examine(reader: Reader, desired: Snapshot) -> tuple[Check, ...]:
    """The checks of the account that `reader` opened; `desired` is what the manifests declare.

    Raises:
        Interrupted: a person ended a wait.
    """
    structure, mailing = only(Singleton), only(Mailing)
    rows = _attempt(partial(reader.listing, structure.root))
    limits = partial(_limits, reader.budget)
    if isinstance(rows, BmeconfError) and not isinstance(rows, ScopeMissing):
        scopes = skipped(UNKNOWN, [f"scope {scope}" for scope in LACKS])
        refused = Check.failed(ACCEPTED, rows)
        return (refused, *scopes, *limits(), *skipped(UNKNOWN, (*ACCOUNT, *declared.NAMES)))
    campaigns, reports, domains = reader.together(
        [
            partial(_attempt, partial(reader.get, mailing.root, {"page": 1, "size": 1})),
            partial(_attempt, partial(reader.get, REPORTS, {"pastDays": 1})),
            partial(_attempt, partial(reader.listing, details.DOMAINS)),
        ]
    )
    mail = bool(desired.of_kind(mailing.name))
    others = len(desired) > len(desired.of_kind(mailing.name))
    people = _people(reader, rows, desired)
    return (
        Check(ACCEPTED, State.OK, "the service takes the key"),
        _scope("contacts:read", rows, len(desired) > 0),
        _scope("contacts:write", rows, others),
        _scope("campaigns:read", campaigns, mail),
        _scope("campaigns:write", campaigns, mail),
        _scope("reports:read", reports, False),
        _scope("domains:read", domains, False),
        *limits(),
        checked(ACCOUNT[0], partial(_structure, rows, desired)),
        checked(ACCOUNT[1], partial(_domains, domains, desired)),
        *people,
    )


def _people(
    reader: Reader, rows: Sequence[Raw] | BmeconfError, desired: Snapshot
) -> tuple[Check, ...]:
    """Whether mail reaches the declared seeds, and drafts somebody."""
    kind = only(Singleton)
    if isinstance(rows, BmeconfError):
        return tuple(skipped("needs the scope contacts:read", declared.NAMES))
    picked = _attempt(partial(kind.pick, rows, desired.of_kind(kind.name)))
    if isinstance(picked, BmeconfError):
        return tuple(skipped("the contact structure is not known", declared.NAMES))
    id_map = IdMap.of(picked)
    looks = zip(declared.NAMES, (declared.seeds, declared.recipients), strict=True)
    return tuple(checked(name, partial(look, reader, id_map, desired)) for name, look in looks)


def _attempt(call: Callable[[], Any]) -> Any:
    """What a call returns, or the expected error that it raises."""
    try:
        return call()
    except Interrupted:
        raise
    except BmeconfError as error:
        return error


def _scope(scope: str, answer: Any, needed: bool) -> Check:
    """A scope, by the answer to a read that it allows: a write scope includes the read scope."""
    name = f"scope {scope}"
    if isinstance(answer, ScopeMissing):
        message = f"the key lacks it; {LACKS[scope]}"
        error = ScopeMissing(message, answer.remedy.replace("it names", scope))
        if needed:
            return Check.failed(name, error)
        return Check(name, State.WARNING, message, error.remedy)
    if isinstance(answer, Refused) and not needed:
        return Check(name, State.WARNING, answer.message, answer.remedy)
    if isinstance(answer, BmeconfError):
        return Check.failed(name, answer)
    if scope.endswith(":write"):
        return Check(name, State.SKIPPED, WITHOUT_WRITING, KEYS_PAGE)
    return Check(name, State.OK, "the key has it")


def _limits(budget: Budget) -> tuple[Check, Check, Check]:
    """What is left of hour and month, as the last replies say, and the clock beside theirs."""
    minutes = budget.hour.until_reset(budget.clock()) / 60
    resets = f", for another {minutes:.0f} min" if minutes else ""
    hour = _left("hour", budget.hour_left, budget.hour.limit, resets)
    return hour, _left("month", budget.month_left, budget.month_limit, ""), _clock(budget)


def _left(name: str, left: int | None, limit: int | None, resets: str) -> Check:
    if left is None:
        return Check(name, State.SKIPPED, UNTOLD)
    message = f"{left:,} of {limit:,} requests left" if limit else f"{left:,} requests left"
    message += resets
    remedy = f"wait for the next {name}; all keys of the account share the limit"
    if not left:
        return Check.failed(name, LimitReached(message, remedy))
    if left < LITTLE * (limit or 0):
        return Check(name, State.WARNING, message, remedy)
    return Check(name, State.OK, message)


def _clock(budget: Budget) -> Check:
    ahead = budget.clock_ahead
    if ahead is None:
        return Check("clock", State.SKIPPED, "no reply has a Date")
    if abs(ahead) <= MOST_SKEW:
        return Check("clock", State.OK, "this machine and the service agree to the minute")
    way = "ahead of" if ahead > 0 else "behind"
    return Check(
        "clock",
        State.WARNING,
        f"this machine is {abs(ahead) / 60:.0f} min {way} the service",
        "set the clock: due times, the age of plans and waits for limits are told by it",
    )


def _structure(rows: Sequence[Raw] | BmeconfError, desired: Snapshot) -> Check:
    """The structure that a plan would take, or why it would not."""
    name, kind = ACCOUNT[0], only(Singleton)
    if isinstance(rows, BmeconfError):
        return skipped("needs the scope contacts:read", [name])[0]
    row = kind.pick(rows, desired.of_kind(kind.name))
    labels = IdMap(row)
    parts = f"{counted(len(labels.fields), 'field')}, {counted(len(labels.tags), 'tag')}"
    others = f"; one of {len(rows)}" if len(rows) > 1 else ""
    return Check(name, State.OK, f'"{kind.key(row)}": {parts}{others}')


def _domains(rows: Sequence[Raw] | BmeconfError, desired: Snapshot) -> Check:
    name, verify = ACCOUNT[1], "verify the domain in the web app"
    if isinstance(rows, BmeconfError):
        return skipped("needs the scope domains:read", [name])[0]
    ready = sorted(details.domain_name(row) for row in rows if details.is_ready(row))
    open_ = sorted(details.domain_name(row) for row in rows if not details.is_ready(row))
    words = f"ready: {', '.join(ready) or 'none'}"
    if unready := [*guard.unready_senders(desired, ready)]:
        campaign, domain = unready[0]
        more = f" and {len(unready) - 1} more" if len(unready) > 1 else ""
        message = f"{campaign.address}{more}: {domain} is not ready for sending; {words}"
        return Check(name, State.WARNING, message, f"{verify}, or use another sender")
    kind = only(Mailing)
    senders = any(each.fields.get(kind.sender) for each in desired.of_kind(kind.name))
    if not ready or (open_ and not senders):
        message = f"{words}; not ready: {', '.join(open_)}" if open_ else words
        return Check(name, State.WARNING, message, verify)
    return Check(name, State.OK, words)
