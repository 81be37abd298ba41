"""The order of the tests; fixtures: an account, a project that is run on it, a browser."""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import shutil
import signal
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import combinations, count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from selenium.webdriver.chrome.webdriver import WebDriver
from xdist.scheduler import LoadScopeScheduling

from bmeconf.sandbox import Sandbox
from tests.support.browser import chromium, fresh
from tests.support.driver import Account, Project
from tests.support.fake_server import FakeServer, Rule, by_rules, in_front_of
from tests.support.forks import Forks
from tests.support.pair import Pair, pair
from tests.support.strategies import MANY

LONGEST = (
    "laws/test_faults.py",
    "sandbox/test_page.py",
    "ci/test_github.py",
    "laws/",
    "apply/test_journal.py",
    "pull/test_pull.py",
    "render/",
    "ci/",
    "cli/",
    "baseline/test_since.py",
)
"""What takes longest, which is begun first: where several run at once none is left over."""

BROWSER = {
    "mail/test_browsers.py",
    "preview/test_pages.py",
    "render/test_html_page.py",
    "sandbox/test_page.py",
}
"""Files with tests that need a browser: they share one."""
SHARED = {"test_architecture.py"}
"""Files whose tests all look at what takes seconds to read once."""

NUMBERS = count()
TABLE, PART = 4, 4
"""Rows of a table that is not small; where it meets an account and has one axis, an ordinary run
tries one row of so many, else as many as it takes to meet each value."""


class Together(LoadScopeScheduling):
    """Hands out test after test, and to one worker, first, what shares a browser or a reading.

    Marks of groups are no way: pytest-xdist writes them into ids, which pytest 9.2 keeps.
    """

    @staticmethod
    def path(nodeid: str) -> str:
        """The file of a test, below the folder of all tests."""
        return nodeid.partition("::")[0].removeprefix("tests/")

    def _split_scope(self, nodeid: str) -> str:
        path = self.path(nodeid)
        return "browser" if path in BROWSER else path if path in SHARED else nodeid


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Together:
    """Several workers share the tests in that way."""
    return Together(config, log)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: now and then a test waits for a server or a browser."""
    asked = os.environ.get("PYTEST_XDIST_AUTO_NUM_WORKERS")
    return int(asked) if asked else len(os.sched_getaffinity(0)) + 1


# A machine that is busy is no fault of what is tested.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


def pytest_configure(config: pytest.Config) -> None:
    """Let what is started here know Ctrl-C, which a job in the background of a script ignores,
    and the end of a terminal, which one below `nohup` does.

    The state of whoever runs the tests stays as it is. What one process compiles is there for all
    the others. No disk is waited for: only a power cut would tell the difference.
    """
    if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    vars(os)["fsync"] = os.fstat
    os.environ["XDG_STATE_HOME"] = tempfile.mkdtemp(prefix="state-")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    sys.dont_write_bytecode = False
    if hasattr(config, "workerinput") and config.args_source == config.ArgsSource.TESTPATHS:
        _compile_part(config.workerinput)


def _compile_part(worker: Mapping[str, Any]) -> None:
    """Load a part of the tests, each worker another one, before all of them load the whole."""
    tests = sorted(Path(__file__).parent.rglob("test_*.py"))
    for path in tests[int(worker["workerid"].removeprefix("gw")) :: worker["workercount"]]:
        name = path.relative_to(Path(__file__).parents[1]).with_suffix("")
        # What cannot be loaded is told where it is collected.
        with contextlib.suppress(Exception, pytest.skip.Exception):
            importlib.import_module(".".join(name.parts))


def pytest_unconfigure() -> None:
    """Remove what the tests had for the home of somebody's state."""
    shutil.rmtree(os.environ["XDG_STATE_HOME"], ignore_errors=True)


def _put_off(items: list[pytest.Item]) -> Iterator[pytest.Item]:
    """The rows of tables that meet an account and wait for the night.

    Which ones, their names decide. The laws try a part in ways of their own.
    """
    tables: dict[str, list[Any]] = {}
    for item in items:
        if "account" in getattr(item, "fixturenames", ()) and "/laws/" not in item.nodeid:
            tables.setdefault(item.nodeid.partition("[")[0], []).append(item)
    for rows in tables.values():
        if len(rows) >= TABLE:
            rows.sort(key=lambda row: zlib.crc32(row.nodeid.encode()))
            is_list = len(rows[0].callspec._idlist) == 1
            yield from rows[-(-len(rows) // PART) :] if is_list else _nothing_new(rows)


def _nothing_new(cells: list[Any]) -> Iterator[pytest.Item]:
    """The cells of a table of several axes whose values were all met in cells before; of three
    axes and more, any two of whose values were met together."""
    met = set[Any]()
    for cell in cells:
        values = cell.callspec._idlist
        new = {*combinations(enumerate(values), min(len(values) - 1, 2))} - met
        if not new:
            yield cell
        met |= new


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the tests by length.

    Every row of a table is tried each night (BMECONF_EXAMPLES), and where its file is named.
    """
    if MANY == 1 and config.args_source == config.ArgsSource.TESTPATHS:
        later = {*_put_off(items)}
        items[:] = [item for item in items if item not in later]
        config.hook.pytest_deselected(items=[*later])

    def rank(item: pytest.Item) -> int:
        _, _, path = item.nodeid.partition("tests/")
        return next((n for n, start in enumerate(LONGEST) if path.startswith(start)), len(LONGEST))

    items.sort(key=rank)
    for item in items:
        if "browser" in getattr(item, "fixturenames", ()):
            assert Together.path(item.nodeid) in BROWSER, item.nodeid


def pytest_collection_finish() -> None:
    """Collect garbage less often, and without what every test shares: it stays to the end."""
    gc.freeze()
    gc.set_threshold(50_000, 50, 100)


@pytest.fixture
def account() -> Iterator[Account]:
    """The seeded simulated account, in memory."""
    with Sandbox(None) as sandbox:
        yield Account(sandbox)


@pytest.fixture
def tmp_path(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder of this test, with few beside it: each run reads the folders above its project."""
    folder = tmp_path_factory.getbasetemp() / request.path.stem / str(next(NUMBERS))
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def project(tmp_path: Path, account: Account) -> Project:
    """An empty project folder whose environment names `account`."""
    return Project(tmp_path, account.env)


@pytest.fixture
def two_accounts(tmp_path: Path) -> Iterator[Pair]:
    """A project of two simulated accounts."""
    with pair(tmp_path) as made:
        yield made


@pytest.fixture(scope="session")
def forks() -> Iterator[Forks]:
    """Where commands are run as processes that cost little, and may die at a chosen line."""
    with Forks() as forks:
        yield forks


@pytest.fixture
def forked(project: Project, forks: Forks) -> None:
    """Lets `project` start forks: processes all the same, but for the start of an interpreter."""
    project.program = (str(forks.command),)


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


@pytest.fixture(scope="session")
def _browser() -> Iterator[WebDriver]:
    with chromium() as driver:
        yield driver


@pytest.fixture
def browser(_browser: WebDriver) -> WebDriver:
    """The one browser of the session, like new."""
    return fresh(_browser)
