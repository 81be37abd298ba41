"""Fixtures: an account to test against, and a project that is run on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bmeconf.sandbox import Sandbox
from tests.support.driver import Account, Project
from tests.support.fake_server import FakeServer, Rule, by_rules, in_front_of
from tests.support.forks import Forks


@pytest.fixture
def account() -> Iterator[Account]:
    """The seeded simulated account, in memory."""
    with Sandbox(None) as sandbox:
        yield Account(sandbox)


@pytest.fixture
def project(tmp_path: Path, account: Account) -> Project:
    """An empty project folder whose environment names `account`."""
    return Project(tmp_path, account.env)


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Where commands are run as processes that cost little, and may die at a chosen line."""
    with Forks() as forks:
        yield forks


@pytest.fixture
def cut(account: Account, project: Project) -> Iterator[Callable[..., FakeServer]]:
    """Puts a meddling server before the account for the rest of the test."""
    opened: list[FakeServer] = []

    def put(*rules: Rule) -> FakeServer:
        server = in_front_of(account.sandbox.url, by_rules(rules)).__enter__()
        opened.append(server)
        project.env = {**account.env, "BMECONF_BASE_URL": server.url}
        return server

    yield put
    for server in opened:
        server.__exit__()
