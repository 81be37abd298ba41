"""Connections to one account: what a request carries, and which requests go out at all."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http.cookiejar import DefaultCookiePolicy
from queue import LifoQueue
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

from bmeconf import __version__
from bmeconf.client.route import Route
from bmeconf.kinds import SEARCH


class WriteRefused(AssertionError):
    """A write was asked of a client that must not send it: a bug of ours, stopped here."""


class Key(AuthBase):
    """Sets the key header, and keeps requests from looking for credentials elsewhere."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-API-Key"] = self._key
        return request


class UnredirectedSession(requests.Session):
    """Follows no redirect, nor reads where one leads: that may be no address at all."""

    def get_redirect_target(self, resp: requests.Response) -> None:
        return None


class ReadOnlyTransport(HTTPAdapter):
    """The transport of a Reader: the wire end refuses, whatever the layers above ask."""

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        search = request.method == "POST" and urlsplit(request.url or "").path == SEARCH
        if request.method != "GET" and not search:
            raise WriteRefused(f"{request.method} {request.url}")
        return super().send(request, *args, **kwargs)


class Sessions:
    """As many sessions as requests may be under way, made where they are needed.

    A thread has one for itself as long as a request takes.
    """

    def __init__(
        self, base_url: str, key: str, route: Route, transport: type[HTTPAdapter], most: int
    ) -> None:
        self._base, self._key, self._route, self._transport = base_url, key, route, transport
        # The one that was used last is taken first: its connection is the freshest.
        self._free: LifoQueue[requests.Session | None] = LifoQueue()
        for _ in range(most):
            self._free.put(None)

    @contextmanager
    def one(self) -> Iterator[requests.Session]:
        """A session for one request, waited for where all are taken."""
        session = self._free.get()
        try:
            session = session or self._made()
            yield session
        finally:
            self._free.put(session)

    def _made(self) -> requests.Session:
        session = UnredirectedSession()
        session.auth = Key(self._key)
        session.headers["Accept"] = "application/json"
        session.headers["User-Agent"] = f"bmeconf/{__version__}"
        # A plain http address is this machine itself: no proxy may come between.
        session.trust_env = self._base.startswith("https:")
        session.verify = self._route.bundle.value or True
        session.cookies.set_policy(DefaultCookiePolicy(allowed_domains=()))
        for scheme in ("https://", "http://"):
            session.mount(scheme, self._transport())
        return session
