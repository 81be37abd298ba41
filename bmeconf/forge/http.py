"""The door to the API of a forge: one token, pages, repeats, errors with a remedy.

A redirect leads a download to another host, which must not get the token.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

import requests
from requests.auth import AuthBase

from bmeconf import __version__
from bmeconf.client import UnredirectedSession
from bmeconf.forge.model import T
from bmeconf.model.errors import ForgeFailed, ForgeUnanswered

ATTEMPTS, PER_PAGE, MOST_PAGES = 4, 100, 50
LARGEST = 20_000_000
"""Bytes of an answer."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 120.0
"""Seconds; the first wait doubles."""
Sleep = Callable[[float], object]
REDIRECTS = (301, 302, 303, 307, 308)
SAFE = ("GET", "PATCH")
"""What may be sent again without an answer: other requests could make an object twice."""
CHUNK = 256 * 1024


class _Headers(AuthBase):
    """Sets headers last, so that no other source of passwords has a say."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self._headers = headers

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers.update(self._headers)
        return request


class _Answer(dict[str, Any]):
    """An object in an answer; a forge that leaves out a member that is asked for has failed."""

    def __missing__(self, key: str) -> Any:
        raise ForgeFailed(f"an answer has no member `{key}`")


class _Request(NamedTuple):
    method: str
    url: str
    auth: AuthBase
    body: Mapping[str, Any] | None = None
    query: Mapping[str, str | int] = MappingProxyType({})


class Client:
    """An API below `base`, with the `signed` headers; it waits by `sleep`.

    `remedies` are what helps where a status is the answer.
    """

    def __init__(
        self,
        name: str,
        base: str,
        signed: Mapping[str, str],
        remedies: Mapping[int, str],
        sleep: Sleep,
    ) -> None:
        self._name, self._base, self._remedies, self._sleep = name, base, remedies, sleep
        self._signed, self._unsigned = _Headers(signed), _Headers({})
        self._session = UnredirectedSession()
        self._session.headers["User-Agent"] = f"bmeconf/{__version__}"

    def get(self, path: str, **query: str | int) -> dict[str, Any]:
        """The object at `path`."""
        document = self._read(path, query)
        if not isinstance(document, dict):
            raise ForgeUnanswered(f"{path}: the answer is no object")
        return document

    def rows(self, path: str, within: str = "", **query: str | int) -> list[dict[str, Any]]:
        """The rows of a listing, which the answer has all; `within` names the member with them."""
        document = self._read(path, query)
        rows = document.get(within) if within and isinstance(document, dict) else document
        if not (isinstance(rows, list) and all(isinstance(row, dict) for row in rows)):
            raise ForgeUnanswered(f"{path}: the answer is no listing")
        return rows

    def pages(self, path: str, within: str = "", **query: str | int) -> Iterator[dict[str, Any]]:
        """Every row of a listing, over all its pages; `within` as for `rows`."""
        for page in range(1, MOST_PAGES + 1):
            rows = self.rows(path, within, **query, per_page=PER_PAGE, page=page)
            yield from rows
            if len(rows) < PER_PAGE:
                return
        raise ForgeFailed(f"{path} has more than {MOST_PAGES * PER_PAGE:,} entries")

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Send a write. What could make an object twice is sent once: its caller looks first."""
        return self._json(_Request(method, f"{self._base}/{path}", self._signed, body))

    def download(self, path: str) -> bytes:
        """The file that the forge redirects to."""
        url = f"{self._base}/{path}"
        for signed in (self._signed, self._unsigned):
            status, headers, data = self._repeated(_Request("GET", url, signed))
            if status not in REDIRECTS:
                return data
            url = headers.get("Location", "")
            if not url.startswith(("http://", "https://")):
                raise ForgeFailed(f"{path} leads nowhere")
        raise ForgeFailed(f"{path} is redirected more than once")

    def again(self, work: Callable[[], T]) -> T:
        """The result of `work`, which looks before it writes, once there is an answer."""
        for attempt in range(ATTEMPTS - 1):
            try:
                return work()
            except ForgeUnanswered:
                self._sleep(FIRST_WAIT * 2**attempt)
        return work()

    def _read(self, path: str, query: Mapping[str, str | int]) -> Any:
        return self._json(_Request("GET", f"{self._base}/{path}", self._signed, query=query))

    def _json(self, request: _Request) -> Any:
        status, _, data = self._repeated(request)
        if status in REDIRECTS:
            message = (
                f"{self._name} redirects {request.method} {_bare(request.url)}: nothing was done"
            )
            raise ForgeFailed(
                message, "check the address of its API, and whether the project moved"
            )
        try:
            return json.loads(data, object_hook=_Answer) if data else None
        except ValueError as error:
            message = f"{request.method} {request.url}: the answer ({status}) is not JSON"
            raise ForgeUnanswered(message) from error

    def _repeated(self, request: _Request) -> tuple[int, Mapping[str, str], bytes]:
        is_safe = request.method in SAFE
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            headers: Mapping[str, str] = {}
            try:
                status, headers, data = self._once(request)
            except requests.RequestException as error:
                if last or not is_safe:
                    # The text of the error may hold the whole address, with a signature in it.
                    words = f"{request.method} {_bare(request.url)}: no answer"
                    raise ForgeUnanswered(f"{words}: {type(error).__name__}") from None
                status, data = 0, b""
            if 200 <= status < 400:
                return status, headers, data
            # A limit refuses a request before anything is done.
            limited = status == 429 or (status == 403 and "Retry-After" in headers)
            if last or not (limited or (is_safe and (status == 0 or status >= 500))):
                raise self._failure(request, status, data)
            self._sleep(_wait(headers, FIRST_WAIT * 2**attempt))
        raise AssertionError("there is at least one attempt")

    def _once(self, request: _Request) -> tuple[int, Mapping[str, str], bytes]:
        with self._session.request(
            request.method,
            request.url,
            params=request.query,
            json=request.body,
            auth=request.auth,
            timeout=30,
            allow_redirects=False,
            stream=True,
        ) as reply:
            data = bytearray()
            for chunk in reply.iter_content(CHUNK):
                data += chunk
                if len(data) > LARGEST:
                    raise ForgeFailed(f"the answer is larger than {LARGEST // 1_000_000} MB")
            return reply.status_code, reply.headers, bytes(data)

    def _failure(self, request: _Request, status: int, data: bytes) -> ForgeFailed:
        try:
            told = json.loads(data)
            reason = str(told.get("message") or told.get("error_description") or "")
        except (ValueError, AttributeError):
            reason = ""
        kind = ForgeUnanswered if status == 0 or status >= 500 or status == 429 else ForgeFailed
        said = f": {reason}" if reason else ""
        message = f"{self._name} answered {status} to {request.method} {_bare(request.url)}{said}"
        failure = kind(message, self._remedies.get(status, ""))
        failure.status, failure.reason = status, reason
        return failure


def _wait(headers: Mapping[str, str], otherwise: float) -> float:
    seconds = headers.get("Retry-After", "")
    return min(float(seconds), LONGEST_WAIT) if seconds.isdecimal() else otherwise


def _bare(url: str) -> str:
    """`url` without its query, which holds a signature for downloads."""
    return url.partition("?")[0]
