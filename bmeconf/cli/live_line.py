"""The last line of a terminal, which is rewritten in place; all else is printed above it."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TextIO

from bmeconf.cli.streams import columns


class LiveLine:
    """Threads may share it: whoever prints something else does so in `apart`."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._shown = 0
        self._ended = False

    def show(self, parts: Sequence[str], stream: TextIO) -> None:
        """Show the first of `parts`, cut to the width of the terminal, and others that fit."""
        with self._lock:
            if self._ended:
                return
            width = columns(stream) - 1
            text = parts[0][:width]
            for part in parts[1:]:
                text += f"; {part}" if len(text) + 2 + len(part) <= width else ""
            stream.write("\r" + text.ljust(min(self._shown, width)))
            stream.flush()
            self._shown = len(text)

    @contextmanager
    def apart(self, stream: TextIO) -> Iterator[None]:
        """The line is erased, and does not come back as long as the block runs."""
        with self._lock:
            if self._shown:
                # The terminal may have added a ^C to it.
                stream.write("\r" + " " * min(self._shown + 2, columns(stream) - 1) + "\r")
                stream.flush()
                self._shown = 0
            yield

    def end(self, stream: TextIO) -> None:
        """Erase the line for good: a thread that nobody waits for may be left."""
        with self.apart(stream):
            self._ended = True
