"""The sandbox that its own tests call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.api import Api


@pytest.fixture
def api() -> Iterator[Api]:
    with Api() as running:
        yield running
