"""The only access to the GitHub REST API: one token, paging, retries, errors with a remedy.

Uses only the standard library, so that a step needs nothing but Python.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from email.message import Message
from http.client import HTTPException, HTTPResponse
from typing import Any
from urllib.parse import urlencode, urlsplit

ATTEMPTS, PER_PAGE, MOST_PAGES = 4, 100, 50
LARGEST = 20_000_000
Answer = tuple[int, Message, bytes]
"""Status, headers, content."""
REMEDIES = {
    401: "pass a token that is valid, by default ${{ github.token }}",
    403: "give the job the permissions that action.yml names for this mode",
    404: "check that the token may see this repository; an expired artifact is gone as well",
}


class Failed(Exception):
    """A failure of a step: message, remedy, and the exit code of the step."""

    def __init__(self, message: str, remedy: str = "", code: int = 1) -> None:
        super().__init__(message)
        self.message, self.remedy, self.code = message, remedy, code


class ServerFailed(Failed):
    """GitHub answered with a server error or not at all; the request may have been carried out."""


class _Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a download leads to another host, which must not get the token."""

    def redirect_request(self, *_: Any) -> None:
        return None


class Api:
    """A repository, with one token. `pause` is the first wait in seconds; it doubles."""

    def __init__(self, url: str, repository: str, token: str, pause: float = 2.0) -> None:
        self._base = f"{url.rstrip('/')}/repos/{repository}"
        self._token = token
        self._pause = pause
        self._open = urllib.request.build_opener(_Stay).open

    def get(self, path: str, **query: str | int) -> Any:
        """The JSON document at `path`."""
        text = urlencode(query)
        return self._json("GET", f"{self._base}/{path}" + (f"?{text}" if text else ""))

    def pages(self, path: str, within: str = "", **query: str | int) -> Iterator[dict[str, Any]]:
        """Every row of a listing, over all its pages; `within` names the member with the rows."""
        for page in range(1, MOST_PAGES + 1):
            document = self.get(path, **query, per_page=PER_PAGE, page=page)
            rows = document[within] if within else document
            yield from rows
            if len(rows) < PER_PAGE:
                return
        raise Failed(f"{path} has more than {MOST_PAGES * PER_PAGE} entries")

    def send(self, method: str, path: str, body: Mapping[str, Any]) -> Any:
        """Send a write. Only a PATCH is sent again here.

        A POST or PUT could create an object twice: its callers look first, inside `again`.
        """
        attempts = ATTEMPTS if method == "PATCH" else 1
        return self._json(method, f"{self._base}/{path}", body, attempts)

    def download(self, path: str) -> bytes:
        """The file that GitHub redirects to; the other host gets no token."""
        url = f"{self._base}/{path}"
        for signed in (True, False):
            status, headers, data = self._retried("GET", url, None, ATTEMPTS, signed)
            if status not in (301, 302, 303, 307, 308):
                return data
            url = headers.get("Location", "")
            if urlsplit(url).scheme not in ("http", "https"):
                raise Failed(f"{path} leads nowhere")
        raise Failed(f"{path} is redirected more than once")

    def again(self, work: Callable[[], None]) -> None:
        """Run `work`, which looks before it writes, until GitHub answers."""
        for attempt in range(ATTEMPTS):
            try:
                work()
                return
            except ServerFailed:
                if attempt == ATTEMPTS - 1:
                    raise
                time.sleep(self._pause * 2**attempt)

    def _json(
        self, method: str, url: str, body: Mapping[str, Any] | None = None, attempts: int = ATTEMPTS
    ) -> Any:
        status, _, data = self._retried(method, url, body, attempts, True)
        try:
            return json.loads(data) if data else None
        except ValueError as error:
            raise ServerFailed(f"{method} {url}: the answer ({status}) is not JSON") from error

    def _retried(
        self, method: str, url: str, body: Mapping[str, Any] | None, attempts: int, signed: bool
    ) -> Answer:
        for attempt in range(attempts):
            last = attempt == attempts - 1
            try:
                status, headers, data = self._once(method, url, body, signed)
            except (OSError, HTTPException) as error:
                if last:
                    reason = getattr(error, "reason", error)
                    raise ServerFailed(f"{method} {_bare(url)}: no answer: {reason}") from error
                status, headers, data = 0, Message(), b""
            if 200 <= status < 400:
                return status, headers, data
            limited = status == 429 or (status == 403 and "Retry-After" in headers)
            if last or not (status == 0 or status >= 500 or limited):
                raise _failure(method, url, status, data)
            time.sleep(_wait(headers, self._pause * 2**attempt))
        raise AssertionError("there is at least one attempt")

    def _once(self, method: str, url: str, body: Mapping[str, Any] | None, signed: bool) -> Answer:
        headers = {"User-Agent": "bmeconf-action"}
        if signed:
            headers |= {
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "X-GitHub-Api-Version": "2022-11-28",
            }
        data = None if body is None else json.dumps(body).encode()
        if data is not None:
            headers["Content-Type"] = "application/json"
        request = urllib.request.Request(url, data, headers, method=method)
        try:
            with self._open(request, timeout=30) as reply:
                return _read(reply)
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read(LARGEST)


