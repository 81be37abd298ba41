"""Accounts of many objects, for what depends on how many there are."""

from __future__ import annotations

from typing import Any

from tests.support.driver import Account


def fill(account: Account, lists: int = 40, campaigns: int = 60, contacts: int = 500) -> Any:
    """Give the account so many of each; its whole state."""
    state = account.state()
    ids = [f"{number:024x}" for number in range(1, lists + 1)]
    state["lists"] = [{"_id": id, "name": f"List {id}"} for id in ids]
    state["campaigns"] = [
        {"name": f"Campaign {number}", "lists": ids[:1], "status": "draft"}
        for number in range(campaigns)
    ]
    state["contacts"] = [
        {"key": f"person{number}@acme.example", "lists": ids[:1]} for number in range(contacts)
    ]
    return account.set(state)
