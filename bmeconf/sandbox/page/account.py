"""The account as a whole: at a glance, and how it answers the API.

In: the store and what the simulator counts. Out: pages to be seen.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from pathlib import Path as File
from typing import Any

from bmeconf.sandbox import clock
from bmeconf.sandbox.calls import Call
from bmeconf.sandbox.page import campaigns, lists, wording
from bmeconf.sandbox.page.answers import Raw, Shown
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.store import Doc
from bmeconf.sandbox.switches import Switches

_FEW, _MANY = 8, 200


def overview(runtime: Runtime, call: Call) -> Shown:
    """GET /: lists, campaigns, contacts, structure, limits, switches, faults, the last requests."""
    rows = campaigns.rows(call, call.store.all("campaign"))
    values = {
        "campaigns": sorted(rows, key=_urgency)[:_FEW],
        "campaign_count": len(rows),
        "lists": lists.rows(call)[:_FEW],
        "list_count": len(call.store.all("list")),
        "statuses": Counter(wording.status(one) for one in call.store.all("contact")).most_common(),
        "structures": call.store.all("structure"),
        "domains": call.store.all("domain"),
        "standing": call.store.meta("standing") or "open",
    }
    return Shown("overview.html", values | _answering(runtime, call, _FEW))


def requests(runtime: Runtime, call: Call) -> Shown:
    """GET /requests: limits, switches and faults, and the log of API requests, newest first."""
    return Shown("requests.html", _answering(runtime, call, _MANY))


def style(runtime: Runtime, call: Call) -> Raw:
    """GET /style.css."""
    return Raw(_beside("style.css"), "text/css; charset=utf-8")


def icon(runtime: Runtime, call: Call) -> Raw:
    """GET /icon.svg."""
    return Raw(_beside("icon.svg"), "image/svg+xml")


def _beside(name: str) -> str:
    return File(__file__).with_name(name).read_text(encoding="utf-8")


def _urgency(row: Doc) -> int:
    """What a person may have to do something about comes first."""
    order = ("sending", "scheduled", "paused", "draft", "failed", "cancelled", "sent")
    return order.index(row["status"])


def _answering(runtime: Runtime, call: Call, most: int) -> dict[str, Any]:
    entries = runtime.log.entries()
    usage = [dataclasses.asdict(one) for one in runtime.limits.usage(call.switches, call.now)]
    for one in usage:
        one["ends"] = clock.iso(one["ends"]) if one["ends"] else None
    return {
        "limits": usage,
        "switches": _switched(runtime.switches),
        "faults": runtime.faults.as_list(),
        "log": entries[: -most - 1 : -1],
        "log_count": len(entries),
    }


def _switched(switches: Switches) -> list[tuple[str, str, str]]:
    """Name, value and default of the switches that are not at their default."""
    usual = Switches().as_dict()
    found = switches.as_dict()
    return [
        (name, _worded(found[name]), _worded(usual[name]))
        for name in sorted(usual)
        if found[name] != usual[name]
    ]


def _worded(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
