"""Pages of the whole account: the overview, and the state of the API service.

In: the store, limits, switches, faults and the request log. Out: pages, style sheet, icon.
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
        "statuses": Counter(
            wording.status(contact) for contact in call.store.all("contact")
        ).most_common(),
        "structures": call.store.all("structure"),
        "domains": call.store.all("domain"),
        "standing": call.store.meta("standing") or "open",
    }
    return Shown("overview.html", values | _service_values(runtime, call, _FEW))


def requests(runtime: Runtime, call: Call) -> Shown:
    """GET /requests: limits, switches and faults, and the log of API requests, newest first."""
    return Shown("requests.html", _service_values(runtime, call, _MANY))


def style(runtime: Runtime, call: Call) -> Raw:
    """GET /style.css."""
    return Raw(_asset("style.css"), "text/css; charset=utf-8")


def icon(runtime: Runtime, call: Call) -> Raw:
    """GET /icon.svg."""
    return Raw(_asset("icon.svg"), "image/svg+xml")


def _asset(name: str) -> str:
    return File(__file__).with_name(name).read_text(encoding="utf-8")


def _urgency(row: Doc) -> int:
    """Sort key: campaigns that may need a person come first."""
    order = ("sending", "scheduled", "paused", "draft", "failed", "cancelled", "sent")
    return order.index(row["status"])


def _service_values(runtime: Runtime, call: Call, most: int) -> dict[str, Any]:
    entries = runtime.log.entries()
    limits = [dataclasses.asdict(usage) for usage in runtime.limits.usage(call.switches, call.now)]
    for limit in limits:
        limit["ends"] = clock.iso(limit["ends"]) if limit["ends"] else None
    return {
        "limits": limits,
        "switches": _changed_switches(runtime.switches),
        "faults": runtime.faults.as_list(),
        "log": entries[: -most - 1 : -1],
        "log_count": len(entries),
    }


def _changed_switches(switches: Switches) -> list[tuple[str, str, str]]:
    """Name, value and default of each switch that is not at its default."""
    defaults = Switches().as_dict()
    values = switches.as_dict()
    return [
        (name, _switch_text(values[name]), _switch_text(defaults[name]))
        for name in sorted(defaults)
        if values[name] != defaults[name]
    ]


def _switch_text(value: object) -> str:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else str(value)
