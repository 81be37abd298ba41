"""Opening the account of a run: the simulator or the real one, with a client that may only read."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType, ModuleType
from typing import NamedTuple
from urllib.parse import urlsplit

import click

from bmeconf.baseline import lock_store
from bmeconf.cli.console import Console
from bmeconf.cli.options import Options, account_label
from bmeconf.cli.progress import EVERY, Clock, Progress, duration
from bmeconf.cli.stopping import stopping
from bmeconf.client import PER_MINUTE, Budget, Reader, route_to
from bmeconf.desired import manifest
from bmeconf.kinds import Dialect
from bmeconf.model import SIMULATED, canonical_server, stamp
from bmeconf.model.errors import Busy, InvalidInput
from bmeconf.plan import decode
from bmeconf.project import (
    Account,
    Project,
    Secret,
    choose_account,
    credentials,
    exclusive,
    is_loopback,
    learned,
    sandbox_file,
    served_sandbox,
)

PARALLEL = 4
"""Reads that are under way at once, where nobody says how many."""
TURN = 0.2
"""Seconds between two looks whether another run has ended."""


class Session(NamedTuple):
    """An account that was opened for reading, and the switch that Ctrl-C turns.

    `label` names the account for people, `identity` for plans: the address of a simulator is
    another one each time.
    """

    options: Options
    console: Console
    project: Project
    account: Account
    reader: Reader
    progress: Progress
    stop: threading.Event
    label: str
    identity: str

    @property
    def lock_file(self) -> Path:
        return lock_store.path_of(self.project.root, self.options.sandbox)


@contextmanager
def opened(options: Options, console: Console, project: Project) -> Iterator[Session]:
    """The account that `options` name, as long as the block runs; errors as of `credentials`."""
    with _account(options, project) as account:
        for note in account.notes:
            console.note(f"Note: {note}")
        stop, url, clock = threading.Event(), urlsplit(account.base_url), _clock()
        progress = Progress(console, clock, stop)
        budget = progress.budget = Budget(
            clock=clock.now,
            sleep=progress.wait,
            # A simulator on this machine has no neighbours; its own 429s are honoured all the same.
            per_minute=None if is_loopback(url.hostname or "") else PER_MINUTE,
            ceiling=options.max_requests,
            reserve=project.policy.reserve,
        )
        route, key = route_to(account.base_url, os.environ), account.key.reveal()
        identity = SIMULATED if options.sandbox else canonical_server(account.base_url)
        label = account_label(account.name or "", identity)
        console.timings.stage("reading")
        with _dialect(project.root, identity) as dialect:
            reader = Reader(
                account.base_url,
                key,
                budget,
                dialect,
                watch=progress,
                route=route,
                parallel=options.parallel or project.policy.parallel or PARALLEL,
            )
            try:
                yield Session(
                    options, console, project, account, reader, progress, stop, label, identity
                )
            finally:
                console.end_progress()


@contextmanager
def _dialect(root: Path, account: str) -> Iterator[Dialect]:
    """What earlier runs learned of the account's API; what this run learns is remembered.

    Not in a folder that nothing makes a root: what is left there would make it one.
    """
    before = Dialect.of(learned.values(root, account, now()))
    dialect = replace(before)
    try:
        yield dialect
    finally:
        changed = dialect.changed(before)
        if changed and manifest.mark_of(root):
            learned.keep(root, account, now(), changed)


@contextmanager
def alone(console: Console, command: str, limit: str, root: Path) -> Iterator[None]:
    """The only run that writes to the project at `root`, as long as the block runs.

    Waits for another one, for as long as `limit` says (--lock-timeout).

    Raises:
        Busy: the other run did not end in time.
        InvalidInput: `limit` is no duration, or the project cannot be locked.
    """
    clock, patience = _clock(), decode.age(limit, "--lock-timeout").total_seconds()
    run = f"bmeconf {command} (process {os.getpid()}, since {stamp(now())})"
    began = due = clock.now()

    def wait(other: str) -> None:
        nonlocal due
        left = began + patience - clock.now()
        if left <= 0:
            raise Busy(f"{other} is still writing to this project; nothing was sent")
        if clock.now() >= due:
            most = limit if due == began else duration(left)
            console.note(f"Waiting for {other} to end, {most} at most.")
            due += EVERY
        clock.pause(threading.Event(), TURN)

    with exclusive(root, run, wait):
        yield


def now() -> datetime:
    """The time by the clock of the run, in UTC."""
    return datetime.fromtimestamp(_clock().now(), UTC)


def pause(seconds: float) -> None:
    """Wait, by the clock of the run."""
    _clock().pause(threading.Event(), seconds)


def _clock() -> Clock:
    return click.get_current_context().find_object(Clock) or Clock()


@contextmanager
def finishing(stop: threading.Event) -> Iterator[None]:
    """While the block runs, the first Ctrl-C lets the step in flight finish; a second does not."""

    def stop_asked(signum: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise KeyboardInterrupt
        stop.set()

    before = {s: signal.signal(s, stop_asked) for s in stopping()}
    try:
        yield
    finally:
        for signum, handler in before.items():
            signal.signal(signum, handler)


@contextmanager
def _account(options: Options, project: Project) -> Iterator[Account]:
    """The account, or its simulator: the one that is served, or one for this run alone."""
    if not options.sandbox:
        yield credentials(project, options.account, os.environ, options.allow_host)
        return
    entry = choose_account(project, options.account, os.environ)
    name, variables = (entry.name, entry.vars) if entry else (None, {})
    simulator = sandbox_module()
    try:
        running = simulator.Sandbox(sandbox_file(project.root))
        running.start()
    except simulator.SandboxBusy as error:
        url = served_sandbox(project.root)
        # What was noted may be left from a sandbox that is gone, with another one at its port now.
        if not (url and simulator.serves(url, sandbox_file(project.root))):
            raise InvalidInput(str(error), "wait until it has ended") from error
        yield Account(name, url, Secret(simulator.DEFAULT_KEY), variables)
        return
    except simulator.SandboxError as error:
        raise InvalidInput(str(error)) from error
    try:
        yield Account(name, running.url, Secret(running.key), variables)
    finally:
        running.stop()


def sandbox_module() -> ModuleType:
    """The simulator's package, which needs an extra to be installed."""
    try:
        from bmeconf import sandbox
    except ModuleNotFoundError as error:
        raise InvalidInput(
            f"the sandbox needs {error.name}, which is not installed",
            "install it with: pip install 'bmeconf[sandbox]'",
        ) from error
    return sandbox
