"""The client against scripted servers: what every answer, and the lack of one, comes to."""

from __future__ import annotations

import itertools
import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.utils import formatdate
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from bmeconf import __version__
from bmeconf.client import Bounds, Budget, Exchange, Reader, Watch, Writer, WriteRefused
from bmeconf.model.errors import (
    ApiError,
    BmeconfError,
    DuplicateName,
    IncompleteRead,
    LimitReached,
    NetworkError,
    NotFound,
    OutcomeUnknown,
    Refused,
    Rejected,
    ReplyUnreadable,
    ScopeMissing,
    VersionConflict,
)
from tests.support.clocks import FakeClock
from tests.support.driver import SEARCH
from tests.support.fake_server import (
    CLOSE,
    RESET,
    SILENCE,
    SPOIL,
    Action,
    FakeServer,
    Handler,
    Reply,
    Seen,
    refusal,
    reply,
)

KEY = "bme_us_" + "Q7" * 21 + "z"
PATH = "/api/contact-structure"
WRITES = ("POST", "PUT", "PATCH", "DELETE")
ROW = {"_id": "64a1b2c3d4e5f6a7b8c9d0aa"}


class Heard(Watch):
    """What is told of the requests of a client."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.exchanges: list[Exchange] = []
        self.waves: list[int] = []

    def hear(self, line: str) -> None:
        self.lines.append(line)

    def sent(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)

    def wave(self, calls: int) -> Callable[[], None]:
        self.waves.append(calls)
        return lambda: self.waves.append(-1)


class Line:
    """A client and the server it talks to, or the one at `url`.

    Each request takes the next of `actions`, the last one again and again.
    """

    def __init__(
        self,
        *actions: Action | Handler,
        url: str = "",
        tls: ssl.SSLContext | None = None,
        deaf: bool = False,
        **bounds: Any,
    ) -> None:
        self.actions, self.clock, self.heard = [*actions], FakeClock(), Heard()
        self.server = FakeServer(self._next, deaf, tls)
        budget = Budget(clock=self.clock.time, sleep=self.clock.sleep, per_minute=None)
        limits = Bounds(**{"timeout": (2.0, 0.3), **bounds})
        self.reader = Reader(url or self.server.url, KEY, budget, None, self.heard, limits)
        self.writer = self.reader.for_writing(self)

    def _next(self, seen: Seen) -> Action:
        action = self.actions.pop(0) if len(self.actions) > 1 else self.actions[0]
        return action(seen) if callable(action) else action

    def __enter__(self) -> Line:
        self.server.__enter__()
        return self

    def __exit__(self, *exc: object) -> None:
        self.server.__exit__()

    def before(self, method: str, path: str) -> None:
        """Hear of a write."""

    def after(self, fate: str, made: str = "") -> None:
        """Hear what became of it."""

    @property
    def requests(self) -> int:
        return len(self.server.seen)

    @property
    def queries(self) -> list[str]:
        return [seen.query for seen in self.server.seen]


@dataclass(frozen=True)
class Failure:
    """An error that a client raises, and the line on which it did."""

    error: BmeconfError
    line: Line

    @property
    def cost(self) -> tuple[int, list[float], int]:
        """Requests, waits, and writes that may have been done."""
        return self.line.requests, self.line.clock.waits, self.line.writer.writes


def failing(
    action: Action | Handler, method: str = "GET", *, kind: type[BmeconfError], **given: Any
) -> Failure:
    """One request that is always answered by `action`, and so ends with an error of this `kind`."""
    with Line(action, **given) as line, pytest.raises(BmeconfError) as raised:
        asked(line.writer, method)
    assert type(raised.value) is kind
    return Failure(raised.value, line)


def asked(writer: Writer, method: str) -> Any:
    """One request, as a read or as a write."""
    return writer.get(PATH) if method == "GET" else writer.send(method, PATH, {"name": "x"})


# --- error envelopes (API contract 2.2)

EXIT_CODES: Mapping[type[BmeconfError], int] = {
    **dict.fromkeys((Rejected, DuplicateName, VersionConflict, NotFound), 1),
    Refused: 4,
    ScopeMissing: 4,
    LimitReached: 5,
}
WEB_ONLY = "This endpoint is not accessible via API key"
NO_SCOPE = "API key missing required scope: contacts:write"
MONTH = "Monthly API quota exceeded."
BLOCKED = "Too many failed authentication attempts. Please try again later."
CATALOGUE = [
    (400, "ValidationError", "contactStructureId is required", Rejected, ""),
    (400, "DuplicateFieldError", "name is already in use", DuplicateName, ""),
    (400, "ConcurrencyError", "Document version mismatch", VersionConflict, ""),
    (400, "ContactFieldInUseError", "in use", Rejected, ""),
    (401, "UnauthorizedError", "Invalid API key", Refused, "whole, active and not expired"),
    (401, "UnauthorizedError", "API key expired", Refused, "not expired"),
    (403, "ForbiddenError", NO_SCOPE, ScopeMissing, "give the key the scope"),
    (403, "ForbiddenError", WEB_ONLY, Refused, "in the web app"),
    (403, "ForbiddenError", "Account does not have API access", Refused, "owner of the account"),
    (404, "RecordNotFound", "Contact not found", NotFound, ""),
    (400, "RecordNotFound", "List not found", NotFound, ""),
    (429, "TooManyRequestsError", MONTH, LimitReached, "next billing period"),
    (429, "TooManyRequestsError", BLOCKED, Refused, "each attempt prolongs the block"),
    (418, "TeapotError", "short and stout", Rejected, ""),
]


@pytest.mark.parametrize("headers", [{}, {"Retry_After": "86400"}], ids=["", "to be tried again"])
@pytest.mark.parametrize("method", ["GET", "PATCH"])
@pytest.mark.parametrize(
    ("status", "error_type", "message", "kind", "remedy"),
    CATALOGUE,
    ids=[f"{row[0]}-{row[1]}-{row[2][:20]}" for row in CATALOGUE],
)
def test_every_envelope_has_its_error_at_once(
    headers: dict[str, str],
    method: str,
    status: int,
    error_type: str,
    message: str,
    kind: type[BmeconfError],
    remedy: str,
) -> None:
    failure = failing(refusal(status, error_type, message, **headers), method, kind=kind)
    assert failure.cost == (1, [], 0)
    assert failure.error.exit_code == EXIT_CODES[kind]
    assert failure.error.message == f"{method} {PATH}: {status}: {message}"
    assert remedy in failure.error.remedy


def test_the_forms_that_use_a_field_are_named() -> None:
    forms = {"affectedForms": [{"_id": "1", "name": "Sign up"}, {"name": "Footer"}]}
    errors = [{"errorType": "ContactFieldInUseError", "message": "", "debug": forms}]
    error = failing(reply({"errors": errors}, 400), kind=Rejected).error
    assert "ContactFieldInUseError (used by the forms Sign up, Footer)" in error.message


def test_several_errors_are_all_told() -> None:
    errors = [{"errorType": "ValidationError", "message": m, "field": m} for m in ("one", "two")]
    error = failing(reply({"errors": errors}, 400), kind=Rejected).error
    assert isinstance(error, Rejected)
    assert error.message.endswith("one; two")
    assert error.names_field("two")


@pytest.mark.parametrize(
    ("status", "kind"), [(400, Rejected), (401, Refused), (403, Refused), (404, NotFound)]
)
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html><body>Bad gateway</body></html>",
        b'{"errors": []}',
        b'{"errors": "no"}',
        b'{"errors": [null, 7]}',
        b'{"message": "no"}',
        b"[]",
        b"\xff\xfe\x00",
        b"[" * 20000,
        b'{"errors": [{"errorType": null, "message": {"a": 1}, "field": 3, "debug": []}]}',
    ],
)
def test_what_is_no_envelope_goes_by_its_status(
    status: int, kind: type[BmeconfError], body: bytes
) -> None:
    error = failing(Reply(status, body), kind=kind).error
    assert error.exit_code == EXIT_CODES[kind]
    assert error.message.startswith(f"GET {PATH}: {status}: ")
    assert len(error.message) < 300


def test_a_long_message_is_cut() -> None:
    long = refusal(400, "ValidationError", "x" * 100_000)
    assert len(failing(long, kind=Rejected).error.message) < 1000


# --- 429


def limited(retry_after: str | None = None, message: str = "Rate limit exceeded.") -> Reply:
    headers = {} if retry_after is None else {"Retry_After": retry_after}
    return refusal(429, "TooManyRequestsError", message, **headers)


@pytest.mark.parametrize(
    ("header", "waits"),
    [
        *((header, [1, 2, 4]) for header in (None, "soon", "nan", "-nan")),
        *((header, []) for header in ("0", "-5", formatdate(1_800_000_000, usegmt=True))),
        ("45", [45, 90, 180]),
        ("100", [100, 200, 300]),
        ("2.5", [2.5, 5, 10]),
        (formatdate(1_900_000_010, usegmt=True), [10]),
    ],
)
def test_a_passing_limit_is_waited_for_by_the_vendors_formula(
    header: str | None, waits: list[float]
) -> None:
    with Line(*[limited(header)] * 3, reply([])) as line:
        assert line.reader.get(PATH) == []
        assert line.clock.waits == waits


def test_a_date_to_wait_for_is_by_the_clock_of_the_service() -> None:
    at, asked = (formatdate(1_800_000_000 + seconds, usegmt=True) for seconds in (20, 0))
    refused = refusal(429, "TooManyRequestsError", "Rate limit.", Retry_After=at, Date=asked)
    with Line(refused, reply([])) as line:
        assert line.reader.get(PATH) == []
        assert line.clock.waits == [20]


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "others",
    [
        {"X_RateLimit_Remaining": "0", "X_RateLimit_Reset": str(1_900_000_000 + 59 * 60)},
        {"X_RateLimit_Remaining": "0"},
        {"X_Monthly_Remaining": "0"},
        {"X_RateLimit_Remaining": "3000", "X_RateLimit_Reset": "0"},
    ],
    ids=str,
)
def test_how_long_to_wait_is_said_by_retry_after_alone(others: Any, method: str) -> None:
    refused = refusal(429, "TooManyRequestsError", "Rate limit.", Retry_After="60", **others)
    with Line(refused, refused, reply({"a": 1})) as line:
        assert asked(line.writer, method) == {"a": 1}
        assert line.clock.waits == [60, 120]


@pytest.mark.parametrize("header", ["301", "1e9", "inf", "infinity", "+inf", "1e999"])
def test_a_limit_that_lasts_ends_the_run(header: str) -> None:
    failure = failing(limited(header), kind=LimitReached)
    assert failure.cost == (1, [], 0)
    assert failure.error.exit_code == 5
    assert "all keys of the account share the limit" in failure.error.remedy


def test_a_limit_that_lasts_says_when_to_come_back() -> None:
    date = formatdate(FakeClock().now + 1800, usegmt=True)
    seconds, dated, unknown = (
        failing(limited(header), kind=LimitReached).error.remedy for header in ("1800", date, None)
    )
    assert "run again in 1800 seconds" in seconds
    assert "seconds" not in dated
    assert date in dated
    assert "run again later" in unknown


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_limit_is_not_tried_for_ever(method: str) -> None:
    failure = failing(limited("1"), method, kind=LimitReached)
    assert failure.cost == (Bounds().attempts, [1, 2, 4], 0)


@pytest.mark.parametrize(("message", "kind"), [(MONTH, LimitReached), (BLOCKED, Refused)])
@pytest.mark.parametrize("header", ["1", "2000000"])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_month_and_block_are_final_whatever_the_header_says(
    message: str, kind: type[BmeconfError], header: str, method: str
) -> None:
    assert failing(limited(header, message), method, kind=kind).cost == (1, [], 0)


# --- reads are repeated, writes are not

LOST: Mapping[str, Action] = {
    "closed": CLOSE,
    "reset": RESET,
    "silence": SILENCE,
    "half a status line": b"HTTP/1.",
    "half the body": Reply(200, b'{"a": 1}', length=500),
    "bad chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "chunks without an end": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "another protocol": b"220 mail.example ESMTP ready\r\n",
    "bytes": bytes(range(256)),
    "too many headers": b"HTTP/1.1 200 OK\r\n" + b"X-A: b\r\n" * 200 + b"\r\n{}",
    "an endless header": b"HTTP/1.1 200 OK\r\nX-A: " + b"a" * 100_000 + b"\r\n\r\n{}",
    "no gzip": Reply(200, b"not gzip at all", {"Content-Encoding": "gzip"}),
}
BROKEN: Mapping[str, Action] = {
    **LOST,
    **{str(status): Reply(status, b"<html>sorry</html>") for status in (500, 502, 503, 504, 599)},
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_read_is_repeated_until_it_works(name: str) -> None:
    with Line(BROKEN[name], reply({"a": 1})) as line:
        assert line.reader.get(PATH) == {"a": 1}
        assert line.requests == 2
        assert line.clock.waits == [0.5]


@pytest.mark.parametrize("name", BROKEN)
def test_a_read_is_not_repeated_for_ever(name: str) -> None:
    failure = failing(BROKEN[name], kind=NetworkError, timeout=(1.0, 0.1))
    error = failure.error
    assert failure.cost == (Bounds().attempts, [0.5, 1.0, 2.0], 0)
    assert error.exit_code == 1
    assert error.message.startswith(f"GET {PATH}: ")
    assert error.remedy
    assert "object at 0x" not in error.message
    assert "Error(" not in error.message


def test_a_search_is_repeated_like_a_read() -> None:
    with Line(CLOSE, Reply(503), reply({"contacts": [ROW], "totalRecords": 1})) as line:
        assert line.reader.search({}, 10) == [ROW]
        assert line.requests == 3


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("method", WRITES)
def test_a_write_is_sent_once(name: str, method: str) -> None:
    failure = failing(BROKEN[name], method, kind=OutcomeUnknown, timeout=(1.0, 0.1))
    assert failure.cost == (1, [], 1)
    assert failure.line.server.lines() == [f"{method} {PATH}"]
    assert failure.error.message.startswith(f"{method} {PATH}: ")


UNREADABLE: Mapping[str, Action] = {
    "html": Reply(200, b"<html>Please log in</html>", {"Content-Type": "text/html"}),
    "half a document": Reply(200, b'{"_id": "64a1'),
    "NaN": Reply(200, b'{"__v": NaN}'),
    "Infinity": Reply(200, b"[-Infinity]"),
    "an endless number": Reply(200, b'{"__v": 1e999}'),
    "a number of 5000 digits": Reply(200, b'{"__v": ' + b"9" * 5000 + b"}"),
    "deep nesting": Reply(200, b"[" * 100_000),
    "deep and closed": Reply(200, b"[" * 20_000 + b"]" * 20_000),
    "not UTF-8": Reply(200, b'{"name": "\xff\xfe"}'),
    "UTF-16": Reply(200, '{"name": "x"}'.encode("utf-16")),
    "two documents": Reply(200, b"{}{}"),
    "a byte": Reply(200, b"\x00"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_read_that_says_nothing_clear_is_an_error(name: str) -> None:
    error = failing(UNREADABLE[name], kind=ReplyUnreadable).error
    assert error.exit_code == 1
    assert error.message.startswith(f"GET {PATH}: the answer is not the JSON")
    assert "proxy" in error.remedy


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_write_whose_answer_says_nothing_may_have_landed(name: str) -> None:
    assert failing(UNREADABLE[name], "POST", kind=OutcomeUnknown).cost == (1, [], 1)


@pytest.mark.parametrize(("method", "kind"), [("GET", ReplyUnreadable), ("POST", OutcomeUnknown)])
def test_an_answer_without_end_is_not_swallowed(method: str, kind: type[BmeconfError]) -> None:
    huge = Reply(200, b"[" + b"1," * 600_000 + b"1]")
    failure = failing(huge, method, kind=kind, most_bytes=1_000_000)
    assert failure.cost == (1, [], method == "POST")
    assert "larger than 1 MB" in failure.error.message


def test_a_slow_answer_is_an_answer() -> None:
    with Line(Reply(200, b'{"a": 1}', drip=0.002)) as line:
        assert line.reader.get(PATH) == {"a": 1}


@pytest.mark.parametrize("method", WRITES)
def test_a_write_is_repeated_where_it_was_not_taken(method: str) -> None:
    with Line(limited("2"), limited("2"), reply(ROW)) as line:
        assert line.writer.send(method, PATH, {"name": "x"}) == ROW
        assert line.requests == 3
        assert line.clock.waits == [2, 4]
        assert line.writer.writes == 1
        assert {seen.body for seen in line.server.seen} == {b'{"name": "x"}'}


def test_a_write_that_was_refused_is_no_write() -> None:
    refused = refusal(400, "ValidationError", "no")
    assert failing(refused, "POST", kind=Rejected).cost == (1, [], 0)


@pytest.mark.parametrize(
    ("status", "body"), [(200, b""), (200, b" \n"), (201, b""), (201, b" \n"), (204, b"")]
)
def test_a_write_may_be_answered_with_nothing(status: int, body: bytes) -> None:
    with Line(Reply(status, body)) as line:
        assert line.writer.send("DELETE", PATH) is None


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_host_that_does_not_listen_was_sent_nothing(method: str) -> None:
    with Line(CLOSE) as gone:
        pass
    with pytest.raises(NetworkError, match="Connection refused") as raised:
        asked(gone.writer, method)
    assert type(raised.value) is NetworkError
    assert "check the base URL" in raised.value.remedy


def test_a_host_that_hangs_up_on_everybody_is_a_network_error() -> None:
    failure = failing(CLOSE, kind=NetworkError, deaf=True)
    assert failure.line.server.connections == Bounds().attempts


# --- redirects


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_is_not_followed(status: int, method: str) -> None:
    with FakeServer(lambda seen: reply([])) as other:
        moved = Reply(status, headers={"Location": f"{other.url}{PATH}"})
        error = failing(moved, method, kind=ApiError).error
        assert other.connections == 0
    assert f"{method} {PATH}: {status}: the host answers with a redirect" in error.message
    assert "give the base URL exactly" in error.remedy


@pytest.mark.parametrize(
    "place", ["", "http://[", "http://x:y/", "/\xff\xfe", "http://" + "a" * 99]
)
def test_a_redirect_to_no_address_is_one_too(place: str) -> None:
    error = failing(Reply(302, headers={"Location": place}), kind=ApiError).error
    assert "302: the host answers with a redirect" in error.message


# --- the key


def echoes(seen: Seen) -> list[Action]:
    key = seen.headers.get("x-api-key", "")
    return [
        reply({"errors": [{"errorType": "E", "message": f"no {key}", "field": key}]}, 400),
        reply({"errors": [{"errorType": key}]}, 401),
        Reply(403, key.encode()),
        Reply(400, b"x" * 60 + key.encode()),
        Reply(200, b"x" * 60 + key.encode()),
        Reply(200, b"<" + key.encode() + b">"),
        refusal(429, "TooManyRequestsError", "x", Retry_After=key),
        refusal(429, "TooManyRequestsError", f"Monthly {key}", Retry_After=key),
        Reply(502, key.encode()),
        Reply(302, headers={"Location": f"http://127.0.0.1:1/{key}"}),
        f"HTTP/1.1 {key} {key}\r\n\r\n".encode(),
        f"{key}\r\n\r\n".encode(),
        Reply(200, key.encode(), {"Content-Encoding": "gzip"}),
        Reply(400, b'{"errors": [{"message": "\\u0062' + key[1:].encode() + b'"}]}'),
    ]


@pytest.mark.parametrize("which", range(14))
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_key_that_the_server_echoes_is_not_shown(which: int, method: str) -> None:
    with Line(lambda seen: echoes(seen)[which]) as line, pytest.raises(BmeconfError) as raised:
        asked(line.writer, method)
    error = raised.value
    for text in (error.message, error.remedy, str(error), repr(error), *line.heard.lines):
        assert KEY[7:19] not in text


def test_a_key_in_a_path_is_not_traced() -> None:
    with Line(reply(ROW)) as line:
        line.reader.get(f"{PATH}/{KEY}")
        assert line.heard.lines == [f"GET {PATH}/*** 200 in 0 ms, 35 bytes"]


def test_every_request_is_traced_with_what_came_of_it() -> None:
    with Line(CLOSE, Reply(503), reply([])) as line:
        line.reader.get(PATH)
        first, *rest = line.heard.lines
    assert first.startswith(f"GET {PATH}: no whole answer")
    assert [exchange.status for exchange in line.heard.exchanges] == [0, 503, 200]
    assert rest == [f"GET {PATH} 503 in 0 ms, 0 bytes", f"GET {PATH} 200 in 0 ms, 2 bytes"]


def test_calls_side_by_side_are_told_with_their_number_and_each_at_its_end() -> None:
    with Line(reply(ROW)) as line:
        line.writer.together([partial(line.writer.get, f"{PATH}/{id}") for id in ("a1", "b2")])
        assert line.heard.waves == [2, -1, -1]
        assert {exchange.kind for exchange in line.heard.exchanges} == {f"GET {PATH}/{{id}}"}
        assert {exchange.work for exchange in line.heard.exchanges} == {
            "Reading contact structures"
        }


def test_the_key_goes_in_its_header_alone_with_no_cookie_and_nothing_from_netrc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password secret\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with Line(reply(ROW, Set_Cookie="session=1; Path=/")) as line:
        line.reader.get(PATH, {"page": 1, "left": None})
        line.writer.send("POST", PATH, {"name": "x"})
        line.reader.get(PATH)
        for seen in line.server.seen:
            assert seen.headers["x-api-key"] == KEY
            assert seen.headers["accept"] == "application/json"
            assert seen.headers["user-agent"] == f"bmeconf/{__version__}"
            assert not {"authorization", "cookie", "proxy-authorization"} & set(seen.headers)
            assert KEY not in seen.path + seen.query
        assert line.queries == ["page=1", "", ""]
        assert line.server.seen[1].headers["content-type"] == "application/json"


@pytest.fixture
def proxied(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Makes the environment name a proxy for everything."""

    def name(url: str) -> None:
        for scheme in ("HTTP", "HTTPS", "ALL"):
            monkeypatch.setenv(f"{scheme}_PROXY", url)
            monkeypatch.setenv(f"{scheme}_PROXY".lower(), url)

    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    return name


