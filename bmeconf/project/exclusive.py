"""One writing run a project at a time: a file lock, which no process leaves behind."""

from __future__ import annotations

import contextlib
import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from bmeconf.model.errors import InvalidInput
from bmeconf.project.atomic import read_file, write_file
from bmeconf.project.work_folder import run_lock

MOMENT = 0.05
"""Seconds. Where a file stands for the lock, what a dead process left goes at the first try."""


@contextlib.contextmanager
def exclusive(root: Path, run: str, wait: Callable[[str], None]) -> Iterator[None]:
    """Keep other runs of the project from writing while the block runs.

    `run` describes this run to those that wait. `wait` is called with the words of the run under
    way as long as there is one; it raises an error to give up.

    Raises:
        InvalidInput: the lock cannot be made.
    """
    with warnings.catch_warnings():
        # Without locks of the system a file stands for one; a process that died holds none.
        warnings.simplefilter("ignore")
        from filelock import FileLock, Timeout

    # One lock for the project, whichever link leads to it.
    path, holder = run_lock(Path(os.path.realpath(root)))
    lock = FileLock(path, mode=0o600, thread_local=False)
    with contextlib.ExitStack() as held:
        while True:
            try:
                lock.acquire(timeout=2 * MOMENT, poll_interval=MOMENT)
                break
            except Timeout:
                wait(_words(holder))
            except (OSError, NotImplementedError) as error:
                raise InvalidInput(
                    f"{path} cannot be locked: {getattr(error, 'strerror', '') or error}",
                    "let this user write there, on a file system that knows locks",
                ) from error
        held.callback(lock.release)
        held.callback(_remove, holder)
        with contextlib.suppress(OSError):
            write_file(holder, run)
        yield


def _words(holder: Path) -> str:
    try:
        return read_file(holder).decode()
    except (OSError, ValueError):
        return "another run"


def _remove(holder: Path) -> None:
    with contextlib.suppress(OSError):
        holder.unlink()
