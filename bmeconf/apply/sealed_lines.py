"""Lines on disk about writes: one before each write and one after it, synced, sealed, appended.

Whatever ends the process, a later run then knows which writes were sent. Each line is sealed,
together with all lines above it, by a secret of this machine: what came from elsewhere is told from
what was written here (design 7.18).
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self, TypeVar

from bmeconf.apply.origin import Origin
from bmeconf.model import stamp
from bmeconf.model.errors import InvalidInput, JournalLost, masked
from bmeconf.project import read_file

NOT_DONE = ("refused", "not sent")
"""Ends of a write after which nothing is in doubt."""
PROBE = "probe"
"""The word in the names of journals of probes, which are there while something may be left."""
CLOSED = -1
BINARY = getattr(os, "O_BINARY", 0)
DAMAGE = (ValueError, KeyError, TypeError, AttributeError, IndexError)
"""What reading a file that is no journal, or is damaged, ends in."""
Read = TypeVar("Read")


class SealedLines:
    """A file of such lines, open for appending."""

    def __init__(self, path: Path, file: int, origin: Origin) -> None:
        self.path, self._file, self._origin = path, file, origin
        self._seal = ""
        self._lost: OSError | None = None

    @classmethod
    def begin(cls, path: Path, origin: Origin, **values: Any) -> Self:
        """A new file that begins with these `values`, readable by its owner only.

        Raises:
            InvalidInput: it cannot be written.
        """
        folder = path.parent
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | BINARY
            lines = cls(path, os.open(path, flags, 0o600), origin)
            try:
                lines._append("begin", **values)
                _sync_folder(folder)
            except BaseException:
                lines.discard()
                raise
        except OSError as error:
            raise InvalidInput(
                f"the journal cannot be written in {folder}: {error.strerror}; nothing was written",
                "make room, or let this user write there: nothing is written without its journal",
            ) from error
        return lines

    def close(self) -> None:
        """End the file; what is on disk stays."""
        with contextlib.suppress(OSError):
            os.close(self._file)
        self._file = CLOSED

    def discard(self) -> None:
        """Remove the file: it tells of nothing."""
        self.close()
        with contextlib.suppress(OSError):
            self.path.unlink()

    def _write(self, event: str, **values: Any) -> None:
        """Write a line without which the next write must not be sent."""
        self._note(event, **values)
        if self._lost is not None:
            raise JournalLost(f"{self.path} cannot be written any more: {self._lost.strerror}")

    def _note(self, event: str, **values: Any) -> None:
        """Write a line about the past: to lose it stops the next write, and no more."""
        if self._lost is None:
            try:
                self._append(event, **values)
            except OSError as error:
                self._lost = error

    def _append(self, event: str, **values: Any) -> None:
        at, begins = stamp(datetime.now(UTC)), event == "begin"
        line = masked(json.dumps({"event": event, "at": at, **values}, ensure_ascii=True))
        data = line.encode()
        # Whoever added to what is not ours does not make it ours.
        self._seal = self._origin.seal(self._seal, data) if self._seal or begins else ""
        data = (data[:-1] + f', "seal": "{self._seal}"}}'.encode() if self._seal else data) + b"\n"
        while data:
            data = data[os.write(self._file, data) :]
        os.fsync(self._file)


def journal_name(now: datetime, word: str) -> str:
    """The name of a file of such lines: sorted by it, they are in the order of their runs."""
    return f"{now.astimezone(UTC):%Y%m%dT%H%M%S.%fZ}-{word}.jsonl"


def read_own(path: Path, origin: Origin, read: Callable[[bytes], Read]) -> Read | None:
    """What `read` makes of the whole lines of a journal that this machine wrote.

    None of another file, and of a journal that is damaged or has no line: nothing was sent then.
    """
    try:
        whole = whole_lines(path)
        return read(whole) if origin.last_seal(whole) else None
    except (OSError, *DAMAGE):
        return None


def whole_lines(path: Path) -> bytes:
    """The lines of a journal that were written to their end."""
    lines, newline, _ = read_file(path).rpartition(b"\n")
    return lines + newline


def _sync_folder(folder: Path) -> None:
    """A new file is only sure to be found again once its folder is on disk too."""
    # Some systems and file systems have no such thing.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
