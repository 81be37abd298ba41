"""The budget: what a run may still ask for, and how long it waits (API contract 3)."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import permutations
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from bmeconf.client import Budget
from bmeconf.model.errors import LimitReached
from tests.support.clocks import FakeClock

NOW = int(FakeClock().now)


def budget(clock: FakeClock | None = None, learned: Any = None, **given: Any) -> Budget:
    """A budget that has `learned` limits: `RateLimit_Remaining=0` is `X-RateLimit-Remaining: 0`."""
    clock = clock or FakeClock()
    pace = Budget(clock=clock.time, sleep=clock.sleep, **given)
    pace.learn(limits(**(learned or {})))
    return pace


def spend(pace: Budget) -> None:
    """One request whose reply comes at once and says nothing of the limits."""
    with pace.request():
        pass


def limits(**headers: Any) -> dict[str, str]:
    return {f"X-{name.replace('_', '-')}": str(value) for name, value in headers.items()}


# --- the minute


@pytest.mark.parametrize(
    ("requests", "every", "given", "waits"),
    [
        pytest.param(60, 0.0, {}, [], id="the first requests go out at once"),
        pytest.param(61, 0.0, {}, [60.0], id="the 61st waits until the first is a minute old"),
        pytest.param(300, 1.0, {}, [], id="a slow run never waits"),
        pytest.param(1000, 0.0, {"per_minute": None}, [], id="a simulator here is not paced"),
    ],
)
def test_a_minute_sees_sixty_requests(
    requests: int, every: float, given: dict[str, Any], waits: list[float]
) -> None:
    clock = FakeClock()
    pace = budget(clock, **given)
    for _ in range(requests):
        spend(pace)
        clock.now += every
    assert clock.waits == waits


# --- the hour, the month and the ceiling


@pytest.mark.parametrize(
    ("learned", "waits"),
    [
        *(({"RateLimit_Remaining": 0, "RateLimit_Reset": NOW + s}, [s]) for s in (1, 45, 300)),
        ({"RateLimit_Remaining": 0}, []),
        ({"RateLimit_Remaining": 0, "RateLimit_Reset": NOW - 5}, []),
        ({"RateLimit_Remaining": 1, "RateLimit_Reset": NOW + 1800}, []),
    ],
    ids=["in 1 s", "in 45 s", "in 300 s", "a reset not told", "a reset past", "something left"],
)
def test_an_hour_that_resets_soon_is_waited_for_once(
    learned: dict[str, int], waits: list[float]
) -> None:
    clock = FakeClock()
    pace = budget(clock, learned)
    spend(pace)
    if waits:
        spend(pace)
    assert clock.waits == waits


@pytest.mark.parametrize(
    ("learned", "told", "remedy"),
    [
        (
            {"RateLimit_Remaining": 0, "RateLimit_Reset": NOW + 1800},
            "another 30 minutes",
            "run again after that",
        ),
        ({"Monthly_Remaining": 0}, "monthly API quota", "next billing period"),
    ],
    ids=["an hour that resets late", "a month that is used up"],
)
def test_a_limit_that_lasts_ends_the_run(learned: dict[str, int], told: str, remedy: str) -> None:
    clock = FakeClock()
    pace = budget(clock, learned)
    with pytest.raises(LimitReached, match=told) as raised:
        spend(pace)
    assert (clock.waits, pace.used) == ([], 0)
    assert raised.value.exit_code == 5
    assert remedy in raised.value.remedy


def test_the_ceiling_counts_every_request() -> None:
    pace = budget(ceiling=3)
    for _ in range(3):
        spend(pace)
    with pytest.raises(LimitReached, match="--max-requests 3 is used up"):
        spend(pace)
    assert pace.used == 3


# --- afford


def test_what_the_limits_allow_is_afforded_to_the_last_request() -> None:
    budget(learned={"Monthly_Remaining": 6}, ceiling=10, used=4).afford(6)


@pytest.mark.parametrize(
    ("headers", "ceiling", "told"),
    [
        ({}, 5, "--max-requests leaves 1"),
        ({"Monthly_Remaining": 1}, None, "the monthly quota leaves 1"),
        ({"RateLimit_Remaining": 1, "RateLimit_Reset": NOW + 301}, None, "this hour leaves 1"),
        (
            {"RateLimit_Limit": 100, "RateLimit_Remaining": 21, "RateLimit_Reset": NOW + 999},
            None,
            "this hour without the 20% of policy.reserve leaves 1",
        ),
        (
            {"Monthly_Limit": 999, "Monthly_Remaining": 201},
            None,
            "the monthly quota without the 20% of policy.reserve leaves 1",
        ),
    ],
)
def test_what_they_do_not_allow_is_refused_before_the_first(
    headers: dict[str, int], ceiling: int | None, told: str
) -> None:
    reserve = 20 if "policy.reserve" in told else 0
    pace = budget(learned=headers, ceiling=ceiling, used=4, reserve=reserve)
    with pytest.raises(LimitReached, match=f"needs 2 more requests, {told}; nothing was written"):
        pace.afford(2)


def test_an_hour_that_resets_before_it_can_be_used_up_is_afforded() -> None:
    learned = {"RateLimit_Remaining": 1000, "RateLimit_Reset": NOW + 1200}
    budget(learned=learned).afford(1500)
    with pytest.raises(LimitReached):
        budget(learned={**learned, "RateLimit_Reset": NOW + 1300}).afford(1500)


def test_an_hour_that_resets_soon_is_afforded() -> None:
    budget(learned={"RateLimit_Remaining": 1, "RateLimit_Reset": NOW + 300}).afford(50)


# --- several threads


def at_once(threads: int, work: Callable[[], None]) -> list[str]:
    """Do `work` in so many threads, each until it is refused; what each was refused by."""
    gate = threading.Barrier(threads)

    def run(_: int) -> str:
        gate.wait()
        try:
            while True:
                work()
        except LimitReached as refused:
            return refused.message

    with ThreadPoolExecutor(threads) as pool:
        return [*pool.map(run, range(threads))]


def test_threads_share_one_ceiling_and_one_minute() -> None:
    clock = FakeClock(now=0.0)
    pace, times = budget(clock, ceiling=500), []

    def request() -> None:
        with pace.request():
            times.append(clock.now)

    refused = at_once(4, request)
    assert refused == ["--max-requests 500 is used up and the run is not finished"] * 4
    assert (pace.used, len(times)) == (500, 500)
    assert max(sum(start <= t < start + 60 for t in times) for start in times) <= 60


def test_a_request_that_nobody_wants_after_its_wait_is_not_counted() -> None:
    clock = FakeClock()
    pace = budget(clock, per_minute=1)
    spend(pace)

    def check() -> None:
        if clock.waits:
            raise LimitReached("not wanted")

    with pytest.raises(LimitReached, match="not wanted"), pace.request(check):
        pass
    assert (clock.waits, pace.used) == ([60], 1)


def test_a_stop_ends_every_thread_that_waits() -> None:
    def stopped(seconds: float, why: str) -> None:
        raise LimitReached("stopped")

    pace = Budget(clock=lambda: 0.0, sleep=stopped, per_minute=1)
    with pace.request():
        assert at_once(4, lambda: spend(pace)) == ["stopped"] * 4


def test_what_is_left_of_the_hour_is_shared_by_threads() -> None:
    pace = budget(learned={"RateLimit_Remaining": 90, "RateLimit_Reset": NOW + 1800})
    assert all("used up" in refusal for refusal in at_once(4, lambda: spend(pace)))
    assert pace.used == 90


def test_a_limit_that_one_request_hears_of_holds_all_others() -> None:
    clock = FakeClock()
    pace = budget(clock)
    with pace.request():
        pace.hold(45)
        spend(pace)
    assert clock.waits == [45]


def test_a_reply_does_not_count_what_is_under_way() -> None:
    pace = budget()
    with pace.request(), pace.request(), pace.request() as hear:
        hear(limits(RateLimit_Remaining=10, Monthly_Remaining=1))
    assert (pace.hour.left.remaining, pace.month.remaining) == (8, 0)


@pytest.mark.parametrize("heard", [*permutations(range(3))])
@pytest.mark.parametrize("ended", [*permutations(range(3))])
def test_in_whatever_order_replies_come_the_same_is_left_in_the_end(
    heard: tuple[int, ...], ended: tuple[int, ...]
) -> None:
    pace = budget()
    requests = [pace.request() for _ in range(3)]
    hears = [request.__enter__() for request in requests]
    for each in heard:
        hears[each](limits(RateLimit_Remaining=10 - each, Monthly_Remaining=20 - each))
    for each in ended:
        requests[each].__exit__(None, None, None)
    assert (pace.hour_left, pace.month_left) == (8, 18)


def test_a_month_that_begins_anew_is_noticed() -> None:
    pace = budget(learned={"Monthly_Remaining": 1})
    pace.learn(limits(Monthly_Remaining=1000))
    assert pace.month_left == 1000


def test_a_minute_begins_with_the_reply() -> None:
    clock = FakeClock()
    pace = budget(clock, per_minute=1)
    with pace.request():
        clock.now += 7
    spend(pace)
    assert clock.waits == [60]


# --- headers


SOUND = limits(RateLimit_Remaining=7, RateLimit_Reset=NOW, Monthly_Remaining=9)
ODD = ("", "many", "nan", "inf", "-inf", "-1", "1e12", "0x10", "3, 4", "٣٤x", "null")


@pytest.mark.parametrize("headers", [{}, *(dict.fromkeys(SOUND, odd) for odd in ODD)], ids=str)
def test_a_reply_without_sound_headers_changes_nothing(headers: dict[str, str]) -> None:
    pace = budget()
    pace.learn(SOUND)
    pace.learn(headers)
    assert (pace.hour.left.remaining, pace.hour.reset, pace.month.remaining) == (7, NOW, 9)


@pytest.mark.parametrize("name", ["x-monthly-remaining", "X-MONTHLY-REMAINING"])
def test_header_names_come_in_any_case(name: str) -> None:
    pace = budget()
    pace.learn(CaseInsensitiveDict({name: " 12 "}))
    assert pace.month.remaining == 12
