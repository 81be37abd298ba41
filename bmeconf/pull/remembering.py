"""An account that is read once: what was asked before is answered from memory.

So `pull` can hold what it is about to write against what it read, by the same stages that plan,
without a second request.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bmeconf.kinds.api import ReadApi
from bmeconf.kinds.replies import Raw
from bmeconf.model import canonical_email

Key = tuple[str, str, tuple[tuple[str, str], ...]]


class Remembering:
    """A ReadApi over another one."""

    def __init__(self, api: ReadApi) -> None:
        self._api = api
        self._known: dict[Key, Any] = {}
        self._contacts: dict[str, list[Raw]] = {}
        self.dialect = api.dialect

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """As `ReadApi.get`."""
        return self._once("get", path, params, self._api.get)

    def listing(self, path: str, params: Mapping[str, Any] | None = None) -> Sequence[Raw]:
        """As `ReadApi.listing`."""
        rows: Sequence[Raw] = self._once("listing", path, params, self._api.listing)
        return rows

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Sequence[Raw]:
        """As `ReadApi.pages`."""
        rows: Sequence[Raw] = self._once("pages", path, params, self._api.pages)
        return rows

    def search(self, body: Mapping[str, Any], size: int) -> Sequence[Raw]:
        """As `ReadApi.search`; by nothing but keys of contacts that were found, from memory."""
        keys = _keys(body)
        if keys and all(key in self._contacts for key in keys):
            return [row for key in keys for row in self._contacts[key]]
        rows = self._api.search(body, size)
        found: dict[str, list[Raw]] = {}
        for row in rows:
            found.setdefault(canonical_email(str(row.get("key"))), []).append(row)
        self._contacts |= found
        return rows

    def pause(self, seconds: float) -> None:
        """As `ReadApi.pause`."""
        self._api.pause(seconds)

    def _once(
        self,
        how: str,
        path: str,
        params: Mapping[str, Any] | None,
        ask: Callable[[str, Mapping[str, Any] | None], Any],
    ) -> Any:
        key = (how, path, tuple(sorted((k, str(v)) for k, v in (params or {}).items())))
        if key not in self._known:
            self._known[key] = ask(path, params)
        return self._known[key]


def _keys(body: Mapping[str, Any]) -> list[str]:
    """The keys that a search asks for, none where it asks for anything else."""
    criterias = [f["criterias"] for f in body["contactSpecification"]["filters"]]
    if not all(len(c) == 1 and c[0]["columnToFilter"] == "KEY" for c in criterias):
        return []
    return sorted({str(value) for c in criterias for value in c[0]["values"]})
