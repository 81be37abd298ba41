"""The budget: what a run may still ask for, and how long it waits (API contract 3)."""

from __future__ import annotations

import random
from typing import Any

import pytest
from requests.structures import CaseInsensitiveDict

from bmeconf.client import Budget
from bmeconf.model.errors import LimitReached
from tests.support.clocks import FakeClock


def budget(clock: FakeClock, **given: Any) -> Budget:
    return Budget(clock=clock.time, sleep=clock.sleep, **given)


def limits(**headers: Any) -> dict[str, str]:
    """Limit headers: `RateLimit_Remaining=0` is `X-RateLimit-Remaining: 0`."""
    return {f"X-{name.replace('_', '-')}": str(value) for name, value in headers.items()}


# --- the minute


def most_in_a_minute(times: list[float]) -> int:
    return max(sum(start <= t < start + 60 for t in times) for start in times)


def test_the_first_requests_go_out_at_once() -> None:
    clock = FakeClock()
    pace = budget(clock)
    for _ in range(60):
        pace.spend()
    assert clock.waits == []


def test_the_sixty_first_waits_for_the_first_to_be_a_minute_old() -> None:
    clock = FakeClock()
    pace = budget(clock)
    for _ in range(61):
        pace.spend()
    assert clock.waits == [60.0]


@pytest.mark.parametrize("seed", range(5))
def test_no_rolling_minute_ever_sees_more_than_sixty(seed: int) -> None:
    dice, clock = random.Random(seed), FakeClock(now=0.0)
    pace, times = budget(clock), []
    for _ in range(600):
        pace.spend()
        times.append(clock.now)
        clock.now += dice.choice((0, 0, 0, 0.01, 0.3, 0.9, 2, 40))
    assert most_in_a_minute(times) <= 60


def test_a_long_run_keeps_under_the_hour_too() -> None:
    clock = FakeClock(now=0.0)
    pace = budget(clock)
    for _ in range(3601):
        pace.spend()
    assert clock.now >= 3600


def test_a_slow_run_never_waits() -> None:
    clock = FakeClock()
    pace = budget(clock)
    for _ in range(300):
        pace.spend()
        clock.now += 1.0
    assert clock.waits == []


def test_a_simulator_on_this_machine_is_not_paced() -> None:
    clock = FakeClock()
    pace = budget(clock, per_minute=None)
    for _ in range(1000):
        pace.spend()
    assert clock.waits == []


# --- the hour


@pytest.mark.parametrize("seconds", [1, 45, 300])
def test_an_hour_that_resets_soon_is_waited_for(seconds: int) -> None:
    clock = FakeClock()
    pace = budget(clock)
    pace.learn(limits(RateLimit_Remaining=0, RateLimit_Reset=int(clock.now) + seconds))
    pace.spend()
    pace.spend()
    assert clock.waits == [seconds]


def test_an_hour_that_resets_late_ends_the_run() -> None:
    clock = FakeClock()
    pace = budget(clock)
    pace.learn(limits(RateLimit_Remaining=0, RateLimit_Reset=int(clock.now) + 1800))
    with pytest.raises(LimitReached, match="another 30 minutes") as raised:
        pace.spend()
    assert clock.waits == []
    assert "run again after that" in raised.value.remedy
    assert pace.used == 0


def test_an_hour_whose_reset_is_not_told_or_past_is_tried() -> None:
    clock = FakeClock()
    for headers in (
        limits(RateLimit_Remaining=0),
        limits(RateLimit_Remaining=0, RateLimit_Reset=int(clock.now) - 5),
    ):
        pace = budget(clock)
        pace.learn(headers)
        pace.spend()
    assert clock.waits == []


def test_an_hour_with_something_left_is_used_to_the_end() -> None:
    clock = FakeClock()
    pace = budget(clock)
    pace.learn(limits(RateLimit_Remaining=1, RateLimit_Reset=int(clock.now) + 1800))
    pace.spend()
    assert clock.waits == []


# --- the month and the ceiling


def test_a_month_that_is_used_up_ends_the_run() -> None:
    pace = budget(FakeClock())
    pace.learn(limits(Monthly_Remaining=0))
    with pytest.raises(LimitReached, match="monthly API quota") as raised:
        pace.spend()
    assert raised.value.exit_code == 5
    assert "next billing period" in raised.value.remedy


def test_the_ceiling_counts_every_request() -> None:
    pace = budget(FakeClock(), ceiling=3)
    for _ in range(3):
        pace.spend()
    with pytest.raises(LimitReached, match="--max-requests 3 is used up"):
        pace.spend()
    assert pace.used == 3


# --- afford


def test_what_the_limits_allow_is_afforded_to_the_last_request() -> None:
    pace = budget(FakeClock(), ceiling=10, used=4)
    pace.learn(limits(Monthly_Remaining=6))
    pace.afford(6)


@pytest.mark.parametrize(
    ("headers", "ceiling", "told"),
    [
        ({}, 5, "--max-requests leaves 1"),
        ({"Monthly_Remaining": 1}, None, "the monthly quota leaves 1"),
        ({"RateLimit_Remaining": 1, "RateLimit_Reset": 1_900_000_301}, None, "this hour leaves 1"),
    ],
)
def test_what_they_do_not_allow_is_refused_before_the_first(
    headers: dict[str, int], ceiling: int | None, told: str
) -> None:
    pace = budget(FakeClock(), ceiling=ceiling, used=4)
    pace.learn(limits(**headers))
    with pytest.raises(LimitReached, match=f"needs 2 more requests, {told}; nothing was written"):
        pace.afford(2)


def test_an_hour_that_resets_soon_is_afforded() -> None:
    pace = budget(FakeClock())
    pace.learn(limits(RateLimit_Remaining=1, RateLimit_Reset=1_900_000_300))
    pace.afford(50)


# --- headers


@pytest.mark.parametrize(
    "odd", ["", "many", "nan", "inf", "-inf", "-1", "1e12", "0x10", "3, 4", "٣٤x", "null"]
)
def test_odd_headers_change_nothing(odd: str) -> None:
    pace = budget(FakeClock())
    sound = limits(RateLimit_Remaining=7, RateLimit_Reset=1_900_000_000, Monthly_Remaining=9)
    pace.learn(sound)
    pace.learn(dict.fromkeys(sound, odd))
    assert (pace.hour_remaining, pace.month_remaining) == (7, 9)
    assert pace.hour_reset == 1_900_000_000


def test_a_reply_without_headers_changes_nothing() -> None:
    pace = budget(FakeClock())
    pace.learn(limits(RateLimit_Remaining=7, Monthly_Remaining=9))
    pace.learn({})
    assert (pace.hour_remaining, pace.month_remaining) == (7, 9)


@pytest.mark.parametrize("name", ["x-monthly-remaining", "X-MONTHLY-REMAINING"])
def test_header_names_come_in_any_case(name: str) -> None:
    pace = budget(FakeClock())
    pace.learn(CaseInsensitiveDict({name: " 12 "}))
    assert pace.month_remaining == 12
