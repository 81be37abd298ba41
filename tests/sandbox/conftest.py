"""The sandbox that its own tests call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.api import Api
from tests.support.clocks import FakeClock


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as running:
        yield running


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock()


@pytest.fixture
def timed(clock: FakeClock) -> Iterator[Api]:
    """An account by `clock`."""
    with Api(now=clock.time) as running:
        yield running