def _read(reply: HTTPResponse) -> Answer:
    data = reply.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise Failed(f"the answer is larger than {LARGEST // 1_000_000} MB")
    return reply.status, reply.headers, data


def _wait(headers: Message, otherwise: float) -> float:
    seconds = headers.get("Retry-After", "")
    return min(float(seconds), 120.0) if seconds.isdigit() else otherwise


def _bare(url: str) -> str:
    """`url` without its query, which holds a signature for downloads."""
    return url.partition("?")[0]


def _failure(method: str, url: str, status: int, data: bytes) -> Failed:
    try:
        reason = str(json.loads(data).get("message", ""))
    except (ValueError, AttributeError):
        reason = ""
    kind = ServerFailed if status == 0 or status >= 500 or status == 429 else Failed
    message = f"GitHub answered {status} to {method} {_bare(url)}" + (
        f": {reason}" if reason else ""
    )
    return kind(message, REMEDIES.get(status, ""))


def opened(environ: Mapping[str, str]) -> Api:
    """The API that a runner's environment names.

    Raises:
        Failed: if a variable is missing.
    """
    return Api(
        environ.get("GITHUB_API_URL", "https://api.github.com"),
        needed(environ, "GITHUB_REPOSITORY"),
        needed(environ, "GITHUB_TOKEN"),
        float(environ.get("BMECONF_ACTION_PAUSE") or 2),
    )


def needed(environ: Mapping[str, str], name: str) -> str:
    """The value of a required variable.

    Raises:
        Failed: if it is missing or empty.
    """
    value = environ.get(name, "")
    if not value:
        raise Failed(f"{name} is not set", "run this as a step of the action", 3)
    return value


def output(environ: Mapping[str, str], **values: str) -> None:
    """Set outputs of this step; line breaks in a value become spaces."""
    with open(needed(environ, "GITHUB_OUTPUT"), "a", encoding="utf-8") as file:
        for name, value in values.items():
            file.write(f"{name.replace('_', '-')}={' '.join(value.split())}\n")


def notice(level: str, text: str) -> None:
    """Print `text` as an annotation; no text in it can act as a command."""
    escaped = text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    sys.stdout.write(f"::{level}::{escaped}\n")
    sys.stdout.flush()


def run(main: Callable[[Mapping[str, str]], None]) -> None:
    """Run a script with the environment; a failure ends it with its exit code."""
    try:
        main(os.environ)
    except Failed as error:
        notice("error", error.message + (f"\n{error.remedy}" if error.remedy else ""))
        sys.exit(error.code)