def test_no_proxy_comes_between_this_machine_and_itself(proxied: Callable[[str], None]) -> None:
    with FakeServer(lambda seen: reply(["proxied"])) as proxy, Line(reply(["direct"])) as line:
        proxied(proxy.url)
        assert line.reader.get(PATH) == ["direct"]
        assert line.writer.send("POST", PATH, {}) == ["direct"]
        assert proxy.connections == 0


def test_a_proxy_sees_no_key_and_its_refusal_sends_nothing(proxied: Callable[[str], None]) -> None:
    with Line(Reply(403), url="https://api.benchmarkemail.io") as line:
        proxied(line.server.url)
        with pytest.raises(NetworkError, match="Tunnel connection failed: 403") as raised:
            line.writer.send("POST", PATH, {})
        assert type(raised.value) is NetworkError
        assert "proxy" in raised.value.remedy
        assert line.writer.writes == 0
        assert line.server.lines() == ["CONNECT api.benchmarkemail.io:443"]
        assert "x-api-key" not in line.server.seen[0].headers


# --- TLS: what is lost inside it had left


@pytest.mark.parametrize("name", ["closed", "reset", "silence", "half the body", "spoilt"])
def test_a_write_that_is_lost_inside_tls_may_have_landed(
    name: str, tls: ssl.SSLContext, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    lost = SPOIL if name == "spoilt" else LOST[name]
    failure = failing(lost, "POST", kind=OutcomeUnknown, tls=tls)
    assert failure.cost == (1, [], 1)


# --- reading only


@pytest.mark.parametrize(
    ("method", "path"),
    [
        *((method, PATH) for method in (*WRITES, "HEAD", "OPTIONS", "get ")),
        ("POST", "/api/contact"),
        ("POST", "/api/contact/search/"),
        ("POST", "/api/contact/search/../"),
        ("POST", "/api/contact/search/../export"),
        ("POST", "/api/contact/search/%2e%2e/export"),
        ("POST", "/api/contact/./export"),
        ("POST", "/api/contact/export?/api/contact/search"),
        ("POST", "/api/contact/export#/api/contact/search"),
        ("POST", "//api/contact/search"),
        ("POST", "/API/contact/search"),
        ("PUT", "/api/contact/search"),
        ("DELETE", "/api/contact/search"),
    ],
)
def test_a_reader_cannot_write(method: str, path: str) -> None:
    with Line(reply([])) as line:
        assert not hasattr(line.reader, "send")
        with pytest.raises(WriteRefused):
            line.reader._once(method, path, body={})
        assert line.server.connections == 0


# --- pages


def pages(*batches: Any, total: Any = None) -> Handler:
    """A listing that gives `batches` page by page and then nothing."""

    def answer(seen: Seen) -> Action:
        page = int(dict(pair.split("=") for pair in seen.query.split("&"))["page"])
        rows = batches[page - 1] if page <= len(batches) else []
        return reply(rows if total is None else {"total": total, "records": rows})

    return answer


def rows(*numbers: int) -> list[dict[str, str]]:
    return [{"_id": f"{number:024x}"} for number in numbers]


NEWEST = "sort=updatedAt%3Adesc"


def walked(answer: Handler) -> tuple[list[Any], list[str]]:
    with Line(answer) as line:
        return list(line.reader.pages(PATH)), line.queries


ALL = rows(1, 2, 3, 4, 5)
SHAPES = {
    "one page, with its total": (pages(ALL, total=5), "1"),
    "a total as text": (pages(ALL, total="5"), "1"),
    "a total as a fraction": (pages(ALL, total=5.0), "1"),
    "short pages, with a total": (pages(rows(1, 2), rows(3), rows(4, 5), total=5), "12312"),
    "pages that overlap": (pages(rows(1, 2, 3), rows(3, 4), rows(4, 5), total=5), "12312"),
    "a bare array": (pages(ALL), "121"),
    "bare arrays, short": (pages(rows(1, 2), rows(3), rows(4, 5)), "1234123"),
    "a bare array that does not page": (pages(ALL, ALL, ALL, ALL), "121"),
    "no usable total": (pages(ALL, total="many"), "121"),
    "a negative total": (pages(ALL, total=-1), "121"),
    "a total of null": (pages(ALL, total=None), "121"),
    "a total that is true": (pages(ALL, total=True), "121"),
    "no row, with its total": (pages([], total=0), "1"),
    "no row": (pages([]), "1"),
}
"""Each with the pages that are asked for: after the last, all the others once more."""


@pytest.mark.parametrize("name", SHAPES)
def test_every_documented_shape_is_read_whole(name: str) -> None:
    answer, asked = SHAPES[name]
    found, queries = walked(answer)
    assert found == ([] if name.startswith("no row") else ALL)
    assert queries == [f"page={n}&size=100&{NEWEST}" for n in asked]


@pytest.mark.parametrize(
    "answer",
    [
        pages(ALL, total=6),
        pages(ALL, total=4),
        pages(ALL, total=0),
        pages([], total=3),
        pages(rows(1, 2), [], rows(3, 4, 5), total=5),
        pages(rows(1, 2), rows(1, 2), rows(3, 4, 5), total=5),
        pages(rows(1, 1, 2, 2), total=4),
    ],
    ids=["more", "fewer", "none", "no rows", "empty page", "repeated page", "twins"],
)
def test_totals_that_disagree_are_an_error(answer: Handler) -> None:
    with pytest.raises(IncompleteRead, match=f"{PATH}: the API counts") as raised:
        walked(answer)
    assert "nothing is concluded from half a listing" in raised.value.remedy


def test_a_row_that_comes_while_the_pages_are_walked_is_no_error() -> None:
    totals = itertools.chain([6], itertools.repeat(5))
    assert walked(lambda seen: pages(ALL, total=next(totals))(seen))[0] == ALL


def test_a_listing_without_end_is_an_error() -> None:
    counter = itertools.count(1)
    endless = Line(lambda seen: reply(rows(next(counter))), most_pages=20)
    with endless as line, pytest.raises(IncompleteRead, match="no end after 20 pages"):
        line.reader.pages(PATH)
    assert line.requests == 20


@pytest.mark.parametrize(
    "answer",
    [
        None,
        {},
        7,
        "no",
        {"records": None},
        {"records": {"a": 1}},
        {"error": "no"},
        [[]],
        ["64a1b2c3d4e5f6a7b8c9d0aa"],
        [None],
        [{}],
        *([{"_id": odd}] for odd in (None, 7, "", "../../email/campaign", "a b", "a?x=1")),
        *([{"_id": odd}] for odd in ("\ud800", "a" * 500)),
    ],
    ids=str,
)
@pytest.mark.parametrize("how", ["pages", "listing", "search"])
def test_what_is_no_listing_is_an_error(answer: Any, how: str) -> None:
    with Line(reply(answer)) as line, pytest.raises(ReplyUnreadable) as raised:
        line.reader.search({}, 10) if how == "search" else getattr(line.reader, how)(PATH)
    assert raised.value.exit_code == 1
    assert SEARCH in raised.value.message or PATH in raised.value.message


def test_a_page_size_that_is_refused_is_made_smaller() -> None:
    def answer(seen: Seen) -> Action:
        if "size=10&" in seen.query:
            return pages(ALL, total=5)(seen)
        errors = [{"errorType": "ValidationError", "message": "size is too big", "field": "size"}]
        return reply({"errors": errors}, 400)

    found, queries = walked(answer)
    assert found == ALL
    assert queries == [f"page=1&size={size}&{NEWEST}" for size in (100, 25, 10)]


def test_another_refusal_is_not_about_the_size() -> None:
    with Line(refusal(400, "ValidationError", "all is odd")) as line, pytest.raises(Rejected):
        line.reader.pages(PATH)
    assert line.requests == 1


def test_a_listing_in_one_reply_is_held_to_its_total() -> None:
    with Line(reply({"total": 1, "records": ALL})) as line, pytest.raises(IncompleteRead):
        line.reader.listing(PATH)
    with Line(reply({"total": 5, "data": ALL})) as line:
        assert list(line.reader.listing(PATH)) == ALL
        assert line.requests == 1


def test_a_search_asks_page_by_page() -> None:
    def answer(seen: Seen) -> Action:
        asked = json.loads(seen.body)
        start = (asked["page"] - 1) * 2
        assert asked["pageSize"] == 50
        return reply({"contacts": ALL[start : start + 2], "totalRecords": 5})

    with Line(answer) as line:
        found = line.reader.search({"source": ["_id"]}, 50)
        assert list(found) == ALL
        assert [json.loads(seen.body)["page"] for seen in line.server.seen] == [1, 2, 3, 1, 2]
