"""Pages on loopback, as long as somebody edits: they reload when they change.

Nothing is read from the disk for a request, and nothing is answered under another host's name.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

from bmeconf.model.errors import InvalidInput
from bmeconf.project import is_loopback

HOST, INDEX, CHANGES = "127.0.0.1", "index.html", "/changes"
BEAT = 15.0
"""Seconds after which a page that waits is told that all is as it was."""
HEADERS = {
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-DNS-Prefetch-Control": "off",
    "X-Frame-Options": "DENY",
}


class PageServer:
    """Serves pages by name at `url`; `show` puts others in their place, and reloads them."""

    def __init__(self, port: int) -> None:
        """Listen on `port`, on any free one for 0; raises InvalidInput where it is taken."""
        self._pages: Mapping[str, str] = {}
        self._policy, self._lost = "default-src 'none'", ""
        self._version, self._changed = "", threading.Condition()
        try:
            self._server = _Server((HOST, port), _handler(self))
        except OSError as error:
            raise InvalidInput(
                f"port {port} of this machine cannot be used: {error.strerror}",
                "name another with --port, or any free one with --port 0",
            ) from error
        self.url = f"http://{HOST}:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def show(self, pages: Mapping[str, str], lost: str, policy: str, version: str) -> None:
        """Serve these pages from now on, and `lost` under any other name."""
        with self._changed:
            self._pages, self._lost, self._policy = pages, lost, policy
            self._version = version
            self._changed.notify_all()

    def page(self, name: str) -> tuple[int, str, str]:
        """Status, page and policy for the name of a page."""
        with self._changed:
            if name in self._pages:
                return 200, self._pages[name], self._policy
            return 404, self._lost, self._policy

    def next_version(self, known: str) -> str:
        """The version of the pages that are shown, as soon as it is another than `known`."""
        with self._changed:
            self._changed.wait_for(lambda: self._version != known, BEAT)
            return self._version

    def stop(self) -> None:
        """Free the port."""
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False


def _handler(server: PageServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers one connection."""

        server_version, sys_version = "bmeconf", ""
        timeout = 60

        def do_GET(self) -> None:
            host = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
            path = unquote(urlsplit(self.path).path)
            if not is_loopback(host):
                # Another site whose name leads here, to read what is shown.
                self._answer(403, "This address is for this machine alone.", "default-src 'none'")
            elif path == CHANGES:
                self._tell_changes()
            else:
                self._answer(*server.page(path.lstrip("/") or INDEX))

        def _answer(self, status: int, page: str, policy: str) -> None:
            content = page.encode()
            self._head(status, "text/html; charset=utf-8", policy)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def _tell_changes(self) -> None:
            self._head(200, "text/event-stream", "default-src 'none'")
            self.end_headers()
            version = ""
            try:
                while True:
                    version = server.next_version(version)
                    self.wfile.write(f"data: {version}\n\n".encode())
                    self.wfile.flush()
            except OSError:
                self.close_connection = True

        def _head(self, status: int, type: str, policy: str) -> None:
            self.send_response(status)
            for name, value in {**HEADERS, "Content-Security-Policy": policy}.items():
                self.send_header(name, value)
            self.send_header("Content-Type", type)

        def log_message(self, format: str, *args: object) -> None:
            """Print nothing."""

    return Handler
