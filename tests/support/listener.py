"""A port of this machine that nobody may connect to."""

from __future__ import annotations

import contextlib
import socket
import threading


class Listener:
    """Remembers everybody who connected: `knocks` are their first lines. A context manager."""

    def __enter__(self) -> Listener:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.knocks: list[bytes] = []
        self._thread = threading.Thread(target=self._listen)
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()

    def _listen(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._socket.accept()
                # Who connects is to be known at once, also if nothing is said.
                self.knocks.append(b"")
                with connection, contextlib.suppress(OSError):
                    connection.settimeout(1)
                    self.knocks[-1] = connection.recv(200).partition(b"\r")[0]
