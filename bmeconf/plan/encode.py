"""Plan -> its JSON document (design 5), which `decode` reads back. Pure.

Exact values; the parts that other documents share are handed out one by one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from bmeconf import __version__
from bmeconf.kinds import replies
from bmeconf.model import (
    CREATE,
    DELETE,
    PLAN_FORMAT,
    UPDATE,
    Finding,
    Manual,
    dotted,
    left_alone,
    stamp,
    waiting,
    zone_name,
)
from bmeconf.model.errors import BmeconfError
from bmeconf.plan.diff import plain
from bmeconf.plan.model import AccountId, Pin, Plan, Preconditions, Reach, Source, Step


def plan(plan: Plan, exit_code: int = 0, error: BmeconfError | None = None) -> dict[str, Any]:
    """The plan document; `error` is why an apply would refuse the plan."""
    body: dict[str, Any] = {
        "format": PLAN_FORMAT,
        "exit_code": exit_code,
        **(failure(error) if error else {}),
        "tool": {"name": "bmeconf", "version": __version__},
        "created_at": stamp(plan.created_at),
        "account": account(plan.account),
        "source": source(plan.source),
        "fingerprint": plan.fingerprint,
        "summary": summary(plan),
        "requests": plan.price._asdict(),
        "steps": [_step(step) for step in plan.steps],
        "manual": manual(plan.manual),
        "findings": findings(plan.findings),
        "unmanaged": dict(plan.unmanaged),
        "left_out": plain(plan.left_out),
        "audience": [_reach(reach) for reach in plan.audience],
        "grounds": _preconditions(plan.preconditions),
        "places": _places(plan),
    }
    if plan.unmanaged_names:
        body["unmanaged_names"] = plain(plan.unmanaged_names)
    return {**body, "digest": replies.digest(body)}


def summary(plan: Plan) -> dict[str, int]:
    """The counts of a plan's last line."""
    actions = Counter(step.action for step in plan.steps)
    frozen, blocked = left_alone(plan.findings)
    return {
        **{action: actions[action] for action in (CREATE, UPDATE, DELETE)},
        "in_sync": plan.in_sync,
        "manual": waiting(plan.manual),
        "frozen": frozen,
        "blocked": blocked,
        "unmanaged": sum(plan.unmanaged.values()),
    }


def failure(error: BmeconfError) -> dict[str, Any]:
    """`error: {code, message, remedy}`."""
    return {"error": _picked(error, "code", "message", "remedy")}


def account(account: AccountId) -> dict[str, str]:
    """The account as JSON, with its name where it has one."""
    return {key: value for key, value in asdict(account).items() if value or key != "name"}


def findings(findings: Iterable[Finding]) -> list[dict[str, Any]]:
    """Findings as JSON."""
    names = ("level", "code", "address", "message", "remedy")
    return [
        _picked(finding, *names)
        | ({"allow": plain(finding.allow)} if finding.allow else {})
        | ({"place": finding.place._asdict()} if finding.place else {})
        for finding in findings
    ]


def source(source: Source) -> dict[str, Any]:
    """The files that a plan was made from, and the commit that it was compared with."""
    body = _picked(source, "digest", "commit", "root")
    return {**body, "since": source.since._asdict()} if source.since else body


def manual(manual_steps: Iterable[Manual]) -> list[dict[str, Any]]:
    """Manual steps as JSON."""
    return [
        {
            **_picked(manual, "address", "what", "state"),
            "due": stamp(manual.due),
            "at": manual.due.isoformat(timespec="seconds"),
            **({"zone": name} if (name := zone_name(manual.due)) else {}),
            **_picked(manual, "owner", "note", "expect", "observed"),
        }
        for manual in manual_steps
    ]


def _picked(item: object, *names: str) -> dict[str, Any]:
    """Fields of a dataclass as JSON."""
    return {name: plain(getattr(item, name)) for name in names}


def _step(step: Step) -> dict[str, Any]:
    body: dict[str, Any] = {
        **_picked(step, "id", "address", "action", "depends_on"),
        "pin": _pin(step.pin) if step.pin else None,
        "check": step.check,
        "changes": [
            {
                "path": dotted(c.path),
                "before": plain(c.before),
                "after": plain(c.after),
                **({"class": c.cause} if c.cause else {}),
            }
            for c in step.changes
        ],
        "calls": [call._asdict() for call in step.calls],
    }
    if step.intent.origins:
        body["origin"] = plain(step.intent.origins)
    if step.intent.merge_of:
        body["merge"] = True
    if step.source:
        body["source"] = _pin(step.source)
    if step.usage:
        body["hanging"] = step.usage
    return body


def _places(plan: Plan) -> dict[str, Any]:
    """Where everything that the plan is about is declared, as far as known."""
    about = {
        *(str(step.address) for step in plan.steps),
        *(str(manual.address) for manual in plan.manual),
        *(str(finding.address) for finding in plan.findings),
        *(str(reach.address) for reach in plan.audience),
    }
    return {address: plan.places[address]._asdict() for address in sorted(about & {*plan.places})}


def _reach(reach: Reach) -> dict[str, Any]:
    before = {"recipients": plain(reach.lists_before), "people": reach.before}
    return {
        "address": str(reach.address),
        "before": None if reach.new else before,
        "after": {"recipients": plain(reach.lists_after), "people": reach.after},
    }


def _pin(pin: Pin) -> dict[str, Any]:
    body = _picked(pin, "id", "version", "digest")
    return {**body, "uses": dict(pin.uses)} if pin.uses else body


def _preconditions(preconditions: Preconditions) -> dict[str, Any]:
    ids, managed = preconditions.ids, preconditions.managed
    return {
        "structure": preconditions.structure,
        "references": {str(a): {"name": a.name, "id": id} for a, id in ids.items()},
        **_picked(preconditions, "fields", "tags"),
        "managed": {"lists": sorted(map(str, managed.lists)), "tags": sorted(managed.tags)},
        "protect": {str(a): protect for a, protect in preconditions.protect.items()},
    }
