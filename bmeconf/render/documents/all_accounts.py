"""The document of one command on several accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bmeconf.model import REPORTS_FORMAT
from bmeconf.model.errors import BmeconfError
from bmeconf.plan import encode


def of_reports(
    reports: Mapping[str, Mapping[str, Any]],
    left: Sequence[str],
    exit_code: int,
    error: BmeconfError | None = None,
) -> dict[str, Any]:
    """The documents of all accounts, by name, each as the command alone would give it.

    `left` are the accounts that nothing was asked of. `error` is why the report could not be given
    out as it is.
    """
    return {
        "format": REPORTS_FORMAT,
        "exit_code": exit_code,
        **(encode.failure(error) if error else {}),
        "reports": [{"account": name, "report": report} for name, report in reports.items()],
        "not_looked_at": [*left],
    }
