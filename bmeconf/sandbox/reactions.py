"""What recipients do with a campaign that a person sent: made up, and the same each time.

In: a campaign and how many it went to. Out: opens, clicks and links for its report, by its name
and its content alone, so that a rehearsal gives the same numbers on every machine. Nobody
bounces, complains or leaves: that is for a person to say of a contact. Pure.
"""

from __future__ import annotations

import hashlib
from typing import Any
from urllib.parse import parse_qs, urlsplit

from bmeconf.sandbox import clock, ids, rewriting
from bmeconf.sandbox.store import Doc


def to(campaign: Doc, delivered: int, now: float) -> Doc:
    """The part of a report that people make: at least one of three opens, some of them click."""
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
    """Where the links of a body lead, each once, in their order; those for tracking to their end.

    The service's own link for leaving is none of the author's.
    """
    ends = map(_end, rewriting.targets(body))
    return list(dict.fromkeys(path for path in ends if not path.startswith(rewriting.UNSUBSCRIBE)))


def _end(path: str) -> str:
    if not path.startswith(rewriting.CLICKS):
        return path
    return parse_qs(urlsplit(path).query).get("to", [path])[0]


def _link(path: str, unique: int) -> Doc:
    clicks: dict[str, Any] = {"total": unique + unique // 2, "unique": unique}
    return {"id": ids.fixed(f"link {path!a}"), "path": path, "clicks": clicks}


def _share(campaign: Doc, what: str, whole: int, *, least: int, most: int) -> int:
    """Between `least` and `most` percent of `whole`, and one of a few at least."""
    text = f"{what} {campaign['name']} {campaign['subject']} {campaign['body']}"
    chance = int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "big")
    percent = least + chance % (most - least + 1)
    return min(whole, max(whole * percent // 100, 1))
