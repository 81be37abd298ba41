"""Reader and Writer: requests to one account, answered with decoded JSON or an error."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

import requests
from requests.adapters import HTTPAdapter

from bmeconf.client import answers
from bmeconf.client.answers import Answer
from bmeconf.client.exchange import UNWATCHED, Exchange, Watch
from bmeconf.client.listings import Data, Listings
from bmeconf.client.pace import Budget, Hear
from bmeconf.client.route import DIRECT, Route
from bmeconf.client.side_by_side import SideBySide
from bmeconf.client.transport import ReadOnlyTransport, Sessions, WriteRefused
from bmeconf.kinds import SEARCH, Dialect
from bmeconf.model.errors import (
    SHORTEST_SECRET,
    BmeconfError,
    NetworkError,
    OutcomeUnknown,
    ReplyUnreadable,
    masked,
)

T = TypeVar("T")
AGAIN = "the API gave no sound answer, and is asked again"


class Bounds(NamedTuple):
    """How far a client goes before it gives up.

    `timeout` is in seconds: to connect, and between two bytes of an answer.
    """

    timeout: tuple[float, float] = (10.0, 60.0)
    attempts: int = 4
    most_bytes: int = 64_000_000
    most_pages: int = 10_000


BOUNDS = Bounds()


class Witness(Protocol):
    """Hears of each write before it is sent, and of its answer (design 7.13)."""

    def before(self, method: str, path: str) -> None:
        """Record that this write is about to be sent, or raise where it must not be."""

    def after(self, fate: str, made: str = "") -> None:
        """Record the answer: `taken`, `refused`, `unknown` or `not sent`; the id it shows."""


class Reader(Listings):
    """Reads the account: GETs and contact searches, complete or an error (design 7.2)."""

    transport: type[HTTPAdapter] = ReadOnlyTransport

    def __init__(
        self,
        base_url: str,
        key: str,
        budget: Budget,
        dialect: Dialect | None = None,
        watch: Watch = UNWATCHED,
        bounds: Bounds = BOUNDS,
        route: Route = DIRECT,
        parallel: int = 1,
    ) -> None:
        self._base, self._key, self._watch, self._bounds = base_url, key, watch, bounds
        self._route, self._side_by_side = route, SideBySide(parallel, watch.hear)
        self.budget = budget
        super().__init__(dialect or Dialect(), bounds.most_pages)
        self._sessions = Sessions(base_url, key, route, self.transport, parallel)

    def get(self, path: str, params: Data = None) -> Any:
        """The decoded reply of one GET.

        Raises:
            ApiError, Refused, LimitReached: as the reply, or the lack of one, says.
        """
        return self._read("GET", path, params)

    def hits(self, body: Mapping[str, Any]) -> Any:
        """The decoded reply of one contact search; raises as `get` does."""
        return self._read("POST", SEARCH, body=body)

    def answer(self, path: str, params: Data = None, body: Data = None) -> Answer:
        """The whole answer to one GET, or with a `body` to one search; a refusal is one as well.

        Raises:
            NetworkError, LimitReached: no whole answer came, or none was asked for.
        """
        return self._answer("POST" if body else "GET", path, params, body)

    def together(self, calls: Sequence[Callable[[], T]]) -> list[T]:
        """The results of `calls`, which only read, in their order; some are made side by side.

        Raises what the first of them that fails does, as if no later one had been made.
        """
        ended = self._watch.wave(len(calls))

        def counted(call: Callable[[], T]) -> T:
            result = call()
            ended()
            return result

        return self._side_by_side.together([partial(counted, call) for call in calls])

    def pause(self, seconds: float) -> None:
        """Wait, for the search index to catch up."""
        self._side_by_side.about_to_wait()
        self.budget.sleep(seconds, "the search index may lag behind")

    def for_writing(self, witness: Witness) -> Writer:
        """The same account, budget and dialect, opened for apply; `witness` hears of each write."""
        writer = Writer(
            self._base,
            self._key,
            self.budget,
            self.dialect,
            self._watch,
            self._bounds,
            self._route,
            self._side_by_side.most,
        )
        writer._side_by_side = self._side_by_side
        writer.witness = witness
        return writer

    def _read(self, method: str, path: str, params: Data = None, body: Data = None) -> Any:
        """The decoded reply of a read, or the error that its answer stands for."""
        answer = self._answer(method, path, params, body)
        with self._key_masked():
            if answer.status >= 300:
                raise answers.error_of(answer)
            return answers.decoded(answer)

    def _answer(self, method: str, path: str, params: Data, body: Data) -> Answer:
        """The answer to a read, which is repeated over resets, timeouts, 5xx and 429s."""
        with self._key_masked():
            try:
                request = partial(self._once, method, path, params, body)
                return self._repeated(request, repeatable=True)
            except OutcomeUnknown as error:
                # Nothing is in doubt after a read.
                remedy = "run again; if it stays, check the network and the base URL"
                raise NetworkError(error.message, remedy) from error

    def _repeated(self, request: Callable[[], Answer], *, repeatable: bool) -> Answer:
        """The answer to a request, the last one where it was sent several times.

        A 429 is repeated, since the request was not taken. What may have been taken is repeated
        only where it is `repeatable`.
        """
        for attempt in range(self._bounds.attempts):
            last = attempt == self._bounds.attempts - 1
            try:
                answer = request()
            except NetworkError:
                if last or not repeatable:
                    raise
                self.budget.sleep(answers.PAUSE * 2**attempt, AGAIN)
                continue
            wait = answers.backoff(answer, attempt, self.budget.clock(), repeatable)
            if wait is not None and answer.status == 429:
                self.budget.hold(wait)
            if last or wait is None:
                break
            if answer.status != 429:
                self.budget.sleep(wait, AGAIN)
        return answer

    @contextmanager
    def _key_masked(self) -> Iterator[None]:
        """Mask the key in whatever error comes out: an answer may have echoed it."""
        try:
            yield
        except BmeconfError as error:
            error.message, error.remedy = self._masked(error.message), self._masked(error.remedy)
            error.args = (error.message,)
            raise

    def _masked(self, text: str) -> str:
        return masked(text, self._key)

    def _once(self, method: str, path: str, params: Data = None, body: Data = None) -> Answer:
        """One request on the wire.

        Raises:
            OutcomeUnknown: where it left this machine and no whole answer came back.
            NetworkError: where it never left.
        """
        self._side_by_side.about_to_wait()
        with self._sessions.one() as session, self.budget.request(self._side_by_side.check) as hear:
            return self._sent(session, hear, method, path, params, body)

    def _sent(
        self, session: requests.Session, hear: Hear, method: str, path: str, query: Data, body: Data
    ) -> Answer:
        request, began = f"{method} {path}", self.budget.clock()

        def sent(status: int, size: int) -> Exchange:
            seconds = self.budget.clock() - began
            exchange = Exchange(method, self._masked(path), status, seconds, size)
            self._watch.sent(exchange)
            return exchange

        try:
            with session.request(
                method,
                self._base + path,
                params={k: v for k, v in (query or {}).items() if v is not None},
                json=body,
                timeout=self._bounds.timeout,
                allow_redirects=False,
                stream=True,
            ) as response:
                content = self._content(response, request)
        except requests.RequestException as error:
            sent(0, 0)
            failure = answers.error_on_wire(request, self._base, error, self._route)
            self._side_by_side.say(self._masked(failure.message))
            raise failure from error
        hear(response.headers)
        # Of a reply that nobody waits for nothing is said: the run may be over.
        self._side_by_side.check()
        self._side_by_side.say(str(sent(response.status_code, len(content))))
        return Answer(request, response.status_code, content, response.headers)

    def _content(self, response: requests.Response, request: str) -> bytes:
        content = bytearray()
        for chunk in response.iter_content(256 * 1024):
            content += chunk
            if len(content) > self._bounds.most_bytes:
                raise ReplyUnreadable(
                    f"{request}: the answer is larger than {self._bounds.most_bytes / 1e6:.0f} MB",
                    "nothing is concluded from it; look what answers in place of the API",
                )
        # A message may show where an answer begins: the key is taken out before it can be cut.
        secret = self._key.encode() if len(self._key) >= SHORTEST_SECRET else b""
        return bytes(content).replace(secret, b"***") if secret else bytes(content)


class Writer(Reader):
    """A Reader that may also write, each write once (design 7.13)."""

    transport = HTTPAdapter
    witness: Witness
    writes = 0
    """Writes that were done, or may have been."""

    def send(self, method: str, path: str, body: Data = None) -> Any:
        """One write; the decoded reply, None where it is empty.

        Raises:
            OutcomeUnknown: timeout, reset, 5xx, or a success whose reply cannot be read.
            Rejected, Refused, LimitReached, NetworkError: it was not done.
        """
        if self._side_by_side.within:
            raise WriteRefused(f"{method} {path}, beside other calls")
        with self._key_masked():
            request = partial(self._write, method, path, body)
            answer = self._repeated(request, repeatable=False)
            if answer.status < 300 or answer.status >= 500:
                self._count_write()
            if answer.status >= 300:
                failed = answers.error_of(answer)
                raise failed if answer.status < 500 else _in_doubt(failed)
            try:
                return answers.decoded(answer)
            except ReplyUnreadable as error:
                raise _in_doubt(error) from error

    def between_steps(self) -> None:
        """No step is under way: waits may be cut short again."""
        self.budget.patient = False

    def not_landed(self) -> None:
        """The last write was looked for and was not done after all."""
        self.writes -= 1

    def _count_write(self) -> None:
        self.writes += 1
        self.budget.patient = True

    def _write(self, method: str, path: str, body: Data) -> Answer:
        self.witness.before(method, path)
        try:
            answer = self._once(method, path, body=body)
        except BaseException as error:
            # What nothing expected, as a second Ctrl-C, may have come after it was sent.
            in_doubt = isinstance(error, OutcomeUnknown | ReplyUnreadable)
            if in_doubt or not isinstance(error, BmeconfError):
                self.witness.after("unknown")
                self._count_write()
            else:
                self.witness.after("not sent")
            if isinstance(error, ReplyUnreadable):
                raise _in_doubt(error) from error
            raise
        self.witness.after(*answers.fate(answer))
        return answer


def _in_doubt(error: BmeconfError) -> OutcomeUnknown:
    """The error for a write that may have landed, for the reason that `error` gives."""
    return OutcomeUnknown(error.message, error.remedy)
