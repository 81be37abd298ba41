"""A drift report as a JSON document, `bmeconf.drift/1` (design 3). Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from bmeconf.drift import FROZEN, KNOWN, WORDS, Drift, DriftItem
from bmeconf.model import DRIFT_FORMAT, stamp
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode, plain


def drift(
    drift: Drift, fail_on: Collection[str], recorded: bool, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The whole report; `error` is why the lock file could not be written."""
    plan = drift.plan
    failing = drift.failing(fail_on)
    waiting = sum(manual.state != "done" for manual in drift.manual)
    return {
        "format": DRIFT_FORMAT,
        "exit_code": error.exit_code if error else drift.exit_code(fail_on),
        **(encode.failure(error) if error else {}),
        "created_at": stamp(plan.created_at),
        "account": asdict(plan.account),
        "source": {k: v for k, v in encode.source(plan.source).items() if k != "root"},
        "clean": drift.clean,
        "locked": drift.locked,
        "recorded": recorded,
        "fail_on": [word for word in WORDS if word in fail_on],
        "summary": {**drift.counts(), "in_sync": drift.in_sync, "manual": waiting},
        "items": [_item(item, drift, item in failing) for item in drift.items],
        "manual": encode.manual(drift.manual),
        "findings": encode.findings(drift.findings),
        "left_out": [str(address) for address in drift.left_out],
        "requests": drift.requests,
    }


def _item(item: DriftItem, drift: Drift, fails: bool) -> dict[str, Any]:
    body: dict[str, Any] = {
        "address": str(item.address),
        "field": item.field,
        "class": item.sort,
        "desired": plain(item.desired),
        "live": plain(item.live),
        "fails": fails,
    }
    if item.sort in (KNOWN, FROZEN):
        body["moved"] = item.cause
    if item.frozen:
        body["status"] = item.frozen
    if isinstance(item.desired, tuple) or isinstance(item.live, tuple):
        body |= {"missing": plain(item.missing), "unexpected": plain(item.unexpected)}
    if item.known:
        body["known"] = {
            "reason": item.known.reason,
            "owner": item.known.owner,
            "expires": item.known.expires.isoformat(),
            "expired": item.expired,
        }
    touch = drift.touches.get(item.address)
    if touch:
        body["last_change"] = {key: value for key, value in asdict(touch).items() if value}
    return body
