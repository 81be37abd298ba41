"""Effects of a fault on the connection: delay the reply, hang up, reset.

In: a fault and its reply. Out: a response for the server to send, or a response that ends the
connection instead. The server takes the errors below for a client that left, and logs nothing.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Response

from bmeconf.sandbox.faults import REPLY, RESET, Fault

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment


class HungUp(ConnectionError):
    """The connection ends without a reply."""


class WasReset(HungUp):
    """The connection ends with a reset."""


class _Silence(Response):
    """A response that ends the connection instead of being sent."""

    def __init__(self, error: HungUp) -> None:
        super().__init__()
        self._error = error

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        raise self._error


def apply(fault: Fault | None, reply: Response | None, stopping: threading.Event) -> Response:
    """`reply` or silence, after the fault's delay; at once when `stopping` is set."""
    if fault is not None and fault.does.waits:
        stopping.wait(fault.lasts)
    ending = REPLY if fault is None else fault.does.ending
    if reply is not None and ending == REPLY:
        return reply
    return _Silence(WasReset() if ending == RESET else HungUp())


def prepare_reset(connection: socket.socket) -> None:
    """Make the next `close` of this connection send a reset."""
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
