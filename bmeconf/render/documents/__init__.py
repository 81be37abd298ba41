"""Plans, results and failures as JSON documents (design 3, 5). Pure.

Exact values, ASCII-escaped by the writer; every document carries `format` and `exit_code`.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from bmeconf import __version__
from bmeconf.apply.result import OPEN, Outcome, Result
from bmeconf.kinds import replies
from bmeconf.model import (
    PLAN_FORMAT,
    PROBLEMS_FORMAT,
    PULL_FORMAT,
    RESULT_FORMAT,
    Finding,
    Manual,
    Problem,
    dotted,
    stamp,
)
from bmeconf.model.errors import BmeconfError, masked
from bmeconf.plan.diff import plain
from bmeconf.plan.model import Pin, Plan, Source, Step
from bmeconf.plan.preconditions import Preconditions
from bmeconf.pull.pulled import Pulled


def text(document: Mapping[str, Any]) -> str:
    """A document as it is printed: indented JSON, ASCII only, one line end."""
    return masked(json.dumps(document, indent=2, ensure_ascii=True)) + "\n"


def plan(plan: Plan, exit_code: int = 0, error: BmeconfError | None = None) -> dict[str, Any]:
    """The plan document; `error` is why an apply would refuse it. `planfile` reads it back."""
    body: dict[str, Any] = {
        "format": PLAN_FORMAT,
        "exit_code": exit_code,
        **(failure_part(error) if error else {}),
        "tool": {"name": "bmeconf", "version": __version__},
        "created_at": stamp(plan.created_at),
        "account": {"base_url": plan.account.base_url, "fingerprint": plan.account.fingerprint},
        "source": source(plan.source),
        "fingerprint": plan.fingerprint,
        "summary": summary(plan),
        "requests": {
            "read": plan.price.read,
            "write": plan.price.write,
            "verify": plan.price.verify,
            "check": plan.price.check,
            "hour_remaining": plan.price.hour_remaining,
            "month_remaining": plan.price.month_remaining,
        },
        "steps": [_step(step) for step in plan.steps],
        "manual": manual(plan.manual),
        "findings": findings(plan.findings),
        "unmanaged": dict(plan.unmanaged),
        "left_out": [str(address) for address in plan.left_out],
        "grounds": _grounds(plan.grounds),
    }
    if plan.unmanaged_names:
        named = {kind: list(names) for kind, names in plan.unmanaged_names.items()}
        body["unmanaged_names"] = named
    return {**body, "digest": replies.digest(body)}


def summary(plan: Plan) -> dict[str, int]:
    """The counts of a plan's last line."""
    actions = Counter(step.action for step in plan.steps)
    return {
        "create": actions["create"],
        "update": actions["update"],
        "delete": actions["delete"],
        "in_sync": plan.in_sync,
        "manual": sum(manual.state != "done" for manual in plan.manual),
        "frozen": sum(finding.code == "frozen" for finding in plan.findings),
        "blocked": sum(finding.code in OPEN[1:] for finding in plan.findings),
        "unmanaged": sum(plan.unmanaged.values()),
    }


def result(result: Result, exit_code: int, error: BmeconfError | None) -> dict[str, Any]:
    """The result document of an apply; `error` is why its exit code is not 0."""
    return {
        "format": RESULT_FORMAT,
        "exit_code": exit_code,
        "fingerprint": result.plan.fingerprint,
        "steps": [_outcome(outcome) for outcome in result.outcomes],
        "converged": result.converged,
        "requests": result.requests,
        "findings": findings(result.findings),
        "manual": manual(result.manual),
        "journal": result.journal or None,
        **(failure_part(error) if error else {}),
    }


def problems(found: Sequence[Problem], exit_code: int) -> dict[str, Any]:
    """The document of `validate`."""
    return {
        "format": PROBLEMS_FORMAT,
        "exit_code": exit_code,
        "problems": [_problem(problem) for problem in found],
    }


