"""Files that are there whole or not at all: plans, receipts, the lock file."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Callable
from pathlib import Path

OWNER_ONLY, AS_USUAL = 0o600, 0o666
"""Who may read a new file: its owner, or whoever this machine's umask lets."""


def has_place(path: Path) -> bool:
    """Whether a file could stand at `path`, as far as can be told without writing it."""
    return not path.is_dir() and path.parent.is_dir() and os.access(path.parent, os.W_OK)


def put(
    path: Path,
    text: str,
    mode: int = OWNER_ONLY,
    place: Callable[[Path, Path], object] = os.replace,
) -> None:
    """Let `text` stand at `path`, on disk before anybody can see it there.

    `place` brings the finished file from beside `path` to its place; by default over what
    stands there.

    Raises:
        OSError: where it cannot be written or placed; nothing is left beside it.
    """
    beside = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        place(beside, path)
    finally:
        with contextlib.suppress(OSError):
            beside.unlink(missing_ok=True)
