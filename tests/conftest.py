"""Fixtures: an account to test against, and a project that is run on it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from bmeconf.sandbox import Sandbox
from tests.driver import Account, Project


@pytest.fixture
def account() -> Iterator[Account]:
    """The seeded simulated account, in memory."""
    with Sandbox(None) as sandbox:
        yield Account(sandbox)


@pytest.fixture
def project(tmp_path: Path, account: Account) -> Project:
    """An empty project folder whose environment names `account`."""
    return Project(tmp_path, account.env)
