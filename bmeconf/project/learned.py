"""What earlier runs learned of how much a service takes at a time: `.bmeconf/learned.json`.

    {"format": "bmeconf.learned/1",
     "accounts": {"https://api.example": {"search_batch": {"size": 100, "since": "2026-..Z"}}}}

Whoever can change the project's files can write it, so it is evidence and no order: a size in it
may cost requests, and never changes what is read. A size is only ever lowered, and is forgotten
after a week, so that it can grow again. What cannot be used is taken for nothing learned.
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

FORMAT = "bmeconf.learned/1"
LEAST, MOST = 1, 1000
"""The sizes that are believed."""
MOST_BYTES = 1_000_000
"""What follows in a longer file is not read, so that it cannot be used."""
KEPT = timedelta(days=7)
UNUSABLE = (OSError, ValueError, RecursionError, InvalidInput)


def sizes(root: Path, account: str, now: datetime) -> Mapping[str, int]:
    """The sizes that were learned of `account` in the last week, by their names."""
    own = _accounts(root).get(account)
    return {
        name: entry["size"]
        for name, entry in (own.items() if isinstance(own, Mapping) else ())
        if _holds(entry, now)
    }


def keep(root: Path, account: str, now: datetime, lower: Mapping[str, int]) -> None:
    """Remember sizes that turned out to be `lower` than was known of `account`."""
    accounts = _accounts(root)
    own = accounts.get(account)
    entries = {name: {"size": size, "since": stamp(now)} for name, size in lower.items()}
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
    """True for a size within bounds that was learned lately."""
    if not isinstance(entry, Mapping) or type(entry.get("size")) is not int:
        return False
    try:
        age = now - datetime.fromisoformat(str(entry.get("since")))
    except (ValueError, TypeError):
        return False
    return LEAST <= entry["size"] <= MOST and timedelta() <= age <= KEPT
