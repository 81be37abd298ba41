"""A ReadApi that asks for everything once, and answers from memory after that.

So a pull proves its files against the account as it was read, by the stages of a plan, without
a second request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from bmeconf.kinds import Raw, ReadApi
from bmeconf.model import canonical_email

Params = Mapping[str, Any] | None
Reply = TypeVar("Reply")


class CachedApi:
    """A ReadApi over another one."""

    def __init__(self, api: ReadApi) -> None:
        self._api = api
        self._replies: dict[tuple[object, ...], Any] = {}
        self._contacts: dict[str, list[Raw]] = {}
        self.dialect = api.dialect

    def get(self, path: str, params: Params = None) -> Any:
        """As `ReadApi.get`."""
        return self._once(self._api.get, path, params)

    def listing(self, path: str, params: Params = None) -> Sequence[Raw]:
        """As `ReadApi.listing`."""
        return self._once(self._api.listing, path, params)

    def pages(self, path: str, params: Params = None) -> Sequence[Raw]:
        """As `ReadApi.pages`."""
        return self._once(self._api.pages, path, params)

    def search(self, body: Mapping[str, Any], size: int) -> Sequence[Raw]:
        """As `ReadApi.search`; from memory where it asks only for keys that were found before."""
        keys = _keys(body)
        if keys and all(key in self._contacts for key in keys):
            return [row for key in keys for row in self._contacts[key]]
        rows = self._api.search(body, size)
        by_key: dict[str, list[Raw]] = {}
        for row in rows:
            by_key.setdefault(canonical_email(str(row.get("key"))), []).append(row)
        self._contacts |= by_key
        return rows

    def pause(self, seconds: float) -> None:
        """As `ReadApi.pause`."""
        self._api.pause(seconds)

    def _once(self, ask: Callable[[str, Params], Reply], path: str, params: Params) -> Reply:
        key = (ask.__name__, path, tuple(sorted((k, str(v)) for k, v in (params or {}).items())))
        if key not in self._replies:
            self._replies[key] = ask(path, params)
        reply: Reply = self._replies[key]
        return reply


def _keys(body: Mapping[str, Any]) -> list[str]:
    """The contact keys that a search asks for; none where it asks for anything else."""
    criterias = [f["criterias"] for f in body["contactSpecification"]["filters"]]
    if not all(len(c) == 1 and c[0]["columnToFilter"] == "KEY" for c in criterias):
        return []
    return sorted({str(value) for c in criterias for value in c[0]["values"]})
