"""The document of a pull."""

from __future__ import annotations

from typing import Any

from bmeconf.model import PULL_FORMAT
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode
from bmeconf.pull import Pulled
from bmeconf.render.documents.failure import failure


def of_pulled(pulled: Pulled, folder: str, error: BmeconfError | None = None) -> dict[str, Any]:
    """The document of `pull`; `folder` is where its files are.

    `error` is why it could not be given out as it is.
    """
    if error:
        return failure(PULL_FORMAT, error)
    findings = (*(each.finding for each in pulled.left_out), *pulled.other_findings)
    return {
        "format": PULL_FORMAT,
        "exit_code": 0,
        "folder": folder,
        "files": [{"path": path, "state": file_state(path, pulled)} for path in pulled.files],
        "counts": dict(pulled.counts),
        "left_out": {**pulled.missing, "fields": pulled.fields},
        "findings": encode.findings(findings),
        "requests": pulled.requests,
    }


def file_state(path: str, pulled: Pulled) -> str:
    """How a pulled file came to be there: `written`, `overwritten` or `unchanged`."""
    if path in pulled.unchanged:
        return "unchanged"
    return "overwritten" if path in pulled.overwritten else "written"
