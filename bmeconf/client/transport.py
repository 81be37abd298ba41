"""Connections to one account: what a request carries, and which requests go out at all."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlencode

import certifi
from urllib3 import BaseHTTPResponse, PoolManager, ProxyManager, Timeout
from urllib3.util import make_headers, parse_url

from bmeconf import __version__
from bmeconf.client.route import Route
from bmeconf.model.errors import InvalidInput

SEARCH = "/api/contact/search"
Data = Mapping[str, Any] | None
"""The parameters of a request, or its body."""


class WriteRefused(AssertionError):
    """A write was asked of a client that must not send it: a bug of ours, stopped here."""


class Transport:
    """Sends requests to one account; any number of threads may."""

    def __init__(self, base_url: str, key: str, route: Route, most: int) -> None:
        self._base = base_url
        self._headers = {
            "Accept": "application/json",
            "Accept-Encoding": "gzip, deflate",
            "User-Agent": f"bmeconf/{__version__}",
            "X-API-Key": key,
        }
        self._pools = _pools(route, most)
        self.turn = threading.Semaphore(most)
        """Held while a request is made, so that there are as many as connections."""

    @contextmanager
    def sent(
        self, method: str, path: str, params: Data, body: Data, timeout: tuple[float, float]
    ) -> Iterator[BaseHTTPResponse]:
        """The response to one request, to be read as a stream; no redirect is followed.

        Raises:
            HTTPError (urllib3): no whole response came.
        """
        asked = urlencode({k: v for k, v in (params or {}).items() if v is not None})
        content, headers = None, self._headers
        if body is not None:
            content = json.dumps(body, allow_nan=False).encode()
            headers = {**headers, "Content-Type": "application/json"}
        response = self._pools.urlopen(
            method,
            f"{self._base}{path}?{asked}" if asked else f"{self._base}{path}",
            redirect=False,
            retries=False,
            body=content,
            headers=headers,
            timeout=Timeout(*timeout),
            preload_content=False,
        )
        try:
            yield response
        except BaseException:
            # What is left to read must not be taken for the next response.
            response.close()
            raise
        response.release_conn()


class ReadOnlyTransport(Transport):
    """The transport of a Reader: the wire end refuses, whatever the layers above ask."""

    @contextmanager
    def sent(
        self, method: str, path: str, params: Data, body: Data, timeout: tuple[float, float]
    ) -> Iterator[BaseHTTPResponse]:
        # Read as urllib3 reads it: what is compared is what would be sent.
        url = f"{self._base}{path}"
        if method != "GET" and not (method == "POST" and parse_url(url).path == SEARCH):
            raise WriteRefused(f"{method} {url}")
        with super().sent(method, path, params, body, timeout) as response:
            yield response


def _pools(route: Route, most: int) -> PoolManager:
    """The connections that a route asks for, through its proxy and with its certificates."""
    bundle = route.bundle.value
    known: dict[str, Any] = {"maxsize": most, "cert_reqs": "CERT_REQUIRED"}
    known |= {"ca_cert_dir": bundle} if route.is_folder else {"ca_certs": bundle or certifi.where()}
    proxy = route.proxy_url
    if not proxy:
        return PoolManager(**known)
    if proxy.lower().startswith("socks"):
        try:
            from urllib3.contrib.socks import SOCKSProxyManager
        except ImportError as error:
            raise InvalidInput(
                f"{route.proxy.variable}: a SOCKS proxy needs PySocks, which is not installed",
                "install it with: pip install PySocks",
            ) from error
        return SOCKSProxyManager(proxy, **known)
    user = parse_url(proxy).auth
    headers = make_headers(proxy_basic_auth=unquote(user)) if user else None
    return ProxyManager(proxy, proxy_headers=headers, **known)
