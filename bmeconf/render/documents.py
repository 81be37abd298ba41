"""What is shown, as JSON documents for machines (design 3, 5). Pure.

Values are exact: names, subjects and links as they came, null for a number that the service does
not show. Every document carries `format` and `exit_code`, and after a failure `error`.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from bmeconf.apply import Result
from bmeconf.drift import FROZEN, KNOWN, WORDS, Drift, DriftItem
from bmeconf.model import (
    DRIFT_FORMAT,
    PROBLEMS_FORMAT,
    PULL_FORMAT,
    REPORT_FORMAT,
    RESULT_FORMAT,
    Problem,
    stamp,
)
from bmeconf.model.errors import BmeconfError, masked
from bmeconf.plan import encode, plain
from bmeconf.pull import Pulled
from bmeconf.report import Delivery, Moment, Peak, Report, Verdict

MEASURES = {
    ("sent", "delivered", "complaints", "unsubscribes"): ("count",),
    ("hard_bounces", "soft_bounces", "bounces"): ("count", "rate"),
    ("opens", "clicks"): ("count", "rate", "last"),
}
"""What is known of each measure of a campaign."""
TRENDS = ("sent", "delivered", "opens", "open_rate", "clicks", "click_rate", "contacts")


def text(document: Mapping[str, Any]) -> str:
    """Indented JSON, ASCII only, with one line end and no API key."""
    return masked(json.dumps(document, indent=2, ensure_ascii=True)) + "\n"


def failure(format: str, error: BmeconfError, problems: Sequence[Problem] = ()) -> dict[str, Any]:
    """The document of a command that could not do its work; `format` is what it would have been."""
    body = {"format": format, "exit_code": error.exit_code, **encode.failure(error)}
    return {**body, "problems": [*map(_problem, problems)]} if problems else body


def problems(
    problems: Sequence[Problem], exit_code: int, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The document of `validate`; `error` is why it could not be given out as it is."""
    if error:
        return failure(PROBLEMS_FORMAT, error)
    found = [*map(_problem, problems)]
    return {"format": PROBLEMS_FORMAT, "exit_code": exit_code, "problems": found}


def _problem(problem: Problem) -> dict[str, Any]:
    return asdict(problem.place) | _members(problem, "address", "level", "code", "message")


def result(result: Result, exit_code: int, error: BmeconfError | None) -> dict[str, Any]:
    """The document of an apply; `error` is why its exit code is not 0."""
    return {
        "format": RESULT_FORMAT,
        "exit_code": exit_code,
        "created_at": stamp(result.at or result.plan.created_at),
        "account": encode.account(result.plan.account),
        "fingerprint": result.plan.fingerprint,
        "steps": [
            _members(outcome.step, "id", "address", "action")
            | _members(outcome, "state", "message")
            for outcome in result.outcomes
        ],
        **_members(result, "converged", "requests"),
        "findings": encode.findings(result.findings),
        "manual": encode.manual(result.manual),
        "journal": result.journal or None,
        **(encode.failure(error) if error else {}),
    }


def pulled(pulled: Pulled, folder: str, error: BmeconfError | None = None) -> dict[str, Any]:
    """The document of `pull`; `folder` is where its files are.

    `error` is why it could not be given out as it is.
    """
    if error:
        return failure(PULL_FORMAT, error)
    findings = (*(each.finding for each in pulled.left_out), *pulled.other_findings)
    return {
        "format": PULL_FORMAT,
        "exit_code": 0,
        "folder": folder,
        "files": [{"path": path, "state": file_state(path, pulled)} for path in pulled.files],
        "counts": dict(pulled.counts),
        "left_out": {**pulled.missing, "fields": pulled.fields},
        "findings": encode.findings(findings),
        "requests": pulled.requests,
    }


def file_state(path: str, pulled: Pulled) -> str:
    """How a pulled file came to be there: `written`, `overwritten` or `unchanged`."""
    if path in pulled.unchanged:
        return "unchanged"
    return "overwritten" if path in pulled.overwritten else "written"


# --- drift


