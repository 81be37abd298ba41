"""The document of a drift report."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from bmeconf.drift import FROZEN, KNOWN, WORDS, Adoption, Drift, DriftItem
from bmeconf.model import DRIFT_FORMAT, stamp
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode
from bmeconf.render.documents.values import members


def of_drift(
    drift: Drift,
    fail_on: Collection[str],
    recorded: bool,
    adoption: Adoption | None = None,
    error: BmeconfError | None = None,
) -> dict[str, Any]:
    """The document of `drift`; `error` is why the lock file could not be written."""
    plan = drift.plan
    edited = {"adoption": _adoption(adoption)} if adoption else {}
    return {
        "format": DRIFT_FORMAT,
        "exit_code": error.exit_code if error else drift.exit_code(fail_on),
        **(encode.failure(error) if error else {}),
        "created_at": stamp(plan.created_at),
        "account": encode.account(plan.account),
        "source": {k: v for k, v in encode.source(plan.source).items() if k != "root"},
        **members(drift, "clean", "locked"),
        "recorded": recorded,
        **edited,
        "fail_on": [word for word in WORDS if word in fail_on],
        "summary": dict(drift.summary),
        "items": [_drift_item(item, drift, item.counts_as in fail_on) for item in drift.items],
        "manual": encode.manual(drift.plan.manual),
        "findings": encode.findings(drift.findings),
        **members(drift, "left_out", "requests"),
    }


def _adoption(adoption: Adoption) -> dict[str, Any]:
    """What the manifests take over, and what not."""
    return {
        "files": sorted(adoption.texts),
        "adopted": [members(item, "address", "field") for item in adoption.adopted],
        "left": [members(i, "address", "field") | {"reason": why} for i, why in adoption.left],
    }


def _drift_item(item: DriftItem, drift: Drift, fails: bool) -> dict[str, Any]:
    body = members(item, "address", "field")
    body |= {"class": item.sort, **members(item, "desired", "live"), "fails": fails}
    if item.sort in (KNOWN, FROZEN):
        body["moved"] = item.cause
    if item.frozen:
        body["status"] = item.frozen
    if isinstance(item.desired, tuple) or isinstance(item.live, tuple):
        body |= members(item, "missing", "unexpected")
    if item.known:
        known = members(item.known, "reason", "owner", "expires")
        body["known"] = known | {"expired": item.expired}
    touch = drift.touches.get(item.address)
    if touch:
        body["last_change"] = {key: value for key, value in touch._asdict().items() if value}
    written = item.place and drift.written.get(item.place)
    if written:
        body["declared_by"] = {**written._asdict(), "at": stamp(written.at)}
    return body
