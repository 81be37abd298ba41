"""Any Page as a code quality report, which GitLab shows in a merge request. Pure."""

from __future__ import annotations

import hashlib
import json
from collections import Counter

from bmeconf.model import Place
from bmeconf.render import safe
from bmeconf.render.model import Page
from bmeconf.render.statements import concerns

SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}
NOWHERE = Place("bmeconf.yaml", 1, 1)
"""GitLab knows no entry without a file: it is about the project as a whole then."""


def render(page: Page) -> str:
    """One entry for each statement; a fingerprint stays the same where only lines moved."""
    entries, seen = [], Counter[str]()
    for each in concerns(page):
        place = each.place or NOWHERE
        content = "\0".join((page.account, each.code, place.file, each.title, each.message))
        seen[content] += 1
        digest = hashlib.sha256(f"{content}\0{seen[content]}".encode("utf-8", "replace"))
        entries.append(
            {
                "description": safe.line(each.message),
                "check_name": safe.line(each.code),
                "fingerprint": digest.hexdigest(),
                "severity": SEVERITIES[each.level],
                "location": {
                    "path": safe.line(place.file.replace("\\", "/")),
                    "lines": {"begin": max(place.line, 1)},
                },
            }
        )
    return json.dumps(entries, indent=2) + "\n"
