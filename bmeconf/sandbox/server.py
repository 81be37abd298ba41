"""Start and stop of the simulator: open the data, listen on loopback.

In: a path, switches, faults, a port. Out: a running HTTP server, and its URL and key.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import io
import json
import re
import socket
import threading
import time
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from werkzeug.serving import WSGIRequestHandler
from werkzeug.wsgi import get_content_length

from bmeconf.sandbox import app, fault_effects, seed, state
from bmeconf.sandbox.errors import SandboxBusy, SandboxError
from bmeconf.sandbox.faults import Fault, Faults
from bmeconf.sandbox.runtime import Runtime
from bmeconf.sandbox.seed import DEFAULT_KEY
from bmeconf.sandbox.store import Store
from bmeconf.sandbox.switches import Switches

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HOST = "127.0.0.1"

# Seconds after which the accept loop sees a stop that did not wake it.
_POLL = 0.5

# Seconds to wait for a sandbox to say what it serves, and the most bytes of its answer.
_PATIENCE, _ANSWER = 5.0, 100_000


class _Handler(WSGIRequestHandler):
    """Answers the requests of one connection, one after another, until either side ends it."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "sandbox", ""
    # A reply leaves at once and in one piece: no half of it waits for the client's receipt.
    disable_nagle_algorithm = True
    wbufsize = -1

    def run_wsgi(self) -> None:
        """Answer one request. Its body is read first: the next request begins behind it."""
        environ = self.make_environ()
        if "wsgi.input_terminated" in environ:
            self.close_connection = True
        else:
            environ["wsgi.input"] = io.BytesIO(self.rfile.read(get_content_length(environ) or 0))
        reply = Response.from_app(self.server.app, environ, buffered=True)
        body = reply.get_data()
        # Half a reply announces the length of the whole: the connection ends behind it.
        if reply.headers.get("Content-Length", 0, int) != len(body):
            self.close_connection = True
        self.send_response(reply.status_code)
        for name, value in reply.headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)

    def log(self, type: str, message: str, *args: Any) -> None:
        """Print nothing: the side door has the log."""

    def connection_dropped(
        self, error: BaseException, environ: WSGIEnvironment | None = None
    ) -> None:
        """Handle a connection that the client or a fault ended."""
        if isinstance(error, fault_effects.WasReset):
            fault_effects.prepare_reset(self.connection)

    def finish(self) -> None:
        """Close at once: the orderly shutdown of the server would hide a reset."""
        super().finish()
        self.connection.close()


class _Server(ThreadingHTTPServer):
    """Gives each connection a thread, and lets none outlive a stop between two requests."""

    multithread, multiprocess, ssl_context = True, False, None

    def __init__(self, listener: socket.socket, app: Flask) -> None:
        super().__init__(listener.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket, self.server_address = listener, listener.getsockname()
        self.port: int = self.server_address[1]
        self.app = app
        self._open: set[Any] = set()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._accept, name="sandbox", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Free the port, and end every connection after the request that it is at."""
        self._stopping.set()
        with contextlib.suppress(OSError):
            socket.create_connection((HOST, self.port), _POLL).close()
        self._thread.join()
        self.server_close()
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RD)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Answer a connection in a thread of its own."""
        self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget a connection whose thread is done."""
        self._open.discard(request)
        super().shutdown_request(request)

    def _accept(self) -> None:
        self.socket.settimeout(_POLL)
        while True:
            with contextlib.suppress(OSError):
                request, address = self.get_request()
                if self._stopping.is_set():
                    request.close()
                    return
                self.process_request(request, address)
            if self._stopping.is_set():
                return


class Sandbox:
    """A Benchmark Email account on this machine, as a context manager.

    `path` is its SQLite file, created and seeded if missing; None keeps the account in memory.
    `port` 0 picks a free port. `seed` False starts with only the default structure and the key.
    Requests are answered from `start` to `stop`; each start begins the whole schedule of `faults`.
    """

    def __init__(
        self,
        path: Path | None = None,
        switches: Switches = Switches(),  # noqa: B008 (frozen)
        port: int = 0,
        seed: bool = True,
        faults: Iterable[Fault] = (),
    ) -> None:
        self.key = DEFAULT_KEY
        self._path = path
        self._switches = switches
        self._port = port
        self._seed = seed
        self._faults = tuple(faults)
        self._running: tuple[Runtime, _Server] | None = None

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
        runtime = Runtime(store, self._switches, faults=Faults(self._faults))
        try:
            server = _listening(self._port, runtime)
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


def _listening(port: int, runtime: Runtime) -> _Server:
    listener = socket.socket()
    try:
        # On Windows SO_REUSEADDR would let two sandboxes have one port.
        alone = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
        listener.setsockopt(socket.SOL_SOCKET, alone, 1)
        listener.bind((HOST, port))
        listener.listen(128)
        return _Server(listener, app.create(runtime))
    except BaseException as error:
        listener.close()
        if isinstance(error, (OSError, OverflowError)):
            raise SandboxError(_no_port(port, error)) from None
        raise


def _no_port(port: int, error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return f"there is no port {port}; choose one up to 65535 with --port"
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is taken; choose another with --port"
    if error.errno == errno.EACCES:
        return f"port {port} may not be used here; choose one above 1023 with --port"
    return f"cannot listen on {HOST}:{port}: {error.strerror}; choose another port with --port"
