"""Long runs against the limits of the service: fixed and rolling windows, alone and with others."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bmeconf.client import Budget
from bmeconf.model.errors import LimitReached
from tests.support.driver import Account, Project
from tests.support.strategies import examples
from tests.support.traffic import Take, Traffic, Windows, refusal, simulator

SERVICES: dict[str, Callable[..., Take]] = {
    "the sandbox": simulator,
    "windows by the clock": partial(Windows, False),
    "rolling windows": partial(Windows, True),
}
FIXED = ("the sandbox", "windows by the clock")
DELAYS = st.sampled_from([(0.0, 0.0), (0.02, 0.2), (0.05, 0.9), (0.3, 1.5)])


def budget_of(traffic: Traffic, **given: int) -> Budget:
    return Budget(clock=traffic.clock, sleep=traffic.sleep, **given)


def at_random(rate: float, seed: int) -> Iterator[float]:
    """The pauses between requests that come at random, so many a second."""
    dice = random.Random(seed)
    while True:
        yield dice.expovariate(rate)


@pytest.mark.parametrize("service", SERVICES)
@pytest.mark.parametrize("parallel", [1, 4])
def test_3000_requests_take_what_the_limits_ask_for(service: str, parallel: int) -> None:
    traffic = Traffic(SERVICES[service](), (0.1, 0.6), random.Random(parallel))
    seconds = traffic.run(budget_of(traffic), 3000, parallel)
    assert traffic.refused == 0
    assert 2940 <= seconds <= 2940 * 1.05


@examples(12)
@given(
    service=st.sampled_from([*SERVICES]),
    requests=st.integers(1, 600) | st.just(4000),
    parallel=st.integers(1, 4),
    delays=DELAYS,
    begins=st.floats(0, 3600),
    seed=st.integers(0, 99),
)
def test_a_client_that_is_alone_is_never_refused_and_loses_no_time(
    service: str,
    requests: int,
    parallel: int,
    delays: tuple[float, float],
    begins: float,
    seed: int,
) -> None:
    traffic = Traffic(SERVICES[service](), delays, random.Random(seed))
    traffic.now += begins
    seconds = traffic.run(budget_of(traffic), requests, parallel)
    assert traffic.refused == 0
    minutes, last = divmod(requests - 1, 60)
    reply = sum(delays) / 2 / parallel
    least = max(minutes * 60 + last * reply, requests * reply)
    assert seconds <= 1.05 * least + 10 * delays[1]


@examples(8)
@given(
    service=st.sampled_from(FIXED),
    rate=st.floats(0.05, 0.7),
    begins=st.integers(0, 3599),
    parallel=st.integers(1, 4),
    seed=st.integers(0, 99),
)
def test_what_another_client_takes_is_left_to_it(
    service: str, rate: float, begins: int, parallel: int, seed: int
) -> None:
    traffic = Traffic(SERVICES[service](0), (0.05, 0.5), random.Random(seed))
    traffic.now += begins
    traffic.other(at_random(rate, seed))
    seconds = traffic.run(budget_of(traffic), 3000, parallel)
    assert traffic.refused == 0
    assert traffic.others_refused <= traffic.others * 0.005
    assert seconds <= 1.05 * (3000 + traffic.others) + 120


def test_a_client_that_takes_all_is_seen_before_the_wall() -> None:
    traffic = Traffic(simulator(minute=0), (0.1, 0.1), random.Random(1))
    traffic.other(at_random(2, 1))
    budget = budget_of(traffic)
    with pytest.raises(LimitReached, match="other clients use up this hour") as raised:
        traffic.run(budget, 3000)
    assert raised.value.exit_code == 5
    assert traffic.refused == 0
    assert 60 <= budget.used < 400


def test_a_small_run_beside_another_client_does_not_crawl() -> None:
    traffic = Traffic(simulator(minute=0), (0.1, 0.1), random.Random(1))
    traffic.other(at_random(0.2, 1))
    assert traffic.run(budget_of(traffic), 40) < 5


@pytest.mark.parametrize("begins", [0, 3500])
def test_a_reserve_is_left_to_others(begins: int) -> None:
    """The whole of an hour but the reserve, then a wait for the next one where that is near."""
    take = Windows(False, minute=0, hour=200)
    traffic = Traffic(take, dice=random.Random(1))
    traffic.now += begins
    budget = budget_of(traffic, reserve=20)
    if begins:
        traffic.run(budget, 200)
        assert sum(at < traffic.now - traffic.now % 3600 for at in traffic.sent) <= 160
        return
    with pytest.raises(LimitReached, match=r"without the 20% of policy.reserve is used up"):
        traffic.run(budget, 200)
    assert budget.used == 160


@examples(10)
@given(
    plan=st.lists(st.tuples(st.integers(1, 90), st.integers(1, 60)), max_size=4),
    parallel=st.integers(1, 4),
    delays=DELAYS,
    seed=st.integers(0, 99),
)
def test_a_pause_that_the_service_asks_for_is_kept_by_all(
    plan: list[tuple[int, int]], parallel: int, delays: tuple[float, float], seed: int
) -> None:
    """After so many requests the service refuses, and names so many seconds."""
    service = simulator()
    counted, blocked, dues = 0, 0.0, [*plan]

    def take(now: float) -> dict[str, str]:
        nonlocal counted, blocked
        if now < blocked:
            raise refusal(blocked - now)
        if dues and counted >= dues[0][0]:
            counted, blocked = 0, now + dues.pop(0)[1]
            raise refusal(blocked - now)
        counted += 1
        return service(now)

    traffic = Traffic(take, delays, random.Random(seed))
    traffic.run(budget_of(traffic), 150, parallel)
    assert len(traffic.heard) <= len(plan) * parallel
    for heard, until in traffic.heard:
        assert not [at for at in traffic.sent if heard < at < until - 0.001]


def test_an_apply_that_would_take_from_the_reserve_writes_nothing(
    project: Project, account: Account
) -> None:
    project.write("bmeconf.yaml", "version: 1\npolicy: {reserve: 60%}\n")
    project.declare(lists=[{"name": f"List {number}"} for number in range(9)])
    account.switch(hour_limit=30)
    ran = project.run("apply", "--auto-approve")
    assert ran.code == 5
    assert "this hour without the 60% of policy.reserve leaves" in ran.err
    assert account.writes() == []
