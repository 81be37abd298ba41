"""The standard streams of a run: whatever is said on them ends in no traceback.

What a stream cannot encode goes out as ASCII. A standard output that cannot be written ends the
run, and a standard error that cannot be written does not.
"""

from __future__ import annotations

import codecs
import contextlib
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn, TextIO

import click

from bmeconf.model.errors import BmeconfError

USUAL_WIDTH = 80
"""Columns of what is no terminal."""


class StdoutLost(BmeconfError, advice="make room, or send it elsewhere; what was done is done"):
    """Standard output cannot be written."""


class ReaderGone(StdoutLost):
    """Whoever read standard output has left, as `head` does: nothing more is said."""


class Stream(io.TextIOBase):
    """A standard stream; `vital` if nobody may miss what it says."""

    def __init__(self, stream: TextIO, vital: bool) -> None:
        self._stream, self._vital = stream, vital

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return self._stream.encoding or "ascii"

    @property
    def errors(self) -> str | None:  # type: ignore[override]
        return self._stream.errors

    def write(self, text: str) -> int:
        shown = encodable(text, self.encoding)
        # Click writes nothing to see what a stream takes, and must not learn that it takes nothing.
        if shown:
            with self._watched():
                self._stream.write(shown)
        return len(text)

    def flush(self) -> None:
        with self._watched():
            self._stream.flush()

    def close(self) -> None:
        """Do nothing: the stream below is not ours, and may be closed by now."""

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self._abandon()
            if isinstance(error, BrokenPipeError) and self._vital:
                raise ReaderGone("nobody reads standard output any more") from error
            if self._vital:
                reason = f"standard output cannot be written: {error.strerror}"
                raise StdoutLost(reason) from error

    def _abandon(self) -> None:
        """Lead the stream to nowhere, so that no later flush complains."""
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)


@contextmanager
def watched() -> Iterator[None]:
    """While the block runs, all that is said goes through a `Stream`, also what click says."""
    out, err = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Stream(out, vital=True), Stream(err, vital=False)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = out, err


def say(text: str, stream: TextIO | None = None) -> None:
    """One line on a standard stream, by default stdout: what every command says goes this way."""
    stream = stream or sys.stdout
    stream.write(f"{text}\n")
    stream.flush()


def leave(code: int) -> NoReturn:
    """End the process, once the streams have all that was said."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    # All else goes with the process: an exit in order would free it piece by piece.
    os._exit(code)


def standard(path: Path) -> int:
    """The number of the standard stream that a path such as /dev/stdout leads to; 0 for none."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            if os.path.samestat(path.stat(), os.fstat(stream.fileno())):
                return stream.fileno()
    return 0


def is_unicode(encoding: str) -> bool:
    return codecs.lookup(encoding).name.startswith("utf")


def encodable(text: str, encoding: str) -> str:
    """`text` as a stream of this encoding takes it, whatever it does with errors."""
    if not is_unicode(encoding):
        from bmeconf.render import plain_ascii

        return plain_ascii(text)
    # A file name that is not UTF-8 has surrogates.
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def columns(stream: TextIO) -> int:
    """How many columns the terminal has that `stream` writes to; those of a usual one if none."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL_WIDTH
    except (OSError, ValueError):
        return USUAL_WIDTH


def say_paged(text: str) -> None:
    """Print `text`; on a terminal a page at a time, by whatever PAGER names."""
    if sys.stdout.isatty() and os.environ.get("TERM") != "dumb":
        click.echo_via_pager(text)
    else:
        say(text.rstrip("\n"))