def pulled(pulled: Pulled, folder: str) -> dict[str, Any]:
    """The document of `pull`; `folder` is where its files stand."""
    return {
        "format": PULL_FORMAT,
        "exit_code": 0,
        "folder": folder,
        "files": [{"path": path, "state": file_state(path, pulled)} for path in pulled.files],
        "counts": dict(pulled.counts),
        "left_out": {**pulled.missing, "fields": pulled.fields},
        "findings": findings((*(each.finding for each in pulled.left_out), *pulled.other_findings)),
        "requests": pulled.requests,
    }


def file_state(path: str, pulled: Pulled) -> str:
    """How a pulled file came to be there: `written`, `overwritten` or `unchanged`."""
    if path in pulled.unchanged:
        return "unchanged"
    return "overwritten" if path in pulled.overwritten else "written"


def failure(format: str, error: BmeconfError, found: Sequence[Problem] = ()) -> dict[str, Any]:
    """What a command prints as JSON when it could not do its work."""
    told = {"format": format, "exit_code": error.exit_code, **failure_part(error)}
    return {**told, "problems": [_problem(problem) for problem in found]} if found else told


def failure_part(error: BmeconfError) -> dict[str, Any]:
    """`error: {code, message, remedy}`."""
    parts = {"code": error.code, "message": error.message, "remedy": error.remedy}
    return {"error": parts}


def findings(found: Iterable[Finding]) -> list[dict[str, str]]:
    """Findings as JSON."""
    return [
        {
            "level": finding.level,
            "code": finding.code,
            "address": str(finding.address),
            "message": finding.message,
            "remedy": finding.remedy,
        }
        for finding in found
    ]


def source(source: Source) -> dict[str, Any]:
    """Which files a plan was made from, and which it was held against."""
    told = {"digest": source.digest, "commit": source.commit, "root": source.root}
    return {**told, "since": asdict(source.since)} if source.since else told


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "file": problem.place.file,
        "line": problem.place.line,
        "column": problem.place.column,
        "address": problem.address,
        "level": problem.level,
        "code": problem.code,
        "message": problem.message,
    }


def _step(step: Step) -> dict[str, Any]:
    pin = step.pin
    body: dict[str, Any] = {
        "id": step.id,
        "address": str(step.address),
        "action": step.action,
        "depends_on": list(step.depends_on),
        "pin": _pin(pin) if pin else None,
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
        "calls": [{"method": call.method, "path": call.path} for call in step.calls],
    }
    if step.intent.origins:
        body["origin"] = [str(address) for address in step.intent.origins]
    if step.intent.merge_of:
        body["merge"] = True
    if step.source:
        body["source"] = _pin(step.source)
    if step.usage:
        body["hanging"] = step.usage
    return body


def _pin(pin: Pin) -> dict[str, Any]:
    told = {"id": pin.id, "version": pin.version, "digest": pin.digest}
    return {**told, "uses": dict(pin.uses)} if pin.uses else told


def _grounds(grounds: Preconditions) -> dict[str, Any]:
    return {
        "structure": grounds.structure,
        "references": {
            str(address): {"name": address.name, "id": id} for address, id in grounds.ids.items()
        },
        "fields": dict(grounds.fields),
        "tags": dict(grounds.tags),
        "managed": {
            "lists": sorted(map(str, grounds.managed.lists)),
            "tags": sorted(grounds.managed.tags),
        },
        "protect": {str(address): protect for address, protect in grounds.protect.items()},
    }


def manual(found: Iterable[Manual]) -> list[dict[str, Any]]:
    """Manual steps as JSON."""
    return [_manual(one) for one in found]


def _manual(manual: Manual) -> dict[str, Any]:
    return {
        "address": str(manual.address),
        "what": manual.what,
        "state": manual.state,
        "due": stamp(manual.due),
        "at": manual.due.isoformat(timespec="seconds"),
        "owner": manual.owner,
        "note": manual.note,
        "expect": dict(manual.expect),
        "observed": dict(manual.observed),
    }


def _outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "id": outcome.step.id,
        "address": str(outcome.step.address),
        "action": outcome.step.action,
        "state": outcome.state,
        "message": outcome.message,
    }
