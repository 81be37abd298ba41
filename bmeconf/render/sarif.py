"""Any Page as SARIF 2.1.0, which code scanning shows at the lines of manifests. Pure.

What has no place in a file is a notification of the run.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from bmeconf import __version__
from bmeconf.model import Place
from bmeconf.render import safe
from bmeconf.render.model import Page
from bmeconf.render.statements import Statement, concerns

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)


def render(page: Page) -> str:
    """The page as one run."""
    told = [*concerns(page)]
    codes = sorted({each.code for each in told})
    kind = page.document.removeprefix("bmeconf.").partition("/")[0]
    run = {
        "tool": {
            "driver": {
                "name": "bmeconf",
                "version": __version__,
                "rules": [{"id": safe.line(code)} for code in codes],
            }
        },
        "automationDetails": {"id": safe.line(f"bmeconf {kind}/{page.account}")},
        "invocations": [
            {
                "executionSuccessful": not any(each.level == "error" for each in told),
                "toolExecutionNotifications": [_notification(e) for e in told if not e.place],
            }
        ],
        "results": [_result(each, each.place) for each in told if each.place],
        "columnKind": "unicodeCodePoints",
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _said(statement: Statement) -> Mapping[str, Any]:
    return {"level": statement.level, "message": {"text": safe.line(statement.message)}}


def _notification(statement: Statement) -> Mapping[str, Any]:
    return {"descriptor": {"id": safe.line(statement.code)}, **_said(statement)}


def _result(statement: Statement, place: Place) -> Mapping[str, Any]:
    start = {"startLine": max(place.line, 1), "startColumn": max(place.column, 1)}
    file = quote(safe.line(place.file.replace("\\", "/")))
    location = {"artifactLocation": {"uri": file}, "region": start}
    return {
        "ruleId": safe.line(statement.code),
        **_said(statement),
        "locations": [{"physicalLocation": location}],
    }
