"""`Call`, an admitted request as handlers get it, and `Route`, an operation of the API."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bmeconf.sandbox.store import Doc, Store
from bmeconf.sandbox.switches import Switches


@dataclass(frozen=True)
class Call:
    """A request after authentication, limits and scope, inside its transaction.

    `now` is in Unix seconds; `args` are the path's variables; `query` keeps the first value
    of each name; `body` is parsed JSON, None when the request had none.
    """

    store: Store
    switches: Switches
    now: float
    args: Mapping[str, str]
    query: Mapping[str, str]
    body: object = None
    key: Doc | None = None


@dataclass(frozen=True)
class Route:
    """An operation: `scope` None admits any key; text from a handler is sent as `text/csv`.

    `method` may name several, separated by spaces; `status` is the status of a success.
    """

    method: str
    path: str
    scope: str | None
    handler: Callable[[Call], object]
    status: int = 200
