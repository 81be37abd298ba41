"""Simulated reactions of recipients to a sent campaign. Pure.

In: a campaign and its number of recipients. Out: opens, clicks and links for its report. They
depend only on name and content, so that a rehearsal gives the same numbers on every machine.
Nobody bounces, complains or unsubscribes; a person sets that per contact.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bmeconf.sandbox import clock, ids, rewriting
from bmeconf.sandbox.store import Doc


def results(campaign: Doc, delivered: int, now: float) -> Doc:
    """The reactions in a report: 34 to 85 % open; 20 to 70 % of those click, if there are links."""
    opened = _share(campaign, "opens", delivered, least=34, most=85)
    paths = links(campaign["body"] or "")
    clicked = _share(campaign, "clicks", opened, least=20, most=70) if paths else 0
    last = clock.iso(max(now, clock.seconds(campaign["scheduledAt"] or clock.iso(now))))
    return {
        "uniqueOpens": opened,
        "uniqueClicks": clicked,
        "lastOpenAt": last if opened else None,
        "lastClickAt": last if clicked else None,
        "links": [_link(path, clicked >> place) for place, path in enumerate(paths)],
    }


def links(body: str) -> list[str]:
    """The targets of the links in a body, each once, in order; tracking links by their real target.

    The service's own link to unsubscribe is left out.
    """
    targets = map(_real_target, rewriting.targets(body))
    return list(
        dict.fromkeys(path for path in targets if not path.startswith(rewriting.UNSUBSCRIBE))
    )


def _real_target(path: str) -> str:
    if not path.startswith(rewriting.CLICKS):
        return path
    return parse_qs(urlsplit(path).query).get("to", [path])[0]


def _link(path: str, unique: int) -> Doc:
    clicks: dict[str, Any] = {"total": unique + unique // 2, "unique": unique}
    return {"id": ids.fixed(f"link {path!a}"), "path": path, "clicks": clicks}


def _share(campaign: Doc, event: str, whole: int, *, least: int, most: int) -> int:
    """Between `least` and `most` percent of `whole`, and at least 1 if `whole` is not 0."""
    text = f"{event} {campaign['name']} {campaign['subject']} {campaign['body']}"
    chance = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "big")
    percent = least + chance % (most - least + 1)
    return min(whole, max(whole * percent // 100, 1))
