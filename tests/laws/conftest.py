"""The account that thousands of examples are tried on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.driver import Account
from tests.support.laboratory import Laboratory


@pytest.fixture
def laboratory(account: Account, tmp_path: Path) -> Laboratory:
    return Laboratory(account, tmp_path)
