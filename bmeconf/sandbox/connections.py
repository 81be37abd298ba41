"""Connections to the simulator: a port of loopback, a thread for each, request after request."""

from __future__ import annotations

import contextlib
import errno
import io
import socket
import threading
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from flask import Flask, Response
from werkzeug.serving import WSGIRequestHandler
from werkzeug.wsgi import get_content_length

from bmeconf.sandbox import fault_effects
from bmeconf.sandbox.errors import SandboxError

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

HOST = "127.0.0.1"

# Seconds after which the accept loop sees a stop that did not wake it.
_POLL = 0.5


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


class Server(ThreadingHTTPServer):
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


def listening(port: int, app: Flask) -> Server:
    """A server of `app` on a port of loopback, any free one for 0.

    Raises:
        SandboxError: where the port cannot be had.
    """
    listener = socket.socket()
    try:
        # On Windows SO_REUSEADDR would let two sandboxes have one port.
        alone = getattr(socket, "SO_EXCLUSIVEADDRUSE", socket.SO_REUSEADDR)
        listener.setsockopt(socket.SOL_SOCKET, alone, 1)
        listener.bind((HOST, port))
        listener.listen(128)
        return Server(listener, app)
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
