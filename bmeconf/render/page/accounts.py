"""The declared accounts of a project -> Page. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from bmeconf.accounts import KnownAccount
from bmeconf.model import ACCOUNTS_FORMAT, counted
from bmeconf.render.model import InText, Page, PageItem, Section, Table, filled

HEADS = ("Account", "Base URL", "Key variable", "Variables", "Remembered")
NONE = (
    "The project declares no account: BMECONF_BASE_URL and BMECONF_API_KEY name the account of a"
    " run."
)


def of_accounts(accounts: Sequence[KnownAccount]) -> Page:
    """The accounts as a page; what a run with one of them lacks is a warning."""
    lacking = [account for account in accounts if not account.ready]
    verdict = (
        f"{counted(len(accounts), 'account')}, {len(accounts) - len(lacking)} ready for a run."
    )
    table = Table(HEADS, tuple(map(_row, accounts)), numbers=(4,))
    return Page(
        document=ACCOUNTS_FORMAT,
        title="Accounts",
        account="",
        verdict=verdict if accounts else NONE,
        mood="warn" if lacking else "good",
        sections=filled(
            Section("Declared accounts", tables=(table,) if accounts else ()),
            Section("Not ready", tuple(map(_item, lacking)), in_text=InText.BRIEF),
        ),
    )


def _row(account: KnownAccount) -> tuple[str, ...]:
    entry = account.entry
    remembered = "–" if account.remembered is None else f"{account.remembered:,}"
    return entry.name, entry.base_url, entry.api_key_env, ", ".join(entry.vars), remembered


def _item(account: KnownAccount) -> PageItem:
    return PageItem(
        sign="!",
        address=account.entry.name,
        state="not ready",
        head=account.trouble,
        remedy=account.remedy,
        level="warning",
    )
