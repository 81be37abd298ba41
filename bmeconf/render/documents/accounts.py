"""The document of the declared accounts: `accounts` is a matrix for CI systems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bmeconf.accounts import KnownAccount
from bmeconf.model import ACCOUNTS_FORMAT
from bmeconf.model.errors import BmeconfError
from bmeconf.render.documents.failure import failure
from bmeconf.render.documents.values import members


def of_accounts(
    accounts: Sequence[KnownAccount], exit_code: int = 0, error: BmeconfError | None = None
) -> dict[str, Any]:
    """The document of `accounts`; `error` is why it could not be given out as it is."""
    if error:
        return failure(ACCOUNTS_FORMAT, error)
    return {
        "format": ACCOUNTS_FORMAT,
        "exit_code": exit_code,
        "accounts": [
            {
                **members(account.entry, "name", "base_url", "api_key_env", "vars"),
                "ready": account.ready,
                "trouble": account.trouble or None,
                "remembered": account.remembered,
            }
            for account in accounts
        ],
    }
