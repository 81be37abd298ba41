"""Start and stop of the simulator: open the data, listen on loopback.

In: a path, switches, faults, a port. Out: a running HTTP server, and its URL and key.
"""

from __future__ import annotations

import contextlib
import functools
import json
import re
import time
from collections.abc import Callable, Iterable
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from bmeconf.sandbox import app, seed, state
from bmeconf.sandbox.connections import HOST, Server, listening
from bmeconf.sandbox.errors import SandboxBusy, SandboxError
from bmeconf.sandbox.faults import Fault, Faults
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.seed import DEFAULT_KEY
from bmeconf.sandbox.store import Store
from bmeconf.sandbox.switches import Switches

# Seconds to wait for a sandbox to say what it serves, and the most bytes of its answer.
_PATIENCE, _ANSWER = 5.0, 100_000


class Sandbox:
    """A Benchmark Email account on this machine, as a context manager.

    `path` is its SQLite file, created and seeded if missing; None keeps the account in memory.
    `port` 0 picks a free port. `seed` False starts with only the default structure and the key.
    Requests are answered from `start` to `stop`; each start begins the whole schedule of `faults`.
    `now` is the clock of the service.
    """

    def __init__(
        self,
        path: Path | None = None,
        switches: Switches = Switches(),  # noqa: B008 (frozen)
        port: int = 0,
        seed: bool = True,
        faults: Iterable[Fault] = (),
        now: Callable[[], float] = time.time,
    ) -> None:
        self.key = DEFAULT_KEY
        self._path = path
        self._switches = switches
        self._port = port
        self._seed = seed
        self._faults = tuple(faults)
        self._now = now
        self._running: tuple[Runtime, Server] | None = None

    @property
    def url(self) -> str:
        """`http://127.0.0.1:PORT`. Raises SandboxError when not running."""
        if self._running is None:
            raise SandboxError("the sandbox is not running")
        return f"http://{HOST}:{self._running[1].port}"

    def start(self) -> None:
        """Open the data and listen.

        Raises SandboxError if the port is taken, if the file has another format, or if another
        sandbox runs on it.
        """
        if self._running is not None:
            raise SandboxError("the sandbox is running already")
        store = _opened(self._path, self._seed)
        runtime = Runtime(store, self._switches, self._now, faults=Faults(self._faults))
        try:
            server = listening(self._port, app.create(runtime))
        except BaseException:
            store.close()
            raise
        self._running = (runtime, server)

    def stop(self) -> None:
        """Free the port and close the data; does nothing if not running."""
        if self._running is None:
            return
        runtime, server = self._running
        self._running = None
        runtime.stopping.set()
        server.stop()
        runtime.store.close()

    def wait(self) -> None:
        """Block until interrupted from the keyboard, or stopped by another thread."""
        with contextlib.suppress(KeyboardInterrupt):
            while self._running is not None:
                time.sleep(0.1)

    def __enter__(self) -> Sandbox:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()


def reset(path: Path) -> None:
    """Delete the stored account; does nothing if there is none.

    Raises SandboxBusy while a sandbox runs on it, and SandboxError if it cannot be deleted.
    """
    if path.is_file():
        _refuse_when_busy(path)
    try:
        for suffix in ("", "-wal", "-shm", "-journal"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
    except OSError as error:
        raise SandboxError(f"{path}: cannot be removed: {error.strerror}") from None


def serves(url: str, path: Path) -> bool:
    """True if a sandbox answers at `url`, and has the data at `path` open."""
    port = re.fullmatch(rf"http://{re.escape(HOST)}:([0-9]+)", url)
    if port is None:
        return False
    door = HTTPConnection(HOST, int(port[1]), timeout=_PATIENCE)
    try:
        door.request("GET", "/_sandbox/file")
        return Path(json.loads(door.getresponse().read(_ANSWER))["file"]).samefile(path)
    except (OSError, HTTPException, ValueError, KeyError, TypeError):
        return False
    finally:
        door.close()


def _refuse_when_busy(path: Path) -> None:
    # Opening takes the lock that excludes a second sandbox. Other errors of the file do not
    # keep it from being deleted.
    try:
        Store(path).close()
    except SandboxBusy:
        raise
    except SandboxError:
        return


def _opened(path: Path | None, seeded: bool) -> Store:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
    store = Store(path)
    try:
        if path is None:
            store.copy(_new_account(seeded))
        elif store.is_new:
            _fill(store, seeded)
    except BaseException:
        store.close()
        raise
    return store


@functools.cache
def _new_account(seeded: bool) -> Store:
    """A new account; every other one in memory is a copy of it, made in a tenth of the time."""
    store = Store(None)
    _fill(store, seeded)
    return store


def _fill(store: Store, seeded: bool) -> None:
    account = seed.account() if seeded else seed.empty_account()
    with store.transaction():
        store.create()
        state.replace(store, account, time.time())
