"""A scripted HTTP server on loopback that answers whatever a test tells it to, and notes all.

`FakeServer` asks a function what to do with each request: answer, answer badly, or hang up.
`in_front_of` stands before a real account and lets a test meddle with chosen requests, before
or after they have reached it.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import socket
import ssl
import struct
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Seen:
    """One request as it arrived; header names are lower-cased."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def line(self) -> str:
        return f"{self.method} {self.path}"


@dataclass(frozen=True)
class Reply:
    """An answer; `length` is the Content-Length to claim, `drip` a pause before each byte."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    length: int | None = None
    drip: float = 0.0

    def wire(self) -> bytes:
        given = {name.lower() for name in self.headers}
        lines = [f"HTTP/1.1 {self.status} Scripted", "Connection: close"]
        if "content-type" not in given:
            lines.append("Content-Type: application/json")
        if self.status != 204 and "transfer-encoding" not in given:
            lines.append(
                f"Content-Length: {len(self.body) if self.length is None else self.length}"
            )
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + self.body


class HangUp:
    """No answer: the connection is closed, reset, left open until the client gives up, or spoilt
    by a record that belongs to no TLS session."""

    def __init__(self, how: str) -> None:
        self.how = how


CLOSE, RESET, SILENCE = HangUp("close"), HangUp("reset"), HangUp("silence")
SPOIL = HangUp("spoil")
Action = Reply | HangUp | bytes
"""What to do with a request; bytes go to the wire as they are."""
Handler = Callable[[Seen], Action]
Forward = Callable[[], Reply]
Meddle = Callable[[Seen, Forward], Action]


def reply(value: Any, status: int = 200, **headers: str) -> Reply:
    """`value` as JSON; `Retry_After="5"` becomes the header `Retry-After: 5`."""
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return Reply(status, json.dumps(value).encode(), named)


def refusal(status: int, error_type: str, message: str, **headers: str) -> Reply:
    """An error envelope (API contract 2.1)."""
    return reply({"errors": [{"errorType": error_type, "message": message}]}, status, **headers)


class FakeServer:
    """The server, as a context manager; `seen` is every request in the order of arrival.

    `connections` counts those that were opened, with or without a request. A `deaf` server
    closes each of them before it reads anything; `tls` makes it an https server.
    """

    def __init__(
        self, handler: Handler, deaf: bool = False, tls: ssl.SSLContext | None = None
    ) -> None:
        self.handler, self.deaf, self.tls = handler, deaf, tls
        self.seen: list[Seen] = []
        self.connections = 0
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.host = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = f"{'https' if tls else 'http'}://{self.host}"

    def __enter__(self) -> FakeServer:
        self._start(self._accept)
        return self

    def __exit__(self, *exc: object) -> None:
        self._over.set()
        with contextlib.suppress(OSError):
            # An accept() that waits is only woken by a connection.
            socket.create_connection(self._listener.getsockname(), timeout=1).close()
        for thread in list(self._threads):
            thread.join(5)
        self._listener.close()

    def lines(self, *methods: str) -> list[str]:
        """`METHOD /path` of every request, or of those with one of `methods`."""
        return [s.line for s in list(self.seen) if not methods or s.method in methods]

    def writes(self) -> list[str]:
        """`METHOD /path` of every request that is neither a GET nor a search."""
        return [line for line in self.lines() if not _reads(line)]

    def _start(self, work: Callable[..., None], *arguments: Any) -> None:
        thread = threading.Thread(target=work, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._over.is_set():
                connection.close()
                return
            self.connections += 1
            self._start(self._serve, connection)

    def _serve(self, connection: socket.socket) -> None:
        # A client that has gone is no concern of the server's.
        with connection, contextlib.suppress(OSError):
            connection.settimeout(30)
            if self.deaf:
                return
            if self.tls is None:
                self._converse(connection)
                return
            with self.tls.wrap_socket(connection, server_side=True) as secured:
                self._converse(secured)

    def _converse(self, connection: socket.socket) -> None:
        seen = _read(connection)
        if seen is not None:
            self.seen.append(seen)
            self._act(connection, self.handler(seen))

    def _act(self, connection: socket.socket, action: Action) -> None:
        if isinstance(action, HangUp):
            if action.how == "silence":
                self._over.wait(30)
            if action.how == "spoil":
                os.write(connection.fileno(), b"\x17\x03\x03\x00\x20" + b"?" * 32)
            if action.how == "reset":
                linger = struct.pack("ii", 1, 0)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return
        wire = action if isinstance(action, bytes) else action.wire()
        if isinstance(action, Reply) and action.drip:
            for byte in wire:
                time.sleep(action.drip)
                connection.sendall(bytes([byte]))
            return
        connection.sendall(wire)


def _reads(line: str) -> bool:
    return line.startswith("GET ") or line == "POST /api/contact/search"


def _read(connection: socket.socket) -> Seen | None:
    with connection.makefile("rb") as stream:
        first = stream.readline().decode("latin-1").split()
        if len(first) != 3:
            return None
        headers: dict[str, str] = {}
        while (line := stream.readline().decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = stream.read(int(headers.get("content-length", "0")))
    path, _, query = first[1].partition("?")
    return Seen(first[0], path, query, headers, body)


# --- in front of a real account


def in_front_of(url: str, meddle: Meddle) -> FakeServer:
    """A server that hands every request on to `url`, unless `meddle` does otherwise."""

    def handle(seen: Seen) -> Action:
        return meddle(seen, lambda: _forwarded(url, seen))

    return FakeServer(handle)


def _forwarded(url: str, seen: Seen) -> Reply:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    own = ("host", "connection", "content-length", "accept-encoding")
    headers = {name: value for name, value in seen.headers.items() if name not in own}
    target = f"{seen.path}?{seen.query}" if seen.query else seen.path
    try:
        connection.request(seen.method, target, seen.body or None, headers)
        answer = connection.getresponse()
        own = ("connection", "content-length", "server", "date")
        kept = {k: v for k, v in answer.getheaders() if k.lower() not in own}
        return Reply(answer.status, answer.read(), kept)
    finally:
        connection.close()


class Rule:
    """Meddles with requests whose `METHOD /path` the pattern fits, as a whole.

    The first `skip` of them pass, then `times` are handed to `act`. `hits` counts those.
    """

    def __init__(self, pattern: str, act: Meddle, times: int = 10**6, skip: int = 0) -> None:
        self.pattern, self.act = re.compile(pattern), act
        self.times, self.skip, self.hits = times, skip, 0

    def takes(self, seen: Seen) -> bool:
        """Whether this request is one to meddle with; counts it."""
        if not self.pattern.fullmatch(seen.line):
            return False
        if self.skip:
            self.skip -= 1
            return False
        self.hits += 1
        return self.hits <= self.times


Cut = Callable[..., FakeServer]
"""Puts rules between a project and its account, as the fixture `cut` does."""


def by_rules(rules: Sequence[Rule]) -> Meddle:
    """The first rule that takes a request decides; the others pass."""

    def meddle(seen: Seen, forward: Forward) -> Action:
        for rule in rules:
            if rule.takes(seen):
                return rule.act(seen, forward)
        return forward()

    return meddle


def instead(action: Action) -> Meddle:
    """Do `action`; the request never reaches the account."""
    return lambda seen, forward: action


def after(action: Action) -> Meddle:
    """Let the account do its work, then do `action` in place of its answer."""

    def meddle(seen: Seen, forward: Forward) -> Action:
        forward()
        return action

    return meddle


def meanwhile(change: Callable[[], Any], *, late: bool = False) -> Meddle:
    """Somebody else's change right before the request arrives, or right after its work is done."""

    def meddle(seen: Seen, forward: Forward) -> Action:
        answer = forward() if late else None
        change()
        return answer or forward()

    return meddle


def edited(edit: Callable[[Any], Any]) -> Meddle:
    """The account's own answer with its JSON changed: `edit` returns it, or changes it in place."""

    def meddle(seen: Seen, forward: Forward) -> Action:
        answer = forward()
        value = json.loads(answer.body)
        changed = edit(value)
        body = json.dumps(value if changed is None else changed).encode()
        return Reply(answer.status, body, answer.headers)

    return meddle
