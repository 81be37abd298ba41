"""Reads side by side: how many at once, and that nobody can tell but by the time they take."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial

import pytest

from bmeconf.client import Budget, Reader, WriteRefused
from bmeconf.client.side_by_side import SideBySide
from bmeconf.model.errors import LimitReached, NotFound, Refused
from tests.support.clocks import FakeClock
from tests.support.fake_server import Action, FakeServer, Handler, Seen, refusal, reply

PATIENCE = 20
"""Seconds after which a test that waits for another thread has failed."""


class Crowd:
    """A handler that lets `least` requests wait for each other, and counts those at once."""

    def __init__(self, least: int) -> None:
        self.now = self.most = 0
        self._lock, self._met = threading.Lock(), threading.Barrier(least)

    def __call__(self, seen: Seen) -> Action:
        with self._lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self._met.wait(PATIENCE)
        with self._lock:
            self.now -= 1
        return reply({"path": seen.path})


@contextmanager
def reading(
    handler: Handler, parallel: int, ceiling: int | None = None
) -> Iterator[tuple[Reader, FakeServer]]:
    """A client for so many requests at once, before a server."""
    clock = FakeClock()
    with FakeServer(handler) as server:
        budget = Budget(clock.time, clock.sleep, per_minute=None, ceiling=ceiling)
        yield Reader(server.url, "k" * 20, budget, parallel=parallel), server


def gets(reader: Reader, count: int, prefix: str = "") -> Sequence[Callable[[], object]]:
    return [partial(reader.get, f"/{prefix}{number}") for number in range(count)]


@pytest.mark.parametrize(("parallel", "count"), [(1, 3), (2, 8), (4, 40), (16, 32)])
def test_so_many_are_under_way_and_never_more(parallel: int, count: int) -> None:
    crowd = Crowd(parallel)
    with reading(crowd, parallel) as (reader, server):
        replies = reader.together(gets(reader, count))
    assert replies == [{"path": f"/{number}"} for number in range(count)]
    assert (crowd.most, len(server.seen), reader.budget.used) == (parallel, count, count)


def test_calls_of_calls_are_no_more_at_once() -> None:
    crowd = Crowd(4)
    with reading(crowd, 4) as (reader, _):
        inner = [
            lambda prefix=prefix: reader.together(gets(reader, 6, prefix)) for prefix in "abcdef"
        ]
        replies = reader.together(inner)
    assert replies == [[{"path": f"/{p}{n}"} for n in range(6)] for p in "abcdef"]
    assert crowd.most == 4


def test_the_first_call_that_fails_counts_however_late_it_fails() -> None:
    later_failed = threading.Event()

    def answer(seen: Seen) -> Action:
        if seen.path == "/1":
            assert later_failed.wait(PATIENCE)
            return refusal(404, "RecordNotFound", "the first")
        if seen.path == "/3":
            later_failed.set()
            return refusal(403, "ForbiddenError", "the second")
        return reply({})

    with reading(answer, 4) as (reader, server):
        with pytest.raises(NotFound, match="the first"):
            reader.together(gets(reader, 100))
        assert len(server.seen) < 20


def test_nobody_waits_for_calls_after_the_one_that_failed() -> None:
    over = threading.Event()

    def answer(seen: Seen) -> Action:
        if seen.path == "/0":
            return refusal(403, "ForbiddenError", "no")
        over.wait(PATIENCE)
        return refusal(503, "Unavailable", "again")

    with reading(answer, 4) as (reader, server):
        with pytest.raises(Refused):
            reader.together(gets(reader, 4))
        asked = len(server.seen)
        over.set()
        deadline = time.monotonic() + PATIENCE
        while "bmeconf read" in {t.name for t in threading.enumerate()}:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        # A read that failed would be repeated, were anybody to hear of it.
        assert len(server.seen) <= max(asked, 4)


def test_calls_of_a_call_that_nobody_waits_for_are_not_waited_for_either() -> None:
    begun, over, ended = threading.Event(), threading.Event(), threading.Event()
    waves = SideBySide(2, lambda line: None)

    def fail() -> None:
        waves.about_to_wait()
        assert begun.wait(PATIENCE)
        raise NotFound("the first")

    def slow() -> None:
        begun.set()
        waves.about_to_wait()
        over.wait(PATIENCE)

    def more() -> None:
        try:
            waves.together([slow] * 3)
        finally:
            ended.set()

    with pytest.raises(NotFound):
        waves.together([fail, more])
    over.set()
    assert ended.wait(PATIENCE)


def test_what_calls_say_is_heard_in_their_order() -> None:
    heard: list[str] = []
    done = [threading.Event() for _ in range(4)]
    waves = SideBySide(4, heard.append)

    def call(number: int) -> int:
        waves.say(f"{number} begins")
        waves.about_to_wait()
        if number < 3:
            assert done[number + 1].wait(PATIENCE)
        waves.say(f"{number} ends")
        done[number].set()
        return number

    assert waves.together([partial(call, n) for n in range(4)]) == [0, 1, 2, 3]
    assert heard == [f"{n} {what}" for n in range(4) for what in ("begins", "ends")]


def test_a_call_is_heard_while_it_lasts() -> None:
    heard = threading.Event()
    waves = SideBySide(2, lambda line: heard.set())

    def call() -> bool:
        waves.say("a line")
        waves.about_to_wait()
        return heard.wait(PATIENCE)

    assert waves.together([call, lambda: True]) == [True, True]


def test_calls_that_wait_for_nothing_need_no_thread() -> None:
    waves, me = SideBySide(4, lambda line: None), threading.get_ident()
    assert waves.together([threading.get_ident] * 9) == [me] * 9


def test_the_later_of_two_is_heard_after_the_first_whoever_makes_it() -> None:
    heard: list[str] = []
    waves, said = SideBySide(2, heard.append), threading.Event()

    def first() -> None:
        waves.about_to_wait()
        assert said.wait(PATIENCE)
        waves.say("the first")

    def inner() -> None:
        waves.say("the second")
        said.set()

    waves.together([first, lambda: waves.together([inner, lambda: waves.say("the third")])])
    assert heard == ["the first", "the second", "the third"]


@pytest.mark.parametrize("parallel", [1, 2, 4, 16])
def test_no_request_more_than_allowed_is_sent(parallel: int) -> None:
    limited = reading(lambda seen: reply({}), parallel, ceiling=10)
    refused = pytest.raises(LimitReached, match="--max-requests 10")
    with limited as (reader, server), refused:
        reader.together(gets(reader, 40))
    # Some may be on their way still: nobody waits for what comes after the one that failed.
    assert len(server.seen) <= reader.budget.used == 10


def test_an_interrupt_ends_the_waiting_at_once() -> None:
    asked, over = threading.Semaphore(0), threading.Event()

    def answer(seen: Seen) -> Action:
        asked.release()
        over.wait(PATIENCE)
        return reply({})

    def interrupt() -> None:
        # All of them wait for an answer then: a connection that is being made would stay open.
        for _ in range(4):
            assert asked.acquire(timeout=PATIENCE)
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)

    with reading(answer, 4) as (reader, server):
        began = time.monotonic()
        threading.Thread(target=interrupt, daemon=True).start()
        with pytest.raises(KeyboardInterrupt):
            reader.together(gets(reader, 40))
        assert time.monotonic() - began < PATIENCE / 2
        assert all(t.daemon for t in threading.enumerate() if t.name == "bmeconf read")
        over.set()
        assert len(server.seen) <= 4


def test_a_write_beside_other_calls_is_refused() -> None:
    class Witness:
        def before(self, method: str, path: str) -> None:
            """Hear of a write."""

        def after(self, fate: str, made: str = "") -> None:
            """Hear what became of it."""

    with reading(lambda seen: reply({}), 4) as (reader, server):
        writer = reader.for_writing(Witness())
        for asked in (reader, writer):
            with pytest.raises(WriteRefused, match="beside other calls"):
                asked.together([partial(writer.send, "POST", "/1"), partial(reader.get, "/2")])
        assert server.writes() == []
