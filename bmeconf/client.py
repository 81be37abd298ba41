"""The door to the API: key header, timeouts, retries, paging. The only user of requests.

In: a base URL, a key, a Budget. Out: decoded JSON, or an error of the tree. A `Reader` cannot
write: its transport refuses anything but GET and the search POST (design 7.1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from bmeconf import __version__, envelope, paging
from bmeconf.envelope import Answer
from bmeconf.errors import (
    BmeconfError,
    NetworkError,
    OutcomeUnknown,
    ReplyUnreadable,
)
from bmeconf.kinds.base import Dialect
from bmeconf.kinds.replies import Raw
from bmeconf.pace import LONGEST_WAIT, Budget

SEARCH = "/api/contact/search"
TIMEOUT = (10.0, 60.0)
"""Seconds to connect, and between two bytes of an answer."""
ATTEMPTS = 4
MOST_BYTES = 64 * 1024 * 1024


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


class Reader:
    """Reads the account: GETs and contact searches, complete or an error (design 7.2)."""

    transport: type[HTTPAdapter] = ReadOnlyTransport

    def __init__(
        self,
        base_url: str,
        key: str,
        budget: Budget,
        dialect: Dialect | None = None,
        trace: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._base, self._key, self._trace = base_url, key, trace
        self.budget = budget
        self.dialect = dialect or Dialect()
        self._session = requests.Session()
        self._session.auth = Key(key)
        self._session.headers["Accept"] = "application/json"
        self._session.headers["User-Agent"] = f"bmeconf/{__version__}"
        # A plain http address is this machine itself: no proxy may come between.
        self._session.trust_env = base_url.startswith("https:")
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, self.transport())

    def get(self, path: str, params: Mapping[str, Any] | None = None) -> Any:
        """The decoded reply of one GET.

        Raises:
            ApiError, Refused, LimitReached: as the reply, or the lack of one, says.
        """
        return envelope.decoded(self._persist("GET", path, params=params))

    def listing(self, path: str, params: Mapping[str, Any] | None = None) -> Sequence[Raw]:
        """Every row of a listing that comes whole, in one reply."""
        return paging.collect(path, lambda _: paging.page_of(self.get(path, params), path), 1)

    def pages(self, path: str, params: Mapping[str, Any] | None = None) -> Sequence[Raw]:
        """Every row of a paged listing, once each, to the last page."""

        def fetch(size: int, page: int) -> paging.Page:
            asked = {**(params or {}), "page": page, "size": size}
            return paging.page_of(self.get(path, asked), path)

        return paging.sized(path, "size", paging.SIZES, fetch)

    def search(self, body: Mapping[str, Any], size: int) -> Sequence[Raw]:
        """Every hit of a contact search, asking for pages of `size` (API contract 4.2.1)."""

        def fetch(size: int, page: int) -> paging.Page:
            asked = {**body, "page": page, "pageSize": size}
            reply = envelope.decoded(self._persist("POST", SEARCH, body=asked))
            return paging.page_of(reply, SEARCH)

        smaller = tuple(s for s in paging.SIZES if s < size)
        return paging.sized(SEARCH, "pageSize", (size, *smaller), fetch)

    def pause(self, seconds: float) -> None:
        """Wait, for the search index to catch up."""
        self.budget.sleep(seconds)

    def for_writing(self) -> Writer:
        """The same account, budget and dialect, opened for apply."""
        return Writer(self._base, self._key, self.budget, self.dialect, self._trace)

    # --- one request

    def _persist(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """A request that may be repeated: over resets, timeouts, 5xx and passing 429s."""
        for attempt in range(ATTEMPTS):
            last = attempt == ATTEMPTS - 1
            try:
                answer = self._once(method, path, params=params, body=body)
            except NetworkError:
                if last:
                    raise
                self.budget.sleep(0.5 * 2**attempt)
                continue
            if answer.status < 300:
                return answer
            if last or not self._waited(answer, attempt, repeatable=True):
                break
        raise self._failure(answer)

    def _waited(self, answer: Answer, attempt: int, *, repeatable: bool) -> bool:
        """Whether the request may be sent again, after the wait that takes."""
        wait = envelope.retry_after(answer, self.budget.clock())
        if envelope.passing(answer, wait):
            # The vendor's formula (API contract 3.3).
            self.budget.sleep(min((1.0 if wait is None else wait) * 2**attempt, LONGEST_WAIT))
            return True
        if answer.status >= 500 and repeatable:
            self.budget.sleep(0.5 * 2**attempt)
            return True
        return False

    def _failure(self, answer: Answer) -> BmeconfError:
        error = envelope.failure(answer)
        error.message = self._masked(error.message)
        error.args = (error.message,)
        return error

    def _once(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, Any] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Answer:
        """One request on the wire.

        Raises:
            OutcomeUnknown: where it left this machine and no whole answer came back.
            NetworkError: where it never left.
        """
        self.budget.spend()
        request = f"{method} {path}"
        try:
            with self._session.request(
                method,
                self._base + path,
                params={k: v for k, v in (params or {}).items() if v is not None},
                json=body,
                timeout=TIMEOUT,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = _content(response, request)
        except requests.RequestException as error:
            raise self._network_error(request, error) from error
        self._trace(f"{request} {response.status_code}")
        self.budget.learn(response.headers)
        return Answer(request, response.status_code, content, response.headers)

    def _network_error(self, request: str, error: requests.RequestException) -> BmeconfError:
        cause = error.args[0] if error.args else error
        reason = getattr(cause, "reason", cause)
        told = self._masked(f"{request}: no answer from {self._base}: {_plain(reason)}")
        never_left = isinstance(reason, NewConnectionError | ConnectTimeoutError) or isinstance(
            error, requests.exceptions.SSLError | requests.exceptions.InvalidURL
        )
        if never_left:
            return NetworkError(told, "check the base URL and the network of this machine")
        return OutcomeUnknown(told, "run again: what did land is found, nothing is done twice")

    def _masked(self, text: str) -> str:
        return text.replace(self._key, "***")


class Writer(Reader):
    """A Reader that may also write, each write once (design 7.13)."""

    transport = HTTPAdapter
    writes = 0
    """Writes that were done, or may have been."""

    def send(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        """One write; the decoded reply, None where it is empty.

        A 429 is repeated, since the request was not taken; nothing else is.

        Raises:
            OutcomeUnknown: timeout, reset, 5xx, or a success whose reply cannot be read.
            Rejected, Refused, LimitReached, NetworkError: it was not done.
        """
        for attempt in range(ATTEMPTS):
            answer = self._write(method, path, body)
            if answer.status != 429 or not self._waited(answer, attempt, repeatable=False):
                break
        if answer.status < 300 or answer.status >= 500:
            self.writes += 1
        if answer.status >= 500:
            raise OutcomeUnknown(self._masked(envelope.failure(answer).message))
        if answer.status >= 300:
            raise self._failure(answer)
        try:
            return envelope.decoded(answer)
        except ReplyUnreadable as error:
            raise OutcomeUnknown(self._masked(error.message), error.remedy) from error

    def _write(self, method: str, path: str, body: Mapping[str, Any] | None) -> Answer:
        try:
            return self._once(method, path, body=body)
        except OutcomeUnknown:
            self.writes += 1
            raise


def _content(response: requests.Response, request: str) -> bytes:
    content = bytearray()
    for chunk in response.iter_content(256 * 1024):
        content += chunk
        if len(content) > MOST_BYTES:
            raise ReplyUnreadable(f"{request}: the answer is larger than {MOST_BYTES} bytes")
    return bytes(content)


def _plain(reason: object) -> str:
    """The last, human part of a nested network error."""
    text = str(reason)
    if isinstance(reason, NewConnectionError):
        text = text.rsplit(": ", 1)[-1]
    return " ".join(text.split()) or type(reason).__name__
