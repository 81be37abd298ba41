"""A drift report as a JSON document, `bmeconf.drift/1` (design 3). Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bmeconf.drift import FROZEN, KNOWN, WORDS, Drift, DriftItem
from bmeconf.kinds.contacts.events import Touch
from bmeconf.model import DRIFT_FORMAT, stamp
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode
from bmeconf.plan.diff import plain


def drift(
    found: Drift, fail_on: Collection[str], recorded: bool, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The whole report; `error` is why what was seen could not be remembered."""
    plan = found.plan
    failing = found.failing(fail_on)
    return {
        "format": DRIFT_FORMAT,
        "exit_code": error.exit_code if error else found.exit_code(fail_on),
        **(encode.failure(error) if error else {}),
        "created_at": stamp(plan.created_at),
        "account": {"base_url": plan.account.base_url, "fingerprint": plan.account.fingerprint},
        "source": {k: v for k, v in encode.source(plan.source).items() if k != "root"},
        "clean": found.clean,
        "locked": found.locked,
        "recorded": recorded,
        "fail_on": [word for word in WORDS if word in fail_on],
        "summary": summary(found),
        "items": [_item(item, found, item in failing) for item in found.items],
        "manual": encode.manual(found.manual),
        "findings": encode.findings(found.findings),
        "left_out": [str(address) for address in found.left_out],
        "requests": found.requests,
    }


def summary(found: Drift) -> dict[str, int]:
    """How many items there are of each class, resources in sync, and open manual steps."""
    open_ = sum(manual.state != "done" for manual in found.manual)
    return {**found.counts(), "in_sync": found.in_sync, "manual": open_}


def _item(item: DriftItem, found: Drift, fails: bool) -> dict[str, Any]:
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
    touch = found.touches.get(item.address)
    return {**body, "last_change": _touch(touch)} if touch else body


def _touch(touch: Touch) -> dict[str, str]:
    told = {
        "at": touch.at,
        "event": touch.event,
        "source": touch.source,
        "by": touch.by,
        "user": touch.user,
    }
    return {key: value for key, value in told.items() if value}