def drift(
    drift: Drift, fail_on: Collection[str], recorded: bool, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The document of `drift`; `error` is why the lock file could not be written."""
    plan = drift.plan
    failing = drift.failing(fail_on)
    return {
        "format": DRIFT_FORMAT,
        "exit_code": error.exit_code if error else drift.exit_code(fail_on),
        **(encode.failure(error) if error else {}),
        "created_at": stamp(plan.created_at),
        "account": encode.account(plan.account),
        "source": {k: v for k, v in encode.source(plan.source).items() if k != "root"},
        **_members(drift, "clean", "locked"),
        "recorded": recorded,
        "fail_on": [word for word in WORDS if word in fail_on],
        "summary": dict(drift.summary),
        "items": [_drift_item(item, drift, item in failing) for item in drift.items],
        "manual": encode.manual(drift.plan.manual),
        "findings": encode.findings(drift.findings),
        **_members(drift, "left_out", "requests"),
    }


def _drift_item(item: DriftItem, drift: Drift, fails: bool) -> dict[str, Any]:
    body = _members(item, "address", "field")
    body |= {"class": item.sort, **_members(item, "desired", "live"), "fails": fails}
    if item.sort in (KNOWN, FROZEN):
        body["moved"] = item.cause
    if item.frozen:
        body["status"] = item.frozen
    if isinstance(item.desired, tuple) or isinstance(item.live, tuple):
        body |= _members(item, "missing", "unexpected")
    if item.known:
        known = _members(item.known, "reason", "owner", "expires")
        body["known"] = known | {"expired": item.expired}
    touch = drift.touches.get(item.address)
    if touch:
        body["last_change"] = {key: value for key, value in asdict(touch).items() if value}
    return body


# --- the delivery report


def report(
    report: Report, base_url: str, exit_code: int = 0, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The document of `report`; `base_url` is the account's, or says that it is simulated.

    `error` is why it could not be given out as it is.
    """
    if error:
        return failure(REPORT_FORMAT, error)
    dashboard = report.dashboard
    return {
        "format": REPORT_FORMAT,
        "exit_code": exit_code,
        "created_at": stamp(report.made_at),
        "account": {"base_url": base_url},
        "asked": _members(report.query, "past_days", "period", "timezone"),
        "summary": {
            "campaigns": dict(sorted(report.states.items())),
            "expectations": {end: report.verdicts[end] for end in Verdict},
        },
        "campaigns": [_delivery(delivery) for delivery in report.deliveries],
        "dashboard": dashboard
        and {
            **{name: _members(getattr(dashboard, name), "value", "diff") for name in TRENDS},
            "new_contacts": _moments(dashboard.days, "total"),
            "peak": _json(dashboard.peak),
        },
        "dashboard_unread": report.unread or None,
        "requests": report.requests,
    }


def _delivery(delivery: Delivery) -> dict[str, Any]:
    results, engagement = delivery.results, delivery.engagement
    return {
        **_members(delivery, "address", "state"),
        **{name: getattr(delivery, name) or None for name in ("status", "id", "name", "subject")},
        **_members(delivery, "scheduled_at", "sent_at"),
        "results": results
        and {
            name: _members(getattr(results, name), *known)
            for names, known in MEASURES.items()
            for name in names
        },
        "links": None
        if results is None or results.links is None
        else [_members(link, "id", "path", "total", "unique") for link in results.links],
        "engagement": engagement
        and {
            **_members(engagement, "start", "end", "peak"),
            "histogram": _moments(engagement.moments, "opens", "clicks", "total"),
        },
        "expectations": [
            {
                "metric": expected.metric,
                "expected": expected.threshold,
                "state": expected.verdict,
                "live": _json(expected.live),
                "why": expected.why or None,
            }
            for expected in delivery.expectations
        ],
        "findings": encode.findings(delivery.findings),
    }


def _moments(moments: Sequence[Moment] | None, *names: str) -> list[dict[str, Any]] | None:
    if moments is None:
        return None
    return [{"date": _json(each.at), **_members(each, *names)} for each in moments]


# --- values


def _members(source: object, *names: str) -> dict[str, Any]:
    """Members of a dataclass by their own names."""
    return {name: _json(getattr(source, name)) for name in names}


def _json(value: object) -> Any:
    """An instant stamped; a number without a point if it came without one."""
    match value:
        case datetime():
            return stamp(value)
        case date():
            return value.isoformat()
        case Decimal():
            return int(value) if value.as_tuple().exponent == 0 else float(value)
        case Peak():
            return _members(value, "start", "end", "total")
    return plain(value)
