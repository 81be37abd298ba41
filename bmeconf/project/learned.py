"""What was learned of each account, by runs and by probes: `.bmeconf/learned.json`.

    {"format": "bmeconf.learned/2",
     "accounts": {"https://api.example": {"search_batch": {"value": 100, "until": "2026-..Z"}}}}

Whoever can change the project's files can write it, so it is evidence and no order: a value in it
may cost requests, and never changes what is read or written. What a run learned is forgotten after
a week, so that a size can grow again; what a probe found out, after 90 days. What cannot be used is
taken for nothing learned.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bmeconf.model import stamp
from bmeconf.model.errors import InvalidInput
from bmeconf.project.atomic import read_file, write_file
from bmeconf.project.work_folder import learned_file

FORMAT = "bmeconf.learned/2"
MOST_BYTES = 1_000_000
"""What follows in a longer file is not read, so that it cannot be used."""
BY_RUN, BY_PROBE = timedelta(days=7), timedelta(days=90)
"""How long what was learned holds, unless a run learns otherwise."""
UNUSABLE = (OSError, ValueError, RecursionError, OverflowError, InvalidInput)


def values(root: Path, account: str, now: datetime) -> Mapping[str, Any]:
    """What was learned of `account` and still holds, by its names; any JSON may be among it."""
    own = _accounts(root).get(account)
    return {
        name: entry.get("value")
        for name, entry in (own.items() if isinstance(own, Mapping) else ())
        if _holds(entry, now)
    }


def keep(
    root: Path, account: str, now: datetime, values: Mapping[str, Any], lasts: timedelta = BY_RUN
) -> None:
    """Remember `values` that were found of `account`, as long as that `lasts`."""
    accounts = _accounts(root)
    own, until = accounts.get(account), stamp(now + lasts)
    entries = {name: {"value": value, "until": until} for name, value in values.items()}
    merged = {**(own if isinstance(own, Mapping) else {}), **entries}
    document = {"format": FORMAT, "accounts": {**accounts, account: merged}}
    with contextlib.suppress(*UNUSABLE):
        text = json.dumps(document, indent=2, sort_keys=True) + "\n"
        write_file(learned_file(root, make=True), text)


def _accounts(root: Path) -> Mapping[str, Any]:
    with contextlib.suppress(*UNUSABLE):
        document = json.loads(read_file(learned_file(root), MOST_BYTES))
        if isinstance(document, Mapping) and document.get("format") == FORMAT:
            accounts = document.get("accounts")
            return accounts if isinstance(accounts, Mapping) else {}
    return {}


def _holds(entry: Any, now: datetime) -> bool:
    """True for an entry that nobody could have made to hold longer than any does."""
    try:
        left = datetime.fromisoformat(str(entry.get("until"))) - now
    except (AttributeError, ValueError, TypeError, OverflowError):
        return False
    return timedelta() < left <= BY_PROBE
