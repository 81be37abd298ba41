"""The wire end of the client: the key header, and the refusal to write."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase

SEARCH = "/api/contact/search"


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
