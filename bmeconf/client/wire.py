"""The wire end of the client: the key header, the refusal to write, what a broken wire means."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from http.client import BadStatusLine, RemoteDisconnected
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError, ProxyError

from bmeconf.model.errors import NetworkError, OutcomeUnknown

SEARCH = "/api/contact/search"
NEVER_LEFT = (
    NewConnectionError,
    ConnectTimeoutError,
    ProxyError,
    ssl.SSLCertVerificationError,
    requests.exceptions.InvalidURL,
)
"""Failures that come before a request is sent; any other may come after it landed."""


class WriteRefused(AssertionError):
    """A write was asked of a client that was opened for reading: a bug of ours, stopped here."""


class Key(AuthBase):
    """Sets the key header, and keeps requests from looking for credentials elsewhere."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["X-API-Key"] = self._key
        return request


class ReadOnlyTransport(HTTPAdapter):
    """The transport of a Reader: the wire end refuses, whatever the layers above ask."""

    def send(
        self, request: requests.PreparedRequest, *args: Any, **kwargs: Any
    ) -> requests.Response:
        search = request.method == "POST" and urlsplit(request.url or "").path == SEARCH
        if request.method != "GET" and not search:
            raise WriteRefused(f"{request.method} {request.url}")
        return super().send(request, *args, **kwargs)


def network_error(request: str, base: str, error: requests.RequestException) -> NetworkError:
    """A failure of the library as one of ours: whether the request left makes the difference."""
    causes = list(_causes(error))
    told = f"from {base}: {_plain(causes[-1])}"
    if any(isinstance(cause, NEVER_LEFT) for cause in causes):
        remedy = "check the base URL, the network of this machine, and its proxy where it has one"
        return NetworkError(f"{request}: no answer {told}", remedy)
    return OutcomeUnknown(f"{request}: no whole answer {told}")


def without_doubt(error: NetworkError) -> NetworkError:
    """A read that got no answer leaves nothing to wonder about."""
    if not isinstance(error, OutcomeUnknown):
        return error
    return NetworkError(error.message, "run again; if it stays, check the network and the base URL")


def _causes(error: BaseException) -> Iterator[BaseException]:
    """`error`, and what it wraps, down to what really happened."""
    yield error
    wrapped = [getattr(error, "reason", None), *reversed(error.args), error.__cause__]
    inner = next((cause for cause in wrapped if isinstance(cause, BaseException)), None)
    if inner is not None:
        yield from _causes(inner)


def _plain(error: BaseException) -> str:
    """What really happened, in a few human words."""
    text = getattr(error, "strerror", None) or str(error)
    if isinstance(error, BadStatusLine) and not isinstance(error, RemoteDisconnected):
        text = f"it does not speak HTTP but says {text}"
    return " ".join(str(text).split())[:200] or type(error).__name__
